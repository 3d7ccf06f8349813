"""Required permissions: the CSV that says who must, and who must never, hold what."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from auditkit.errors import RequiredError
from auditkit.given import read_text

_NEEDED = ("principal_id", "permission")
_OPTIONAL = ("resource_type", "resource_path", "expect", "reason")
_COLUMNS = (*_NEEDED, *_OPTIONAL)
_EXPECT = ("allow", "deny")


def read_required(path: str | Path) -> pd.DataFrame:
    """The rows of a CSV with the columns principal_id and permission, and optionally resource_type, resource_path,
    expect (allow, the default, or deny) and reason.

    Gives those columns as text to the byte, empty cells null, and `line`, where the row begins in the file.
    RequiredError says the line and what is wrong with it.
    """
    file = Path(path)
    return _frame(list(_rows(file, read_text(file, "a CSV of required permissions", RequiredError))))


def _frame(rows: list[tuple[int, dict[str, str]]]) -> pd.DataFrame:
    columns = {name: pd.Series([row.get(name) for _, row in rows], dtype="str") for name in _COLUMNS}
    lines = pd.Series([line for line, _ in rows], dtype="int64")
    return pd.DataFrame({"line": lines, **columns, "expect": columns["expect"].fillna("allow")})


EMPTY = _frame([])


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line on which it begins: only the cells that are not empty."""
    # strict: a quote that is never closed would otherwise swallow the rest of the file.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    began = 1
    try:
        for cells in reader:
            if header is None:
                header = _header(path, cells)
            elif any(cells):
                yield began, _row(f"{path}, line {began}", header, cells)
            began = reader.line_num + 1
    except csv.Error as error:
        raise RequiredError(f"{path}, line {began}: {error}; quote cells as CSV does") from None
    if header is None:
        raise RequiredError(f"{path}: empty; the first line must name the columns {', '.join(_NEEDED)}")


def _header(path: Path, cells: list[str]) -> list[str]:
    where = f"{path}, line 1"
    for cell in cells:
        if cell not in _COLUMNS:
            near = get_close_matches(cell, _COLUMNS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_COLUMNS)}"
            raise RequiredError(f"{where}: unknown column {cell!r}; {hint}")
    if twice := [cell for cell in _COLUMNS if cells.count(cell) > 1]:
        raise RequiredError(f"{where}: the column {twice[0]} is named twice; name it once")
    if missing := [name for name in _NEEDED if name not in cells]:
        raise RequiredError(f"{where}: the column {missing[0]} is missing; add it")
    return cells


def _row(where: str, header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise RequiredError(f"{where}: {len(cells)} cells, and the first line names {len(header)} columns")
    row = {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}
    for name in _NEEDED:
        if name not in row:
            raise RequiredError(f"{where}: {name} is empty; name one")
    if row.get("expect", "allow") not in _EXPECT:
        raise RequiredError(f"{where}: expect is {row['expect']!r}; write allow or deny, or leave it empty")
    if ("resource_type" in row) != ("resource_path" in row):
        raise RequiredError(f"{where}: give both resource_type and resource_path, or neither for the organisation")
    return row
