"""What came after a record: whether it was given again, and whether something took its place."""

from __future__ import annotations

import pandas as pd

from auditkit.access.sieve import covers
from auditkit.access.tables import Tables
from auditkit.access.telling import Place, place_words
from auditkit.review.proof_state import TABLES

_GIVEN = {"assignment": ("role_id", "role is held"), "grant": ("permission_id", "permission is granted")}


def again(asked: pd.DataFrame, works: pd.Series, kind: str, before: Tables, after: Tables) -> pd.DataFrame:
    """What gives again what was to be taken away, in words, empty where nothing does: `again`, where it gives as much,
    and `elsewhere`, a sentence, where it gives the same in a narrower or another place.

    Of an assignment or grant it is a live one of another id, since the review, that gives the same role or permission,
    `again` if its scope covers the one that went; of a credential, a new one of the same principal that no other
    credential's going explains.
    """
    nothing = pd.Series("", index=asked.index, dtype="str")
    found = {"again": nothing, "elsewhere": nothing}
    if kind == "credential":
        found["again"] = _new_keys(asked, works, before, after)
    elif kind != "principal":
        found = {name: asked.record_id.map(words) for name, words in _twins(kind, before, after).items()}
    taken = asked.action.isin(["remove", "change"])
    return pd.DataFrame({name: words.astype("str").where(taken, "").fillna("") for name, words in found.items()})


def _twins(kind: str, before: Tables, after: Tables) -> dict[str, pd.Series]:
    """For holdings of `before`, by their ids, the live ones of other ids in `after` that give the same to the same."""
    identity, (given, told) = f"{kind}_id", _GIVEN[kind]
    columns = [identity, "principal_id", given, "scope_type", "scope_path"]
    old, new = before[TABLES[kind]][columns], after[TABLES[kind]]
    new = new.loc[new.live & ~new[identity].isin(old[identity]), columns]
    pairs = old.merge(new, on=["principal_id", given], suffixes=("", "_new")).sort_values(f"{identity}_new")
    types = before.explainer.facts.hierarchical | after.explainer.facts.hierarchical
    was, is_ = _places(pairs.scope_type, pairs.scope_path), _places(pairs.scope_type_new, pairs.scope_path_new)
    scopes = list(zip(is_, was, strict=True))
    whole = pd.Series([covers(one, two, types) for one, two in scopes], pairs.index, dtype="bool")
    words = [f" on {place_words(*(one or (None, None)))}" for one in is_]
    wider = [", which is wider" if one != two else "" for one, two in scopes]
    on, more = (pd.Series(each, pairs.index, dtype="str") for each in (words, wider))
    same = (pairs[f"{identity}_new"] + on + more)[whole].groupby(pairs[identity]).first()
    other = (on + f" ({kind} " + pairs[f"{identity}_new"] + ")")[~whole].groupby(pairs[identity]).agg(" and".join)
    return {"again": same, "elsewhere": f"the same {told} again" + other.astype("str")}


def _places(types: pd.Series, paths: pd.Series) -> list[Place]:
    """Scopes; None is the whole organisation."""
    pairs = zip(types.isna() & paths.isna(), types.fillna(""), paths.fillna(""), strict=True)
    return [None if whole else (str(kind), str(path)) for whole, kind, path in pairs]


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
