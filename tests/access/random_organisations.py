"""Random organisation documents, small and nasty, and random requests to judge on them.

Everything comes from one `random.Random`, so that a seed names an organisation. What two readers of the contract could
read differently (paths that are not canonical, an unknown type of principal) is left to tests of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

NOW = datetime(2026, 10, 1, tzinfo=UTC)
HERE, ELSEWHERE = "org-1", "org-2"
MACHINES = ("ApiKey", "ServiceAccount")
TYPES = ("User", "Group", *MACHINES)
# Neighbours that a comparison of strings takes for parents of one another, and the top.
PATHS = ("/", "/net-1", "/net-10", "/net-1/dev-1", "/net-1/dev-10", "/net-1/dev-1/port-2", "/net-2", "/net", "/Net-1")
# Two of the three are in the catalogue; only the first supports hierarchy, in most organisations.
KINDS = ("iot.network", "iot.device", "iot.ghost")
OFFSETS = (None, None, None, None, -86400, -1, 0, 1, 86400)
ADDRESSES = ("10.1.2.3", "10.2.0.1", "192.168.0.9", "2001:db8::7", "no address")
NETWORKS = ("10.1.0.0/16", "10.0.0.0/8", "2001:db8::/32", "192.168.0.9", "no network")
TIMES = ("2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2026-10-01T02:00:00+02:00", "2026-10-01T00:00:00", "soon")
PLACES = ("lab", "field", "Lab", "7")

Document = dict[str, Any]
Request = dict[str, Any]


def stamp(seconds: int) -> str:
    """A time some seconds from `NOW`, as the contract writes it."""
    return (NOW + timedelta(seconds=seconds)).isoformat()


def organisation(random: Random) -> Document:
    """One organisation: nested groups with cycles, both scope kinds, conditions, absent types, foreign and expired."""
    principals = _principals(random)
    permissions = [_permission(number) for number in range(random.randint(3, 5))]
    roles = [_role(random, f"r-{number}", permissions) for number in range(random.randint(2, 5))]
    return {
        "organisation": {"id": HERE, "name": "One", "settings": {"directApiKeyAuth": random.random() < 0.5}},
        "principals": principals,
        "credentials": _credentials(random, principals),
        "groupMembers": _members(random, principals),
        "permissions": permissions,
        "resourceTypes": _resource_types(random),
        "roles": roles,
        "roleAssignments": _assignments(random, principals, roles),
        "permissionGrants": _grants(random, principals, permissions),
    }


def requests(random: Random, document: Document, count: int) -> list[Request]:
    """Requests with the arguments of `explain`: principal, permission, resource, context, credential, method, api."""
    return [_request(random, document) for _ in range(count)]


def _principals(random: Random) -> list[Document]:
    kinds = ["Group"] * random.randint(2, 4) + [random.choice(TYPES) for _ in range(random.randint(3, 5))] + ["ApiKey"]
    return [_principal(random, f"p-{number}", kind) for number, kind in enumerate(kinds)]


def _principal(random: Random, name: str, kind: str) -> Document:
    record = {
        "id": name,
        "type": kind,
        "displayName": name.upper(),
        "status": "Active" if random.random() < 0.88 else random.choice(("Suspended", "Revoked")),
        "organisationId": HERE if random.random() < 0.93 else ELSEWHERE,
        "createdAt": stamp(-10**7),
    }
    return _maybe_expires(random, record, 0.12)


def _maybe_expires(random: Random, record: Document, share: float, field: str = "expiresAt") -> Document:
    seconds = random.choice(OFFSETS) if random.random() < share * 2 else None
    if seconds is not None:
        record[field] = stamp(seconds)
    elif random.random() < 0.1:
        record[field] = None
    return record


def _credentials(random: Random, principals: list[Document]) -> list[Document]:
    owners = [each["id"] for each in principals if each["type"] in MACHINES]
    made = [
        {
            "id": f"c-{number}",
            "keyId": f"KEY{number}",
            "name": f"key {number}",
            "principalId": random.choice(owners),
            "kind": "ApiKey",
            "createdAt": stamp(-(10**6)),
        }
        for number in range(random.randint(1, 4))
    ]
    return [_maybe_expires(random, _maybe_expires(random, each, 0.15), 0.1, "revokedAt") for each in made]


def _members(random: Random, principals: list[Document]) -> list[Document]:
    """Memberships in any direction, so that groups nest, hold themselves and go round in cycles."""
    groups = [each["id"] for each in principals if each["type"] == "Group"]
    pairs = [(random.choice(groups), random.choice(principals)["id"]) for _ in range(random.randint(3, 7))]
    if random.random() < 0.5:
        ring = random.sample(groups, len(groups))
        pairs += list(zip(ring, ring[1:] + ring[:1], strict=True))
    return [{"groupId": group, "principalId": member} for group, member in dict.fromkeys(pairs)]


def _permission(number: int) -> Document:
    identifier = f"iot.device.act{number}"
    return {
        "id": f"perm-{number}", "identifier": identifier, "module": "iot", "feature": "device",
        "action": f"act{number}", "name": identifier, "isPreview": False,
    }  # fmt: skip


def _resource_types(random: Random) -> list[Document]:
    hierarchy = random.random() < 0.8, random.random() < 0.2
    return [
        {
            "id": f"t-{number}", "identifier": KINDS[number], "module": "iot", "type": KINDS[number].split(".")[1],
            "supportsOrganisationScope": random.random() < 0.5, "supportsHierarchicalScope": hierarchy[number],
        }
        for number in range(2)
    ]  # fmt: skip


def _role(random: Random, name: str, permissions: list[Document]) -> Document:
    held = random.sample(permissions, random.randint(0, len(permissions)))
    record: Document = {
        "id": name, "name": f"Role {name}", "scope": "Organisation", "permissionIds": [each["id"] for each in held],
    }  # fmt: skip
    if random.random() < 0.1:
        record["permissionIds"].append("perm-gone")
    if random.random() < 0.75:
        record["supportedPrincipalTypes"] = random.sample(TYPES, random.randint(1, 4))
    if random.random() < 0.15:
        record["conditions"] = _conditions(random)
    return record


def _route(random: Random, name: str, principals: list[Document]) -> Document:
    # Groups come first in the list, and are what makes routes interesting.
    holder = random.choice(principals[:4] if random.random() < 0.6 else principals)
    record: Document = {
        "id": name, "principalId": holder["id"], "organisationId": HERE if random.random() < 0.9 else ELSEWHERE,
        "createdAt": stamp(-(10**6)),
    }  # fmt: skip
    if random.random() < 0.4:
        record["resourceScope"] = {"resourceType": random.choice(KINDS), "path": random.choice(PATHS)}
    if random.random() < 0.3:
        record["conditions"] = _conditions(random)
    return _maybe_expires(random, record, 0.15)


def _assignments(random: Random, principals: list[Document], roles: list[Document]) -> list[Document]:
    made = [_route(random, f"ra-{number}", principals) for number in range(random.randint(4, 9))]
    names = [each["id"] for each in roles]
    return [each | {"roleId": random.choice(names) if random.random() < 0.96 else "r-gone"} for each in made]


def _grants(random: Random, principals: list[Document], permissions: list[Document]) -> list[Document]:
    made = [_route(random, f"g-{number}", principals) for number in range(random.randint(0, 2))]
    return [each | {"permissionId": random.choice(permissions)["id"]} for each in made]


def _conditions(random: Random) -> list[Document]:
    return [_condition(random) for _ in range(random.choice((0, 1, 1, 1, 2)))]


def _condition(random: Random) -> Document:
    operator = random.choice(("equals", "notEquals", "in", "notIn", "before", "after", "cidr", "matches"))
    if operator == "cidr":
        return {"attribute": "request.ip", "operator": operator, "value": random.choice(NETWORKS)}
    if operator in ("before", "after"):
        return {"attribute": "request.time", "operator": operator, "value": random.choice(TIMES)}
    several = random.sample(PLACES, random.randint(0, 3))
    value = several if operator in ("in", "notIn") else random.choice(PLACES)
    return {"attribute": "request.place", "operator": operator, "value": value}


def _request(random: Random, document: Document) -> Request:
    principal = random.choice(document["principals"])
    resource = None if random.random() < 0.4 else (random.choice(KINDS), random.choice(PATHS))
    request: Request = {
        "principal": principal["id"],
        "permission": random.choice(document["permissions"])["identifier"],
        "resource": resource,
        "context": _context(random),
    }
    if principal["type"] in MACHINES and random.random() < 0.4:
        own = [each["keyId"] for each in document["credentials"] if each["principalId"] == principal["id"]]
        others = [each["keyId"] for each in document["credentials"]] + ["KEY99"]
        request["credential"] = random.choice(own if own and random.random() < 0.8 else others)
    elif random.random() < 0.05:
        request["credential"] = "KEY0"
    if random.random() < 0.2:
        request["method"] = "direct"
    if random.random() < 0.1:
        request["api"] = "iot"
    return request


def _context(random: Random) -> dict[str, str]:
    choices = {"request.ip": ADDRESSES, "request.time": TIMES, "request.place": PLACES}
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.6}
