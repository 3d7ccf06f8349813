"""Organisation documents as snapshots, by the same decoder as `auditkit import`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import pandas as pd

from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, build
from auditkit.source.records import read_records

AS_OF = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")
# Thousands are made in one test run: what does not depend on the document is made once.
_EMPTY = build({}, organisation_id="org-1", as_of=AS_OF)
_MARK = 6


def snapshot_of(document: dict[str, Any]) -> Snapshot:
    """The document of the organisation `org-1` as a snapshot; a collection that it lacks is empty."""
    frames = dict(_EMPTY.frames)
    for name in COLLECTIONS:
        if items := _items(document, name):
            # Copies of one another's columns are made only where one is changed.
            frames[name] = _read(name, json.dumps(items)).copy(deep=False)
    return replace(_EMPTY, frames=frames)


def snapshots_of(documents: Sequence[dict[str, Any]]) -> list[Snapshot]:
    """Each document as `snapshot_of` gives it, where no id occurs twice in one: all are read at one go, their ids told
    apart by a mark before them, which the frames do not have."""
    frames = {name: _apart(name, [_items(document, name) for document in documents]) for name in COLLECTIONS}
    return [
        replace(_EMPTY, frames={name: parts[number] for name, parts in frames.items()})
        for number in range(len(documents))
    ]


def _items(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = document.get(COLLECTIONS[name].field, [])
    return items if isinstance(items, list) else [items]


@lru_cache(512)
def _read(name: str, items: str) -> pd.DataFrame:
    """Organisations differ less in their catalogues than in who holds what: the same list is read once."""
    return read_records(name, json.loads(items))[0]


def _apart(name: str, lists: list[list[dict[str, Any]]]) -> list[pd.DataFrame]:
    """The frame of each list."""
    fields = {column.name: column.field for column in COLLECTIONS[name].columns}
    keys = {key: fields[key] for key in COLLECTIONS[name].key}
    marked = [
        item | {field: f"{number:0{_MARK}}{item[field]}" for field in keys.values()}
        for number, items in enumerate(lists)
        for item in items
    ]
    frame, problems, _ = read_records(name, marked)
    assert problems.empty, problems.reason.tolist()
    frame = frame.assign(**{key: frame[key].str[_MARK:] for key in keys})
    ends = [0, *accumulate(map(len, lists))]
    return [frame.iloc[start:end].reset_index(drop=True) for start, end in pairwise(ends)]
