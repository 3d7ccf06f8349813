"""Cycles of a directed graph: which nodes reach each other (strongly connected components).

scipy has this too, in a module whose import takes a third of the time in which the sample is audited.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def knots(nodes: int, source: Ints, target: Ints) -> tuple[int, Ints]:
    """How many components there are, and the number of each node's: two depth-first walks (Kosaraju's).

    Along the edges, nodes are listed as the walk leaves them; against the edges, from the last one left, each walk
    then stays within one component.
    """
    left = _leaving(nodes, _neighbours(nodes, source, target))
    back = _neighbours(nodes, target, source)
    number = np.full(nodes, -1, dtype=np.int64)
    count = 0
    for root in reversed(left):
        if number[root] < 0:
            _paint(root, back, number, count)
            count += 1
    return count, number


def _neighbours(nodes: int, source: Ints, target: Ints) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(nodes)]
    for one, other in zip(source.tolist(), target.tolist(), strict=True):
        found[one].append(other)
    return found


def _leaving(nodes: int, edges: list[list[int]]) -> list[int]:
    """The nodes in the order in which a depth-first walk leaves them."""
    seen, left = [False] * nodes, []
    for root in range(nodes):
        if seen[root]:
            continue
        seen[root] = True
        way: list[tuple[int, Iterator[int]]] = [(root, iter(edges[root]))]
        while way:
            node, rest = way[-1]
            step = next((each for each in rest if not seen[each]), None)
            if step is None:
                left.append(node)
                way.pop()
            else:
                seen[step] = True
                way.append((step, iter(edges[step])))
    return left


def _paint(root: int, edges: list[list[int]], number: Ints, colour: int) -> None:
    number[root] = colour
    waiting = [root]
    while waiting:
        for each in edges[waiting.pop()]:
            if number[each] < 0:
                number[each] = colour
                waiting.append(each)
