"""What findings are counted against, in one organisation in which every count is another."""

from __future__ import annotations

import pytest
from tools import (
    AS_OF,
    ago,
    api_key,
    assignment,
    credential,
    grant,
    group,
    member,
    need,
    permission,
    principal,
    problem,
    required,
    role,
    service,
    snapshot_of,
)

from auditkit.access.tables import Tables
from auditkit.limits import Limits
from auditkit.rules.populations import COUNTS

WHOLE = snapshot_of(
    principals=[principal(), principal("q"), api_key(), service(), group()],
    credentials=[credential(f"c{number}") for number in range(6)],
    group_members=[member(), member(principal_id="k")],
    permissions=[
        permission(module="iam"), permission("y", module="iam", action="create"),
        permission("z", module="iam", action="delete"),
    ],
    roles=[role("r", ["x"]), role("r2", ["y", "z"], scope="Resource"), role("r3"), role("r4")],
    role_assignments=[
        assignment("a1", "g"), assignment("a2", "q", "r2"), assignment("a3", "s", "r3"),
        assignment("a4", "q", expires_at=ago(1)), assignment("a5", "s", "r4"),
    ],
    permission_grants=[grant("d1", "s"), grant("d2", "p", "y")],
    problems=[problem("DAT005", set_aside=True), problem("DAT003")],
)  # fmt: skip
ROWS = required(need(), need("q", "id.y"), need("k"), need("p", "id.z", expect="deny"))
EXPECTED = {
    "principal": 5, "principal but Group": 4, "machine principal": 2,
    "machine principal and widening permission": 4, "credential": 6, "assignment": 5, "grant": 2,
    "assignment or grant": 7, "role": 4, "role of scope Organisation": 3, "role or grant": 6, "reach of ApiKey": 1,
    "reach of other types": 4, "reach of machines": 3, "row that expects allow": 3, "row that expects deny": 1,
    "permission held by a listed principal": 5, "principal and pair": 15, "organisation": 1, "collection": 9,
    "any record": 29,
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_how_many_there_are(name: str) -> None:
    tables = Tables(WHOLE, as_of=AS_OF, required=ROWS)
    limits = Limits(toxic_pairs=(("id.x", "id.y"), ("id.x", "id.z"), ("id.y", "id.z")))
    assert COUNTS[name](tables, limits) == EXPECTED[name]


def test_every_count_is_tried() -> None:
    assert list(EXPECTED) == list(COUNTS)
