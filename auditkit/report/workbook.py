"""The findings as an Excel workbook: a sheet a family, and one that says how they were come by."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from auditkit.findings import Findings

LONGEST_CELL = 32_767
_CUT = " … (cut: the cell holds no more)"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_WIDTHS = {
    "severity": 10,
    "rule": 9,
    "title": 34,
    "subject_type": 14,
    "subject_id": 34,
    "message": 60,
    "fix": 60,
    "related": 40,
    "fingerprint": 34,
}
_SHOWN = tuple(_WIDTHS)


def cell_text(value: object) -> str:
    """A value as the text of one cell: control characters escaped, cut where Excel cuts, and said so."""
    text = _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", str(value))
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(_CUT)] + _CUT


def workbook(findings: Findings) -> bytes:
    """The workbook's bytes, the same for the same findings: sheets Summary, one a family, Rules, Methods.

    Nothing in it is a formula or a link, whatever the IAM's texts begin with.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, SAFE) as book:
        book.set_properties({"title": "Access audit", "created": findings.as_of.tz_convert(None).to_pydatetime()})
        styles = _Styles(book)
        _table(book, styles, "Summary", _summary(findings), widths=(28, 70))
        for family, rows in findings.frame.groupby("family", sort=True, observed=True):
            shown = rows[list(_SHOWN)]
            _table(book, styles, str(family)[:31], shown, widths=tuple(_WIDTHS.values()))
        _table(book, styles, "Rules", findings.rules, widths=(9, 40, 10, 20, 10, 50, 8, 10))
        _table(book, styles, "Methods", findings.limits.table(), widths=(30, 20, 20, 50))
    return target.getvalue()


def write_workbook(findings: Findings, path: Path) -> None:
    """Write the workbook beside `path` and rename it into place."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(workbook(findings))
    beside.replace(path)


class _Styles:
    """The three formats that the sheets share."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "valign": "top"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})


def _summary(findings: Findings) -> pd.DataFrame:
    header = findings.snapshot
    counts = findings.frame.severity.value_counts()
    unjudged = findings.rules[~findings.rules.evaluated]
    rows: list[tuple[str, object]] = [
        ("Organisation", header.organisation_id),
        ("Judged as of", findings.as_of),
        ("Snapshot", header.id),
        ("Snapshot complete", "yes" if header.complete else "no: " + _not_read(header.incomplete)),
        *((f"Findings, {severity}", int(counts.get(severity, 0))) for severity in reversed(counts.index.categories)),
        *((f"Not evaluated: {rule}", why) for rule, why in zip(unjudged.id, unjudged.why_not, strict=True)),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def _not_read(incomplete: dict[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in incomplete.items())


def _table(book: Any, styles: _Styles, name: str, frame: pd.DataFrame, *, widths: Sequence[int]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(frame.columns):
        sheet.set_column(column, column, widths[column] if column < len(widths) else 20)
        sheet.write_string(0, column, cell_text(title).replace("_", " "), styles.head)
        _column(sheet, styles, column, frame[title].tolist())
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


def _column(sheet: Any, styles: _Styles, column: int, values: Iterable[object]) -> None:
    for row, value in enumerate(values, 1):
        if isinstance(value, pd.Timestamp):
            sheet.write_datetime(row, column, value.tz_convert(None).to_pydatetime(), styles.date)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, styles.text)
        elif isinstance(value, (int, float)) and value == value:
            sheet.write_number(row, column, value, styles.text)
        elif not (value is None or value is pd.NA or value != value):
            sheet.write_string(row, column, cell_text(value), styles.text)
