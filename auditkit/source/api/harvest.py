"""What a pull has brought so far: raw records by list, what could not be read and why. Valid at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from auditkit.manifest import Unread
from auditkit.schema import COLLECTIONS
from auditkit.source.api.profile import OWNED, Row
from auditkit.source.masking import mask
from auditkit.source.progress import Tally

_REFUSED = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError)
# What each type of principal owns; an unknown type may own both kinds of credentials.
_LISTS = {
    "User": (),
    "Group": ("group_members",),
    "ApiKey": ("api_key_credentials",),
    "ServiceAccount": ("service_account_credentials",),
}
_UNKNOWN = ("api_key_credentials", "service_account_credentials")


class _Owner(msgspec.Struct):
    id: str
    type: str


class _Id(msgspec.Struct):
    id: str


@dataclass(frozen=True, slots=True)
class Job:
    """One list to read: a row of the profile, for one owner where the row is by owner."""

    row: Row
    owner: str | None = None
    # Whether only the first page is looked at once more, to see if the list has changed meanwhile.
    again: bool = False


@dataclass(slots=True)
class Harvest:
    """Raw records by collection, the jobs not finished, and why a list or the whole pull ended early."""

    items: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in COLLECTIONS})
    open: dict[Job, None] = field(default_factory=dict)
    failed: dict[Job, tuple[str, int | None]] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    first_pages: dict[str, frozenset[bytes]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""
    done: Counter[str] = field(default_factory=Counter)

    def tally(self, requests: int, waiting: str) -> Tally:
        """How far it is."""
        lists = self.done.total()
        return Tally(
            lists=lists,
            known=lists + len(self.failed) + len(self.open),
            refused=len(self.failed),
            records=sum(map(len, self.items.values())),
            requests=requests,
            waiting=waiting,
        )

    def unread(self) -> Iterator[tuple[Job, str, int | None]]:
        """Every list that was not read to its end: which, why, and the status if there was one."""
        for job, (reason, status) in self.failed.items():
            yield job, reason, status
        for job in self.open:
            if not job.again:
                yield job, self.stopped or "not read", None

    def unread_entries(self) -> list[Unread]:
        """The same for the manifest."""
        entries = [
            Unread(collection=job.row.collection, owner=job.owner and mask(job.owner), reason=reason, status=status)
            for job, reason, status in self.unread()
        ]
        return sorted(entries, key=lambda each: (each["collection"], each["owner"] or "", each["reason"]))


def owned_rows(item: bytes) -> tuple[str | None, tuple[str, ...]]:
    """The id of a principal and the names of the rows to ask for it; a record that cannot be read owns nothing."""
    try:
        owner = msgspec.json.decode(item, type=_Owner)
    except _REFUSED:
        return _id_alone(item), _UNKNOWN
    return owner.id, _LISTS.get(owner.type, _UNKNOWN)


def _id_alone(item: bytes) -> str | None:
    """The id of a principal whose type is missing."""
    try:
        return msgspec.json.decode(item, type=_Id).id
    except _REFUSED:
        return None


def rows_for_type(kind: str | None) -> tuple[str, ...]:
    """The names of the rows to ask for a principal of a type."""
    return _LISTS.get(kind or "", _UNKNOWN)


def adapted(row: Row, items: list[bytes], owner: str | None) -> list[bytes]:
    """The records with the profile's renames done and the owner filled in; as they are where there is nothing to do."""
    if not row.renames and not (row.owner and owner is not None):
        return items
    return [_adapted(row, item, owner) for item in items]


def _adapted(row: Row, item: bytes, owner: str | None) -> bytes:
    """One record. What is no JSON object stays as it is, to be set aside with its reason."""
    try:
        record = msgspec.json.decode(item, type=dict[str, msgspec.Raw])
        for source, wanted in row.renames.items():
            _rename(record, source, wanted)
        if row.owner and owner is not None:
            record.setdefault(row.owner, msgspec.Raw(msgspec.json.encode(owner)))
        return msgspec.json.encode(record)
    except _REFUSED:
        return item


def _rename(record: dict[str, msgspec.Raw], source: str, wanted: str) -> None:
    """Move a field, dotted on either side where nested; a field that is not there leaves everything as it is."""
    found = _taken(record, source)
    if found is None:
        return
    outer, _, inner = wanted.partition(".")
    if not inner:
        record[outer] = found
        return
    part = msgspec.json.decode(record[outer], type=dict[str, msgspec.Raw]) if outer in record else {}
    part[inner] = found
    record[outer] = msgspec.Raw(msgspec.json.encode(part))


def _taken(record: dict[str, msgspec.Raw], source: str) -> msgspec.Raw | None:
    outer, _, inner = source.partition(".")
    if not inner:
        return record.pop(outer, None)
    if outer not in record:
        return None
    part = msgspec.json.decode(record[outer], type=dict[str, msgspec.Raw])
    found = part.pop(inner, None)
    if part:
        record[outer] = msgspec.Raw(msgspec.json.encode(part))
    else:
        del record[outer]
    return found


def reasons(harvest: Harvest, asked: Mapping[str, int]) -> dict[str, str]:
    """Why each collection that is incomplete is; `asked`: how many lists of owners a collection consists of."""
    found: dict[str, list[str]] = {}
    for job, reason, _ in harvest.unread():
        found.setdefault(job.row.collection, []).append(reason)
    told = {}
    for name, why in found.items():
        first = next((reason for reason in why if reason != harvest.stopped), why[0])
        told[name] = f"{len(why):,} of {asked[name]:,} lists could not be read: {first}" if name in asked else first
    if "principals" in told:
        for name in sorted({collection for collection, _ in OWNED.values()}):
            told[name] = "the principals were not read whole, so that not everybody's list was asked for"
    return told
