"""Running tests against a mutant: in a forked child, in which the mutated module is imported instead of the original.

Nothing is written into the checkout. The parent has imported pandas, pytest and the like but nothing of auditkit, so
that a child is ready in a moment and yet imports everything of the project afresh.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import hypothesis
import pyarrow
import pytest
from mutants import Mutant

# Imported for the children's sake, which inherit them.
HEAVY = (
    "httpx",
    "msgspec",
    "numpy",
    "pandas",
    "pyarrow.compute",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.sparse",
    "typer",
    "playwright.sync_api",
)
SURVIVED, KILLED, TIMED_OUT = "survived", "killed", "timed out"
# A fixed number of random cases, the same at each run; a failing one is not made smaller, for nobody reads it.
PROFILE = hypothesis.settings(
    derandomize=True, database=None, deadline=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)  # fmt: skip
EXAMPLES = 15


@dataclass(frozen=True, kw_only=True)
class Covered:
    """Which tests run which line, and how long each takes."""

    lines: Mapping[str, Mapping[int, Sequence[str]]]
    seconds: Mapping[str, float]

    def tests(self, mutant: Mutant, *, slowest: float, most: int) -> list[str]:
        """The tests that run a mutant's lines, at `most` so many, without any slower than `slowest` seconds.

        Where the lines run at import, outside any test, these are all tests, those that run others of the module first.
        """
        lines = self.lines.get(str(mutant.path), {})
        found = {test for number in range(mutant.first, mutant.last + 1) for test in lines.get(number, ())}
        near = {test for tests in lines.values() for test in tests} if mutant.at_import or "" in found else found
        chosen = self.seconds if near is not found else found - {""}
        fast = sorted((test for test in chosen if self.seconds[test] <= slowest), key=lambda test: self.seconds[test])
        turns = _turns(fast)
        return sorted(fast, key=lambda test: (test not in near, turns[test], self.seconds[test], test))[:most]


def _turns(tests: Sequence[str]) -> dict[str, int]:
    """Which case of its function each test is: the first of each are run before the second of any."""
    seen: dict[str, int] = {}
    turns = {}
    for test in tests:
        function = test.partition("[")[0]
        turns[test] = seen[function] = seen.get(function, 0) + 1
    return turns


def warm() -> None:
    for name in HEAVY:
        importlib.import_module(name)
    # A fork takes no other thread along: none may hold a lock.
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)


def cover(root: Path, paths: Sequence[Path], files: Sequence[str], told: Path) -> None:
    """Run all tests once, unmutated, and note in a file what each runs. Raises RuntimeError where one fails."""
    log = told.with_suffix(".log")
    pid = _fork(lambda: _run_covered(root, paths, files, told, log))
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        raise RuntimeError(f"the tests do not pass without a mutant: {log.read_text()[-3000:]}")


def read_covered(text: str) -> Covered:
    """What `cover` noted."""
    told = json.loads(text)
    lines = {path: {int(line): tests for line, tests in rows.items()} for path, rows in told["lines"].items()}
    return Covered(lines=lines, seconds=told["seconds"])


def judge(
    work: Sequence[tuple[Mutant, list[str]]], *, root: Path, processes: int, seconds: int, minutes: float, scratch: Path,
    told: Callable[[int, str], None],
) -> list[str]:  # fmt: skip
    """What became of each mutant against its tests, in order; `told` hears of each as it is known.

    None is begun after so many minutes: those at the end are then left out.
    """
    until = time.monotonic() + 60 * minutes
    outcomes = [""] * len(work)
    running: dict[int, tuple[int, float]] = {}
    waiting = list(enumerate(work))[::-1]
    while waiting or running:
        if time.monotonic() > until:
            waiting.clear()
        while waiting and len(running) < processes:
            number, (mutant, tests) = waiting.pop()
            pid = _fork(lambda m=mutant, t=tests: _run_mutated(root, m, t, seconds, scratch))
            running[pid] = (number, time.monotonic() + 10 * seconds)
        for pid, outcome in _ended(running):
            number, _ = running.pop(pid)
            outcomes[number] = outcome
            told(number, outcome)
        time.sleep(0.02)
    return [outcome for outcome in outcomes if outcome]


def _ended(running: Mapping[int, tuple[int, float]]) -> list[tuple[int, str]]:
    ended = []
    for pid, (_, deadline) in running.items():
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            ended.append((pid, _outcome(os.waitstatus_to_exitcode(status))))
        elif time.monotonic() > deadline:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            ended.append((pid, TIMED_OUT))
    return ended


def _outcome(code: int) -> str:
    # Where no test is left to run, nothing was seen.
    if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return SURVIVED
    return KILLED if code > 0 else TIMED_OUT


def _fork(run: Callable[[], int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = None
    try:
        code = run()
    finally:
        if code is None:
            traceback.print_exc()
        os._exit(70 if code is None else code)


def _run_mutated(root: Path, mutant: Mutant, tests: list[str], seconds: int, scratch: Path) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    sys.meta_path.insert(0, _Finder(mutant))
    if not tests:
        return pytest.ExitCode.NO_TESTS_COLLECTED
    return _pytest(root, sorted({test.partition("::")[0] for test in tests}), [_Chosen(tests)], scratch / "mutant.log")


def _pytest(root: Path, files: Sequence[str], plugins: list[Any], log: Path) -> int:
    os.chdir(root)
    # The plugins of others are not needed, and one of them takes seconds to load.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(root))
    hypothesis.settings.register_profile("mutation", PROFILE)
    hypothesis.settings.load_profile("mutation")
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=line", "--assert=plain"]
    with log.open("w") as told, contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        return int(pytest.main([*options, *files], plugins=[_Fewer(), *plugins]))


def _run_covered(root: Path, paths: Sequence[Path], files: Sequence[str], told: Path, log: Path) -> int:
    measured = coverage.Coverage(data_file=None, include=[str(path) for path in paths])
    watcher = _Watcher(measured)
    measured.start()
    code = _pytest(root, files, [watcher], log)
    measured.stop()
    data = measured.get_data()
    lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
    told.write_text(json.dumps({"lines": lines, "seconds": watcher.seconds}), encoding="utf-8")
    return code


class _Watcher:
    """A plugin of pytest: says to coverage which test runs, and takes its time."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.measured.switch_context(item.nodeid)
        started = time.process_time()
        done = yield
        self.seconds[item.nodeid] = time.process_time() - started
        self.measured.switch_context("")
        return done


class _Chosen:
    """A plugin of pytest: runs these tests, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.order), key=lambda i: self.order[i.nodeid])


class _Fewer:
    """A plugin of pytest: fewer random cases than a test asks for."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            test = getattr(item.obj, "_hypothesis_internal_use_settings", None)
            if test is not None:
                few = min(EXAMPLES, test.max_examples)
                item.obj._hypothesis_internal_use_settings = hypothesis.settings(test, max_examples=few)


class _Finder:
    """Finds the mutated module, with its text; everything else is left to those after it."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.mutant.module:
            return None
        loader = _Loader(name, str(self.mutant.path))
        loader.text = self.mutant.text
        return importlib.util.spec_from_file_location(name, self.mutant.path, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    text: str

    def get_code(self, fullname: str) -> Any:
        return compile(self.text, self.path, "exec", dont_inherit=True)
