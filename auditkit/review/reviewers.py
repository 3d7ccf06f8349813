"""Who is known to a campaign as a reviewer, and what is to be said at once of a decision that somebody made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import pandas as pd

from auditkit.errors import DecisionRefused
from auditkit.review.advice import read_owners
from auditkit.review.campaign import Campaign
from auditkit.review.decisions import voices
from auditkit.review.entries import DECISIONS, HANDED, Entry


def reviewers(campaign: Campaign, entries: Iterable[Entry]) -> set[str]:
    """Whoever is asked, is an owner in the frozen owners.csv, has decided, or had an item delegated to them."""
    said = [entry for entry in entries if entry.action in DECISIONS]
    owners = campaign.input("owners.csv")
    asked = set(campaign.items.reviewer) | set(() if owners is None else read_owners(owners).reviewer)
    decided = {entry.reviewer for entry in said} | {one.target for one in said if one.action == "delegate"}
    return (asked | decided) - {""}


def known(name: str, among: Iterable[str], how: str) -> None:
    """Refuse, as `DecisionRefused`, a name that is none of these, with the nearest and `how` to give a new one; where
    nobody is known, whoever comes first is taken."""
    names = sorted(among)
    if not name.strip() or not names or name.strip() in names:
        return
    folded = {one.casefold(): one for one in names}
    near = [folded[one] for one in get_close_matches(name.strip().casefold(), list(folded), n=1)]
    meant = f", did you mean {near[0]}?" if near else "."
    raise DecisionRefused(f"no reviewer is called {name.strip()}{meant} {how}")


def remarks(standing: pd.DataFrame, entries: Iterable[Entry], made: Sequence[Entry]) -> dict[str, str]:
    """By item what is to be said of decisions just made: who else was asked, by the standing before them, and whom
    they disagree with, by the log after them."""
    asked, said = dict(zip(standing["item"], standing.asked_of, strict=True)), voices(entries)
    found = {entry.item: _remark(entry, asked.get(entry.item, ""), said.get(entry.item, [])) for entry in made}
    return {item: told for item, told in found.items() if told}


def _remark(entry: Entry, asked: str, said: Sequence[Entry]) -> str:
    counts = "handed on" if entry.action in HANDED else "decided"
    told = [f"asked of {asked}, counts as {counts} by {entry.reviewer}"] if asked not in ("", entry.reviewer) else []
    others = [] if entry.action in HANDED else [
        f"{one.reviewer}: {one.action} {one.target}".strip()
        for one in said
        if one.action not in HANDED and (one.action, one.target) != (entry.action, entry.target)
    ]  # fmt: skip
    told += [f"this disagrees with {', '.join(others)}"] if others else []
    return "; ".join(told)
