"""The rules of the house, executable: who may import whom, what is public, who prints, who asks the clock."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import auditkit

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "auditkit"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_bundle" not in path.parts)
COMMAND_LINE = ("cli", "cli_", "__main__")

# The rooms, lowest first. A room imports itself and rooms above it in this list, never one below.
ROOMS = (
    ("errors", "severity", "given", "knots"),
    ("schema", "schema_columns", "schema_times"),
    ("frames", "manifest", "problems", "store", "snapshot"),
    ("source",),
    ("bundle", "attestations", "notebook_scan"),
    ("access",),
    ("limits",),
    ("rules",),
    ("findings", "findings_frame", "findings_met", "findings_scan", "findings_text", "findings_who"),
    ("whatif",),
    ("report", "review", "charts", "charts_access", "charts_credentials", "charts_drawing", "charts_names", "widgets"),
    ("sandbox",),
    ("terminal", "lab", "demo", "demo_review", "cli", "__main__"),
)
RANK = {name: level for level, names in enumerate(ROOMS) for name in names}


def room(dotted: str) -> str:
    """`auditkit.source.api.pull` lives in `source`; every module of the command line lives in `cli`."""
    name = dotted.split(".")[1] if "." in dotted else ""
    return "cli" if name.startswith("cli_") else name


def dotted(path: Path) -> str:
    """The module name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> set[str]:
    """Every auditkit module that a file imports, wherever in it; not what only a type checker reads."""
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
        for node in ast.walk(block)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" if node.module == "auditkit" else node.module for alias in node.names}
    return {name for name in names if name.split(".")[0] == "auditkit"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def ids(path: Path) -> str:
    return dotted(path)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_imports_point_one_way(path: Path) -> None:
    here = room(dotted(path))
    if here == "":
        return
    for name in sorted(imported(tree(path)) - {f"auditkit.{word}" for word in dir(auditkit)}):
        there = room(name)
        if there and there != here:
            assert RANK[there] <= RANK[here], f"{dotted(path)} imports {name}, which lives below it"


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_only_the_command_line_and_the_demo_know_the_sandbox(path: Path) -> None:
    if room(dotted(path)) not in ("sandbox", "cli", "demo"):
        assert not {name for name in imported(tree(path)) if room(name) == "sandbox"}


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    if room(dotted(path)) in ("cli", "__main__"):
        return
    source = tree(path)
    calls = {ast.unparse(node.func) for node in ast.walk(source) if isinstance(node, ast.Call)}
    # The maker is run by hand, as a module of its own, to write the sample.
    allowed = {"print"} if dotted(path) == "auditkit.sandbox.maker" else set()
    assert not calls & ({"print", "sys.exit", "exit", "quit", "os._exit", "logging.basicConfig"} - allowed)


CLOCK = {
    "time.time", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now",
    "datetime.date.today", "pd.Timestamp.now", "pd.Timestamp.utcnow", "pd.Timestamp.today", "Timestamp.now",
}  # fmt: skip
MAY_ASK_THE_CLOCK = ("cli", "source", "sandbox", "widgets", "demo", "lab", "review")


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_nothing_below_the_command_line_asks_the_clock(path: Path) -> None:
    if room(dotted(path)) in MAY_ASK_THE_CLOCK:
        return
    named = {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert not named & CLOCK


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_modules_and_functions_fit_the_eye(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 260
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name: node.end_lineno - node.lineno + 1 for node in functions if node.end_lineno - node.lineno >= 55}
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_no_error_is_swallowed_wholesale(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            assert ast.unparse(node.type) != "Exception"


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_no_row_by_row_pandas(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ".iterrows(" not in text
    assert ".itertuples(" not in text
    assert "axis=1)" not in "".join(line for line in text.splitlines() if ".apply(" in line)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_nothing_evaluates_text(path: Path) -> None:
    """A name that the IAM gives is data: it never becomes part of an expression, so none is ever made of text."""
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not {each.attr for each in calls if isinstance(each, ast.Attribute)} & {"query", "eval", "read_pickle"}
    assert not {each.id for each in calls if isinstance(each, ast.Name)} & {"eval", "exec", "compile"}


def test_public_names_are_sorted_and_there() -> None:
    assert auditkit.__all__ == sorted(set(auditkit.__all__))
    for name in auditkit.__all__:
        assert getattr(auditkit, name).__name__ == name


def test_public_names_hold_the_whole_error_tree() -> None:
    from auditkit import errors

    tree = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert tree <= set(auditkit.__all__)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="nothing_like_it"):
        auditkit.nothing_like_it  # noqa: B018


def tracked() -> list[str]:
    """The files that git keeps; in an unpacked archive, what lies there and is not hidden."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return listed.stdout.split("\n")[:-1]
    return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]


def test_the_top_level_holds_nothing_else() -> None:
    visible = {name.split("/")[0] for name in tracked() if not name.startswith(".")}
    assert visible <= {"README.md", "auditkit", "data", "notebooks", "pyproject.toml", "tests"}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs_and_define_nothing(path: Path) -> None:
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        kinds = {type(node) for node in ast.walk(ast.parse("".join(cell["source"])))}
        assert not kinds & {ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef}


@pytest.mark.parametrize("words", [["ruff", "check", "-q", "."], ["mypy", "--strict"]], ids=["ruff", "mypy"])
def test_static_checks(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_address_of_a_registry_or_path_of_a_machine_is_kept() -> None:
    words = ["files.pythonhosted", "/work" + "/", "/root" + "/", "index" + "-url"]
    for name in tracked():
        path = ROOT / name
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".ipynb", ".json", ".csv", ""):
            text = path.read_text("utf-8", errors="replace")
            assert not [word for word in words if word in text and path != Path(__file__)], name
