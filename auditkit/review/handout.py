"""Decisions by spreadsheet: one workbook a reviewer, with what is asked locked and what is decided open."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

import pandas as pd
import xlsxwriter

from auditkit.report.workbook import SAFE, cell_text
from auditkit.review.campaign import Campaign

ASKED = ("item", "says", "recommendation", "because", "severity", "previous_action", "asked_again")
OPEN = ("decision", "target", "reason")
CHOICES = ("keep", "remove", "change", "rotate", "delegate", "not mine")
SHEET, STAMP, SHOWN = "Decisions", "Campaign", "shown:"
_WIDTHS = {"item": 26, "says": 60, "because": 50, "asked_again": 40, "decision": 14, "target": 20, "reason": 50}
_HOW = (
    "What this is: the access that you are asked to decide about, one line each, on the sheet Decisions.",
    "Choose a decision in the yellow column: keep, remove, change, rotate, delegate or not mine.",
    "change needs the role to change to, and delegate the person, in the column target.",
    "Give a reason wherever you keep what the recommendation would not keep.",
    "Leave a line empty if you cannot decide yet; add no lines, and leave the grey columns as they are.",
    "Send the file back under any name. It holds no key and no secret; put none into it.",
)


def hand_out(campaign: Campaign) -> dict[str, bytes]:
    """A workbook for each reviewer, by file name; items that nobody owns are in one of their own.

    The names are made of a number and the plain letters of the reviewer's name.
    """
    items = campaign.standing()
    names = sorted(items.reviewer.unique())
    return {
        f"{number:02d}-{_slug(name) or 'without-reviewer'}.xlsx": _workbook(
            campaign, name, items[items.reviewer.eq(name)]
        )
        for number, name in enumerate(names, 1)
    }


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]


def _workbook(campaign: Campaign, reviewer: str, items: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, SAFE) as book:
        book.set_properties({"created": pd.Timestamp(campaign.facts.started_at).tz_convert(None).to_pydatetime()})
        _instructions(book, campaign, reviewer, len(items))
        _decisions(book, items)
        stamp = book.add_worksheet(STAMP)
        for row, (key, value) in enumerate((_stamp(campaign, reviewer) | _shown(items)).items()):
            stamp.write_string(row, 0, key)
            stamp.write_string(row, 1, cell_text(value))
        stamp.protect()
        stamp.hide()
    return target.getvalue()


def _stamp(campaign: Campaign, reviewer: str) -> dict[str, str]:
    return {"campaign": campaign.facts.name, "population": campaign.facts.population, "reviewer": reviewer}


def _shown(items: pd.DataFrame) -> dict[str, str]:
    """What already stands decided, so that a line sent back as it was shown is told from one that was decided."""
    decided = items[items.action.ne("")]
    texts = decided[["action", "target", "reason"]].map(cell_text)
    return dict(zip(SHOWN + decided["item"], joined(texts, texts.columns), strict=True))


def joined(rows: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    """Some columns as one text a row."""
    first, *others = (rows[name] for name in columns)
    return first.str.cat(others, sep="\n").astype("str")


def _instructions(book: Any, campaign: Campaign, reviewer: str, count: int) -> None:
    sheet = book.add_worksheet("Read me")
    wide, bold = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True, "font_size": 14})
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, cell_text(f"Access review {campaign.facts.name}: {count:,} decisions"), bold)
    sheet.write_string(1, 0, cell_text(f"For {reviewer or 'whoever knows: nobody is named as owner'}"), wide)
    for row, sentence in enumerate(_HOW, 3):
        sheet.write_string(row, 0, sentence, wide)
    sheet.protect()


def _decisions(book: Any, items: pd.DataFrame) -> None:
    sheet = book.add_worksheet(SHEET)
    head = book.add_format({"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff"})
    asked = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#f2f2f2"})
    free = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#fff8dc", "locked": False})
    columns = (*ASKED, *OPEN)
    for column, name in enumerate(columns):
        sheet.set_column(column, column, _WIDTHS.get(name, 16))
        sheet.write_string(0, column, name, head)
    decided = items.assign(decision=items.action)
    for column, name in enumerate(columns):
        style = free if name in OPEN else asked
        for row, value in enumerate(decided[name].tolist(), 1):
            sheet.write_string(row, column, cell_text(value), style)
    place = len(ASKED)
    sheet.data_validation(1, place, max(len(items), 1), place, {"validate": "list", "source": list(CHOICES)})
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(items), 1), len(columns) - 1)
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
