"""What a newer auditkit wrote is refused, by whatever reads it first."""

from __future__ import annotations

from pathlib import Path

from auditkit.errors import ReviewError


def refuse_newer(path: Path, version: object, known: int = 1) -> None:
    """ReviewError for what a newer auditkit wrote: it may mean what this one does not know of."""
    if isinstance(version, int) and version > known:
        raise ReviewError(
            f"{path} was written under schema version {version}, and this auditkit reads up to {known}: upgrade "
            "auditkit to open it"
        )
