"""Organisation documents as snapshots, by the same decoder as `auditkit import`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, build
from auditkit.source.records import read_records

AS_OF = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")
# Thousands are made in one test run: what does not depend on the document is made once.
_EMPTY = build({}, organisation_id="org-1", as_of=AS_OF)


def snapshot_of(document: dict[str, Any]) -> Snapshot:
    """The document of the organisation `org-1` as a snapshot; a collection that it lacks is empty."""
    frames = dict(_EMPTY.frames)
    for name, collection in COLLECTIONS.items():
        items = document.get(collection.field, [])
        if items:
            frames[name], _, _ = read_records(name, items if isinstance(items, list) else [items])
    return replace(_EMPTY, frames=frames)
