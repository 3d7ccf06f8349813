"""Whose name a finding is about: the principal that it flags, or the one its proof names."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.rules.text import arrow

# Inside a JSON text a quote is escaped, so this finds the key of the proof and never words that look like it.
_NAMED = r'"principal_id":"(?P<id>(?:[^"\\]|\\.)*)"'


def names_of(kinds: pa.Array, subjects: pa.Array, related: pa.Array, principals: pd.DataFrame) -> pa.Array:
    """The display name of each finding's principal; null where it is about none, or about one not in the snapshot.

    `kinds`, `subjects` and `related` are the findings' columns, whole; `principals` is the snapshot's table.
    """
    named = pc.struct_field(pc.extract_regex(related, _NAMED), "id")
    ids = pc.if_else(pc.equal(kinds, "principal"), subjects, _plain(named))
    known = pc.index_in(ids, value_set=arrow(principals.principal_id), skip_nulls=True)
    return arrow(principals.display_name).take(known)


def _plain(texts: pa.Array) -> pa.Array:
    """JSON texts without their escapes; only the few that have one are looked at singly."""
    odd = pc.fill_null(pc.match_substring(texts, "\\"), False)
    if not pc.any(odd).as_py():
        return texts
    plain = [json.loads(f'"{text}"') for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(plain, texts.type))
