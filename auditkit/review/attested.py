"""What is attested during a review: entries of its log, chained like every other, beside the frozen attestations.

Such an entry is on an item that no population has, `attestation:` and the kind; its reviewer says who attests, its
target when, its reason what.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from auditkit.attestations import attestations
from auditkit.review.entries import Entry

PREFIX = "attestation:"


def attested_in(entries: Sequence[Entry]) -> pd.DataFrame:
    """What a log attests, in its order, as `read_attestations` gives it; nothing of it that was taken back."""
    undone = {entry.undoes for entry in entries if entry.action == "undo"}
    rows = [
        {
            "kind": entry.item.removeprefix(PREFIX),
            "what": entry.reason,
            "who": entry.reviewer,
            "when": entry.target,
            "note": "",
        }
        for entry in entries
        if entry.action == "attest" and entry.entry_id not in undone
    ]
    return attestations(rows)
