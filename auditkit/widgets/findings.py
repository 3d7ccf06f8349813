"""Every finding, to search and filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from auditkit.findings import Findings
from auditkit.rules import RULES
from auditkit.widgets.base import Panel, View
from auditkit.widgets.rows import principal_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WHY = "the answer and the cover say why"
_COLUMNS = (
    "severity", "rule", "title", "subject_type", "subject_id", "principal_id", "message", "fix", "fingerprint",
)  # fmt: skip


class FindingsPanel(Panel):
    """All findings, worst first."""

    rules: ClassVar[tuple[str, ...]] = tuple(rule.id for rule in RULES)

    def build(self, found: Findings) -> View:
        """One row a finding; the figure counts them by rule and severity."""
        frame = found.frame.assign(principal_id=principal_of(found.frame))[list(_COLUMNS)]
        judged = int(found.rules.evaluated.sum())
        silent = len(found.rules) - judged
        words = f"{len(frame):,} findings of {judged} rules evaluated" + ("" if len(frame) else ": nothing found")
        return View(
            frame=frame,
            headline=words,
            notes=[f"{silent} rules were not evaluated: {_WHY}"] if silent else [],
            labels={"subject_type": "Kind", "subject_id": "Subject", "principal_id": "Principal", "message": "Finding"},
            filters=("severity", "rule"),
            hidden=("title", "fix", "fingerprint"),
        )


class AnswerPanel(Panel):
    """The answer on one screen: what each rule found, of how many, or why it could not be judged."""

    rules: ClassVar[tuple[str, ...]] = FindingsPanel.rules

    def build(self, found: Findings) -> View:
        """One row a rule, those with the worst findings first."""
        from auditkit.widgets.answer import answer_rows, tiles, verdict

        return View(
            frame=answer_rows(found),
            headline=verdict(found),
            extras=(tiles(found.rules),),
            draw=lambda: self._draw(found),
            labels={"title": "Question", "fix": "What to do"},
            filters=("severity",),
            hidden=("family", "count", "population", "evaluated", "why_not"),
        )

    def _draw(self, found: Findings) -> Figure:
        from auditkit.charts import severity_by_rule

        return severity_by_rule(found.frame, found.rules)
