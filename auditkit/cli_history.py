"""The commands that look back: diff, history, and verify for an evidence pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditkit.cli_options import (
    Attestations,
    Config,
    ExplainFormat,
    HistoryFormat,
    Required,
    limits,
    opened,
)
from auditkit.cli_output import emit, say, write_whole
from auditkit.terminal import columns, visible, visible_json, visible_lines

_Format = Annotated[ExplainFormat, typer.Option("--format", help="How to print.")]


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The folder of the older snapshot.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the newer one.")],
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", metavar="SNAPSHOT", help="One before OLD; repeatable, oldest first."),
    ] = None,
    required: Required = None,
    config: Config = None,
    attestations: Attestations = None,
    format_: _Format = ExplainFormat.text,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.")] = None,
) -> None:
    """Say what changed between two snapshots: records, access, findings.

    \b
    Example:
      auditkit diff ./2026-q3 ./2026-q4 --format json
    """
    from auditkit.access.required import read_required
    from auditkit.access.tables import Tables
    from auditkit.attestations import read_attestations
    from auditkit.findings import run_rules
    from auditkit.review.difference import difference
    from auditkit.review.difference_text import to_json, to_text

    rows = None if required is None else read_required(required)
    attested = None if attestations is None else read_attestations(attestations)
    judged = limits(config)
    tables = [Tables(opened(path), required=rows, attestations=attested) for path in (*(earlier or []), old, new)]
    audits = [run_rules(each, judged) for each in tables]
    found = difference(audits[-2], audits[-1], tables[-2], tables[-1], earlier=audits[:-2])
    text = to_json(found) if format_ is ExplainFormat.json else to_text(found)
    if out is not None:
        write_whole(out, text)
    elif format_ is ExplainFormat.json:
        emit(visible_json(text))
    else:
        emit(visible_lines(text))


def history(
    snapshots: Annotated[list[Path], typer.Argument(metavar="SNAPSHOT...", help="The folders, in any order.")],
    required: Required = None,
    config: Config = None,
    attestations: Attestations = None,
    format_: Annotated[HistoryFormat, typer.Option("--format", help="How to print.")] = HistoryFormat.text,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.")] = None,
) -> None:
    """Count the findings of any number of snapshots, oldest first, as a table or as a figure.

    \b
    Example:
      auditkit history ./2026-q2 ./2026-q3 ./2026-q4 --format csv
    """
    from auditkit import charts
    from auditkit.findings import audit
    from auditkit.findings_text import to_csv
    from auditkit.review.history import history as tell

    given = {"limits": limits(config), "required": required, "attestations": attestations}
    rows = tell([audit(opened(path), **given) for path in snapshots])  # type: ignore[arg-type]
    if format_ is HistoryFormat.svg:
        text = charts.svg(charts.findings_by_quarter(rows)).decode()
    elif format_ is HistoryFormat.csv:
        text = to_csv(rows)
    else:
        whole = rows.complete.map({True: "yes", False: "no"})
        shown = rows.assign(as_of=rows.as_of.dt.strftime("%Y-%m-%d"), complete=whole)
        text = "\n".join(columns(shown.to_numpy().tolist(), head=tuple(shown.columns))) + "\n"
    if out is None:
        emit(visible_lines(text))
    else:
        write_whole(out, text)


def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="An evidence pack: its folder, or its zip.")],
) -> None:
    """Check an evidence pack: every file, that none is missing or added, and the chain of decisions.

    \b
    Example:
      auditkit verify ./2026-q4-evidence
    """
    from auditkit.review.verify import verify as check

    found = check(str(pack))
    for line in found:
        emit(visible(line))
    if found:
        say(f"auditkit: {pack} is not as it was made")
        raise typer.Exit(2)
    emit("sound: every file is as it was made, and the chain of decisions holds")


def register(root: typer.Typer) -> None:
    """Put these commands into the command line."""
    for command in (diff, history, verify):
        root.command(name=command.__name__)(command)
