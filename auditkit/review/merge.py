"""Two copies of one campaign, decided on apart, become one: a union by entry id, in the order of the other's chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from auditkit.errors import ReviewError
from auditkit.review.campaign import Campaign
from auditkit.review.decisions import disagreements, histories
from auditkit.review.entries import NONE_SEEN, Entry, breaks


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What the other copy adds: `entries` to append; `told`: clocks that differ, and reviewers who disagree."""

    entries: tuple[Entry, ...]
    told: tuple[str, ...]


def merge(campaign: Campaign, other: Campaign) -> Merged:
    """What another copy of the campaign adds to this one; a second merge of it adds nothing.

    Raises `ReviewError` for a campaign with another population, and for a log whose chain is broken.
    """
    if campaign.facts.population != other.facts.population:
        raise ReviewError(
            f"{other.folder} reviews another population ({other.facts.name!r}) than {campaign.folder}; nothing was "
            "taken: merge copies of one campaign"
        )
    with campaign.decisions() as one, other.decisions() as another:
        log, theirs = one.entries(), another.entries()
    for place, entries in ((campaign.folder, log), (other.folder, theirs)):
        if broken := breaks(entries):
            raise ReviewError(f"{place}: {broken[0]}; nothing was taken: restore the folder from a copy")
    fresh = added(log, theirs)
    return Merged(entries=fresh, told=(*clocks(log), *clocks(theirs), *_disagreeing([*log, *fresh], log)))


def added(log: Iterable[Entry], theirs: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries of another log that this one lacks, in its order; each says which ones on its item its author had
    seen there, so that it replaces those, and disagrees with what was decided apart."""
    known = {entry.entry_id for entry in log}
    had = {entry_id: seen for said in histories(theirs).values() for entry_id, (_, seen) in said.items()}
    return tuple(
        replace(entry, seen=" ".join(sorted(had.get(entry.entry_id, ()))) or NONE_SEEN)
        for entry in theirs
        if entry.entry_id not in known
    )


def clocks(log: Iterable[Entry]) -> list[str]:
    """Which computers' clocks differ: where what was written later, by the chain, bears an earlier time; the largest
    difference of each two."""
    worst: dict[tuple[str, str], pd.Timedelta] = {}
    latest: Entry | None = None
    for entry in log:
        if (
            latest is not None
            and not entry.seen
            and (late := pd.Timestamp(latest.at) - pd.Timestamp(entry.at)).value > 0
        ):
            pair = (entry.account, latest.account)
            worst[pair] = max(late, worst.get(pair, late))
        if latest is None or pd.Timestamp(entry.at) > pd.Timestamp(latest.at):
            latest = entry
    return [
        f"the clock of {behind or 'an unknown computer'} is {_span(late)} or more behind that of "
        f"{ahead or 'an unknown computer'}: the chain, not the time, says what came first"
        for (behind, ahead), late in sorted(worst.items())
    ]


def _span(late: pd.Timedelta) -> str:
    seconds = int(late.total_seconds())
    return f"{seconds:,} s" if seconds < 120 else f"{seconds // 60:,} min"


def _disagreeing(log: Sequence[Entry], before: Sequence[Entry]) -> list[str]:
    known = disagreements(before)
    return [
        f"{item}: decided apart, and not alike ({words}); one of them decides with --settle"
        for item, words in disagreements(log).items()
        if known.get(item) != words
    ]
