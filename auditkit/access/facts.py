"""A snapshot as records that can be asked for by id: what one decision needs, looked up once and kept."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pyarrow as pa

from auditkit.access.codes import arrow
from auditkit.access.conditions import Condition, parse
from auditkit.access.hints import unknown_permission, unknown_principal

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot


class Principal(NamedTuple):
    """Who calls; `expires` in microseconds since 1970."""

    id: str
    type: str
    name: str
    status: str
    organisation: str
    expires: int | None


class Credential(NamedTuple):
    """A credential, by its key id; times in microseconds since 1970."""

    id: str
    key: str
    principal: str
    expires: int | None
    revoked: int | None


class Role(NamedTuple):
    """A role; `types` is None where it declares none."""

    id: str
    name: str
    types: tuple[str, ...] | None
    permissions: frozenset[str]
    conditions: tuple[Condition, ...]


class Holding(NamedTuple):
    """An assignment of a role, or a grant of a permission, to one principal; `text` names it."""

    kind: str
    id: str
    holder: str
    given: str  # the role's id, or the permission's
    role: Role | None
    organisation: str
    scope: tuple[str, str] | None
    conditions: tuple[Condition, ...]  # its own and its role's
    expires: int | None
    text: str


class Facts:
    """The records of one snapshot. Nothing here depends on an instant."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.organisation = snapshot.organisation_id
        self.incomplete = snapshot.incomplete
        settings = snapshot.organisation.direct_api_key_auth
        self.direct: bool | None = bool(settings.iloc[0]) if len(settings) else None
        fields = ("principal_id", "type", "display_name", "status", "organisation_id", "expires_at")
        self._principals: dict[str, Principal] = dict(_indexed(Principal, snapshot.principals, fields))
        self._credentials = _credentials(snapshot.credentials)
        self._holders = self._memberships(snapshot.group_members)
        self._catalogue = snapshot.permissions
        self.permissions = _permissions(snapshot.permissions)
        self.identifiers = dict(_pairs(snapshot.permissions, "permission_id", "identifier"))
        self.hierarchical = _hierarchical(snapshot.resource_types)
        self._roles = _Roles(snapshot.roles)
        self._assignments = _Rows(snapshot.role_assignments, "assignment_id", "role_id")
        self._held: dict[str, tuple[Holding, ...]] = {}
        self._grants = _Rows(snapshot.permission_grants, "grant_id", "permission_id")

    def _memberships(self, members: pd.DataFrame) -> dict[str, list[str]]:
        """The groups that hold each principal directly, by id; a group must be a Group of the snapshot."""
        found: dict[str, list[str]] = defaultdict(list)
        for group, member in _pairs(members, "group_id", "principal_id"):
            holder = self._principals.get(group)
            if holder is not None and holder.type == "Group" and member in self._principals:
                found[member].append(group)
        return dict(found)

    def principal(self, principal_id: str) -> Principal:
        """The principal of this id; UnknownPrincipal names the nearest known ones."""
        found = self._principals.get(principal_id)
        if found is None:
            pairs = ((each.id, each.name) for each in self._principals.values())
            raise unknown_principal(principal_id, pairs, self.incomplete.get("principals"))
        return found

    def permission(self, identifier: str) -> frozenset[str]:
        """The ids of the permission of this identifier; UnknownPermission names the nearest known ones."""
        found = self.permissions.get(identifier)
        if found is None:
            pairs = _pairs(self._catalogue, "identifier", "name")
            raise unknown_permission(identifier, pairs, self.incomplete.get("permissions"))
        return found

    def principals(self) -> Iterable[str]:
        """The ids of all principals, in order."""
        return self._principals

    def name(self, principal_id: str) -> str:
        """The display name of a principal that is known."""
        return self._principals[principal_id].name

    def credentials(self, key_id: str) -> list[Credential]:
        """The credentials of a key id: one, if the data are sound."""
        return self._credentials.get(key_id, [])

    def holdings(self, principal_id: str) -> tuple[Holding, ...]:
        """The assignments of a principal, then its grants, by id; not those of its groups."""
        found = self._held.get(principal_id)
        if found is None:
            assigned = [self._holding("assignment", row) for row in self._assignments.of(principal_id)]
            granted = [self._holding("grant", row) for row in self._grants.of(principal_id)]
            found = self._held[principal_id] = (*assigned, *granted)
        return found

    def _holding(self, kind: str, row: tuple[Any, ...]) -> Holding:
        name, holder, given, organisation, scope_type, scope_path, conditions, expires = row
        role = self._roles.get(given) if kind == "assignment" else None
        attached = parse(conditions) + (role.conditions if role else ())
        scope = None if scope_type is None and scope_path is None else (scope_type or "", scope_path or "")
        text = self._named(kind, name, given, role)
        return Holding(kind, name, holder, given, role, organisation, scope, attached, expires, text)

    def _named(self, kind: str, name: str, given: str, role: Role | None) -> str:
        """A holding in words: role "Gateway operator" (role-12), assignment ra-12."""
        if kind == "grant":
            return f"grant {name} of {self.identifiers.get(given, given)}"
        called = "unknown role" if role is None else f'role "{role.name}"'
        return f"{called} ({given}), assignment {name}"

    def above(self, principal_id: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The groups that hold a principal at any depth, nearest first, with the member by which each was found."""
        found = {principal_id: ""}
        waiting = deque([principal_id])
        while waiting:
            member = waiting.popleft()
            for group in self._holders.get(member, ()):
                if group not in found:
                    found[group] = member
                    waiting.append(group)
                    yield group, found


class _Rows:
    """Assignments or grants by the principal they are given to."""

    _FIELDS = ("organisation_id", "scope_type", "scope_path", "conditions", "expires_at")

    def __init__(self, frame: pd.DataFrame, key: str, given: str) -> None:
        columns = [_values(frame[name]) for name in (key, "principal_id", given, *self._FIELDS)]
        self._by_holder: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in zip(*columns, strict=True):
            self._by_holder[row[1]].append(row)

    def of(self, principal_id: str) -> list[tuple[Any, ...]]:
        return self._by_holder.get(principal_id, [])


class _Roles:
    """Roles by id, made when first asked for: a catalogue holds far more permission ids than one request meets."""

    def __init__(self, roles: pd.DataFrame) -> None:
        self._row = {name: row for row, name in enumerate(_values(roles.role_id))}
        self._names, self._conditions = _values(roles["name"]), _values(roles.conditions)
        self._types, self._permissions = arrow(roles.supported_principal_types), arrow(roles.permission_ids)
        self._made: dict[str, Role] = {}

    def get(self, role_id: str) -> Role | None:
        row = self._row.get(role_id)
        if row is not None and role_id not in self._made:
            self._made[role_id] = self._make(role_id, row)
        return self._made.get(role_id)

    def _make(self, role_id: str, row: int) -> Role:
        types = self._types[row].as_py()
        held = frozenset(self._permissions[row].as_py() or ())
        supported = None if types is None else tuple(types)
        return Role(role_id, self._names[row], supported, held, parse(self._conditions[row]))


def _values(column: pd.Series) -> list[Any]:
    """A column as plain values: text, None, booleans, times as microseconds."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("str")
    array = arrow(column)
    return list((array.cast(pa.int64()) if pa.types.is_timestamp(array.type) else array).to_pylist())


def _pairs(frame: pd.DataFrame, one: str, two: str) -> Iterator[tuple[str, str]]:
    return zip(_values(frame[one]), _values(frame[two]), strict=True)


def _indexed(kind: Any, frame: pd.DataFrame, fields: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Records of a kind, by the first of their fields."""
    for row in zip(*(_values(frame[name]) for name in fields), strict=True):
        yield row[0], kind._make(row)


def _credentials(frame: pd.DataFrame) -> dict[str, list[Credential]]:
    fields = ("credential_id", "key_id", "principal_id", "expires_at", "revoked_at")
    found: dict[str, list[Credential]] = defaultdict(list)
    for _, record in _indexed(Credential, frame, fields):
        found[record.key].append(record)
    return dict(found)


def _permissions(frame: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Permission ids by identifier; a sound catalogue gives each identifier once."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, identifier in _pairs(frame, "permission_id", "identifier"):
        found[identifier].add(name)
    return {identifier: frozenset(ids) for identifier, ids in found.items()}


def _hierarchical(frame: pd.DataFrame) -> dict[str, bool]:
    """Whether each resource type, by identifier, supports hierarchical scopes."""
    flags = frame.supports_hierarchical_scope.to_numpy(dtype=bool).tolist()
    return dict(zip(_values(frame.identifier), flags, strict=True))
