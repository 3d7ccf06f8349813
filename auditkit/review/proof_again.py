"""What came after a record: whether it was given again, and whether something took its place."""

from __future__ import annotations

import pandas as pd

from auditkit.access.sieve import covers
from auditkit.access.tables import Tables
from auditkit.access.telling import Place, place_words
from auditkit.review.proof_state import TABLES

_GIVEN = {"assignment": ("role_id", "role is held"), "grant": ("permission_id", "permission is granted")}


def again(asked: pd.DataFrame, kind: str, before: Tables, after: Tables) -> pd.DataFrame:
    """What gives again what was to be taken away, in words, empty where nothing does: `again`, where it gives as much,
    and `elsewhere`, a sentence, where it gives the same in a narrower or another place.

    Of an assignment or grant it is a live one of another id, since the review, that gives the same role or permission,
    `again` if its scope covers the one that went; of a credential, a new one of the same principal that no other
    credential's going explains.
    """
    nothing = pd.Series("", index=asked.index, dtype="str")
    found = {"again": nothing, "elsewhere": nothing}
    if kind == "credential":
        pairs = new_keys(asked, before, after).loc[lambda rows: rows.again]
        found["again"] = asked.record_id.map(pairs.set_index("old").new)
    elif kind != "principal":
        told = twins_told(kind, twins(kind, before, after))
        found = {name: asked.record_id.map(words) for name, words in told.items()}
    taken = asked.action.isin(["remove", "change"])
    return pd.DataFrame({name: words.astype("str").where(taken, "").fillna("") for name, words in found.items()})


def twins(kind: str, before: Tables, after: Tables) -> pd.DataFrame:
    """For holdings of `before` the live ones of other ids in `after` that give the same to the same, a row a pair:
    `old` and `new`, their ids; `on`, where the new one gives it, in words; `covers`, whether that is all of the old
    one's scope, and `wider`, whether it is more."""
    identity, (given, _) = f"{kind}_id", _GIVEN[kind]
    columns = [identity, "principal_id", given, "scope_type", "scope_path"]
    old, new = before[TABLES[kind]][columns], after[TABLES[kind]]
    new = new.loc[new.live & ~new[identity].isin(old[identity]), columns]
    pairs = old.merge(new, on=["principal_id", given], suffixes=("", "_new")).sort_values(f"{identity}_new")
    types = before.explainer.facts.hierarchical | after.explainer.facts.hierarchical
    was, is_ = _places(pairs.scope_type, pairs.scope_path), _places(pairs.scope_type_new, pairs.scope_path_new)
    scopes = list(zip(is_, was, strict=True))
    words = [f" on {place_words(*(one or (None, None)))}" for one in is_]
    return pd.DataFrame({
        "old": pairs[identity],
        "new": pairs[f"{identity}_new"],
        "on": pd.Series(words, pairs.index, dtype="str"),
        "covers": pd.Series([covers(one, two, types) for one, two in scopes], pairs.index, dtype="bool"),
        "wider": pd.Series([one != two for one, two in scopes], pairs.index, dtype="bool"),
    })  # fmt: skip


def twins_told(kind: str, pairs: pd.DataFrame) -> dict[str, pd.Series]:
    """Those pairs in words, by the old one's id: `again` and `elsewhere`."""
    whole, same = pairs.covers, pairs.new + pairs.on
    told = (same + pairs.wider.map({True: ", which is wider", False: ""}).astype("str"))[whole]
    other = (pairs.on + f" ({kind} " + pairs.new + ")")[~whole].groupby(pairs.old).agg(" and".join)
    return {
        "again": told.groupby(pairs.old).first(),
        "elsewhere": f"the same {_GIVEN[kind][1]} again" + other.astype("str"),
    }


def _places(types: pd.Series, paths: pd.Series) -> list[Place]:
    """Scopes; None is the whole organisation."""
    pairs = zip(types.isna() & paths.isna(), types.fillna(""), paths.fillna(""), strict=True)
    return [None if whole else (str(kind), str(path)) for whole, kind, path in pairs]


def new_keys(asked: pd.DataFrame, before: Tables, after: Tables) -> pd.DataFrame:
    """For each credential that somebody replaced, or was to, the new one in its place: `old` and `new`, their ids, and
    `again`, where the old one was to be removed.

    New ones first take the places of those that were to be rotated, and of those that went with nobody asking, each in
    the order in which they were made; only what is left came back.
    """
    old, new = _as_made(before["credentials"]), _fresh(before, after)
    live = after["credentials"].loc[after["credentials"].live, "credential_id"]
    removed, rotated = (asked.record_id[asked.action.eq(action)] for action in ("remove", "rotate"))
    going, turned = (old.credential_id.isin(ids) for ids in (removed, rotated))
    there = old.credential_id.isin(live)
    owed, gone = old[turned | (old.live & ~there & ~going)], old[going & ~there]
    places = pd.concat([owed.assign(again=False), gone.assign(again=True)])
    places = places.assign(number=places.groupby("principal_id").cumcount())
    new = new.assign(number=new.groupby("principal_id").cumcount(), new=new.credential_id)
    pairs = places.merge(new[["principal_id", "number", "new"]], on=["principal_id", "number"])
    return pairs.rename(columns={"credential_id": "old"})[["old", "new", "again"]]


def _fresh(before: Tables, after: Tables) -> pd.DataFrame:
    """The live credentials that were not there at the review, in the order in which they were made."""
    rows = after["credentials"]
    return _as_made(rows[rows.live & ~rows.credential_id.isin(before["credentials"].credential_id)])


def _as_made(credentials: pd.DataFrame) -> pd.DataFrame:
    return credentials.sort_values(["principal_id", "created_at", "credential_id"])


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
