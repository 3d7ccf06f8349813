"""The first page of a report: what was judged, the verdict, and what the verdict does not cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import auditkit
from auditkit.findings_met import counted, silent
from auditkit.findings_text import instant
from auditkit.widgets.answer import verdict
from auditkit.widgets.base import Static
from auditkit.widgets.coverage import unread
from auditkit.widgets.markup import bullets, definitions, safe_table, safe_text
from auditkit.widgets.views import families

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.findings import Findings
    from auditkit.widgets.desk import Desk

# What the report's page takes its title from.
COVER_TYPE = "application/vnd.auditkit.cover+json"
_FEW = 2


class Cover(Static):
    """The first page; `title` and `facts` as text, the rest as HTML."""

    def __init__(self, desk: Desk, note: str = "") -> None:
        name = _name(desk)
        self.title = f"Access review of {name}, {desk.as_of:%Y-%m-%d}"
        self.snapshot = desk.snapshot.id
        self.facts = facts(desk)
        super().__init__(_html(desk, self.facts, note), text=self.title)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": self.title,
            "text/html": self.fragment,
            COVER_TYPE: {"title": self.title, "snapshot": self.snapshot},
        }


def facts(desk: Desk) -> list[tuple[str, str]]:
    """What was judged, when and with what."""
    snapshot = desk.snapshot
    return [
        ("Organisation", f"{_name(desk)} ({snapshot.organisation_id})"),
        ("Judged as of", instant(desk.as_of)),
        ("Pulled", f"{instant(snapshot.manifest.started_at)} to {instant(snapshot.manifest.finished_at)}"),
        ("Source", snapshot.manifest.origin),
        ("Snapshot", f"{snapshot.id} ({'complete' if snapshot.complete else 'NOT complete'})"),
        ("Tool", f"auditkit {auditkit.__version__}"),
        ("Required permissions", desk.required_words),
        *([("Accepted findings", _accepted(desk))] if desk.accepted is not None else []),
        *([("Attestations", f"{attested:,}")] if (attested := len(desk.tables["attestations"])) else []),
        *([("Earlier snapshot", desk.compared.words)] if desk.compared else []),
    ]


def _html(desk: Desk, told: list[tuple[str, str]], note: str) -> str:
    found, missing = desk.findings, unread(desk.snapshot)
    quiet = _quiet(found)
    read = f"<h2>What was not read</h2>{bullets(missing) or '<p>Nothing: every collection was read whole.</p>'}"
    why = quiet or "<p>Nothing: every rule was evaluated.</p>"
    judged = f"<h2>What was not evaluated, or only in part</h2>{why}"
    return (
        f'<p class="ak-verdict">{safe_text(verdict(found))}</p>{_beside(desk, note)}{_critical(found)}{_high(found)}'
        f'<div class="ak-gaps{" ak-open" if missing or quiet else ""}"><div>{read}</div><div>{judged}</div></div>'
        f"<h2>What was found, by family</h2>{families(found)}"
        f"<h2>What was judged</h2>{definitions(told)}"
        f"<h2>Limits and their sources</h2>{_changed(desk)}{safe_table(desk.limits.table())}"
    )


def _beside(desk: Desk, note: str) -> str:
    """What the verdict leaves out: the accepted findings, and what ended of what was accepted; and the note."""
    told = [] if desk.accepted is None else [f"{_accepted(desk)}, shown apart and not counted here"]
    lines = "".join(f"<p>{safe_text(line)}.</p>" for line in [*told, *([note] if note else [])])
    return lines + bullets(desk.judged.warnings)


def _accepted(desk: Desk) -> str:
    return counted(len(desk.judged.accepted), "accepted finding")


def _quiet(found: Findings) -> str:
    """Why rules could not be judged, or not on everything: each reason once, with all its rules. A few have their
    titles; the answer has a row for each of them."""
    items = [
        f"<li>{safe_text(why)}: {counted(len(rows), 'rule')}{', evaluated in part' if part else ''} "
        f"({_named(rows)})</li>"
        for (part, why), rows in silent(found.rules).groupby(["partly", "why_not"], sort=False)
    ]
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _named(rules: pd.DataFrame) -> str:
    few = len(rules) <= _FEW
    return ("; " if few else ", ").join(map(safe_text, rules.id + ", " + rules.title if few else rules.id))


def _critical(found: Findings) -> str:
    """The critical findings themselves, which nobody should have to look for; ten at most, and how many more."""
    rows = found.frame[found.frame.severity.eq("critical")]
    whose = (" (" + rows.who + ")").fillna("")
    told = list((rows.rule + " " + rows.title + ": " + rows.subject_id + whose + " " + rows.message).head(10))
    more = [f"and {len(rows) - 10:,} more critical ones in the findings"] if len(rows) > 10 else []
    return bullets([*told, *more])


def _high(found: Findings) -> str:
    """The rules with high findings, those with the most of them first."""
    counts = found.frame.loc[found.frame.severity.eq("high"), ["rule", "title"]].value_counts(sort=False)
    counts = counts.sort_values(ascending=False, kind="stable")
    told = [safe_text(f"{rule} {title} ({count:,})") for (rule, title), count in counts.items()]
    return f"<p>High, by rule: {'; '.join(told)}.</p>" if told else ""


def _changed(desk: Desk) -> str:
    """Which limits differ from their defaults, each with its source."""
    rows = desk.limits.changed()
    told = [
        f"{name} is {value}, not {usual} as by default ({source or 'no source is given'})"
        for name, value, usual, source in zip(rows.name, rows.value, rows.default, rows.source, strict=True)
    ]
    return bullets(told) or "<p>Every limit is at its default.</p>"


def _name(desk: Desk) -> str:
    names = desk.snapshot.frames["organisation"].name
    return str(names.iloc[0]) if len(names) else desk.snapshot.organisation_id
