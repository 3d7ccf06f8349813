"""The named tables that rules, panels and commands read: derived from one snapshot at one instant, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access import effective, gaps, routes, state
from auditkit.access.explain import Explainer
from auditkit.access.instants import Instant, judged_at
from auditkit.access.required import EMPTY
from auditkit.attestations import EMPTY as NO_ATTESTATIONS
from auditkit.errors import InputError

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

_ACCESS = ("principals", "group_members", "role_assignments", "permission_grants")
_DECIDING = (*_ACCESS, "roles", "permissions")

# Which collections each table is made from: where one could not be read whole, the table must not be trusted.
LINEAGE: dict[str, tuple[str, ...]] = {
    "organisation": ("organisation",),
    "permissions": ("permissions",),
    "resource_types": ("resource_types",),
    "group_members": ("group_members",),
    "problems": (
        "organisation", "principals", "credentials", "group_members", "permissions", "resource_types", "roles",
        "role_assignments", "permission_grants",
    ),
    "unread": (),
    "principals": ("principals", "credentials"),
    "principal_access": _ACCESS,
    "credentials": ("credentials", "principals"),
    "assignments": ("role_assignments", "principals"),
    "grants": ("permission_grants", "principals"),
    "roles": ("roles", "permissions", "role_assignments"),
    "role_permissions": ("roles",),
    "reach": ("principals", "group_members", "role_assignments", "roles"),
    "effective": _DECIDING,
    "required": (),
    "gaps": (*_DECIDING, "resource_types"),
    "excess": _DECIDING,
    "scan": (),
    "attestations": (),
}  # fmt: skip


def checked(given: Any) -> Snapshot:
    """The snapshot that was given; InputError for anything else. What counts is what it has, not its class: a module
    that was loaded again makes snapshots of another class of the same name."""
    if not (hasattr(given, "frames") and hasattr(given, "manifest")):
        raise InputError(
            f"no snapshot loaded, but {type(given).__name__}: run the first cell, or load one by "
            "`auditkit.load(folder)`"
        )
    snapshot: Snapshot = given
    return snapshot


class Tables(Mapping[str, Any]):
    """The tables of a snapshot at `as_of` (default: when it was pulled), by name; a table is made when first read.

    `as_of` is RFC 3339 text or a time with its zone; InputError if it is neither.

    `required` is a frame as `read_required` gives it, `scan` a frame with `key_id` and `place`; both may be None.
    `attestations` is a frame as `read_attestations` gives it; None means that none were made.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        as_of: Instant = None,
        required: pd.DataFrame | None = None,
        scan: pd.DataFrame | None = None,
        attestations: pd.DataFrame | None = None,
    ) -> None:
        self.snapshot = checked(snapshot)
        self.as_of = judged_at(as_of, snapshot.as_of)
        self._made: dict[str, Any] = {
            "required": required,
            "scan": scan,
            "attestations": NO_ATTESTATIONS if attestations is None else attestations,
        }

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _MAKERS[name](self)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(LINEAGE)

    def __len__(self) -> int:
        return len(LINEAGE)

    @cached_property
    def explainer(self) -> Explainer:
        """What decides single requests on this snapshot at this instant."""
        return Explainer(self.snapshot, self.as_of)

    @cached_property
    def memberships(self) -> routes.Memberships:
        """The groups of the snapshot, closed on demand."""
        return routes.Memberships(self.snapshot.principals, self.snapshot.group_members)


def _raw(name: str) -> Callable[[Tables], pd.DataFrame]:
    return lambda tables: tables.snapshot.frames[name]


def _unread(tables: Tables) -> pd.DataFrame:
    pairs = sorted(tables.snapshot.incomplete.items())
    columns = {"collection": [name for name, _ in pairs], "reason": [reason for _, reason in pairs]}
    return pd.DataFrame(columns, dtype="str")


def _principals(tables: Tables) -> pd.DataFrame:
    snapshot = tables.snapshot
    return state.principals(snapshot.principals, snapshot.credentials, snapshot.organisation_id, tables.as_of)


def _holdings(name: str) -> Callable[[Tables], pd.DataFrame]:
    return lambda tables: state.holdings(
        tables.snapshot.frames[name], tables["principals"], tables.snapshot.organisation_id, tables.as_of
    )


def _access(tables: Tables) -> pd.DataFrame:
    return routes.access(tables["principals"], tables.memberships, tables["assignments"], tables["grants"])


def _reach(tables: Tables) -> pd.DataFrame:
    return routes.reach(tables["principals"], tables.memberships, tables["assignments"], tables.snapshot.roles)


def _roles(tables: Tables) -> pd.DataFrame:
    return state.roles(tables.snapshot.roles, tables["role_permissions"], tables["permissions"], tables["assignments"])


def _effective(tables: Tables) -> effective.Effective:
    roles, permissions, principals = tables.snapshot.roles, tables["permissions"], tables["principals"]
    live = effective.sources(principals, roles, permissions, tables["assignments"], tables["grants"])
    return effective.Effective(principals, tables.memberships, roles, tables["role_permissions"], permissions, live)


def _asked(tables: Tables) -> pd.DataFrame:
    """The required rows; none where none were given."""
    given: pd.DataFrame | None = tables["required"]
    return EMPTY if given is None else given


_MAKERS: dict[str, Callable[[Tables], Any]] = {
    "organisation": _raw("organisation"),
    "permissions": _raw("permissions"),
    "resource_types": _raw("resource_types"),
    "group_members": _raw("group_members"),
    "problems": lambda tables: tables.snapshot.problems,
    "unread": _unread,
    "principals": _principals,
    "principal_access": _access,
    "credentials": lambda tables: state.credentials(tables.snapshot.credentials, tables["principals"], tables.as_of),
    "assignments": _holdings("role_assignments"),
    "grants": _holdings("permission_grants"),
    "roles": _roles,
    "role_permissions": lambda tables: state.role_permissions(tables.snapshot.roles),
    "reach": _reach,
    "effective": _effective,
    "gaps": lambda tables: gaps.gaps(_asked(tables), tables.explainer),
    "excess": lambda tables: gaps.excess(_asked(tables), tables["principals"], tables["effective"]),
}
