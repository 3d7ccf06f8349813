"""Findings that somebody accepts until a day: still shown, apart, and counted; afterwards they are findings again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from auditkit import findings_text
from auditkit.attestations import point, tables, texts
from auditkit.errors import InputError
from auditkit.findings import Findings

COLUMNS = ("number", "rule", "subject", "pattern", "reason", "owner", "until")
SAYS = ("reason", "owner", "until")
_NEEDED = ("rule", "reason", "owner", "until")
_DAY = pd.Timedelta(days=1).as_unit("us")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """`open` findings; the `accepted` ones with who accepts them, why and until when; and warnings, a sentence each."""

    open: Findings
    accepted: pd.DataFrame
    warnings: tuple[str, ...]


def read_accepted(path: str | Path) -> pd.DataFrame:
    """The entries of a TOML file: tables `[[accepted]]` with rule, subject or pattern, reason, owner and until.

    A pattern is a subject with `*` for any text and `?` for one character. A date as `until` includes that day, in
    UTC. Gives `COLUMNS`. Raises `InputError` that numbers the entry which lacks a reason, an owner or an end.
    """
    name, rows = Path(path).name, tables(path, "accepted")
    made = [_row(f"{name}, entry {number}", row) | {"number": number} for number, row in enumerate(rows, 1)]
    frame = pd.DataFrame(made, columns=list(COLUMNS))
    plain = {column: frame[column].astype("str") for column in COLUMNS[1:-1]}
    return frame.assign(**plain, until=pd.to_datetime(frame.until, utc=True).astype("datetime64[us, UTC]"))


def _row(where: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if odd := sorted(set(row) - set(COLUMNS[1:])):
        raise InputError(f"{where}: has a key {odd[0]!r}; only {', '.join(COLUMNS[1:])} are known")
    found = texts(where, row, ("rule", "subject", "pattern", "reason", "owner"))
    if missing := [name for name in _NEEDED if not (found[name] if name in found else row.get(name))]:
        raise InputError(f"{where}: has no {missing[0]}; {', '.join(_NEEDED)} are needed")
    if bool(found["subject"]) == bool(found["pattern"]):
        raise InputError(f"{where}: give a subject or a pattern, one of the two")
    until = row["until"]
    whole_day = (isinstance(until, date) and not isinstance(until, datetime)) or (
        isinstance(until, str) and len(until) <= 10
    )
    end = point(where, "until", until)
    return found | {"until": end + _DAY if whole_day else end}


def apply(findings: Findings, accepted: pd.DataFrame, as_of: pd.Timestamp) -> Judged:
    """Set the accepted findings apart. An entry that ended at or before `as_of` accepts nothing more."""
    ended = accepted.until.le(as_of)
    frame = findings.frame
    entry = pd.Series(-1, index=frame.index)
    warnings = [
        f"entry {number}: accepted until {until}, which is over: what it accepted is a finding again"
        for number, until in zip(accepted.number[ended], last_day(accepted.until[ended]), strict=True)
    ]
    for place, row in enumerate(accepted.to_dict("records")):
        met = frame.rule.eq(row["rule"]) & _meets(frame.subject_id, row)
        if not met.any():
            meant = row["subject"] or row["pattern"]
            warnings.append(f"entry {row['number']}: {row['rule']} {meant} matches no finding")
        if not ended.iloc[place]:
            entry = entry.mask(met & entry.eq(-1), place)
    apart = entry.ge(0)
    said = accepted.iloc[entry[apart].to_numpy()][list(SAYS)].reset_index(drop=True)
    beside = pd.concat([frame[apart].reset_index(drop=True), said], axis=1)
    left = frame[~apart].reset_index(drop=True)
    counts = findings.rules.id.map(left.rule.value_counts()).fillna(0).astype("int64")
    still = replace(findings, frame=left, rules=findings.rules.assign(count=counts))
    return Judged(open=still, accepted=beside, warnings=tuple(warnings))


def nothing_accepted(findings: Findings) -> Judged:
    """Findings of which nothing was accepted."""
    none = findings.frame.iloc[:0].assign(reason="", owner="", until=pd.Series(dtype="datetime64[us, UTC]"))
    return Judged(open=findings, accepted=none, warnings=())


def set_apart(findings: Findings, accepted: pd.DataFrame | None) -> Judged:
    """Findings with those set apart that are accepted at the instant of their audit; `accepted` may be nothing."""
    return nothing_accepted(findings) if accepted is None else apply(findings, accepted, findings.as_of)


def among(judged: Judged, fingerprints: Collection[str]) -> Judged:
    """Those of these fingerprints, open and accepted."""
    opened, accepted = (
        frame[frame.fingerprint.isin(list(fingerprints))].reset_index(drop=True)
        for frame in (judged.open.frame, judged.accepted)
    )
    return replace(judged, open=replace(judged.open, frame=opened), accepted=accepted)


def _meets(subjects: pd.Series, row: Mapping[Any, Any]) -> pd.Series:
    if row["subject"]:
        return subjects.eq(row["subject"])
    return pd.Series([fnmatchcase(subject, row["pattern"]) for subject in subjects], index=subjects.index, dtype=bool)


def last_day(until: pd.Series) -> pd.Series:
    """The last day, in UTC, on which something is accepted, of the instants from which it is accepted no more."""
    return (until - pd.Timedelta(microseconds=1)).dt.strftime("%Y-%m-%d").astype("str")


def to_json(judged: Judged) -> str:
    """The open findings as `Findings.to_json` gives them, and beside them a list `accepted`."""
    keys = ("rule", "severity", "subject_type", "subject_id", "related", "message", "fix", "fingerprint", *SAYS)
    rows = judged.accepted.assign(
        severity=judged.accepted.severity.astype("str"), until=last_day(judged.accepted.until)
    )
    records = [row | {"related": json.loads(row["related"])} for row in rows[list(keys)].to_dict("records")]
    lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records]
    return judged.open.to_json().rstrip()[:-1] + ',\n"accepted":[' + ",".join(f"\n{line}" for line in lines) + "]}\n"


def to_csv(judged: Judged) -> str:
    """The open findings, then the accepted ones, with reason, owner and until (empty for an open one) at the end."""
    opened = judged.open.frame.assign(reason="", owner="", until="")
    until = last_day(judged.accepted.until)
    return findings_text.to_csv(pd.concat([opened, judged.accepted.assign(until=until)], ignore_index=True))
