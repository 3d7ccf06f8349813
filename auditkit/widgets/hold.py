"""What a desk holds on to: its snapshot. A panel of a snapshot that is no longer looked at refuses to act."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

from auditkit.errors import SnapshotError

_AGAIN = "run the first cell and this panel's again"


class Hold:
    """A snapshot that a kernel looks at. `folder` is where it was read, None if from memory.

    The snapshot held last is the one that the kernel looks at now; to hold the same one again changes nothing.
    """

    _latest: ClassVar[str] = ""

    def __init__(self, snapshot: str, folder: Path | None = None) -> None:
        self.snapshot, self.folder = snapshot, None if folder is None else folder.absolute()
        Hold._latest = snapshot

    def check(self) -> None:
        """SnapshotError if another snapshot was opened since, or if the folder holds another by now."""
        if Hold._latest != self.snapshot:
            raise SnapshotError(
                f"this panel belongs to snapshot {self.snapshot}, and {Hold._latest} was opened since: {_AGAIN}"
            )
        now = None if self.folder is None else _in_folder(self.folder)
        if self.folder is not None and now not in (None, self.snapshot):
            raise SnapshotError(
                f"this panel belongs to snapshot {self.snapshot}, and folder {self.folder.name} holds {now} by now: "
                f"{_AGAIN}"
            )


def _in_folder(folder: Path) -> str | None:
    """The id of the snapshot in a folder; None where there is none, so that nothing took the place of what was read."""
    try:
        return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()[:16]
    except OSError:
        return None
