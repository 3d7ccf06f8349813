"""Ids as integer codes, once: everything after that is arrays of integers and sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def arrow(values: pd.Series) -> pa.Array:
    """A column as one Arrow array; what pandas counts as missing is null."""
    array = pa.array(values, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def codes(values: pd.Series | pa.Array, among: pd.Series | pa.Array) -> Ints:
    """Where each value stands in `among`, an array of distinct values; -1 where it does not, or is null."""
    wanted = values if isinstance(values, pa.Array) else arrow(values)
    known = among if isinstance(among, pa.Array) else arrow(among)
    found = pc.index_in(wanted.cast(pa.string()), value_set=known.cast(pa.string()), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def lists(values: pd.Series) -> tuple[Ints, pa.Array]:
    """A column of lists, flattened: the row of each item, and the items; null lists and null items are left out."""
    array = arrow(values)
    rows, items = pc.list_parent_indices(array), pc.list_flatten(array)
    kept = pc.is_valid(items)
    return rows.filter(kept).to_numpy().astype(np.int64), items.filter(kept)


def incidence(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Any:
    """The boolean sparse matrix that is true at these places."""
    matrix = sparse.csr_array((np.ones(len(rows), dtype=np.bool_), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def lengths_to_rows(lengths: Ints) -> Ints:
    """Row numbers, each repeated as often as its length says."""
    return np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """All the ranges start, start + 1, ... of these lengths, one after the other."""
    offsets = np.cumsum(lengths) - lengths
    within = np.arange(int(lengths.sum()), dtype=np.int64)
    return np.asarray(within + np.repeat(starts - offsets, lengths))
