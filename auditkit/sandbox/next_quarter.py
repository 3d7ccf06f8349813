"""The sample organisation a quarter later: some of what was decided is done, some is not, some access came back."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from auditkit.bundle import NEXT_AS_OF, SAMPLE_AS_OF

Record = dict[str, Any]
_QUARTER = datetime.fromisoformat(NEXT_AS_OF) - datetime.fromisoformat(SAMPLE_AS_OF)
_LATELY = timedelta(days=30)
_NEW = ("Ines Calloway", "Tomas Varga", "Ruth Adeyemi")


def next_quarter(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of an organisation at `NEXT_AS_OF`, made from the one at `SAMPLE_AS_OF`: the same every time.

    Ordinary credentials were rotated, those of principals that are out of use revoked by turns; assignments of such
    principals removed by turns, and one of them given again; people joined and a gateway was set up.
    """
    later = copy.deepcopy(dict(document))
    unusable = {each["id"] for each in later["principals"] if not _usable(each, later["organisation"]["id"])}
    _stay_in_use(later)
    _rotate(later, unusable)
    _revoke(later, unusable)
    _take_away(later, unusable)
    _join(later)
    return later


def _usable(principal: Record, organisation: str) -> bool:
    ended = _past(principal.get("expiresAt"), SAMPLE_AS_OF)
    return principal["status"] == "Active" and principal["organisationId"] == organisation and not ended


def _past(text: str | None, instant: str) -> bool:
    time = _time(text)
    return time is not None and time <= datetime.fromisoformat(instant)


def _time(text: object) -> datetime | None:
    """A time of the document; None for none, and for one that is wrong on purpose."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None


def _stay_in_use(document: dict[str, Any]) -> None:
    """Whoever was there lately was there lately again."""
    pairs = ((document["principals"], "lastActiveAt"), (document["credentials"], "lastUsedAt"))
    for record, name in ((record, name) for records, name in pairs for record in records):
        time = _time(record.get(name))
        if time is not None and time > datetime.fromisoformat(SAMPLE_AS_OF) - _LATELY:
            record[name] = _text(time + _QUARTER)


def _rotate(document: dict[str, Any], unusable: set[str]) -> None:
    """Each credential in good order is replaced by a new one; of those that were overdue, every other is."""
    start = datetime.fromisoformat(SAMPLE_AS_OF)
    kept: list[Record] = []
    overdue = 0
    for record in document["credentials"]:
        created = _time(record.get("createdAt"))
        live = not record.get("revokedAt") and not _past(record.get("expiresAt"), SAMPLE_AS_OF)
        if created is None or not live or record.get("principalId") in unusable or not record.get("expiresAt"):
            kept.append(record)
        elif start - created <= timedelta(days=90):
            kept.append(_renewed(record, created))
        else:
            overdue += 1
            kept += [record, _renewed(record, created)] if overdue % 2 else [record]
            if overdue % 4 == 1:
                record["revokedAt"] = "2026-11-20T10:00:00Z"
    document["credentials"] = kept


def _renewed(record: Record, created: datetime) -> Record:
    """The credential that took the place of another, some weeks before the quarter's end."""
    day = datetime.fromisoformat(NEXT_AS_OF) - timedelta(days=20 + created.day)
    key = hashlib.sha256(f"next {record['id']}".encode()).hexdigest()[:12]
    fresh = {name: value for name, value in record.items() if name not in ("keySecret", "revokedAt")}
    times = {"createdAt": _text(day), "expiresAt": _text(day + timedelta(days=180))}
    return fresh | {"id": f"{record['id']}-2", "keyId": key, "lastUsedAt": "2026-12-30T06:00:00Z"} | times


def _revoke(document: dict[str, Any], unusable: set[str]) -> None:
    """Of the credentials left on principals that are out of use, every other was revoked."""
    every = document["credentials"]
    left = [each for each in every if each.get("principalId") in unusable and not each.get("revokedAt")]
    for record in left[::2]:
        record["revokedAt"] = "2026-10-20T09:30:00Z"


def _take_away(document: dict[str, Any], unusable: set[str]) -> None:
    """Of their assignments every other was removed; the first of those was given again."""
    every = document["roleAssignments"]
    removed = [each for each in every if each.get("principalId") in unusable and not each.get("expiresAt")][::2]
    again = [each | {"id": f"{each['id']}-2", "createdAt": "2026-11-15T14:00:00Z"} for each in removed[:1]]
    document["roleAssignments"] = [each for each in every if each not in removed] + again


def _join(document: dict[str, Any]) -> None:
    """People who joined, in the group of all staff, and a gateway like the first one that there is."""
    principals = document["principals"]
    organisation = document["organisation"]["id"]
    staff = next((each["id"] for each in principals if each["type"] == "Group"), None)
    for number, name in enumerate(_NEW, 1):
        person = {
            "id": f"usr-new-{number}", "type": "User", "displayName": name,
            "email": f"{name.lower().replace(' ', '.')}@brookmere.example", "status": "Active",
            "organisationId": organisation, "createdAt": f"2026-11-0{number}T09:00:00Z",
            "lastActiveAt": "2026-12-30T16:00:00Z",
        }  # fmt: skip
        principals.append(person)
        if staff is not None:
            document["groupMembers"].append({"groupId": staff, "principalId": person["id"]})
    gateway = {
        "id": "key-new-1", "type": "ApiKey", "displayName": "Gateway 99, Heron Lock", "status": "Active",
        "organisationId": organisation, "createdAt": "2026-11-10T09:00:00Z",
    }  # fmt: skip
    principals.append(gateway)
    document["credentials"].append(
        {"id": "crd-new-1", "keyId": "c0ffee260001", "name": "production", "principalId": "key-new-1", "kind": "ApiKey",
         "createdAt": "2026-11-10T09:05:00Z", "expiresAt": "2027-05-10T09:05:00Z", "lastUsedAt": "2026-12-31T05:00:00Z"}
    )  # fmt: skip
    role = next((each["id"] for each in document["roles"] if each["name"] == "Field gateway"), None)
    if role is not None:
        document["roleAssignments"].append(
            {"id": "asg-new-1", "principalId": "key-new-1", "roleId": role, "organisationId": organisation,
             "createdAt": "2026-11-10T09:10:00Z"}
        )  # fmt: skip


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
