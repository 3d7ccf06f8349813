"""The tables: their dtypes, their times, their categories, and that text survives to the byte."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.schema import COLLECTIONS, LIST, TEXT, TIME, empty, frame, from_arrow, to_arrow
from auditkit.schema_times import utc_times

IDS = [
    "007",
    "1e5",
    "0x1F",
    "TRUE",
    "NA",
    "null",
    "nan",
    "None",
    "",
    " x ",
    "99999999999999999999",
    "\u0430dmin",
    "a\x00b",
    "a\u202eb",
]


def micros(text: str | None) -> pd.Timestamp | None:
    """What one text is read as: a Timestamp, None for absent; ValueError for what is no time."""
    times, bad = utc_times(pa.array([text], pa.string()))
    if bad[0]:
        raise ValueError(f"no time: {text}")
    return pd.Series(times.to_pandas()).iloc[0] if times[0].is_valid else None


@pytest.mark.parametrize("name", COLLECTIONS)
def test_an_empty_frame_has_the_dtypes_of_a_full_one(name: str) -> None:
    keys = {column: ["x"] for column in COLLECTIONS[name].key}
    assert list(empty(name).columns) == list(COLLECTIONS[name].names)
    assert empty(name).dtypes.to_dict() == frame(name, keys).dtypes.to_dict()
    assert len(empty(name)) == 0


def test_each_kind_has_its_dtype() -> None:
    principals, roles = empty("principals"), empty("roles")
    assert principals.principal_id.dtype == TEXT
    assert principals.created_at.dtype == TIME == "datetime64[us, UTC]"
    assert principals.type.cat.categories.tolist() == ["User", "Group", "ApiKey", "ServiceAccount"]
    assert roles.permission_ids.dtype == LIST
    assert empty("permissions").is_preview.dtype == np.dtype(bool)


def test_unknown_values_become_categories_after_the_known_ones() -> None:
    table = frame("principals", {"principal_id": ["a", "b", "c", "d"], "status": ["ZZ", "Active", "active ", None]})
    assert table.status.cat.categories.tolist() == ["Active", "Suspended", "Revoked", "ZZ", "active "]
    assert table.status.isna().tolist() == [False, False, False, True]


def test_frames_are_sorted_by_their_key_in_code_point_order() -> None:
    table = frame("principals", {"principal_id": ["b", "é", "a", "B", "10", "9"]})
    assert table.principal_id.tolist() == ["10", "9", "B", "a", "b", "é"]
    assert table.index.equals(pd.RangeIndex(6))
    pairs = frame("group_members", {"group_id": ["g2", "g1", "g1"], "principal_id": ["a", "c", "b"]})
    assert pairs.to_numpy().tolist() == [["g1", "b"], ["g1", "c"], ["g2", "a"]]


def test_an_absent_list_is_not_an_empty_one() -> None:
    roles = frame(
        "roles", {"role_id": ["a", "b"], "supported_principal_types": [None, []], "permission_ids": [[], ["p"]]}
    )
    assert roles.supported_principal_types.isna().tolist() == [True, False]
    assert roles.permission_ids.isna().tolist() == [False, False]


def test_an_unknown_column_or_time_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="no column nonsense"):
        frame("principals", {"nonsense": []})
    with pytest.raises(ValueError, match="created_at holds no RFC 3339 time: 'yesterday'"):
        frame("principals", {"principal_id": ["a"], "created_at": ["yesterday"]})


@pytest.mark.parametrize("name", COLLECTIONS)
def test_arrow_and_back_is_identity(name: str) -> None:
    table = frame(name, dict.fromkeys(COLLECTIONS[name].key, IDS))
    back = from_arrow(name, to_arrow(name, table))
    pd.testing.assert_frame_equal(back, table)
    assert sorted(back[COLLECTIONS[name].key[0]]) == sorted(IDS)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"),
        ("2026-01-01 00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T01:30:00+01:30", "2026-01-01T00:00:00Z"),
        ("2025-12-31T23:00:00-01:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500000Z"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456Z"),
        ("2026-01-01T00:00:00.999999999Z", "2026-01-01T00:00:00.999999Z"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_read_to_the_microsecond(text: str, instant: str) -> None:
    assert micros(text) == pd.Timestamp(instant)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "null", "2026", "2026-01-01", "01/02/2026", "1770000000", "2026-01-01T00:00:00", "20260101T000000Z"),
        *("2026-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z"),
        *("2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T23:59:60Z", "2026-01-01T00:00Z"),
        *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01"),
        *(
            "0001-01-01T00:00:00+00:01",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00+0100",
        ),
        *("2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z\n", " 2026-01-01T00:00:00Z", "\uff12026-01-01T00:00:00Z"),
    ],
)
def test_what_is_no_time_is_told_and_never_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        micros(text)


def test_one_bad_time_spoils_no_other_and_absent_is_not_bad() -> None:
    times, bad = utc_times(pa.array(["2026-01-01T00:00:00Z", "x", None, "2026-01-01T00:00:00.1+01:00"]))
    assert bad.tolist() == [False, True, False, False]
    assert [value.is_valid for value in times] == [True, False, False, True]


@given(st.datetimes(timezones=st.timezones()))
def test_times_agree_with_the_standard_library(moment: object) -> None:
    text = pd.Timestamp(moment).isoformat() if pd.Timestamp(moment).utcoffset().total_seconds() % 60 == 0 else None  # type: ignore[arg-type,union-attr]
    if text is not None and "0001-01-02" < text < "9999-12-30":
        assert micros(text) == pd.Timestamp(moment)  # type: ignore[arg-type]
