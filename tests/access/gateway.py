"""One gateway, its key, its role and its assignment: the smallest organisation in which everything is allowed."""

from __future__ import annotations

from typing import Any

from documents import AS_OF, snapshot_of

from auditkit.access.decision import Check, Decision
from auditkit.access.explain import explain

BEFORE, NOW, AFTER = "2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2026-10-01T00:00:01Z"
MADE = "2026-01-01T00:00:00Z"
READ, WRITE = "iot.device.read", "iot.device.write"

Record = dict[str, Any]


def document(
    principal: Record | None = None,
    credential: Record | None = None,
    role: Record | None = None,
    assignment: Record | None = None,
    direct: bool = False,
    **more: list[Record],
) -> Record:
    """The gateway's organisation with some fields changed (None takes a field away), and more records after its own."""
    own: dict[str, list[Record]] = {
        "principals": [_changed(person("gw-7", "ApiKey", "Gateway 7"), principal)],
        "credentials": [_changed(_CREDENTIAL, credential)],
        "groupMembers": [],
        "permissions": [permission("perm-r", READ), permission("perm-w", WRITE)],
        "resourceTypes": [resource_type("iot.network", True), resource_type("iot.device", False)],
        "roles": [_changed(_ROLE, role)],
        "roleAssignments": [_changed(held("ra-1", "gw-7", roleId="role-12"), assignment)],
        "permissionGrants": [],
    }
    settings = {"directApiKeyAuth": direct}
    return {"organisation": {"id": "org-1", "name": "Acme", "settings": settings}} | {
        name: records + more.get(name, []) for name, records in own.items()
    }


def decide(changed: Record, **request: Any) -> Decision:
    """What `explain` says when the gateway asks to read devices, unless the request says otherwise."""
    wanted = {"principal": "gw-7", "permission": READ, "as_of": AS_OF} | request
    return explain(snapshot_of(changed), **wanted)


def check(decision: Decision, name: str) -> Check:
    return next(each for each in decision.checks if each.id == name)


def result(decision: Decision, name: str) -> str:
    return check(decision, name).result


def person(name: str, kind: str, called: str = "", **more: Any) -> Record:
    return {
        "id": name, "type": kind, "displayName": called or name, "status": "Active", "organisationId": "org-1",
        "createdAt": MADE,
    } | more  # fmt: skip


def permission(name: str, identifier: str) -> Record:
    module, feature, action = identifier.split(".")
    return {
        "id": name, "identifier": identifier, "module": module, "feature": feature, "action": action,
        "name": identifier, "isPreview": False,
    }  # fmt: skip


def resource_type(identifier: str, hierarchical: bool) -> Record:
    return {
        "id": f"t-{identifier}", "identifier": identifier, "module": "iot", "type": identifier.split(".")[1],
        "supportsOrganisationScope": True, "supportsHierarchicalScope": hierarchical,
    }  # fmt: skip


def held(name: str, principal: str, **more: Any) -> Record:
    """An assignment (`roleId=`) or a grant (`permissionId=`)."""
    return {"id": name, "principalId": principal, "organisationId": "org-1", "createdAt": MADE} | more


def role(name: str, types: list[str] | None, permissions: list[str], **more: Any) -> Record:
    record = {"id": name, "name": name, "scope": "Organisation", "permissionIds": permissions} | more
    return record if types is None else record | {"supportedPrincipalTypes": types}


def scope(kind: str, path: str) -> Record:
    return {"resourceType": kind, "path": path}


def condition(attribute: str, operator: str, value: Any) -> Record:
    return {"attribute": attribute, "operator": operator, "value": value}


_CREDENTIAL: Record = {
    "id": "cred-1", "keyId": "KEY1", "name": "first", "principalId": "gw-7", "kind": "ApiKey", "createdAt": MADE,
}  # fmt: skip
_ROLE: Record = {
    "id": "role-12", "name": "Gateway operator", "scope": "Organisation", "supportedPrincipalTypes": ["ApiKey"],
    "permissionIds": ["perm-r"],
}  # fmt: skip


def _changed(record: Record, changes: Record | None) -> Record:
    return {name: value for name, value in (record | (changes or {})).items() if value is not None}
