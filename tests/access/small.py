"""A small organisation, spelled out: gateways, a group within a group, and roles of different width."""

from __future__ import annotations

from typing import Any

_MADE = {"organisationId": "org-1", "createdAt": "2026-01-01T00:00:00Z"}
PERMISSIONS = ("iot.device.read", "iot.device.write", "iot.stream.publish", "iam.key.create")


def principal(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "displayName": name.title(), "status": "Active", **_MADE, **more}


def role(name: str, permissions: list[str], types: list[str] | None, **more: Any) -> dict[str, Any]:
    supported = {} if types is None else {"supportedPrincipalTypes": types}
    held = [f"id {each}" for each in permissions]
    return {"id": name, "name": name.title(), "scope": "Organisation", "permissionIds": held, **supported, **more}


def given(name: str, holder: str, role_id: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "principalId": holder, "roleId": role_id, **_MADE, **more}


def organisation(**more: Any) -> dict[str, Any]:
    """The organisation as a document; named collections replace its own."""
    both = ["ApiKey", "User"]
    document = {
        "organisation": {"id": "org-1", "name": "One", "settings": {"directApiKeyAuth": True}},
        "principals": [
            principal("ada", "User"), principal("bob", "User"), principal("gate", "ApiKey"),
            principal("gone", "User", status="Suspended"), principal("inner", "Group"), principal("outer", "Group"),
        ],
        "credentials": [
            {"id": "c-1", "keyId": "KEY1", "name": "key", "principalId": "gate", "kind": "ApiKey",
             "createdAt": "2026-09-01T00:00:00Z"},
        ],
        "groupMembers": [{"groupId": "inner", "principalId": "ada"}, {"groupId": "outer", "principalId": "inner"}],
        "permissions": [
            {"id": f"id {each}", "identifier": each, "module": each.split(".")[0], "feature": each.split(".")[1],
             "action": each.split(".")[2], "name": each, "isPreview": False}
            for each in PERMISSIONS
        ],
        "resourceTypes": [
            {"id": "t-1", "identifier": "iot.network", "module": "iot", "type": "network",
             "supportsOrganisationScope": True, "supportsHierarchicalScope": True},
        ],
        "roles": [
            role("reader", ["iot.device.read"], both), role("writer", ["iot.device.read", "iot.device.write"], both),
            role("wide", list(PERMISSIONS), both), role("people", ["iam.key.create"], ["User"]),
        ],
        "roleAssignments": [
            given("ra-1", "outer", "reader"),
            given("ra-2", "gate", "writer", resourceScope={"resourceType": "iot.network", "path": "/net-1"}),
        ],
        "permissionGrants": [],
    }  # fmt: skip
    return document | more
