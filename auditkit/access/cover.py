"""The exact choice: which candidates cover every item with the least excess, and then at the least cost (HiGHS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

Floats = npt.NDArray[np.float64]
_OPTIMAL, _TOLERANCE = 0, 1e-6


@dataclass(frozen=True, kw_only=True)
class Cover:
    """The candidates chosen, their excess, and the bounds below which no choice can be."""

    chosen: tuple[int, ...]
    excess: int
    excess_bound: int
    cost: float
    cost_bound: float

    @property
    def proven(self) -> bool:
        """Whether no better choice exists: neither a smaller excess nor, with this excess, a smaller cost."""
        return self.excess <= self.excess_bound and self.cost <= self.cost_bound + _TOLERANCE


@dataclass(frozen=True, kw_only=True)
class _Program:
    """Candidates x items, candidates x groups of excess, the weight of each group, the cost of each candidate."""

    covers: Any
    exceeds: Any
    weights: Floats
    costs: Floats


def choose(
    covers: Sequence[frozenset[int]], exceeds: Sequence[frozenset[int]], costs: Sequence[float], *, time_limit: float
) -> Cover:
    """The cover of all items that some candidate covers, with the least excess, then the least cost.

    `covers` and `exceeds` give, for each candidate, its items and its extras by number; each extra counts once. When
    the time limit ends the search, the best choice found is given with the bounds reached.
    """
    items = sorted(frozenset().union(*covers))
    if not items:
        return Cover(chosen=(), excess=0, excess_bound=0, cost=0.0, cost_bound=0.0)
    every = np.asarray(costs, dtype=np.float64)
    program = _merged(_matrix(covers, items), _matrix(exceeds, sorted(frozenset().union(*exceeds))), every)
    kept = _undominated(program)
    return _solved(_rows(program, kept), kept, monotonic() + time_limit)


def _matrix(sets: Sequence[frozenset[int]], columns: Sequence[int]) -> Any:
    place = {number: at for at, number in enumerate(columns)}
    rows = [at for at, each in enumerate(sets) for _ in each]
    found = [place[number] for each in sets for number in each]
    return sparse.csr_array((np.ones(len(rows)), (rows, found)), shape=(len(sets), len(columns)))


def _merged(covers: Any, exceeds: Any, costs: Floats) -> _Program:
    """Extras that the same candidates bring are one group with a weight: thousands become dozens."""
    columns = exceeds.tocsc()
    columns.sort_indices()
    starts = columns.indptr
    patterns: dict[bytes, list[int]] = {}
    for at in range(columns.shape[1]):
        patterns.setdefault(columns.indices[starts[at] : starts[at + 1]].tobytes(), []).append(at)
    first = [group[0] for group in patterns.values()]
    weights = np.array([len(group) for group in patterns.values()], dtype=np.float64)
    return _Program(covers=covers, exceeds=columns[:, first].tocsr(), weights=weights, costs=costs)


def _rows(program: _Program, kept: npt.NDArray[np.int64]) -> _Program:
    return _merged_again(program.covers[kept], program.exceeds[kept], program.weights, program.costs[kept])


def _merged_again(covers: Any, exceeds: Any, weights: Floats, costs: Floats) -> _Program:
    used = np.flatnonzero(np.diff(exceeds.tocsc().indptr))
    return _Program(covers=covers, exceeds=exceeds[:, used], weights=weights[used], costs=costs)


def _undominated(program: _Program) -> npt.NDArray[np.int64]:
    """The candidates of which no other covers as much, with no excess that they lack, at no higher cost.

    Of equals the first stays. Leaving out the others changes no optimum.
    """
    covered = np.asarray(program.covers.sum(axis=1)).ravel()
    extra = np.asarray(program.exceeds.sum(axis=1)).ravel()
    as_much = (program.covers @ program.covers.T).toarray() >= covered[:, None] - _TOLERANCE
    no_worse = (program.exceeds @ program.exceeds.T).toarray() >= extra[None, :] - _TOLERANCE
    better = as_much & no_worse & (program.costs[None, :] <= program.costs[:, None])
    order = np.arange(len(covered))
    beaten = better & (~better.T | (order[None, :] < order[:, None]))
    return np.flatnonzero((covered > 0) & ~beaten.any(axis=1))


def _solved(program: _Program, kept: npt.NDArray[np.int64], deadline: float) -> Cover:
    """First the least excess, then, held to it, the least cost."""
    count, groups = program.covers.shape[0], len(program.weights)
    objective = np.concatenate([np.zeros(count), program.weights])
    found, bound = _minimise(program, objective, None, deadline)
    chosen = _greedy(program) if found is None else found
    excess = _excess(program, chosen)
    least = min(excess, max(0, math.ceil(bound - 1e-4)))
    cost_objective = np.concatenate([program.costs, np.zeros(groups)])
    cheaper, cost_bound = _minimise(program, cost_objective, excess, deadline)
    if cheaper is not None and _excess(program, cheaper) <= excess:
        chosen = cheaper
    cost = float(program.costs[chosen].sum())
    return Cover(
        chosen=tuple(int(kept[at]) for at in chosen),
        excess=excess,
        excess_bound=least,
        cost=cost,
        cost_bound=min(cost, cost_bound),
    )


def _minimise(program: _Program, objective: Floats, most: int | None, deadline: float) -> tuple[Any, float]:
    """The places of a best choice (None if there was no time to find one) and the bound that was proven."""
    left = deadline - monotonic()
    if left <= 0:
        return None, 0.0
    count, groups = program.covers.shape[0], len(program.weights)
    cover = LinearConstraint(
        sparse.hstack([program.covers.T, sparse.csr_array((program.covers.shape[1], groups))]), lb=1
    )
    limits = [cover, *_excess_rows(program, count, groups)]
    if most is not None:
        limits.append(LinearConstraint(np.concatenate([np.zeros(count), program.weights])[None, :], ub=most + 0.5))
    answer = milp(
        objective,
        integrality=np.concatenate([np.ones(count), np.zeros(groups)]),
        bounds=Bounds(0, 1),
        constraints=limits,
        options={"time_limit": left, "mip_rel_gap": 0.0},
    )
    bound = answer.mip_dual_bound if answer.status != _OPTIMAL else answer.fun
    places = None if answer.x is None else np.flatnonzero(answer.x[:count] > 0.5)
    return places, float(bound) if bound is not None and math.isfinite(bound) else 0.0


def _excess_rows(program: _Program, count: int, groups: int) -> list[LinearConstraint]:
    """A group of extras is there as soon as one candidate that brings it is chosen."""
    pairs = program.exceeds.tocoo()
    size = len(pairs.row)
    if not size:
        return []
    rows = np.arange(size)
    brought = sparse.csr_array((np.ones(size), (rows, pairs.col)), shape=(size, groups))
    bringing = sparse.csr_array((-np.ones(size), (rows, pairs.row)), shape=(size, count))
    return [LinearConstraint(sparse.hstack([bringing, brought]), lb=0)]


def _excess(program: _Program, chosen: Any) -> int:
    brought = np.asarray(program.exceeds[chosen].sum(axis=0)).ravel() > 0
    return int(program.weights[brought].sum())


def _greedy(program: _Program) -> Any:
    """A cover that is there at once: most new items for each extra first."""
    matrix = program.covers.toarray() > 0
    size = np.asarray(program.exceeds @ program.weights).ravel() + 1
    open_items, chosen = np.ones(matrix.shape[1], dtype=bool), []
    while open_items.any():
        best = int(np.argmax((matrix & open_items).sum(axis=1) / size))
        chosen.append(best)
        open_items &= ~matrix[best]
    return np.array(sorted(chosen))
