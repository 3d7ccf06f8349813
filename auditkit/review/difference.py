"""Two snapshots of one organisation side by side: records, effective access, findings, and how fair that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from auditkit.access.tables import Tables
from auditkit.errors import ReviewError
from auditkit.findings import Findings
from auditkit.review.judged import Judged, judged, unlike
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot

COMPARED = ("principals", "credentials", "group_members", "roles", "role_assignments", "permission_grants")
RECORD_COLUMNS = ("collection", "record", "record_id", "change", "fields")
ACCESS_COLUMNS = ("principal_id", "permission", "before", "after", "change", "through")
FINDING_COLUMNS = ("status", "rule", "severity", "subject_type", "subject_id", "message", "fingerprint", "quarters")
# Use moves every day; it is no change of access.
_USE = {"last_active_at", "last_used_at"}
_LEVELS = ("none", "undetermined", "scoped", "organisation")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed from `old` to `new`.

    `records`: added, removed, changed (with the fields), columns `RECORD_COLUMNS`. `access`: who gained or lost what,
    and through which role or grant, columns `ACCESS_COLUMNS`; levels none, undetermined, scoped, organisation.
    `findings`: new, gone, still, came back, columns `FINDING_COLUMNS`. `judged`: by what the older and the newer were
    judged. `fairness`: why the two are not like for like, one sentence each.
    """

    old: Snapshot
    new: Snapshot
    records: pd.DataFrame
    access: pd.DataFrame
    findings: pd.DataFrame
    judged: tuple[Judged, Judged]
    fairness: tuple[str, ...]


def difference(
    old: Findings,
    new: Findings,
    old_tables: Tables,
    new_tables: Tables,
    *,
    earlier: Sequence[Findings] = (),
    csvs: tuple[str, str] = ("", ""),
) -> Difference:
    """Compare two audited snapshots; `earlier` are audits before `old`, oldest first, for what came back and for ages;
    `csvs` are the names of the files of the required permissions of each side, to be told.

    Raises `ReviewError` if they are of different organisations.
    """
    before, after = old.snapshot, new.snapshot
    if before.organisation_id != after.organisation_id:
        raise ReviewError(
            f"one snapshot is of {before.organisation_id!r} and the other of {after.organisation_id!r}: "
            "compare two of the same organisation"
        )
    sides = (judged(old, old_tables, csvs[0]), judged(new, new_tables, csvs[1]))
    return Difference(
        old=before,
        new=after,
        records=records(before, after),
        access=access(old_tables, new_tables),
        findings=findings([*earlier, old, new]),
        judged=sides,
        fairness=tuple(fairness(old, new, sides)),
    )


def records(old: Snapshot, new: Snapshot) -> pd.DataFrame:
    """What was added, removed or changed, by collection and id; `fields` names the columns that differ."""
    parts = [_records(name, old.frames[name], new.frames[name]) for name in COMPARED]
    return pd.concat(parts, ignore_index=True)[list(RECORD_COLUMNS)].astype("str")


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


def findings(audits: Sequence[Findings]) -> pd.DataFrame:
    """Findings of the last audit, and those that the one before it had, by fingerprint.

    `status` is new, still, came back (in the last and in an earlier one, but not in the one before it) or gone;
    `quarters` how many audits in a row, up to the last that had it, it has stood.
    """
    *earlier, old, new = [set(audit.frame.fingerprint) for audit in audits]
    frame = pd.concat([audits[-1].frame, audits[-2].frame[~audits[-2].frame.fingerprint.isin(new)]], ignore_index=True)
    seen = set().union(*earlier)
    prints = frame.fingerprint
    status = np.select([~prints.isin(new), prints.isin(old), prints.isin(seen)], ["gone", "still", "came back"], "new")
    quarters = [_run(mark, [*earlier, old] if mark not in new else [*earlier, old, new]) for mark in prints]
    out = frame.assign(status=status, quarters=quarters)[list(FINDING_COLUMNS)]
    order = pd.Series(status).map({"new": 0, "came back": 1, "still": 2, "gone": 3})
    return out.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _run(mark: str, audits: Sequence[set[str]]) -> int:
    """In how many of the last audits in a row the fingerprint stands."""
    length = 0
    for prints in reversed(audits):
        if mark not in prints:
            break
        length += 1
    return length


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
