"""The command that files what was found: report, as HTML, workbook, CSV, Markdown and PDF."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_audit import findings_csv, set_apart
from auditkit.cli_options import (
    Accepted,
    AsOf,
    Attestations,
    Config,
    Required,
    SnapshotPath,
    instant,
    limits,
    opened,
)
from auditkit.cli_output import say, write_whole
from auditkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.findings import Findings
    from auditkit.review.accepted import Judged

_Owners = Annotated[
    Path | None,
    typer.Option("--owners", metavar="CSV", help="Who owns what: a section by owner, in the workbook a column."),
]
_Earlier = Annotated[
    list[Path] | None,
    typer.Option("--earlier", metavar="SNAPSHOT", help="An earlier one to compare with; repeatable."),
]
_Xlsx = Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="The findings as an Excel workbook.")]
_Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="The findings as CSV, safe in spreadsheets.")]
_Markdown = Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="A summary for a ticket.")]
_Pdf = Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="The report printed by Chromium.")]


def report(
    snapshot: SnapshotPath,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.html", help="The report, as one HTML file.")
    ] = None,
    notebook: Annotated[
        str, typer.Option("--notebook", metavar="NAME", help="A bundled notebook's name, or the path of your own.")
    ] = "quarterly_access_review",
    as_of: AsOf = None,
    required: Required = None,
    config: Config = None,
    accepted: Accepted = None,
    attestations: Attestations = None,
    owners: _Owners = None,
    earlier: _Earlier = None,
    xlsx: _Xlsx = None,
    csv: _Csv = None,
    markdown: _Markdown = None,
    pdf: _Pdf = None,
) -> None:
    """Run a notebook on a snapshot and write it as one HTML file that needs nothing else.

    The same findings go to a workbook, CSV, Markdown and PDF where they are asked for.

    \b
    Example:
      auditkit report ./snapshot --required required_permissions.csv --out access-review.html --xlsx findings.xlsx
    """
    exports = {"--xlsx": xlsx, "--csv": csv, "--markdown": markdown}
    _check({"--out": out, **exports, "--pdf": pdf})
    program = _printer() if pdf is not None else ""
    # All is read here first: what is wrong with it is then said at once, not by the notebook.
    owned = _owned(owners)
    found = _judged(snapshot, as_of, required, config, attestations)
    judged = None if accepted is None else set_apart(found, accepted)
    _check_earlier(earlier, found)
    _export(found, judged, owned, exports)
    if out is None and pdf is None:
        return
    with tempfile.TemporaryDirectory(prefix="auditkit-report-") as folder:
        from auditkit.report import make_report

        page = out or Path(folder) / "report.html"
        make_report(
            opened(snapshot), out=page, notebook=notebook, as_of=instant(as_of), required=required, config=config,
            owners=owners, accepted=accepted, attestations=attestations, earlier=earlier or (),
        )  # fmt: skip
        if out is not None:
            say(f"wrote {out}")
        if pdf is not None:
            from auditkit.report.pdf import print_pdf

            print_pdf(page, pdf, program=program)
            say(f"wrote {pdf}")


def _judged(
    snapshot: Path, as_of: str | None, required: Path | None, config: Path | None, attestations: Path | None
) -> Findings:
    """What the exports are made of; what whoever reads them must know is said."""
    judged_by, rows = limits(config), None if required is None else _rows(required)
    from auditkit.cli_notes import notes
    from auditkit.findings import audit

    found = audit(opened(snapshot), as_of=instant(as_of), limits=judged_by, required=rows, attestations=attestations)
    for note in notes(found):
        say(note)
    return found


def _check(files: dict[str, Path | None]) -> None:
    """Refuse what could not be written before anything is judged."""
    asked = {option: path for option, path in files.items() if path is not None}
    if not asked:
        raise InputError(f"nothing to write: give one of {', '.join(files)}")
    places: dict[Path, str] = {}
    for option, path in asked.items():
        if path.is_dir():
            raise InputError(f"{option}: {path} is a folder; name the file to write")
        if not path.absolute().parent.is_dir():
            raise InputError(f"{option}: there is no folder {path.parent} to write into")
        if (other := places.setdefault(path.resolve(), option)) != option:
            raise InputError(f"{other} and {option}: both name {path}; give each a file of its own")


def _owned(owners: Path | None) -> pd.DataFrame | None:
    from auditkit.review.advice import read_owners

    return None if owners is None else read_owners(owners)


def _check_earlier(earlier: list[Path] | None, found: Findings) -> None:
    from auditkit.widgets.since import read_earlier

    read_earlier(earlier or (), found.snapshot, found.as_of)


def _rows(required: Path) -> pd.DataFrame:
    from auditkit.access.required import read_required

    return read_required(required)


def _printer() -> str:
    from auditkit.report.pdf import browser

    return browser()


def _export(found: Findings, judged: Judged | None, owners: pd.DataFrame | None, files: dict[str, Path | None]) -> None:
    """Write each export that was asked for, all of the same findings; the accepted ones apart."""
    opened, apart = (found, None) if judged is None else (judged.open, judged.accepted)
    for option, path in files.items():
        if path is None:
            continue
        if option == "--xlsx":
            from auditkit.report.workbook import write_workbook

            write_workbook(opened, path, apart, owners)
        elif option == "--csv":
            write_whole(path, findings_csv(found, judged))
        else:
            from auditkit.report.ticket import to_markdown

            write_whole(path, to_markdown(opened, apart))
        say(f"wrote {path}")
