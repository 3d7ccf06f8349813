"""The commands around the desk: demo does the whole job once, lab opens JupyterLab, scan-notebook reads it saved."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from auditkit.cli_output import emit, say
from auditkit.terminal import columns, visible_lines


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.")] = Path("auditkit-demo"),
) -> None:
    """Do the whole job on the bundled organisation: serve it, pull it over HTTP, audit it, write the report.

    \b
    Example:
      auditkit demo --out ./auditkit-demo
    """
    from auditkit.demo import run, summary

    emit(visible_lines(summary(run(out, tell=say), program=_program())))


def _program() -> str:
    """How this auditkit is started again from here: by its name alone only where the shell would find this one."""
    started = Path(sys.argv[0])
    if started.name != "auditkit":
        return f"{shlex.quote(sys.executable)} -m auditkit"
    found = shutil.which("auditkit")
    return "auditkit" if found and started.exists() and Path(found).samefile(started) else shlex.quote(str(started))


def lab(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder to work in.")] = Path("auditkit-lab"),
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Start the server, open nothing.")] = False,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, metavar="N", help="The port; default: a free one.")
    ] = None,
) -> None:
    """Open JupyterLab on the notebooks and a snapshot; a folder without a snapshot gets the sample's.

    What is already in the folder is never overwritten.

    \b
    Example:
      auditkit lab ./auditkit-demo
    """
    from auditkit.lab import command, environment, prepare

    for name in prepare(folder):
        say(f"put {folder / name}")
    start = command(folder, browser=not no_browser, port=port)
    sys.stdout.flush()
    # This process becomes the server, so that what is typed and what is killed reach it and nothing between.
    os.execve(start[0], start, environment(folder))  # noqa: S606 - no shell is wanted


def scan_notebook(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Notebooks.")],
    strip: Annotated[
        bool, typer.Option("--strip", help="Take outputs and the state of widgets out of the files first.")
    ] = False,
) -> None:
    """List the keys and e-mail addresses in notebooks before they are passed on, and say what to do about each.

    Of a key only its public part is shown. Ends with status 1 if there are any.

    \b
    Example:
      auditkit scan-notebook ./quarterly_access_review.ipynb --strip
    """
    from auditkit.notebook_scan import scan_notebook as scan

    found = [scan(file, strip=strip).assign(file=str(file)) for file in files]
    rows = [row for each in found for row in zip(each.file, each.place, each.kind, each.shown, strict=True)]
    advice = {kind: words for each in found for kind, words in zip(each.kind, each.advice, strict=True)}
    if not rows:
        say(f"{'stripped' if strip else 'scanned'}: no key and no e-mail address found")
        return
    emit("\n".join(columns(rows, head=("file", "place", "kind", "what"))))
    for kind, words in sorted(advice.items()):
        say(f"{kind}: {words}")
    raise typer.Exit(1)
