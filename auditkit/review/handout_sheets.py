"""The sheets of a workbook that is handed out: how it is used, what is decided, which roles there are, its stamp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from auditkit.report.workbook import cell_text
from auditkit.review.campaign import Campaign

CHOICES = ("keep", "remove", "change", "rotate", "delegate", "not mine")
HOW, SHEET, ROLES, STAMP = "Read me", "Decisions", "Roles", "Campaign"
NAME_AT = "B4"
"""The cell of the sheet `Read me` that whoever fills a workbook of nobody in particular writes their name into."""

_WIDTHS = {
    "Item": 26, "Whose it is": 30, "What it is": 48, "Recommended": 14, "Why": 50, "Severity": 10,
    "Decided last time": 12, "Note": 30, "Decision": 13, "Change to, or hand on to": 28, "Reason": 40,
}  # fmt: skip
_HEAD, _FREE, _LOCKED = "#1f3a5f", "#fff8dc", "#f2f2f2"
_TOP = {"text_wrap": True, "valign": "top"}
_HOW = (
    ("1.", "Go to the sheet Decisions. Each line is one thing that somebody or something may use; the lines of one "
           "person or machine stand together."),
    ("2.", "Choose a decision in each line, in the yellow column Decision. What they mean stands below."),
    ("3.", "Give a reason wherever you decide to keep what is not recommended to be kept."),
    ("4.", "Leave a line empty if you cannot decide yet. Add no lines, and change nothing but the yellow columns."),
    ("5.", "Save it and send it back, under any name. It holds no key and no secret; put none into it."),
    ("", ""),
    ("keep", "It is needed as it is, and stays."),
    ("remove", "It is not needed, and is taken away: a person or machine is suspended and then revoked, a "
               "credential is revoked, a role or permission is taken from whoever has it."),
    ("change", "For a role or a permission: another role instead. Choose it in the column Change to, or hand on to; "
               "the sheet Roles lists them."),
    ("rotate", "For a credential: a new one is issued and deployed, then this one is revoked."),
    ("delegate", "Somebody else is to decide: write their name into the column Change to, or hand on to."),
    ("not mine", "You are not the one to decide, and do not know who is."),
    ("", ""),
    ("Why you", "You own the person, machine or group that has it; or, where nobody owns that, a group that it is "
                "in; or the role; or a module that it opens. What was handed on to you is here as well."),
    ("Item", "The kind and id by which the line is found again. A principal is a person, machine or group itself."),
    ("Whose it is", "The person, machine or group that has it, with its id."),
    ("What it is", "What exactly is asked about, and until when it lasts. Times are in UTC."),
    ("Recommended", "What the audit recommends, and in the column Why its reason. shorten: it should end, or end "
                    "sooner; ask: look at it, and decide as you know it."),
    ("Severity", "How bad the worst thing is that was found about it; none if nothing was."),
    ("Note", "Why it is asked again, or who handed it on to you."),
)  # fmt: skip


def instructions_sheet(book: Any, campaign: Campaign, reviewer: str, titles: Mapping[str, str], count: int) -> None:
    """The first sheet: whose workbook it is, how it is filled, and what the words and columns mean."""
    sheet = book.add_worksheet(HOW)
    bold, text = book.add_format(_TOP | {"bold": True}), book.add_format(_TOP)
    big = book.add_format({"bold": True, "font_size": 14})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 100)
    facts = campaign.facts
    sheet.write_string(0, 0, cell_text(f"Access review {facts.name}: {count:,} decisions"), big)
    sheet.write_string(1, 0, "About", bold)
    told = f"Who may do what in {facts.organisation_id}, as it was on {facts.as_of} (UTC)"
    sheet.write_string(1, 1, cell_text(told), text)
    sheet.write_string(3, 0, "For" if reviewer else "Your name", bold)
    free = book.add_format(_TOP | {"bg_color": _FREE, "locked": False, "border": 1})
    sheet.write_string(3, 1, cell_text(reviewer), text if reviewer else free)
    if not reviewer:
        sheet.write_string(4, 1, "Nobody is named to be asked about these: write your name above.", text)
    for row, (word, meaning) in enumerate(_HOW, 6):
        sheet.write_string(row, 0, word, bold)
        sheet.write_string(row, 1, meaning, text)
    _printed(sheet, facts.name)
    sheet.protect()


def decisions_sheet(book: Any, cells: pd.DataFrame, free: Sequence[str], roles: int, campaign: str) -> None:
    """The lines, what is asked locked, with drop-downs; the head and the first two columns stay in view."""
    sheet = book.add_worksheet(SHEET)
    head = book.add_format(_TOP | {"bold": True, "bg_color": _HEAD, "font_color": "#ffffff", "border": 1})
    styles = {
        name: book.add_format(_TOP | {"border": 1, "border_color": "#c0c0c0"} | (
            {"bg_color": _FREE, "locked": False} if name in free else {"bg_color": _LOCKED}))
        for name in cells
    }  # fmt: skip
    for column, name in enumerate(cells):
        sheet.set_column(column, column, _WIDTHS[str(name)])
        sheet.write_string(0, column, str(name), head)
        for row, value in enumerate(cells[name].tolist(), 1):
            sheet.write_string(row, column, value, styles[name])
    last = max(len(cells), 1)
    place = list(cells).index(free[0])
    sheet.data_validation(1, place, last, place, {
        "validate": "list", "source": list(CHOICES), "input_title": "Decision",
        "input_message": "change is for roles and permissions, rotate for credentials. "
                         "Leave it empty if you cannot decide yet.",
        "error_title": "No such decision", "error_message": "Choose one of: " + ", ".join(CHOICES),
    })  # fmt: skip
    if roles:
        # A person may be named here as well, so what is not in the list is not refused.
        sheet.data_validation(1, place + 1, last, place + 1, {
            "validate": "list", "source": f"={ROLES}!$A$2:$A${roles + 1}", "show_error": False,
            "input_title": "Only for change and delegate",
            "input_message": "change: a role of the list. delegate: a name.",
        })  # fmt: skip
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, last, len(cells.columns) - 1)
    sheet.repeat_rows(0)
    _printed(sheet, campaign)
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})


def roles_sheet(book: Any, roles: pd.DataFrame) -> None:
    """Every role that a change may name, with whom it supports and how much it gives."""
    sheet = book.add_worksheet(ROLES)
    head = book.add_format(_TOP | {"bold": True, "bg_color": _HEAD, "font_color": "#ffffff"})
    text = book.add_format(_TOP)
    rows = roles.sort_values(["name", "role_id"])
    kinds = rows.supported_principal_types.map(", ".join, na_action="ignore").astype("str").fillna("it does not say")
    shown = {
        "Role": rows.name + " (" + rows.role_id + ")",
        "Can be given to": kinds,
        "Permissions": rows.permission_ids.map(len, na_action="ignore").astype("Int64").astype("str").fillna("unknown"),
    }
    for column, ((title, values), width) in enumerate(zip(shown.items(), (50, 50, 14), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, head)
        for row, value in enumerate(values.tolist(), 1):
            sheet.write_string(row, column, cell_text(value), text)
    sheet.freeze_panes(1, 1)
    sheet.protect()


def stamp_sheet(book: Any, stamp: Mapping[str, str]) -> None:
    """The hidden sheet by which `collect` knows the workbook, and each line as it was shown."""
    sheet = book.add_worksheet(STAMP)
    for row, (key, value) in enumerate(stamp.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, cell_text(value))
    sheet.protect()
    sheet.hide()


def _printed(sheet: Any, campaign: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # In Excel's footers & begins a code.
    sheet.set_footer(f"&L{cell_text(campaign)[:80].replace('&', '&&')}&RPage &P of &N")
