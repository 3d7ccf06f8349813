"""What the next campaign says of what came since in the place of something that was decided, and of what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from companies import HELD, KEYS, OLD, Q4, at, audited, changed, company, without

from auditkit.review.campaign import start
from auditkit.review.deciding import decide

FIRST = "asked for the first time: it was not there last time"
SINCE = "2026-08-01T00:00:00Z"
GRANT = {"grant_id": ["g1"], "principal_id": ["ann"], "permission_id": ["p1"], "organisation_id": ["org"],
         "created_at": [OLD]}  # fmt: skip
ON_SITE = {"scope_type": "iot.site", "scope_path": "/s"}
Decisions = dict[str, tuple[str, ...]]


def following(place: Path, decisions: Decisions, after: dict[str, Any], before: dict[str, Any]) -> pd.DataFrame:
    """The items of the campaign after one in which this was decided, by item."""
    tables, findings = audited(company(**before))
    last = start(tables, findings, name="2026-Q3", out=place / "q3", started_at=at(Q4))
    for item, (action, *target) in decisions.items():
        decide(last, [item], action=action, reviewer="Gil", at=Q4, account="gil@desk", mark=item, reason="as agreed",
               target="".join(target))  # fmt: skip
    tables, findings = audited(company(Q4, **after))
    begun = start(tables, findings, name="2026-Q4", out=place / "q4", started_at=at(Q4), previous=last)
    return begun.items.set_index("item")


def and_new(rows: dict[str, list[Any]], like: int, **values: Any) -> dict[str, list[Any]]:
    """The rows and one more, like one of them but for some values."""
    more = {name: [*column, column[like]] for name, column in rows.items()}
    return changed(more, len(more["created_at"]) - 1, **values)


def held(**values: Any) -> dict[str, Any]:
    return {"role_assignments": changed(HELD, 1, assignment_id="b9", created_at=SINCE, **values)}


@pytest.mark.parametrize(
    ("decisions", "after", "before", "item", "action", "says"),
    [
        ({"assignment:a2": ("remove",)}, held(), {}, "assignment:b9", "remove",
         "it was to be removed as a2 and has come back as b9"),
        ({"assignment:a2": ("remove",)}, held(), {"role_assignments": changed(HELD, 1, **ON_SITE)}, "assignment:b9",
         "remove", "it was to be removed as a2 and has come back as b9"),
        ({"assignment:a2": ("change", "admin")}, held(), {}, "assignment:b9", "change",
         "it was to be changed as a2 and has come back as b9"),
        ({"assignment:a2": ("change", "admin")}, held(role_id="admin"), {}, "assignment:b9", "change",
         "given since a2, which was decided change"),
        ({"assignment:a2": ("keep",)}, held(), {}, "assignment:b9", "keep", "given since a2, which was decided keep"),
        ({"assignment:a2": ("not mine",)}, held(), {}, "assignment:b9", "not mine",
         "given since a2, of which nothing was decided"),
        ({"grant:g1": ("remove",)}, {"permission_grants": changed(GRANT, 0, grant_id="g2")}, {}, "grant:g2", "remove",
         "it was to be removed as g1 and has come back as g2"),
        ({"credential:c1": ("rotate",)}, {"credentials": and_new(KEYS, 0, credential_id="c3", created_at=SINCE)}, {},
         "credential:c3", "rotate", "issued since c1, which was decided rotate"),
        ({"credential:c1": ("keep",)}, {"credentials": changed(KEYS, 0, credential_id="c3")}, {}, "credential:c3",
         "keep", "issued since c1, which was decided keep"),
        ({}, {"credentials": changed(KEYS, 0, credential_id="c3")}, {}, "credential:c3", "",
         "issued since c1, of which nothing was decided"),
        ({"credential:c1": ("remove",)}, {"credentials": changed(KEYS, 0, credential_id="c3")}, {}, "credential:c3",
         "remove", "it was to be removed as c1 and has come back as c3"),
    ],
)  # fmt: skip
def test_what_stands_for_something_says_for_what_and_bears_what_was_decided(
    tmp_path: Path,
    decisions: Decisions,
    after: dict[str, Any],
    before: dict[str, Any],
    item: str,
    action: str,
    says: str,
) -> None:
    found = following(tmp_path, decisions, after, before).loc[item]
    assert (found.asked_again, found.previous_action) == (says, action)
    assert found.previous_reason == ("as agreed" if action else "")


@pytest.mark.parametrize(
    ("after", "before", "item"),
    [
        # Another role, another principal, less than it was, beside what is still there.
        (held(role_id="admin"), {}, "assignment:b9"),
        (held(principal_id="hooks"), {}, "assignment:b9"),
        (held(**ON_SITE), {}, "assignment:b9"),
        ({"role_assignments": and_new(HELD, 1, assignment_id="b9")}, {}, "assignment:b9"),
        # A second one, beside the credential that is to be removed and is still there; one of another principal.
        ({"credentials": and_new(KEYS, 0, credential_id="c3")}, {}, "credential:c3"),
        ({"credentials": changed(KEYS, 0, credential_id="c3", principal_id="hooks")}, {}, "credential:c3"),
    ],
)
def test_what_is_new_is_asked_for_the_first_time(
    tmp_path: Path, after: dict[str, Any], before: dict[str, Any], item: str
) -> None:
    decisions: Decisions = {"assignment:a2": ("remove",), "credential:c1": ("remove",)}
    found = following(tmp_path, decisions, after, before).loc[item]
    assert (found.asked_again, found.previous_action, found.previous_reason) == (FIRST, "", "")


def test_what_is_there_as_it_was_is_said_to_stand_for_nothing(tmp_path: Path) -> None:
    found = following(tmp_path, {"assignment:a2": ("keep",)}, {"credentials": without(KEYS, 0)}, {})
    assert found.asked_again.eq("").all()
    assert found.previous_action["assignment:a2"] == "keep"


def test_of_two_that_were_replaced_the_older_is_told_with_the_older(tmp_path: Path) -> None:
    """Whatever their ids, and whichever of them somebody decided about."""
    was = changed(KEYS, 1, created_at="2026-06-19T00:00:00Z")
    new = changed(changed(KEYS, 0, credential_id="c8", created_at=Q4), 1, credential_id="c9", created_at=SINCE)
    found = following(tmp_path, {"credential:c1": ("rotate",)}, {"credentials": new}, {"credentials": was}).asked_again
    assert found["credential:c8"] == "issued since c1, which was decided rotate"
    assert found["credential:c9"] == "issued since c2, of which nothing was decided"


def test_where_reviewers_disagreed_nothing_was_to_be_removed(tmp_path: Path) -> None:
    tables, findings = audited(company())
    last = start(tables, findings, name="2026-Q3", out=tmp_path / "q3", started_at=at(Q4))
    for reviewer, action in (("Olga", "keep"), ("Gil", "remove")):
        decide(last, ["assignment:a2"], action=action, reviewer=reviewer, at=Q4, account="x", mark=reviewer, reason="-")
    tables, findings = audited(company(Q4, **held()))
    begun = start(tables, findings, name="2026-Q4", out=tmp_path / "q4", started_at=at(Q4), previous=last)
    said = begun.items.set_index("item").asked_again["assignment:b9"]
    assert said == "given since a2, about which reviewers disagreed"
