"""The desk: one snapshot, judged once, with a panel for each question and a call that returns the panel's frame."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.errors import InputError
from auditkit.findings import Findings, run_rules
from auditkit.limits import Limits
from auditkit.review.accepted import Judged, read_accepted, set_apart
from auditkit.review.advice import read_owners
from auditkit.snapshot import Snapshot
from auditkit.widgets.base import Panel, Static
from auditkit.widgets.cover import Cover
from auditkit.widgets.coverage import unread
from auditkit.widgets.doctor import notebooks
from auditkit.widgets.figures import Picture
from auditkit.widgets.findings import FindingsPanel
from auditkit.widgets.hold import Hold
from auditkit.widgets.markup import safe_text
from auditkit.widgets.opening import (
    find_accepted,
    find_as_of,
    find_attestations,
    find_config,
    find_owners,
    find_required,
    find_snapshot,
)
from auditkit.widgets.panels import PANELS
from auditkit.widgets.principal import PrincipalPanel
from auditkit.widgets.rows import owners_of
from auditkit.widgets.since import Compared, compare, read_earlier
from auditkit.widgets.trouble import warning

# Set by the report, whose kernel has nobody to move a slider: panels show their static twins, complete.
HEADLESS = "AUDITKIT_HEADLESS"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A snapshot with its tables, limits and findings. `said` tells where each came from."""

    snapshot: Snapshot
    tables: Tables
    limits: Limits
    required_words: str
    said: tuple[str, ...]
    owners: pd.DataFrame | None = None
    accepted: pd.DataFrame | None = None
    earlier: tuple[Snapshot, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    hold: Hold | None = None
    headless: bool = False

    @property
    def as_of(self) -> pd.Timestamp:
        """The instant of every judgement."""
        return self.tables.as_of

    @cached_property
    def every(self) -> Findings:
        """What all rules found, accepted or not, judged once."""
        return run_rules(self.tables, self.limits)

    @cached_property
    def judged(self) -> Judged:
        """What all rules found, with the accepted findings set apart."""
        return self.set_apart(self.every)

    @property
    def findings(self) -> Findings:
        """The open findings: what all rules found and nobody accepts."""
        return self.judged.open

    def set_apart(self, found: Findings) -> Judged:
        """Findings of this snapshot with the accepted ones set apart."""
        return set_apart(found, self.accepted)

    def among(self, rules: tuple[str, ...]) -> Findings:
        """What some of the rules found, out of what is already judged; of no rules, without judging any."""
        if not rules:
            return run_rules(self.tables, self.limits, ())
        found = self.findings
        frame = found.frame[found.frame.rule.isin(rules)].reset_index(drop=True)
        return replace(found, frame=frame, rules=found.rules[found.rules.id.isin(rules)].reset_index(drop=True))

    def owner_of(self, findings: pd.DataFrame) -> pd.Series:
        """Who owns what each finding is about; null where nobody does, and where no owners were given."""
        return owners_of(findings, self.owners, self.tables)

    def at(self, limits: Limits) -> Desk:
        """The same snapshot, judged by other limits."""
        return replace(self, limits=limits)

    def since(self, *earlier: str | Path) -> Desk:
        """The same snapshot, beside the earlier ones in these folders."""
        return replace(self, earlier=read_earlier(earlier, self.snapshot, self.as_of))

    @cached_property
    def compared(self) -> Compared | None:
        """What changed since the earlier snapshots; None where none was given."""
        return compare(self)

    def panel(self, name: str) -> Panel:
        """The panel of this name; `PANELS` lists them, and a name that is none of them is answered with the list."""
        if name not in PANELS:
            raise InputError(f"there is no panel {name!r}; choose one of {', '.join(PANELS)}")
        return PANELS[name](self)

    def cover(self, note: str = "") -> Cover:
        """The first page: the verdict, what was judged, and what was not; `note` says what else is to be known."""
        return Cover(self, note)

    def answer(self) -> pd.DataFrame:
        """One row a rule: what it found, of how many, or why it was not evaluated."""
        return self.panel("answer").frame

    def coverage(self) -> pd.DataFrame:
        """One row a collection: what was received, kept and set aside, and whether it is complete."""
        return self.panel("coverage").frame

    def credentials(self, **days: int) -> pd.DataFrame:
        """Expiring, expired and revoked credentials; `expiring_days` may differ from the configured limit."""
        return self.panel("credentials").move(**days).frame

    def gaps(self) -> pd.DataFrame:
        """Missing, undetermined and excess permissions, and those that must never be held."""
        return self.panel("gaps").frame

    def inactive(self, **days: int) -> pd.DataFrame:
        """Inactive principals; `dormant_days` and `never_used_days` may differ from the configured limits."""
        return self.panel("inactive").move(**days).frame

    def roles(self) -> pd.DataFrame:
        """ApiKey principals on roles that do not support ApiKey, with the group that each comes through."""
        return self.panel("roles").frame

    def calendar(self) -> pd.DataFrame:
        """One row a week of the past three months and the next twelve in which a credential ends."""
        return self.panel("calendar").frame

    def doctor(self) -> pd.DataFrame:
        """What is read, how complete and how old it is, and what would mend it."""
        return self.panel("doctor").frame

    def matrix(self) -> pd.DataFrame:
        """Each required permission with its outcome, and what is held though nothing requires it."""
        return self.panel("matrix").frame

    def principal(self, principal_id: str | None = None) -> PrincipalPanel:
        """One principal's page; of no id, of the principal with the worst findings."""
        return PrincipalPanel(self, principal_id)

    def rotation(self, **days: int) -> pd.DataFrame:
        """Each usable machine principal's state of rotation and the next step."""
        return self.panel("rotation").move(**days).frame

    def support(self) -> pd.DataFrame:
        """Roles that reach a type of principal that they do not support, and what would do instead."""
        return self.panel("support").frame

    def figure(self, name: str) -> Picture:
        """A figure: lifetime_against_age, required_against_effective, role_breadth, severity_by_family."""
        return Picture(self, name)

    def found(self, **choice: str) -> Static:
        """What filters leave: any of severity, state, rule, family, control, owner, principal, text, sort."""
        return FindingsPanel(self).found(**choice)

    def notebooks(self) -> Static:
        """The notebooks, each with the question that it answers."""
        return notebooks()

    def thresholds(self, **days: int) -> pd.DataFrame:
        """What other limits would add to the findings, or take away."""
        return self.panel("thresholds").move(**days).frame

    def __repr__(self) -> str:
        return f"<Desk of snapshot {self.snapshot.id}>"

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{safe_text(line)}</p>" for line in self.said)
        # The report says it on its cover; whose lists they are, the panel of coverage says.
        missing = [] if self.headless else unread(self.snapshot)[: len(self.snapshot.incomplete)]
        lines += "".join(map(warning, missing))
        return Static(lines)._repr_html_()


def open_desk(
    snapshot: str | Path | Snapshot | None = None,
    *,
    as_of: str | pd.Timestamp | None = None,
    required: str | Path | None = None,
    config: str | Path | None = None,
    owners: str | Path | None = None,
    accepted: str | Path | None = None,
    attestations: str | Path | None = None,
) -> Desk:
    """Open a snapshot to look at: its path, else `AUDITKIT_SNAPSHOT`, else the newest in the working folder, else the
    bundled sample; the desk says aloud which.

    `as_of` is RFC 3339 with an offset, by default when the snapshot was pulled. `required`, `config`, `owners`,
    `accepted` and `attestations` are paths, by default `required_permissions.csv`, `limits.toml`, `owners.csv`,
    `accepted.toml` and `attestations.toml` of the working folder, where they are there. The snapshot of a campaign is
    judged like the campaign by default: as of its instant, with what it began with.
    """
    headless = bool(os.environ.get(HEADLESS))
    found = find_snapshot(snapshot)
    rows, config_path = find_required(required, found, look=not headless), find_config(config, found, look=not headless)
    owned = find_owners(owners, found, look=not headless)
    apart = find_accepted(accepted, found, look=not headless)
    attested = find_attestations(attestations, found, look=not headless)
    point = find_as_of(as_of, found, look=not headless)
    table = None if rows.value is None else read_required(rows.value)
    limits = Limits() if config_path.value is None else Limits.from_toml(config_path.value)
    tables = Tables(found.value, as_of=point.value, required=table, attestations=attested.value)
    return Desk(
        snapshot=found.value,
        tables=tables,
        limits=limits,
        required_words="none were given" if table is None else f"{len(table):,} rows",
        said=(found.words, rows.words, config_path.words, owned.words, apart.words, attested.words, point.words),
        owners=None if owned.value is None else read_owners(owned.value),
        accepted=None if apart.value is None else read_accepted(apart.value),
        hold=Hold(found.value.id, found.folder),
        headless=headless,
    )
