"""Filters that were saved under a name: on disk beside the notebooks, so that they outlive a kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from auditkit.errors import InputError
from auditkit.store import write_file

FOLDER, NAME = ".auditkit", "filters.json"
SCHEMA = 1
LONGEST_NAME = 80
Filter = Mapping[str, str]


def read_filters(folder: Path) -> dict[str, dict[str, str]]:
    """The saved filters of a working folder by name; none where none was saved.

    InputError if the file is broken or of another schema: it is then left as it is, for nothing is saved unread.
    """
    path = folder / FOLDER / NAME
    try:
        told = json.loads(path.read_text("utf-8"))
        schema = told["schema"]
        if schema == SCHEMA:
            return {str(name): _texts(one) for name, one in told["filters"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise InputError(
            f"{FOLDER}/{NAME} cannot be read ({type(problem).__name__}); mend it, or delete it to start anew"
        ) from None
    newer = type(schema) is int and schema > SCHEMA
    raise InputError(
        f"{FOLDER}/{NAME} is of schema {schema!r:.40}, and this auditkit reads schema {SCHEMA}: "
        + ("update auditkit, or " if newer else "")
        + "move the file elsewhere to start anew; nothing in it was changed"
    )


def save_filter(folder: Path, name: str, chosen: Filter) -> None:
    """Save a filter under a name, in place of one of the same name."""
    title = name.strip()
    if not title or len(title) > LONGEST_NAME:
        raise InputError(f"a filter needs a name of 1 to {LONGEST_NAME} characters")
    _write(folder, {**read_filters(folder), title: dict(chosen)})


def delete_filter(folder: Path, name: str) -> None:
    """Forget a filter; one that is not there is no error."""
    _write(folder, {title: one for title, one in read_filters(folder).items() if title != name})


def _texts(one: Mapping[str, object]) -> dict[str, str]:
    return {str(key): str(value) for key, value in one.items()}


def _write(folder: Path, filters: Mapping[str, Filter]) -> None:
    text = json.dumps({"schema": SCHEMA, "filters": filters}, ensure_ascii=True, indent=1, sort_keys=True) + "\n"
    write_whole(folder / FOLDER / NAME, text.encode())


def write_whole(target: Path, content: bytes) -> None:
    """Write beside the target and rename into place: the old file or the new one, never half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_file(target, content)


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A path in the folder that nothing has yet: `stem.suffix`, else `stem-2.suffix`, and so on."""
    path, number = folder / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path
