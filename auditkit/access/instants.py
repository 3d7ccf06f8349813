"""The instant of a judgement, as a caller may give it: RFC 3339 text, or a time that knows its zone."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from auditkit.access.conditions import instant
from auditkit.errors import InputError

# What callers may give as `as_of`; None is the instant of the snapshot.
Instant = str | datetime | None


def judged_at(as_of: Instant, default: pd.Timestamp) -> pd.Timestamp:
    """`as_of` as a time, or the default where it is None; InputError, which says what to write, for anything else."""
    if as_of is None:
        return default
    if isinstance(as_of, pd.Timestamp) and as_of.tzinfo is not None:
        return as_of
    try:
        return pd.Timestamp(instant(as_of.strip() if isinstance(as_of, str) else as_of)).as_unit("us")
    except (ValueError, OverflowError):
        raise InputError(
            f"as_of: {as_of!r} is no time with an offset; write it as 2026-10-01T00:00:00Z, or give a zoned Timestamp"
        ) from None
