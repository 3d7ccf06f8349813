"""What changed since earlier snapshots: findings, effective access and records, and how fair the comparison is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.errors import InputError
from auditkit.findings import Findings, run_rules
from auditkit.findings_text import instant
from auditkit.report.views import NO_ANCHOR
from auditkit.review.difference import Difference, difference
from auditkit.review.history import history
from auditkit.severity import SEVERITIES
from auditkit.snapshot import Snapshot, load
from auditkit.widgets.base import Panel, View
from auditkit.widgets.markup import safe_table
from auditkit.widgets.review_views import access_view, counts, difference_view, records_view
from auditkit.widgets.rows import with_principals
from auditkit.widgets.views import ALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from auditkit.widgets.desk import Desk

NONE_GIVEN = "No earlier snapshot was given"
_FAIR = "Like for like: both were read whole and by the same version, and the same rules and limits judged both."
# The worst first, as in every other table; the snapshot's hash is a matter for programs.
_TOLD = (
    "as_of", "complete", "findings", "new", "gone", *reversed(SEVERITIES), "accepted", "principals", "credentials",
)  # fmt: skip
_LABELS = {"principal_id": "Principal", "principal_type": "Type", "display_name": "Name"}
_CHANGES = ("gained", "lost", "widened", "narrowed")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A snapshot against the last of the earlier ones, and one row for each of them, oldest first."""

    difference: Difference
    history: pd.DataFrame

    @property
    def words(self) -> str:
        """What became of the findings since the earlier snapshot, in one line."""
        old = self.difference.old
        return f"{old.id} of {instant(old.as_of)}: {counts(self.difference.findings.status)}"


def read_earlier(paths: Sequence[str | Path], snapshot: Snapshot, as_of: pd.Timestamp) -> tuple[Snapshot, ...]:
    """The snapshots of these folders, oldest first.

    Raises `InputError` for one of another organisation, and for one that is not earlier than `as_of`.
    """
    read = [(path, load(path)) for path in paths]
    for path, one in read:
        if one.organisation_id != snapshot.organisation_id:
            raise InputError(
                f"{path}: is of the organisation {one.organisation_id!r}, not of {snapshot.organisation_id!r}; "
                "give an earlier snapshot of the same one"
            )
        if one.as_of >= as_of:
            raise InputError(
                f"{path}: was pulled {instant(one.as_of)}, which is not earlier than {instant(as_of)}; "
                "give a snapshot from before"
            )
    return tuple(sorted((one for _, one in read), key=lambda one: one.as_of))


def compare(desk: Desk) -> Compared | None:
    """What changed since the desk's earlier snapshots, each judged as of its pull, by the desk's limits, required
    permissions and accepted findings; None if there are none."""
    if not desk.earlier:
        return None
    given = {"required": desk.tables["required"], "attestations": desk.tables["attestations"]}
    tables = [Tables(one, **given) for one in desk.earlier]
    audits = [run_rules(each, desk.limits) for each in tables]
    found = difference(
        audits[-1], desk.every, tables[-1], desk.tables, earlier=audits[:-1], accepted=desk.accepted
    )  # fmt: skip
    return Compared(difference=found, history=history([*audits, desk.every], desk.accepted))


class ChangedPanel(Panel):
    """The findings that are new, came back, are accepted or gone since the earlier snapshots, and how fair that is."""

    rules: ClassVar[tuple[str, ...]] = ALL

    def build(self, found: Findings) -> View:
        """One row a finding that is not as it was; what still stands is counted, since it is listed elsewhere."""
        compared = self.desk.compared
        if compared is None:
            return View(frame=pd.DataFrame(), headline=NONE_GIVEN)
        view = difference_view(compared.difference)
        prints = compared.difference.findings.fingerprint
        moved = view.frame.status.ne("still")
        linked = ~view.frame.status.isin(["gone", "accepted"])
        rows = view.frame.assign(anchors=prints.where(linked, NO_ANCHOR))
        table = safe_table(compared.history[list(_TOLD)], caption="Each snapshot, oldest first")
        return replace(
            view,
            frame=rows[moved].reset_index(drop=True),
            notes=[*view.notes, *_standing(view.frame[~moved]), *([] if compared.difference.fairness else [_FAIR])],
            extras=(*view.extras, table),
            draw=lambda: _drawn(compared.history),
            hidden=(*view.hidden, "anchors"),
            links={"rule": "anchors"} if self.desk.headless else {},
        )


class GainedPanel(Panel):
    """Who gained or lost which effective permission since the earlier snapshot, and through what."""

    def build(self, found: Findings) -> View:
        """One row a principal and permission; above them, how many each principal gained and lost."""
        compared = self.desk.compared
        if compared is None:
            return View(frame=pd.DataFrame(), headline=NONE_GIVEN)
        view = access_view(compared.difference)
        if view.frame.empty:
            return view
        each = pd.crosstab(view.frame.principal_id, view.frame.change).reindex(columns=list(_CHANGES), fill_value=0)
        each = each.rename_axis(columns=None).reset_index().sort_values(list(_CHANGES), ascending=False, kind="stable")
        both = (compared.difference.new, compared.difference.old)
        people = pd.concat([one.principals for one in both]).drop_duplicates("principal_id")
        named = with_principals(each, people, ["type", "display_name"])[[*_LABELS, *_CHANGES]]
        table = safe_table(named, caption="Permissions gained and lost, by principal", labels=_LABELS)
        return replace(view, extras=(table,), labels=_LABELS)


class RecordsPanel(Panel):
    """Which records were added, removed or changed since the earlier snapshot, and in which fields."""

    def build(self, found: Findings) -> View:
        """One row a record."""
        compared = self.desk.compared
        return (
            View(frame=pd.DataFrame(), headline=NONE_GIVEN) if compared is None else records_view(compared.difference)
        )


def _standing(still: pd.DataFrame) -> list[str]:
    """How many findings still stand, and in how many snapshots in a row."""
    if still.empty:
        return []
    ages = still.quarters.value_counts().sort_index(ascending=False)
    told = "; ".join(f"{count:,} in {age:,}" for age, count in ages.items())
    return [f"{len(still):,} still stand, so they are listed among all findings. Seen in so many snapshots: {told}."]


def _drawn(rows: pd.DataFrame) -> Figure:
    from auditkit.charts import findings_by_quarter

    return findings_by_quarter(rows)
