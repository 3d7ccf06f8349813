"""Plain rotations: which records they fold into a line, and which they leave."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from companies import KEYS, Q3, Q4, audited, changed, company, without

from auditkit.access.tables import Tables
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.difference import Difference, difference
from auditkit.review.difference_text import to_json, to_text
from auditkit.review.rotated import rotations
from auditkit.snapshot import Snapshot, build

CLOSE = "both were pulled within 10 minutes: if they are of different days"
NEW = ["c3", "k3", "main", "gate", "ApiKey", Q3, None, None]


def compared(old: Snapshot, new: Snapshot) -> Difference:
    (old_tables, before), (new_tables, after) = audited(old), audited(new)
    return difference(before, after, old_tables, new_tables)


def with_new(keys: dict[str, list[object]], **other: object) -> dict[str, list[object]]:
    """These credentials and a new one, which may differ from `NEW`."""
    row = dict(zip(KEYS, NEW, strict=True)) | other
    names = [*KEYS, *(name for name in keys if name not in KEYS)]
    return {name: [*keys[name], row.get(name)] for name in names}


def of(keys: dict[str, list[object]]) -> Difference:
    return compared(company(), company(Q4, credentials=keys))


def test_one_that_went_and_one_that_came_are_one_line_and_stand_in_the_json() -> None:
    found = of(with_new(without(KEYS, 0)))
    assert rotations(found).to_numpy().tolist() == [["ApiKey", "gate", "c1", "c3", "removed"]]
    text = to_text(found)
    assert "Records: 1 removed, 1 added" in text
    assert "  1 of kind ApiKey rotated (1 removed, each with a new one of the same principal): --format json" in text
    records = text.split("Records:")[1]
    assert "c1" not in records
    assert "c3" not in records
    whole = json.loads(to_json(found))
    assert whole["rotations"] == [
        {"kind": "ApiKey", "principal_id": "gate", "old": "c1", "new": "c3", "how": "removed"}
    ]
    assert [each["record_id"] for each in whole["records"]] == ["c1", "c3"]


def test_a_revoked_one_is_rotated_too_and_one_that_was_renamed_is_not() -> None:
    assert rotations(of(with_new(changed(KEYS, 0, revoked_at=Q3)))).how.tolist() == ["revoked"]
    for other in ({"name": "other"}, {"name": "other", "revoked_at": Q3}):
        assert rotations(of(with_new(changed(KEYS, 0, **other)))).empty


def test_a_revocation_taken_back_is_no_rotation() -> None:
    old = company(credentials=changed(KEYS, 0, revoked_at="2026-06-25T00:00:00Z"))
    found = compared(old, company(Q4, credentials=with_new(KEYS)))
    assert found.records.fields.tolist() == ["revoked_at", ""]
    assert rotations(found).empty


@pytest.mark.parametrize("other", [{"principal_id": "hooks"}, {"kind": "ServiceAccountSecret"}])
def test_a_new_one_of_another_principal_or_kind_is_listed(other: dict[str, object]) -> None:
    found = of(with_new(without(KEYS, 0), **other))
    assert rotations(found).empty
    records = to_text(found).split("Records:")[1]
    assert "rotated" not in records
    assert "c1" in records
    assert "c3" in records


def test_what_has_no_counterpart_is_listed() -> None:
    neither = {name: [] for name in KEYS}
    found = of(with_new(neither))
    assert rotations(found)[["old", "new"]].to_numpy().tolist() == [["c1", "c3"]]
    records = to_text(found).split("Records:")[1]
    assert "c2" in records
    assert "c1" not in records


def test_findings_come_first_and_records_last() -> None:
    text = to_text(of(with_new(without(KEYS, 0))))
    assert text.index("Findings:") < text.index("Access:") < text.index("Records:")


@pytest.mark.parametrize(("pulled", "said"), [("2026-07-01T00:10:00Z", True), ("2026-07-01T00:10:01Z", False)])
def test_two_pulled_within_minutes_say_so(pulled: str, said: bool) -> None:
    found = compared(company(), company(pulled, credentials=without(KEYS, 0)))
    assert (CLOSE in to_text(found)) is said
    assert bool(json.loads(to_json(found))["notes"]) is said


def test_one_beside_itself_or_judged_at_another_time_says_nothing_of_minutes() -> None:
    assert CLOSE not in to_text(compared(company(), company()))
    later = company("2026-07-01T00:05:00Z", credentials=without(KEYS, 0))
    old_tables, before = audited(company())
    tables = Tables(later, as_of=pd.Timestamp(Q4))
    assert CLOSE not in to_text(difference(before, run_rules(tables, Limits()), old_tables, tables))


def test_snapshots_without_credentials_have_no_rotations() -> None:
    bare = {name: frame for name, frame in company().frames.items() if name != "credentials"}
    empty = build(bare, organisation_id="org")
    assert rotations(compared(empty, company(Q4))).empty
