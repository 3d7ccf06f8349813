"""The findings that somebody accepts until a day."""

from __future__ import annotations

from typing import ClassVar

from auditkit.findings import Findings
from auditkit.findings_met import counted
from auditkit.review.accepted import last_day
from auditkit.rules import RULES
from auditkit.widgets.base import Panel, View

_COLUMNS = ("severity", "rule", "title", "subject_id", "message", "reason", "owner", "last_day", "fingerprint")


class AcceptedPanel(Panel):
    """Each accepted finding with its reason, who answers for it, and the last day on which it is accepted."""

    rules: ClassVar[tuple[str, ...]] = tuple(rule.id for rule in RULES)

    def build(self, found: Findings) -> View:
        """One row an accepted finding; what ended, or met nothing, is warned of."""
        rows = self.desk.judged.accepted
        frame = rows.assign(last_day=last_day(rows.until))[list(_COLUMNS)]
        words = f"{counted(len(frame), 'accepted finding')}, beside {counted(len(found.frame), 'open one')}"
        return View(
            frame=frame,
            headline=words if self.desk.accepted is not None else "No accepted findings were given",
            warnings=self.desk.judged.warnings,
            warned="To look at",
            labels={"subject_id": "Subject", "message": "Finding", "last_day": "Last day (UTC)"},
            filters=("severity", "rule"),
            hidden=("fingerprint",),
            links={"rule": "fingerprint"} if self.desk.headless else {},
        )
