"""From what a pull brought to a snapshot that says what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from auditkit.manifest import Counts
from auditkit.problems import problem_frame
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, build
from auditkit.source.api.client import ServerTime
from auditkit.source.api.crew import lists_asked
from auditkit.source.api.harvest import Harvest, reasons
from auditkit.source.api.resume import Earlier, kept_parts, kept_problems, merged, merged_counts
from auditkit.source.records import decode_records, drift_note
from auditkit.source.remarks import ODD, remarks


def assembled(
    harvest: Harvest, time: ServerTime, *, organisation_id: str, origin: str, earlier: Earlier | None
) -> Snapshot:
    """The snapshot of a harvest, whatever its state; with an earlier one, of both together."""
    why = reasons(harvest, lists_asked(harvest))
    fresh = [name for name in COLLECTIONS if earlier is None or name not in earlier.whole]
    decoded = {name: decode_records(name, harvest.items[name]) for name in fresh}
    frames = {name: each.frame for name, each in decoded.items()}
    parts = {name: _judged(each.counts, why.get(name)) for name, each in decoded.items()}
    problems = [each.problems for each in decoded.values()]
    notes = [drift_note(name, each.unknown) for name, each in decoded.items() if each.unknown] + harvest.notes
    started, finished = _times(time)
    if earlier is not None:
        for name in earlier.whole:
            frames[name] = earlier.snapshot.frames[name]
        parts |= kept_parts(earlier)
        for name in earlier.partly:
            owners = [job.owner for job in earlier.jobs if job.owner is not None and job.row.collection == name]
            frames[name], replaced = merged(name, earlier.snapshot.frames[name], frames[name], owners)
            parts[name] = merged_counts(
                earlier.snapshot.manifest.collections[name], parts[name], replaced, why.get(name)
            )
        problems.append(kept_problems(earlier))
        before = [note for note in earlier.snapshot.manifest.notes if not note.startswith(ODD)]
        notes = [*before, *notes, f"resumed: the first part is of {_iso(earlier)}"]
        started = min(started, earlier.snapshot.manifest.started_at)
    found = [each for each in problems if len(each)]
    return build(
        frames,
        organisation_id=organisation_id,
        as_of=finished,
        problems=problem_frame(pd.concat(found, ignore_index=True) if found else None),
        origin=origin,
        started_at=started,
        unread=harvest.unread_entries(),
        parts=parts,
        notes=[*dict.fromkeys(notes), *remarks(frames, finished)],
        clock_skew_seconds=time.skew,
    )


def _judged(found: Counts, reason: str | None) -> Counts:
    """The counts of a collection with whether it is complete."""
    return Counts(
        received=found["received"], kept=found["kept"], set_aside=found["set_aside"], duplicates=found["duplicates"],
        complete=reason is None, reason=reason,
    )  # fmt: skip


def _times(time: ServerTime) -> tuple[pd.Timestamp, pd.Timestamp]:
    """When the pull began and ended, by the server's clock; by ours if it shows none."""
    now = datetime.now(UTC)
    first, last = (pd.Timestamp(each or now).tz_convert("UTC").as_unit("us") for each in (time.first, time.last))
    return first, last


def _iso(earlier: Earlier) -> str:
    return str(earlier.snapshot.as_of.isoformat()).replace("+00:00", "Z")
