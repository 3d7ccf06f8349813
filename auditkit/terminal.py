"""What the commands print, as text: pure functions from results to lines, with every odd character made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from auditkit.access.telling import DATA_NOTE

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.findings import Findings
    from auditkit.snapshot import Snapshot

# What a terminal would obey instead of show: control characters, line separators, marks that turn the reading
# direction, invisible ones, and the tags of plane 14.
_ODD = (
    "\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
_IN_A_CELL = re.compile(f"[{_ODD}]")
_IN_LINES = re.compile(f"(?!\n)(?!\r\n)[{_ODD}]")
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def visible(text: object) -> str:
    """One line of text from outside: what a terminal would obey is written as an escape such as `\\x1b`."""
    return _IN_A_CELL.sub(lambda odd: _escape(odd[0]), str(text))


def visible_lines(text: str) -> str:
    """As `visible`, with line ends kept: for CSV and for text of several lines."""
    return _IN_LINES.sub(lambda odd: _escape(odd[0]), text)


def visible_json(text: str) -> str:
    """JSON with the same meaning in which no character is left that a terminal would obey."""
    # Looking at each character is slow, and nearly no line of a batch holds an odd one.
    return text if text.isprintable() else _IN_LINES.sub(lambda odd: _json_escape(odd[0]), text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def columns(rows: Iterable[Sequence[object]], *, head: Sequence[str]) -> list[str]:
    """Rows as lines of padded columns under a head; the last column is not padded."""
    cells = [list(head), *([visible(cell) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(_padded(row, widths)).rstrip() for row in cells]


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(time: pd.Timestamp) -> str:
    """A time as people read it, in UTC: whole seconds."""
    return f"{time.tz_convert('UTC'):%Y-%m-%d %H:%M:%S} UTC"


def severity_counts(findings: Findings) -> str:
    """`2 critical, 31 high`, worst first, the severities that were met."""
    counts = findings.frame.severity.value_counts(sort=False)
    met = [f"{int(counts[word])} {word}" for word in reversed(counts.index) if counts[word]]
    return ", ".join(met) or "none"


def audit_text(findings: Findings) -> Text:
    """The audit for a reader: the answer, the rules met with their denominators, every finding, what was not judged."""
    out = Text()
    out.append(
        f"{visible(findings.snapshot.organisation_id)} as of {moment(findings.as_of)}: "
        f"{counted(len(findings), 'finding')} ({severity_counts(findings)})\n\n"
    )
    out.append("\n".join(rule_lines(findings)) + "\n\n")
    _append_findings(out, findings.frame)
    for line in gaps_in_reading(findings):
        out.append(line + "\n")
    out.append(f"\n{DATA_NOTE}\n", style="dim")
    return out


def rule_lines(findings: Findings) -> list[str]:
    """The rules that were met, worst first: id, the worst found, how many of how many, how many of each severity."""
    met = findings.met
    rows = zip(met.id, met.worst, met["count"], met.population, met.by_severity, met.title, strict=True)
    return columns(
        [(name, word, f"{count} of {whole}", told, title) for name, word, count, whole, told, title in rows],
        head=("rule", "worst", "met by", "of them", "what it flags"),
    )


def _append_findings(out: Text, frame: pd.DataFrame) -> None:
    lines = _finding_lines(frame)
    out.append(lines[0] + "\n", style="bold")
    for word, line in zip(frame.severity, lines[1:], strict=True):
        out.append(line[: len(word)], style=_STYLES[word])
        out.append(line[len(word) :] + "\n")


def _finding_lines(frame: pd.DataFrame) -> list[str]:
    rows = zip(frame.severity, frame.rule, frame.subject_id, frame.who.fillna(""), frame.message, strict=True)
    return columns(rows, head=("severity", "rule", "subject", "who", "finding"))


def accepted_lines(accepted: pd.DataFrame) -> list[str]:
    """The accepted findings, each with its owner, the last day, and the reason."""
    from auditkit.review.accepted import last_day

    rows = zip(
        accepted.rule, accepted.subject_id, accepted.owner, last_day(accepted.until), accepted.reason, strict=True
    )
    lines = columns(rows, head=("rule", "subject", "owner", "last day", "reason"))
    return [f"{counted(len(accepted), 'accepted finding')}, counted apart:", *(lines if len(accepted) else [])]


def top_findings(findings: Findings, most: int) -> list[str]:
    """The worst findings, a line each under a head: at most two of a rule."""
    from auditkit.findings_met import worst

    return _finding_lines(worst(findings.frame, most))


def gaps_in_reading(findings: Findings) -> list[str]:
    """What could not be judged: the collections not read whole, and each reason with the rules it kept from judging."""
    unread = [f"  {name}: {visible(why)}" for name, why in findings.snapshot.incomplete.items()]
    silent = findings.not_evaluated
    return [
        *_under("Not read whole:", unread),
        *_under("Not evaluated:", _by_reason(silent[~silent.partly])),
        *_under("Partly evaluated:", partly_lines(findings)),
    ]


def partly_lines(findings: Findings) -> list[str]:
    """Each reason for which rules could judge only a part, with those rules."""
    silent = findings.not_evaluated
    return _by_reason(silent[silent.partly])


def _by_reason(silent: pd.DataFrame) -> list[str]:
    reasons = silent.groupby("why_not", sort=False).id.agg(", ".join)
    return [f"  {names}: {visible(why)}" for why, names in reasons.items()]


def _under(head: str, lines: list[str]) -> list[str]:
    return ["", head, *lines] if lines else []


def snapshot_lines(snapshot: Snapshot) -> list[str]:
    """What a pull or an import told: sizes, what was set aside, dropped, looks odd, or could not be read."""
    collections = snapshot.manifest.collections
    kept = sum(entry["kept"] for entry in collections.values())
    lines = [
        f"{visible(snapshot.organisation_id)}: {counted(kept, 'record')} in {counted(len(collections), 'collection')}",
        f"set aside: {_set_aside(snapshot.problems)}",
        f"secrets dropped: {int(snapshot.problems.rule.eq('DAT007').sum())} (rule DAT007)",
    ]
    lines += [f"note: {visible(note)}" for note in snapshot.manifest.notes]
    return lines + [f"not read whole: {name}: {visible(why)}" for name, why in snapshot.incomplete.items()]


def _set_aside(problems: pd.DataFrame) -> str:
    aside = problems.loc[problems.set_aside, "rule"]
    lacking, repeated = int(aside.ne("DAT002").sum()), int(aside.eq("DAT002").sum())
    told = [f"{counted(lacking, 'record')} lacking a field (DAT005)"] if lacking else []
    told += [f"{repeated:,} with a repeated id (DAT002)"] if repeated else []
    return ", ".join(told) or "0 records"
