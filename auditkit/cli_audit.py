"""The commands that judge a snapshot: audit, report, rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_options import (
    AsOf,
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
from auditkit.cli_output import emit, say, show, write_whole
from auditkit.terminal import audit_text, columns, visible_json, visible_lines

if TYPE_CHECKING:
    from auditkit.findings import Findings


def audit(
    snapshot: SnapshotPath,
    as_of: AsOf = None,
    required: Required = None,
    config: Config = None,
    format_: Annotated[AuditFormat, typer.Option("--format", help="How to print.")] = AuditFormat.table,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.")] = None,
    fail_on: Annotated[
        Severity | None, typer.Option("--fail-on", help="End with status 1 if a finding is this bad or worse.")
    ] = None,
) -> None:
    """Judge a snapshot by every rule.

    \b
    Example:
      auditkit audit ./snapshot --as-of 2026-10-01 --required required.csv --fail-on high
    """
    from auditkit.findings import audit as judge

    found = judge(opened(snapshot), as_of=instant(as_of), limits=limits(config), required=required)
    if out is not None:
        write_whole(out, _file_text(found, format_))
    elif format_ is AuditFormat.table:
        show(audit_text(found))
    elif format_ is AuditFormat.json:
        emit(visible_json(found.to_json()))
    else:
        emit(visible_lines(found.to_csv()))
    if fail_on is not None and len(found.at_least(fail_on.value)):
        raise typer.Exit(1)


def _file_text(found: Findings, format_: AuditFormat) -> str:
    """What a file gets: the table as printed, JSON and CSV with every character as it is."""
    if format_ is AuditFormat.table:
        return audit_text(found).plain
    return found.to_json() if format_ is AuditFormat.json else found.to_csv()


def report(
    snapshot: SnapshotPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="The report to write.")],
    notebook: Annotated[
        str, typer.Option("--notebook", metavar="NAME", help="A bundled notebook's name, or the path of your own.")
    ] = "quarterly_access_review",
    as_of: AsOf = None,
    required: Required = None,
    config: Config = None,
) -> None:
    """Run a notebook on a snapshot and write it as one HTML file that needs nothing else.

    \b
    Example:
      auditkit report ./snapshot --required required.csv --out access-review.html
    """
    from auditkit.access.required import read_required
    from auditkit.report import make_report

    # Read here first: what is wrong with them is then said at once, not by the notebook.
    limits(config)
    if required is not None:
        read_required(required)
    make_report(
        opened(snapshot), out=out, notebook=notebook, as_of=instant(as_of), required=required, config=config
    )
    say(f"wrote {out}")


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
