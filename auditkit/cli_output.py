"""Where the commands write: standard output for the result, standard error for what is said about it, files whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import InputError
from auditkit.store import write_file
from auditkit.terminal import visible

if TYPE_CHECKING:
    from rich.text import Text


def emit(text: str) -> None:
    """Write a result to standard output, ending with a line end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def say(line: str) -> None:
    """Write one line about the work to standard error."""
    sys.stderr.write(visible(line) + "\n")


def show(text: Text) -> None:
    """Write styled text: with its colours in a terminal, plain where it is piped."""
    if not sys.stdout.isatty():
        emit(text.plain)
        return
    from rich.console import Console

    Console(markup=False, highlight=False, emoji=False).print(text, end="", soft_wrap=True)


def check_place(path: Path) -> None:
    """`InputError` where no file can come to lie at `path`: its folder is missing, or it is a folder itself."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name the file to write")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent} to write it into")


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and rename it there, so that no reader ever sees half of it."""
    check_place(path)
    try:
        write_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        # Its own words would name the file beside, which nobody asked for.
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None


def prepare_streams() -> None:
    """A character that the terminal's encoding lacks is shown as an escape, not raised."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
