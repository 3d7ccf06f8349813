"""`audit`: every rule run over a snapshot's tables, and what it found as one frame."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit import findings_text
from auditkit.access.required import read_required
from auditkit.access.tables import LINEAGE, Tables
from auditkit.errors import InputError
from auditkit.limits import Limits
from auditkit.rules import RULES
from auditkit.rules.base import Rule
from auditkit.rules.populations import COUNTS
from auditkit.rules.text import arrow, concat, json_values, series
from auditkit.severity import DTYPE, SEVERITIES
from auditkit.severity import at_least as _at_least

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

COLUMNS = (
    "rule", "title", "family", "severity", "subject_type", "subject_id", "message", "fix", "related", "fingerprint",
)  # fmt: skip
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
        """The rules that could not be judged, each with the reason."""
        return self.rules[~self.rules.evaluated].reset_index(drop=True)

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
) -> Findings:
    """Judge a snapshot by every rule at `as_of` (default: when it was pulled).

    `required` is a frame of required permissions or the path of its CSV; `scan` a frame of the key ids that were found
    somewhere, with the place.
    """
    rows = read_required(required) if isinstance(required, str | Path) else required
    return run_rules(Tables(snapshot, as_of=as_of, required=rows, scan=scan), limits or Limits())


def run_rules(tables: Tables, limits: Limits, ids: Iterable[str] | None = None) -> Findings:
    """Judge named tables by the rules of these ids (default: all); an unknown id raises `InputError`."""
    rules = RULES if ids is None else _chosen(list(ids))
    judged = [_judge(rule, tables, limits) for rule in rules]
    return Findings(
        frame=_sorted([found for _, found in judged]),
        rules=_rule_frame([row for row, _ in judged]),
        as_of=tables.as_of,
        limits=limits,
        snapshot=tables.snapshot,
    )


def _chosen(ids: Sequence[str]) -> tuple[Rule, ...]:
    known = {rule.id for rule in RULES}
    if odd := [name for name in ids if name not in known]:
        raise InputError(f"there is no rule {odd[0]!r}; `auditkit rules` lists them")
    return tuple(rule for rule in RULES if rule.id in set(ids))


def _judge(rule: Rule, tables: Tables, limits: Limits) -> tuple[tuple[object, ...], pd.DataFrame]:
    """One rule's row of the rules frame, and its findings."""
    unread = _unread(rule, tables)
    why_not = None if rule.partial else unread
    why_not = why_not or next(filter(None, (need(tables, limits) for need in rule.needs)), None)
    if why_not is not None:
        return _row(rule, why_not, 0, 0), _finish(rule, None)
    found = _finish(rule, rule.hits(tables, as_of=tables.as_of, limits=limits))
    doubts = filter(None, (unread, *(doubt(tables, limits) for doubt in rule.doubts)))
    return _row(rule, next(doubts, None), len(found), COUNTS[rule.of](tables, limits)), found


def _unread(rule: Rule, tables: Tables) -> str | None:
    """Which of the collections that the rule's tables come from were not read whole, and why."""
    needed = {collection for name in rule.reads for collection in LINEAGE[name]} - set(rule.spares)
    broken = sorted(needed & set(tables.snapshot.incomplete))
    told = [f"{name} could not be read whole ({tables.snapshot.incomplete[name]})" for name in broken]
    return "; ".join(told) or None


def _row(rule: Rule, why_not: str | None, count: int, population: int) -> tuple[object, ...]:
    return (
        rule.id, rule.title, rule.severity, rule.subject, rule.family, why_not is None, why_not, count, population,
    )  # fmt: skip


def _rule_frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(_RULE_COLUMNS))
    texts = dict.fromkeys(["id", "title", "subject", "family", "why_not"], "str")
    return frame.astype({**texts, "severity": DTYPE, "evaluated": "bool", "count": "int64", "population": "int64"})


def _finish(rule: Rule, hits: pd.DataFrame | None) -> pd.DataFrame:
    """A rule's hits as findings: one a subject with its worst severity, sorted by subject, fingerprinted."""
    if hits is None or hits.empty:
        return _typed(pd.DataFrame({name: [] for name in COLUMNS}))
    hits = hits.assign(
        severity=pd.Categorical(hits.severity.fillna(rule.severity), dtype=DTYPE),
        subject_type=hits.subject_type.fillna(_subject_type(rule)),
    )
    subject = ["subject_type", "key"]
    if hits.duplicated(subject).any():
        hits = hits.sort_values("severity", ascending=False, kind="stable").drop_duplicates(subject)
    hits = hits.sort_values(["subject_id", "subject_type", "key"], ignore_index=True)
    hits = hits.assign(rule=rule.id, title=rule.title, family=rule.family, fix=rule.fix)
    return _typed(hits.assign(fingerprint=_fingerprints(rule.id, hits)))


def _subject_type(rule: Rule) -> str:
    """What the findings call the rule's subject: "(principal, role)" is `principal|role`, like its ids."""
    words = rule.subject.strip("()").replace(", ", "|")
    return {"machine principal": "principal", "role of scope Organisation": "role"}.get(words, words)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    texts = {name: "str" for name in COLUMNS if name != "severity"}
    return frame[list(COLUMNS)].astype({**texts, "severity": DTYPE})


def _fingerprints(rule_id: str, hits: pd.DataFrame) -> pd.Series:
    """The first 32 hex digits of SHA-256 over the canonical JSON of rule, subject type and the subject's parts."""
    kinds = json_values(hits.subject_type)
    texts = concat(f'["{rule_id}",', kinds, ",", arrow(hits.key), "]", count=len(hits))
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts.to_pylist()]
    return series(pa.array(digests, pa.string()), hits.index)


def _sorted(found: list[pd.DataFrame]) -> pd.DataFrame:
    """All findings, worst first; the rules come in their order and their subjects sorted, so a stable sort will do."""
    whole = pd.concat(found, ignore_index=True) if found else _typed(pd.DataFrame({name: [] for name in COLUMNS}))
    order = pc.sort_indices(pa.array(len(SEVERITIES) - whole.severity.cat.codes.to_numpy())).to_numpy()
    return whole.take(order).reset_index(drop=True)
