"""What if: a change applied to a snapshot in memory; who loses or gains what, and which findings go and come.

Nothing is written, neither here nor in the IAM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.aftermath import calls, told_of_groups
from auditkit.access.authentication import iam_alone
from auditkit.access.changed import changed, touched
from auditkit.access.changes import moved, read_changes, sentences
from auditkit.access.instants import Instant, judged_at
from auditkit.access.naming import Naming
from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.access.telling import columns, html_lines, html_table, numbered, records
from auditkit.access.unread import EVERY, as_far, first_line, not_read
from auditkit.findings import run_rules
from auditkit.limits import Limits

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

_LISTED, _NAMED = 40, 3
_ACCESS = ("principal_id", "permission", "before", "after", "change")
_REQUIRED = (
    "line", "principal_id", "permission", "resource_type", "resource_path", "expect", "before", "after", "change",
    "why",
)  # fmt: skip
_BREAKS = ("change", "line", "principal_id", "name", "permission", "before", "after", "why")
_DIFFERS = ("change", "principal_id", "name", "permissions", "which")
_FINDINGS = ("rule", "severity", "subject_id", "who", "message")


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """What changes would do.

    `access`: one row for each permission of a principal that differs; `required`: the required rows that break or are
    mended, if any were given (`asked`); `gone` and `come`: findings; `authentication`: who can no longer call, or can.
    `told` are the changes with the names of what they are done to, `names` what the principals are called, `types` the
    types of those whose access could differ, `notes` what else is to be known of the changes.
    """

    changes: tuple[str, ...]
    as_of: pd.Timestamp
    then: pd.Timestamp
    access: pd.DataFrame
    required: pd.DataFrame
    authentication: tuple[str, ...]
    gone: pd.DataFrame
    come: pd.DataFrame
    asked: bool = True
    told: tuple[str, ...] = ()
    names: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    types: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    not_read: Mapping[str, str] = field(default_factory=dict)

    @property
    def broken(self) -> pd.DataFrame:
        """The required rows that are met now, and would not be."""
        return self.required[self.required.change.eq("breaks")].reset_index(drop=True)

    def to_dict(self) -> dict[str, Any]:
        """The answer as `what-if --format json` prints it."""
        return {
            "not_read": dict(self.not_read),
            "changes": list(self.changes),
            "as_of": self.as_of.isoformat(),
            "then": self.then.isoformat(),
            "access": records(self.access),
            "required": records(self.required),
            "authentication": list(self.authentication),
            "findings_gone": records(self.gone),
            "findings_come": records(self.come),
        }

    def to_text(self, *, whole: bool = False) -> str:
        """The answer for a reader: the first rows of each table, or all of them."""
        lines = [
            *first_line(self.not_read),
            "If",
            *(f"  {each}" for each in self.told),
            f"as of {self.then:%Y-%m-%d %H:%M} UTC, then",
            self.headline(),
        ]
        lines += [f"  {each}" for each in (*self.notes, *self.authentication)]
        for title, head, frame in self.parts():
            rows = _rows(frame, head)
            if rows:
                shown = rows if whole else rows[:_LISTED]
                more = [f"  and {len(rows) - len(shown):,} more"] if len(rows) > len(shown) else []
                lines += ["", f"{title} ({len(rows)})", *columns(head, shown), *more]
        return "\n".join([*lines, "", "Nothing was changed.", *iam_alone(self.types)]) + "\n"

    def _repr_html_(self) -> str:
        tables = "".join(html_table(head, _rows(frame, head), title) for title, head, frame in self.parts())
        told = [
            *first_line(self.not_read),
            f"If {'; '.join(self.told)}: {self.headline()}",
            *self.notes,
            *self.authentication,
        ]
        return html_lines(told) + tables

    def headline(self) -> str:
        """The outcome in a sentence."""
        counts = self.access.change.value_counts()
        who = self.access.principal_id.nunique()
        lost, gained = int(counts.get("lost", 0)), int(counts.get("gained", 0))
        broken, mended = len(self.broken), int(self.required.change.eq("mended").sum())
        met = f"{numbered(broken, 'required row breaks', 'required rows break')} and "
        rows = met + numbered(mended, "is mended", "are mended") if self.asked else "no required rows were given"
        told = (
            f"{numbered(lost, 'permission is', 'permissions are')} lost and {gained:,} gained, "
            f"by {numbered(who, 'principal')} in all; {rows}; "
            f"{numbered(len(self.gone), 'finding goes', 'findings go')} and "
            f"{numbered(len(self.come), 'comes', 'come')}."
        )
        return as_far(told, self.not_read)

    def parts(self) -> list[tuple[str, tuple[str, ...], pd.DataFrame]]:
        """The tables of the answer: title, the columns that a reader is shown, frame."""
        return [
            ("Required rows that break, or are mended", _BREAKS, self._named(self.required)),
            ("Access that differs", _DIFFERS, self._named(_by_principal(self.access))),
            ("Findings that go", _FINDINGS, self.gone),
            ("Findings that come", _FINDINGS, self.come),
        ]  # fmt: skip

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(name=frame.principal_id.map(self.names).astype("str"))


def what_if(
    snapshot: Snapshot,
    changes: Mapping[str, Any] | str | Path,
    *,
    as_of: Instant = None,
    limits: Limits | None = None,
    required: pd.DataFrame | str | Path | None = None,
) -> WhatIf:
    """What changes would do: a change file, or the same as a mapping.

    The state now is judged at `as_of`, the changed one too unless the changes move the date. ChangeError if the changes
    name anything unknown; then nothing of them is tried.
    """
    checked = read_changes(changes, snapshot)
    now = judged_at(as_of, snapshot.as_of)
    then = moved(checked, now)
    after = changed(snapshot, checked, then)
    rows = read_required(required) if isinstance(required, str | Path) else required
    one, two = Tables(snapshot, as_of=now, required=rows), Tables(after, as_of=then, required=rows)
    gone, come = _findings(one, two, limits or Limits())
    naming = Naming(snapshot)
    principals, reached = snapshot.principals, touched(snapshot, after, checked, now)
    return WhatIf(
        changes=tuple(sentences(checked)),
        as_of=now,
        then=then,
        access=_access(one, two, reached),
        required=_required(one, two) if rows is not None else pd.DataFrame(columns=list(_REQUIRED)),
        authentication=tuple(calls(one, two, naming)),
        gone=gone,
        come=come,
        asked=rows is not None,
        told=tuple(sentences(checked, naming.tell)),
        names=naming.people,
        types=frozenset(principals.type[principals.principal_id.isin(reached)]),
        notes=tuple(told_of_groups(snapshot, checked, naming)),
        not_read=not_read(snapshot, EVERY),
    )


def _access(one: Tables, two: Tables, principals: list[str]) -> pd.DataFrame:
    """The permissions that these principals have differently."""
    pairs = [tables["effective"].pairs(principals=principals) for tables in (one, two)]
    left, right = (
        frame.drop(columns="permission_id").drop_duplicates(["principal_id", "identifier"]) for frame in pairs
    )
    both = left.merge(right, on=["principal_id", "identifier"], how="outer", suffixes=("_before", "_after"))
    before, after = both.level_before, both.level_after
    place = after.cat.codes.astype("int64") - before.cat.codes.astype("int64")
    change = pd.Series("widened", index=both.index).mask(place < 0, "narrowed")
    both = both.assign(change=change.mask(after.isna(), "lost").mask(before.isna(), "gained"))
    named = both.rename(columns={"identifier": "permission", "level_before": "before", "level_after": "after"})
    return named.loc[place != 0, list(_ACCESS)].astype({"before": "str", "after": "str"}).reset_index(drop=True)


def _required(one: Tables, two: Tables) -> pd.DataFrame:
    """The required rows whose being met differs."""
    before, after = one["gaps"], two["gaps"]
    met_before, met_after = _met(before), _met(after)
    names = [name for name in _REQUIRED if name in before]
    frame = before[names].assign(
        before=before.outcome.fillna("unjudged"),
        after=after.outcome.fillna("unjudged"),
        change=pd.Series("mended", index=before.index).where(met_after, "breaks"),
        why=after.unjudged.fillna(after.detail),
    )
    return frame.loc[met_before != met_after, list(_REQUIRED)].reset_index(drop=True)


def _met(gaps: pd.DataFrame) -> pd.Series:
    """Whether each required row is met: allowed where it must be, denied where it must never be."""
    wanted = gaps.expect.map({"allow": "allowed", "deny": "denied"})
    return gaps.outcome.astype("str").eq(wanted).fillna(False).astype(bool)


def _findings(one: Tables, two: Tables, limits: Limits) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The findings that only the present state has, and those that only the changed one has."""
    before, after = run_rules(one, limits).frame, run_rules(two, limits).frame
    gone = before[~before.fingerprint.isin(after.fingerprint)]
    come = after[~after.fingerprint.isin(before.fingerprint)]
    return gone.reset_index(drop=True), come.reset_index(drop=True)


def _by_principal(access: pd.DataFrame) -> pd.DataFrame:
    """For each principal and kind of change, how many permissions, and the first of them."""
    groups = access.groupby(["change", "principal_id"], sort=True).permission
    frame = pd.DataFrame({"permissions": groups.size(), "which": groups.agg(_first_ones)}).reset_index()
    return frame[["change", "principal_id", "permissions", "which"]]


def _first_ones(names: pd.Series) -> str:
    shown = ", ".join(names.head(_NAMED))
    return shown + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def _rows(frame: pd.DataFrame, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    plain = frame[list(names)].astype(object)
    return list(map(tuple, plain.where(plain.notna(), None).to_numpy().tolist()))
