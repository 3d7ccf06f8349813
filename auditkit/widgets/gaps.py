"""What the required permissions ask for, against what is effective."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from auditkit.findings import Findings
from auditkit.widgets.base import Panel, View, reasons, results
from auditkit.widgets.markup import safe_table
from auditkit.widgets.rows import proof, with_principals

KINDS = {"PRM001": "missing", "PRM006": "undetermined", "PRM002": "excess", "PRM007": "must never be held"}
_COLUMNS = (
    "severity", "kind", "principal_id", "display_name", "principal_type", "permission", "resource_type",
    "resource_path", "failed_check", "level", "message",
)  # fmt: skip
_PROOF = ("principal_id", "permission", "resource_type", "resource_path", "failed_check", "level")


class GapPanel(Panel):
    """Missing, undetermined and excess permissions, and those that must never be held."""

    rules: ClassVar[tuple[str, ...]] = tuple(KINDS)

    def build(self, found: Findings) -> View:
        """One row a gap, with the check that fails."""
        rows = with_principals(proof(found.frame, _PROOF), self.desk.tables["principals"], ["display_name", "type"])
        rows = rows.assign(kind=rows.rule.map(KINDS).astype("str"))
        return View(
            frame=rows[list(_COLUMNS)],
            headline=_headline(rows),
            warnings=reasons(found),
            extras=(safe_table(_summary(found.rules), caption="Against the required permissions"),),
            labels={"principal_id": "Principal", "display_name": "Name", "principal_type": "Type",
                    "message": "Finding", "failed_check": "Failed check", "level": "Held as"},
            filters=("severity", "kind", "failed_check", "permission"),
        )  # fmt: skip


def _headline(rows: pd.DataFrame) -> str:
    counts = rows.kind.value_counts()
    words = [f"{int(counts.get(kind, 0)):,} {kind}" for kind in KINDS.values()]
    return f"Permission gaps: {', '.join(words)}"


def _summary(rules: pd.DataFrame) -> pd.DataFrame:
    kinds = rules.id.map(KINDS)
    return pd.DataFrame({"gap": kinds.to_list(), "rule": rules.id.to_list(), "found": results(rules)})
