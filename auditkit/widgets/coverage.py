"""What was pulled, and what is missing."""

from __future__ import annotations

import pandas as pd

from auditkit.findings import Findings
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot
from auditkit.widgets.base import Panel, View

LABELS = {"set_aside": "Set aside", "duplicates": "Identical copies merged", "reason": "Why not"}
# So many owners are named where a list could not be read for the same reason, and so many reasons are told.
_MOST_NAMED, _MOST_TOLD = 10, 20


class CoveragePanel(Panel):
    """Each collection: what was received, kept, set aside, whether it is complete, and why not."""

    def build(self, found: Findings) -> View:
        """One row a collection; the notes say what the pull itself had to say."""
        snapshot = self.desk.snapshot
        frame = coverage(snapshot)
        whole = int(frame.complete.sum())
        return View(
            frame=frame,
            headline=f"{whole} of {len(frame)} collections were read whole",
            warnings=unread(snapshot),
            warned="Not read whole",
            notes=list(snapshot.manifest.notes),
            labels=LABELS,
        )


def coverage(snapshot: Snapshot) -> pd.DataFrame:
    """One row a collection: collection, received, kept, set_aside, duplicates, complete, reason."""
    counts = snapshot.manifest.collections
    columns = ["received", "kept", "set_aside", "duplicates", "complete", "reason"]
    frame = pd.DataFrame(list(counts.values()), columns=columns, index=pd.Index(list(counts), name="collection"))
    # In the schema's order, which a manifest read back from disk does not keep.
    frame = frame.loc[[name for name in COLLECTIONS if name in counts]].reset_index()
    return frame.astype({"collection": "str", "complete": "bool", "reason": "str"})


def unread(snapshot: Snapshot) -> list[str]:
    """What could not be read, each as a sentence with its reason; the lists that share one together."""
    whole = [f"{name} was not read whole: {reason}" for name, reason in snapshot.incomplete.items()]
    shared: dict[tuple[str, str], list[str]] = {}
    for entry in snapshot.manifest.unread:
        if owner := entry.get("owner"):
            # The reason names the owner's own address, in which nothing else differs.
            shared.setdefault((entry["collection"], entry["reason"].replace(f"/{owner}/", "/.../")), []).append(owner)
    parts = [f"{name} of {_named(owners)}: {_reason(reason, owners)}" for (name, reason), owners in shared.items()]
    left = len(parts) - _MOST_TOLD
    more = [f"and for {left:,} more reasons; the manifest has each list"] if left > 0 else []
    return whole + parts[:_MOST_TOLD] + more


def _named(owners: list[str]) -> str:
    left = len(owners) - _MOST_NAMED
    return ", ".join(owners[:_MOST_NAMED]) + (f" and {left:,} more" if left > 0 else "")


def _reason(shared: str, owners: list[str]) -> str:
    return shared if len(owners) > 1 else shared.replace("/.../", f"/{owners[0]}/")
