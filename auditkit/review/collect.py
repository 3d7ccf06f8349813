"""Workbooks that reviewers sent back: read line by line, taken whole or not at all."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import openpyxl
import pandas as pd

from auditkit.errors import DecisionRefused
from auditkit.report.workbook import cell_text
from auditkit.review.campaign import Campaign
from auditkit.review.decisions import state
from auditkit.review.entries import Entry, check
from auditkit.review.handout import ASKED, CHOICES, OPEN, SHEET, SHOWN, STAMP, joined

_LARGEST = 64 * 1024 * 1024
_LOCKED = ("says", "recommendation", "because", "severity")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What the workbooks hold: `entries` to append; `problems` keep them all out, `told` keeps nothing out."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    told: tuple[str, ...]


def collect(campaign: Campaign, files: Mapping[str, bytes], *, at: str, account: str = "") -> Collected:
    """Read workbooks by name; `at` is the time of collecting, RFC 3339.

    A decision that stands already makes no new entry, and neither does a file that was collected before. Each problem
    names its file and line. Two reviewers who disagree are told: both decisions are kept until one is settled.
    """
    with campaign.decisions() as store:
        log = store.entries()
    standing = {(entry.item, entry.reviewer): (entry.action, entry.target, entry.reason) for entry in log}
    entries: list[Entry] = []
    problems: list[str] = []
    for name, data in files.items():
        rows, reviewer, found = _read(name, data, campaign)
        problems += found
        if rows is None:
            continue
        mark = hashlib.sha256(data).hexdigest()
        asked, found = _entries(rows, reviewer, campaign, name, mark, at, account)
        problems += found
        entries += [
            one for one in asked if standing.get((one.item, one.reviewer)) != (one.action, one.target, one.reason)
        ]
    known = {entry.entry_id for entry in log}
    fresh = tuple({entry.entry_id: entry for entry in entries if entry.entry_id not in known}.values())
    conflicts = state([*log, *fresh]).loc[lambda rows: rows.conflict, "item"]
    told = tuple(f"{item}: reviewers disagree; both decisions are kept until one is settled" for item in conflicts)
    return Collected(entries=() if problems else fresh, problems=tuple(problems), told=told)


def _read(name: str, data: bytes, campaign: Campaign) -> tuple[pd.DataFrame | None, str, list[str]]:
    """The lines of a workbook, its reviewer, and why it cannot be taken at all."""
    if len(data) > _LARGEST:
        return None, "", [f"{name}: is larger than any workbook that was handed out"]
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        stamp = {str(row[0]): str(row[1]) for row in book[STAMP].iter_rows(max_col=2, values_only=True)}
        lines = [["" if cell is None else str(cell) for cell in row] for row in book[SHEET].iter_rows(values_only=True)]
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, IndexError):
        return None, "", [f"{name}: is no workbook of a review; take the one that was handed out"]
    if stamp.get("population") != campaign.facts.population:
        other = stamp.get("campaign", "unknown")
        return None, "", [f"{name}: belongs to another campaign ({other!r}), or to one begun anew"]
    head = (*ASKED, *OPEN)
    if not lines or tuple(lines[0][: len(head)]) != head:
        return None, "", [f"{name}: columns were moved or renamed; take the one that was handed out"]
    rows = pd.DataFrame([line[: len(head)] for line in lines[1:]], columns=list(head), dtype="str")
    reviewer = "" if stamp.get("reviewer") in (None, "None") else stamp["reviewer"]
    shown = rows["item"].map(lambda item: stamp.get(f"{SHOWN}{item}", "")).astype("str")
    return rows.assign(line=range(2, len(rows) + 2), shown=shown), reviewer, []


def _entries(
    rows: pd.DataFrame, reviewer: str, campaign: Campaign, name: str, mark: str, at: str, account: str
) -> tuple[list[Entry], list[str]]:
    items = campaign.items.set_index("item")
    problems = [f"{name}, line {line}: {what}" for line, what in _odd(rows, items)]
    made = []
    as_shown = joined(rows, OPEN).eq(rows.shown)
    decided = rows[rows.decision.str.strip().ne("") & rows["item"].isin(items.index) & ~as_shown]
    for line in decided.to_dict("records"):
        entry = Entry(
            entry_id=hashlib.sha256(f"{mark}\n{line['item']}".encode()).hexdigest()[:32],
            campaign=campaign.facts.name,
            item=line["item"],
            content=items.content[line["item"]],
            action=line["decision"].strip(),
            target=line["target"].strip(),
            reason=line["reason"].strip(),
            reviewer=reviewer or "without reviewer",
            at=at,
            account=account,
        )
        try:
            check(entry, recommendation=items.recommendation[line["item"]])
            made.append(entry)
        except DecisionRefused as refusal:
            problems.append(f"{name}, line {line['line']}: {refusal}")
    return made, problems


def _odd(rows: pd.DataFrame, items: pd.DataFrame) -> list[tuple[int, str]]:
    """Lines that are not as they were handed out."""
    used = rows[rows[[*ASKED, *OPEN]].ne("").any(axis=1)]
    known = used["item"].isin(items.index)
    odd = [
        (line, f"{item!r} is no item of this campaign")
        for line, item in zip(used.line[~known], used["item"][~known], strict=True)
    ]
    twice = known & used["item"].duplicated()
    odd += [(line, f"{item} is there twice") for line, item in zip(used.line[twice], used["item"][twice], strict=True)]
    for column in _LOCKED:
        shown = used["item"].map(items[column]).map(cell_text, na_action="ignore")
        changed = known & used[column].ne(shown)
        odd += [
            (line, f"the column {column} was changed; take the workbook that was handed out")
            for line in used.line[changed]
        ]
    idle = known & used.decision.str.strip().eq("") & used[["target", "reason"]].ne("").any(axis=1)
    odd += [(line, "a reason without a decision; choose one, or empty the line") for line in used.line[idle]]
    wrong = known & ~used.decision.str.strip().isin([*CHOICES, ""])
    odd += [
        (line, f"no decision is called {word!r}")
        for line, word in zip(used.line[wrong], used.decision[wrong], strict=True)
    ]
    return sorted(odd)
