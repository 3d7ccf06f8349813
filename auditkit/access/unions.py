"""How many columns the union of some rows of a boolean matrix has, for very many unions: by packed bits.

A role holds a few of the catalogue's permissions or most of it; as bits either costs the same, and 64 at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit.access.codes import Ints

# So many unions at a time: what they need then stays in the processor's cache.
_SLICE = 2_000
_DENSE = 1 << 26


def union_sizes(levels: list[Any], rows: Any) -> Ints:
    """For each union, how many columns each level is the first to bring: unions x levels.

    A level is a sparse boolean matrix, unions x `rows`, that says which rows it adds; the levels come best first.
    """
    packed = _packed(rows)
    sizes = [np.zeros((0, len(levels)), dtype=np.int64)]
    for start in range(0, levels[0].shape[0], _SLICE):
        seen = np.zeros((min(_SLICE, levels[0].shape[0] - start), packed.shape[1]), dtype=np.uint64)
        totals = [np.zeros(len(seen), dtype=np.int64)]
        for level in levels:
            _add(seen, level[start : start + _SLICE], packed)
            totals.append(np.bitwise_count(seen).sum(axis=1, dtype=np.int64))
        table = np.stack(totals, axis=1)
        sizes.append(table[:, 1:] - table[:, :-1])
    return np.concatenate(sizes)


def _add(seen: Any, chosen: Any, packed: Any) -> None:
    """Or into each row of `seen` the packed rows chosen for it: everybody's first, then everybody's second, ..."""
    lengths = np.diff(chosen.indptr)
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = chosen.indptr[:-1][order], lengths[order]
    sorted_seen = seen[order]
    room = np.empty_like(sorted_seen)
    for place in range(int(lengths[0]) if len(lengths) else 0):
        count = int(np.searchsorted(-lengths, -place, side="left"))
        np.take(packed, chosen.indices[starts[:count] + place], axis=0, out=room[:count], mode="clip")
        np.bitwise_or(sorted_seen[:count], room[:count], out=sorted_seen[:count])
    seen[order] = sorted_seen


def _packed(rows: Any) -> Any:
    """The rows of a sparse matrix as 64-bit words, padded with zeros."""
    words = (rows.shape[1] + 63) // 64
    pieces = [np.zeros((0, words), dtype=np.uint64), *_packed_slices(rows, words)]
    return np.concatenate(pieces)


def _packed_slices(rows: Any, words: int) -> Iterator[Any]:
    step = max(1, _DENSE // max(words * 64, 1))
    for start in range(0, rows.shape[0], step):
        dense = rows[start : start + step].toarray().astype(bool)
        packed = np.zeros((len(dense), words * 8), dtype=np.uint8)
        bits = np.packbits(dense, axis=1)
        packed[:, : bits.shape[1]] = bits
        yield packed.view(np.uint64)
