"""Files that people give auditkit: texts and tables of settings, read whole, or refused with what to try."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from auditkit.errors import InputError

SETTINGS = 16 * 1024 * 1024
"""Bytes that nobody's settings reach."""
_ROWS = 256 * 1024 * 1024


def read_text(path: Path, what: str, error: type[InputError] = InputError, *, at_most: int = _ROWS) -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Raises `error`, which names the file and says what is wrong with it: it cannot be read, has more than `at_most`
    bytes, or is no text. `what` is what should be given, such as "a CSV of owners".
    """
    try:
        with path.open("rb") as file:
            data = file.read(at_most + 1)
    except (OSError, ValueError) as problem:
        raise error(f"{path}: {getattr(problem, 'strerror', None) or problem}; give {what}") from None
    if len(data) > at_most:
        raise error(f"{path}: over {at_most:,} bytes, which is too large for {what}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise error(f"{path}, line {line}: not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        raise error(f"{path}: holds a NUL character, so it is no text; save the file as UTF-8")
    return text


def read_toml(path: Path, what: str, error: type[InputError] = InputError) -> dict[str, Any]:
    """The tables of a TOML file; `error` as `read_text` raises it, and for what is no TOML."""
    return parsed_toml(read_text(path, what, error, at_most=SETTINGS), str(path), error)


def parsed_toml(text: str, where: str, error: type[InputError] = InputError) -> dict[str, Any]:
    """The tables of a TOML text; `error` says that what is in `where` is none."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise error(f"{where}: is no TOML: {problem}") from None
