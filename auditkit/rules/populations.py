"""How many subjects a rule judged, so that a report can say "7 of 212"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.access.state import widening
from auditkit.schema import COLLECTIONS

if TYPE_CHECKING:
    from auditkit.access.tables import Tables
    from auditkit.limits import Limits

Count = Callable[["Tables", "Limits"], int]

_RESOURCE = ["principal_id", "permission", "resource_type", "resource_path"]


def _rows(name: str) -> Count:
    return lambda tables, _: len(tables[name])


def _where(name: str, condition: Callable[[pd.DataFrame], pd.Series]) -> Count:
    return lambda tables, _: int(condition(tables[name]).sum())


def _expecting(expect: str) -> Count:
    return lambda tables, _: len(tables["gaps"].loc[lambda rows: rows.expect.eq(expect), _RESOURCE].drop_duplicates())


def _held_by_listed(tables: Tables, _: Limits) -> int:
    """The permissions that the principals with an `allow` row effectively hold: each is either required or excess."""
    gaps = tables["gaps"]
    listed = gaps.loc[gaps.expect.eq("allow"), "principal_id"].unique()
    counts = tables["effective"].counts()
    return int(counts.loc[counts.principal_id.isin(listed), ["organisation", "scoped"]].to_numpy().sum())


def _machines_by_widening(tables: Tables, _: Limits) -> int:
    """The pairs that a machine principal and such a permission could make."""
    return int(tables["principals"].machine.sum()) * len(widening(tables["permissions"]))


def _records(tables: Tables, _: Limits) -> int:
    kept = sum(len(tables.snapshot.frames[name]) for name in COLLECTIONS)
    return kept + int(tables["problems"].set_aside.sum())


COUNTS: Mapping[str, Count] = {
    "principal": _rows("principals"),
    "principal but Group": _where("principals", lambda rows: rows.type.ne("Group")),
    "machine principal": _where("principals", lambda rows: rows.machine),
    "machine principal and widening permission": _machines_by_widening,
    "credential": _rows("credentials"),
    "assignment": _rows("assignments"),
    "grant": _rows("grants"),
    "assignment or grant": lambda tables, _: len(tables["assignments"]) + len(tables["grants"]),
    "role": _rows("roles"),
    "role of scope Organisation": _where("roles", lambda rows: rows["scope"].eq("Organisation")),
    "role or grant": lambda tables, _: len(tables["roles"]) + len(tables["grants"]),
    "reach of ApiKey": _where("reach", lambda rows: rows.principal_type.eq("ApiKey")),
    "reach of other types": _where("reach", lambda rows: ~rows.principal_type.isin(["ApiKey", "Group"])),
    "reach of machines": _where("reach", lambda rows: rows.machine),
    "row that expects allow": _expecting("allow"),
    "row that expects deny": _expecting("deny"),
    "permission held by a listed principal": _held_by_listed,
    "principal and pair": lambda tables, limits: len(tables["principals"]) * len(limits.toxic_pairs),
    "organisation": _rows("organisation"),
    "collection": lambda _, __: len(COLLECTIONS),
    "any record": _records,
}
