"""Other limits, tried before they are agreed on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.findings import Findings, run_rules
from auditkit.limits import Limits
from auditkit.widgets.base import Panel, Slider, Static, View
from auditkit.widgets.markup import safe_table

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk

JUDGED_BY = {
    "dormant_days": ("PRN003", "CRD006"),
    "never_used_days": ("PRN004", "CRD010"),
    "expiring_days": ("PRN008", "CRD002"),
    "credential_max_age_days": ("CRD005",),
    "credential_max_lifetime_days": ("CRD011",),
    "rotation_overlap_days": ("CRD007",),
    "attestation_days": ("ORG004",),
    "broad_role_share": ("ROL008", "ORG003"),
}
# All limits, those without a slider too.
RESTS_ON = {**JUDGED_BY, "administrators": ("ORG003",), "toxic_pairs": ("PRM009",)}
_NOTE = "A finding whose rule two limits judge is counted at both."
_DASH = "A dash stands for a rule that was not evaluated: what other limits would change is not known."
_LABELS = {
    "dormant_days": "Dormant after (days)", "never_used_days": "Unused counts after (days)",
    "expiring_days": "Expiring within (days)", "credential_max_age_days": "Credential's greatest age (days)",
    "credential_max_lifetime_days": "Longest time to an expiry (days)",
    "rotation_overlap_days": "Rotation may take (days)", "attestation_days": "An attestation holds for (days)",
    "broad_role_share": "A role is broad from (share)",
}  # fmt: skip


class ThresholdPanel(Panel):
    """Every limit and its source; sliders show how many findings another value would add or take away."""

    rules: ClassVar[tuple[str, ...]] = tuple(rule for rules in JUDGED_BY.values() for rule in rules)
    sliders: ClassVar[tuple[Slider, ...]] = tuple(
        Slider(limit=name, label=_LABELS[name], most=1000) for name in JUDGED_BY
    )

    def make(self) -> Any:
        """The widget: each slider says what it would change before it is applied."""
        from auditkit.widgets.threshold_widget import threshold_widget

        return threshold_widget(self)

    def effect(self, limit: str, value: float) -> tuple[int, int]:
        """How many findings one limit at another value adds to those at the agreed limits, and how many it removes."""
        changed: dict[str, Any] = {limit: value}
        judged = run_rules(self.desk.tables, replace(self.desk.limits, **changed), JUDGED_BY[limit])
        tried = self.desk.set_apart(judged).open
        before, after = set(self.desk.among(JUDGED_BY[limit]).frame.fingerprint), set(tried.frame.fingerprint)
        return len(after - before), len(before - after)

    def unjudged(self, limit: str) -> list[str]:
        """The rules that a limit judges and that were not evaluated, not even in part."""
        rules = self.desk.among(JUDGED_BY[limit]).rules
        return list(rules.id[pd.isna(_counts(rules))])

    @property
    def toml(self) -> str:
        """The panel's present limits as a configuration file, those that differ from their defaults."""
        agreed = self.desk.limits
        same = {name: told for name, told in self.limits.sources.items()
                if getattr(self.limits, name) == getattr(agreed, name)}  # fmt: skip
        return as_toml(replace(self.limits, sources=same))

    def static(self, rows: int | None = None) -> Static:
        """Every limit with what rests on it. Without sliders, and with none moved, the rows have nothing to tell."""
        if self.limits != self.desk.limits:
            return super().static(rows)
        return Static(self.view.head(), text=self.view.headline)

    def build(self, found: Findings) -> View:
        """One row a rule that a slider moves: findings at the configured limits, at these, and the difference; none of
        these where the rule was not evaluated."""
        agreed = self.desk.among(self.rules).rules
        before, now = _counts(agreed), _counts(found.rules.set_index("id").loc[agreed.id])
        frame = pd.DataFrame(
            {
                "rule": agreed.id.to_numpy(),
                "title": agreed.title.to_numpy(),
                "configured": before,
                "at_these_limits": now,
                "difference": now - before,
            }
        )
        changed = len(self.desk.limits.changed())
        unjudged = [_DASH] if frame.configured.isna().any() else []
        return View(
            frame=frame,
            headline=f"{changed} of {len(self.desk.limits.table())} limits differ from their defaults",
            extras=(safe_table(resting(self.desk), caption="Limits, their sources and what rests on them"),),
            notes=[_NOTE, *unjudged],
            labels={"at_these_limits": "At the sliders' limits"},
        )

    def _settings(self) -> str:
        return ""


def resting(desk: Desk) -> pd.DataFrame:
    """One row a limit: name, value, default, source, findings (of the rules that it judges), and what each found."""
    rules = desk.findings.rules.set_index("id")
    counts = pd.Series(_counts(rules), index=rules.index)
    found = rules["count"].map("{:,}".format) + " of " + rules.population.map("{:,}".format)
    told = (found + rules.evaluated.map({True: "", False: ", in part"})).where(counts.notna(), "not evaluated")
    limits = desk.limits.table()
    limits["source"] = limits.source.mask(limits.source.eq(""))
    sums = [counts[list(RESTS_ON[name])].sum(min_count=1) for name in limits.name]
    limits["findings"] = pd.array(sums, dtype="Int64")
    limits["by_rule"] = ["; ".join(f"{rule} {told[rule]}" for rule in RESTS_ON[name]) for name in limits.name]
    return limits


def _counts(rules: pd.DataFrame) -> Any:
    """What each rule found; nothing where it was not evaluated, not even in part, since that is no 0."""
    judged = rules.evaluated | rules.population.gt(0)
    return rules["count"].astype("Int64").where(judged).array


def as_toml(limits: Limits) -> str:
    """Limits as a configuration that `Limits.from_toml` reads back: what differs from its default or has a source."""
    table = limits.table()
    told = table[table.value.ne(table.default) | table.source.ne("")]
    lines = [_line(name, getattr(limits, name), limits.sources.get(name)) for name in told.name]
    return "\n".join(lines or ["# every limit is at its default"]) + "\n"


def _line(name: str, value: Any, source: str | None) -> str:
    plain = [list(each) if isinstance(each, tuple) else each for each in value] if isinstance(value, tuple) else value
    # JSON's numbers, lists and texts are TOML's, but for one control character.
    told = json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
    if source is None:
        return f"{name} = {told}"
    return f"{name} = {{ value = {told}, source = {json.dumps(source, ensure_ascii=False)} }}".replace(
        "\x7f", "\\u007f"
    )
