"""What the campaign before decided of each item, and why it is asked again."""

from __future__ import annotations

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.review.entries import HANDED
from auditkit.review.proof_again import instead_of, new_keys, twins
from auditkit.review.proof_state import TABLES

_TO_BE = {"remove": "removed", "change": "changed", "rotate": "rotated"}


def with_previous(
    items: pd.DataFrame, before: pd.DataFrame | None, was: Tables | None = None, now: Tables | None = None
) -> pd.DataFrame:
    """The items with the last quarter's decision, and why it is asked again where the access has changed since.

    `before` is what stood decided in the last campaign, `was` and `now` are the tables of the two. What came since in
    the place of something bears the decision on that, so that only what is new is asked for the first time.
    """
    if before is None or was is None or now is None:
        return items.assign(previous_action="", previous_reason="", asked_again="")
    last = before.set_index("item")
    known = items.item.isin(last.index)
    changed = known & items.content.ne(items.item.map(last.content).astype("str"))
    stands = _stands_for(before, was, now).set_index("item")
    source = items.item.where(known, items.item.map(stands.was))
    action = source.map(last.action).astype("str").fillna("")
    to_be = action.map(_TO_BE).astype("str")
    still = known & ~changed & to_be.notna()
    again = pd.Series("", index=items.index, dtype="str")
    again = again.mask(~known, "asked for the first time: it was not there last time")
    again = again.mask(~known & source.notna(), _in_place(items, source, last))
    back = ~known & to_be.notna() & items.item.map(stands.again).eq(True)
    old = source.str.split(":", n=1).str[1]
    again = again.mask(back, "it was to be " + to_be + " as " + old + " and has come back as " + items.record_id)
    again = again.mask(changed, "asked again because the access has changed since it was decided")
    again = again.mask(still, "asked again because it was to be " + to_be + " and is still there")
    return items.assign(
        previous_action=action,
        previous_reason=source.map(last.reason).astype("str").fillna(""),
        asked_again=again,
    )


def _in_place(items: pd.DataFrame, source: pd.Series, last: pd.DataFrame) -> pd.Series:
    """Since what each was issued or given, in words, and what was decided of that."""
    action = source.map(last.action).astype("str").fillna("")
    said = ("which was decided " + action).mask(action.isin(["", *HANDED]), "of which nothing was decided")
    said = said.mask(source.map(last.conflict).eq(True), "about which reviewers disagreed")
    verb = items.kind.eq("credential").map({True: "issued", False: "given"}).astype("str")
    return verb + " since " + source.str.split(":", n=1).str[1] + ", " + said


def _stands_for(before: pd.DataFrame, was: Tables, now: Tables) -> pd.DataFrame:
    """What came since in the place of something: `item`, `was`, the item that it stands for, and `again`, where that
    was to be taken away and this gives as much. One item a row, matched as the proof of decisions matches them."""
    parts = []
    for kind in ("credential", "assignment", "grant"):
        decided = before[before.kind.eq(kind)].reset_index(drop=True)
        if kind == "credential":
            pairs = new_keys(decided, was, now)
        else:
            pairs = twins(kind, was, now)
            there = now[TABLES[kind]].loc[lambda rows: rows.live, f"{kind}_id"]
            pairs = pairs[pairs.covers & ~pairs.old.isin(there)]
            taken = decided.record_id[decided.action.isin(["remove", "change"])]
            # Of several that it could stand for, one that was to be taken away counts before one that was not.
            pairs = pairs.assign(again=pairs.old.isin(taken)).sort_values(["again", "old"], ascending=[False, True])
        parts.append(
            pd.DataFrame({"item": kind + ":" + pairs.new, "was": kind + ":" + pairs.old, "again": pairs.again})
        )
        if kind != "credential":
            made = instead_of(decided, kind, was, now)
            place = made.successor.str.replace("assignment ", "assignment:", n=1, regex=False)
            parts.append(pd.DataFrame({"item": place, "was": decided["item"], "again": False})[made.fresh])
    every = pd.concat(parts, ignore_index=True).astype({"item": "str", "was": "str", "again": "bool"})
    disputed = before["item"][before.conflict]
    every["again"] &= ~every.was.isin(disputed)
    return every.drop_duplicates("item")
