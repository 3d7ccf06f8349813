"""An organisation document laid out for serving: every list encoded once, credentials and members by their owner."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from auditkit.schema import COLLECTIONS

Record = Mapping[str, Any]
_LISTED = ("principals", "permissions", "resource_types", "roles", "role_assignments", "permission_grants")


@dataclass(frozen=True, slots=True)
class Shelves:
    """What the API can answer with. Records are served as the document has them, also the bad ones."""

    organisation_id: str
    organisation: bytes
    direct: bool
    lists: Mapping[str, Sequence[bytes]]
    raw: Mapping[str, Sequence[Any]]
    principals: Mapping[str, Record]
    keys: Mapping[str, Record]
    api_keys: Mapping[str, Sequence[bytes]]
    secrets: Mapping[str, Sequence[bytes]]
    members: Mapping[str, Sequence[bytes]]


def shelve(document: Mapping[str, Any]) -> Shelves:
    """Lay a document out; only `organisation` and its `id` must be there."""
    raw = {name: document.get(COLLECTIONS[name].field) or [] for name in COLLECTIONS if name != "organisation"}
    organisation = document["organisation"]
    settings = organisation.get("settings")
    principals = _first_by("id", raw["principals"])
    issued = _by("principalId", raw["credentials"])
    return Shelves(
        organisation_id=organisation["id"],
        organisation=encoded(organisation),
        direct=isinstance(settings, Mapping) and settings.get("directApiKeyAuth") is True,
        lists={name: [encoded(record) for record in raw[name]] for name in _LISTED},
        raw=raw,
        principals=principals,
        keys=_first_by("keyId", raw["credentials"]),
        api_keys=_kept(issued, lambda owner, record: not _is_secret(principals.get(owner), record)),
        secrets=_kept(issued, lambda owner, record: _is_secret(principals.get(owner), record)),
        members=_kept(_by("groupId", raw["group_members"]), lambda owner, record: True),
    )


def encoded(record: Any) -> bytes:
    """A record as JSON; also one with text that is no valid Unicode, which only an escape can carry."""
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return json.dumps(record).encode()


def filtered(
    records: Sequence[Any], lines: Sequence[bytes], query: Mapping[str, str], fields: Mapping[str, str]
) -> Sequence[bytes]:
    """The encoded records that match the documented filters: a field's value, or `search` anywhere in their text."""
    wanted = {fields[name]: value for name, value in query.items() if name in fields}
    search = query.get("search", "").casefold()
    if not wanted and not search:
        return lines
    return [line for record, line in zip(records, lines, strict=True) if _matches(record, wanted, search)]


def _matches(record: Any, wanted: Mapping[str, str], search: str) -> bool:
    if not isinstance(record, Mapping):
        return False
    if any(_text(record.get(name)) != value for name, value in wanted.items()):
        return False
    return search in " ".join(_text(value) for value in record.values()).casefold()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_secret(owner: Record | None, record: Record) -> bool:
    """Whether a credential is listed with the service-account secrets; one of unknown kind goes with its principal."""
    kind = record.get("kind")
    if kind in ("ApiKey", "ServiceAccountSecret"):
        return bool(kind == "ServiceAccountSecret")
    return owner is not None and owner.get("type") == "ServiceAccount"


def _by(name: str, records: Iterable[Any]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if isinstance(record, Mapping) and isinstance(owner := record.get(name), str):
            found[owner].append(record)
    return found


def _first_by(name: str, records: Iterable[Any]) -> dict[str, Record]:
    return {value: first[0] for value, first in _by(name, records).items()}


def _kept(by: Mapping[str, list[Record]], keep: Callable[[str, Record], bool]) -> dict[str, list[bytes]]:
    return {owner: [encoded(record) for record in records if keep(owner, record)] for owner, records in by.items()}
