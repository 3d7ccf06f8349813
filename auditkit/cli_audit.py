"""The commands that judge a snapshot: audit, rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_options import (
    Accepted,
    AsOf,
    Attestations,
    AuditFormat,
    Config,
    Required,
    RulesFormat,
    Severity,
    SnapshotPath,
    instant,
    limits,
    opened,
)
from auditkit.cli_output import check_place, emit, say, show, write_whole
from auditkit.terminal import accepted_lines, audit_text, columns, visible_json, visible_lines

if TYPE_CHECKING:
    from rich.text import Text

    from auditkit.findings import Findings
    from auditkit.review.accepted import Judged


def audit(
    snapshot: SnapshotPath,
    as_of: AsOf = None,
    required: Required = None,
    config: Config = None,
    accepted: Accepted = None,
    attestations: Attestations = None,
    scan: Annotated[
        Path | None,
        typer.Option(
            "--scan",
            metavar="CSV",
            help="Where key ids were found, for CRD009: columns key_id, place; never a whole key.",
        ),
    ] = None,
    format_: Annotated[AuditFormat, typer.Option("--format", help="How to print.")] = AuditFormat.table,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.")] = None,
    fail_on: Annotated[
        Severity | None, typer.Option("--fail-on", help="End with status 1 if a finding is this bad or worse.")
    ] = None,
) -> None:
    """Judge a snapshot by every rule.

    \b
    Example:
      auditkit audit ./snapshot --as-of 2026-10-01 --required required_permissions.csv --fail-on high
    """
    from auditkit.cli_notes import notes
    from auditkit.findings import audit as judge
    from auditkit.findings_scan import read_scan

    if out is not None:
        check_place(out)
    found = judge(
        opened(snapshot), as_of=instant(as_of), limits=limits(config), required=required, attestations=attestations,
        scan=None if scan is None else read_scan(scan),
    )  # fmt: skip
    for note in notes(found):
        say(note)
    judged = None if accepted is None else set_apart(found, accepted)
    found = found if judged is None else judged.open
    if out is not None:
        write_whole(out, _file_text(found, judged, format_))
    elif format_ is AuditFormat.table:
        show(_table(found, judged))
    elif format_ is AuditFormat.json:
        emit(visible_json(_json(found, judged)))
    elif format_ is AuditFormat.csv:
        emit(visible_lines(findings_csv(found, judged)))
    else:
        emit(_for_pipelines(found, judged, format_))
    if fail_on is not None and len(found.at_least(fail_on.value)):
        raise typer.Exit(1)


def set_apart(found: Findings, path: Path) -> Judged:
    """The findings with the accepted ones set apart; its warnings are said."""
    from auditkit.review.accepted import apply, read_accepted

    judged = apply(found, read_accepted(path), found.as_of)
    for warning in judged.warnings:
        say(f"{path.name}, {warning}")
    return judged


def _file_text(found: Findings, judged: Judged | None, format_: AuditFormat) -> str:
    """What a file gets: the table as printed, JSON and CSV with every character as it is."""
    if format_ is AuditFormat.table:
        return _table(found, judged).plain
    if format_ in (AuditFormat.sarif, AuditFormat.junit):
        return _for_pipelines(found, judged, format_)
    return _json(found, judged) if format_ is AuditFormat.json else findings_csv(found, judged)


def _for_pipelines(found: Findings, judged: Judged | None, format_: AuditFormat) -> str:
    """SARIF or JUnit; both show every odd character of the IAM's texts as an escape already."""
    from auditkit.report.pipelines import to_junit, to_sarif

    apart = None if judged is None else judged.accepted
    return to_sarif(found, apart) if format_ is AuditFormat.sarif else to_junit(found, apart)


def _table(found: Findings, judged: Judged | None) -> Text:
    text = audit_text(found)
    return text if judged is None else text.append("\n".join(["", *accepted_lines(judged.accepted), ""]))


def _json(found: Findings, judged: Judged | None) -> str:
    from auditkit.review.accepted import to_json

    return found.to_json() if judged is None else to_json(judged)


def findings_csv(found: Findings, judged: Judged | None) -> str:
    """The findings as CSV, those that are accepted behind the open ones."""
    from auditkit.review.accepted import to_csv

    return found.to_csv() if judged is None else to_csv(judged)


def rules(
    format_: Annotated[RulesFormat, typer.Option("--format", help="How to print.")] = RulesFormat.text,
) -> None:
    """List the rules: what each flags, how bad that is, what to do.

    \b
    Example:
      auditkit rules --format markdown
    """
    from auditkit.rules.listing import rules_json, rules_markdown, rules_table

    if format_ is RulesFormat.json:
        emit(rules_json())
    elif format_ is RulesFormat.markdown:
        emit(rules_markdown())
    else:
        table = rules_table()
        rows = zip(table.id, table.subject, table.title, table.severity, strict=True)
        emit("\n".join(columns(rows, head=("rule", "subject", "title", "severity"))))
