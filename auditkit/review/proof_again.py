"""What came after a record: whether it was given again, and whether something took its place."""

from __future__ import annotations

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.review.proof_state import TABLES

_SAME = {
    "assignment": ["principal_id", "role_id", "scope_type", "scope_path"],
    "grant": ["principal_id", "permission_id", "scope_type", "scope_path"],
}


def again(asked: pd.DataFrame, works: pd.Series, kind: str, before: Tables, after: Tables) -> pd.Series:
    """What gives the same again that was to be taken away, by its id; empty where nothing does.

    Of an assignment or grant it is a live one of another id that gives the same in the same scope; of a credential, a
    new one of the same principal that no other credential's going explains.
    """
    if kind == "principal":
        return pd.Series("", index=asked.index, dtype="str")
    if kind == "credential":
        found = _new_keys(asked, works, before, after)
    else:
        found = asked.record_id.map(_twins(kind, before, after))
    return found.astype("str").where(asked.action.isin(["remove", "change"]), "").fillna("")


def _twins(kind: str, before: Tables, after: Tables) -> pd.Series:
    """For a holding of `before`: the live one of another id in `after` that gives the same again, by its old id."""
    identity = f"{kind}_id"
    old, new = before[TABLES[kind]], after[TABLES[kind]]
    same = [f"_{name}" for name in _SAME[kind]]
    left = old[[identity]].assign(**{f"_{name}": old[name].fillna("\x00") for name in _SAME[kind]})
    right = new[new.live & ~new[identity].isin(old[identity])]
    right = right[[identity]].assign(**{f"_{name}": right[name].fillna("\x00") for name in _SAME[kind]})
    pairs = left.merge(right, on=same, suffixes=("", "_new")).sort_values(f"{identity}_new").drop_duplicates(identity)
    return pairs.set_index(identity)[f"{identity}_new"]


def _new_keys(asked: pd.DataFrame, works: pd.Series, before: Tables, after: Tables) -> pd.Series:
    """For each credential that went as was decided the new one that is there in its stead.

    New ones first take the places of those that were to be rotated, and of those that went with nobody asking.
    """
    old, new = before["credentials"], _fresh(before, after)
    live = after["credentials"].loc[after["credentials"].live, "credential_id"]
    removed = asked[asked.action.eq("remove")]
    rotated = asked[asked.action.eq("rotate")]
    named = [*removed.record_id, *rotated.record_id]
    went = old[old.live & ~old.credential_id.isin(live) & ~old.credential_id.isin(named)]
    owed = pd.concat([rotated.principal_id, went.principal_id]).value_counts()
    new = new.assign(number=new.groupby("principal_id").cumcount())
    gone = removed[~works[removed.index]]
    place = gone.groupby("principal_id").cumcount() + gone.principal_id.map(owed).fillna(0).astype("int64")
    pairs = gone[["principal_id"]].assign(number=place, row=gone.index)
    pairs = pairs.merge(new[["principal_id", "number", "credential_id"]], on=["principal_id", "number"])
    return pairs.set_index("row").credential_id.reindex(asked.index)


def _fresh(before: Tables, after: Tables) -> pd.DataFrame:
    """The live credentials that were not there at the review, in the order in which they were made."""
    rows = after["credentials"]
    rows = rows[rows.live & ~rows.credential_id.isin(before["credentials"].credential_id)]
    return rows.sort_values(["principal_id", "created_at", "credential_id"])


def instead_of(asked: pd.DataFrame, kind: str, before: Tables, after: Tables) -> pd.DataFrame:
    """What is in the place of each: `renewed` (something is), `successor` (its name), `fresh` (it is new since the
    review), and `moved`: the record itself was given the role that it was to be changed to."""
    if kind == "credential":
        found = _successors(asked, before, after)
        new = found.isin(_fresh(before, after).credential_id)
        moved = pd.Series(False, index=asked.index)
    else:
        held = after["assignments"]
        held = held[held.live].assign(key=lambda rows: rows.principal_id + "\x1f" + rows.role_id)
        ids = held.sort_values("assignment_id").drop_duplicates("key").set_index("key").assignment_id
        found = (asked.principal_id + "\x1f" + asked.target).map(ids).astype("str").where(asked.action.eq("change"))
        new = found.notna() & ~found.isin(before["assignments"].assignment_id)
        roles = held.set_index("assignment_id").role_id
        moved = (kind == "assignment") & asked.action.eq("change") & asked.record_id.map(roles).eq(asked.target)
    words = ("credential " if kind == "credential" else "assignment ") + found.astype("str")
    return pd.DataFrame(
        {
            "renewed": found.notna(),
            "successor": words.fillna(""),
            "fresh": new.astype(bool),
            "moved": moved.astype(bool),
            "left_counts": kind == "principal",
        }
    )


def _successors(asked: pd.DataFrame, before: Tables, after: Tables) -> pd.Series:
    """For each credential another live one of its principal: the newest, and one that is new before one that is not."""
    rows = after["credentials"]
    rows = rows[rows.live][["principal_id", "credential_id", "created_at"]]
    rows = rows.assign(new=~rows.credential_id.isin(before["credentials"].credential_id))
    pairs = asked[["principal_id", "record_id"]].assign(row=asked.index).merge(rows, on="principal_id")
    pairs = pairs[pairs.record_id.ne(pairs.credential_id)].sort_values(["new", "created_at", "credential_id"])
    return pairs.drop_duplicates("row", keep="last").set_index("row").credential_id.reindex(asked.index).astype("str")
