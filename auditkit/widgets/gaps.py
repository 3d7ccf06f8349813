"""What the required permissions ask for, against what is effective."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from auditkit.findings import Findings
from auditkit.widgets.base import Panel, View, reasons, results
from auditkit.widgets.markup import safe_table
from auditkit.widgets.rows import proof, with_principals
from auditkit.widgets.ways import ways_of

KINDS = {"PRM001": "missing", "PRM006": "undetermined", "PRM002": "excess", "PRM007": "must never be held"}
_COLUMNS = (
    "severity", "kind", "principal_id", "display_name", "principal_type", "permission", "resource", "resource_type",
    "resource_path", "failed_check", "level", "message", "way", "finding",
)  # fmt: skip
_PROOF = ("principal_id", "permission", "resource_type", "resource_path", "failed_check", "level", "route")


class GapPanel(Panel):
    """Missing, undetermined and excess permissions, and those that must never be held."""

    rules: ClassVar[tuple[str, ...]] = tuple(KINDS)

    def build(self, found: Findings) -> View:
        """One row a gap, with the check that fails."""
        rows = with_principals(proof(found.frame, _PROOF), self.desk.tables["principals"], ["display_name", "type"])
        resource = rows.resource_type.str.cat(rows.resource_path, sep=" ")
        excess = rows[rows.rule.eq("PRM002")]
        # What is missing has no way; its message says where the nearest one ends.
        way = rows.route.where(rows.rule.ne("PRM001")).fillna(ways_of(excess, self.desk.tables))
        # One column for both: a screen is not as wide as two.
        finding = rows.message.str.cat(": " + way, na_rep="")
        rows = rows.assign(kind=rows.rule.map(KINDS).astype("str"), resource=resource, way=way, finding=finding)
        return View(
            frame=rows[list(_COLUMNS)],
            headline=_headline(found.rules),
            warnings=reasons(found),
            extras=(_summary(found.rules),),
            labels={"principal_id": "Principal", "display_name": "Name", "principal_type": "Type",
                    "failed_check": "Failed check"},
            filters=("severity", "kind", "failed_check", "permission"),
            hidden=("principal_type", "resource_type", "resource_path", "level", "message", "way"),
        )  # fmt: skip


def _headline(rules: pd.DataFrame) -> str:
    """How many of each kind of how many; a kind that was not judged is left out, and none at all is said."""
    told = rules[rules.evaluated | rules["count"].gt(0) | rules.population.gt(0)].set_index("id")
    kinds = {**KINDS, "PRM007": "forbidden yet held, or perhaps held"}
    there = [(rule, kind) for rule, kind in kinds.items() if rule in told.index]
    words = [f"{told['count'][rule]:,} of {told.population[rule]:,} {kind}" for rule, kind in there]
    if not words:
        return "Not evaluated: permission gaps"
    return f"Permission gaps: {', '.join(words)}" + ("" if told["count"].any() else ": nothing found")


def _summary(rules: pd.DataFrame) -> str:
    """The kinds of gap with what was found of each; nothing where none was judged: the reasons stand above it."""
    if not rules.evaluated.any() and not rules.population.any():
        return ""
    told = pd.DataFrame({"gap": rules.id.map(KINDS), "rule": rules.id, "found": results(rules)})
    return safe_table(told, caption="Against the required permissions")
