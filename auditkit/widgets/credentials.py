"""Credentials that end soon, or have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from auditkit.findings import Findings
from auditkit.widgets.base import Panel, Slider, View, by_rule, drawn, headline, reasons
from auditkit.widgets.rows import with_principals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = (
    "severity", "rule", "credential_id", "key_id", "name", "principal_id", "display_name", "ends_at", "expires_at",
    "revoked_at", "last_used_at", "message",
)  # fmt: skip


class CredentialPanel(Panel):
    """Expiring, expired and revoked credentials; a slider says how far ahead to look."""

    rules: ClassVar[tuple[str, ...]] = ("CRD001", "CRD002", "CRD003")
    sliders: ClassVar[tuple[Slider, ...]] = (Slider(limit="expiring_days", label="Expiring within (days)", most=365),)

    def build(self, found: Findings) -> View:
        """One row a finding, with its credential; the figure is the calendar of endings."""
        credentials = self.desk.tables["credentials"]
        known = ["credential_id", "key_id", "name", "principal_id", "expires_at", "revoked_at", "last_used_at"]
        rows = found.frame.rename(columns={"subject_id": "credential_id"})
        rows = rows.merge(credentials[known], on="credential_id", how="left", validate="many_to_one")
        rows["ends_at"] = rows.expires_at.mask(rows.rule.eq("CRD003"), rows.revoked_at)
        frame = with_principals(rows, self.desk.tables["principals"], ["display_name"])[list(_COLUMNS)]
        return View(
            frame=frame,
            headline=headline(
                frame.credential_id.nunique(), len(credentials), "credentials expire soon or have ended", found.rules
            ),
            warnings=reasons(found),
            extras=(by_rule(found.rules),),
            draw=drawn(found, "CRD002", self._draw),
            labels={"credential_id": "Credential", "key_id": "Key id", "display_name": "Principal's name",
                    "principal_id": "Principal", "message": "Finding"},
            filters=("severity", "rule"),
            # Both stand in one column, so that the table is no wider than a window.
            hidden=("expires_at", "revoked_at"),
        )  # fmt: skip

    def _draw(self) -> Figure:
        from auditkit.charts import credential_calendar

        tables, days = self.desk.tables, self.limits.expiring_days
        return credential_calendar(tables["credentials"], as_of=tables.as_of, window_days=days)
