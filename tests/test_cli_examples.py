"""Every command's help has an example, and it works in the folder that `auditkit demo` leaves."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import typer.main

from auditkit import demo_review
from auditkit.bundle import SAMPLE_AS_OF, bundled
from auditkit.cli import app, run
from auditkit.source.document import import_document

# They serve, call a vendor, or run a notebook: each has tests of its own.
NOT_RUN = {"demo", "sandbox", "pull", "lab", "report", "review close", "verify"}
# Findings at or above --fail-on.
FOUND = {"audit": 1}


def commands() -> dict[str, str]:
    """The help of every command by its words, in the order in which a person meets them."""
    found = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        for inner, each in getattr(command, "commands", {"": command}).items():
            found[f"{name} {inner}".strip()] = each.help
    return found


def example(text: str) -> list[str]:
    """The lines of the example."""
    found = re.search(r"Example:\n((?:[ \t]+\S[^\n]*\n?)+)", text)
    return [line.strip() for line in found[1].splitlines()] if found else []


COMMANDS = commands()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demo leaves, without the report; and a copy of the review."""
    folder = tmp_path_factory.mktemp("demo")
    snapshot = import_document(bundled("data/organisation.json"), pulled_at=pd.Timestamp(SAMPLE_AS_OF).as_unit("us"))
    snapshot.save(folder / "snapshot")
    demo_review.review(folder, snapshot)
    shutil.copytree(folder / "review", folder / "review-of-the-laptop")
    for name in ("required_permissions.csv", "limits.toml", "organisation.json"):
        shutil.copyfile(bundled(f"data/{name}"), folder / name)
    shutil.copy(bundled("notebooks/quarterly_access_review.ipynb"), folder)
    return folder


def expanded(word: str) -> list[str]:
    """A word as a shell hands it on."""
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


@pytest.mark.parametrize("name", COMMANDS)
def test_its_help_has_an_example_of_it(name: str) -> None:
    last = example(COMMANDS[name])[-1]
    assert last.startswith(f"auditkit {name}")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in NOT_RUN])
def test_its_example_works(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(place)
    for line in example(COMMANDS[name]):
        if not line.startswith("auditkit "):
            subprocess.run(line, shell=True, check=True, cwd=place)
            continue
        words = [made for word in shlex.split(line)[1:] for made in expanded(word)]
        assert run(words) == FOUND.get(name, 0), capsys.readouterr().err
