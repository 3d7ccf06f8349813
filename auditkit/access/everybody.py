"""Who can do this: every principal that a permission reaches, certainly or possibly, each by its shortest route.

The inverse of `explain`, for everybody at once: routes to the permission are few, and are followed downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from auditkit.access import state
from auditkit.access.codes import Ints, codes
from auditkit.access.conditions import judge, parse
from auditkit.access.hints import known_permission
from auditkit.access.instants import Instant, judged_at
from auditkit.access.routes import Memberships, support_matrix
from auditkit.access.sieve import covers
from auditkit.access.spread import Spread, spread
from auditkit.access.telling import Place, word

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
    as_of: Instant = None,
    machine_only: bool = False,
) -> pd.DataFrame:
    """Everybody for whom `explain`, asked without a credential, would say allowed (`certain`) or undetermined.

    One row a principal, the certain ones first: principal_id, type, display_name, certainty, the shortest route in
    words, and `through`, the groups on it by id, nearest first (null where the route is the principal's own).
    """
    known_permission(snapshot, permission)
    asked = _Asked(snapshot, judged_at(as_of, snapshot.as_of))
    routes = _routes(asked, permission, resource, context or {})
    usable = asked.principals.usable & asked.principals.machine if machine_only else asked.principals.usable
    kinds = range(len(asked.principals.type.cat.categories))
    return _frame(asked, routes, [each for kind in kinds for each in _answers(asked, routes, kind, usable.to_numpy())])


class _Asked:
    """A snapshot at an instant: only what this question needs of it, and so not the named tables."""

    def __init__(self, snapshot: Snapshot, as_of: pd.Timestamp) -> None:
        self.snapshot, self.as_of = snapshot, as_of
        # Keys tell nothing of who is usable.
        no_keys = snapshot.credentials.iloc[:0]
        self.principals = state.principals(snapshot.principals, no_keys, snapshot.organisation_id, as_of)
        self.memberships = Memberships(snapshot.principals, snapshot.group_members)

    def live(self, holdings: pd.DataFrame) -> pd.DataFrame:
        """Those of these assignments or grants that are live."""
        # Who holds one tells nothing of whether it is live.
        nobody = self.principals.iloc[:0]
        judged = state.holdings(holdings, nobody, self.snapshot.organisation_id, self.as_of)
        return judged[judged.live]


def _routes(asked: _Asked, permission: str, resource: Place, context: Mapping[str, Any]) -> pd.DataFrame:
    """The live routes to the permission whose scope matches and whose conditions do not fail.

    Columns: holder (a principal's row), role (a role's row, -1 for a grant), id, words, verdict.
    """
    snapshot = asked.snapshot
    ids = snapshot.permissions.loc[snapshot.permissions.identifier.eq(permission), "permission_id"]
    held = state.role_permissions(snapshot.roles)
    giving = held.loc[held.permission_id.isin(ids), "role_id"]
    assignments, grants = snapshot.role_assignments, snapshot.permission_grants
    by_role = asked.live(assignments[assignments.role_id.isin(giving)])
    direct = asked.live(grants[grants.permission_id.isin(ids)])
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


def _answers(asked: _Asked, routes: pd.DataFrame, kind: int, usable: Any) -> list[_Answers]:
    """The answers for the principals of one type: what a role supports is asked of the one who calls."""
    principals = asked.principals
    grades = support_matrix(principals.type.cat.categories, asked.snapshot.roles)[kind]
    role = routes.role.to_numpy()
    supported = np.where(role < 0, _CERTAIN, grades[role] if len(grades) else _CERTAIN)
    verdict = np.minimum(routes.verdict.to_numpy(), supported)
    found, left = [], (principals.type.cat.codes.to_numpy() == kind) & usable
    for least in (_CERTAIN, _POSSIBLE):
        reached = spread(asked.memberships, routes.holder.to_numpy(), np.flatnonzero(verdict >= least), left)
        found.append(_Answers(reached, np.full(len(reached.who), _CERTAIN - least), *_chains(asked, reached)))
        left = left.copy()
        left[reached.who] = False
    return found


class _Answers(NamedTuple):
    """Who is reached, with the place of each in `CERTAINTIES`, and of the groups on the way the ids and the words."""

    reached: Spread
    certainty: Ints
    through: list[str | None]
    words: list[str]


def _chains(asked: _Asked, reached: Spread) -> tuple[list[str | None], list[str]]:
    """For each answer, the ids of the groups on its route and their words; null and nothing for a route of its own."""
    principals, groups = asked.principals, np.unique(reached.group[reached.group >= 0]).tolist()
    chains = [reached.chain(group) for group in groups]
    places = asked.memberships.groups[[group for chain in chains for group in chain]]
    ids, names = iter(principals.principal_id.take(places)), iter(principals.display_name.take(places))
    told: dict[int, tuple[str | None, str]] = {-1: (None, "")}
    for group, chain in zip(groups, chains, strict=True):
        called = [f'"{word(next(names))}"' for _ in chain]
        told[group] = ", ".join(next(ids) for _ in chain), f", through group {', in group '.join(called)}"
    pairs = [told[group] for group in reached.group.tolist()]
    return [one for one, _ in pairs], [two for _, two in pairs]


def _frame(asked: _Asked, routes: pd.DataFrame, answers: list[_Answers]) -> pd.DataFrame:
    """All answers as one frame, the certain ones first, by id."""
    principals = asked.principals
    who = principals.iloc[np.concatenate([each.reached.who for each in answers])]
    told = _route_words(routes)[np.concatenate([each.reached.route for each in answers])]
    certainty = np.concatenate([each.certainty for each in answers])
    frame = pd.DataFrame(
        {
            "principal_id": who.principal_id.array,
            "type": who.type.astype("str").array,
            "display_name": who.display_name.array,
            "certainty": pd.Categorical.from_codes(certainty, categories=list(CERTAINTIES), ordered=True),
            "route": pd.Series(told + np.array([word for each in answers for word in each.words], object), dtype="str"),
            "through": pd.Series([groups for each in answers for groups in each.through], dtype="str"),
        }
    )
    # Principals stand in the order of their ids, so their rows sort faster than their texts.
    return frame.take(np.lexsort((who.index.to_numpy(), certainty))).reset_index(drop=True)


def _route_words(routes: pd.DataFrame) -> Any:
    words = [
        f"direct grant {name}" if role < 0 else f'role "{word(title)}", assignment {name}'
        for role, title, name in zip(routes.role.tolist(), routes.name.tolist(), routes.id.tolist(), strict=True)
    ]
    return np.array([*words, ""], dtype=object)
