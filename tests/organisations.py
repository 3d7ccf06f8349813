"""Small literal organisations that the tests of panels and reports look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditkit.schema import frame
from auditkit.snapshot import Snapshot, build

AS_OF = "2026-10-01T00:00:00Z"
LONG_AGO, NEW = "2025-01-01T00:00:00Z", "2026-09-25T00:00:00Z"


def acme(**more: Any) -> Snapshot:
    """Ann works, Bob has been idle, a gateway is on a role without ApiKey through a group, its key ends in ten days."""
    return build(
        {
            "organisation": frame("organisation", {"organisation_id": ["org"], "name": ["Acme"]}),
            "principals": frame("principals", {
                "principal_id": ["ann", "bob", "gateway", "machines", "new"],
                "type": ["User", "User", "ApiKey", "Group", "User"],
                "display_name": ["Ann", "Bob", "Gateway 7", "All machines", "Newcomer"],
                "status": ["Active"] * 5, "organisation_id": ["org"] * 5,
                "created_at": [LONG_AGO, LONG_AGO, LONG_AGO, LONG_AGO, NEW],
                "last_active_at": ["2026-09-30T00:00:00Z", "2026-06-01T00:00:00Z", "2026-09-30T00:00:00Z", None, None],
            }),
            "credentials": frame("credentials", {
                "credential_id": ["c1", "c2"], "key_id": ["k1", "k2"], "name": ["first", "second"],
                "principal_id": ["gateway", "gateway"], "kind": ["ApiKey", "ApiKey"], "created_at": [NEW, NEW],
                "expires_at": ["2026-10-11T00:00:00Z", "2026-12-30T00:00:00Z"], "last_used_at": [NEW, NEW],
            }),
            "group_members": frame("group_members", {"group_id": ["machines"], "principal_id": ["gateway"]}),
            "permissions": frame("permissions", {
                "permission_id": ["p1", "p2"], "identifier": ["iot:device:read", "iot:device:write"], "module": ["iot", "iot"],
                "feature": ["device", "device"], "action": ["read", "write"], "name": ["Read", "Write"],
            }),
            "roles": frame("roles", {
                "role_id": ["r1"], "name": ["Operators"], "scope": ["Organisation"],
                "supported_principal_types": [["User"]], "permission_ids": [["p1"]],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": ["a1", "a2"], "principal_id": ["machines", "ann"], "role_id": ["r1", "r1"],
                "organisation_id": ["org", "org"], "created_at": [LONG_AGO, LONG_AGO],
            }),
        },
        as_of=AS_OF,
        **more,
    )  # fmt: skip


REQUIRED = """principal_id,permission,expect
ann,iot:device:read,
ann,iot:device:write,allow
gateway,iot:device:read,
"""


def hostile(texts: Sequence[str]) -> Snapshot:
    """An organisation in which every text that the IAM could send, ids among them, is one of `texts`."""
    names, count = list(texts), len(texts)
    ends = ["2026-10-05T00:00:00Z"] * count
    return build(
        {
            "organisation": frame("organisation", {"organisation_id": [names[0]], "name": [names[1]]}),
            "principals": frame("principals", {
                "principal_id": names, "type": ["ApiKey", "User", names[2]] * (count // 3) + ["ApiKey"] * (count % 3),
                "display_name": names, "email": names, "status": ["Active", "Suspended"] * (count // 2) + ["Active"] * (count % 2),
                "organisation_id": [names[0]] * count, "created_at": [LONG_AGO] * count, "last_active_at": [LONG_AGO] * count,
            }),
            "credentials": frame("credentials", {
                "credential_id": names, "key_id": names, "name": names, "principal_id": names, "kind": ["ApiKey"] * count,
                "created_at": [LONG_AGO] * count, "expires_at": ends,
            }),
            "permissions": frame("permissions", {
                "permission_id": names, "identifier": names, "module": names, "feature": names, "action": names,
                "name": names, "description": names,
            }),
            "resource_types": frame("resource_types", {
                "resource_type_id": names, "identifier": names, "module": names, "type": names, "description": names,
            }),
            "roles": frame("roles", {
                "role_id": names, "name": names, "description": names, "scope": ["Organisation"] * count,
                "supported_principal_types": [["User"]] * count, "permission_ids": [[name] for name in names],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": names, "principal_id": names, "role_id": names, "organisation_id": [names[0]] * count,
                "scope_type": ["no such " + name for name in names], "scope_path": names, "created_at": [LONG_AGO] * count,
            }),
            "permission_grants": frame("permission_grants", {
                "grant_id": names, "principal_id": names, "permission_id": names, "organisation_id": names,
                "created_at": [LONG_AGO] * count,
            }),
        },
        as_of=AS_OF, origin=names[3], notes=names, incomplete={"group_members": names[4]},
    )  # fmt: skip
