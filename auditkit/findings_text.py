"""Findings as text: JSON of the contract, CSV that is inert in a spreadsheet, a small HTML summary."""

from __future__ import annotations

import csv
import io
import json
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.compute as pc

from auditkit.rules.text import arrow, concat, json_values, series
from auditkit.schema_columns import TEXT
from auditkit.severity import SEVERITIES

if TYPE_CHECKING:
    from auditkit.findings import Findings

# What a spreadsheet may take for the start of a formula, the full-width forms among it.
_FORMULA = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
# The same inside a text, where a spreadsheet of another locale would start a new cell.
_INNER = r"([;\t\r\n][\s\"']*)([=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"
_JSON_COLUMNS = ("rule", "severity", "subject_type", "subject_id", "related", "message", "fix", "fingerprint")


def to_json(findings: Findings) -> str:
    """The contract's object, one finding a line."""
    snapshot = findings.snapshot
    head = {
        "schema": 1,
        "organisation_id": snapshot.organisation_id,
        "as_of": instant(findings.as_of),
        "snapshot": {"id": snapshot.id, "pulled_at": instant(snapshot.as_of), "complete": snapshot.complete},
        "rules": _rules(findings.rules),
    }
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    return f'{start},\n"findings":[{_findings(findings.frame)}]}}\n'


def to_csv(frame: pd.DataFrame) -> str:
    """Every cell quoted; a text that a spreadsheet could run gets a leading apostrophe."""
    out = io.StringIO()
    inert(frame).to_csv(out, index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    return out.getvalue()


def inert(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as text, each cell that starts like a formula behind an apostrophe; missing values empty."""
    return pd.DataFrame({f"{name}": _inert(frame[name]) for name in frame.columns}, index=frame.index)


def to_html(findings: Findings) -> str:
    """Counts by severity, and which rules could not be judged."""
    counts = findings.frame.severity.value_counts()
    told = ", ".join(f"{counts[word]} {word}" for word in reversed(SEVERITIES) if counts[word]) or "none"
    total = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    held = findings.met
    rows = "".join(
        f"<tr><td>{rule}</td><td>{worst}</td><td>{escape(title)}</td><td>{count} of {population}</td></tr>"
        for rule, worst, title, count, population in zip(
            held.id, held.worst, held.title, held["count"], held.population, strict=True
        )
    )
    silent = "".join(
        f"<li>{rule}: {escape(why)}</li>"
        for rule, why in zip(findings.not_evaluated.id, findings.not_evaluated.why_not, strict=True)
    )
    return (
        f"<p><b>{total}</b> as of {instant(findings.as_of)}: {told}</p>"
        f"<table><thead><tr><th>rule</th><th>worst</th><th>title</th><th>subjects</th></tr></thead><tbody>{rows}</tbody></table>"
        + (f"<p>Not evaluated:</p><ul>{silent}</ul>" if silent else "")
    )


def instant(moment: pd.Timestamp) -> str:
    """A time as RFC 3339 in UTC."""
    return str(moment.tz_convert("UTC").isoformat()).replace("+00:00", "Z")


def _rules(rules: pd.DataFrame) -> list[dict[str, object]]:
    columns = zip(rules.id, rules.evaluated, rules.why_not.isna(), rules.why_not, rules["count"], strict=True)
    return [
        {"id": name, "evaluated": bool(judged), "why_not": None if silent else why, "count": int(count)}
        for name, judged, silent, why, count in columns
    ]


def _findings(frame: pd.DataFrame) -> str:
    if frame.empty:
        return ""
    values = {name: arrow(frame[name]) if name == "related" else json_values(frame[name]) for name in _JSON_COLUMNS}
    parts = [part for name, column in values.items() for part in (f',"{name}":', column)]
    # The first key follows the brace, not a comma.
    lines = concat("\n{" + str(parts[0])[1:], *parts[1:], "}", count=len(frame))
    return ",".join(lines.to_pylist()) + "\n"


def _inert(column: pd.Series) -> pd.Series:
    text = concat(arrow(column.astype(TEXT)), count=len(column))
    text = pc.replace_substring_regex(text, _INNER, r"\1'\2")
    odd = pc.match_substring_regex(text, _FORMULA)
    return series(pc.if_else(odd, concat("'", text, count=len(column)), text), column.index)
