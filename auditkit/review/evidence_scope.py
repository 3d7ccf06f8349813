"""README.txt of a pack: what was asked about and what was not, what was read, and what is odd about its dates."""

from __future__ import annotations

import ipaddress
import textwrap
from urllib.parse import urlsplit

import pandas as pd

from auditkit.access.telling import columns
from auditkit.access.telling import word as plain
from auditkit.findings_text import instant
from auditkit.review.advice import unattached
from auditkit.review.evidence_gathered import Gathered
from auditkit.review.population import population
from auditkit.review.progress import unfinished
from auditkit.severity import SEVERITIES
from auditkit.snapshot import Snapshot

UNASKED = ("rule", "title", "severity", "subject_type", "subject_id", "who", "message", "fix", "fingerprint")
_WIDTH = 118
_CLOCK = pd.Timedelta(minutes=5)
_RECORDS = {
    "principal": ("principals", "", ""),
    "credential": ("credentials", "revoked", "revoked already"),
    "assignment": ("assignments", "expired", "expired already"),
    "grant": ("grants", "expired", "expired already"),
}


def unasked(gathered: Gathered) -> pd.DataFrame:
    """The findings that nobody accepts and that hang on no item, so that no reviewer saw them: the worst first."""
    left = unattached(gathered.open, gathered.campaign.items)
    return left.sort_values("severity", ascending=False, kind="stable", ignore_index=True)[list(UNASKED)]


def by_severity(severity: pd.Series) -> str:
    """How many of each severity, the worst first: `1 critical, 3 high`."""
    counts = severity.astype("str").value_counts()
    return ", ".join(f"{int(counts[one]):,} {one}" for one in reversed(("none", *SEVERITIES)) if one in counts)


def scope_lines(gathered: Gathered) -> list[str]:
    """What was asked about, and what was not, with the reason and the count of each."""
    tables, facts = gathered.tables, gathered.campaign.facts
    whole = population(tables, gathered.limits).kind.value_counts()
    rows = []
    for kind, (name, ended, why) in _RECORDS.items():
        records = tables[name]
        over = int(records[ended].sum()) if ended else 0
        asked = int(facts.counts.get(kind, 0))
        rows.append(
            (f"{kind}s", len(records), asked, int(whole.get(kind, 0)) - asked, f"{over:,} {why}" if why else "0")
        )
    lines = columns(("", "read", "asked about", "left out by the scope", "ended"), rows)
    return [*lines, "", "  NOT asked about, though it bears on who may do what:", *_bullets(_left_out(gathered))]


def _left_out(gathered: Gathered) -> list[str]:
    snapshot, problems = gathered.campaign.snapshot, gathered.campaign.snapshot.problems
    aside, left = problems[problems.set_aside], unasked(gathered)
    said = [
        f"{len(snapshot.group_members):,} memberships in groups: what a group holds was asked about as the group's",
        f"what {len(snapshot.roles):,} roles contain: each assignment was asked about with the name of its role",
        "what had ended when the data was read: the column `ended` above",
        f"{len(aside):,} records that were set aside as they could not be read, or twice; they may be live access",
    ]
    said += [f"   {plain(record)} {plain(one)}: {plain(reason)} ({rule})" for record, one, reason, rule in
             zip(aside.record, aside.record_id, aside.reason, aside.rule, strict=True)]  # fmt: skip
    said.append(
        f"{len(left):,} findings that hang on no item ({by_severity(left.severity) or 'none'}): no reviewer was shown "
        "them; unasked.csv lists them"
    )
    worst = left[left.severity.eq("critical")]
    said += [f"   critical: {plain(rule)} {plain(one)}: {plain(message)}" for rule, one, message in
             zip(worst.rule, worst.subject_id, worst.message, strict=True)]  # fmt: skip
    return said


def read_lines(gathered: Gathered) -> list[str]:
    """What was read, from where and when, by the clock of the IAM and by that of this computer."""
    lines = _read("Judged by", gathered.campaign.snapshot)
    return lines if gathered.after is None else lines + _read("Proved by", gathered.after)


def _read(title: str, snapshot: Snapshot) -> list[str]:
    manifest, unread = snapshot.manifest, snapshot.incomplete
    whole = "; ".join(f"{name} ({why})" for name, why in unread.items())
    return [
        f"  {title:12} data as of {instant(snapshot.as_of)}, from {plain(manifest.origin)}",
        f"  {'':12} read whole: {'yes' if not unread else 'NO: ' + plain(whole)}",
    ]


def warnings(gathered: Gathered) -> list[str]:
    """What an auditor is to know of the dates and origins before all else; none where nothing is odd."""
    sides = [("the data judged", gathered.campaign.snapshot)]
    sides += [] if gathered.after is None else [("the later data", gathered.after)]
    said = [line for what, snapshot in sides for line in _of_snapshot(what, snapshot, gathered.closed_at)]
    lacks = unfinished(gathered.standing)
    said += [f"the review was closed unfinished: {', '.join(lacks)}"] if lacks else []
    began = pd.Timestamp(gathered.campaign.facts.started_at)
    times = pd.to_datetime(gathered.log["at"], utc=True, errors="coerce", format="ISO8601")
    early, late = int(times.lt(began).sum()), int(times.gt(gathered.closed_at).sum())
    said += [f"{early:,} entries of the log are dated before the review began"] if early else []
    said += [f"{late:,} entries of the log are dated after this pack was made"] if late else []
    if len(times) > 1 and times.eq(times.iloc[0]).all():
        said.append(f"all {len(times):,} entries of the log are of one instant, {instant(times.iloc[0])}")
    return said


def _of_snapshot(what: str, snapshot: Snapshot, closed_at: pd.Timestamp) -> list[str]:
    manifest, said = snapshot.manifest, []
    skew = pd.Timedelta(seconds=manifest.clock_skew_seconds)
    if abs(skew) > _CLOCK:
        side = "behind" if skew.total_seconds() < 0 else "ahead of"
        said.append(
            f"{what}: the clock of the IAM was {_long(abs(skew))} {side} the clock of the computer that read it"
        )
    if snapshot.as_of > closed_at + _CLOCK:
        said.append(f"{what} is of {instant(snapshot.as_of)}, which lies AFTER this pack was made")
    if not manifest.origin.startswith(("http://", "https://")):
        said.append(f"{what} was read from a FILE ({plain(manifest.origin)}), not from the IAM")
    elif _loopback(manifest.origin):
        said.append(f"{what} was read from the computer itself ({plain(manifest.origin)}): from a stand-in for the IAM")
    return said


def _long(time: pd.Timedelta) -> str:
    days, minutes = time.days, int(time.total_seconds() // 60)
    return f"{days:,} days" if days > 1 else f"{minutes:,} minutes"


def _loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def wrapped(text: str, before: str, after: str = "  ") -> list[str]:
    """A text in lines of README.txt, the first after `before`, the others after `after`."""
    return textwrap.wrap(
        text, _WIDTH, initial_indent=before, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
    )


def _bullets(lines: list[str]) -> list[str]:
    """The lines as a list; those that begin with a blank belong to the one before."""
    marks = [("       ", "         ") if line.startswith(" ") else ("  - ", "    ") for line in lines]
    return [part for line, mark in zip(lines, marks, strict=True) for part in wrapped(line.strip(), *mark)]
