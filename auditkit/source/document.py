"""An organisation document to a snapshot: one JSON object with every collection of the contract."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from auditkit.errors import DocumentError
from auditkit.manifest import Counts, counts
from auditkit.problems import problem_frame
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, build
from auditkit.source.masking import mask
from auditkit.source.records import Decoded, decode_array, decode_records, drift_note
from auditkit.source.remarks import remarks
from auditkit.source.scanner import members

_Parts = dict[str, bytes | memoryview]


def import_document(path: str | os.PathLike[str], *, pulled_at: pd.Timestamp) -> Snapshot:
    """The snapshot of an organisation document, as if pulled at `pulled_at`.

    A collection that the document lacks is incomplete, not empty. DocumentError if the file cannot be read, is no
    JSON object, or names no organisation.
    """
    file = Path(path)
    parts = members(_read(file), file)
    organisation_id = _organisation_id(parts, file)
    decoded = {name: _decode(name, parts[each.field]) for name, each in COLLECTIONS.items() if each.field in parts}
    whole = {name: each for name, each in decoded.items() if isinstance(each, Decoded)}
    incomplete = {name: _missing(name) for name in COLLECTIONS if name not in decoded}
    incomplete |= {name: each for name, each in decoded.items() if isinstance(each, str)}
    found = [each.problems for each in whole.values() if len(each.problems)]
    frames = {name: each.frame for name, each in whole.items()}
    return build(
        frames,
        organisation_id=organisation_id,
        as_of=pulled_at,
        problems=problem_frame(pd.concat(found, ignore_index=True) if found else None),
        origin=file.name,
        incomplete=incomplete,
        parts=_counts(whole, incomplete),
        notes=[*_notes(parts, whole), *remarks(frames, pulled_at)],
    )


def _read(file: Path) -> bytes:
    """The bytes of the document, without a byte order mark."""
    try:
        return file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        raise DocumentError(f"there is no {file}: check the path of the document") from None
    except IsADirectoryError:
        raise DocumentError(f"{file} is a folder: name the JSON file of the document in it") from None
    except (OSError, ValueError) as error:
        raise DocumentError(
            f"cannot read {file}: {getattr(error, 'strerror', None) or error}; check the path"
        ) from None


def _organisation_id(parts: _Parts, file: Path) -> str:
    """The id of the organisation, which even an organisation that is set aside must have."""
    hint = 'a document starts like {"organisation": {"id": "org-1", ...}, "principals": [...], ...}'
    if "organisation" not in parts:
        raise DocumentError(f'{file} has no "organisation": {hint}')
    try:
        organisation = msgspec.json.decode(parts["organisation"], type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise DocumentError(f'in {file}, "organisation" is no readable object: {hint}') from None
    found = organisation.get("id")
    if not isinstance(found, str) or not found:
        raise DocumentError(f'in {file}, "organisation" has no "id" that is text: {hint}')
    return mask(found)


def _decode(name: str, data: bytes | memoryview) -> Decoded | str:
    """A collection's records, or why it cannot be read as one."""
    if name == "organisation":
        return decode_records(name, [data])
    if bytes(data[:1]) != b"[":
        kind = "null" if bytes(data) == b"null" else "no list"
        return f'in the document, "{COLLECTIONS[name].field}" is {kind}, where a list belongs'
    return decode_array(name, data)


def _missing(name: str) -> str:
    return f'the document has no "{COLLECTIONS[name].field}"'


def _counts(whole: dict[str, Decoded], incomplete: dict[str, str]) -> dict[str, Counts]:
    """What became of the records of every collection."""
    return {name: whole[name].counts if name in whole else counts(0, reason=incomplete[name]) for name in COLLECTIONS}


def _notes(parts: _Parts, whole: dict[str, Decoded]) -> list[str]:
    """The fields that the contract does not know, once for each collection and once for the document."""
    notes = [drift_note(name, each.unknown) for name, each in whole.items() if each.unknown]
    strange = sorted(set(parts) - {each.field for each in COLLECTIONS.values()})
    if strange:
        names = ", ".join(mask(name).encode("ascii", "backslashreplace").decode() for name in strange)
        notes.append(f"schema drift: the document holds unknown collections, which were not read: {names}")
    return notes
