"""A notebook before it is passed on: what lies in it is found wherever it lies, never shown whole, and stripped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import auditkit
from auditkit.cli import run
from auditkit.errors import InputError
from auditkit.notebook_scan import scan_notebook

SECRET = "c4n4ry-5ecret"
KEY = f"ik_found.{SECRET}"


def code(source: str | list[str] = "1", **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": 3, "metadata": {}, "outputs": [], "source": source} | more


def output(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def written(path: Path, *cells: dict[str, Any], **metadata: Any) -> Path:
    file = path / "book.ipynb"
    file.write_text(json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return file


@pytest.mark.parametrize(
    ("cell", "metadata", "place"),
    [
        (code(f"key = '{KEY}'"), {}, "cell 1, source"),
        (code(["key = 'ik_fou", f"nd.{SECRET}'"]), {}, "cell 1, source"),
        (code(outputs=[output(), output(**{"text/html": [f"<td>{KEY}</td>"]})]), {}, "cell 1, output 2"),
        (code(outputs=[{"output_type": "stream", "name": "stderr", "text": [f"GET /x?k=%2F{KEY}\n"]}]), {}, "cell 1, output 1"),
        (code(outputs=[output(**{"application/json": {KEY: 1}})]), {}, "cell 1, output 1"),
        (code(metadata={"note": KEY}), {}, "cell 1, metadata"),
        ({"cell_type": "markdown", "metadata": {}, "source": "", "attachments": {"a": {"b": KEY}}}, {}, "cell 1, attachments"),
        (code(), {"widgets": {"state": {"w": {"state": {"value": KEY}}}}}, "notebook, metadata"),
    ],
    ids=["source", "split", "html", "stream", "json", "metadata", "attachment", "widget"],
)  # fmt: skip
def test_a_key_is_found_wherever_it_lies_and_its_secret_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: dict[str, Any], metadata: dict[str, Any], place: str
) -> None:
    file = written(tmp_path, cell, **metadata)
    found = scan_notebook(file)
    assert found[["place", "kind", "shown"]].to_numpy().tolist() == [[place, "key", "ik_found"]]
    assert "issue a new key" in found.advice[0]
    assert "revoke" in found.advice[0]
    assert run(["scan-notebook", str(file)]) == 1
    told = capsys.readouterr()
    assert place in told.out
    assert "ik_found" in told.out
    assert "issue a new key" in told.err
    assert SECRET not in told.out + told.err + found.to_csv()


def test_an_address_is_personal_data_and_shown_in_part(tmp_path: Path) -> None:
    file = written(
        tmp_path, code("a", outputs=[output(**{"text/plain": "gil.osei@mail.example.com, gil.osei@mail.example.com"})])
    )
    found = scan_notebook(file)
    assert found[["place", "kind", "shown"]].to_numpy().tolist() == [
        ["cell 1, output 1", "e-mail", "g…@mail.example.com"]
    ]
    assert "personal data" in found.advice[0]


@pytest.mark.parametrize(
    "text",
    [
        "a key is `ik_<keyId>.<keySecret>`", "<secret ik_found>", "ik_found", "@property", "erik_holm.dev", "a @ b.c",
        "jquery@3.6.0", "x@localhost", "A" * 3_000_000,
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_key_and_no_address_is_not_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = written(tmp_path, code(text, outputs=[output(**{"text/plain": text})]))
    before = file.read_bytes()
    assert scan_notebook(file).empty
    assert run(["scan-notebook", str(file)]) == 0
    assert "no key and no e-mail address" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_stripped_of_what_a_run_put_in_and_of_nothing_else(tmp_path: Path) -> None:
    """What is typed stays, and is still listed: only its author can say what it should be instead."""
    prose = {"cell_type": "markdown", "metadata": {}, "source": "Größe \ud800, ask mara@example.org"}
    dirty = code("k", outputs=[output(**{"text/plain": KEY})])
    file = written(tmp_path, dirty, prose, widgets={"state": KEY}, kernelspec={"name": "python3"})
    (tmp_path / "link.ipynb").symlink_to(file)
    assert set(scan_notebook(file).place) == {"cell 1, output 1", "cell 2, source", "notebook, metadata"}
    assert scan_notebook(tmp_path / "link.ipynb", strip=True).place.tolist() == ["cell 2, source"]
    assert (tmp_path / "link.ipynb").is_symlink()
    assert SECRET.encode() not in file.read_bytes()
    assert json.loads(file.read_text("utf-8")) == {
        "cells": [dirty | {"outputs": [], "execution_count": None}, prose],
        "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.ipynb", "link.ipynb"]
    once = file.read_bytes()
    scan_notebook(file, strip=True)
    assert file.read_bytes() == once


@pytest.mark.parametrize(
    "text", [KEY, "", "[]", '{"cells": 1}', f'{{"nbformat": 3, "cells": ["{KEY}"]}}', "[" * 200_000]
)
def test_what_is_no_notebook_is_refused_untouched_and_not_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "book.ipynb"
    file.write_text(text)
    with pytest.raises(InputError, match="name a Jupyter notebook") as refused:
        scan_notebook(file, strip=True)
    assert SECRET not in str(refused.value)
    assert file.read_text() == text
    with pytest.raises(InputError, match="No such file"):
        scan_notebook(tmp_path / "none.ipynb")


def test_the_notebooks_that_come_with_auditkit_hold_neither(capsys: pytest.CaptureFixture[str]) -> None:
    books = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
    assert len(books) > 5
    assert run(["scan-notebook", *map(str, books)]) == 0
    assert capsys.readouterr().out == ""
    assert auditkit.scan_notebook is scan_notebook
