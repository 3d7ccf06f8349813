"""PRM: what was asked for and is missing, what is held and was not asked for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from auditkit.access.state import widening
from auditkit.limits import Limits
from auditkit.rules.base import Hits, among, choose, hits, rule
from auditkit.rules.needs import required, rows_judged_allow, rows_judged_deny, toxic_pairs, toxic_pairs_known
from auditkit.rules.text import gather

_RESOURCE = ("principal_id", "permission", "resource_type", "resource_path")
_HELD = ("organisation", "scoped")


@rule("PRM001", "Required permission missing", subject="(principal, permission, resource)", severity="high",
      reads=("gaps",), of="row that expects allow", needs=(required,), doubts=(rows_judged_allow,))  # fmt: skip
def missing(gaps: pd.DataFrame) -> Hits:
    """A permission that is required and denied: the workflow that needs it fails.

    Fix: mend what the failed check names; if nothing gives the permission, assign the narrowest role that holds it.
    """
    out = gaps[gaps.expect.eq("allow") & gaps.outcome.eq("denied")]
    return _rows(out, "is required and denied: {failed_check}, {detail}")


@rule("PRM002", "Permission held and not required", subject="(principal, permission)", severity="medium",
      worse="high for a machine principal", reads=("excess",), of="permission held by a listed principal",
      needs=(required,), doubts=(rows_judged_allow,))  # fmt: skip
def excess(excess: pd.DataFrame) -> Hits:
    """A permission that a principal effectively holds and no required row asks for, where some row does name that
    principal: access beyond the need.

    Fix: assign a narrower role, or take the permission out of this one; remove the direct grant if that gives it.
    """
    return hits(
        excess.assign(severity=choose(excess.machine, "high", "medium")),
        subject=["principal_id", "permission"],
        message="is held ({level}) and required by no row",
        related=["principal_id", "permission", "level"],
        severity="severity",
    )


@rule("PRM003", "Direct grant", subject="grant", severity="low", reads=("grants",), spares=("principals",))
def direct(grants: pd.DataFrame) -> Hits:
    """A live direct grant: one permission given straight to a principal, which no review of roles shows.

    Fix: assign a role that holds the permission, then remove the grant.
    """
    return hits(
        grants[grants.live],
        subject=["grant_id"],
        message="gives {permission_id} straight to {principal_id}",
        related=["grant_id", "principal_id", "permission_id", "scope_type", "scope_path"],
    )


@rule("PRM004", "Preview permission in use", subject="role or grant", severity="info",
      reads=("roles", "role_permissions", "grants", "permissions"), spares=("principals",))  # fmt: skip
def preview(
    roles: pd.DataFrame, role_permissions: pd.DataFrame, grants: pd.DataFrame, permissions: pd.DataFrame
) -> Hits:
    """A role with a live assignment, or a live grant, that carries a preview permission: what it allows may change
    without notice.

    Fix: keep preview permissions in a role of their own, or wait until the permission is no longer a preview.
    """
    names = permissions[permissions.is_preview].set_index("permission_id").identifier
    in_roles = role_permissions[among(role_permissions.role_id, roles.loc[roles.assigned, "role_id"])]
    in_roles = in_roles.rename(columns={"role_id": "carrier_id"}).assign(kind="role")
    in_grants = grants.loc[grants.live, ["grant_id", "permission_id"]]
    in_grants = in_grants.rename(columns={"grant_id": "carrier_id"}).assign(kind="grant")
    carried = pd.concat([in_roles, in_grants])
    carried = carried[among(carried.permission_id, names.index.to_series())]
    return hits(
        gather(carried.assign(identifier=carried.permission_id.map(names)), ["kind", "carrier_id"], "identifier"),
        subject=["carrier_id"],
        kind="kind",
        message="is live and carries the preview permission {identifier}",
        related={"id": "carrier_id", "permissions": "identifier"},
    )


@rule("PRM005", "Role with an unknown permission", subject="role", severity="medium",
      reads=("role_permissions", "permissions"), of="role")  # fmt: skip
def unknown(role_permissions: pd.DataFrame, permissions: pd.DataFrame) -> Hits:
    """A role that holds a permission id which the catalogue lacks: what it gives cannot be reviewed.

    Fix: take the id out of the role; if it was withdrawn by the vendor, see what took its place.
    """
    odd = role_permissions[~among(role_permissions.permission_id, permissions.permission_id)]
    return hits(
        gather(odd, ["role_id"], "permission_id"),
        subject=["role_id"],
        message="holds {permission_id}, which the catalogue lacks",
        related={"role_id": "role_id", "permission_ids": "permission_id"},
    )


@rule("PRM006", "Required permission undetermined", subject="(principal, permission, resource)", severity="medium",
      reads=("gaps",), of="row that expects allow", needs=(required,), doubts=(rows_judged_allow,))  # fmt: skip
def undetermined(gaps: pd.DataFrame) -> Hits:
    """A permission that is required, and of which the snapshot cannot tell whether it is allowed: a role that declares
    no types, or a condition on the request.

    Fix: state the principal types that the role supports, or try the call with the request that the workflow makes.
    """
    return _rows(gaps[gaps.expect.eq("allow") & gaps.outcome.eq("undetermined")], "is required and undetermined")


@rule("PRM007", "Permission that must never be held", subject="(principal, permission, resource)", severity="medium",
      worse="critical if allowed", reads=("gaps",), of="row that expects deny", needs=(required,),
      doubts=(rows_judged_deny,))  # fmt: skip
def forbidden(gaps: pd.DataFrame) -> Hits:
    """A permission that a row of the required permissions says this principal must never have, and that is allowed, or
    cannot be told to be denied.

    Fix: remove the assignment or grant that gives it, or take the permission out of the role.
    """
    out = gaps[gaps.expect.eq("deny") & gaps.outcome.isin(["allowed", "undetermined"])]
    out = out.assign(severity=choose(out.outcome.eq("allowed"), "critical", "medium"))
    return _rows(out, "must never be held, and is {outcome}", severity="severity")


@rule("PRM008", "Machine principal that can widen its own access", subject="(principal, permission)", severity="high",
      reads=("principals", "permissions", "effective"), spares=("credentials",),
      of="machine principal and widening permission")  # fmt: skip
def self_widening(principals: pd.DataFrame, permissions: pd.DataFrame, effective: Any) -> Hits:
    """A machine principal that effectively holds a permission of module `iam` whose action is not `read`, `list`,
    `get` or `view`: whoever has its credential can give it, or another, more.

    Fix: move the permission out of the roles that machines are assigned; let people change access.
    """
    held = _pairs(effective, principals.loc[principals.machine, "principal_id"], widening(permissions))
    return hits(
        held.sort_values("level", ascending=False),
        subject=["principal_id", "identifier"],
        message="can {identifier} ({level})",
        related={"principal_id": "principal_id", "permission": "identifier", "level": "level"},
    )


@rule("PRM009", "Toxic pair of permissions", subject="(principal, pair)", severity="high",
      reads=("principals", "permissions", "effective"), spares=("credentials",), of="principal and pair",
      needs=(toxic_pairs,), doubts=(toxic_pairs_known,))  # fmt: skip
def toxic(principals: pd.DataFrame, permissions: pd.DataFrame, effective: Any, *, limits: Limits) -> Hits:
    """A principal that effectively holds both permissions of a pair in `toxic_pairs`: duties that were meant to be
    two persons'.

    Fix: remove the assignment or grant that gives one of the two, and assign that duty to somebody else.
    """
    pairs = pd.DataFrame(limits.toxic_pairs, columns=["first", "second"], dtype="str")
    pairs = pairs.assign(pair=pairs["first"] + "+" + pairs["second"])
    named = permissions[permissions.identifier.isin(pairs["first"]) | permissions.identifier.isin(pairs["second"])]
    held = _pairs(effective, principals.principal_id, named)[["principal_id", "identifier"]].drop_duplicates()
    left = pairs.merge(held, left_on="first", right_on="identifier").drop(columns="identifier")
    both = left.merge(held, left_on=["principal_id", "second"], right_on=["principal_id", "identifier"])
    return hits(
        both,
        subject=["principal_id", "pair"],
        message="holds both {first} and {second}",
        related={"principal_id": "principal_id", "first": "first", "second": "second"},
    )


def _rows(rows: pd.DataFrame, message: str, severity: str | None = None) -> Hits:
    related = [*_RESOURCE, "expect", "outcome", "failed_check", "detail", "route", "reason", "line"]
    return hits(rows, subject=_RESOURCE, message=message, related=related, severity=severity)


def _pairs(effective: Any, principals: pd.Series, permissions: pd.DataFrame) -> pd.DataFrame:
    """Who effectively holds which of `permissions`, organisation-wide or scoped."""
    pairs: pd.DataFrame = effective.pairs(principals=principals, permissions=permissions.permission_id)
    return pairs[pairs.level.isin(_HELD)]
