"""A notebook run headless: its parameters, its failures, its file; with a desk that the notebook itself makes up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from auditkit.errors import InputError, ReportError
from auditkit.report import make_report, write_report
from auditkit.report.run import read_notebook, with_parameters

DESK = """
from IPython.display import display

SNAPSHOT = None  # replaced
AS_OF = REQUIRED = None
CONFIG = "kept where nothing is given"

class Desk:
    def cover(self):
        data = {"application/vnd.auditkit.cover+json": {"title": "A title"}, "text/html": f"<p>{SNAPSHOT}</p>"}
        display(data, raw=True)

desk = Desk()
"""


TRY = "run that cell in JupyterLab to see where (`auditkit lab`)"
FAILURES = {
    "shown": ("class Broken:\n    def _repr_html_(self):\n        raise KeyError('r1')\nBroken()", "KeyError: 'r1'"),
    "silent": ("raise KeyError", "KeyError, without a message"),
    "none": ("raise RuntimeError(None)", "RuntimeError, without a message"),
    "asserted": ("assert not 1", "AssertionError, without a message"),
    "grouped": ("raise ExceptionGroup('two', [ValueError('one')])", "ExceptionGroup: two (1 sub-exception)"),
}  # fmt: skip


def notebook(folder: Path, *sources: str, parameters: str = DESK) -> Path:
    cells = [
        nbformat.v4.new_markdown_cell("# A notebook"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
    ]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    path = folder / "mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def source(book: Any, number: int) -> str:
    return str(book.cells[number].source)


def test_parameters_take_the_place_of_what_the_cell_assigns(tmp_path: Path) -> None:
    book = with_parameters(read_notebook(notebook(tmp_path)), {"SNAPSHOT": "a 'quoted' path", "CONFIG": None})
    assert """SNAPSHOT = "a 'quoted' path\"""" in source(book, 1)
    assert "CONFIG = None" in source(book, 1)
    assert "AS_OF = REQUIRED = None" in source(book, 1)
    assert source(book, 2) == "desk.cover()"
    assert [cell["id"] for cell in book.cells] == ["cell-0", "cell-1", "cell-2"]


@pytest.mark.parametrize("tagged", [0, 2])
def test_a_notebook_needs_exactly_one_cell_of_parameters(tagged: int) -> None:
    cells = [nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]}) for _ in range(tagged)]
    with pytest.raises(ReportError, match=f"has {tagged} cells tagged `parameters`"):
        with_parameters(nbformat.v4.new_notebook(cells=cells), {})


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_says_what_failed_and_what_to_try(tmp_path: Path, name: str) -> None:
    """Also where the kernel answers "NoneType: None", as it does of an error met while a value is shown."""
    code, what = FAILURES[name]
    with pytest.raises(ReportError) as caught:
        make_report(tmp_path, notebook=notebook(tmp_path, "desk", code), out=tmp_path / "out.html")
    assert str(caught.value) == f"cell 4 of the notebook failed: {what}; {TRY}"
    assert not (tmp_path / "out.html").exists()


def test_parameters_that_are_no_python_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is no Python"):
        with_parameters(read_notebook(notebook(tmp_path, parameters="x =")), {})


def test_a_notebook_is_found_by_name_or_path(tmp_path: Path) -> None:
    assert read_notebook("quarterly_access_review").cells
    with pytest.raises(InputError, match=r"no such notebook.*bundled are .*quarterly_access_review"):
        read_notebook("quaterly")
    (tmp_path / "bad.ipynb").write_text("{")
    with pytest.raises(InputError, match="is no notebook"):
        read_notebook(tmp_path / "bad.ipynb")


def test_a_run_writes_one_file_and_leaves_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    book = notebook(tmp_path, "import ipywidgets; ipywidgets.IntSlider(value=7, description='Days')", "print('said')")
    before = book.read_bytes()
    target = make_report("snapshot", notebook=book, out=tmp_path / "out.html")
    html = target.read_text("utf-8")
    assert "<strong>Days</strong> 7" in html
    assert "<pre>said" in html
    shown = re.sub(r"</?span[^>]*>|<wbr>", "", html)  # lines break where words do
    assert f"<p>{tmp_path / 'snapshot'}</p>" in shown  # the kernel works elsewhere: paths are whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.ipynb", "out.html"]
    assert book.read_bytes() == before


def test_a_cell_that_fails_is_named_and_no_secret_is_shown(tmp_path: Path) -> None:
    key = "ik_abc.topsecret"
    book = notebook(tmp_path, "1", f"raise ValueError('\\x1b[31mno: {key} and Bearer to.ken')")
    (tmp_path / "out.html").write_text("the old report")
    with pytest.raises(ReportError) as caught:
        write_report("snapshot", tmp_path / "out.html", notebook=book)
    assert str(caught.value) == "cell 4 of the notebook failed: ValueError: no: ik_abc.<secret> and <secret>; " + TRY
    assert caught.value.__cause__ is None
    assert (tmp_path / "out.html").read_text() == "the old report"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.ipynb", "out.html"]


def test_a_notebook_that_makes_no_desk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cell 2 of the notebook failed: NameError: name 'desk'"):
        make_report("snapshot", notebook=notebook(tmp_path, parameters="x = 1"), out=tmp_path / "out.html")


def test_a_place_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        make_report("snapshot", out=tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        make_report("snapshot", out=tmp_path / "none" / "out.html")
