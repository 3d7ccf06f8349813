"""Two quarters of a small literal organisation, for the tests of the review."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Any

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.cli import run
from auditkit.findings import Findings, run_rules
from auditkit.limits import Limits
from auditkit.schema import frame
from auditkit.snapshot import Snapshot, build

Q3, Q4 = "2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z"
OLD = "2026-06-20T00:00:00Z"
PEOPLE = {
    "principal_id": ["ann", "gate", "hooks", "ops"],
    "type": ["User", "ApiKey", "ServiceAccount", "Group"],
    "display_name": ["Ann", "Gateway 7", "Hooks", "On call"],
    "status": ["Active"] * 4,
    "organisation_id": ["org"] * 4,
    "created_at": [OLD] * 4,
    "last_active_at": [OLD] * 4,
}
KEYS = {
    "credential_id": ["c1", "c2"],
    "key_id": ["k1", "k2"],
    "name": ["main", "spare"],
    "principal_id": ["gate", "gate"],
    "kind": ["ApiKey", "ApiKey"],
    "created_at": [OLD, OLD],
    "expires_at": [None, "2027-01-01T00:00:00Z"],
    "last_used_at": [OLD, OLD],
}
ROLES = {
    "role_id": ["admin", "reader"],
    "name": ["Administrator", "Reader"],
    "scope": ["Organisation", "Organisation"],
    "supported_principal_types": [["User"], ["User", "ApiKey", "ServiceAccount"]],
    "permission_ids": [["p1", "p2"], ["p1"]],
}
HELD = {
    "assignment_id": ["a1", "a2", "a3"],
    "principal_id": ["ops", "gate", "hooks"],
    "role_id": ["admin", "reader", "reader"],
    "organisation_id": ["org"] * 3,
    "created_at": [OLD] * 3,
}


def company(as_of: str = Q3, **changes: dict[str, list[Any]]) -> Snapshot:
    """Ann is on call and so an administrator; a gateway and a service read."""
    tables: dict[str, dict[str, list[Any]]] = {
        "organisation": {"organisation_id": ["org"], "name": ["Acme"], "direct_api_key_auth": [False]},
        "principals": PEOPLE,
        "credentials": KEYS,
        "group_members": {"group_id": ["ops"], "principal_id": ["ann"]},
        "permissions": {
            "permission_id": ["p1", "p2"],
            "identifier": ["iot.device.read", "iam.key.create"],
            "module": ["iot", "iam"],
            "feature": ["device", "key"],
            "action": ["read", "create"],
            "name": ["Read devices", "Create keys"],
            "is_preview": [False, False],
        },
        "roles": ROLES,
        "role_assignments": HELD,
        "permission_grants": {
            "grant_id": ["g1"], "principal_id": ["ann"], "permission_id": ["p1"], "organisation_id": ["org"],
            "created_at": [OLD],
        },
    }  # fmt: skip
    return build({name: frame(name, rows) for name, rows in (tables | changes).items()}, as_of=as_of)


def begin_review(folder: Path, owners: str) -> None:
    """In the folder, the snapshot `q3`, the file `owners.csv` of these lines, and `review`, begun on both."""
    company().save(folder / "q3")
    (folder / "owners.csv").write_text(f"kind,id,reviewer\n{owners}\n")
    with chdir(folder):
        assert run(["review", "start", "q3", "--name", "Q3", "--owners", "owners.csv", "--out", "review"]) == 0


def audited(snapshot: Snapshot, limits: Limits | None = None) -> tuple[Tables, Findings]:
    tables = Tables(snapshot)
    return tables, run_rules(tables, limits or Limits())


def changed(rows: dict[str, list[Any]], row: int, **values: Any) -> dict[str, list[Any]]:
    """The rows with some values of one row changed."""
    return rows | {
        name: [
            *rows.get(name, [None] * len(rows["created_at"]))[:row],
            value,
            *rows.get(name, [None] * len(rows["created_at"]))[row + 1 :],
        ]
        for name, value in values.items()
    }


def without(rows: dict[str, list[Any]], row: int) -> dict[str, list[Any]]:
    return {name: [*values[:row], *values[row + 1 :]] for name, values in rows.items()}


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)
