"""PRN: who can still act, and should perhaps not."""

from __future__ import annotations

import pandas as pd

from auditkit.limits import Limits
from auditkit.rules.base import Hits, among, choose, hits, rule
from auditkit.rules.needs import activity

_REMAINS = "high if it still has a live credential, or a live assignment or grant of its own"


@rule("PRN001", "Suspended or revoked principal", subject="principal", severity="info", worse=_REMAINS,
      reads=("principals", "principal_access"))  # fmt: skip
def shut_out(principals: pd.DataFrame, principal_access: pd.DataFrame) -> Hits:
    """A principal whose status is `Suspended` or `Revoked`. What it still holds comes back to life the day it is set
    to `Active` again.

    Fix: revoke its credentials and remove its role assignments and direct grants; then delete the principal, or, if
    it is to return, set it to Active only after a review.
    """
    out = principals[principals.status.isin(["Suspended", "Revoked"])]
    return _left(out, principal_access, "is {status}{remains}", ["status"])


@rule("PRN002", "Expired principal", subject="principal", severity="info", worse=_REMAINS,
      reads=("principals", "principal_access"))  # fmt: skip
def expired(principals: pd.DataFrame, principal_access: pd.DataFrame) -> Hits:
    """A principal whose expiry date has come. What it still holds comes back to life with a later date.

    Fix: revoke its credentials and remove its role assignments and direct grants, then delete the principal; if it is
    still needed, give it a new expiry date after a review.
    """
    out = principals[principals.expired]
    return _left(out, principal_access, "expired on {expires_at:%Y-%m-%d}{remains}", ["expires_at"])


@rule("PRN003", "Dormant principal", subject="principal", severity="medium", worse="high for a machine principal",
      reads=("principals",), of="principal but Group", needs=(activity,))  # fmt: skip
def dormant(principals: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A usable principal, not a Group, whose last activity is older than `dormant_days`: access that nobody uses, and
    whose misuse nobody would notice.

    Fix: ask its owner; if it is no longer used, revoke its credentials and set the principal to Suspended, later to
    Revoked.
    """
    idle = _people_and_machines(principals).loc[lambda rows: rows.last_activity.lt(as_of - limits.dormant)]
    return hits(
        idle.assign(severity=choose(idle.machine, "high", "medium")),
        subject=["principal_id"],
        message="was last active on {last_activity:%Y-%m-%d}",
        related=["principal_id", "type", "last_activity", "live_credentials"],
        severity="severity",
    )


@rule("PRN004", "Principal never used", subject="principal", severity="medium", reads=("principals",),
      of="principal but Group", needs=(activity,))  # fmt: skip
def never_used(principals: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A usable principal, not a Group, that has no last activity and was created more than `never_used_days` ago:
    access that was given and never needed.

    Fix: ask whoever asked for it; if it is not needed, revoke its credentials and delete the principal.
    """
    unused = _people_and_machines(principals).loc[
        lambda rows: rows.last_activity.isna() & rows.created_at.lt(as_of - limits.never_used)
    ]
    return hits(
        unused,
        subject=["principal_id"],
        message="was created on {created_at:%Y-%m-%d} and never used",
        related=["principal_id", "type", "created_at", "live_credentials"],
    )


@rule("PRN005", "Principal of another organisation", subject="principal", severity="high",
      reads=("principals", "organisation"), spares=("credentials",))  # fmt: skip
def foreign(principals: pd.DataFrame, organisation: pd.DataFrame) -> Hits:
    """A principal that belongs to another organisation: it is not usable here, and should not be listed here.

    Fix: find out how it came here; remove its role assignments and direct grants, and have it made anew in its own
    organisation.
    """
    return hits(
        principals[~among(principals.organisation_id, organisation.organisation_id)],
        subject=["principal_id"],
        message="belongs to the organisation {organisation_id}",
        related=["principal_id", "type", "organisation_id"],
    )


@rule("PRN006", "Principal without access", subject="principal", severity="low", of="principal but Group",
      reads=("principals", "principal_access"), spares=("credentials",))  # fmt: skip
def without_access(principals: pd.DataFrame, principal_access: pd.DataFrame) -> Hits:
    """A usable principal, not a Group, that no live assignment or grant reaches, neither itself nor through a group:
    it can authenticate, and do nothing.

    Fix: assign the narrowest role that lets its workflow succeed, or delete the principal.
    """
    reached = principal_access.loc[principal_access.reached, "principal_id"]
    return hits(
        _people_and_machines(principals).loc[lambda rows: ~among(rows.principal_id, reached)],
        subject=["principal_id"],
        message="is reached by no live role assignment or grant",
        related=["principal_id", "type", "created_at"],
    )


@rule("PRN007", "Machine principal without a credential", subject="principal", severity="low",
      reads=("principals",), of="machine principal")  # fmt: skip
def without_credential(principals: pd.DataFrame) -> Hits:
    """A usable machine principal that has no live credential: nothing can call as it.

    Fix: issue a credential if the integration is still wanted, else delete the principal.
    """
    return hits(
        principals[principals.usable & principals.machine & principals.live_credentials.eq(0)],
        subject=["principal_id"],
        message="is a usable {type} without a live credential",
        related=["principal_id", "type", "live_credentials"],
    )


@rule(
    "PRN008",
    "Principal expires soon",
    subject="principal",
    severity="medium",
    reads=("principals",),
    spares=("credentials",),
)
def expiring(principals: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A usable principal that expires within `expiring_days`: all its credentials stop working with it.

    Fix: if it is still needed, give it a later expiry date; if not, plan what takes its place before that day.
    """
    soon = principals.usable & principals.expires_at.gt(as_of) & principals.expires_at.le(as_of + limits.expiring)
    return hits(
        principals[soon],
        subject=["principal_id"],
        message="expires on {expires_at:%Y-%m-%d}",
        related=["principal_id", "type", "expires_at"],
    )


def _people_and_machines(principals: pd.DataFrame) -> pd.DataFrame:
    return principals[principals.usable & principals.type.ne("Group")]


def _left(out: pd.DataFrame, principal_access: pd.DataFrame, message: str, proof: list[str]) -> Hits:
    """Hits for principals that must not act, worse where something of their own is left."""
    own = principal_access.loc[principal_access.own_access, "principal_id"]
    out = out.assign(own_access=among(out.principal_id, own))
    live = out.live_credentials.gt(0)
    out = out.assign(severity=choose(live | out.own_access, "high", "info"), remains=_remains(live, out.own_access))
    related = ["principal_id", "type", *proof, "live_credentials", "own_access"]
    return hits(out, subject=["principal_id"], message=message, related=related, severity="severity")


def _remains(live: pd.Series, own_access: pd.Series) -> pd.Series:
    """How the sentence on a principal ends."""
    still, access = " and still has ", "a live assignment or grant of its own"
    nothing = "; no live credential, assignment or grant of its own is left"
    without = choose(own_access, still + access, nothing)
    return without.where(~live, still + choose(own_access, f"live credentials and {access}", "live credentials"))
