"""`audit`: every rule run over a snapshot's tables, and what it found as one frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from auditkit import findings_met, findings_text
from auditkit.access.required import read_required
from auditkit.access.tables import LINEAGE, Tables
from auditkit.attestations import read_attestations
from auditkit.errors import InputError
from auditkit.findings_frame import COLUMNS, findings_frame
from auditkit.limits import Limits
from auditkit.rules import RULES
from auditkit.rules.base import NO_HITS, Hits, Rule
from auditkit.rules.populations import COUNTS
from auditkit.schema_columns import TEXT
from auditkit.severity import DTYPE
from auditkit.severity import at_least as _at_least

__all__ = ["COLUMNS", "Findings", "audit", "run_rules"]

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

_RULE_COLUMNS = ("id", "title", "severity", "subject", "family", "evaluated", "why_not", "count", "population")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What an audit found (`frame`, one row a finding, worst first) and what it judged (`rules`, one row a rule)."""

    frame: pd.DataFrame
    rules: pd.DataFrame
    as_of: pd.Timestamp
    limits: Limits
    snapshot: Snapshot

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def not_evaluated(self) -> pd.DataFrame:
        """The rules that could not be judged whole, each with the reason; `partly`: they judged what they could."""
        return findings_met.silent(self.rules)

    @property
    def met(self) -> pd.DataFrame:
        """The rules that found something, worst first: as `rules`, and the columns `worst` and `by_severity`."""
        return findings_met.met(self.frame, self.rules)

    def at_least(self, severity: str) -> pd.DataFrame:
        """The findings of this severity or a worse one."""
        return self.frame[_at_least(self.frame.severity, severity)]

    def to_json(self) -> str:
        """The findings as `audit --format json` prints them: the same bytes for the same snapshot and instant."""
        return findings_text.to_json(self)

    def to_csv(self) -> str:
        """The findings as CSV that no spreadsheet takes for formulas."""
        return findings_text.to_csv(self.frame)

    def _repr_html_(self) -> str:
        return findings_text.to_html(self)


def audit(
    snapshot: Snapshot,
    *,
    as_of: pd.Timestamp | None = None,
    limits: Limits | None = None,
    required: pd.DataFrame | str | Path | None = None,
    scan: pd.DataFrame | None = None,
    attestations: pd.DataFrame | str | Path | None = None,
) -> Findings:
    """Judge a snapshot by every rule at `as_of` (default: when it was pulled).

    `required` is a frame of required permissions or the path of its CSV; `scan` a frame of the key ids that were found
    somewhere, with the place; `attestations` a frame of what people attest, or the path of its TOML.
    """
    rows = read_required(required) if isinstance(required, str | Path) else required
    attested = read_attestations(attestations) if isinstance(attestations, str | Path) else attestations
    tables = Tables(snapshot, as_of=as_of, required=rows, scan=scan, attestations=attested)
    return run_rules(tables, limits or Limits())


def run_rules(tables: Tables, limits: Limits, ids: Iterable[str] | None = None) -> Findings:
    """Judge named tables by the rules of these ids (default: all); an unknown id raises `InputError`."""
    rules = RULES if ids is None else _chosen(list(ids))
    judged = [_judge(rule, tables, limits) for rule in rules]
    frame = findings_frame(rules, [found for _, _, found in judged], tables.snapshot.frames)
    return Findings(
        frame=frame,
        rules=_rule_frame(rules, judged, frame.rule),
        as_of=tables.as_of,
        limits=limits,
        snapshot=tables.snapshot,
    )


def _chosen(ids: Sequence[str]) -> tuple[Rule, ...]:
    known = {rule.id for rule in RULES}
    if odd := [name for name in ids if name not in known]:
        raise InputError(f"there is no rule {odd[0]!r}; `auditkit rules` lists them")
    return tuple(rule for rule in RULES if rule.id in set(ids))


def _judge(rule: Rule, tables: Tables, limits: Limits) -> tuple[str | None, int, Hits]:
    """Why the rule was not evaluated, how many subjects it judged, and its hits."""
    unread = _unread(rule, tables)
    why_not = None if rule.partial else unread
    why_not = why_not or next(filter(None, (need(tables, limits) for need in rule.needs)), None)
    if why_not is not None:
        return why_not, 0, NO_HITS
    found = rule.hits(tables, as_of=tables.as_of, limits=limits)
    doubts = filter(None, (unread, *(doubt(tables, limits) for doubt in rule.doubts)))
    return next(doubts, None), COUNTS[rule.of](tables, limits), found


def _unread(rule: Rule, tables: Tables) -> str | None:
    """Which of the collections that the rule's tables come from were not read whole, and why."""
    needed = {collection for name in rule.reads for collection in LINEAGE[name]} - set(rule.spares)
    broken = sorted(needed & set(tables.snapshot.incomplete))
    told = [f"{name} could not be read whole ({tables.snapshot.incomplete[name]})" for name in broken]
    return "; ".join(told) or None


def _rule_frame(
    rules: Sequence[Rule], judged: Sequence[tuple[str | None, int, Hits]], found: pd.Series
) -> pd.DataFrame:
    counts = found.value_counts().to_dict()
    rows = [
        (rule.id, rule.title, rule.severity, rule.subject, rule.family, why is None, why, counts.get(rule.id, 0), count)
        for rule, (why, count, _) in zip(rules, judged, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(_RULE_COLUMNS))
    # By the dtype itself: "str" is another one, in which no reason is "None", where `future.infer_string` is off.
    texts = dict.fromkeys(["id", "title", "subject", "family", "why_not"], TEXT)
    return frame.astype({**texts, "severity": DTYPE, "evaluated": "bool", "count": "int64", "population": "int64"})
