"""Pulling into a folder that holds an incomplete snapshot: what is kept of it, what is asked for again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from auditkit.errors import SnapshotError
from auditkit.manifest import Counts, counts
from auditkit.schema import COLLECTIONS, from_arrow, sort, to_arrow
from auditkit.snapshot import Snapshot, load
from auditkit.source.api.harvest import Job, rows_for_type
from auditkit.source.api.profile import OWNED, Profile

_BY_OWNER = {"credentials": "principal_id", "group_members": "group_id"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """An earlier, incomplete snapshot of the same organisation, and the lists of it that are missing."""

    snapshot: Snapshot
    whole: frozenset[str]
    jobs: tuple[Job, ...]

    @property
    def partly(self) -> frozenset[str]:
        """The collections of which only some owners' lists are missing."""
        return frozenset(job.row.collection for job in self.jobs if job.owner is not None)


def check_place(out: Path) -> None:
    """SnapshotError unless a snapshot can be written there: asked before the first request, not after the last."""
    there = Path(os.path.abspath(out))  # noqa: PTH100 - a link at the place itself must be seen, not followed
    if there.is_symlink() or (there.exists() and not there.is_dir()):
        raise SnapshotError(f"{out} is there and is no folder: choose another place for the snapshot")
    parent = next(each for each in there.parents if each.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".auditkit-try-", dir=parent):
            pass
    except OSError as error:
        raise SnapshotError(f"cannot write into {parent}: {error.strerror}; choose another folder") from None


def find_earlier(out: Path, organisation_id: str, origin: str, profile: Profile) -> Earlier | None:
    """What lies at the place already; SnapshotError for anything but an incomplete snapshot of the same source."""
    if not out.is_dir() or not any(out.iterdir()):
        return None
    if not (out / "manifest.json").exists():
        raise SnapshotError(f"{out} is already there and holds something that is no snapshot: choose another folder")
    found = load(out)
    if found.organisation_id != organisation_id or found.manifest.origin != origin:
        raise SnapshotError(
            f"{out} already holds a snapshot of {found.organisation_id!r} from {found.manifest.origin}: "
            "choose another folder for this one"
        )
    if found.complete:
        raise SnapshotError(f"{out} already holds a complete snapshot, which is kept as it is: choose another folder")
    return _earlier(found, profile)


def _earlier(found: Snapshot, profile: Profile) -> Earlier:
    """Which collections are whole, and which lists of the others to ask for."""
    missing = set(found.incomplete)
    if "principals" in missing:
        # Whose lists there are is known only with the principals.
        missing |= set(_BY_OWNER)
    jobs = [Job(profile.rows[name]) for name in COLLECTIONS if name in missing and name not in _BY_OWNER]
    if "principals" not in missing:
        for name in sorted(missing & set(_BY_OWNER)):
            jobs += _jobs_of_owners(found, name, profile)
    return Earlier(snapshot=found, whole=frozenset(set(COLLECTIONS) - missing), jobs=tuple(jobs))


def _jobs_of_owners(found: Snapshot, collection: str, profile: Profile) -> list[Job]:
    """The owners whose lists the manifest names as unread; their type says which lists those are."""
    entries = found.manifest.unread
    owners = sorted({each["owner"] for each in entries if each["collection"] == collection and each["owner"]})
    principals = found.principals
    types = dict(zip(principals.principal_id, principals.type.astype(object), strict=True))
    owners = owners or sorted(types)
    return [
        Job(profile.rows[name], owner)
        for owner in owners
        for name in (rows_for_type(types.get(owner)) if collection == "credentials" else ("group_members",))
        if OWNED[name][0] == collection
    ]


def merged(name: str, old: pd.DataFrame, new: pd.DataFrame, owners: Iterable[str]) -> tuple[pd.DataFrame, int]:
    """The old rows of other owners with the new rows, and how many old ones the new ones took the place of."""
    key = list(COLLECTIONS[name].key)
    again = pd.MultiIndex.from_frame(old[key]).isin(pd.MultiIndex.from_frame(new[key]))
    kept = old[~(old[_BY_OWNER[name]].isin(list(owners)) | again)]
    table = pa.concat_tables([to_arrow(name, kept), to_arrow(name, new)])
    return from_arrow(name, sort(name, table)), len(old) - len(kept)


def merged_counts(old: Counts, new: Counts, replaced: int, reason: str | None) -> Counts:
    """The counts of a collection read in two pulls: what was read again counts once."""
    return counts(
        old["received"] + new["received"] - replaced,
        set_aside=old["set_aside"] + new["set_aside"],
        duplicates=old["duplicates"] + new["duplicates"],
        reason=reason,
    )


def kept_problems(earlier: Earlier) -> pd.DataFrame:
    """The problems of what is kept of the earlier snapshot."""
    problems: pd.DataFrame = earlier.snapshot.problems
    return problems[problems.collection.isin(list(earlier.whole | earlier.partly))]


def kept_parts(earlier: Earlier) -> Mapping[str, Counts]:
    """The counts of the collections that are whole."""
    return {name: earlier.snapshot.manifest.collections[name] for name in earlier.whole}
