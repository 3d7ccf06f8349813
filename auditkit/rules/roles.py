"""ROL: roles that do not fit who holds them, and assignments that were left over."""

from __future__ import annotations

import json

import pandas as pd

from auditkit.limits import Limits
from auditkit.rules.base import Hits, among, hits, rule
from auditkit.rules.needs import catalogue

_HOLDINGS = ("assignments", "grants")
_PAIR = ["principal_id", "role_id"]
_REACH = ["principal_id", "principal_type", "role_id", "role_name", "assignment_id", "through"]


@rule("ROL001", "ApiKey principal on a role that does not support ApiKey", subject="(principal, role)", severity="high",
      reads=("reach",), of="reach of ApiKey")  # fmt: skip
def api_key_unsupported(reach: pd.DataFrame) -> Hits:
    """An `ApiKey` principal that a live assignment, its own or a group's, gives a role whose supported principal types
    lack `ApiKey`: the assignment looks like access, and every call by it is refused.

    Fix: assign a role that supports ApiKey principals, or have this one support them; then remove this assignment.
    """
    return _unsupported(reach[reach.principal_type.eq("ApiKey")])


@rule("ROL002", "Principal on a role that does not support its type", subject="(principal, role)", severity="medium",
      reads=("reach",), of="reach of other types")  # fmt: skip
def type_unsupported(reach: pd.DataFrame) -> Hits:
    """A principal of any type but `ApiKey` and `Group` that a live assignment, its own or a group's, gives a role whose
    supported principal types lack that type: the assignment looks like access, and gives none.

    Fix: assign a role that supports the principal's type, then remove this assignment.
    """
    return _unsupported(reach[~reach.principal_type.isin(["ApiKey", "Group"])])


@rule("ROL003", "Assignment or grant of another organisation", subject="assignment or grant", severity="high",
      reads=_HOLDINGS, spares=("principals",))  # fmt: skip
def foreign(assignments: pd.DataFrame, grants: pd.DataFrame) -> Hits:
    """A role assignment or direct grant that belongs to another organisation: it gives nothing here.

    Fix: remove it, and assign the role again in this organisation if it is needed.
    """
    held = _holdings(assignments, grants)
    return _held(held[~held.organisation_ok], "belongs to the organisation {organisation_id}", ["organisation_id"])


@rule("ROL004", "Live assignment or grant of a principal that is not usable", subject="assignment or grant",
      severity="medium", reads=_HOLDINGS)  # fmt: skip
def left_on_unusable(assignments: pd.DataFrame, grants: pd.DataFrame) -> Hits:
    """A live assignment or grant whose principal is not usable: access that waits for the principal to come back. A
    principal that is not in the snapshot is DAT001's matter.

    Fix: remove the assignment or grant.
    """
    held = _holdings(assignments, grants)
    idle = held[held.live & held.principal_known & ~held.principal_usable]
    return _held(idle, "is live, and its principal {principal_id} is not usable", ["principal_usable", "expires_at"])


@rule(
    "ROL005",
    "Role without permissions",
    subject="role",
    severity="low",
    reads=("roles",),
    spares=("permissions", "role_assignments"),
)
def empty(roles: pd.DataFrame) -> Hits:
    """A role that has no permissions: whoever is assigned it is told of access and has none.

    Fix: give the role the permissions it is meant to have, or delete it.
    """
    return _role(roles[roles.n_permissions.eq(0)], "{name} has no permissions", ["n_permissions"])


@rule("ROL006", "Role that nobody is assigned", subject="role", severity="info", reads=("roles",),
      spares=("permissions",), of="role of scope Organisation")  # fmt: skip
def unassigned(roles: pd.DataFrame) -> Hits:
    """A role of scope `Organisation` that has no live assignment: one more role to choose wrongly.

    Fix: delete the role, unless it is about to be used.
    """
    idle = roles[roles.scope.eq("Organisation") & ~roles.assigned]
    return _role(idle, "{name} has no live assignment", ["scope", "assigned"])


@rule("ROL007", "Scope on an unknown resource type", subject="assignment or grant", severity="medium",
      reads=(*_HOLDINGS, "resource_types"), spares=("principals",))  # fmt: skip
def unknown_scope(assignments: pd.DataFrame, grants: pd.DataFrame, resource_types: pd.DataFrame) -> Hits:
    """A role assignment or direct grant whose resource scope names a resource type that the catalogue lacks: it can
    match no resource that the API knows.

    Fix: remove it, and assign the role again with a resource type of the catalogue.
    """
    held = _holdings(assignments, grants)
    odd = held[held.scope_type.notna() & ~among(held.scope_type, resource_types.identifier)]
    return _held(odd, "is scoped to the unknown resource type {scope_type}", ["scope_type", "scope_path"])


@rule("ROL008", "Machine principal on a broad role", subject="(principal, role)", severity="high",
      reads=("reach", "roles"), of="reach of machines", needs=(catalogue,))  # fmt: skip
def broad(reach: pd.DataFrame, roles: pd.DataFrame, *, limits: Limits) -> Hits:
    """A machine principal that a live assignment gives a role holding at least `broad_role_share` of the catalogue's
    non-preview permissions: if its credential leaks, so does most of the organisation.

    Fix: assign the narrowest role that lets its workflow succeed, confirm that it works, then remove this assignment.
    """
    wide = roles.loc[roles.broad_share.ge(limits.broad_role_share), ["role_id", "broad_share"]]
    return hits(
        reach[reach.machine].merge(wide, on="role_id", how="inner", validate="many_to_one"),
        subject=_PAIR,
        message="{principal_type} holds {role_name}, which has {broad_share:.0%} of the catalogue",
        related=[*_REACH, "broad_share"],
    )


@rule(
    "ROL009",
    "Assignment given twice",
    subject="assignment",
    severity="low",
    reads=("assignments",),
    spares=("principals",),
)
def repeated(assignments: pd.DataFrame) -> Hits:
    """A live assignment beside another live one, with a smaller id, of the same role to the same principal in the same
    scope with the same conditions: removing one of them would take nothing away, and seem to.

    Fix: remove this assignment; the other stays.
    """
    live = assignments[assignments.live].sort_values("assignment_id")
    live = live.assign(terms=_terms(live.conditions))
    same = ["principal_id", "role_id", "organisation_id", "scope_type", "scope_path", "terms"]
    live = live[live.duplicated(same, keep=False)]
    first = live.groupby(same, dropna=False, sort=False).assignment_id.transform("first")
    return hits(
        live.assign(first=first).loc[live.duplicated(same)],
        subject=["assignment_id"],
        message="repeats the assignment {first}",
        related={**{name: name for name in ["assignment_id", *_PAIR, "scope_type", "scope_path"]}, "repeats": "first"},
    )


@rule("ROL010", "Role that declares no principal types, on a machine", subject="role", severity="low",
      reads=("roles", "reach"), spares=("permissions",))  # fmt: skip
def undeclared(roles: pd.DataFrame, reach: pd.DataFrame) -> Hits:
    """A role that declares no supported principal types and reaches a machine principal by a live assignment, its own
    or a group's: whether the call is let through cannot be told from the role.

    Fix: state the principal types that the role supports.
    """
    machines = reach.loc[reach.machine, "role_id"].value_counts()
    silent = roles.supported_principal_types.isna() & among(roles.role_id, machines.index.to_series())
    odd = roles[silent].assign(machines=lambda rows: rows.role_id.map(machines))
    return _role(odd, "{name} declares no principal types; machine principals reached: {machines}", ["machines"])


@rule(
    "ROL011",
    "Expired assignment or grant",
    subject="assignment or grant",
    severity="info",
    reads=_HOLDINGS,
    spares=("principals",),
)
def expired(assignments: pd.DataFrame, grants: pd.DataFrame) -> Hits:
    """A role assignment or direct grant that has expired: a left-over that makes every list longer.

    Fix: remove it.
    """
    held = _holdings(assignments, grants)
    return _held(held[held.expired], "expired on {expires_at:%Y-%m-%d}", ["expires_at"])


def _unsupported(reach: pd.DataFrame) -> Hits:
    return hits(
        reach[reach.support.eq("no")],
        subject=_PAIR,
        message="{role_name} does not support {principal_type}",
        related=_REACH,
    )


def _role(rows: pd.DataFrame, message: str, proof: list[str]) -> Hits:
    return hits(rows, subject=["role_id"], message=message, related=["role_id", "name", *proof])


def _holdings(assignments: pd.DataFrame, grants: pd.DataFrame) -> pd.DataFrame:
    """Assignments and grants as one table: `kind`, `holding_id`, and what both have."""
    one = assignments.rename(columns={"assignment_id": "holding_id"}).assign(kind="assignment")
    two = grants.rename(columns={"grant_id": "holding_id"}).assign(kind="grant")
    return pd.concat([one, two], ignore_index=True)


def _held(rows: pd.DataFrame, message: str, proof: list[str]) -> Hits:
    names = ["principal_id", "role_id", "permission_id", *proof]
    related = {"id": "holding_id", **{name: name for name in names}}
    return hits(rows, subject=["holding_id"], message=message, kind="kind", related=related)


def _terms(conditions: pd.Series) -> pd.Series:
    """Conditions in one form: all of a list must hold, so neither their order nor a repetition matters."""
    return conditions.map({written: _one_form(written) for written in conditions.dropna().unique()})


def _one_form(conditions: str) -> str:
    return json.dumps(sorted({json.dumps(one, sort_keys=True) for one in json.loads(conditions)}))
