"""By what an audit was judged: its instant, its limits and its required permissions; and whether two were alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.findings import Findings
from auditkit.findings_text import instant
from auditkit.limits import Limits

_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """By what one audit was judged; `csv` is the name of the file of `required`, where it came from a file."""

    as_of: pd.Timestamp
    pulled_at: pd.Timestamp
    limits: Limits
    required: pd.DataFrame | None
    csv: str = ""

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of what the required permissions say, whatever the layout of their file; "" without any."""
        if self.required is None:
            return ""
        says = self.required.drop(columns="line", errors="ignore").astype("str")
        text = says.sort_values(list(says.columns)).to_csv(index=False, lineterminator="\n")
        return hashlib.sha256(text.encode()).hexdigest()

    def told(self) -> str:
        """The required permissions and the limits in words."""
        return f"{self.told_required()}, {self.told_limits()}"

    def told_required(self) -> str:
        """The required permissions in words."""
        if self.required is None:
            return "no required permissions"
        rows = f"{len(self.required):,} required permission{'' if len(self.required) == 1 else 's'}"
        return f"{rows} of {self.csv} ({self.digest[:12]})" if self.csv else f"{rows} ({self.digest[:12]})"

    def told_limits(self) -> str:
        """The limits in words: those that are not the default."""
        odd = self.limits.changed()
        named = "; ".join(f"{name} {value}" for name, value in zip(odd.name, odd.value, strict=True))
        return f"limits: {named}" if named else "the default limits"

    def to_dict(self) -> dict[str, object]:
        """The whole for JSON."""
        table = self.limits.table()
        rows = zip(table.name, table.value, table.source, strict=True)
        named = None if self.required is None else {
            "file": self.csv or None, "rows": len(self.required), "sha256": self.digest,
        }  # fmt: skip
        return {
            "as_of": instant(self.as_of),
            "required": named,
            "limits": {name: {"value": value, "source": source or None} for name, value, source in rows},
        }


def judged(audit: Findings, tables: Tables, csv: str = "") -> Judged:
    """By what these tables were judged."""
    return Judged(
        as_of=audit.as_of, pulled_at=audit.snapshot.as_of, limits=audit.limits, required=tables["required"], csv=csv
    )


def told(old: Judged, new: Judged) -> list[str]:
    """By what two audits were judged, in a line or two."""
    said = [f"the older is judged as of {instant(old.as_of)}, the newer as of {instant(new.as_of)}"]
    if old.told() == new.told():
        return [*said, f"both by {old.told()}"]
    return [*said, f"the older by {old.told()}", f"the newer by {new.told()}"]


def unlike(old: Judged, new: Judged) -> list[str]:
    """Why two audits were not judged alike, and what that does to the numbers; none where they were."""
    said = []
    if old.digest != new.digest:
        said.append(
            f"the older was judged by {old.told_required()}, the newer by {new.told_required()}: what is missing, "
            "forbidden or too much may come or go without any change of access"
        )
    late = [each.as_of - each.pulled_at for each in (old, new)]
    if abs(late[1] - late[0]) > _DAY:
        said.append(
            f"the older was judged {_distance(late[0])}, the newer {_distance(late[1])}: what time alone brings "
            "(expired, dormant, too old) may come or go without any change"
        )
    return said + _limits(old.limits, new.limits)


def _distance(late: pd.Timedelta) -> str:
    days = abs(late).days
    if not days:
        return "when it was pulled"
    return f"{days:,} day{'' if days == 1 else 's'} {'after' if late.value > 0 else 'before'} it was pulled"


def _limits(old: Limits, new: Limits) -> list[str]:
    before, after = old.table().set_index("name").value, new.table().set_index("name").value
    odd = before.index[before.ne(after)]
    return [
        f"the limit {name} was {before[name]} and is {after[name]}: findings under it may come or go without any change"
        for name in odd
    ]
