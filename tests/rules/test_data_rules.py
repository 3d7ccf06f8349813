"""DAT: for each rule what it flags, and what it must leave alone."""
# ruff: noqa: RUF012 (the tables of a test class are read, never changed)

from __future__ import annotations

from tools import (
    RuleLaws,
    api_key,
    assignment,
    credential,
    flagged,
    grant,
    group,
    judge,
    member,
    permission,
    principal,
    problem,
    related,
    role,
    why_not,
)

from auditkit.schema import COLLECTIONS

WHOLE = {
    "principals": [principal(), group(), api_key()],
    "credentials": [credential()],
    "group_members": [member()],
    "permissions": [permission()],
    "roles": [role("r", ["x"])],
    "role_assignments": [assignment()],
    "permission_grants": [grant()],
}


class TestDAT001(RuleLaws):
    rule = "DAT001"
    given = WHOLE
    hits = {
        "a credential's principal": ({"credentials": [credential(principal_id="gone")]}, {"c": "medium"}),
        "a member": ({"group_members": [member("g", "gone")]}, {"g|gone": "medium"}),
        "a group": ({"group_members": [member("gone", "p")]}, {"gone|p": "medium"}),
        "both of a membership, once": ({"group_members": [member("gone", "lost")]}, {"gone|lost": "medium"}),
        "an assignment's principal": ({"role_assignments": [assignment(principal_id="gone")]}, {"a": "medium"}),
        "an assignment's role": ({"role_assignments": [assignment(role_id="gone")]}, {"a": "medium"}),
        "a grant's principal": ({"permission_grants": [grant(principal_id="gone")]}, {"d": "medium"}),
        "a grant's permission": ({"permission_grants": [grant(permission_id="gone")]}, {"d": "medium"}),
        "a role's permission": ({"roles": [role("r", ["x", "gone"])]}, {"r": "medium"}),
        "ids are compared to the byte": ({"credentials": [credential(principal_id="K")]}, {"c": "medium"}),
    }
    clean = {
        "all there": {},
        "a member of a group twice": {"group_members": [member(), member("g", "k")]},
        "a group of itself": {"group_members": [member("g", "g")]},
        "a member of what is no group": {"group_members": [member("p", "k")]},
        "principal of another organisation": {"principals": [principal(organisation_id="o2"), group(), api_key()]},
        "assignment of another organisation": {"role_assignments": [assignment(organisation_id="o2")]},
        "unknown resource type": {"role_assignments": [assignment(scope_type="gone", scope_path="/")]},
        "a role without permissions": {"roles": [role()]},
        "a suspended principal": {"principals": [principal(status="Suspended"), group(), api_key()]},
        "nothing at all": {name: [] for name in WHOLE},
    }

    def test_the_proof_names_what_is_missing(self) -> None:
        found = judge("DAT001", **{**WHOLE, "group_members": [member("gone", "lost")]})
        assert related(found, "gone|lost") == {"id": "gone|lost", "missing": ["group gone", "principal lost"]}
        assert found.frame.subject_type.tolist() == ["membership"]

    def test_each_kind_of_record_is_called_by_its_name(self) -> None:
        found = judge("DAT001", **{**WHOLE, "principals": [], "roles": [], "permissions": []})
        assert set(found.frame.subject_type) == {"credential", "membership", "assignment", "grant"}


class ToldLaws(RuleLaws):
    """What holds for all rules that the reader of the data tells of."""

    severity = "medium"

    def test_each_record_is_told_once_with_all_its_fields(self) -> None:
        told = [problem(self.rule, field="type"), problem(self.rule, field="status"), problem(self.rule, field="status")]
        found = judge(self.rule, problems=told)
        assert flagged(found) == {"p": self.severity}
        assert related(found, "p")["fields"] == ["status", "type"]
        assert found.frame.message.tolist() == ["status: is odd, type: is odd"]

    def test_records_of_two_kinds_with_one_id_are_two(self) -> None:
        told = [problem(self.rule), problem(self.rule, "role", "p", collection="roles")]
        found = judge(self.rule, problems=told)
        assert found.frame.subject_type.tolist() == ["principal", "role"]
        assert found.frame.fingerprint.is_unique

    def test_what_was_found_is_kept_where_a_collection_is_not_whole(self) -> None:
        found = judge(self.rule, problems=[problem(self.rule)], incomplete={"roles": "refused with 403"})
        assert flagged(found) == {"p": self.severity}
        assert why_not(found) == "roles could not be read whole (refused with 403)"


def told_cases(rule, severity):
    """The tables of a rule that the reader of the data tells of."""
    others = [name for name in ("DAT002", "DAT003", "DAT004", "DAT005", "DAT007") if name != rule]
    hits = {
        "a principal": ({"problems": [problem(rule)]}, {"p": severity}),
        "a membership": ({"problems": [problem(rule, "membership", "g|p")]}, {"g|p": severity}),
        "without a field": ({"problems": [problem(rule, field=None)]}, {"p": severity}),
        "set aside": ({"problems": [problem(rule, set_aside=True)]}, {"p": severity}),
    }
    clean = {"nothing odd": {}, **{name: {"problems": [problem(name)]} for name in others}}
    return hits, clean


class TestDAT002(ToldLaws):
    rule = "DAT002"
    severity = "high"
    hits, clean = told_cases("DAT002", "high")


class TestDAT003(ToldLaws):
    rule = "DAT003"
    hits, clean = told_cases("DAT003", "medium")


class TestDAT004(ToldLaws):
    rule = "DAT004"
    hits, clean = told_cases("DAT004", "medium")


class TestDAT005(ToldLaws):
    rule = "DAT005"
    severity = "high"
    hits, clean = told_cases("DAT005", "high")


class TestDAT006(RuleLaws):
    rule = "DAT006"
    hits = {
        "one": ({"incomplete": {"roles": "refused with 403"}}, {"roles": "high"}),
        "named as in the contract": (
            {"incomplete": {"group_members": "404", "role_assignments": "404"}},
            {"groupMembers": "high", "roleAssignments": "high"},
        ),
        "all": (
            {"incomplete": dict.fromkeys(COLLECTIONS, "unreachable")},
            {collection.field: "high" for collection in COLLECTIONS.values()},
        ),
    }
    clean = {
        "whole": WHOLE,
        "whole and empty": {},
        "records set aside": {"problems": [problem("DAT005", set_aside=True)]},
    }

    def test_says_so_when_its_input_is_missing(self) -> None:
        found = judge("DAT006", incomplete={"roles": "refused with 403"})
        assert why_not(found) is None
        assert found.frame.message.tolist() == ["could not be read whole: refused with 403"]
        assert found.frame.subject_type.tolist() == ["collection"]


class TestDAT007(ToldLaws):
    rule = "DAT007"
    severity = "critical"
    hits, clean = told_cases("DAT007", "critical")
