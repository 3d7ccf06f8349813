"""Changes applied: the frames of a snapshot as they would be, and whose access could differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditkit.access.changes import expiry, moved
from auditkit.access.routes import Memberships
from auditkit.access.state import passed
from auditkit.schema import frame

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

Frames = dict[str, pd.DataFrame]
_HOLDINGS = ("role_assignments", "permission_grants")


def changed(snapshot: Snapshot, changes: Mapping[str, Any], as_of: pd.Timestamp) -> Snapshot:
    """The snapshot as the changes, checked by `read_changes`, would make it; they happen at `as_of`."""
    frames = {name: table.copy() for name, table in snapshot.frames.items()}
    for key, apply in _APPLY.items():
        if key in changes:
            apply(frames, changes[key], as_of)
    differing = {name: table for name, table in frames.items() if not table.equals(snapshot.frames[name])}
    return snapshot.replace(**differing) if differing else snapshot


def touched(before: Snapshot, after: Snapshot, changes: Mapping[str, Any], as_of: pd.Timestamp) -> list[str]:
    """The principals whose effective permissions could differ: those named, and whoever is in a group so named."""
    named = {*changes.get("suspend_principal", ()), *changes.get("delete_principal", ())}
    named |= {each["principal"] for each in changes.get("remove_member", ())}
    for name in _HOLDINGS:
        named |= set(_different(before.frames[name], after.frames[name]).principal_id)
    roles = {each["role"] for each in changes.get("take_from_role", ())}
    assigned = before.role_assignments
    named |= set(assigned.loc[assigned.role_id.isin(roles), "principal_id"])
    then = moved(changes, as_of)
    for name in ("principals", *_HOLDINGS):
        table = after.frames[name]
        named |= set(table.loc[passed(table.expires_at, as_of) != passed(table.expires_at, then), "principal_id"])
    return sorted(_within(before, named) | _within(after, named))


def _different(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The rows that are in one frame and not in the other."""
    both = pd.concat([one, other], ignore_index=True)
    return both[~both.duplicated(keep=False)]


def _within(snapshot: Snapshot, named: Iterable[str]) -> set[str]:
    """Those named, and whoever is in one of them at any depth."""
    principals = snapshot.principals
    mask = principals.principal_id.isin(list(named)).to_numpy(dtype=bool)
    held = np.diff(Memberships(principals, snapshot.group_members).reach(mask).indptr) > 0
    return set(principals.loc[mask | held, "principal_id"])


def _switch(frames: Frames, on: bool, _: pd.Timestamp) -> None:
    frames["organisation"]["direct_api_key_auth"] = on


def _revoke(frames: Frames, ids: list[str], as_of: pd.Timestamp) -> None:
    table = frames["credentials"]
    named = table.credential_id.isin(ids) | table.key_id.isin(ids)
    table.loc[named & ~passed(table.revoked_at, as_of), "revoked_at"] = as_of


def _suspend(frames: Frames, ids: list[str], _: pd.Timestamp) -> None:
    table = frames["principals"]
    table.loc[table.principal_id.isin(ids), "status"] = "Suspended"


def _delete(frames: Frames, ids: list[str], _: pd.Timestamp) -> None:
    """A principal goes with its credentials, its memberships, its members, its assignments and grants."""
    for name in ("principals", "credentials", "group_members", *_HOLDINGS):
        _drop(frames, name, "principal_id", ids)
    _drop(frames, "group_members", "group_id", ids)


def _drop(frames: Frames, name: str, column: str, ids: Iterable[str]) -> None:
    frames[name] = frames[name][~frames[name][column].isin(list(ids))].reset_index(drop=True)


def _leave(frames: Frames, pairs: list[Mapping[str, str]], _: pd.Timestamp) -> None:
    gone = {(each["group"], each["principal"]) for each in pairs}
    table = frames["group_members"]
    kept = [pair not in gone for pair in zip(table.group_id, table.principal_id, strict=True)]
    frames["group_members"] = table[np.array(kept, dtype=bool)].reset_index(drop=True)


def _change(frames: Frames, several: list[Mapping[str, Any]], _: pd.Timestamp) -> None:
    table = frames["role_assignments"]
    for each in several:
        row = table.assignment_id.eq(each["assignment"])
        for name in ("principal", "role"):
            if name in each:
                table.loc[row, f"{name}_id"] = each[name]
        if "resource" in each or each.get("whole_organisation"):
            table.loc[row, "scope_type"] = each.get("resource_type", np.nan)
            table.loc[row, "scope_path"] = each.get("resource", np.nan)
        if "expires_at" in each:
            table.loc[row, "expires_at"] = expiry(each)


def _take(frames: Frames, several: list[Mapping[str, str]], _: pd.Timestamp) -> None:
    roles, permissions = frames["roles"], frames["permissions"]
    ids = permissions.groupby("identifier").permission_id.agg(set)
    held = dict(zip(roles.role_id, roles.permission_ids.tolist(), strict=True))
    for each in several:
        held[each["role"]] = [name for name in held[each["role"]] if name not in ids[each["permission"]]]
    roles["permission_ids"] = pd.Series(list(held.values()), index=roles.index, dtype=roles.permission_ids.dtype)


def _assign(frames: Frames, several: list[Mapping[str, Any]], as_of: pd.Timestamp) -> None:
    _add(frames, "role_assignments", "assignment_id", several, as_of, role_id=[each["role"] for each in several])


def _grant(frames: Frames, several: list[Mapping[str, Any]], as_of: pd.Timestamp) -> None:
    table = frames["permissions"]
    ids = dict(zip(table.identifier[::-1], table.permission_id[::-1], strict=True))
    given = [ids[each["permission"]] for each in several]
    _add(frames, "permission_grants", "grant_id", several, as_of, permission_id=given)


def _add(
    frames: Frames, name: str, key: str, several: list[Mapping[str, Any]], as_of: pd.Timestamp, **given: list[str]
) -> None:
    taken = set(frames[name][key])
    free = (each for each in (f"new-{number}" for number in range(len(taken) + len(several))) if each not in taken)
    columns = {
        key: [next(free) for _ in several],
        "principal_id": [each["principal"] for each in several],
        "organisation_id": [frames["organisation"].organisation_id.iloc[0]] * len(several),
        "scope_type": [each.get("resource_type") for each in several],
        "scope_path": [each.get("resource") for each in several],
        "created_at": [as_of] * len(several),
        "expires_at": [expiry(each) for each in several],
        **given,
    }
    frames[name] = pd.concat([frames[name], frame(name, columns)], ignore_index=True)


_APPLY: dict[str, Callable[[Frames, Any, pd.Timestamp], None]] = {
    "direct_api_key_auth": _switch,
    "revoke_credential": _revoke,
    "suspend_principal": _suspend,
    "remove_member": _leave,
    "change_assignment": _change,
    "take_from_role": _take,
    "remove_assignment": lambda frames, ids, _: _drop(frames, "role_assignments", "assignment_id", ids),
    "remove_grant": lambda frames, ids, _: _drop(frames, "permission_grants", "grant_id", ids),
    "add_assignment": _assign,
    "add_grant": _grant,
    "delete_principal": _delete,
}
