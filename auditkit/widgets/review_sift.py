"""A choice among the items of a campaign, and the items that it leaves, worst first: pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from auditkit.review.population import KINDS
from auditkit.severity import SEVERITIES

WORST_FIRST = (*reversed(SEVERITIES), "none")
NOBODY = "(nobody)"
_SEARCHED = ("item", "says", "because", "whose", "role_id", "permission_id")


@dataclass(frozen=True, kw_only=True)
class ItemChoice:
    """What to look at; an empty text leaves everything. `reviewer` may be "(nobody)"; `left` leaves what is left."""

    reviewer: str = ""
    severity: str = ""
    kind: str = ""
    text: str = ""
    left: bool = True


def offered(standing: pd.DataFrame) -> dict[str, list[str]]:
    """The values that a choice may have, of each of its lists."""
    severities, kinds = set(standing.severity), set(standing.kind)
    return {
        "reviewer": [name or NOBODY for name in sorted({*standing.reviewer, *standing.asked_of})],
        "severity": [word for word in WORST_FIRST if word in severities],
        "kind": [kind for kind in KINDS if kind in kinds],
    }


def is_left(standing: pd.DataFrame) -> pd.Series:
    """Which items nobody has decided as they are now."""
    return standing.action.eq("") | standing.stale


def ordered(standing: pd.DataFrame) -> pd.DataFrame:
    """The items, those with the worst finding first, then by item."""
    rank = standing.severity.map({word: place for place, word in enumerate(WORST_FIRST)})
    return standing.assign(_rank=rank).sort_values(["_rank", "item"], ignore_index=True).drop(columns="_rank")


def sift_items(standing: pd.DataFrame, choice: ItemChoice) -> pd.DataFrame:
    """The items that a choice leaves, in their order."""
    kept = is_left(standing) if choice.left else pd.Series(True, index=standing.index)
    if choice.reviewer:
        # What was handed on is left to whom it waits for.
        kept = (kept | standing.waiting) & standing.asked_of.eq("" if choice.reviewer == NOBODY else choice.reviewer)
    for name in ("severity", "kind"):
        if wanted := getattr(choice, name):
            kept &= standing[name].eq(wanted)
    rows = standing[kept]
    if choice.text.strip():
        hay = rows[_SEARCHED[0]].str.cat(rows[list(_SEARCHED[1:])], sep="\n", na_rep="").str.lower()
        for word in choice.text.lower().split():
            rows = rows[hay.loc[rows.index].str.contains(word, regex=False)]
    return rows


def following(rows: pd.DataFrame, order: dict[str, int], item: str) -> str:
    """The first of the rows after an item, in the whole order; from the start again at the end; "" if there is none."""
    names = [name for name in rows["item"] if name != item]
    here = order.get(item, -1)
    return next((name for name in names if order[name] > here), names[0] if names else "")
