"""What a rule is: a function from named tables to hits, with its words in its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.rules import text
from auditkit.rules.controls import Controls, controls_of

if TYPE_CHECKING:
    from auditkit.access.tables import Tables
    from auditkit.limits import Limits

FAMILIES: Mapping[str, str] = {
    "CRD": "credentials",
    "DAT": "data",
    "ORG": "organisation",
    "PRM": "permissions",
    "PRN": "principals",
    "ROL": "roles",
}
# A table of text: subject_type, subject_id, key, severity, message, related; the first and the fourth may be null.
Hits: TypeAlias = pa.Table
NO_HITS = pa.table(
    {
        name: pa.array([], pa.large_string())
        for name in ("subject_type", "subject_id", "key", "severity", "message", "related")
    }
)

# Why a rule cannot be judged, as a sentence; None where it can.
Need = Callable[["Tables", "Limits"], "str | None"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: what it reads, what it needs, what it says.

    `needs` are judged before the rule: one that answers a sentence keeps it from being evaluated. `doubts` likewise,
    but what was found is kept: it is true, only not the whole. `partial` says the same of unread collections. `spares`
    names collections that its tables are made from, but not what it looks at: it can be judged without them.
    """

    id: str
    title: str
    subject: str
    severity: str
    worse: str | None
    reads: tuple[str, ...]
    of: str
    needs: tuple[Need, ...]
    doubts: tuple[Need, ...]
    partial: bool
    spares: tuple[str, ...]
    why: str
    fix: str
    function: Callable[..., Hits]
    asks: tuple[str, ...]

    @property
    def family(self) -> str:
        """The family's name, such as "credentials"."""
        return FAMILIES[self.id[:3]]

    @property
    def controls(self) -> Controls:
        """The controls that the rule is evidence for, by standard."""
        return controls_of(self.id)

    @property
    def severities(self) -> str:
        """The severity as the rule table prints it."""
        return self.severity if self.worse is None else f"{self.severity}; {self.worse}"

    def hits(self, tables: Mapping[str, Any], *, as_of: pd.Timestamp, limits: Limits) -> Hits:
        """What the rule flags, given its tables by name; `as_of` and `limits` only if it asks for them."""
        offered = {"as_of": as_of, "limits": limits}
        return self.function(*(tables[name] for name in self.reads), **{name: offered[name] for name in self.asks})


def rule(
    rule_id: str,
    title: str,
    *,
    subject: str,
    severity: str,
    reads: Sequence[str],
    worse: str | None = None,
    of: str | None = None,
    needs: Sequence[Need] = (),
    doubts: Sequence[Need] = (),
    partial: bool = False,
    spares: Sequence[str] = (),
) -> Callable[[Callable[..., Hits]], Rule]:
    """Make a rule of a function whose parameters are the tables it `reads`; `of` names what it is counted against."""

    def made(function: Callable[..., Hits]) -> Rule:
        asks = tuple(name for name in inspect.signature(function).parameters if name in ("as_of", "limits"))
        why, fix = _words(function.__doc__ or "")
        return Rule(
            id=rule_id, title=title, subject=subject, severity=severity, worse=worse, reads=tuple(reads),
            of=of or subject, needs=tuple(needs), doubts=tuple(doubts), partial=partial, spares=tuple(spares), why=why,
            fix=fix, function=function, asks=asks,
        )  # fmt: skip

    return made


def hits(
    rows: pd.DataFrame,
    *,
    subject: Sequence[str],
    message: str,
    related: Sequence[str] | Mapping[str, str] = (),
    severity: str | None = None,
    kind: str | None = None,
) -> Hits:
    """One hit for each of `rows`.

    `subject` names the columns that identify the subject, `message` is a template over the columns, `related` the
    columns that prove the hit (or a mapping from key to column), `severity` a column of severities and `kind` one of
    subject types, where they differ from row to row.
    """
    keys = related if isinstance(related, Mapping) else {name: name for name in related}
    if rows.empty:
        return NO_HITS
    none = pa.nulls(len(rows), pa.large_string())
    columns = {
        "subject_type": none if kind is None else text.arrow(rows[kind]),
        "subject_id": text.joined(rows, subject),
        "key": text.json_parts(rows, subject),
        "severity": none if severity is None else text.arrow(rows[severity]),
        "message": text.template(rows, message),
        "related": text.json_objects(rows, keys),
    }
    return pa.table(columns)


def choose(condition: pd.Series, then: str, otherwise: str) -> pd.Series:
    """A text column: `then` where the condition holds, else `otherwise`."""
    picked = pc.if_else(pc.fill_null(text.arrow(condition), False), then, otherwise)
    return text.series(picked, condition.index)


def among(column: pd.Series, known: pd.Series) -> pd.Series:
    """Which values of a text column are in another. By Arrow's hashing, ten times as fast as `isin` on text."""
    found = pc.is_in(text.arrow(column), value_set=text.arrow(known).unique(), skip_nulls=True)
    return pd.Series(found.to_numpy(zero_copy_only=False), index=column.index, dtype="bool")


def _words(docstring: str) -> tuple[str, str]:
    """The two parts of a rule's docstring: what it flags and why, and the fix."""
    flags, _, fix = inspect.cleandoc(docstring).partition("\n\nFix:")
    return " ".join(flags.split("\n\n")[0].split()), " ".join(fix.split())
