"""`make_report`: a notebook run headless on a snapshot, in a folder of its own, and written as one HTML file."""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets import default

from auditkit import bundle
from auditkit.errors import InputError, ReportError
from auditkit.report.flatten import flatten
from auditkit.report.page import PARAMETERS, page
from auditkit.report.sections import with_sections
from auditkit.snapshot import Snapshot
from auditkit.store import write_file

HEADLESS = "AUDITKIT_HEADLESS"
# nbformat says nothing of its types.
_read: Any = nbformat.read
_code: Any = nbformat.v4.new_code_cell
_HEEDED = ("OWNERS", "ACCEPTED", "ATTESTATIONS")
_LONGEST_RUN = 1800
_LONGEST_MESSAGE = 600
_TRY = "run that cell in JupyterLab to see where (`auditkit lab`)"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_SECRET = re.compile(r"ik_([A-Za-z0-9_-]+)\.[^\s\"'<>]+|(Bearer|ApiKey)\s+\S+")


def make_report(
    snapshot: str | Path | Snapshot,
    *,
    notebook: str | Path = "quarterly_access_review",
    as_of: str | pd.Timestamp | None = None,
    required: str | Path | None = None,
    config: str | Path | None = None,
    owners: str | Path | None = None,
    accepted: str | Path | None = None,
    attestations: str | Path | None = None,
    earlier: Sequence[str | Path] = (),
    note: str = "",
    out: str | Path,
) -> Path:
    """Run a notebook on a snapshot and write what it shows to `out`, whole or not at all; answers the path.

    `notebook` is a bundled one's name or the path of another. `earlier` are the folders of snapshots from before, which
    the report then compares with. `note` is a sentence for its first page. The same snapshots and the same of all
    these give the same bytes. A cell that fails raises `ReportError`, which names it.
    """
    target = _target(Path(out))
    source = with_sections(
        read_notebook(notebook), owners=owners is not None, accepted=accepted is not None, earlier=bool(earlier)
    )
    asked = {"OWNERS": owners, "ACCEPTED": accepted, "ATTESTATIONS": attestations}
    with tempfile.TemporaryDirectory(prefix="auditkit-report-") as folder:
        work = Path(folder)
        values = {
            "SNAPSHOT": _folder(snapshot, work),
            "AS_OF": as_of.isoformat() if isinstance(as_of, pd.Timestamp) else as_of,
            "REQUIRED": _absolute(required),
            "CONFIG": _absolute(config),
            **{name: _absolute(path) for name, path in asked.items() if path is not None},
        }
        before = [str(Path(one).absolute()) for one in earlier]
        html = page(flatten(_executed(with_parameters(source, values, before, note), work)))
    _write(target, html)
    return target


def read_notebook(notebook: str | Path) -> Any:
    """A bundled notebook by its name, or another by its path; the file itself is never written."""
    path = Path(notebook)
    if path.suffix != ".ipynb":
        path = next((one for one in bundle.notebooks() if one.stem == str(notebook)), path)
    try:
        return _read(path, as_version=4)
    except OSError as error:
        names = ", ".join(one.stem for one in bundle.notebooks())
        raise InputError(f"{notebook}: no such notebook ({error.strerror}); bundled are {names}") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError):
        raise InputError(f"{notebook}: is no notebook; give an .ipynb file") from None


def with_parameters(
    notebook: Any, values: Mapping[str, str | None], earlier: Sequence[str] = (), note: str = ""
) -> Any:
    """The notebook with these values in place of those its `parameters` cell assigns, and a cell after it that puts the
    earlier snapshots beside the desk's and shows the cover with the note. Cell ids are numbered anew, so that two
    runs are alike."""
    places = [place for place, cell in enumerate(notebook.cells) if PARAMETERS in cell.metadata.get("tags", [])]
    if len(places) != 1:
        raise ReportError(f"the notebook has {len(places)} cells tagged `{PARAMETERS}`; it needs exactly one")
    cell = notebook.cells[places[0]]
    cell.source = _assigned(cell.source, values)
    beside = f"desk = desk.since(*{list(earlier)!r})\n" if earlier else ""
    told = repr(note) if note else ""
    notebook.cells.insert(places[0] + 1, _code(f"{beside}desk.cover({told})"))
    for number, each in enumerate(notebook.cells):
        each["id"] = f"cell-{number}"
    return notebook


def _assigned(source: str, values: Mapping[str, str | None]) -> str:
    """Source code whose top-level assignments to the names of `values` assign those values instead."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ReportError(f"the notebook's parameters cell is no Python: {error.msg}, line {error.lineno}") from None
    assigned = [one for one in tree.body if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)]
    named = {ast.unparse(one.targets[0]): one for one in assigned}
    # A notebook need not know these; one that does not must not be taken to have heeded them.
    if odd := [name for name in _HEEDED if name in values and name not in named]:
        what = f"the {odd[0].lower()}" + (" findings" if odd[0] == "ACCEPTED" else "")
        raise ReportError(f"the notebook's parameters cell assigns no {odd[0]}, so it would not heed {what} given")
    for name in values.keys() & named.keys():
        named[name].value = ast.Constant(values[name])
    return ast.unparse(tree)


class _ThisPython(KernelSpecManager):
    """Finds one kernel: the interpreter that runs auditkit, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


class _Manager(AsyncKernelManager):
    """Starts that kernel. Given as a class, so that the client owns what it starts and stops it whatever happens."""

    @default("transport")
    def _private(self) -> str:
        # Sockets in a folder of this user only; over TCP, everybody on the machine could reach the kernel.
        return "ipc" if os.name == "posix" else "tcp"

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return _ThisPython()


def _executed(notebook: Any, work: Path) -> Any:
    """The notebook with its outputs, or `ReportError` naming the cell that failed."""
    client = NotebookClient(
        notebook, kernel_manager_class=_Manager, kernel_name="python3", timeout=_LONGEST_RUN,
        allow_errors=False, store_widget_state=True, resources={"metadata": {"path": str(work)}},
    )  # fmt: skip
    client.create_kernel_manager().connection_file = str(work / "kernel.json")
    # Its own IPython folder: nothing of the run enters the user's history.
    own = {HEADLESS: "1", "IPYTHONDIR": str(work / ".ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    try:
        return client.execute(env=os.environ | own)
    except CellExecutionError as error:
        number, what = _failed(notebook), _what(notebook, error)
        raise ReportError(f"cell {number} of the notebook failed: {_told(what)}; {_TRY}") from None
    except CellTimeoutError:
        raise ReportError(f"a cell of the notebook ran for more than {_LONGEST_RUN} s and was stopped") from None
    except DeadKernelError:
        raise ReportError("the notebook's kernel died; is there enough memory?") from None


def _failed(notebook: Any) -> int:
    """The number, from 1, of the cell with an error, as the notebook itself counts: the cover's cell is not in it.

    Some errors leave no output, such as a group of exceptions: then it is the last cell that ran.
    """
    ran = [place for place, cell in enumerate(notebook.cells) if cell.get("execution_count")]
    failed = [place for place, cell in enumerate(notebook.cells) if _errors(cell)]
    parameters = [PARAMETERS in cell.metadata.get("tags", []) for cell in notebook.cells].index(True)
    place = (failed or ran[-1:] or [parameters])[0]
    return place + 1 if place <= parameters else place


def _errors(cell: Any) -> list[Any]:
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


def _what(notebook: Any, error: CellExecutionError) -> str:
    """The kind of the error and its message. One met while a value is shown, as by a panel, is told by its output
    alone: what the kernel answers of it is `NoneType: None`."""
    shown = [output for cell in notebook.cells for output in _errors(cell)]
    named = [(one.ename, one.evalue) for one in shown] or [(error.ename, error.evalue)]
    kind, message = named[0]
    if kind in (None, "", "NoneType"):
        return "something that was to be shown could not be, and nothing said why"
    return f"{kind}: {message}" if message not in (None, "", "None") else f"{kind}, without a message"


def _told(message: str) -> str:
    """A message fit to be shown: no control sequences, no secret, not endless."""
    plain = _ANSI.sub("", message)
    text = _SECRET.sub(lambda found: f"ik_{found[1]}.<secret>" if found[1] else "<secret>", plain)
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"


def _folder(snapshot: str | Path | Snapshot, work: Path) -> str:
    if isinstance(snapshot, Snapshot):
        snapshot.save(work / "snapshot")
        return str(work / "snapshot")
    return str(Path(snapshot).absolute())


def _absolute(path: str | Path | None) -> str | None:
    return None if path is None else str(Path(path).absolute())


def _target(out: Path) -> Path:
    """The file to write, refused before the notebook runs if it cannot be."""
    if out.is_dir():
        raise InputError(f"{out} is a folder; name the file to write, such as {out / 'report.html'}")
    if not out.absolute().parent.is_dir():
        raise InputError(f"{out.parent}: there is no such folder to write the report into")
    return out


def _write(target: Path, html: str) -> None:
    """Write beside the target and rename into place: the old report or the new one, never half."""
    try:
        write_file(target, html.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror})") from None
