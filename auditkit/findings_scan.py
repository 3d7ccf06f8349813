"""A scan: the CSV that says which key ids were found in which places, and never a secret."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd

from auditkit.errors import InputError
from auditkit.given import read_text

_COLUMNS = ("key_id", "place")
# A key with anything after its id is taken for whole, wherever in the cell it stands.
_WHOLE_KEY = re.compile(r"ik_[A-Za-z0-9_-]*\.\S")


def read_scan(path: str | Path) -> pd.DataFrame:
    """The rows of a CSV with the columns key_id and place, empty places null.

    A whole key in it is refused: `InputError` says the line, and nothing of the key.
    """
    file = Path(path)
    text = read_text(file, "a CSV of key ids and places")
    if found := _WHOLE_KEY.search(text):
        line = text[: found.start()].count("\n") + 1
        raise InputError(
            f"{file}, line {line}: holds a whole key; keep its key id alone, and revoke it: it lies in a file"
        )
    rows = list(_rows(file, text))
    columns = {name: pd.Series([row[name] or None for row in rows], dtype="str") for name in _COLUMNS}
    return pd.DataFrame(columns)


def _rows(file: Path, text: str) -> list[dict[str, str]]:
    """Each row that is not blank; a message tells a line's number, never what stands there."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[dict[str, str]] = []
    try:
        header = next(reader, [])
        if "key_id" not in header or len(set(header)) != len(header) or not set(header) <= set(_COLUMNS):
            raise InputError(f"{file}, line 1: the columns are key_id and place; name them once, in the first line")
        for cells in filter(any, reader):
            row = {"place": ""} | dict(zip(header, cells, strict=False))
            if len(cells) != len(header) or not row["key_id"]:
                raise InputError(f"{file}, line {reader.line_num}: needs a key_id, and as many cells as line 1")
            # People write the id as the key begins: with its `ik_`.
            rows.append(row | {"key_id": row["key_id"].strip().removeprefix("ik_")})
    except csv.Error:
        raise InputError(f"{file}, line {reader.line_num}: is no CSV; quote cells as CSV does") from None
    return rows
