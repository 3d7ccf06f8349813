"""What the campaign before decided of each item, and why it is asked again."""

from __future__ import annotations

import pandas as pd

_TO_BE = {"remove": "removed", "change": "changed", "rotate": "rotated"}


def with_previous(items: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """The items with the last quarter's decision, and why it is asked again where the access has changed since."""
    if before is None:
        return items.assign(previous_action="", previous_reason="", asked_again="")
    last = before.set_index("item")
    known = items.item.isin(last.index)
    changed = known & items.content.ne(items.item.map(last.content).astype("str"))
    action = items.item.map(last.action).astype("str").fillna("")
    to_be = action.map(_TO_BE).astype("str")
    still = known & ~changed & to_be.notna()
    again = pd.Series("", index=items.index, dtype="str")
    again = again.mask(~known, "asked for the first time: it was not there last time")
    again = again.mask(changed, "asked again because the access has changed since it was decided")
    again = again.mask(still, "asked again because it was to be " + to_be + " and is still there")
    return items.assign(
        previous_action=action,
        previous_reason=items.item.map(last.reason).astype("str").fillna(""),
        asked_again=again,
    )
