"""Workbooks that reviewers sent back: read line by line, taken whole or not at all."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import openpyxl
import pandas as pd

from auditkit.errors import DecisionRefused
from auditkit.report.workbook import cell_text
from auditkit.review.campaign import Campaign
from auditkit.review.decisions import disagreements
from auditkit.review.entries import Entry, alike, check, no_decision
from auditkit.review.handout import ASKED, OPEN, SHOWN, joined
from auditkit.review.handout_sheets import CHOICES, HOW, NAME_AT, SHEET, STAMP
from auditkit.review.targets import fitting

_LARGEST = 64 * 1024 * 1024
_LOCKED = ("whose", "says", "recommendation", "because", "severity")
_TITLES = ASKED | OPEN
_ANEW = "take the one that was handed out, or have it handed out again"


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What the workbooks hold: `entries` to append; `problems` keep them all out, `told` keeps nothing out; `empty` is
    how many lines are without a decision."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    told: tuple[str, ...]
    empty: int = 0


@dataclass(frozen=True, kw_only=True)
class _Book:
    """A workbook as it was read: its lines by the names of `ASKED` and `OPEN`, with `line` and `shown` (the open
    columns as they were handed out), who filled it, and the items that were handed out in it."""

    name: str
    mark: str
    rows: pd.DataFrame
    reviewer: str
    handed: frozenset[str]


def collect(campaign: Campaign, files: Mapping[str, bytes], *, at: str, account: str = "") -> Collected:
    """Read workbooks by name; `at` is the time of collecting, RFC 3339.

    A decision that stands already makes no new entry, and neither does a file that was collected before. Each problem
    names its file and line. Two reviewers who disagree are told: both decisions are kept until one is settled.
    """
    with campaign.decisions() as store:
        log = store.entries()
    standing = {(entry.item, entry.reviewer): entry for entry in log}
    entries: list[Entry] = []
    problems: list[str] = []
    told: list[str] = []
    empty = 0
    for name, data in files.items():
        book = _read(name, data, campaign)
        if isinstance(book, str):
            problems.append(f"{name}: {book}")
            continue
        asked, found = _entries(book, campaign, at, account)
        problems += found
        entries += [
            one
            for one in asked
            if (mine := standing.get((one.item, one.reviewer))) is None
            or not alike(mine, one.action, one.target, one.reason)
        ]
        empty += int(book.rows.decision.eq("").sum())
        told += _gone(book)
    known = {entry.entry_id for entry in log}
    fresh = tuple({entry.entry_id: entry for entry in entries if entry.entry_id not in known}.values())
    items = campaign.items.set_index("item")
    told += [
        f"{item}, {items.says[item]}, of {items.whose[item]}: reviewers disagree: {said}; both decisions are kept "
        "until one is settled: `auditkit review decide --settle`"
        for item, said in disagreements([*log, *fresh]).items()
    ]  # fmt: skip
    return Collected(entries=() if problems else fresh, problems=tuple(problems), told=tuple(told), empty=empty)


def _read(name: str, data: bytes, campaign: Campaign) -> _Book | str:
    """A workbook, or why it cannot be taken at all."""
    if len(data) > _LARGEST:
        return "is larger than any workbook that was handed out"
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        stamp = {_text(row[0]): _text(row[1]) for row in book[STAMP].iter_rows(max_col=2, values_only=True)}
        lines = [list(map(_text, row)) for row in book[SHEET].iter_rows(values_only=True)]
        typed = _text(book[HOW][NAME_AT].value).strip()
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, IndexError):
        return f"is no workbook of a review, or one with a sheet gone; {_ANEW}"
    if stamp.get("population") != campaign.facts.population:
        other = stamp.get("campaign", "unknown")
        return f"belongs to another campaign ({other!r}), or to one begun anew; this one is {campaign.facts.name!r}"
    if not lines or lines[0][: len(_TITLES)] != list(_TITLES.values()):
        return f"columns were moved or renamed; {_ANEW}"
    rows = pd.DataFrame([line[: len(_TITLES)] for line in lines[1:]], columns=list(_TITLES), dtype="str")
    rows["line"] = range(2, len(rows) + 2)
    rows = rows[rows[list(_TITLES)].ne("").any(axis=1)].reset_index(drop=True)
    real = dict(zip(campaign.items["item"].map(cell_text), campaign.items["item"], strict=True))
    handed = frozenset(real.get(key[len(SHOWN) :], "") for key in stamp if key.startswith(SHOWN))
    shown = (SHOWN + rows["item"]).map(stamp).astype("str").fillna("")
    said = {name: rows[name].str.strip() for name in ("target", "reason")}
    words = rows.decision.str.split().str.join(" ").str.casefold()
    return _Book(
        name=name, mark=hashlib.sha256(data).hexdigest(), reviewer=stamp.get("reviewer") or typed, handed=handed,
        rows=rows.assign(**said, decision=words, shown=shown, item=rows["item"].str.strip().replace(real)),
    )  # fmt: skip


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _entries(book: _Book, campaign: Campaign, at: str, account: str) -> tuple[list[Entry], list[str]]:
    """The decisions of a workbook, and what is wrong with its lines: of one that is odd, nothing else is said."""
    items = campaign.items.set_index("item")
    problems = dict(_odd(book, items))
    as_shown = joined(book.rows, OPEN).eq(book.rows.shown)
    decided = book.rows[book.rows.decision.ne("") & ~as_shown & ~book.rows.line.isin(list(problems))]
    if len(decided) and not book.reviewer:
        return [], [f"{book.name}: nobody is named; write who decides into the cell {NAME_AT} of the sheet {HOW}"]
    made = []
    for line in decided.to_dict("records"):
        item, action = line["item"], line["decision"]
        try:
            entry = Entry(
                entry_id=hashlib.sha256(f"{book.mark}\n{item}".encode()).hexdigest()[:32],
                campaign=campaign.facts.name, item=item, content=items.content[item], action=action,
                target=fitting(campaign, item, action, line["target"]), reason=line["reason"],
                reviewer=book.reviewer, at=at, account=account,
            )  # fmt: skip
            check(entry, recommendation=items.recommendation[item])
            made.append(entry)
        except DecisionRefused as refusal:
            problems[line["line"]] = f"{refusal} ({items.says[item]}, of {items.whose[item]})"
    return made, [f"{book.name}, line {line}: {problems[line]}" for line in sorted(problems)]


def _odd(book: _Book, items: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """The lines that are not as they were handed out, or say nothing that can be taken; the gravest comes last."""
    rows = book.rows
    known, words = rows["item"].isin(items.index), rows.decision
    idle = words.eq("") & rows[["target", "reason"]].ne("").any(axis=1) & joined(rows, OPEN).ne(rows.shown)
    for line in rows.line[idle]:
        yield line, f"a reason or target without a decision; choose one of {', '.join(CHOICES)}, or empty the line"
    wrong = ~words.isin([*CHOICES, ""])
    for line, word in zip(rows.line[wrong], words[wrong], strict=True):
        yield line, no_decision(word, CHOICES)
    for name in _LOCKED:
        shown = rows["item"].map(items[name]).map(cell_text, na_action="ignore")
        for line in rows.line[known & rows[name].ne(shown)]:
            yield line, f"the column {_TITLES[name]!r} was changed, so it is not sure what was decided about; {_ANEW}"
    twice = rows["item"].duplicated()
    first = rows.drop_duplicates("item").set_index("item").line
    for line, item in zip(rows.line[twice], rows["item"][twice], strict=True):
        yield line, f"{item} is there twice, in line {first[item]} too: was a row copied, or its item changed? Keep one"
    for line, item in zip(rows.line[known], rows["item"][known], strict=True):
        if item not in book.handed:
            asked = items.reviewer[item] or "nobody in particular"
            yield line, f"{item} was not handed out in this workbook (it is asked of {asked}): take the line out"
    for line, item in zip(rows.line[~known], rows["item"][~known], strict=True):
        yield line, f"{item!r} is no item of this campaign: was its item changed, or the row added? Undo that"


def _gone(book: _Book) -> list[str]:
    """That lines were taken out of a workbook: nothing is decided about them."""
    gone = len(book.handed - set(book.rows["item"]))
    lines = "a line that was" if gone == 1 else f"{gone:,} lines that were"
    return (
        [f"{book.name}: {lines} handed out in it {'is' if gone == 1 else 'are'} gone, and decided nothing"]
        if gone
        else []
    )
