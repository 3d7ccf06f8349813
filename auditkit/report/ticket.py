"""The findings as Markdown: a summary for a ticket."""

from __future__ import annotations

import pandas as pd

from auditkit.access.telling import DATA_NOTE
from auditkit.findings import Findings
from auditkit.findings_met import worst
from auditkit.findings_text import instant
from auditkit.report.inert import code_sentence, code_span
from auditkit.review.accepted import last_day


def to_markdown(findings: Findings, accepted: pd.DataFrame | None = None, *, most: int = 20) -> str:
    """The verdict, counts with denominators, what was not read or evaluated, and the `most` worst findings, at most two
    of a rule, with how many more there are of each.

    `findings` are the open ones; `accepted`, if given, is `Judged.accepted`, told apart.

    Every text of the IAM stands in a code span, so that a name is no link, no picture and no mention of somebody.
    """
    frame, rules, snapshot = findings.frame, findings.rules, findings.snapshot
    met = findings.met
    lines = [
        f"# Access audit of {code_span(snapshot.organisation_id)} as of {instant(findings.as_of)}",
        "",
        f"{len(frame):,} findings under {len(met)} of {len(rules)} rules{_by_severity(frame)}{_apart(accepted)}. "
        f"Snapshot `{snapshot.id}`{'' if snapshot.complete else ', **not complete**'}.",
        "",
        DATA_NOTE,
        "",
        *_missing(findings),
        *_met(met),
        *_worst(frame, most),
        *_accepted(accepted),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _by_severity(frame: pd.DataFrame) -> str:
    counts = frame.severity.value_counts()
    told = [f"{int(counts[word]):,} {word}" for word in reversed(counts.index.categories) if counts[word]]
    return f": {', '.join(told)}" if told else ""


def _missing(findings: Findings) -> list[str]:
    silent = findings.not_evaluated
    lines = [
        *(f"- {name} was not read whole: {code_sentence(why)}" for name, why in findings.snapshot.incomplete.items()),
        *(
            f"- {rule} was {'partly' if partly else 'not'} evaluated: {code_sentence(why)}"
            for rule, partly, why in zip(silent.id, silent.partly, silent.why_not, strict=True)
        ),
    ]
    return ["## What is missing", "", *lines, ""] if lines else []


def _met(met: pd.DataFrame) -> list[str]:
    if met.empty:
        return []
    rows = zip(met.id, met.title, met.worst, met["count"], met.population, met.by_severity, met.evaluated, strict=True)
    return [
        "## Rules met",
        "",
        "| rule | title | worst | findings | of them |",
        "|---|---|---|---:|---|",
        *(
            f"| {name} | {title} | {worst} | {count:,} of {of:,}{'' if judged else ', partly evaluated'} | {told} |"
            for name, title, worst, count, of, told, judged in rows
        ),
        "",
    ]


def _worst(frame: pd.DataFrame, most: int) -> list[str]:
    shown = worst(frame, most)
    if shown.empty:
        return []
    left = frame.drop(shown.index).groupby("rule", sort=False).size()
    more = ", ".join(f"{count:,} of {rule}" for rule, count in left.items())
    rows = zip(shown.severity, shown.rule, shown.subject_id, shown.who, shown.message, strict=True)
    return [
        f"## The {len(shown)} worst findings, at most two of a rule" if more else "## The findings",
        "",
        *(
            f"- **{severity}** {rule} {code_span(subject)}{_named(who)}: {code_sentence(message)}"
            for severity, rule, subject, who, message in rows
        ),
        *(["", f"And {int(left.sum()):,} more: {more}."] if more else []),
    ]


def _apart(accepted: pd.DataFrame | None) -> str:
    return "" if accepted is None else f"; {len(accepted):,} accepted, counted apart"


def _accepted(accepted: pd.DataFrame | None) -> list[str]:
    if accepted is None or accepted.empty:
        return []
    rows = zip(
        accepted.rule, accepted.subject_id, accepted.reason, accepted.owner, last_day(accepted.until), strict=True
    )
    return [
        "",
        "## Accepted findings",
        "",
        *(
            f"- {rule} {code_span(subject)}: {code_sentence(reason)}; by {code_span(owner)}, to the end of {day}"
            for rule, subject, reason, owner, day in rows
        ),
    ]


def _named(who: object) -> str:
    return f" ({code_span(who)})" if isinstance(who, str) and who else ""
