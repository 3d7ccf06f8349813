"""How a permission that somebody holds arrives: by which role and assignment or grant, and through which group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from auditkit.widgets.rows import principal_of, proof

if TYPE_CHECKING:
    from auditkit.access.tables import Tables

_KEYS = ["principal_id", "permission"]
# Rules about a permission that is held: what they find arrives in some way.
_HELD = ("PRM002", "PRM008")


def ways_held(findings: pd.DataFrame, tables: Tables) -> pd.Series:
    """The way of each finding about a permission that is held, by its index; no other finding is in the result.

    `findings` has the columns of a findings frame; `tables` are of the snapshot in which those were found.
    """
    held = findings[findings.rule.isin(_HELD)]
    return ways_of(proof(held, ["permission"]).assign(principal_id=principal_of(held, tables.snapshot.frames)), tables)


def ways_of(rows: pd.DataFrame, tables: Tables) -> pd.Series:
    """The way of each (principal_id, permission) of `rows` in words, by their index; of several, the first.

    A role that supports the principal's type goes before a direct grant, a direct assignment before a group's. Only
    the permissions that are effective have a way: of others it is not asked whether the way leads anywhere.
    """
    asked = rows[_KEYS].drop_duplicates()
    found = pd.concat([_by_role(asked, tables), _by_grant(asked, tables)], ignore_index=True)
    first = found.drop_duplicates(_KEYS).set_index(_KEYS).way
    more = found.groupby(_KEYS).size().sub(1).reindex(first.index)
    words = first + ("; ways besides: " + more.astype("str")).where(more.gt(0), "")
    told = pd.MultiIndex.from_frame(rows[_KEYS]).map(words.to_dict())
    return pd.Series(told, index=rows.index, dtype="str").fillna("a grant to a group")


def _by_role(asked: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The roles that reach the principals and hold the permissions, the principal's own assignments first."""
    reach = tables["reach"]
    reach = reach.loc[reach.support.ne("no"), ["principal_id", "role_id", "role_name", "assignment_id", "through"]]
    found = asked.merge(reach, on="principal_id").merge(_held(tables), on=["role_id", "permission"])
    names = tables["principals"].set_index("principal_id").display_name
    group = ', through group "' + found.through.map(names).astype("str") + '" (' + found.through + ")"
    role = "role " + ('"' + found.role_name + '" ').fillna("") + "(" + found.role_id + ")"
    way = role + ", assignment " + found.assignment_id + group.astype("str").fillna("")
    direct = found.assign(way=way.astype("str"), far=found.through.notna())
    return direct.sort_values([*_KEYS, "far", "role_id"])[[*_KEYS, "way"]]


def _by_grant(asked: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The live direct grants of the permissions to the principals themselves."""
    grants = tables["grants"]
    names = tables["permissions"][["permission_id", "identifier"]].rename(columns={"identifier": "permission"})
    own = grants.loc[grants.live, ["grant_id", "principal_id", "permission_id"]].merge(names, on="permission_id")
    found = asked.merge(own, on=_KEYS).sort_values([*_KEYS, "grant_id"])
    return found.assign(way=("grant " + found.grant_id + " of " + found.permission).astype("str"))[[*_KEYS, "way"]]


def _held(tables: Tables) -> pd.DataFrame:
    names = tables["permissions"][["permission_id", "identifier"]].rename(columns={"identifier": "permission"})
    return tables["role_permissions"].merge(names, on="permission_id")[["role_id", "permission"]]
