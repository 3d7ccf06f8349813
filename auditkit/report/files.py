"""A file of the findings, written whole or not at all, and for its writer alone: it names people and their access."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write the bytes beside `path` and rename them into place."""
    handle, beside = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=path.absolute().parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)
