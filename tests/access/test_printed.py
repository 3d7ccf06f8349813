"""What is printed: answers as text, as HTML and as JSON, to the letter."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from documents import snapshot_of
from small import given, organisation, principal, role

from auditkit.access.candidates import Choice, Unmet
from auditkit.access.changes import sentences
from auditkit.access.compare import compare
from auditkit.access.naming import Naming
from auditkit.access.narrow import narrow
from auditkit.access.narrowing import EVERY_HEAD, Narrowing, Narrowings
from auditkit.access.symptoms import Diagnosis
from auditkit.access.telling import columns, html_lines, html_table, nearest, place_words, word
from auditkit.access.troubleshoot import troubleshoot
from auditkit.access.who_can import CERTAINTIES, WhoCan


class TestTelling:
    def test_what_does_not_print_is_written_as_an_escape_and_nothing_else_is(self) -> None:
        assert word("Grüße <b>") == "Grüße <b>"
        assert word("a\nb\x1b[1m\u202e") == "a\\nb\\x1b[1m\\u202e"
        assert word(7) == "7"

    @pytest.mark.parametrize(
        ("scope", "expected"),
        [
            ((None, None), "the whole organisation"),
            (("iot.network", "/net-1"), "iot.network /net-1"),
            (("iot.network", None), "iot.network None"),
            ((None, "/net\n"), "None /net\\n"),
        ],
    )
    def test_half_a_scope_is_not_the_whole_organisation(
        self, scope: tuple[str | None, str | None], expected: str
    ) -> None:
        assert place_words(*scope) == expected

    def test_columns_are_as_wide_as_their_widest_cell(self) -> None:
        rows = [("a", None, 1), ("longer", "x", 12345)]
        assert columns(("name", "of", "n"), rows) == ["  name    of  n", "  a       -   1", "  longer  x   12345"]
        assert columns(("name",), [("a\n",)], indent="") == ["name", "a\\n"]
        assert columns(("name",), []) == []

    def test_a_table_without_rows_is_a_sentence(self) -> None:
        assert html_table(("a",), [], "Those <here>") == "<p>Those &lt;here&gt;: none</p>"
        assert html_table(("a",), []) == "<p>nothing: none</p>"

    def test_a_table_is_escaped_in_every_cell(self) -> None:
        assert html_table(("<a>", "b"), [("<i>", None), (1, 0)], "c & d") == (
            "<table><caption>c &amp; d</caption><thead><tr><th>&lt;a&gt;</th><th>b</th></tr></thead>"
            "<tbody><tr><td>&lt;i&gt;</td><td>-</td></tr><tr><td>1</td><td>0</td></tr></tbody></table>"
        )
        assert html_table(("a",), [("b",)]) == (
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>"
        )
        assert html_lines(["<a>", 2]) == "<p>&lt;a&gt;</p><p>2</p>"

    def test_the_nearest_are_three_at_most(self) -> None:
        assert nearest("ad", ["ada", "bob"]) == "did you mean 'ada'?"
        assert nearest("abcd", ["abc1", "abc2", "abc3", "abc4"]).count("'") == 6
        assert nearest("zzz", ["ada", "bob"]) == "2 are known"
        # At the bound: "abcdef" has six of ten letters in common with the first, five of ten with the second.
        assert nearest("ADAH", ["Ada", "bob"]) == "did you mean 'Ada'?"
        assert nearest("abcdefghij", ["abcdefklmn", "abcdeklmno"]) == "did you mean 'abcdefklmn'?"


IAM_ALONE = "judged for APIs that take IAM API keys; those of Infuse IoT do not (AUT8): see auditkit explain with --api iot"
NARROWING = Narrowing(
    principal_id="gate",
    type="ApiKey",
    display_name="Gate <1>",
    chosen=(
        Choice(kind="role", id="reader", name="Reader", place=None, held="ra-1"),
        Choice(kind="role", id="writer", name="Writer", place=("iot.network", "/net-1")),
        Choice(kind="grant", id="iot.key", name="iot.key", place=None),
    ),
    removed_assignments=("ra-2", "ra-3"),
    removed_grants=("g-1",),
    left_groups=("inner",),
    excess=("iot.write",),
    added=("iot.key",),
    taken=tuple(f"p{number}" for number in range(13)),
    unmet=(
        Unmet(permission="iam.x", place=None, reason="nobody holds it"),
        Unmet(permission="iam.y", place=("iot.device", "/d"), reason="not there"),
    ),
    proven=True,
    proof="proven: it is the best",
    notes=("read with care",),
)
KEPT = Narrowing(
    principal_id="bob", type="User", display_name="Bob", chosen=NARROWING.chosen[:1], removed_assignments=(),
    removed_grants=(), left_groups=(), excess=(), added=(), taken=(), unmet=(), proven=True, proof="proven",
)  # fmt: skip
NOTHING = Narrowing(
    principal_id="eve", type="User", display_name="Eve", chosen=(), removed_assignments=(), removed_grants=(),
    left_groups=(), excess=(), added=(), taken=(), unmet=(), proven=False, proof="the search was ended",
)  # fmt: skip


class TestNarrowing:
    def test_text(self) -> None:
        assert NARROWING.to_text().splitlines() == [
            "Gate <1> (gate, ApiKey): 2 assignments and 1 direct grant would do, with 1 excess permission; "
            "2 required rows cannot be met",
            "  note: read with care",
            "  give   name     id       where                   held by",
            "  role   Reader   reader   the whole organisation  ra-1",
            "  role   Writer   writer   iot.network /net-1      new",
            "  grant  iot.key  iot.key  the whole organisation  new",
            "  remove the assignments (2): ra-2, ra-3",
            "  remove the direct grants (1): g-1",
            "  leave the groups (1): inner",
            "  excess permissions (1): iot.write",
            "  permissions added (1): iot.key",
            "  permissions taken away (13): p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 and 1 more",
            "  cannot be met: iam.x: nobody holds it",
            "  cannot be met: iam.y on iot.device /d: not there",
            "  proven: it is the best",
            IAM_ALONE,
        ]
        assert IAM_ALONE not in KEPT.to_text()
        assert "AUT8" not in str(NARROWING.to_dict())

    def test_a_wanted_permission_on_a_wider_place_is_no_plain_excess(self) -> None:
        both = replace(
            NARROWING,
            excess=("iot.read (wider than asked: iot.network /net-1)", "iot.write"),
            wider=(("iot.read", ("iot.network", "/net-1")),),
        )
        lines = both.to_text().splitlines()
        wider, lack = "1 wanted permission on a wider place than asked", "2 required rows cannot be met"
        assert lines[0].endswith(f"1 direct grant would do, with 1 excess permission and {wider}; {lack}")
        assert "  excess permissions (1): iot.write" in lines
        assert "  wanted permissions on a wider place than asked (1): iot.read on iot.network /net-1" in lines
        assert wider in both._repr_html_()
        assert both.to_dict()["excess"] == list(both.excess)
        row = dict(zip(EVERY_HEAD, Narrowings(each=(both, NARROWING)).rows()[0], strict=True))
        assert (row["excess"], row["wanted, wider than asked"], row["added"]) == (1, 1, 1)
        alone = replace(both, excess=both.excess[:1])
        assert alone.headline().endswith(f"1 direct grant would do, with {wider}; {lack}")
        assert not any("excess" in line for line in alone.lines())

    def test_where_there_is_nothing_to_do_or_nothing_that_would_do(self) -> None:
        assert KEPT.to_text().splitlines()[0] == "Bob (bob, User): already the narrowest"
        lacking = replace(KEPT, unmet=NARROWING.unmet[:1])
        assert lacking.headline() == "Bob (bob, User): already the narrowest; 1 required row cannot be met"
        assert NOTHING.to_text() == (
            "Eve (eve, User): nothing that can be given would meet what is required\n  the search was ended\n"
        )
        assert (KEPT.unchanged, NARROWING.unchanged, KEPT.change()) == (True, False, {})

    def test_html(self) -> None:
        told = NARROWING._repr_html_()
        head = (
            "Gate &lt;1&gt; (gate, ApiKey): 2 assignments and 1 direct grant would do, with 1 excess permission; "
            "2 required rows cannot be met"
        )
        assert told.startswith(f"<table><caption>{head}</caption><thead><tr><th>give</th>")
        assert told.endswith(
            "<p>cannot be met: iam.x: nobody holds it</p><p>cannot be met: iam.y on iot.device /d: not there</p>"
            "<p>proven: it is the best</p>"
        )
        assert "</table><p>read with care</p><p>remove the assignments (2): ra-2, ra-3</p>" in told

    def test_what_goes_is_told_by_name_and_listed_in_json_by_id(self) -> None:
        document = organisation(
            roleAssignments=[given("ra-1", "ada", "wide"), given("ra-2", "inner", "people")],
            permissionGrants=[{"id": "g-1", "principalId": "ada", "permissionId": "id iam.key.create",
                               "organisationId": "org-1", "createdAt": "2026-01-01T00:00:00Z"}],
        )  # fmt: skip
        rows = pd.DataFrame(
            [("ada", "iot.device.read", None, None, "allow", 2)],
            columns=["principal_id", "permission", "resource_type", "resource_path", "expect", "line"],
        )
        found = narrow(snapshot_of(document), "ada", rows)
        assert [line for line in found.told() if line.startswith(("remove", "leave"))] == [
            'remove the assignments (1): ra-1 of role "Wide" (wide)',
            "remove the direct grants (1): g-1 of iam.key.create",
            "leave the groups (1): Inner (inner)",
        ]
        assert Narrowings(each=(found,)).rows()[0][2:4] == (
            "Reader (reader)", 'ra-1 of role "Wide" (wide), g-1 of iam.key.create, group Inner (inner)',
        )  # fmt: skip
        told = found.to_dict()
        assert (told["removed_assignments"], told["removed_grants"], told["left_groups"]) == (
            ["ra-1"],
            ["g-1"],
            ["inner"],
        )
        assert "Inner" not in json.dumps(told)

    def test_json(self) -> None:
        told = NARROWING.to_dict()
        assert told["unmet"] == [
            {"permission": "iam.x", "resource_type": None, "resource_path": None, "reason": "nobody holds it"},
            {"permission": "iam.y", "resource_type": "iot.device", "resource_path": "/d", "reason": "not there"},
        ]
        assert told["chosen"][1] == {
            "kind": "role", "id": "writer", "name": "Writer", "resource_type": "iot.network",
            "resource_path": "/net-1", "held": None,
        }  # fmt: skip
        assert told["change"] == {
            "remove_assignment": ["ra-2", "ra-3"],
            "remove_grant": ["g-1"],
            "remove_member": [{"group": "inner", "principal": "gate"}],
            "add_assignment": [
                {"principal": "gate", "role": "writer", "resource_type": "iot.network", "resource": "/net-1"}
            ],
            "add_grant": [{"principal": "gate", "permission": "iot.key"}],
        }
        assert {name: told[name] for name in ("principal_id", "type", "display_name", "proven", "proof", "notes")} == {
            "principal_id": "gate", "type": "ApiKey", "display_name": "Gate <1>", "proven": True,
            "proof": "proven: it is the best", "notes": ["read with care"],
        }  # fmt: skip
        lists = ("removed_assignments", "removed_grants", "left_groups", "excess", "added")
        assert [told[name] for name in lists] == [["ra-2", "ra-3"], ["g-1"], ["inner"], ["iot.write"], ["iot.key"]]
        assert len(told["taken"]) == 13

    def test_several(self) -> None:
        several = Narrowings(each=(KEPT, NARROWING), unknown=("zoe\n",))
        gate = "\n".join(NARROWING.lines())
        assert several.to_text() == f"{KEPT.to_text()}\n{gate}\n\nnot in the snapshot: zoe\\n\n{IAM_ALONE}\n"
        assert Narrowings(each=(KEPT,)).to_text() == KEPT.to_text()
        assert several.to_dict() == {
            "principals": [KEPT.to_dict(), NARROWING.to_dict()],
            "unknown": ["zoe\n"],
            "not_read": {},
        }
        assert several.change() == NARROWING.change()
        twice = Narrowings(each=(NARROWING, NARROWING)).change()
        assert twice["remove_assignment"] == ["ra-2", "ra-3", "ra-2", "ra-3"]
        html = several._repr_html_()
        assert html.startswith(
            "<table><caption>The narrowest access</caption><thead><tr><th>principal</th><th>name</th>"
        )
        row = ("bob", "Bob", "Reader (reader)", "-", "0", "0", "0", "0", "0", "proven")
        assert "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" in html
        would, instead = "Reader (reader), Writer (writer), iot.key", "ra-2, ra-3, g-1, group inner"
        row = (would, instead, "1", "0", "1", "13", "2", "proven: it is the best")
        assert "".join(f"<td>{cell}</td>" for cell in row) in html
        assert html.endswith("<p>not in the snapshot: zoe\\n</p>")


class TestComparison:
    def test_what_differs_and_what_would_give_it(self) -> None:
        document = organisation(
            roleAssignments=[given("ra-1", "ada", "people"), given("ra-2", "ada", "writer")],
            roles=[
                role("writer", ["iot.device.read", "iot.device.write"], ["ApiKey", "User"]),
                role("people", ["iam.key.create"], ["User"]),
            ],
            groupMembers=[],
        )
        text = compare(snapshot_of(document), "ada", "gate").to_text()
        assert text.splitlines()[-4:] == [
            "To give B what A has: 1 assignment",
            "  role Writer (writer) on the whole organisation",
            "  cannot be given: iam.key.create: no role that supports ApiKey holds it; it is held by People",
            "  proven: no other choice has less excess, or as little with fewer assignments",
        ]
        assert "only A has (3)" in text.splitlines()
        assert not any(line.startswith(("only B", "both have")) for line in text.splitlines())

    def test_what_is_given_beyond_what_a_has_is_told(self) -> None:
        document = organisation(
            roleAssignments=[given("ra-1", "ada", "people")],
            roles=[role("people", ["iot.device.read"], ["User"]), role("wide", ["iot.device.read", "iam.key.create"], ["ApiKey"])],
        )  # fmt: skip
        lines = compare(snapshot_of(document), "ada", "gate").to_text().splitlines()
        assert "  which gives also, beyond what A or B has: iam.key.create" in lines

    def test_json(self) -> None:
        told = compare(snapshot_of(organisation()), "ada", "gate").to_dict()
        reader = 'role "Reader" (reader), assignment ra-1, through group "Inner" (inner) in group "Outer" (outer)'
        writer = 'role "Writer" (writer), assignment ra-2, on iot.network /net-1'
        read, write = told["permissions"]
        assert read == {
            "permission": "iot.device.read", "side": "differs", "a": "organisation", "b": "scoped",
            "why_a": reader, "why_b": writer,
        }  # fmt: skip
        assert write == {
            "permission": "iot.device.write", "side": "only_b", "a": None, "b": "scoped", "why_a": None, "why_b": writer,
        }  # fmt: skip
        assert told["roles"] == [
            {"id": "reader", "name": "Reader", "side": "only_a"},
            {"id": "writer", "name": "Writer", "side": "only_b"},
        ]
        assert [each["id"] for each in told["groups"]] == ["inner", "outer"]
        assert [told["a"], told["b"], told["beyond_a"], told["cannot_be_given"], told["notes"]] == [
            "ada",
            "gate",
            [],
            [],
            [],
        ]
        assert told["give"] == [
            {
                "kind": "role",
                "id": "reader",
                "name": "Reader",
                "resource_type": None,
                "resource_path": None,
                "held": None,
            }
        ]
        assert told["change"] == {"add_assignment": [{"principal": "gate", "role": "reader"}]}
        assert told["proof"].startswith("proven: ")

    @pytest.mark.parametrize(
        ("many", "names"), [(1, "R0"), (3, "R0, R1, R2"), (4, "R0, R1, R2 and 1 more"), (6, "R0, R1, R2 and 3 more")]
    )
    def test_the_roles_that_hold_it_are_named_up_to_three(self, many: int, names: str) -> None:
        document = organisation(
            roleAssignments=[given("ra-1", "ada", "r0")],
            roles=[role(f"r{number}", ["iam.key.create"], ["User"]) for number in range(many)],
        )
        told = compare(snapshot_of(document), "ada", "gate").to_dict()["cannot_be_given"]
        assert told == [f"iam.key.create: no role that supports ApiKey holds it; it is held by {names}"]

    def test_html_has_a_table_for_each_way_to_differ(self) -> None:
        told = compare(snapshot_of(organisation()), "ada", "gate")._repr_html_()
        assert "<p>only A has: none</p><table><caption>only B has</caption>" in told
        assert "<table><caption>both have, differently</caption>" in told
        # What only B has says nothing of A.
        assert "<td>iot.device.write</td><td>scoped</td><td>role" in told
        assert "<th>permission</th><th>b</th><th>why b</th></tr>" in told
        assert "<th>permission</th><th>a</th><th>b</th><th>why a</th><th>why b</th></tr>" in told
        assert "<p>  role Reader (reader) on the whole organisation</p>" in told


class TestWhoCan:
    def test_text_html_and_json(self) -> None:
        found = WhoCan.ask(snapshot_of(organisation()), "iot.device.write", ("iot.network", "/net-1"))
        head = "iot.device.write on iot.network /net-1: 1 machine can"
        route = 'role "Writer", assignment ra-2'
        assert found.to_text().splitlines() == [
            head,
            "",
            "certain (1)",
            "  principal  type    name  shortest route",
            f"  gate       ApiKey  Gate  {route}",
        ]
        assert found._repr_html_().startswith(f"<p>{head}</p><table><caption>certain (1)</caption>")
        assert found._repr_html_().endswith("<p>possible: none</p>")
        told = found.to_dict()
        assert [each["principal_id"] for each in told.pop("certain")] == ["gate"]
        assert told == {
            "permission": "iot.device.write", "resource_type": "iot.network", "resource_path": "/net-1",
            "machine_only": False, "possible": [], "not_read": {},
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("not_read", "certainty", "possible"),
        [
            ({}, "certain", "none"),
            ({"roles": "403"}, "certain", None),
            ({"roles": "403"}, "possible", "table"),
            ({}, "possible", "table"),
        ],
    )
    def test_an_empty_table_is_no_answer_where_not_all_was_read(
        self, not_read: dict[str, str], certainty: str, possible: str | None
    ) -> None:
        row = {"principal_id": ["ada"], "type": ["User"], "display_name": ["Ada"], "route": ["r"], "through": [None]}
        frame = pd.DataFrame(row | {"certainty": pd.Categorical([certainty], CERTAINTIES)})
        found = WhoCan(permission="p", resource=None, machine_only=False, frame=frame, not_read=not_read, rest=())
        html = found._repr_html_()
        assert ("<caption>possible (" in html) == (possible == "table")
        assert ("<p>possible: " in html) == (possible == "none")

    def test_how_many(self) -> None:
        two = snapshot_of(organisation(roleAssignments=[given("ra-1", "ada", "wide"), given("ra-2", "bob", "wide")]))
        text = WhoCan.ask(two, "iam.key.create").to_text()
        assert text.startswith("iam.key.create on the whole organisation: 2 people can\n")
        text = WhoCan.ask(two, "iam.key.create", machine_only=True).to_text()
        assert text == "iam.key.create on the whole organisation: nobody can\n"
        maybe = [given("ra-1", "ada", "wide", conditions=[{"attribute": "request.ip", "operator": "equals", "value": "1"}])]
        text = WhoCan.ask(snapshot_of(organisation(roleAssignments=maybe)), "iam.key.create").to_text()
        assert text.startswith("iam.key.create on the whole organisation: nobody can, and 1 person possibly can\n")


class TestDiagnosis:
    def test_text_and_json(self) -> None:
        found = Diagnosis(
            symptom="forbidden", looks_like="an API call is refused", first=("Look here first.",),
            asks={"role": "which role"}, checks=("AUZ1", "AUZ2"), found=("a\nb",), fixes=("mend <it>",),
        )  # fmt: skip
        assert found.to_text() == (
            "Look here first.\nSymptom: an API call is refused\nLook at: AUZ1, AUZ2\nTell me which role.\n"
            "Found: a\\nb\nFix: mend <it>\n"
        )
        assert found._repr_html_().endswith("<p>Found: a\\nb</p><p>Fix: mend &lt;it&gt;</p>")
        assert found.to_dict() == {
            "symptom": "forbidden", "looks_like": "an API call is refused", "first": ["Look here first."],
            "asks": {"role": "which role"}, "checks": ["AUZ1", "AUZ2"], "found": ["a\nb"], "fixes": ["mend <it>"],
            "decision": None, "not_read": {},
        }  # fmt: skip

    def test_a_role_that_is_not_available_is_judged_without_a_decision(self) -> None:
        told = troubleshoot(snapshot_of(organisation()), "role-not-available", role="People").to_dict()
        assert (told["symptom"], told["decision"], told["checks"]) == ("role-not-available", None, ["AUZ2"])

    def test_without_checks_none_are_named(self) -> None:
        found = Diagnosis(symptom=None, looks_like="x", first=(), asks={}, checks=(), found=(), fixes=())
        assert found.to_text() == "Symptom: x\n"


def test_changes_in_words() -> None:
    assert sentences({}) == []
    assert sentences(
        {
            "as_of": "2026-10-01T00:00:00Z",
            "direct_api_key_auth": False,
            "suspend_principal": ["ada", "b\n"],
            "add_assignment": [
                {"principal": "bob", "role": "reader", "resource_type": "iot.network", "resource": "/net-1"},
                {"principal": "bob", "role": "reader", "expires_at": "2026-11-01T00:00:00Z"},
            ],
        }
    ) == [
        "the date is 2026-10-01T00:00:00Z",
        "direct API key authentication is off",
        "suspend principal ada",
        "suspend principal b\\n",
        "add assignment: principal bob, role reader, on iot.network /net-1",
        "add assignment: principal bob, role reader, expires at 2026-11-01T00:00:00Z",
    ]
    assert sentences({"direct_api_key_auth": True}) == ["direct API key authentication is on"]


NAMED = Naming(
    snapshot_of(
        organisation(
            permissionGrants=[{"id": "g-1", "principalId": "ada", "permissionId": "id iam.key.create",
                               "organisationId": "org-1", "createdAt": "2026-01-01T00:00:00Z"}],
        )
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"suspend_principal": ["gate"]}, "suspend principal Gate (gate)"),
        ({"delete_principal": ["outer"]}, "delete principal Outer (outer)"),
        ({"revoke_credential": ["c-1"]}, "revoke credential c-1, key KEY1 of Gate (gate)"),
        ({"revoke_credential": ["KEY1"]}, "revoke credential KEY1 of Gate (gate)"),
        ({"remove_assignment": ["ra-1"]}, 'remove assignment ra-1 of role "Reader" (reader) to Outer (outer)'),
        ({"remove_grant": ["g-1"]}, "remove grant g-1 of iam.key.create to Ada (ada)"),
        ({"remove_member": [{"group": "outer", "principal": "inner"}]},
         "remove member: group Outer (outer), principal Inner (inner)"),
        ({"take_from_role": [{"role": "wide", "permission": "iam.key.create"}]},
         'take from role: role "Wide" (wide), permission iam.key.create'),
        ({"change_assignment": [{"assignment": "ra-2", "role": "reader", "whole_organisation": True}]},
         'change assignment: assignment ra-2 of role "Writer" (writer) to Gate (gate), role "Reader" (reader), '
         "whole organisation True"),
        ({"add_grant": [{"principal": "bob", "permission": "iot.device.read", "expires_at": "2027-01-01T00:00:00Z"}]},
         "add grant: principal Bob (bob), permission iot.device.read, expires at 2027-01-01T00:00:00Z"),
        # What is not known has no name, and what does not print is escaped.
        ({"remove_assignment": ["ra\n"]}, "remove assignment ra\\n"),
    ],
)  # fmt: skip
def test_changes_in_words_with_the_names_of_what_they_are_done_to(changes: dict[str, Any], told: str) -> None:
    assert sentences(changes, NAMED.tell) == [told]


def test_who_has_no_name_or_one_that_does_not_print() -> None:
    people = [principal("gate", "ApiKey", displayName=" "), principal("ada", "User", displayName="A\u202eda")]
    naming = Naming(snapshot_of(organisation(principals=people)))
    assert (naming.principal("gate"), naming.principal("ada"), naming.principal("zoe")) == (
        "gate", "A\\u202eda (ada)", "zoe",
    )  # fmt: skip
