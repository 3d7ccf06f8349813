"""The findings as an Excel workbook: all, each family's, how they were come by, and what is missing."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

import auditkit
from auditkit.access.tables import Tables
from auditkit.findings import Findings
from auditkit.limits import DEFAULTS
from auditkit.report.inert import visible
from auditkit.report.proof import spread
from auditkit.review.accepted import last_day
from auditkit.rules import RULES
from auditkit.rules.base import Rule
from auditkit.store import write_file
from auditkit.widgets.rows import owners_of
from auditkit.widgets.ways import ways_held

LONGEST_CELL = 32_767
# A sheet holds 1,048,576 rows; the next million starts another.
LONGEST_SHEET = 1_000_000
_CUT = " … (cut: the cell holds no more)"
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
# Excel's calendar: it knows no day before this one, and none after the year 9999.
_FIRST_DAY = pd.Timestamp("1900-03-01T00:00:00Z")
_WIDTHS = {
    "severity": 10,
    "rule": 9,
    "title": 34,
    "subject_type": 14,
    "subject_id": 34,
    "who": 26,
    "owner": 22,
    "message": 60,
    "fix": 60,
    "fingerprint": 36,
    "reason": 60,
    "last_day": 14,
}
_WIDTH = 22
_TOLD = ["severity", "rule", "title", "subject_type", "subject_id", "who", "message", "fix", "fingerprint"]


def cell_text(value: object) -> str:
    """A value as the text of one cell: control characters escaped, cut where Excel cuts, and said so."""
    text = visible(value)
    # Excel counts in UTF-16: a character beyond the first plane is two.
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return text
    return units[: 2 * (LONGEST_CELL - len(_CUT))].decode("utf-16-le", "ignore") + _CUT


def workbook(findings: Findings, accepted: pd.DataFrame | None = None, owners: pd.DataFrame | None = None) -> bytes:
    """The workbook's bytes, the same for the same findings: Summary, all findings the worst first, a sheet a family,
    Accepted if anything is, Rules, Methods, Not read. `findings` are the open ones, `accepted` is `Judged.accepted`,
    None where nothing was given; `owners`, as `read_owners` gives them, add to each finding whose it is.

    A finding's proof is spread over columns, its times as dates in UTC. Nothing is a formula or a link, whatever the
    IAM's texts begin with.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, SAFE) as book:
        book.set_properties({"title": "Access audit", "created": _naive(findings.as_of)})
        styles = _Styles(book)
        _table(book, styles, "Summary", _summary(findings, accepted), widths=(28, 90))
        for name, rows in _found(findings, owners):
            _table(book, styles, name, rows, widths=_widths(rows))
        if accepted is not None:
            _table(book, styles, "Accepted", rows := _accepted(accepted), widths=_widths(rows))
        _table(book, styles, "Rules", _rules(findings), widths=(9, 40, 10, 20, 14, 10, 40, 8, 11, 60, 60, 50))
        _table(book, styles, "Methods", _methods(findings), widths=(34, 40, 20, 60))
        _table(book, styles, "Not read", _not_read(findings), widths=(18, 24, 90))
    return target.getvalue()


def write_workbook(
    findings: Findings, path: Path, accepted: pd.DataFrame | None = None, owners: pd.DataFrame | None = None
) -> None:
    """Write the workbook to `path`, whole or not at all."""
    write_file(path, workbook(findings, accepted, owners))


class _Styles:
    """The formats that the sheets share."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "valign": "top"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top", "align": "left"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})


def _found(findings: Findings, owners: pd.DataFrame | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """All findings, then each family's, under the names of their sheets. Behind a family's others stands its proof,
    spread over columns, and how it arrives where what was found is that somebody holds a permission."""
    if findings.frame.empty:
        return
    tables = Tables(findings.snapshot, as_of=findings.as_of)
    told = findings.frame[_TOLD]
    if owners is not None:
        told.insert(_TOLD.index("who") + 1, "owner", owners_of(findings.frame, owners, tables))
    yield from _sheets("Findings", told)
    for family, rows in findings.frame.groupby("family", sort=True):
        proof = spread(rows.related)
        # What no proof of the family has is no column.
        held = (proof.notna() & proof.ne("")).any()
        shown = pd.concat([told.loc[rows.index], proof.loc[:, held]], axis="columns")
        if len(ways := ways_held(rows, tables)):
            shown["how it arrives"] = ways.reindex(rows.index)
        yield from _sheets(f"{family}".capitalize(), shown)


def _sheets(name: str, rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows in as many sheets as they need."""
    for number, start in enumerate(range(0, len(rows), LONGEST_SHEET), 1):
        yield name + (f" {number}" if number > 1 else ""), rows.iloc[start : start + LONGEST_SHEET]


def _widths(rows: pd.DataFrame) -> tuple[int, ...]:
    return tuple(_WIDTHS.get(column, _WIDTH) for column in rows.columns)


def _accepted(accepted: pd.DataFrame) -> pd.DataFrame:
    days = [date.fromisoformat(day) for day in last_day(accepted.until)]
    return accepted[[*_TOLD, "reason", "owner"]].assign(last_day=pd.Series(days, accepted.index, dtype="object"))


def _summary(findings: Findings, accepted: pd.DataFrame | None) -> pd.DataFrame:
    snapshot, rules = findings.snapshot, findings.rules
    counts = findings.frame.severity.value_counts()
    rows: list[tuple[str, object]] = [
        ("Organisation", snapshot.organisation_id),
        ("Judged as of (UTC)", findings.as_of),
        ("Snapshot", snapshot.id),
        ("Snapshot complete", "yes" if snapshot.complete else "no: the sheet Not read says what is missing"),
        ("Rules evaluated", f"{int(rules.evaluated.sum())} of {len(rules)}"),
        ("Findings", len(findings.frame)),
        *((f"Findings, {severity}", int(counts.get(severity, 0))) for severity in reversed(counts.index.categories)),
        *([] if accepted is None else [("Accepted findings, apart", len(accepted))]),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def _rules(findings: Findings) -> pd.DataFrame:
    """Each rule with what it found of how many, why it matters, the fix and the controls that it is evidence for."""
    words = pd.DataFrame(
        {
            "id": [rule.id for rule in RULES],
            "why": [rule.why for rule in RULES],
            "fix": [rule.fix for rule in RULES],
            "controls": [_controls(rule) for rule in RULES],
        }
    )
    return findings.rules.merge(words, on="id", how="left")


def _controls(rule: Rule) -> str:
    return "; ".join(f"{standard} {', '.join(ids)}" for standard, ids in rule.controls.items())


def _methods(findings: Findings) -> pd.DataFrame:
    """What was judged by what: the limits with their defaults and sources, the snapshot, the tool."""
    manifest = findings.snapshot.manifest
    limits = findings.limits.table().astype("object")
    for column, raw in (("value", vars(findings.limits)), ("default", DEFAULTS)):
        numbers = limits.name.map(raw)
        limits[column] = numbers.where(numbers.map(type).isin([int, float]), limits[column])
    facts: list[tuple[str, object]] = [
        ("origin of the snapshot", manifest.origin),
        ("pull started (UTC)", manifest.started_at),
        ("pull finished (UTC)", manifest.finished_at),
        ("hash of the snapshot", findings.snapshot.id),
        ("pulled by", f"auditkit {manifest.tool_version}"),
        ("judged by", f"auditkit {auditkit.__version__}"),
        ("times", "in UTC; within N days and older than N days are exact durations of N x 24 h"),
    ]
    told = pd.DataFrame(facts, columns=list(limits.columns[:2]))
    return pd.concat([told, limits], ignore_index=True)


def _not_read(findings: Findings) -> pd.DataFrame:
    """What could not be read and what could not be evaluated, each with the reason; one row says so if nothing."""
    silent = findings.not_evaluated
    rows = [
        *(("collection", name, reason) for name, reason in findings.snapshot.incomplete.items()),
        *(
            ("rule, partly evaluated" if partly else "rule", rule, why)
            for rule, partly, why in zip(silent.id, silent.partly, silent.why_not, strict=True)
        ),
    ]
    none = [("nothing", "", "every collection was read whole and every rule was evaluated")]
    return pd.DataFrame(rows or none, columns=["what", "name", "why not"])


def _table(book: Any, styles: _Styles, name: str, frame: pd.DataFrame, *, widths: Sequence[int]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(frame.columns):
        sheet.set_column(column, column, widths[column] if column < len(widths) else _WIDTH)
        sheet.write_string(0, column, cell_text(title).replace("_", " "), styles.head)
        _column(sheet, styles, column, frame[title].tolist())
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


def _column(sheet: Any, styles: _Styles, column: int, values: Iterable[object]) -> None:
    for row, value in enumerate(values, 1):
        if isinstance(value, pd.Timestamp):
            _write_time(sheet, styles, row, column, value)
        elif type(value) is date and value >= _FIRST_DAY.date():
            sheet.write_datetime(row, column, value, styles.day)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, styles.text)
        elif isinstance(value, (int, float)) and value == value:
            sheet.write_number(row, column, value, styles.text)
        elif not (value is None or value is pd.NA or value != value):
            sheet.write_string(row, column, cell_text(value), styles.text)


def _write_time(sheet: Any, styles: _Styles, row: int, column: int, time: pd.Timestamp) -> None:
    if time >= _FIRST_DAY:
        sheet.write_datetime(row, column, _naive(time), styles.date)
    else:
        sheet.write_string(row, column, f"{time.tz_convert('UTC').isoformat()}", styles.text)


def _naive(time: pd.Timestamp) -> Any:
    """The time in UTC without saying so, which is all that Excel knows; whole seconds, which is what it shows."""
    return time.tz_convert("UTC").tz_localize(None).floor("s").to_pydatetime()
