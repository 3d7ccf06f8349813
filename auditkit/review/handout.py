"""Decisions by spreadsheet: one workbook a reviewer, with what is asked locked and what is decided open."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pandas as pd
import xlsxwriter

from auditkit.report.workbook import SAFE, cell_text
from auditkit.review import names
from auditkit.review.campaign import Campaign
from auditkit.review.handout_sheets import CHOICES, decisions_sheet, instructions_sheet, roles_sheet, stamp_sheet

ASKED = {
    "item": "Item",
    "whose": "Whose it is",
    "says": "What it is",
    "recommendation": "Recommended",
    "because": "Why",
    "severity": "Severity",
    "previous_action": "Decided last time",
    "note": "Note",
}
OPEN = {"decision": "Decision", "target": "Change to, or hand on to", "reason": "Reason"}
"""The columns by what they hold, each with its title; those of `OPEN` are for the reviewer to fill."""

SHOWN = "shown:"
_KINDS = ("principal", "credential", "assignment", "grant")


def hand_out(campaign: Campaign) -> dict[str, bytes]:
    """A workbook for each person who is asked, by file name; items that wait for nobody in particular are in one of
    their own. What was handed on is in the workbook of whom it was handed on to.

    The names are made of a number and the plain letters of the person's name.
    """
    items = _shown(campaign)
    people = sorted(items.asked_of.unique())
    return {
        f"{number:02d}-{_slug(name) or 'without-reviewer'}.xlsx": _workbook(
            campaign, name, items[items.asked_of.eq(name)].reset_index(drop=True)
        )
        for number, name in enumerate(people, 1)
    }


def joined(rows: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    """Some columns as one text a row."""
    first, *others = (rows[name] for name in columns)
    return first.str.cat(others, sep="\n").astype("str")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]


def _shown(campaign: Campaign) -> pd.DataFrame:
    """The items as the workbooks show them, those of one principal together; what waits, or was decided about another
    content, is asked anew, and the note says so."""
    rows = campaign.standing()
    handed = "handed on by " + rows.decided_by + ": " + rows.reason.where(rows.reason.ne(""), "no reason given")
    notes = rows.asked_again.mask(rows.waiting, handed).mask(
        rows.stale, "decided about what it was before: decide again"
    )
    open_ = rows.waiting | rows.stale
    role = rows.action.eq("change") & rows.target.isin(campaign.snapshot.roles.role_id)
    target = rows.target.where(~role, names.roles(rows.target, campaign.tables()))
    filled = {"decision": rows.action, "target": target, "reason": rows.reason}
    rows = rows.assign(note=notes, **{name: column.mask(open_, "") for name, column in filled.items()})
    place = rows.kind.map({kind: number for number, kind in enumerate(_KINDS)})
    return rows.assign(_place=place).sort_values(["whose", "principal_id", "_place", "item"], ignore_index=True)


def _workbook(campaign: Campaign, reviewer: str, items: pd.DataFrame) -> bytes:
    facts, titles = campaign.facts, ASKED | OPEN
    roles = campaign.snapshot.roles
    cells = items[list(titles)].map(cell_text)
    stamp = {"campaign": facts.name, "population": facts.population, "reviewer": reviewer}
    stamp |= dict(zip(SHOWN + cells["item"], joined(cells, OPEN), strict=True))
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, SAFE) as book:
        book.set_properties({"created": pd.Timestamp(facts.started_at).tz_convert(None).to_pydatetime()})
        instructions_sheet(book, campaign, reviewer, titles, len(items))
        decisions_sheet(book, cells.rename(columns=titles), tuple(OPEN.values()), len(roles), facts.name)
        roles_sheet(book, roles)
        stamp_sheet(book, stamp)
    return target.getvalue()


__all__ = ["ASKED", "CHOICES", "OPEN", "SHOWN", "hand_out", "joined"]
