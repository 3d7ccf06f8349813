"""A snapshot: the tables of one organisation at one time, what was odd about its records, and a manifest.

On disk it is a folder of Parquet files and a `manifest.json` that holds the SHA-256 of each; `load` verifies them all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import html
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from auditkit import __version__
from auditkit.errors import SnapshotDamaged, SnapshotError
from auditkit.frames import Frames, Held
from auditkit.manifest import Counts, FileEntry, Manifest, Unread, counts
from auditkit.problems import PROBLEMS, problem_frame, problems_from_arrow, problems_to_arrow
from auditkit.schema import COLLECTIONS, empty, from_arrow, sort, to_arrow
from auditkit.schema_columns import unsound
from auditkit.store import list_folder, open_folder, read_file, to_parquet, try_folder, write_folder

_MANIFEST = "manifest.json"
_PROBLEMS_FILE = "problems.parquet"
_FILES = {f"{name}.parquet": name for name in COLLECTIONS}
_MANIFEST_CAP = 256 * 1024 * 1024
_AGAIN = "restore the folder from a copy, or pull or import again"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The frames of all nine collections (also as attributes: `snapshot.principals`), the problems, the manifest.

    A frame that is handed out is a copy on write: what is done to it changes no judgement.
    """

    frames: Mapping[str, pd.DataFrame]
    problems: Held = Held()  # noqa: RUF009 - a descriptor, not a default
    manifest: Manifest

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", Frames(self.frames))

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in COLLECTIONS:
            return self.frames[name]
        raise AttributeError(f"a snapshot has no {name!r}; its tables are {', '.join(COLLECTIONS)}")

    @property
    def as_of(self) -> pd.Timestamp:
        """When the pull or import ended: the instant of judgement, unless another is given."""
        return self.manifest.finished_at

    @property
    def organisation_id(self) -> str:
        """The id of the organisation that was read."""
        return self.manifest.organisation_id

    @property
    def incomplete(self) -> dict[str, str]:
        """The collections that could not be read whole, each with the reason."""
        parts = self.manifest.collections.items()
        return {name: each["reason"] or "not read whole" for name, each in parts if not each["complete"]}

    @property
    def complete(self) -> bool:
        """Whether every collection was read whole."""
        return not self.incomplete

    @property
    def id(self) -> str:
        """The first 16 hex digits of the SHA-256 of the manifest, which holds the hash of every file."""
        return self.sealed.digest[:16]

    @cached_property
    def sealed(self) -> Manifest:
        """The manifest with the rows and hash of every file."""
        if self.manifest.files:
            return self.manifest
        return dataclasses.replace(self.manifest, files={name: _entry(*file) for name, file in self._encode()})

    def _encode(self) -> Iterator[tuple[str, tuple[int, bytes]]]:
        """Each data file's name, rows and bytes."""
        for file, name in _FILES.items():
            yield file, to_parquet(to_arrow(name, self.frames[name]))
        yield _PROBLEMS_FILE, to_parquet(problems_to_arrow(self.problems))

    def _files(self) -> Iterator[tuple[str, bytes]]:
        """Each file's name and bytes; the manifest comes last, when what it says is true."""
        entries: dict[str, FileEntry] = {}
        for name, (rows, data) in self._encode():
            entries[name] = _entry(rows, data)
            yield name, data
        yield _MANIFEST, dataclasses.replace(self.manifest, files=entries).to_bytes()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the snapshot to a folder, in place of a snapshot that is there; anything else there is refused."""
        target = Path(path)
        _refuse_to_replace(target)
        write_folder(target, self._files())
        return target

    def replace(self, **frames: pd.DataFrame) -> Snapshot:
        """A snapshot with some frames changed, for asking what if; its manifest says which."""
        if unknown := sorted(set(frames) - set(COLLECTIONS)):
            raise KeyError(f"no collection {', '.join(unknown)}; there are {', '.join(COLLECTIONS)}")
        changed = {name: _tidy(name, frame) for name, frame in frames.items()}
        # What could not be read whole is no more complete for being changed.
        parts = {name: counts(len(frame), reason=self.incomplete.get(name)) for name, frame in changed.items()}
        manifest = dataclasses.replace(
            self.manifest,
            files={},
            collections=self.manifest.collections | parts,
            notes=[*self.manifest.notes, f"changed in memory: {', '.join(sorted(changed))}"],
        )
        return Snapshot(frames={**self.frames, **changed}, problems=self.problems, manifest=manifest)

    def __repr__(self) -> str:
        rows = sum(map(len, self.frames.values()))
        state = "complete" if self.complete else f"incomplete: {', '.join(self.incomplete)}"
        return f"<Snapshot of {self.organisation_id!r} at {self.as_of.isoformat()}, {rows:,} rows, {state}>"

    def _repr_html_(self) -> str:
        head = (
            f"{self.organisation_id}, read from {self.manifest.origin}, {self.as_of:%Y-%m-%d %H:%M:%S} UTC, {self.id}"
        )
        titles = "".join(f"<th>{title}</th>" for title in ("collection", "rows", "set aside", "read"))
        rows = "".join(map(self._html_row, COLLECTIONS))
        caption = f"<caption>{html.escape(head)}</caption>"
        return f"<table>{caption}<thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"

    def _html_row(self, name: str) -> str:
        aside = self.manifest.collections[name]["set_aside"]
        cells = (name, f"{len(self.frames[name]):,}", f"{aside:,}", self.incomplete.get(name, "whole"))
        return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"


def load(path: str | os.PathLike[str]) -> Snapshot:
    """Read a snapshot's folder.

    SnapshotError if it is none, SnapshotDamaged if a file differs from the manifest, is missing or was added,
    SnapshotTooNew if a newer auditkit wrote it.
    """
    folder = Path(path)
    with open_folder(folder) as handle:
        names = list_folder(handle)
        if _MANIFEST not in names:
            raise SnapshotError(
                f"{folder} is no snapshot: it has no {_MANIFEST}; name a folder made by `pull` or `import`"
            )
        data = read_file(handle, _MANIFEST, at_most=_MANIFEST_CAP)
        if data is None:
            raise SnapshotDamaged(f"{folder / _MANIFEST} is no plain file of a sensible size; {_AGAIN}")
        manifest = Manifest.from_bytes(data)
        _refuse_other_files(folder, names - {_MANIFEST}, set(manifest.files))
        tables = {name: _read(folder, handle, name, entry) for name, entry in manifest.files.items()}
    frames = {name: from_arrow(name, tables[file]) for file, name in _FILES.items()}
    return Snapshot(frames=frames, problems=problems_from_arrow(tables[_PROBLEMS_FILE]), manifest=manifest)


def build(
    frames: Mapping[str, pd.DataFrame],
    *,
    organisation_id: str | None = None,
    as_of: str | pd.Timestamp = "2026-10-01T00:00:00Z",
    problems: pd.DataFrame | None = None,
    origin: str = "memory",
    started_at: pd.Timestamp | None = None,
    incomplete: Mapping[str, str] | None = None,
    unread: Sequence[Unread] = (),
    parts: Mapping[str, Counts] | None = None,
    notes: Sequence[str] = (),
    clock_skew_seconds: float = 0.0,
) -> Snapshot:
    """A snapshot from frames; a collection left out is empty, and complete unless `incomplete` gives its reason.

    Without an organisation id, it is the one of the organisation's frame, else `org`.
    """
    if unknown := sorted(set(frames) - set(COLLECTIONS)):
        raise KeyError(f"no collection {', '.join(unknown)}; there are {', '.join(COLLECTIONS)}")
    every = {name: _tidy(name, frames[name]) if name in frames else empty(name) for name in COLLECTIONS}
    reasons = incomplete or {}
    finished = pd.Timestamp(as_of).as_unit("us").tz_convert("UTC")
    known = every["organisation"].organisation_id
    manifest = Manifest(
        tool_version=__version__,
        organisation_id=organisation_id or (known.iloc[0] if len(known) else "org"),
        origin=origin,
        started_at=finished if started_at is None else started_at,
        finished_at=finished,
        clock_skew_seconds=clock_skew_seconds,
        collections={name: counts(len(every[name]), reason=reasons.get(name)) for name in COLLECTIONS}
        | dict(parts or {}),
        unread=list(unread),
        notes=list(notes),
    )
    return Snapshot(frames=every, problems=problem_frame(problems), manifest=manifest)


def _tidy(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as the schema has it: only its columns, their dtypes, sorted by its key."""
    return from_arrow(name, sort(name, to_arrow(name, frame)))


def _entry(rows: int, data: bytes) -> FileEntry:
    return FileEntry(rows=rows, sha256=hashlib.sha256(data).hexdigest())


def _read(folder: Path, handle: int, name: str, entry: FileEntry) -> pa.Table:
    """One data file, parsed from the very bytes whose hash was compared."""
    data = read_file(handle, name)
    if data is None:
        raise SnapshotDamaged(f"{folder / name} is no plain file; {_AGAIN}")
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise SnapshotDamaged(f"{folder / name} differs from what the manifest says (SHA-256); {_AGAIN}")
    schema = PROBLEMS if name == _PROBLEMS_FILE else COLLECTIONS[_FILES[name]].arrow
    try:
        table = pq.read_table(pa.BufferReader(data))
        table = table.select(schema.names).cast(schema)
    except (pa.ArrowException, KeyError, ValueError, OSError):
        raise SnapshotDamaged(f"{folder / name} does not hold the columns of its table; {_AGAIN}") from None
    if odd := unsound(table, entry["rows"], () if name == _PROBLEMS_FILE else COLLECTIONS[_FILES[name]].key):
        raise SnapshotDamaged(f"{folder / name} holds {odd}; {_AGAIN}")
    return table


def _refuse_other_files(folder: Path, found: set[str], listed: set[str]) -> None:
    """The folder holds exactly the files that the manifest lists, and that a snapshot has."""
    if missing := sorted((set(_FILES) | {_PROBLEMS_FILE} | listed) - (found & listed)):
        raise SnapshotDamaged(f"{folder} lacks {', '.join(missing)}; {_AGAIN}")
    if added := sorted(found - listed):
        raise SnapshotDamaged(f"{folder} holds {', '.join(added)}, which the manifest does not list; move it elsewhere")
    if strange := sorted(listed - set(_FILES) - {_PROBLEMS_FILE}):
        raise SnapshotDamaged(f"{folder / _MANIFEST} lists {', '.join(strange)}, which no snapshot has; {_AGAIN}")


def check_target(path: str | os.PathLike[str]) -> None:
    """Refuse, before any work is done for it, a place that a snapshot cannot be saved to; nothing is left there."""
    _refuse_to_replace(Path(path))
    try_folder(Path(path))


def _refuse_to_replace(target: Path) -> None:
    """Only a snapshot, or an empty folder, may be replaced: nobody's other files are taken away."""
    try:
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise SnapshotError(f"{target} is there and is no folder: choose another place for the snapshot")
        found = {entry.name for entry in target.iterdir()} if target.is_dir() else set()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SnapshotError(f"cannot use {target}: {why}; choose another place for the snapshot") from None
    if others := sorted(found - {_MANIFEST, _PROBLEMS_FILE, *_FILES}):
        raise SnapshotError(f"{target} holds {others[0]!r}, which is no part of a snapshot: choose another folder")
