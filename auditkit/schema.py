"""The tables: one declaration for each collection of the contract, and the only place that knows its field names.

`COLLECTIONS` says for every column its field in the API, its kind, and whether the contract requires it. `empty` and
`frame` make typed frames; `from_arrow` and `to_arrow` carry a frame to and from Arrow, and so to and from Parquet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.schema_columns import ARROW, LIST, TEXT, TIME, Kind, literal, to_array, to_pandas

__all__ = [
    "COLLECTIONS", "LIST", "TEXT", "TIME", "Collection", "Column",
    "empty", "frame", "from_arrow", "sort", "to_arrow",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field in the API (dotted when nested), its kind, its allowed values, what it refers to.

    A dotted column that is not required is required inside its parent: `resourceScope` may be absent, not its `path`.
    """

    name: str
    field: str
    kind: Kind = "text"
    required: bool = True
    values: tuple[str, ...] = ()
    refers: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection: its key in the document, the columns that identify a record, and what a record is called."""

    name: str
    field: str
    key: tuple[str, ...]
    record: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def arrow(self) -> pa.Schema:
        """Its Arrow schema: text, UTC microseconds, booleans and lists of text."""
        return pa.schema([(column.name, ARROW[column.kind]) for column in self.columns])


PRINCIPAL_TYPES = ("User", "Group", "ApiKey", "ServiceAccount")
STATUSES = ("Active", "Suspended", "Revoked")
CREDENTIAL_KINDS = ("ApiKey", "ServiceAccountSecret")
ROLE_SCOPES = ("Organisation", "System")


def _optional(name: str, field: str, kind: Kind = "text", **more: Any) -> Column:
    return Column(name, field, kind, required=False, **more)


def _granted(what: Column) -> tuple[Column, ...]:
    """The columns that an assignment of a role and a grant of a permission have in common, around what is given."""
    return (
        Column("principal_id", "principalId", refers="principals"),
        what,
        Column("organisation_id", "organisationId"),
        _optional("scope_type", "resourceScope.resourceType"),
        _optional("scope_path", "resourceScope.path"),
        _optional("conditions", "conditions", "conditions"),
        Column("created_at", "createdAt", "time"),
        _optional("expires_at", "expiresAt", "time"),
    )


_ORGANISATION = Collection(
    "organisation",
    "organisation",
    ("organisation_id",),
    "organisation",
    (
        Column("organisation_id", "id"),
        Column("name", "name"),
        Column("direct_api_key_auth", "settings.directApiKeyAuth", "bool"),
    ),
)
_PRINCIPALS = Collection(
    "principals",
    "principals",
    ("principal_id",),
    "principal",
    (
        Column("principal_id", "id"),
        Column("type", "type", "enum", values=PRINCIPAL_TYPES),
        Column("display_name", "displayName"),
        _optional("email", "email"),
        Column("status", "status", "enum", values=STATUSES),
        Column("organisation_id", "organisationId"),
        Column("created_at", "createdAt", "time"),
        _optional("expires_at", "expiresAt", "time"),
        _optional("last_active_at", "lastActiveAt", "time"),
    ),
)
_CREDENTIALS = Collection(
    "credentials",
    "credentials",
    ("credential_id",),
    "credential",
    (
        Column("credential_id", "id"),
        Column("key_id", "keyId"),
        Column("name", "name"),
        Column("principal_id", "principalId", refers="principals"),
        Column("kind", "kind", "enum", values=CREDENTIAL_KINDS),
        Column("created_at", "createdAt", "time"),
        _optional("expires_at", "expiresAt", "time"),
        _optional("revoked_at", "revokedAt", "time"),
        _optional("last_used_at", "lastUsedAt", "time"),
    ),
)
_GROUP_MEMBERS = Collection(
    "group_members",
    "groupMembers",
    ("group_id", "principal_id"),
    "membership",
    (
        Column("group_id", "groupId", refers="principals"),
        Column("principal_id", "principalId", refers="principals"),
    ),
)
_PERMISSIONS = Collection(
    "permissions",
    "permissions",
    ("permission_id",),
    "permission",
    (
        Column("permission_id", "id"),
        Column("identifier", "identifier"),
        Column("module", "module"),
        Column("feature", "feature"),
        Column("action", "action"),
        Column("name", "name"),
        _optional("description", "description"),
        Column("is_preview", "isPreview", "bool"),
    ),
)
_RESOURCE_TYPES = Collection(
    "resource_types",
    "resourceTypes",
    ("resource_type_id",),
    "resource type",
    (
        Column("resource_type_id", "id"),
        Column("identifier", "identifier"),
        Column("module", "module"),
        Column("type", "type"),
        _optional("description", "description"),
        Column("supports_organisation_scope", "supportsOrganisationScope", "bool"),
        Column("supports_hierarchical_scope", "supportsHierarchicalScope", "bool"),
    ),
)
_ROLES = Collection(
    "roles",
    "roles",
    ("role_id",),
    "role",
    (
        Column("role_id", "id"),
        Column("name", "name"),
        _optional("description", "description"),
        Column("scope", "scope", "enum", values=ROLE_SCOPES),
        _optional("supported_principal_types", "supportedPrincipalTypes", "list", values=PRINCIPAL_TYPES),
        Column("permission_ids", "permissionIds", "list", refers="permissions"),
        _optional("conditions", "conditions", "conditions"),
    ),
)
_ASSIGNMENTS = Collection(
    "role_assignments",
    "roleAssignments",
    ("assignment_id",),
    "assignment",
    (Column("assignment_id", "id"), *_granted(Column("role_id", "roleId", refers="roles"))),
)
_GRANTS = Collection(
    "permission_grants",
    "permissionGrants",
    ("grant_id",),
    "grant",
    (Column("grant_id", "id"), *_granted(Column("permission_id", "permissionId", refers="permissions"))),
)

COLLECTIONS: dict[str, Collection] = {
    each.name: each
    for each in (
        _ORGANISATION,
        _PRINCIPALS,
        _CREDENTIALS,
        _GROUP_MEMBERS,
        _PERMISSIONS,
        _RESOURCE_TYPES,
        _ROLES,
        _ASSIGNMENTS,
        _GRANTS,
    )
}


def empty(name: str) -> pd.DataFrame:
    """An empty frame of the collection, with the dtypes of a full one."""
    return from_arrow(name, COLLECTIONS[name].arrow.empty_table())


def frame(name: str, columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A typed frame of the collection from literal values; a column left out is null (a boolean one false).

    Times are RFC 3339 text, `datetime` or `Timestamp`; conditions are the JSON text of their list.
    """
    collection = COLLECTIONS[name]
    if unknown := sorted(set(columns) - set(collection.names)):
        raise KeyError(f"{name} has no column {', '.join(unknown)}; it has {', '.join(collection.names)}")
    rows = max((len(values) for values in columns.values()), default=0)
    arrays = [literal(column.name, column.kind, columns.get(column.name), rows) for column in collection.columns]
    return from_arrow(name, sort(name, pa.Table.from_arrays(arrays, schema=collection.arrow)))


def sort(name: str, table: pa.Table) -> pa.Table:
    """The collection's table ordered by its key, in the order of Unicode code points."""
    order = pc.sort_indices(table, sort_keys=[(column, "ascending") for column in COLLECTIONS[name].key])
    return table.take(order)


def from_arrow(name: str, table: pa.Table) -> pd.DataFrame:
    """The typed frame of an Arrow table that has the collection's columns, in any order."""
    columns = COLLECTIONS[name].columns
    series = {each.name: to_pandas(each.kind, each.values, table.column(each.name)) for each in columns}
    return pd.DataFrame(series, index=pd.RangeIndex(table.num_rows), copy=False)


def to_arrow(name: str, table: pd.DataFrame) -> pa.Table:
    """The Arrow table of a typed frame: only the collection's columns, no index, no metadata."""
    collection = COLLECTIONS[name]
    arrays = [to_array(column.kind, table[column.name]) for column in collection.columns]
    return pa.Table.from_arrays(arrays, schema=collection.arrow)
