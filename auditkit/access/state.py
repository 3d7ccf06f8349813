"""What each record is at one instant: expired, live, usable, a machine. The definitions of the contract, once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.access.codes import arrow, codes, lists

MACHINES = ("ApiKey", "ServiceAccount")
NO_CONDITIONS = "[]"
_READING = ("read", "list", "get", "view")


def passed(times: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """Whether a time has come: at the instant itself it has; an absent one never comes."""
    return times.le(as_of)


def widening(permissions: pd.DataFrame) -> pd.DataFrame:
    """The permissions of module `iam` that do more than read: whoever holds one can give itself another."""
    return permissions[permissions.module.eq("iam") & ~permissions.action.isin(_READING)]


def principals(
    principals: pd.DataFrame, credentials: pd.DataFrame, organisation_id: str, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Principals with `expired`, `usable`, `machine`, `last_activity` and `live_credentials`."""
    expired = passed(principals.expires_at, as_of)
    usable = principals.status.eq("Active") & ~expired & principals.organisation_id.eq(organisation_id)
    return principals.assign(
        expired=expired,
        usable=usable.astype(bool),
        machine=principals.type.isin(MACHINES),
        last_activity=_last_activity(principals, credentials),
        live_credentials=_live_credentials(principals, credentials, as_of),
    )


def _last_activity(principals: pd.DataFrame, credentials: pd.DataFrame) -> pd.Series:
    """The latest of a principal's `last_active_at` and its credentials' `last_used_at`."""
    used = credentials[credentials.last_used_at.notna()]
    latest = used.groupby("principal_id", sort=False).last_used_at.max()
    by_credential = latest.reindex(principals.principal_id).set_axis(principals.index)
    own = principals.last_active_at
    return own.where(own.ge(by_credential) | by_credential.isna(), by_credential)


def _live_credentials(principals: pd.DataFrame, credentials: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    live = credentials[~passed(credentials.expires_at, as_of) & ~passed(credentials.revoked_at, as_of)]
    holders = codes(live.principal_id, principals.principal_id)
    counts = np.bincount(holders[holders >= 0], minlength=len(principals))
    return pd.Series(counts.astype(np.int64), index=principals.index)


def credentials(credentials: pd.DataFrame, principals: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Credentials with `expired`, `revoked`, `live`, and of their principal `principal_known`, `principal_type`,
    `principal_usable`, `machine`: null or false where the principal is not in the snapshot.
    """
    expired, revoked = passed(credentials.expires_at, as_of), passed(credentials.revoked_at, as_of)
    holders = codes(credentials.principal_id, principals.principal_id)
    kinds = principals.type.cat
    types = np.where(holders < 0, -1, _take(kinds.codes.to_numpy(), holders))
    return credentials.assign(
        expired=expired,
        revoked=revoked,
        live=~expired & ~revoked,
        principal_known=holders >= 0,
        principal_type=pd.Categorical.from_codes(types, categories=kinds.categories),
        principal_usable=_taken(principals.usable, holders),
        machine=_taken(principals.machine, holders),
    )


def holdings(
    holdings: pd.DataFrame, principals: pd.DataFrame, organisation_id: str, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Assignments or grants with `expired`, `organisation_ok`, `live`, `principal_known`, `principal_usable`."""
    expired = passed(holdings.expires_at, as_of)
    ours = holdings.organisation_id.eq(organisation_id).astype(bool)
    holders = codes(holdings.principal_id, principals.principal_id)
    return holdings.assign(
        expired=expired,
        organisation_ok=ours,
        live=~expired & ours,
        principal_known=holders >= 0,
        principal_usable=_taken(principals.usable, holders),
    )


def role_permissions(roles: pd.DataFrame) -> pd.DataFrame:
    """One row for each distinct permission id of a role: role_id, permission_id."""
    rows, items = lists(roles.permission_ids)
    frame = pd.DataFrame({"role_id": roles.role_id.to_numpy()[rows], "permission_id": items.to_pandas()})
    return frame.astype({"role_id": "str", "permission_id": "str"}).drop_duplicates(ignore_index=True)


def roles(
    roles: pd.DataFrame, held: pd.DataFrame, permissions: pd.DataFrame, assignments: pd.DataFrame
) -> pd.DataFrame:
    """Roles with `n_permissions`, `broad_share` of the catalogue without previews, `holds_preview`, `assigned`.

    `held` is the frame of `role_permissions`, `assignments` the derived one.
    """
    holders = codes(held.role_id, roles.role_id)
    found = codes(held.permission_id, permissions.permission_id)
    preview = _taken(permissions.is_preview, found)
    settled = (found >= 0) & ~preview
    whole = int((~permissions.is_preview).sum())
    count = len(roles)
    assigned = codes(assignments.loc[assignments.live, "role_id"], roles.role_id)
    shares = np.bincount(holders[settled], minlength=count) / max(whole, 1)
    return roles.assign(
        n_permissions=np.bincount(holders, minlength=count).astype(np.int64),
        broad_share=shares,
        holds_preview=np.bincount(holders[preview], minlength=count) > 0,
        assigned=np.bincount(assigned[assigned >= 0], minlength=count) > 0,
    )


def conditional(conditions: pd.Series) -> Any:
    """Whether any condition is attached: an absent list and an empty one attach none."""
    written = pc.utf8_trim_whitespace(arrow(conditions).cast(pa.string()))
    return pc.fill_null(pc.not_equal(written, NO_CONDITIONS), False).to_numpy(zero_copy_only=False)


def scoped(holdings: pd.DataFrame) -> Any:
    """Whether an assignment or grant is limited to a resource scope."""
    return (holdings.scope_type.notna() | holdings.scope_path.notna()).to_numpy()


def _take(values: Any, rows: Any) -> Any:
    """The values of rows that may be -1, which take any value (the caller masks them)."""
    return values[rows] if len(values) else np.zeros(len(rows), dtype=values.dtype)


def _taken(flags: pd.Series, rows: Any) -> Any:
    """A boolean column of the rows found; false where nothing was."""
    return _take(flags.to_numpy(dtype=bool), rows) & (rows >= 0)
