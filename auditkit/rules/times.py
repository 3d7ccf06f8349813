"""Times of a record that contradict each other, or the time at which it was read."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from auditkit.rules.text import arrow, concat, template

# What has happened by the time that a record is read.
_BY_THEN = {"created_at": "created", "last_active_at": "last active", "last_used_at": "last used"}


def impossible(rows: pd.DataFrame, record: str, key: str, late: pd.Timestamp) -> pa.Table:
    """The records with a time that cannot be, as `record`, `record_id`, `said`, a row for each time."""
    ahead = {name: words for name, words in _BY_THEN.items() if name in rows}
    odd = [(rows[rows[name].gt(late)], f"{words} on {{{name}}} after it was read") for name, words in ahead.items()]
    odd.append((rows[rows.expires_at.lt(rows.created_at)], "expires on {expires_at} before it was created"))
    columns = [(concat(record, count=len(one)), arrow(one[key]), template(one, words)) for one, words in odd]
    return pa.concat_tables(
        [pa.table(dict(zip(("record", "record_id", "said"), each, strict=True))) for each in columns]
    )
