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
    "severity", "kind", "principal_id", "display_name", "principal_type", "permission", "resource", "resource_type",
    "resource_path", "failed_check", "level", "message",
)  # fmt: skip
_PROOF = ("principal_id", "permission", "resource_type", "resource_path", "failed_check", "level")


class GapPanel(Panel):
    """Missing, undetermined and excess permissions, and those that must never be held."""

    rules: ClassVar[tuple[str, ...]] = tuple(KINDS)

    def build(self, found: Findings) -> View:
        """One row a gap, with the check that fails."""
        rows = with_principals(proof(found.frame, _PROOF), self.desk.tables["principals"], ["display_name", "type"])
        resource = rows.resource_type.str.cat(rows.resource_path, sep=" ")
        rows = rows.assign(kind=rows.rule.map(KINDS).astype("str"), resource=resource)
        return View(
            frame=rows[list(_COLUMNS)],
            headline=_headline(rows, found.rules),
            warnings=reasons(found),
            extras=(safe_table(_summary(found.rules), caption="Against the required permissions"),),
            labels={"principal_id": "Principal", "display_name": "Name", "principal_type": "Type",
                    "message": "Finding", "failed_check": "Failed check", "level": "Held as"},
            filters=("severity", "kind", "failed_check", "permission"),
            hidden=("principal_type", "resource_type", "resource_path", "level"),
        )  # fmt: skip


def _headline(rows: pd.DataFrame, rules: pd.DataFrame) -> str:
    """How many of each kind; a kind that was not judged is left out, and none at all is said."""
    counts, judged = rows.kind.value_counts(), set(rules.id[rules.evaluated])
    told = {kind: int(counts.get(kind, 0)) for rule, kind in KINDS.items() if rule in judged or kind in counts.index}
    words = ", ".join(f"{count:,} {kind}" for kind, count in told.items())
    return f"Permission gaps: {words}" if words else "Permission gaps were not evaluated"


def _summary(rules: pd.DataFrame) -> pd.DataFrame:
    kinds = rules.id.map(KINDS)
    return pd.DataFrame({"gap": kinds.to_list(), "rule": rules.id.to_list(), "found": results(rules)})
