"""Why a rule is not judged, to the letter, with a few and with many reasons."""

from __future__ import annotations

import pytest
from tools import assignment, judge, need, permission, principal, required, role, why_not

from auditkit.limits import Limits

ALL = {
    "principals": [principal()], "permissions": [permission(), permission("y")], "roles": [role(permission_ids=["x"])],
    "role_assignments": [assignment()],
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expect", "many", "told"),
    [
        ("PRM001", "allow", 1, "line 2"),
        ("PRM001", "allow", 5, "line 6"),
        ("PRM001", "allow", 9, "and 4 more"),
        ("PRM007", "deny", 9, "and 4 more"),
    ],
)
def test_rows_that_cannot_be_judged_are_named_up_to_five(rule: str, expect: str, many: int, told: str) -> None:
    rows = required(*(need(f"gone{number}", expect=expect) for number in range(many)))
    reason = why_not(judge(rule, required=rows, **ALL))
    assert reason is not None
    assert reason.startswith(f"{many} of the required rows could not be judged: line 2 (")
    assert told in reason
    assert reason.count("line ") == min(many, 5)
    assert ("more" in reason) == (many > 5)


def test_a_row_that_expects_the_other_thing_is_no_reason() -> None:
    assert why_not(judge("PRM001", required=required(need(), need("gone", expect="deny")), **ALL)) is None
    assert why_not(judge("PRM007", required=required(need(expect="deny"), need("gone")), **ALL)) is None


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ((("id.x", "id.y"),), None),
        ((("id.x", "id.gone"),), "toxic_pairs names what the catalogue lacks: id.gone"),
        ((("id.c", "id.b"), ("id.a", "id.x")), "toxic_pairs names what the catalogue lacks: id.a, id.b, id.c"),
    ],
)
def test_a_toxic_pair_of_what_is_not_there(pairs: tuple[tuple[str, str], ...], told: str | None) -> None:
    assert why_not(judge("PRM009", limits=Limits(toxic_pairs=pairs), **ALL)) == told
