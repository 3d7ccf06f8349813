"""The commands that open a desk: demo, which does the whole job once, and lab, which opens JupyterLab."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from auditkit.cli_output import emit, say
from auditkit.terminal import visible_lines


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
