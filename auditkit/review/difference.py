"""Two snapshots of one organisation side by side: records, effective access, findings, and how fair that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from auditkit.access.tables import Tables
from auditkit.errors import ReviewError
from auditkit.findings import Findings
from auditkit.review.accepted import set_apart
from auditkit.review.judged import Judged, judged, unlike
from auditkit.review.proof_again import twins, twins_told
from auditkit.review.standing_findings import findings
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot

COMPARED = ("principals", "credentials", "group_members", "roles", "role_assignments", "permission_grants")
RECORD_COLUMNS = ("collection", "record", "record_id", "change", "fields", "note")
ACCESS_COLUMNS = ("principal_id", "permission", "before", "after", "change", "through")
# Use moves every day; it is no change of access.
_USE = {"last_active_at", "last_used_at"}
_LEVELS = ("none", "undetermined", "scoped", "organisation")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed from `old` to `new`.

    `records`: added, removed, changed (with the fields), columns `RECORD_COLUMNS`; `note` leads from what went to what
    gives the same again. `access`: who gained or lost what, and through which role or grant, columns `ACCESS_COLUMNS`;
    levels none, undetermined, scoped, organisation. `findings`: as `standing_findings` gives the open ones. `judged`:
    by what the older and the newer were judged. `accepted`: what was accepted in either, None where nothing was given.
    `fairness`: why the two are not like for like, one sentence each.
    """

    old: Snapshot
    new: Snapshot
    records: pd.DataFrame
    access: pd.DataFrame
    findings: pd.DataFrame
    judged: tuple[Judged, Judged]
    accepted: tuple[pd.DataFrame, pd.DataFrame] | None
    fairness: tuple[str, ...]

    @property
    def apart(self) -> list[str]:
        """How many accepted findings are set apart on each side, a sentence; none where nothing was accepted."""
        if self.accepted is None:
            return []
        old, new = map(len, self.accepted)
        return [f"accepted findings, in no count here: {old:,} in the older, {new:,} in the newer"]


def difference(
    old: Findings,
    new: Findings,
    old_tables: Tables,
    new_tables: Tables,
    *,
    earlier: Sequence[Findings] = (),
    accepted: pd.DataFrame | None = None,
    csvs: tuple[str, str] = ("", ""),
) -> Difference:
    """Compare two audited snapshots; `earlier` are audits before `old`, oldest first, for what came back and for ages;
    `accepted` are entries of `read_accepted`, which set findings apart in each audit as of its own instant; `csvs` are
    the names of the files of the required permissions of each side, to be told.

    Raises `ReviewError` if they are of different organisations.
    """
    before, after = old.snapshot, new.snapshot
    if before.organisation_id != after.organisation_id:
        raise ReviewError(
            f"one snapshot is of {before.organisation_id!r} and the other of {after.organisation_id!r}: "
            "compare two of the same organisation"
        )
    sides = (judged(old, old_tables, csvs[0]), judged(new, new_tables, csvs[1]))
    audits = [set_apart(audit, accepted) for audit in (*earlier, old, new)]
    return Difference(
        old=before,
        new=after,
        records=_linked(records(before, after), old_tables, new_tables),
        access=access(old_tables, new_tables),
        findings=findings(audits),
        judged=sides,
        accepted=None if accepted is None else (audits[-2].accepted, audits[-1].accepted),
        fairness=tuple(fairness(old, new, sides)),
    )


def records(old: Snapshot, new: Snapshot) -> pd.DataFrame:
    """What was added, removed or changed, by collection and id; `fields` names the columns that differ."""
    parts = [_records(name, old.frames[name], new.frames[name]) for name in COMPARED]
    return pd.concat(parts, ignore_index=True).assign(note="")[list(RECORD_COLUMNS)].astype("str")


def _linked(rows: pd.DataFrame, old: Tables, new: Tables) -> pd.DataFrame:
    """The records, with notes that lead from an assignment or grant that went to what gives it again, and back."""
    note = rows.note
    for kind in ("assignment", "grant"):
        went, came = (rows.record.eq(kind) & rows.change.eq(change) for change in ("removed", "added"))
        pairs = twins(kind, old, new)
        pairs = pairs[pairs.old.isin(rows.record_id[went])]
        told = twins_told(kind, pairs)
        again = "given again as " + rows.record_id.map(told["again"]).astype("str")
        found = again.fillna(rows.record_id.map(told["elsewhere"]).astype("str")).fillna("")
        back = pairs[pairs.covers].sort_values("old").groupby("new").old.agg(" and ".join)
        gives = ("gives again what " + rows.record_id.map(back).astype("str") + " gave").fillna("")
        note = note.mask(went, found).mask(came, gives)
    return rows.assign(note=note.astype("str"))


def _records(name: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    declared = COLLECTIONS[name]
    key = list(declared.key)
    columns = [column for column in declared.names if column not in {*key, *_USE}]
    pairs = _side_by_side(old, new, key)
    change = pairs.side.astype("str").map({"left_only": "removed", "right_only": "added", "both": ""}).astype("str")
    fields = pd.Series("", index=pairs.index, dtype="str")
    for column in columns:
        differs = _as_text(pairs[f"{column}_old"]).ne(_as_text(pairs[f"{column}_new"])) & change.eq("")
        fields = fields.where(~differs, fields + "," + column)
    change = change.where(change.ne("") | fields.eq(""), "changed")
    ids = pairs[key[0]].str.cat(pairs[key[1:]], sep="|") if key[1:] else pairs[key[0]]
    found = pd.DataFrame(
        {"collection": name, "record": declared.record, "record_id": ids, "change": change, "fields": fields.str[1:]}
    )
    return found[change.ne("")].sort_values("record_id", ignore_index=True)


def _side_by_side(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The rows of both by their key; `side` says which have them."""
    if old.empty and new.empty:
        # Arrow texts without rows may be without a chunk too, which a merge by several keys does not bear.
        old, new = (each.astype(dict.fromkeys(key, "object")) for each in (old, new))
    return old.merge(new, on=key, how="outer", suffixes=("_old", "_new"), indicator="side", validate="one_to_one")


def _as_text(column: pd.Series) -> pd.Series:
    """A column as text in which absent values are alike, and unlike any present one."""
    text = (
        column.map(lambda value: "\x00" if value is None or value is pd.NA else str(sorted(value)))
        if (isinstance(column.dtype, pd.ArrowDtype))
        else column.astype("str")
    )
    return text.astype("str").fillna("\x00")


def access(old: Tables, new: Tables) -> pd.DataFrame:
    """Who gained and who lost which effective permission, and the role or grant that gave it (the newer for a gain)."""
    before, after = _pairs(old), _pairs(new)
    pairs = _side_by_side(before, after, ["principal_id", "permission"])
    rank = {level: place for place, level in enumerate(_LEVELS)}
    was = pairs.level_old.astype("str").fillna("none")
    now = pairs.level_new.astype("str").fillna("none")
    step = now.map(rank).astype("int64") - was.map(rank).astype("int64")
    change = np.select([was.eq("none"), now.eq("none"), step.gt(0)], ["gained", "lost", "widened"], "narrowed")
    found = pairs[["principal_id", "permission"]].assign(before=was, after=now, change=change)
    found = found[step.ne(0)].sort_values(["principal_id", "permission"], ignore_index=True)
    gives = found.change.isin(["gained", "widened"])
    through = pd.concat([_through(found[gives], new), _through(found[~gives], old)])
    return found.assign(through=through.reindex(found.index))[list(ACCESS_COLUMNS)].astype("str")


def _pairs(tables: Tables) -> pd.DataFrame:
    pairs = tables["effective"].pairs()
    return pairs[["principal_id", "identifier", "level"]].rename(columns={"identifier": "permission"})


def _through(rows: pd.DataFrame, tables: Tables) -> pd.Series:
    """The first role (or direct grant) that holds each permission for its principal, in words, by the rows' index."""
    permissions = tables["permissions"][["permission_id", "identifier"]]
    held = tables["role_permissions"].merge(permissions, on="permission_id")
    ways = tables["reach"][["principal_id", "role_id", "role_name", "through"]]
    asked = rows[["principal_id", "permission"]].reset_index()
    found = asked.merge(ways, on="principal_id").merge(
        held, left_on=["role_id", "permission"], right_on=["role_id", "identifier"]
    )
    found = found.sort_values(["index", "role_id"]).drop_duplicates("index").set_index("index")
    group = (", through group " + found.through.astype("str")).fillna("")
    words = "role " + found.role_name + " (" + found.role_id + ")" + group
    return words.reindex(rows.index).fillna("a direct grant")


def fairness(old: Findings, new: Findings, sides: tuple[Judged, Judged]) -> list[str]:
    """Why the two audits are not like for like, and what that does to the numbers; none where they are."""
    said = [
        f"{name} could not be read whole in the {which} snapshot ({reason}): what came or went may only be unread"
        for which, audit in (("older", old), ("newer", new))
        for name, reason in audit.snapshot.incomplete.items()
    ]
    before, after = old.rules.set_index("id").evaluated, new.rules.set_index("id").evaluated
    both = before.index.intersection(after.index)
    odd = both[before[both].ne(after[both])]
    said += [f"{rule} was evaluated in only one of the two: its findings seem all new or all gone" for rule in odd]
    said += unlike(*sides)
    tools = (old.snapshot.manifest.tool_version, new.snapshot.manifest.tool_version)
    if tools[0] != tools[1]:
        said.append(f"read by auditkit {tools[0]} and {tools[1]}: the two may tell records apart differently")
    return said
