"""What looks odd in what was read, though it was read well: names that hide, imitate or look alike, times that cannot
be, groups within themselves.

No rule flags any of it, and nothing is changed: the snapshot keeps it as it came, and its manifest says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from auditkit.knots import knots
from auditkit.schema import COLLECTIONS, empty
from auditkit.source.names import look_alikes, odd_names, texts

ODD = "looks odd: "
"""What every remark begins with."""
# So many are named in one remark.
_FIRST = 10
_DAY = pd.Timedelta(days=1).as_unit("us")
_NAMES = {
    "organisation": ("organisation", "organisation_id", "name"),
    "principal": ("principals", "principal_id", "display_name"),
    "credential": ("credentials", "credential_id", "name"),
    "permission": ("permissions", "permission_id", "name"),
    "role": ("roles", "role_id", "name"),
}
_DATED = {
    "principal": ("principals", "principal_id"),
    "credential": ("credentials", "credential_id"),
    "assignment": ("role_assignments", "assignment_id"),
    "grant": ("permission_grants", "grant_id"),
}
# What has happened by the time that a record is read.
_PAST = {"created_at": "created", "last_active_at": "last active", "last_used_at": "last used"}


def remarks(frames: Mapping[str, pd.DataFrame], read_at: pd.Timestamp) -> list[str]:
    """The remarks on a snapshot's frames as read at `read_at` (in UTC), a sentence each; none where nothing is odd.

    A collection that is not among the frames is taken as empty.
    """
    every = {name: frames.get(name, empty(name)) for name in COLLECTIONS}
    found = (*_on_names(every), *_on_times(every, read_at), *_on_circles(every))
    return [ODD + said.encode("ascii", "backslashreplace").decode() for said in found]


def _on_names(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    every = {record: _records(frames[table], record, key, name) for record, (table, key, name) in _NAMES.items()}
    rows = pd.concat(every.values(), ignore_index=True)
    odd = odd_names(texts(rows.name))
    what = dict(zip(odd["name"].to_pylist(), odd["said"].to_pylist(), strict=True))
    hiding = rows[rows.name.isin(list(what))]
    yield from _told("with a name that hides or imitates something", _words(hiding) + " " + hiding.name.map(what))
    people = every["principal"]
    groups = frames["principals"].type.eq("Group").to_numpy()
    kinds = [people[groups].assign(kind="group"), people[~groups].assign(kind="principal")]
    alike = look_alikes(pd.concat([*kinds, every["role"].assign(kind="role")], ignore_index=True))
    alike = alike.assign(says=_words(alike))
    pairs = alike.groupby(["says", "record_id"], sort=True).alike.agg(lambda ids: ", ".join(sorted(ids))).reset_index()
    said = pairs.says + " like " + pairs.alike
    yield from _told("with a name that looks like another one's, and is not the same", said)


def _records(rows: pd.DataFrame, record: str, key: str, name: str) -> pd.DataFrame:
    """The records of a table as `record`, `record_id` and `name`."""
    return pd.DataFrame({"record": record, "record_id": rows[key], "name": rows[name]})


def _words(rows: pd.DataFrame) -> pd.Series:
    return rows.record + " " + rows.record_id


def _on_times(frames: Mapping[str, pd.DataFrame], read_at: pd.Timestamp) -> Iterator[str]:
    # Clocks differ, and a record may change while others are still being read: a day is neither.
    late = read_at + _DAY
    said = []
    for record, (table, key) in _DATED.items():
        rows = frames[table]
        for name, words in ((name, words) for name, words in _PAST.items() if name in rows):
            ahead = rows[rows[name].gt(late)]
            said.append(record + " " + ahead[key] + f" was {words} on " + ahead[name].dt.strftime("%Y-%m-%d"))
        early = rows[rows.expires_at.lt(rows.created_at)] if "expires_at" in rows else rows.iloc[:0]
        said.append(record + " " + early[key] + " expires before it was created")
    yield from _told(f"with a time that cannot be, in what was read on {read_at:%Y-%m-%d}", pd.concat(said))


def _on_circles(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Groups that contain themselves, through others or at once; everybody in one is a member of all of them."""
    principals, members = frames["principals"], frames["group_members"]
    groups = pd.Index(principals.principal_id[principals.type.eq("Group")])
    inside, outside = groups.get_indexer(members.principal_id), groups.get_indexer(members.group_id)
    nested = (inside >= 0) & (outside >= 0)
    if not nested.any():
        return
    one, other = inside[nested].astype(np.int64), outside[nested].astype(np.int64)
    count, number = knots(len(groups), one, other)
    large = np.bincount(number, minlength=count)[number] > 1
    large[one[one == other]] = True
    yield from _told("in a circle of groups", pd.Series(groups[large].astype("str")).sort_values())


def _told(what: str, said: pd.Series) -> Iterator[str]:
    """One remark on all of a kind: how many, and the first of them."""
    if len(said):
        more = f"; and {len(said) - _FIRST:,} more" if len(said) > _FIRST else ""
        yield f"{len(said):,} {what}: {'; '.join(said.head(_FIRST))}{more}"
