"""Findings: their frame, their order, their fingerprints, and the texts made of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from auditkit.access.tables import Tables
from auditkit.errors import InputError
from auditkit.findings import COLUMNS, audit, run_rules
from auditkit.findings_text import inert
from auditkit.limits import Limits
from auditkit.rules import RULES

# The builders of literal records live beside the tests of the rules.
sys.path.insert(0, str(Path(__file__).parent / "rules"))

from tools import (
    AS_OF,
    ago,
    ahead,
    api_key,
    assignment,
    credential,
    group,
    member,
    need,
    permission,
    principal,
    problem,
    required,
    role,
    snapshot_of,
)

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]


def company(**more):
    """A few people and keys that meet several rules."""
    records = {
        "principals": [
            principal("bo", last_active_at=ago(1)),
            principal("ada", last_active_at=ago(200)),
            principal("cy", status="Suspended"),
            api_key("gate", last_active_at=ago(3)),
            group("ops"),
        ],
        "credentials": [
            credential("c1", "gate", last_used_at=ago(3), expires_at=ahead(5)),
            credential("c2", "gate", created_at=ago(100), revoked_at=ago(50), last_used_at=ago(40)),
        ],
        "group_members": [member("ops", "ada"), member("ops", "gate")],
        "permissions": [permission()],
        "roles": [role("r", ["x"], supported_principal_types=["User"])],
        "role_assignments": [assignment("a1", "ops"), assignment("a2", "bo", expires_at=ago(1))],
    }
    return snapshot_of(**(records | more))


def test_the_frame_has_its_columns_and_order() -> None:
    frame = audit(company()).frame
    assert tuple(frame.columns) == COLUMNS
    assert list(frame.severity.cat.categories) == ["info", "low", "medium", "high", "critical"]
    assert frame.severity.cat.ordered
    rank = -frame.severity.cat.codes.astype(int)
    keys = list(zip(rank, frame.rule, frame.subject_id, strict=True))
    assert keys == sorted(keys)
    assert frame.index.equals(pd.RangeIndex(len(frame)))


def test_what_is_found_is_literally_this() -> None:
    frame = audit(company()).frame
    found = list(zip(frame.rule, frame.severity.astype("str"), frame.subject_type, frame.subject_id, strict=True))
    assert found == [
        ("CRD003", "high", "credential", "c2"),
        ("ROL001", "high", "principal|role", "gate|r"),
        ("ROL008", "high", "principal|role", "gate|r"),
        ("CRD002", "medium", "credential", "c1"),
        ("ORG003", "medium", "organisation", "o1"),
        ("ORG004", "medium", "organisation", "o1"),
        ("PRN003", "medium", "principal", "ada"),
        ("PRN006", "low", "principal", "bo"),
        ("ORG002", "info", "organisation", "o1"),
        ("PRN001", "info", "principal", "cy"),
        ("ROL011", "info", "assignment", "a2"),
    ]


def test_every_rule_has_its_row() -> None:
    rules = audit(company()).rules
    assert list(rules.id) == [rule.id for rule in RULES]
    row = rules.set_index("id").loc["PRN003"]
    assert (row.evaluated, row["count"], row.population) == (True, 1, 4)
    silent = rules[~rules.evaluated]
    assert list(silent.id) == ["CRD009", "PRM001", "PRM002", "PRM006", "PRM007", "PRM009"]
    assert silent.why_not.notna().all()
    assert silent["count"].eq(0).all()
    assert rules[rules.evaluated].why_not.isna().all()


def test_the_fingerprint_is_of_the_rule_and_the_subject() -> None:
    frame = audit(company()).frame.set_index("rule")
    expected = hashlib.sha256(b'["CRD002","credential","c1"]').hexdigest()[:32]
    assert frame.loc["CRD002", "fingerprint"] == expected
    pair = hashlib.sha256(b'["ROL001","principal|role","gate","r"]').hexdigest()[:32]
    assert frame.loc["ROL001", "fingerprint"] == pair


def test_the_fingerprint_outlives_a_change_of_everything_else() -> None:
    before = audit(company()).frame.set_index(["rule", "subject_id"]).fingerprint
    after = audit(company(), as_of=ahead(1), limits=Limits(dormant_days=60)).frame.set_index(["rule", "subject_id"])
    both = before.index.intersection(after.index)
    assert len(both) > 5
    assert before[both].equals(after.fingerprint[both])


def test_fingerprints_tell_subjects_with_joined_ids_apart() -> None:
    odd = snapshot_of(
        principals=[api_key("a|b"), api_key("a")],
        roles=[role("c", supported_principal_types=[]), role("b|c", supported_principal_types=[])],
        role_assignments=[assignment("a1", "a|b", "c"), assignment("a2", "a", "b|c")],
    )
    frame = run_rules(Tables(odd), Limits(), ["ROL001"]).frame
    assert frame.subject_id.tolist() == ["a|b|c", "a|b|c"]
    assert frame.fingerprint.is_unique


def test_one_rule_can_be_run_by_itself() -> None:
    tables = Tables(company())
    one = run_rules(tables, Limits(), ["CRD002"])
    assert list(one.rules.id) == ["CRD002"]
    assert one.frame.subject_id.tolist() == ["c1"]
    assert run_rules(tables, Limits(expiring_days=4), ["CRD002"]).frame.empty
    assert run_rules(tables, Limits(), []).frame.empty
    with pytest.raises(InputError, match="there is no rule 'CRD999'"):
        run_rules(tables, Limits(), ["CRD999"])


def test_rules_run_alone_or_together_find_the_same() -> None:
    whole = audit(company()).frame
    tables = Tables(company())
    alone = pd.concat([run_rules(tables, Limits(), [rule.id]).frame for rule in RULES])
    assert set(alone.fingerprint) == set(whole.fingerprint)


def test_an_empty_organisation_is_judged() -> None:
    found = audit(snapshot_of())
    assert found.frame.empty
    assert not found.rules.set_index("id").loc["PRN003", "evaluated"]
    assert found.rules.set_index("id").loc["ROL005", "evaluated"]
    assert json.loads(found.to_json())["findings"] == []
    assert found.to_csv().splitlines() == [",".join(f'"{name}"' for name in COLUMNS)]


@pytest.mark.parametrize("collection", ["organisation", "principals", "credentials", "roles", "role_assignments"])
def test_no_rule_is_clean_by_a_collection_that_was_not_read(collection: str) -> None:
    found = audit(snapshot_of(incomplete={collection: "refused with 403"}))
    judged = set(found.rules[found.rules.evaluated].id)
    assert "DAT006" in judged
    assert "DAT001" not in judged or collection == "organisation"
    assert found.frame.rule.tolist() == ["DAT006"]
    assert found.rules[~found.rules.evaluated].why_not.notna().all()


def test_nothing_is_judged_but_dat006_where_nothing_was_read() -> None:
    from auditkit.schema import COLLECTIONS

    found = audit(snapshot_of(incomplete=dict.fromkeys(COLLECTIONS, "unreachable")))
    assert found.rules[found.rules.evaluated].id.tolist() == ["DAT006"]
    assert len(found) == len(COLLECTIONS)


def test_json_has_the_shape_of_the_contract() -> None:
    snapshot = company()
    text = audit(snapshot).to_json()
    document = json.loads(text)
    assert list(document) == ["schema", "organisation_id", "as_of", "snapshot", "rules", "findings"]
    assert document["schema"] == 1
    assert document["organisation_id"] == "o1"
    assert document["as_of"] == "2026-10-01T00:00:00Z"
    assert document["snapshot"] == {"id": snapshot.id, "pulled_at": "2026-10-01T00:00:00Z", "complete": True}
    assert document["rules"][0] == {"id": "CRD001", "evaluated": True, "why_not": None, "count": 0}
    assert document["rules"][8] == {"id": "CRD009", "evaluated": False, "why_not": "no scan was given", "count": 0}
    first = document["findings"][0]
    assert list(first) == [
        "rule", "severity", "subject_type", "subject_id", "related", "message", "fix", "fingerprint",
    ]  # fmt: skip
    assert first["related"] == {
        "credential_id": "c2",
        "key_id": "key-c2",
        "last_used_at": "2026-08-22T00:00:00Z",
        "principal_id": "gate",
        "revoked_at": "2026-08-12T00:00:00Z",
    }
    assert first["message"] == "was revoked on 2026-08-12, and was used after that"
    assert text.endswith("}\n")


def test_json_is_the_same_bytes_each_time() -> None:
    assert audit(company()).to_json() == audit(company()).to_json()


def test_the_order_of_records_changes_no_byte() -> None:
    people = [principal("b", last_active_at=ago(200)), principal("a", last_active_at=ago(200)), api_key("c")]
    one = snapshot_of(principals=people, credentials=[credential("y", "c"), credential("x", "c")])
    two = snapshot_of(principals=people[::-1], credentials=[credential("x", "c"), credential("y", "c")])
    assert audit(one).to_json() == audit(two).to_json()


def test_another_principal_changes_nobody_elses_findings() -> None:
    """Only what counts people (administrators) may change with one more."""
    before = audit(company()).frame
    records = {
        "principals": [
            principal("bo", last_active_at=ago(1)),
            principal("ada", last_active_at=ago(200)),
            principal("cy", status="Suspended"),
            api_key("gate", last_active_at=ago(3)),
            group("ops"),
            principal("new", last_active_at=ago(300)),
        ]
    }
    after = audit(company(**records)).frame
    others = ~after.subject_id.str.contains("new")
    columns = ["rule", "severity", "subject_id", "message", "related", "fingerprint"]
    pd.testing.assert_frame_equal(after.loc[others, columns].reset_index(drop=True), before[columns])


def test_as_of_moves_what_is_expired() -> None:
    assert "CRD001" not in set(audit(company()).frame.rule)
    later = audit(company(), as_of=ahead(5))
    assert later.as_of == ahead(5)
    assert later.frame[later.frame.rule.eq("CRD001")].subject_id.tolist() == ["c1"]


def test_required_permissions_may_be_a_path(tmp_path) -> None:
    path = tmp_path / "required.csv"
    path.write_text("principal_id,permission\nbo,id.x\n", "utf-8")
    by_path = audit(company(), required=path)
    by_frame = audit(company(), required=required(need("bo", "id.x")))
    assert by_path.frame[by_path.frame.rule.eq("PRM001")].subject_id.tolist() == ["bo|id.x"]
    assert by_path.to_json() == by_frame.to_json()


def test_csv_cells_are_quoted_and_inert() -> None:
    records = {"principals": [principal(text, last_active_at=ago(200)) for text in FORMULAS]}
    text = run_rules(Tables(snapshot_of(**records)), Limits(), ["PRN003"]).to_csv()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert sorted(row["subject_id"] for row in rows) == sorted("'" + text for text in FORMULAS)
    assert text.startswith('"rule","title"')
    assert text.endswith('"\r\n')


def test_csv_leaves_other_text_alone() -> None:
    frame = pd.DataFrame({"a": pd.Series(["plain", "a=b", "007", "NA", "1e5", None, "'x", '"q"'], dtype="str")})
    assert inert(frame).a.tolist() == ["plain", "a=b", "007", "NA", "1e5", "", "'x", '"q"']


def test_csv_of_other_columns_is_text_too() -> None:
    frame = pd.DataFrame({"n": [-1, 2], "t": pd.to_datetime(["2026-10-01T00:00:00Z", None], utc=True)})
    assert inert(frame).n.tolist() == ["'-1", "2"]
    assert inert(frame).t.tolist()[1] == ""


def test_findings_show_themselves_without_running_anything() -> None:
    hostile = '<img src=x onerror="alert(1)">'
    shown = audit(snapshot_of(incomplete={"roles": hostile}))._repr_html_()
    assert "<img" not in shown
    assert "&lt;img" in shown
    assert "1 finding<" in shown
    assert "1 of 9" in shown


def test_hostile_ids_come_through_unharmed() -> None:
    for text in ['"', "\\", "a\nb", "\u202eadmin", "</script>", "{p}", "%s", "😀", "\x01"]:
        found = run_rules(Tables(snapshot_of(principals=[principal(text, status="Revoked")])), Limits(), ["PRN001"])
        finding = json.loads(found.to_json())["findings"][0]
        assert finding["subject_id"] == text
        assert finding["related"]["principal_id"] == text


def test_findings_of_a_severity_or_worse() -> None:
    found = audit(company())
    assert set(found.at_least("high").severity.astype("str")) == {"high"}
    assert len(found.at_least("info")) == len(found)
    with pytest.raises(InputError, match="'bad' is no severity"):
        found.at_least("bad")


def test_not_evaluated_lists_the_reasons() -> None:
    silent = audit(company()).not_evaluated
    assert silent.set_index("id").loc["CRD009", "why_not"] == "no scan was given"


def test_problems_are_found() -> None:
    found = audit(snapshot_of(problems=[problem("DAT007", "credential", "c", field="keySecret", reason="was dropped")]))
    assert found.frame.rule.tolist() == ["DAT007"]
    assert found.frame.message.tolist() == ["keySecret: was dropped"]
    assert found.as_of == AS_OF
