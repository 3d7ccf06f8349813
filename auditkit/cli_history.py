"""The commands that look back: diff, history, and verify for an evidence pack."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from auditkit.cli_audit import set_apart
from auditkit.cli_options import (
    Accepted,
    Attestations,
    Config,
    ExplainFormat,
    HistoryFormat,
    Required,
    instant,
    limits,
    opened,
)
from auditkit.cli_output import emit, say, write_whole
from auditkit.errors import InputError, ReviewError
from auditkit.terminal import columns, visible, visible_json, visible_lines

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.access.tables import Tables
    from auditkit.findings import Findings

_T = TypeVar("_T")
_Format = Annotated[ExplainFormat, typer.Option("--format", help="How to print.")]
_Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.")]
_TWICE = "Once: for both; twice: for OLD, then for NEW."


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The folder of the older snapshot.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the newer one.")],
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", metavar="SNAPSHOT", help="One before OLD; repeatable, oldest first."),
    ] = None,
    as_of: Annotated[
        list[str] | None,
        typer.Option("--as-of", metavar="T", help=f"The instant to judge at. {_TWICE} Default: each when pulled."),
    ] = None,
    required: Annotated[
        list[Path] | None,
        typer.Option("--required", metavar="CSV", help=f"The permissions that each principal must have. {_TWICE}"),
    ] = None,
    config: Annotated[
        list[Path] | None, typer.Option("--config", metavar="FILE", help=f"Limits, as TOML. {_TWICE}")
    ] = None,
    accepted: Accepted = None,
    attestations: Attestations = None,
    format_: _Format = ExplainFormat.text,
    out: _Out = None,
) -> None:
    """Say what changed between two snapshots: records, access, findings.

    Each side is judged as of its own pull, both by the same permissions and limits, unless told otherwise; snapshots
    before OLD are judged as OLD is, as of their own pulls. What it was judged by is said first.

    \b
    Example:
      auditkit diff ./snapshot ./snapshot_next --required required_permissions.csv --config limits.toml
    """
    from auditkit.review.difference import difference
    from auditkit.review.difference_text import to_json, to_text

    instants, csvs, tomls = (
        _two(as_of, "--as-of"), _two(required, "--required"), _two(config, "--config"),
    )  # fmt: skip
    before = earlier or []
    made = _audited(
        [*before, old, new], [*[None] * len(before), *instants], [*[csvs[0]] * len(before), *csvs],
        [*[tomls[0]] * len(before), *tomls], attestations,
    )  # fmt: skip
    *earliest, (old_tables, old_audit), (new_tables, new_audit) = made
    found = difference(
        old_audit, new_audit, old_tables, new_tables, earlier=[audit for _, audit in earliest],
        accepted=_entries(accepted, new_audit), csvs=(_name(csvs[0]), _name(csvs[1])),
    )  # fmt: skip
    text = to_json(found) if format_ is ExplainFormat.json else to_text(found)
    if out is not None:
        write_whole(out, text)
    elif format_ is ExplainFormat.json:
        emit(visible_json(text))
    else:
        emit(visible_lines(text))


def _two(given: list[_T] | None, option: str) -> tuple[_T | None, _T | None]:
    """What is given for OLD and for NEW: nothing, the same for both, or one each."""
    values = given or []
    if len(values) > 2:
        raise InputError(f"{option}: is given {len(values)} times; give it once for both, or twice, for OLD and NEW")
    return (values[0], values[-1]) if values else (None, None)


def _name(path: Path | None) -> str:
    return "" if path is None else path.name


def _audited(
    paths: Sequence[Path],
    instants: Sequence[str | None],
    csvs: Sequence[Path | None],
    tomls: Sequence[Path | None],
    attestations: Path | None,
) -> list[tuple[Tables, Findings]]:
    """Each snapshot's tables, and what the rules find in them."""
    from auditkit.access.required import read_required
    from auditkit.access.tables import Tables
    from auditkit.attestations import read_attestations
    from auditkit.findings import run_rules

    attested = None if attestations is None else read_attestations(attestations)
    made = []
    for path, when, csv, toml in zip(paths, instants, csvs, tomls, strict=True):
        rows = None if csv is None else read_required(csv)
        tables = Tables(opened(path), as_of=instant(when), required=rows, attestations=attested)
        made.append((tables, run_rules(tables, limits(toml))))
    return made


def _entries(path: Path | None, newest: Findings) -> pd.DataFrame | None:
    """What is accepted; what is over, or meets nothing in the newest of the audits, is said."""
    from auditkit.review.accepted import read_accepted

    if path is None:
        return None
    set_apart(newest, path)
    return read_accepted(path)


def history(
    snapshots: Annotated[list[Path], typer.Argument(metavar="SNAPSHOT...", help="The folders, in any order.")],
    as_of: Annotated[
        list[str] | None,
        typer.Option("--as-of", metavar="T", help="One for each SNAPSHOT, in their order. Default: each when pulled."),
    ] = None,
    required: Required = None,
    config: Config = None,
    accepted: Accepted = None,
    attestations: Attestations = None,
    format_: Annotated[HistoryFormat, typer.Option("--format", help="How to print.")] = HistoryFormat.text,
    out: _Out = None,
) -> None:
    """Count the findings of any number of snapshots, oldest first, as a table or as a figure.

    All are judged by the same permissions and limits, or their numbers could not be compared.

    \b
    Example:
      auditkit history ./snapshot ./snapshot_next --format csv
    """
    from auditkit import charts
    from auditkit.findings_text import to_csv
    from auditkit.review.history import history as tell
    from auditkit.review.history import history_json
    from auditkit.review.judged import judged

    if as_of and len(as_of) != len(snapshots):
        raise InputError(
            f"--as-of: {len(as_of)} given for {len(snapshots)} snapshots; give one for each, in their order"
        )
    count = len(snapshots)
    made = _audited(snapshots, as_of or [None] * count, [required] * count, [config] * count, attestations)
    audits = [audit for _, audit in made]
    rows = tell(audits, _entries(accepted, max(audits, key=lambda audit: audit.as_of)))
    tables, audit = made[0]
    by = judged(audit, tables, _name(required))
    if format_ is HistoryFormat.svg:
        text = charts.svg(charts.findings_by_quarter(rows)).decode()
    elif format_ is HistoryFormat.csv:
        text = to_csv(rows.assign(required=by.told_required(), limits=by.told_limits()))
    elif format_ is HistoryFormat.json:
        text = history_json(rows, by)
    else:
        whole = rows.complete.map({True: "yes", False: "no"})
        shown = rows.assign(as_of=rows.as_of.dt.strftime("%Y-%m-%d"), complete=whole)
        table = columns(shown.to_numpy().tolist(), head=tuple(shown.columns))
        text = "\n".join([f"each judged by {by.told()}", "", *table]) + "\n"
    if out is not None:
        write_whole(out, text)
    elif format_ is HistoryFormat.json:
        emit(visible_json(text))
    else:
        emit(visible_lines(text))


def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="An evidence pack: its folder, or its zip.")],
) -> None:
    """Check an evidence pack: every file, that none is missing or added, and the chain of decisions.

    \b
    Example:
      auditkit verify ./evidence
    """
    from auditkit.review.verify import NOT_SOUND, seal
    from auditkit.review.verify import verify as check
    from auditkit.review.what_is import no_pack

    if mistaken := no_pack(pack):
        raise ReviewError(mistaken)
    found = check(str(pack))
    for line in found:
        emit(visible(line))
    if found:
        # The verdict comes last, also where both streams go into one file.
        sys.stdout.flush()
        say(f"NOT SOUND: {pack} {NOT_SOUND}")
        raise typer.Exit(2)
    say("sound: it matches its own list, and its files agree; compare its seal with the one that was written down")
    emit(seal(str(pack)))


def register(root: typer.Typer) -> None:
    """Put these commands into the command line."""
    for command in (diff, history, verify):
        root.command(name=command.__name__)(command)
