"""The findings by family, control, principal and owner: what a report is read by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from auditkit.findings import Findings
from auditkit.findings_met import counted, evaluated_words
from auditkit.report.views import by_control, by_family, by_key, by_rule
from auditkit.rules import RULES
from auditkit.rules.controls import CIS, ISO, NIST, SOC
from auditkit.widgets.base import Panel, View
from auditkit.widgets.markup import safe_table
from auditkit.widgets.rows import principal_of, with_principals

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk

ALL: tuple[str, ...] = tuple(rule.id for rule in RULES)
# A row for each of so many principals; whoever has fewer findings than those is found by the search of all findings.
MOST_PRINCIPALS = 500
_COUNTS = ("judged", "of_rules", "count", "population")
_OF = 'Each "of" counts what the rules looked at; one record that two rules looked at counts twice.'
_REVIEW = (
    f"A finished review, with its decisions and its difference from the last, is evidence for {ISO} A.5.18, "
    f"{SOC} CC6.2, {NIST} AC-2(j) and AC-6(7) besides; it is in the evidence pack of its campaign: the decisions in "
    "decisions.csv and log.csv, the steps in plan/, what came of them, where a later snapshot shows it, in proof.csv."
)
_KIN = f"{CIS} items marked AWS are of the benchmark for that cloud: the nearest, since none is written for this IAM."
_LABELS = {"principal_id": "Principal", "principal_type": "Type", "display_name": "Name"}


class FamilyPanel(Panel):
    """Every rule, family by family: what it found, why it matters, what mends it, and what it is evidence for."""

    rules: ClassVar[tuple[str, ...]] = ALL

    def build(self, found: Findings) -> View:
        """One row a rule."""
        return View(
            frame=by_rule(found),
            headline=f"{len(found.met)} of {len(found.rules)} rules have findings; {evaluated_words(found.rules)}",
            extras=(families(found),),
            filters=("severity", "family"),
            hidden=("anchors",),
            links=_links(self.desk, "rule"),
        )


class ControlPanel(Panel):
    """Each control with the rules that are evidence for it, whether they were evaluated, and what they found."""

    rules: ClassVar[tuple[str, ...]] = ALL

    def build(self, found: Findings) -> View:
        """One row a control."""
        frame = by_control(found)
        whole = int(frame.judged.eq(frame.of_rules).sum())
        return View(
            frame=frame,
            headline=f"{whole} of {len(frame)} controls have all their rules evaluated",
            notes=[_OF, _REVIEW, _KIN],
            filters=("severity", "standard", "result"),
            hidden=("anchors", *_COUNTS),
            links=_links(self.desk, "rules"),
        )


class FlaggedPanel(Panel):
    """Each principal with findings: the worst, how many, and under which rules."""

    rules: ClassVar[tuple[str, ...]] = ALL

    def build(self, found: Findings) -> View:
        """One row a principal, those with the worst findings first."""
        named = found.frame.assign(principal_id=principal_of(found.frame, self.desk.snapshot.frames))
        principals = self.desk.snapshot.principals
        flagged = named.principal_id.dropna().nunique()
        rows = by_key(named, "principal_id", most=MOST_PRINCIPALS)
        told = with_principals(rows, principals, ["type", "display_name"])
        front = ["severity", "principal_id", "principal_type", "display_name"]
        nobodys = int(named.principal_id.isna().sum())
        whose = f"Of {counted(len(named), 'finding')}, {len(named) - nobodys:,} name one principal and {nobodys:,} none"
        notes = [f"{whose}: those are about a role, a record or the organisation."] if nobodys else []
        if flagged > len(rows):
            notes.append(f"The {len(rows):,} worst are listed; the search of all findings has each of the {flagged:,}.")
        known = int(principals.principal_id.isin(named.principal_id).sum())
        words = f"{known:,} of {len(principals):,} principals have findings"
        if flagged > known:
            words += f"; findings name {counted(flagged - known, 'id')} besides that no principal has"
        return View(
            frame=told[[*front, *(name for name in rows.columns if name not in front)]],
            headline=words + ("" if flagged else ": nothing found"),
            notes=notes,
            labels=_LABELS,
            filters=("severity", "principal_type"),
            hidden=("anchors",),
            links=_links(self.desk, "rules"),
        )


class OwnedPanel(Panel):
    """Each owner with the findings that are theirs to mend, and those that nobody owns."""

    rules: ClassVar[tuple[str, ...]] = ALL

    def build(self, found: Findings) -> View:
        """One row an owner; what nobody owns is told, not dropped."""
        rows = by_key(found.frame.assign(owner=self.desk.owner_of(found.frame)), "owner")
        owned = int(rows.findings.sum())
        words = f"{owned:,} of {len(found.frame):,} findings have an owner"
        if self.desk.owners is None:
            words = "No owners were given"
        return View(
            frame=rows,
            headline=words,
            notes=[f"{len(found.frame) - owned:,} belong to nobody."] if self.desk.owners is not None else [],
            hidden=("anchors",),
            links=_links(self.desk, "rules"),
        )


def _links(desk: Desk, column: str) -> Mapping[str, str]:
    """Only the report has every finding on the same page: elsewhere a link would lead nowhere."""
    return {column: "anchors"} if desk.headless else {}


def families(found: Findings) -> str:
    """The counts by family, with their denominators, as HTML."""
    rows = by_family(found).drop(columns=list(_COUNTS))
    return f'{safe_table(rows)}<p class="ak-note">{_OF}</p>'
