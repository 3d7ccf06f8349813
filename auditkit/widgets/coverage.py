"""What was pulled, and what is missing."""

from __future__ import annotations

import pandas as pd

from auditkit.findings import Findings
from auditkit.snapshot import Snapshot
from auditkit.widgets.base import Panel, View


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
            labels={"set_aside": "Set aside", "duplicates": "Identical copies merged", "reason": "Why not"},
        )


def coverage(snapshot: Snapshot) -> pd.DataFrame:
    """One row a collection: collection, received, kept, set_aside, duplicates, complete, reason."""
    counts = snapshot.manifest.collections
    columns = ["received", "kept", "set_aside", "duplicates", "complete", "reason"]
    frame = pd.DataFrame(list(counts.values()), columns=columns, index=pd.Index(list(counts), name="collection"))
    frame = frame.reset_index()
    return frame.astype({"collection": "str", "complete": "bool", "reason": "str"})


def unread(snapshot: Snapshot) -> list[str]:
    """What could not be read, each as a sentence with its reason."""
    owners = [
        f"{entry['collection']} of {entry['owner']}: {entry['reason']}"
        for entry in snapshot.manifest.unread
        if entry.get("owner")
    ]
    return [f"{name} was not read whole: {reason}" for name, reason in snapshot.incomplete.items()] + owners[:20]
