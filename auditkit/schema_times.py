"""RFC 3339 times, whole columns at once: read to UTC microseconds, or named as unreadable. Nothing is guessed."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_SHAPE = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"
_HEAD = 19  # the length of YYYY-MM-DDTHH:MM:SS
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")
_FIRST, _LAST = (np.datetime64(edge, "us").astype(np.int64) for edge in ("0001-01-01", "9999-12-31T23:59:59.999999"))


def time_text(value: Any) -> str | None:
    """A literal time as RFC 3339 text: text stays as it is, a `Timestamp` or `datetime` is written out."""
    if value is None:
        return None
    return pd.Timestamp(value).isoformat() if isinstance(value, datetime | date) else str(value)


def utc_times(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Text as UTC microseconds, and where text was given that is no RFC 3339 time (there the result is null).

    An offset is required; more than six digits of a second are cut; the year, in UTC, is 0001 to 9999.
    """
    given = pc.is_valid(values).to_numpy(zero_copy_only=False)
    shaped = pc.fill_null(pc.match_substring_regex(values, _SHAPE), False)
    rows = np.flatnonzero(shaped.to_numpy(zero_copy_only=False))
    micros = np.zeros(len(values), dtype=np.int64)
    good = np.zeros(len(values), dtype=bool)
    if len(rows):
        texts = values if len(rows) == len(values) else values.take(pa.array(rows))
        micros[rows], good[rows] = _instants(texts)
    times = pa.array(micros, mask=~good).cast(pa.timestamp("us", "UTC"))
    return times, given & ~good


def _instants(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 of text that has the right shape, and whether it names a real instant."""
    local, real = _local(texts)
    tails = pc.utf8_slice_codeunits(texts, _HEAD)
    if pc.all(pc.equal(tails, "Z")).as_py():
        return local, real
    fraction = pc.replace_substring_regex(tails, r"^\.?(\d*).*$", r"\1")
    six = pc.utf8_rpad(pc.utf8_slice_codeunits(fraction, 0, 6), 6, "0")
    offset, known = _offsets(pc.replace_substring_regex(tails, r"^\.\d+", ""))
    micros = local + six.cast(pa.int64()).to_numpy() - offset
    return micros, real & known & (micros >= _FIRST) & (micros <= _LAST)


def _local(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The clock reading up to the second, in microseconds, and whether such a date and time of day exists."""
    heads = pc.utf8_slice_codeunits(texts, 0, _HEAD).cast(pa.string())
    data = np.frombuffer(heads.buffers()[2], dtype=np.uint8, count=_HEAD * len(heads)).reshape(-1, _HEAD)
    digits = data.astype(np.int64) - ord("0")

    def number(start: int, stop: int) -> np.ndarray:
        powers = 10 ** np.arange(stop - start - 1, -1, -1)
        return np.asarray(digits[:, start:stop] @ powers)

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    months = (year - 1970) * 12 + month - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    real = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= after - first)
    real &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = (first + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return seconds * 1_000_000, real


def _offsets(zones: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The offsets from UTC in microseconds, and whether each is one: hours to 23, minutes to 59."""
    coded = zones.dictionary_encode()
    minutes = np.array([_minutes(zone) for zone in coded.dictionary.to_pylist()], dtype=np.float64)
    each = minutes[coded.indices.to_numpy()]
    return np.nan_to_num(each).astype(np.int64) * 60_000_000, ~np.isnan(each)


def _minutes(zone: str) -> float:
    """The minutes east of UTC that one zone says; NaN when there is no such offset."""
    found = _ZONE.fullmatch(zone)
    if found is None:
        return 0.0
    sign, hours, minutes = found[1], int(found[2]), int(found[3])
    if hours > 23 or minutes > 59:
        return float("nan")
    return (-1.0 if sign == "-" else 1.0) * (hours * 60 + minutes)
