"""The hits of all rules as one frame of findings: one a subject, fingerprinted, worst first.

All rules at once, in Arrow: fifty small frames would cost more than what is in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.findings_who import names_of
from auditkit.rules.base import NO_HITS, Rule
from auditkit.rules.text import concat, json_values, series
from auditkit.severity import DTYPE, SEVERITIES

COLUMNS = (
    "rule", "title", "family", "severity", "subject_type", "subject_id", "who", "message", "fix", "related",
    "fingerprint",
)  # fmt: skip
_RANKS = pa.array(SEVERITIES, pa.large_string())


def findings_frame(
    rules: Sequence[Rule], found: Sequence[pa.Table], frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """One row for each subject of each rule, with its worst severity; `found` holds the hits of each of `rules`.

    `who` is the display name of the principal, in the snapshot's `frames`, that the finding is about.
    """
    table = pa.concat_tables([NO_HITS, *found])
    place = pa.array(np.repeat(np.arange(len(rules)), [len(each) for each in found]), pa.int32())
    table = _filled(table, place, rules)
    order = [("rank", "descending"), *((name, "ascending") for name in ("place", "subject_id", "subject_type", "key"))]
    table = table.take(pc.sort_indices(table, sort_keys=order)).combine_chunks()
    # The worst of a subject comes first, so it is the one that stays.
    again = table["fingerprint"].to_pandas().duplicated().to_numpy()
    return _frame(table.filter(pa.array(~again)) if again.any() else table, rules, frames)


def _filled(table: pa.Table, place: pa.Array, rules: Sequence[Rule]) -> pa.Table:
    """The hits with what their rule says where they say nothing themselves, and their fingerprints."""
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    usual = pc.fill_null(columns["severity"], _each([rule.severity for rule in rules], place))
    kinds = pc.fill_null(columns["subject_type"], _each([_subject_type(rule) for rule in rules], place))
    prints = _fingerprints(_each([rule.id for rule in rules], place), kinds, columns["key"])
    ranks = pc.index_in(usual, value_set=_RANKS)
    return pa.table(columns | {"rank": ranks, "subject_type": kinds, "place": place, "fingerprint": prints})


def _each(words: Sequence[str], place: pa.Array) -> pa.Array:
    """A word of the rule for each hit."""
    return pa.array(words, pa.large_string()).take(place)


def _subject_type(rule: Rule) -> str:
    """What findings call the rule's subject: "(principal, role)" is `principal|role`, like its ids."""
    return rule.subject.strip("()").replace(", ", "|")


def _fingerprints(ids: pa.Array, kinds: pa.Array, keys: pa.Array) -> pa.Array:
    """The first 32 hex digits of SHA-256 over the canonical JSON of rule, subject type and the subject's parts."""
    texts = concat("[", json_values(ids), ",", json_values(kinds), ",", keys, "]", count=len(keys))
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts.to_pylist()]
    return pa.array(digests, pa.large_string())


def _frame(table: pa.Table, rules: Sequence[Rule], frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    place = table["place"].combine_chunks()
    texts = {
        "rule": _each([rule.id for rule in rules], place),
        "title": _each([rule.title for rule in rules], place),
        "family": _each([rule.family for rule in rules], place),
        "fix": _each([rule.fix for rule in rules], place),
        **{name: table[name].combine_chunks() for name in ("subject_type", "subject_id", "message", "related")},
        "fingerprint": table["fingerprint"].combine_chunks(),
    }
    texts["who"] = names_of(texts["subject_type"], texts["subject_id"], texts["related"], frames)
    severity = pd.Categorical.from_codes(table["rank"].to_numpy(), dtype=DTYPE)
    columns = {name: severity if name == "severity" else series(texts[name]) for name in COLUMNS}
    return pd.DataFrame(columns, copy=False)
