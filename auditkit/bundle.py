"""What comes with auditkit besides its code, in a wheel or a checkout: the notebooks and the sample organisation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import InputError

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

# The instant at which the sample organisation is judged; its maker dates everything around it.
SAMPLE_AS_OF = "2026-10-01T00:00:00Z"
# And a quarter later.
NEXT_AS_OF = "2027-01-01T00:00:00Z"
_HERE = Path(__file__).parent


def bundled(name: str) -> Path:
    """The path of a bundled folder or file: `data`, `data/organisation.json`, `notebooks`.

    A name that is not bundled raises `InputError`.
    """
    # A wheel carries them inside the package; a checkout, also an editable install of it, beside the package.
    for root in (_HERE / "_bundle", _HERE.parent):
        if name.split("/")[0] in ("data", "notebooks") and (root / name).exists():
            return root / name
    raise InputError(f"{name!r} did not come with auditkit; install it again")


def notebooks() -> list[Path]:
    """The bundled notebooks, in reading order."""
    return sorted(bundled("notebooks").glob("*.ipynb"))


def sample_snapshot() -> Snapshot:
    """The sample organisation as a snapshot that was pulled at `SAMPLE_AS_OF`."""
    import pandas as pd

    from auditkit.source.document import import_document

    return import_document(bundled("data/organisation.json"), pulled_at=pd.Timestamp(SAMPLE_AS_OF).as_unit("us"))
