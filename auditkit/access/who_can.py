"""Who can do this: every principal that a permission reaches, certainly or possibly, each by its shortest route.

The inverse of `explain`, for everybody at once: routes to the permission are few, and are followed downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditkit.access.codes import Ints, codes
from auditkit.access.conditions import judge, parse
from auditkit.access.routes import Memberships, support_matrix
from auditkit.access.sieve import covers
from auditkit.access.spread import Spread, spread
from auditkit.access.tables import Tables
from auditkit.access.telling import Place, columns, html_table, known_permission, place_words, word

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

CERTAINTIES = ("certain", "possible")
COLUMNS = ("principal_id", "type", "display_name", "certainty", "route", "through")
_NO, _POSSIBLE, _CERTAIN = 0, 1, 2


def who_can(
    snapshot: Snapshot,
    permission: str,
    resource: tuple[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
    as_of: pd.Timestamp | None = None,
    machine_only: bool = False,
) -> pd.DataFrame:
    """Everybody for whom `explain`, asked without a credential, would say allowed (`certain`) or undetermined.

    One row a principal, the certain ones first: principal_id, type, display_name, certainty, the shortest route in
    words, and `through`, the groups on it by id, nearest first (null where the route is the principal's own).
    """
    known_permission(snapshot, permission)
    tables = Tables(snapshot, as_of=as_of)
    routes = _routes(tables, permission, resource, context or {})
    principals = tables["principals"]
    usable = principals.usable & principals.machine if machine_only else principals.usable
    found = [
        _of_type(tables, routes, number, usable.to_numpy()) for number in range(len(principals.type.cat.categories))
    ]
    frame = pd.concat(found, ignore_index=True)
    return frame.sort_values(["certainty", "principal_id"], ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class WhoCan:
    """The answer of `who_can` with its question, for a command line or a notebook."""

    permission: str
    resource: Place
    machine_only: bool
    frame: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """The answer as `who-can --format json` prints it."""
        rows = self.frame.astype(object).where(self.frame.notna(), None)
        kind, path = self.resource or (None, None)
        return {
            "permission": self.permission,
            "resource_type": kind,
            "resource_path": path,
            "machine_only": self.machine_only,
            **{name: rows[rows.certainty.eq(name)].to_dict("records") for name in CERTAINTIES},
        }

    def to_text(self) -> str:
        """The answer for a reader: the certain and the possible apart."""
        lines = [self._headline()]
        for name in CERTAINTIES:
            rows = self._rows(name)
            lines += ["", f"{name} ({len(rows)})", *columns(_HEAD, rows)] if rows else []
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        return "".join(html_table(_HEAD, self._rows(name), f"{name}: {self._headline()}") for name in CERTAINTIES)

    def _headline(self) -> str:
        who = "machine principal" if self.machine_only else "principal"
        counts = self.frame.certainty.value_counts()
        certain, possible = int(counts["certain"]), int(counts["possible"])
        return (
            f"{word(self.permission)} on {place_words(*(self.resource or (None, None)))}: "
            f"{certain:,} {who}{'' if certain == 1 else 's'} can, and {possible:,} possibly can"
        )

    def _rows(self, certainty: str) -> list[tuple[object, ...]]:
        rows = self.frame[self.frame.certainty.eq(certainty)]
        return list(zip(rows.principal_id, rows.type, rows.display_name, rows.route, strict=True))


_HEAD = ("principal", "type", "name", "shortest route")


def _routes(tables: Tables, permission: str, resource: Place, context: Mapping[str, Any]) -> pd.DataFrame:
    """The live routes to the permission whose scope matches and whose conditions do not fail.

    Columns: holder (a principal's row), role (a role's row, -1 for a grant), id, words, verdict.
    """
    snapshot = tables.snapshot
    ids = snapshot.permissions.loc[snapshot.permissions.identifier.eq(permission), "permission_id"]
    held = tables["role_permissions"]
    giving = held.loc[held.permission_id.isin(ids), "role_id"]
    assignments, grants = tables["assignments"], tables["grants"]
    by_role = assignments[assignments.live & assignments.role_id.isin(giving)]
    direct = grants[grants.live & grants.permission_id.isin(ids)]
    role = codes(by_role.role_id, snapshot.roles.role_id)
    names, attached = snapshot.roles.name.to_numpy(dtype=object), snapshot.roles.conditions.to_numpy(dtype=object)
    shared = ["principal_id", "scope_type", "scope_path", "conditions"]
    whole = pd.concat([by_role[shared], direct[shared]], ignore_index=True)
    whole["holder"] = codes(whole.principal_id, snapshot.principals.principal_id)
    whole["role"] = np.r_[role, np.full(len(direct), -1)]
    whole["id"] = np.r_[by_role.assignment_id.to_numpy(dtype=object), direct.grant_id.to_numpy(dtype=object)]
    whole["name"] = np.r_[names[role], np.full(len(direct), None, dtype=object)]
    whole["role_conditions"] = np.r_[attached[role], np.full(len(direct), None, dtype=object)]
    types = snapshot.resource_types
    hierarchical = dict(zip(types.identifier, types.supports_hierarchical_scope.tolist(), strict=True))
    whole = whole[_in_scope(whole, resource, hierarchical) & whole.holder.ge(0).to_numpy()]
    whole = whole.assign(verdict=_verdicts(whole, context))
    return whole[whole.verdict > _NO].sort_values("id", kind="stable", ignore_index=True)


def _in_scope(routes: pd.DataFrame, resource: Place, hierarchical: Mapping[str, bool]) -> Any:
    """Check AUZ5, once for each distinct scope."""
    number, kinds, paths = _distinct(routes.scope_type, routes.scope_path)
    scopes = [None if _absent(kind) and _absent(path) else (str(kind), str(path))
              for kind, path in zip(kinds, paths, strict=True)]  # fmt: skip
    return np.array([covers(scope, resource, hierarchical) for scope in scopes], dtype=bool)[number]


def _verdicts(routes: pd.DataFrame, context: Mapping[str, Any]) -> Any:
    """Check AUZ6, once for each distinct pair of conditions: fail, unknown or pass."""
    number, own, roles = _distinct(routes.conditions, routes.role_conditions)
    found = [
        judge((*parse(_text(one)), *parse(_text(other))), context)[0] for one, other in zip(own, roles, strict=True)
    ]
    return np.array(found, dtype=np.int64)[number]


def _distinct(one: pd.Series, two: pd.Series) -> tuple[Ints, list[Any], list[Any]]:
    """The number of each row's pair of values, and the pairs."""
    groups = pd.DataFrame({"one": one.to_numpy(dtype=object), "two": two.to_numpy(dtype=object)})
    number = groups.groupby(["one", "two"], dropna=False, sort=False).ngroup().to_numpy()
    first = groups[~pd.Series(number).duplicated().to_numpy()]
    return number, first.one.tolist(), first.two.tolist()


def _absent(value: Any) -> bool:
    return value is None or value is pd.NA or value != value


def _text(value: Any) -> str | None:
    return None if _absent(value) else str(value)


def _of_type(tables: Tables, routes: pd.DataFrame, kind: int, usable: Any) -> pd.DataFrame:
    """The answer for the principals of one type: what a role supports is asked of the one who calls."""
    principals = tables["principals"]
    grades = support_matrix(principals.type.cat.categories, tables.snapshot.roles)[kind]
    role = routes.role.to_numpy()
    supported = np.where(role < 0, _CERTAIN, grades[role] if len(grades) else _CERTAIN)
    verdict = np.minimum(routes.verdict.to_numpy(), supported)
    wanted = (principals.type.cat.codes.to_numpy() == kind) & usable
    frames, left = [], wanted
    for name, least in (("certain", _CERTAIN), ("possible", _POSSIBLE)):
        reached = spread(tables.memberships, routes.holder.to_numpy(), np.flatnonzero(verdict >= least), left)
        frames.append(_frame(tables, routes, reached, name))
        left = left.copy()
        left[reached.who] = False
    return pd.concat(frames, ignore_index=True)


def _frame(tables: Tables, routes: pd.DataFrame, reached: Spread, certainty: str) -> pd.DataFrame:
    principals, memberships = tables["principals"], tables.memberships
    who = principals.iloc[reached.who]
    through, words = _chains(principals, memberships, reached)
    told = _route_words(routes)[reached.route] + words
    return pd.DataFrame(
        {
            "principal_id": who.principal_id.to_numpy(),
            "type": who.type.astype("str").to_numpy(),
            "display_name": who.display_name.to_numpy(),
            "certainty": pd.Categorical([certainty] * len(who), categories=list(CERTAINTIES), ordered=True),
            "route": pd.Series(told, dtype="str"),
            "through": pd.Series(through, dtype="str"),
        }
    )


def _route_words(routes: pd.DataFrame) -> Any:
    words = [
        f"direct grant {name}" if role < 0 else f'role "{word(title)}", assignment {name}'
        for role, title, name in zip(routes.role, routes.name, routes.id, strict=True)
    ]
    return np.array([*words, ""], dtype=object)


def _chains(principals: pd.DataFrame, memberships: Memberships, reached: Spread) -> tuple[Any, Any]:
    """For each answer, the ids of the groups on its route and their words; null and nothing for a route of its own."""
    ids, names = principals.principal_id, principals.display_name
    told: dict[int, tuple[str | None, str]] = {-1: (None, "")}
    for group in np.unique(reached.group[reached.group >= 0]).tolist():
        rows = memberships.groups[reached.chain(group)]
        called = [f'"{word(name)}"' for name in names.iloc[rows]]
        told[group] = ", ".join(ids.iloc[rows]), f", through group {', in group '.join(called)}"
    pairs = [told[group] for group in reached.group.tolist()]
    return np.array([one for one, _ in pairs], dtype=object), np.array([two for _, two in pairs], dtype=object)
