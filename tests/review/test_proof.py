"""What became of each decision, by a later snapshot."""

from __future__ import annotations

import pandas as pd
import pytest
from companies import HELD, KEYS, PEOPLE, Q4, changed, company, without

from auditkit.access.tables import Tables
from auditkit.review.proof import prove
from auditkit.snapshot import Snapshot, build

BEFORE = company()
OWNERS = {"credential": "gate", "assignment": "gate", "grant": "ann", "principal": "gate"}


def asked(*decisions: tuple[str, str, str]) -> pd.DataFrame:
    rows = [(item, *item.split(":"), action, target) for item, action, target in decisions]
    frame = pd.DataFrame(rows, columns=["item", "kind", "record_id", "action", "target"]).astype("str")
    return frame.assign(principal_id=frame.kind.map(OWNERS), whose="", says="", decided_by="gil", reason="")


def proved(after: Snapshot, *decisions: tuple[str, str, str]) -> list[tuple[str, str]]:
    rows = prove(asked(*decisions), Tables(BEFORE), Tables(after))
    return list(zip(rows["item"], rows.status, strict=True))


REVOKED = company(Q4, credentials=changed(KEYS, 0, revoked_at="2026-08-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("after", "item", "action", "target", "status", "evidence"),
    [
        (company(Q4), "credential:c2", "remove", "", "not done", "still works"),
        (REVOKED, "credential:c1", "remove", "", "done", "revoked on 2026-08-01"),
        (company(Q4, credentials=without(KEYS, 0)), "credential:c1", "remove", "", "done", "no longer among"),
        (company(Q4), "assignment:a2", "remove", "", "not done", "still works"),
        (company(Q4, role_assignments=without(HELD, 1)), "assignment:a2", "remove", "", "done", "no longer among"),
        (company(Q4, role_assignments=changed(HELD, 1, assignment_id="b9")), "assignment:a2", "remove", "", "came back", "b9"),
        (company(Q4, role_assignments=changed(HELD, 1, expires_at="2026-08-01T00:00:00Z")), "assignment:a2", "remove", "", "done", "expired"),
        (company(Q4), "principal:gate", "remove", "", "not done", "still works"),
        (company(Q4, principals=changed(PEOPLE, 1, status="Revoked")), "principal:gate", "remove", "", "done", "is revoked"),
        (REVOKED, "credential:c1", "rotate", "", "done", "revoked on"),
        (company(Q4, credentials=changed(without(KEYS, 1), 0, revoked_at=Q4)), "credential:c1", "rotate", "", "not done", "nothing took its place"),
        (company(Q4), "credential:c1", "rotate", "", "not done", "still works"),
        (company(Q4, role_assignments=changed(HELD, 1, assignment_id="b9", role_id="admin")), "assignment:a2", "change", "admin", "done", "no longer"),
        (company(Q4, role_assignments=without(HELD, 1)), "assignment:a2", "change", "admin", "not done", "nothing took its place"),
        (company(Q4), "assignment:a2", "keep", "", "done", "still works"),
        (REVOKED, "credential:c1", "keep", "", "done", "a newer credential is in its place"),
        (company(Q4, credentials=changed(without(KEYS, 1), 0, revoked_at=Q4)), "credential:c1", "keep", "", "not done", "revoked on"),
        (company(Q4, role_assignments=without(HELD, 1)), "assignment:a2", "keep", "", "not done", "no longer"),
        (build(company(Q4).frames | {"credentials": company(Q4, credentials=without(KEYS, 0)).credentials}, incomplete={"credentials": "403"}),
         "credential:c1", "remove", "", "cannot be told", "could not be read whole"),
    ],
)  # fmt: skip
def test_status(after: Snapshot, item: str, action: str, target: str, status: str, evidence: str) -> None:
    rows = prove(asked((item, action, target)), Tables(BEFORE), Tables(after))
    assert (rows.status.tolist(), evidence in rows.evidence[0]) == ([status], True), rows.evidence[0]


def test_a_key_to_be_removed_that_still_works_is_the_first_line() -> None:
    found = proved(
        company(Q4), ("assignment:a2", "remove", ""), ("grant:g1", "keep", ""), ("credential:c2", "remove", "")
    )
    assert found == [("credential:c2", "not done"), ("assignment:a2", "not done"), ("grant:g1", "done")]


@pytest.mark.parametrize("action", ["", "delegate", "not mine"])
def test_what_asks_for_nothing_is_not_judged(action: str) -> None:
    assert proved(company(Q4), ("assignment:a2", action, "")) == []
