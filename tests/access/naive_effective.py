"""Effective permission as the contract words it, by a triple loop over one organisation document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

RANK = ("undetermined", "scoped", "organisation")
Record = dict[str, Any]


def effective(document: Record, as_of: datetime) -> dict[tuple[str, str], str]:
    """The level of every principal and permission id that has one."""
    levels: dict[tuple[str, str], str] = {}
    for principal in document["principals"]:
        if not usable(principal, document, as_of):
            continue
        holders = holding(principal["id"], document)
        for permission in document["permissions"]:
            found = list(routes(principal, holders, permission["id"], document, as_of))
            if found:
                levels[principal["id"], permission["id"]] = max(found, key=RANK.index)
    return levels


def usable(principal: Record, document: Record, as_of: datetime) -> bool:
    ours = principal["organisationId"] == document["organisation"]["id"]
    return principal["status"] == "Active" and ours and not expired(principal, as_of)


def expired(record: Record, as_of: datetime) -> bool:
    return record.get("expiresAt") is not None and datetime.fromisoformat(record["expiresAt"]) <= as_of


def holding(principal: str, document: Record) -> set[str]:
    """The principal and every group that holds it, at any depth."""
    found = {principal}
    while True:
        more = {each["groupId"] for each in document["groupMembers"] if each["principalId"] in found}
        if more <= found:
            return found
        found |= more


def routes(caller: Record, holders: set[str], permission: str, document: Record, as_of: datetime) -> Iterator[str]:
    """The level of each live route to the permission."""
    ours = document["organisation"]["id"]
    roles = {each["id"]: each for each in document["roles"]}
    for each in (*document["roleAssignments"], *document["permissionGrants"]):
        if each["principalId"] not in holders or each["organisationId"] != ours or expired(each, as_of):
            continue
        conditions = list(each.get("conditions") or [])
        declared = True
        if "permissionId" in each:
            if each["permissionId"] != permission:
                continue
        else:
            role = roles.get(each["roleId"])
            if role is None or permission not in role["permissionIds"]:
                continue
            types = role.get("supportedPrincipalTypes")
            if types is not None and caller["type"] not in types:
                continue
            declared = types is not None
            conditions += role.get("conditions") or []
        if conditions or not declared:
            yield "undetermined"
        else:
            yield "organisation" if each.get("resourceScope") is None else "scoped"
