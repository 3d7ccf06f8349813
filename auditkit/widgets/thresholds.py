"""Other limits, tried before they are agreed on."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from auditkit.findings import Findings
from auditkit.widgets.base import Panel, Slider, View
from auditkit.widgets.markup import safe_table

JUDGED_BY = {
    "dormant_days": ("PRN003", "CRD006"),
    "never_used_days": ("PRN004", "CRD010"),
    "expiring_days": ("PRN008", "CRD002"),
    "credential_max_age_days": ("CRD005",),
    "credential_max_lifetime_days": ("CRD011",),
    "rotation_overlap_days": ("CRD007",),
}
_LABELS = {
    "dormant_days": "Dormant after (days)", "never_used_days": "Unused counts after (days)",
    "expiring_days": "Expiring within (days)", "credential_max_age_days": "Credential's greatest age (days)",
    "credential_max_lifetime_days": "Longest time to an expiry (days)",
    "rotation_overlap_days": "Rotation may take (days)",
}  # fmt: skip


class ThresholdPanel(Panel):
    """Every limit and its source; sliders show how many findings another value would add or take away."""

    rules: ClassVar[tuple[str, ...]] = tuple(rule for rules in JUDGED_BY.values() for rule in rules)
    sliders: ClassVar[tuple[Slider, ...]] = tuple(
        Slider(limit=name, label=_LABELS[name], most=1000) for name in JUDGED_BY
    )

    def build(self, found: Findings) -> View:
        """One row a rule that a slider moves: findings at the configured limits, at these, and the difference."""
        agreed = self.desk.among(self.rules).rules
        now = found.rules.set_index("id").loc[agreed.id]
        frame = pd.DataFrame(
            {
                "rule": agreed.id.to_numpy(),
                "title": agreed.title.to_numpy(),
                "configured": agreed["count"].to_numpy(),
                "at_these_limits": now["count"].to_numpy(),
                "difference": now["count"].to_numpy() - agreed["count"].to_numpy(),
            }
        )
        changed = len(self.desk.limits.changed())
        return View(
            frame=frame,
            headline=f"{changed} of {len(self.desk.limits.table())} limits differ from their defaults",
            extras=(safe_table(self.desk.limits.table()),),
            labels={"at_these_limits": "At the sliders' limits"},
        )

    def _settings(self) -> str:
        return ""
