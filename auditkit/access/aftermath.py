"""What a change means beside permissions: who can no longer call, and what a group that is suspended still gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.naming import Naming
from auditkit.access.tables import Tables
from auditkit.access.telling import word

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

_GROUP = (
    "is a group: its own status and expiry play no part in the access of its members, so suspended it still gives them "
    "what it gave, and only the group itself has less; delete_principal disbands it, which takes that from them"
)


def calls(one: Tables, two: Tables, naming: Naming) -> list[str]:
    """Who can no longer authenticate, or can again, and which keys stop working."""
    before, after = (tables["principals"].set_index("principal_id") for tables in (one, two))
    usable = after.usable.reindex(before.index, fill_value=False)
    # A group never could.
    callers = before.type.ne("Group")
    ends, begins = before.index[callers & before.usable & ~usable], before.index[callers & ~before.usable & usable]
    told = [f"{naming.principal(each)} can no longer authenticate" for each in ends]
    told += [f"{naming.principal(each)} can authenticate again" for each in begins]
    keys = two["credentials"]
    live = one["credentials"].merge(keys[["credential_id", "live"]], on="credential_id", suffixes=("", "_then"))
    stopped = live[live.live & ~live.live_then]
    left = after.live_credentials
    for key, principal in zip(stopped.key_id, stopped.principal_id, strict=True):
        rest = int(left.get(principal, 0))
        words = f"{rest} other live credential{'' if rest == 1 else 's'}" if rest else "no live credential"
        # Nothing is lost to whoever is stopped already, or by the same changes.
        idle = "" if rest or usable.get(principal, False) else ", and cannot authenticate in any case"
        told.append(f"key {word(key)} stops working; {naming.principal(principal)} is left with {words}{idle}")
    return told + _direct(one, two, after)


def told_of_groups(snapshot: Snapshot, changes: Mapping[str, Any], naming: Naming) -> list[str]:
    """That a group which is suspended goes on giving its members what it gives."""
    groups = snapshot.principals.principal_id[snapshot.principals.type.eq("Group")]
    asked = set(changes.get("suspend_principal", ()))
    return [f"{naming.principal(each)} {_GROUP}" for each in groups[groups.isin(asked)]]


def _direct(one: Tables, two: Tables, principals: pd.DataFrame) -> list[str]:
    was, is_ = (bool(tables["organisation"].direct_api_key_auth.any()) for tables in (one, two))
    if was == is_:
        return []
    using = principals[principals.usable & principals.machine & principals.live_credentials.gt(0)]
    if is_:
        return [f"{len(using)} principals with a live credential could send their key directly"]
    return [f"{len(using)} principals with a live credential could no longer send their key directly, but would have "
            "to exchange it for a bearer token (POST /iam/auth/token)"]  # fmt: skip
