"""The rules as a table: for README, for `auditkit rules`, for a report's methods."""

from __future__ import annotations

import json

import pandas as pd

from auditkit.rules import RULES

COLUMNS = ("id", "title", "subject", "flags", "severity", "fix")


def rules_table() -> pd.DataFrame:
    """One row a rule: id, title, subject, what it flags and why, severity, fix."""
    rows = [(one.id, one.title, one.subject, one.why, one.severities, one.fix) for one in RULES]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype("str")


def rules_markdown() -> str:
    """The rule table in Markdown, as README carries it."""
    head = "| id | rule | flags | severity | fix |\n|---|---|---|---|---|\n"
    rows = [(one.id, one.title, one.why, one.severities, one.fix) for one in RULES]
    return head + "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def rules_json() -> str:
    """The rules with their controls, as `auditkit rules --format json` prints them."""
    rows = [
        {
            "id": one.id, "title": one.title, "family": one.family, "subject": one.subject, "flags": one.why,
            "severity": one.severities, "fix": one.fix, "reads": list(one.reads),
            "controls": {standard: list(names) for standard, names in one.controls.items()},
        }
        for one in RULES
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
