"""Cycles of groups, against scipy's own search for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from auditkit.knots import knots

Edges = list[tuple[int, int]]


def found(nodes: int, edges: Edges) -> list[int]:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    count, number = knots(nodes, ends[:, 0], ends[:, 1])
    assert count == len(set(number.tolist()))
    return [int(each) for each in number]


@pytest.mark.parametrize(
    ("nodes", "edges", "together"),
    [
        (0, [], []),
        (3, [], [{0}, {1}, {2}]),
        (2, [(0, 1)], [{0}, {1}]),
        (2, [(0, 1), (1, 0)], [{0, 1}]),
        (1, [(0, 0)], [{0}]),
        (5, [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4)], [{0, 1, 2}, {3}, {4}]),
    ],
)
def test_nodes_that_reach_each_other_are_one(nodes: int, edges: Edges, together: list[set[int]]) -> None:
    number = found(nodes, edges)
    assert [{node for node in range(nodes) if number[node] == each} for each in dict.fromkeys(number)] == together


def test_a_ring_of_ten_thousand_is_one() -> None:
    assert len(set(found(10_000, [(node, (node + 1) % 10_000) for node in range(10_000)]))) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_the_same_as_scipy_finds(edges: Edges) -> None:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(10, 10))
    _, expected = connected_components(graph, directed=True, connection="strong")
    mine = found(10, edges)
    assert len(set(zip(mine, expected.tolist(), strict=True))) == len(set(mine)) == len(set(expected.tolist()))
