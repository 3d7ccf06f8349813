"""Principals that do not act any more, or never did."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from auditkit.findings import Findings
from auditkit.widgets.base import Panel, Slider, View, by_rule, drawn, headline, reasons
from auditkit.widgets.rows import with_principals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = (
    "severity", "rule", "principal_id", "display_name", "principal_type", "status", "last_activity", "created_at",
    "live_credentials", "message",
)  # fmt: skip


class InactivePanel(Panel):
    """Dormant, never used, suspended, revoked and expired principals; sliders say what counts as dormant or unused."""

    rules: ClassVar[tuple[str, ...]] = ("PRN001", "PRN002", "PRN003", "PRN004")
    sliders: ClassVar[tuple[Slider, ...]] = (
        Slider(limit="dormant_days", label="Dormant after (days)"),
        Slider(limit="never_used_days", label="Unused counts after (days)"),
    )

    def build(self, found: Findings) -> View:
        """One row a finding, with the principal it is about; the figure shows the age of last activities."""
        principals = self.desk.tables["principals"]
        rows = found.frame.rename(columns={"subject_id": "principal_id"})
        columns = ["display_name", "type", "status", "last_activity", "created_at", "live_credentials"]
        frame = with_principals(rows, principals, columns)[list(_COLUMNS)]
        return View(
            frame=frame,
            headline=headline(frame.principal_id.nunique(), len(principals), "principals are inactive", found.rules),
            warnings=reasons(found),
            extras=(by_rule(found.rules),),
            draw=drawn(found, "PRN003", self._draw),
            labels={"display_name": "Name", "principal_id": "Principal", "principal_type": "Type",
                    "message": "Finding"},
            filters=("severity", "rule", "principal_type"),
        )  # fmt: skip

    def _draw(self) -> Figure:
        from auditkit.charts import activity_age

        tables = self.desk.tables
        return activity_age(tables["principals"], as_of=tables.as_of, dormant_days=self.limits.dormant_days)
