"""A notebook as it is saved: readable where no kernel and no script runs, and small whatever it looked at."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from organisations import AS_OF, acme

from auditkit import bundle
from auditkit.schema import frame
from auditkit.snapshot import build

WIDGET = "application/vnd.jupyter.widget-view+json"
MANY = 100_000


def saved(folder: Path, name: str) -> tuple[Path, Any]:
    """The notebook of that name, run from top to bottom in the folder and saved with outputs and widgets' state."""
    shutil.copy(bundle.bundled(f"notebooks/{name}.ipynb"), folder)
    book = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(book, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb", book


def shown(book: Any) -> list[dict[str, Any]]:
    return [
        output.data
        for cell in book.cells if cell.cell_type == "code"
        for output in cell.outputs if output.output_type in ("display_data", "execute_result")
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["quarterly_access_review", "07_quarterly_review", "why_denied"])
def test_without_script_or_trust_every_panel_is_read_as_html_and_as_text(tmp_path: Path, name: str) -> None:
    _, book = saved(tmp_path, name)
    outputs = shown(book)
    assert sum(WIDGET in data for data in outputs) >= 5
    assert len(outputs) >= 6
    for data in outputs:
        text = re.sub(r"<style.*?</style>|<[^>]+>", " ", data["text/html"], flags=re.DOTALL)
        assert len(text.split()) >= 3, data["text/plain"]
        assert "<script" not in data["text/html"]
        assert data["text/plain"].strip()
        # What nbviewer and GitHub fall back to must not be the name of a class.
        assert not re.match(r"<?\w+(\(|Box| object at )", data["text/plain"]), data["text/plain"]


def test_a_hundred_thousand_rows_are_saved_in_under_five_megabytes(tmp_path: Path) -> None:
    """Each row is a finding; what is saved of them says how many more there are."""
    numbers = pd.Series(np.arange(MANY)).astype("str").str.zfill(6)
    people = {
        "principal_id": "usr-" + numbers, "display_name": "Somebody of the name " + numbers, "type": "User",
        "status": "Active", "organisation_id": "org-1", "created_at": "2020-01-01T00:00:00Z",
        "last_active_at": "2021-01-01T00:00:00Z",
    }  # fmt: skip
    columns = {name: list(values) if isinstance(values, pd.Series) else [values] * MANY for name, values in people.items()}
    organisation = acme()
    build(
        {"organisation": organisation.organisation, "permissions": organisation.permissions, "roles": organisation.roles,
         "principals": frame("principals", columns)},
        as_of=AS_OF,
    ).save(tmp_path / "snapshot")  # fmt: skip
    path, book = saved(tmp_path, "quarterly_access_review")
    assert any("100,000" in data["text/plain"] for data in shown(book))
    assert any("more rows" in data["text/html"] for data in shown(book))
    # The state of the widgets is saved with it, as nbclient does: it counts.
    assert book.metadata["widgets"]
    assert path.stat().st_size < 5_000_000
