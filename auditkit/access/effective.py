"""Effective permission of everyone at once: for a usable principal and a permission, the best level of its live routes.

Principals that are reached by the same set of (role or grant, level) are worked out once, as sparse products. A frame
of pairs exists only for those who ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from auditkit.access.codes import Ints, arrow, codes, incidence, lengths_to_rows, ranges
from auditkit.access.routes import Memberships, support_matrix
from auditkit.access.state import conditional, scoped
from auditkit.access.unions import union_sizes

LEVELS = ("undetermined", "scoped", "organisation")
_UNDETERMINED, _SCOPED, _ORGANISATION = range(3)
# One product carries all three levels: a sum of these weights is at least a level's weight if that level is in it.
_WEIGHTS = np.array([1, 1 << 20, 1 << 40], dtype=np.int64)
_BEST_FIRST = (_ORGANISATION, _SCOPED, _UNDETERMINED)
_SLICE = 4_000
_SEED = 20_260_101


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What live routes give, as numbers: `what` is a role's row, or the roles' number plus a permission's row."""

    holder: Ints
    what: Ints
    level: Ints

    @property
    def code(self) -> Ints:
        """One number for each distinct (what, level)."""
        return self.what * len(LEVELS) + self.level


def sources(
    principals: pd.DataFrame,
    roles: pd.DataFrame,
    permissions: pd.DataFrame,
    assignments: pd.DataFrame,
    grants: pd.DataFrame,
) -> Sources:
    """The live assignments of known roles and the live grants of known permissions, to known principals."""
    unclear = conditional(roles.conditions) | roles.supported_principal_types.isna().to_numpy()
    role = codes(assignments.role_id, roles.role_id)
    doubt = (unclear[role] & (role >= 0)) if len(roles) else np.zeros(len(role), dtype=bool)
    permission = codes(grants.permission_id, permissions.permission_id)
    holder = [codes(frame.principal_id, principals.principal_id) for frame in (assignments, grants)]
    live = np.r_[assignments.live.to_numpy() & (role >= 0), grants.live.to_numpy() & (permission >= 0)]
    level = np.r_[_levels(assignments, doubt), _levels(grants, np.zeros(len(grants), dtype=bool))]
    owner, what = np.concatenate(holder), np.r_[role, permission + len(roles)]
    live &= owner >= 0
    return Sources(holder=owner[live], what=what[live], level=level[live])


def _levels(holdings: pd.DataFrame, doubt: Any) -> Ints:
    plain = np.where(scoped(holdings), _SCOPED, _ORGANISATION)
    return np.where(doubt | conditional(holdings.conditions), _UNDETERMINED, plain).astype(np.int64)


class Effective:
    """Who effectively holds what: `counts`, and `pairs` and `levels` of those asked for."""

    def __init__(
        self,
        principals: pd.DataFrame,
        memberships: Memberships,
        roles: pd.DataFrame,
        role_permissions: pd.DataFrame,
        permissions: pd.DataFrame,
        live: Sources,
    ) -> None:
        self._principals, self._permissions = principals, permissions
        given = _reached(principals, memberships, live, len(roles) + len(permissions))
        given = _supported(given, principals, roles)
        self.set_of, self._sets = _distinct(given)
        self._gives = _gives(roles, role_permissions, permissions)

    @cached_property
    def _weighed(self) -> Any:
        """Sets x (roles and permissions): the weights of the levels at which each is in the set."""
        table = self._sets.tocoo()
        what, level = np.divmod(table.col.astype(np.int64), len(LEVELS))
        shape = (self._sets.shape[0], self._gives.shape[0])
        return sparse.csr_array((_WEIGHTS[level], (table.row, what)), shape=shape)

    def _products(self, sets: Ints, permissions: Ints) -> Iterator[Any]:
        """Slices of sets x permissions, with the place of the best level."""
        gives = self._gives if len(permissions) == self._gives.shape[1] else self._gives[:, permissions]
        for start in range(0, len(sets), _SLICE):
            product = self._weighed[sets[start : start + _SLICE]] @ gives
            product.data = np.searchsorted(_WEIGHTS, product.data, side="right") - 1
            yield product

    @cached_property
    def _set_counts(self) -> Ints:
        """Sets x levels: how many permissions of the catalogue, at the best level that each has."""
        table = self._sets.tocoo()
        what, level = np.divmod(table.col.astype(np.int64), len(LEVELS))
        flags = np.zeros(self._gives.shape[0], dtype=bool)
        flags[what] = True
        used, place = np.flatnonzero(flags), (np.cumsum(flags) - 1)[what]
        shape = (self._sets.shape[0], len(used))
        best_first = [incidence(table.row[level == each], place[level == each], shape) for each in _BEST_FIRST]
        return union_sizes(best_first, self._gives[used])[:, ::-1]

    def counts(self) -> pd.DataFrame:
        """For every principal: on how many permissions of the catalogue it has each level."""
        each = self._set_counts[self.set_of]
        columns = {name: each[:, LEVELS.index(name)] for name in reversed(LEVELS)}
        return pd.DataFrame({"principal_id": self._principals.principal_id, **columns})

    def pairs(
        self, principals: Sequence[str] | pd.Series | None = None, permissions: Sequence[str] | pd.Series | None = None
    ) -> pd.DataFrame:
        """One row for each of these principals and permission ids (default: all) that has a level, sorted by both."""
        who = _chosen(principals, self._principals.principal_id)
        what = _chosen(permissions, self._permissions.permission_id)
        sets, position = np.unique(self.set_of[who], return_inverse=True)
        found = list(self._products(sets, what)) or [sparse.csr_array((0, len(what)), dtype=np.int64)]
        return self._expanded(who, what, position, sparse.vstack(found, format="csr"))

    def _expanded(self, who: Ints, what: Ints, position: Ints, table: Any) -> pd.DataFrame:
        """Sets back to principals: each gets a copy of its set's row."""
        table.sort_indices()
        lengths = np.diff(table.indptr)[position]
        places = ranges(table.indptr[:-1][position].astype(np.int64), lengths)
        permission = what[table.indices[places]]
        return pd.DataFrame(
            {
                "principal_id": self._principals.principal_id.take(np.repeat(who, lengths)).array,
                "permission_id": self._permissions.permission_id.take(permission).array,
                "identifier": self._permissions.identifier.take(permission).array,
                "level": _categorical(table.data[places]),
            }
        )

    def levels(self, principal_ids: Sequence[str] | pd.Series, permission_ids: Sequence[str] | pd.Series) -> pd.Series:
        """The level of each pair given, row by row; null where there is none, or an id is unknown."""
        asked = pd.DataFrame({"principal_id": principal_ids, "permission_id": permission_ids}, dtype="str")
        asked = asked.reset_index(drop=True)
        known = self.pairs(asked.principal_id, asked.permission_id).drop(columns="identifier")
        merged = asked.merge(known, on=["principal_id", "permission_id"], how="left", validate="many_to_one")
        return merged.level


def _reached(principals: pd.DataFrame, memberships: Memberships, live: Sources, whats: int) -> Any:
    """Principals x (what, level): true where a live route, its own or a group's, gives it."""
    shape = (len(principals), whats * len(LEVELS))
    own = incidence(live.holder, live.code, shape)
    holding = np.zeros(len(principals), dtype=bool)
    holding[live.holder] = True
    return (own + memberships.reach(holding) @ own[memberships.groups]).tocsr()


def _supported(given: Any, principals: pd.DataFrame, roles: pd.DataFrame) -> Any:
    """Only what counts: for a usable principal, grants and the roles that do not refuse its type."""
    grades = support_matrix(principals.type.cat.categories, roles)
    refused = np.vstack([grades == 0, np.zeros((1, len(roles)), dtype=bool)])
    rows = lengths_to_rows(np.diff(given.indptr))
    what = given.indices // len(LEVELS)
    role = what < len(roles)
    kind = principals.type.cat.codes.to_numpy()[rows]
    kept = principals.usable.to_numpy()[rows]
    kept[role] &= ~refused[kind[role], what[role]]
    return incidence(rows[kept], given.indices[kept].astype(np.int64), given.shape)


def _distinct(given: Any) -> tuple[Ints, Any]:
    """The number of each row's set, and the distinct sets.

    Sets are told apart by a sum of random numbers, one an element; rows behind one sum are then compared element by
    element, and one that differs all the same becomes a set of its own.
    """
    given.sort_indices()
    numbers = np.random.default_rng(_SEED).integers(0, 1 << 62, size=given.shape[1], dtype=np.int64)
    totals = np.r_[0, np.cumsum(numbers[given.indices])]
    sums = totals[given.indptr[1:]] - totals[given.indptr[:-1]]
    _, first, number = np.unique(sums, return_index=True, return_inverse=True)
    odd = np.flatnonzero(_differs(given, first[number]))
    number[odd] = len(first) + np.arange(len(odd))
    return number.astype(np.int64), given[np.r_[first, odd].astype(np.int64)]


def _differs(given: Any, twin: Ints) -> Any:
    """Whether each row holds something else than the row that is said to be its twin."""
    lengths = np.diff(given.indptr)
    differs = lengths != lengths[twin]
    same = np.flatnonzero(~differs)
    size = lengths[same].astype(np.int64)
    mine = given.indices[ranges(given.indptr[:-1][same].astype(np.int64), size)]
    other = given.indices[ranges(given.indptr[:-1][twin[same]].astype(np.int64), size)]
    differs[same[lengths_to_rows(size)[mine != other]]] = True
    return differs


def _gives(roles: pd.DataFrame, role_permissions: pd.DataFrame, permissions: pd.DataFrame) -> Any:
    """(Roles, then permissions) x permissions: what each gives; a permission, granted, gives itself."""
    role = codes(role_permissions.role_id, roles.role_id)
    permission = codes(role_permissions.permission_id, permissions.permission_id)
    known = permission >= 0
    itself = np.arange(len(permissions))
    rows, columns = np.r_[role[known], len(roles) + itself], np.r_[permission[known], itself]
    return incidence(rows, columns, (len(roles) + len(permissions), len(permissions))).astype(np.int64)


def _chosen(wanted: Sequence[str] | pd.Series | None, among: pd.Series) -> Ints:
    """The rows of the ids wanted that there are, each once, in order."""
    if wanted is None:
        return np.arange(len(among))
    found = np.unique(codes(arrow(pd.Series(wanted, dtype="str")), among))
    return found[found >= 0]


def _categorical(places: Any) -> pd.Categorical:
    return pd.Categorical.from_codes(places, categories=list(LEVELS), ordered=True)
