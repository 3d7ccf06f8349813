"""Whose name a finding is about: the principal that it flags, or that its proof names, or whose the record is."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.rules.text import arrow

_WHOSE = {
    "credential": ("credentials", "credential_id"),
    "assignment": ("role_assignments", "assignment_id"),
    "grant": ("permission_grants", "grant_id"),
}
# Inside a JSON text a quote is escaped, so this finds the key of the proof and never words that look like it.
_NAMED = r'"principal_id":"(?P<id>(?:[^"\\]|\\.)*)"'


def names_of(kinds: pa.Array, subjects: pa.Array, related: pa.Array, frames: Mapping[str, pd.DataFrame]) -> pa.Array:
    """The display name of each finding's principal; null where it is about none, or about one not in the snapshot.

    `kinds`, `subjects` and `related` are the findings' columns, whole; `frames` are the snapshot's.
    """
    principals = frames["principals"]
    ids = ids_of(kinds, subjects, related, frames)
    return arrow(principals.display_name).take(
        pc.index_in(ids, value_set=arrow(principals.principal_id), skip_nulls=True)
    )


def ids_of(kinds: pa.Array, subjects: pa.Array, related: pa.Array, frames: Mapping[str, pd.DataFrame]) -> pa.Array:
    """The id of each finding's principal, from the same: the one that it flags, that its proof names, or whose the
    record is; null where there is none."""
    ids = _plain(pc.struct_field(pc.extract_regex(related, _NAMED), "id"))
    for kind, (name, key) in _WHOSE.items():
        rows = frames[name]
        place = pc.index_in(subjects, value_set=arrow(rows[key]), skip_nulls=True)
        whose = arrow(rows.principal_id).take(place)
        mine = pc.equal(kinds, kind)
        ids = pc.coalesce(ids, pc.if_else(mine, whose, None))
    return pc.if_else(pc.equal(kinds, "principal"), subjects, ids)


def _plain(texts: pa.Array) -> pa.Array:
    """JSON texts without their escapes; only the few that have one are looked at singly."""
    odd = pc.fill_null(pc.match_substring(texts, "\\"), False)
    if not pc.any(odd).as_py():
        return texts
    plain = [json.loads(f'"{text}"') for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(plain, texts.type))
