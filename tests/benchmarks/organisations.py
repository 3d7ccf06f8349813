"""A dense organisation of any size, column by column: many groups, nested, and a few roles of most of the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from auditkit.schema import COLLECTIONS, from_arrow
from auditkit.snapshot import Snapshot, build

AS_OF = np.datetime64("2026-10-01T00:00:00", "us")
DAY = np.timedelta64(1, "D")
ROLES, PERMISSIONS, BROAD, SHARE, POWERS = 2_000, 5_000, 6, 0.6, 10


def dense(size: int, seed: int = 1) -> Snapshot:
    """About `size` principals, a fiftieth of them groups, twice as many assignments, 2,000 roles, 5,000 permissions."""
    rng = np.random.default_rng(seed)
    kinds = np.sort(rng.choice(4, size, p=[0.02, 0.3, 0.18, 0.5]))
    groups = int((kinds == 0).sum())
    columns = {
        "organisation": {"organisation_id": ["o1"], "name": ["Dense"], "direct_api_key_auth": [False]},
        "principals": _principals(rng, kinds),
        "credentials": _credentials(rng, size),
        "group_members": _members(rng, size, groups),
        "permissions": _permissions(),
        "resource_types": _resource_types(),
        "roles": _roles(rng),
        "role_assignments": _assignments(rng, size, groups),
        "permission_grants": _grants(rng, size),
    }
    return build({name: from_arrow(name, _table(name, given)) for name, given in columns.items()}, organisation_id="o1")


def _table(name: str, given: dict[str, Any]) -> pa.Table:
    rows = len(next(iter(given.values())))
    columns = [
        pa.array(given[each.name], type=each.type) if each.name in given else pa.nulls(rows, each.type)
        for each in COLLECTIONS[name].arrow
    ]
    return pa.Table.from_arrays(columns, schema=COLLECTIONS[name].arrow).sort_by(
        [(key, "ascending") for key in COLLECTIONS[name].key]
    )


def ids(letter: str, numbers: Any) -> Any:
    """Ids such as p0000042."""
    return np.char.add(letter, np.char.zfill(np.asarray(numbers).astype(str), 7)).astype(object)


def _times(rng: Any, count: int, low: int, high: int, share: float = 1.0) -> pa.Array:
    """Times between so many days before and after the instant of judgement, absent for the rest."""
    when = AS_OF + rng.integers(low * 86_400, high * 86_400, count) * np.timedelta64(1, "s")
    return pa.array(when.astype("datetime64[us]"), pa.timestamp("us", "UTC"), mask=rng.random(count) > share)


def _principals(rng: Any, kinds: Any) -> dict[str, Any]:
    size = len(kinds)
    return {
        "principal_id": ids("p", np.arange(size)),
        "type": np.array(["Group", "ApiKey", "ServiceAccount", "User"], dtype=object)[kinds],
        "display_name": ids("name ", np.arange(size)),
        "status": rng.choice(np.array(["Active", "Suspended", "Revoked"], dtype=object), size, p=[0.97, 0.02, 0.01]),
        "organisation_id": rng.choice(np.array(["o1", "o2"], dtype=object), size, p=[0.99, 0.01]),
        "created_at": _times(rng, size, -900, -1),
        "expires_at": _times(rng, size, -20, 900, 0.2),
        "last_active_at": _times(rng, size, -100, 0, 0.9),
    }


def _credentials(rng: Any, size: int) -> dict[str, Any]:
    return {
        "credential_id": ids("c", np.arange(size)),
        "key_id": ids("k", np.arange(size)),
        "name": ids("key ", np.arange(size)),
        "principal_id": ids("p", rng.integers(size // 50, size // 2, size)),
        "kind": np.full(size, "ApiKey", dtype=object),
        "created_at": _times(rng, size, -100, 0),
        "expires_at": _times(rng, size, -30, 370, 0.95),
        "revoked_at": _times(rng, size, -90, 0, 0.05),
        "last_used_at": _times(rng, size, -100, 0, 0.9),
    }


def _members(rng: Any, size: int, groups: int) -> dict[str, Any]:
    member = np.r_[rng.integers(groups, size, 2 * size), rng.integers(0, groups, groups // 2)]
    pairs = np.unique(np.c_[rng.integers(0, groups, len(member)), member], axis=0)
    return {"group_id": ids("p", pairs[:, 0]), "principal_id": ids("p", pairs[:, 1])}


def _permissions() -> dict[str, Any]:
    number = np.arange(PERMISSIONS)
    power = number < POWERS
    return {
        "permission_id": ids("x", number),
        "identifier": ids("iot.thing.", number),
        "module": np.where(power, "iam", "iot").astype(object),
        "feature": np.full(PERMISSIONS, "thing", dtype=object),
        "action": np.where(power, "assign", "read").astype(object),
        "name": ids("thing ", number),
        "is_preview": number >= PERMISSIONS - 50,
    }


def _resource_types() -> dict[str, Any]:
    return {
        "resource_type_id": ["t1"], "identifier": ["iot.device"], "module": ["iot"], "type": ["device"],
        "supports_organisation_scope": [True], "supports_hierarchical_scope": [True],
    }  # fmt: skip


def _roles(rng: Any) -> dict[str, Any]:
    sizes = np.r_[np.full(BROAD, int(SHARE * PERMISSIONS)), rng.integers(5, 60, ROLES - BROAD)]
    catalogue = ids("x", np.arange(PERMISSIONS))
    # The broad ones hold nothing of module iam: it is not the point here to find a million powers.
    held = [rng.choice(catalogue[POWERS if n < BROAD else 0 :], count, replace=False) for n, count in enumerate(sizes)]
    types = [None if n % 50 == 49 else [["User", "ApiKey", "ServiceAccount"], ["User"]][n % 10 == 9] for n in range(ROLES)]
    return {
        "role_id": ids("r", np.arange(ROLES)),
        "name": ids("role ", np.arange(ROLES)),
        "scope": np.full(ROLES, "Organisation", dtype=object),
        "supported_principal_types": types,
        "permission_ids": [list(each) for each in held],
    }


def _given(rng: Any, count: int) -> dict[str, Any]:
    scoped = rng.random(count) > 0.8
    condition = '[{"attribute":"request.ip","operator":"cidr","value":"10.0.0.0/8"}]'
    return {
        "organisation_id": np.full(count, "o1", dtype=object),
        "scope_type": np.where(scoped, "iot.device", None),
        "scope_path": np.where(scoped, "/network-1", None),
        "conditions": np.where(rng.random(count) > 0.95, condition, None),
        "created_at": _times(rng, count, -900, -1),
        "expires_at": _times(rng, count, -30, 900, 0.1),
    }


def _assignments(rng: Any, size: int, groups: int) -> dict[str, Any]:
    """Nine of ten to people and machines; of the groups' a few hundred are of the broad roles."""
    count = 2 * size
    holder = np.r_[rng.integers(groups, size, count - 5 * groups), rng.integers(0, groups, 5 * groups)]
    role = rng.integers(BROAD, ROLES, count)
    wide = count - 1 - rng.choice(5 * groups, groups // 8, replace=False)
    role[wide] = rng.integers(0, BROAD, len(wide))
    return {
        "assignment_id": ids("a", np.arange(count)), "principal_id": ids("p", holder), "role_id": ids("r", role),
        **_given(rng, count),
    }  # fmt: skip


def _grants(rng: Any, size: int) -> dict[str, Any]:
    count = size // 5
    return {
        "grant_id": ids("d", np.arange(count)),
        "principal_id": ids("p", rng.integers(0, size, count)),
        "permission_id": ids("x", rng.integers(POWERS, PERMISSIONS, count)),
        **_given(rng, count),
    }
