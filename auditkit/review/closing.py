"""What a campaign was closed into: a small file for each time, beside the log, so that what is decided later is never
taken for what a pack holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from auditkit.errors import ReviewError
from auditkit.review.entries import GENESIS, Entry
from auditkit.review.newer import refuse_newer
from auditkit.store import write_file

_NAMES = "closed-{}.json"


@dataclass(frozen=True, kw_only=True)
class Closed:
    """One time that a campaign was closed: `at` (RFC 3339), the `seal` of the pack, and how many `entries` of the log
    are in it, the last of which has the value `chain`."""

    at: str
    seal: str
    entries: int
    chain: str
    schema: int = 1


def write_closed(folder: Path, closed: Closed) -> None:
    """Record in a campaign's folder that it was closed; what was recorded before stays. `ReviewError` if it cannot."""
    try:
        write_file(
            folder / _NAMES.format(closed.seal[:16]),
            json.dumps(asdict(closed), indent=1, sort_keys=True).encode() + b"\n",
        )
    except OSError as problem:
        raise ReviewError(
            f"the pack is written (seal {closed.seal}), but that {folder} was closed into it cannot be recorded there "
            f"({problem.strerror}): make the folder writable, remove the pack and close again"
        ) from None


def closings(folder: Path) -> list[Closed]:
    """Each time that a campaign was closed, the latest last; `ReviewError` for a record that cannot be read."""
    return sorted(map(_closed, folder.glob(_NAMES.format("*"))), key=lambda one: (one.entries, one.at, one.seal))


def closed_words(folder: Path, log: Sequence[Entry] | None = None) -> str:
    """That a campaign was closed, when and into what, and of how many entries of its log, if that is given, came after;
    "" where it was not closed."""
    if not (found := closings(folder)):
        return ""
    last = found[-1]
    later = 0 if log is None else max(0, len(log) - last.entries)
    came = f" ({later:,} {'entry' if later == 1 else 'entries'} of the log since)" if later else ""
    return (
        f"closed on {last.at} into pack {last.seal}; what is decided now is in no pack until it is closed again{came}"
    )


def decided_after(folder: Path, log: Sequence[Entry]) -> str:
    """That entries came after a campaign was closed last, so that no pack holds them; "" where none did, and where it
    was never closed."""
    found = closings(folder)
    later = len(log) - found[-1].entries if found else 0
    if later <= 0:
        return ""
    came = "1 entry of its log came" if later == 1 else f"{later:,} entries of its log came"
    return (
        f"was closed on {found[-1].at} into pack {found[-1].seal}, and {came} after that: no pack holds what they say"
    )


def unlike(folder: Path, log: Sequence[Entry]) -> list[str]:
    """Where the log is not the one that was closed: a sentence each."""
    chains = (GENESIS, *(entry.chain for entry in log))
    return [
        f"the log does not begin with what was closed on {one.at} into pack {one.seal}"
        for one in closings(folder)
        if not 0 <= one.entries < len(chains) or chains[one.entries] != one.chain
    ]


def _closed(path: Path) -> Closed:
    try:
        told = json.loads(path.read_bytes())
        refuse_newer(path, told["schema"])
        found = Closed(**told)
        if [type(value) for value in asdict(found).values()] == [str, str, int, str, int]:
            return found
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise ReviewError(f"{path} cannot be read; restore it from a copy")
