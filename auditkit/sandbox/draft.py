"""An organisation document in the making: one method for each record that a company's directory grows by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from auditkit.bundle import SAMPLE_AS_OF

ORGANISATION = "org-brookmere"
PARTNER = "org-kestrel-instruments"
_AS_OF = datetime.fromisoformat(SAMPLE_AS_OF)
_PREFIX = {"User": "usr", "Group": "grp", "ApiKey": "key", "ServiceAccount": "svc"}
Record = dict[str, Any]


def at(days: float | None) -> str | None:
    """An instant so many days after the one at which the sample is judged, as RFC 3339."""
    if days is None:
        return None
    return (_AS_OF + timedelta(seconds=round(days * 86_400))).isoformat().replace("+00:00", "Z")


def scope(resource_type: str, path: str) -> Record:
    """A resource scope."""
    return {"resourceType": resource_type, "path": path}


def gateway_path(number: int) -> str:
    """Where a field gateway hangs: twelve utilities, each with a network of its own."""
    return f"/network-{(number - 1) % 12 + 1}/gateway-{number}"


def condition(attribute: str, operator: str, value: Any) -> Record:
    """A condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


@dataclass
class Draft:
    """The lists of a document, and the one source of chance that fills them."""

    random: Random
    principals: list[Record] = field(default_factory=list)
    credentials: list[Record] = field(default_factory=list)
    members: list[Record] = field(default_factory=list)
    assignments: list[Record] = field(default_factory=list)
    grants: list[Record] = field(default_factory=list)
    _serial: Counter[str] = field(default_factory=Counter)

    def days(self, least: float, most: float) -> float:
        """Some number of days between two."""
        return least + (most - least) * self.random.random()

    def number(self, what: str) -> int:
        """The next number of something that is counted: 1, 2, 3..."""
        self._serial[what] += 1
        return self._serial[what]

    def principal(
        self,
        kind: str,
        name: str,
        *,
        created: float,
        active: float | None = None,
        expires: float | None = None,
        status: str = "Active",
        organisation: str = ORGANISATION,
        email: str | None = None,
    ) -> str:
        """Add a principal; times are in days after the instant of the sample. Its id comes back."""
        prefix = _PREFIX.get(kind, "wrk")
        record = {
            "id": f"{prefix}-{self.number(prefix):04d}", "type": kind, "displayName": name, "email": email,
            "status": status, "organisationId": organisation, "createdAt": at(created), "expiresAt": at(expires),
            "lastActiveAt": at(active),
        }  # fmt: skip
        self.principals.append(_without_absent(record))
        return str(record["id"])

    def credential(
        self,
        principal: str,
        *,
        created: float,
        expires: float | None = None,
        used: float | None = None,
        revoked: float | None = None,
        name: str = "production",
        **more: Any,
    ) -> str:
        """Issue a credential of the kind that the principal holds; its id comes back."""
        record = {
            "id": f"crd-{self.number('crd'):05d}", "keyId": f"{self.random.getrandbits(48):012x}", "name": name,
            "principalId": principal, "kind": "ServiceAccountSecret" if principal.startswith("svc") else "ApiKey",
            "createdAt": at(created), "expiresAt": at(expires), "revokedAt": at(revoked), "lastUsedAt": at(used),
            **more,
        }  # fmt: skip
        self.credentials.append(_without_absent(record))
        return str(record["id"])

    def assign(self, principal: str, role: str, *, created: float | None = None, **more: Any) -> str:
        """Assign a role (by its key in the catalogue); the assignment's id comes back."""
        record = self._given("asg", principal, {"roleId": f"role-{role}"}, created, more)
        self.assignments.append(record)
        return str(record["id"])

    def grant(self, principal: str, permission: str, *, created: float | None = None, **more: Any) -> str:
        """Grant one permission (by identifier) directly; the grant's id comes back."""
        record = self._given("grt", principal, {"permissionId": permission_id(permission)}, created, more)
        self.grants.append(record)
        return str(record["id"])

    def join(self, principal: str, groups: Iterable[str]) -> None:
        """Make a principal a member of groups."""
        self.members.extend({"groupId": group, "principalId": principal} for group in groups)

    def _given(
        self, prefix: str, principal: str, what: Record, created: float | None, more: Mapping[str, Any]
    ) -> Record:
        began = self.days(-400, -100) if created is None else created
        record = {
            "id": f"{prefix}-{self.number(prefix):05d}", "principalId": principal, **what,
            "organisationId": more.get("organisation", ORGANISATION), "resourceScope": more.get("scope"),
            "conditions": more.get("conditions"), "createdAt": at(began), "expiresAt": at(more.get("expires")),
        }  # fmt: skip
        return _without_absent(record)


def permission_id(identifier: str) -> str:
    """The id of a permission of the catalogue."""
    return "perm-" + identifier.replace(".", "-")


def _without_absent(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}
