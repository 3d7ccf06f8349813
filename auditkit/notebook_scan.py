"""A notebook before it is passed on: which keys and e-mail addresses lie in it, where, and what to do about each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from auditkit.errors import InputError
from auditkit.source.masking import key_ids
from auditkit.store import write_file

_NOT_ONE = "name a Jupyter notebook (nbformat 4, .ipynb)"
# The run of characters before the @ is entered at its start only: an image in base64 is one run of a megabyte.
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24})\b")
_ROTATE = (
    "others may have it: issue a new key, deploy it, confirm that it is used, then revoke this one; then clear it from "
    "the notebook, its .ipynb_checkpoints, IPython's history.sqlite and the history of git"
)
_PERSONAL = "personal data: strip the outputs before the notebook is passed on, or see that its readers may know it"


def scan_notebook(path: str | os.PathLike[str], *, strip: bool = False) -> pd.DataFrame:
    """One row for each key and each e-mail address in each place of a notebook: sources, outputs, metadata.

    Returns place, kind (`key` or `e-mail`), shown and advice; `shown` is the public part of a key, `ik_<keyId>`, and
    of an address its first character and its domain. With `strip`, the outputs, their numbers and the saved state of
    widgets are first taken out of the file, which is written anew, whole, with mode 0600; what is then still there
    is returned. InputError for a file that is no notebook.
    """
    # Written where a link leads, not in the link's place.
    file = Path(path).resolve()
    notebook = _read(file)
    if strip:
        _strip(notebook)
        _write(file, notebook)
    rows = [
        {"place": place, "kind": kind, "shown": shown, "advice": advice}
        for place, part in _places(notebook)
        for kind, shown, advice in _found("\n".join(_texts(part)))
    ]
    return pd.DataFrame(rows, columns=["place", "kind", "shown", "advice"], dtype="str")


def _read(file: Path) -> dict[str, Any]:
    """The notebook's JSON; of what is wrong with a file, nothing of its text is said."""
    try:
        notebook: Any = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}; {_NOT_ONE}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: is no JSON ({type(error).__name__}); {_NOT_ONE}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) and notebook.get("nbformat") == 4 else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise InputError(f"{file}: is no notebook that can be scanned; {_NOT_ONE}")
    return dict(notebook)


def _write(file: Path, notebook: dict[str, Any]) -> None:
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    try:
        # Half a surrogate pair is no UTF-8: its escape, which backslashreplace makes, means the same in JSON.
        write_file(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror or error})") from None


def _strip(notebook: dict[str, Any]) -> None:
    """Take out what running the notebook put in."""
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            cell.update(outputs=[], execution_count=None)
    if isinstance(notebook.get("metadata"), dict):
        notebook["metadata"].pop("widgets", None)


def _places(notebook: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every part of the notebook with the words that say where it is."""
    for number, cell in enumerate(notebook["cells"], 1):
        for name, part in cell.items():
            if name == "outputs" and isinstance(part, list):
                yield from ((f"cell {number}, output {at}", output) for at, output in enumerate(part, 1))
            else:
                yield f"cell {number}, {name}", part
    yield from ((f"notebook, {name}", part) for name, part in notebook.items() if name != "cells")


def _texts(part: Any) -> Iterator[str]:
    """Every text in a JSON value, names of fields included; the lines of a list of texts are joined, as they are
    shown. The depth does not matter: parts wait in a line instead of on the stack."""
    line = [part]
    for value in line:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            line += [*value, *value.values()]
        elif isinstance(value, list):
            texts = [each for each in value if isinstance(each, str)]
            line += ["".join(texts)] if len(texts) == len(value) else value


def _found(text: str) -> Iterator[tuple[str, str, str]]:
    """Each key and each address of a text once: its kind, what may be shown of it, and what to do."""
    for key_id in sorted(set(key_ids(text))):
        yield "key", key_id, _ROTATE
    for shown in sorted({f"{match[0][0]}…@{match[1]}" for match in _MAIL.finditer(text)} if "@" in text else ()):
        yield "e-mail", shown, _PERSONAL
