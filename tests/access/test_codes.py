"""Numbers for ids, and sets of groups closed over, however they are cut into slices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from auditkit.access import routes
from auditkit.access.codes import codes, lists, ranges


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def test_what_is_null_is_found_nowhere_not_even_beside_a_null() -> None:
    assert codes(texts("b", None, "z", "a"), texts("a", None, "b")).tolist() == [2, -1, -1, 0]
    assert codes(texts(None), texts(None)).tolist() == [-1]
    assert codes(texts(), texts("a")).tolist() == []


def test_ids_are_compared_to_the_byte() -> None:
    assert codes(texts("A", "a ", "a"), texts("a")).tolist() == [-1, -1, 0]


def test_ranges_one_after_the_other() -> None:
    assert ranges(np.array([5, 0, 2]), np.array([2, 0, 3])).tolist() == [5, 6, 2, 3, 4]
    assert ranges(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []


def test_null_lists_and_null_items_are_left_out() -> None:
    column = pd.Series([["a", None], None, [], ["b", "c"]], dtype=pd.ArrowDtype(pa.list_(pa.string())))
    rows, items = lists(column)
    assert rows.tolist() == [0, 3, 3]
    assert items.to_pylist() == ["a", "b", "c"]


@pytest.mark.parametrize("slice_bits", [1, 8, 16, 24, 1 << 28])
def test_a_closure_is_the_same_in_slices_of_any_size(slice_bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 in 1 in 2 in 3, a ring of 4 and 5, and 6 alone; all wanted but 1."""
    monkeypatch.setattr(routes, "_SLICE_BITS", slice_bits)
    wanted = np.array([True, False, True, True, True, True, True])
    reached = routes.closure(np.array([0, 1, 2, 4, 5]), np.array([1, 2, 3, 5, 4]), wanted).toarray()
    assert {row: np.flatnonzero(each).tolist() for row, each in enumerate(reached)} == {
        0: [0, 2, 3], 1: [2, 3], 2: [2, 3], 3: [3], 4: [4, 5], 5: [4, 5], 6: [6],
    }  # fmt: skip


def test_a_closure_over_nine_groups_takes_more_than_one_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "_SLICE_BITS", 32)
    chain = routes.closure(np.arange(8), np.arange(1, 9), np.ones(9, dtype=bool)).toarray()
    assert chain.tolist() == np.triu(np.ones((9, 9), dtype=bool)).tolist()
