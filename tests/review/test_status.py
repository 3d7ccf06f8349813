"""The status of a review: it says what an item is, and each item with its target and reason, within a screen's width."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from companies import begin_review

from auditkit.cli import run

Told = pytest.CaptureFixture[str]
REASON = "the gateway is run by another team, which asked for it in March, and will be until the end of the year"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    begin_review(folder, "principal,gate,Gil")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        decide = ["review", "decide", "review", "assignment:a2", "--reviewer", "Gil", "--reason", REASON]
        assert run([*decide, "--action", "change", "--target", "admin"]) == 0
    return folder


@pytest.fixture
def place(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> Path:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return tmp_path


def status(capsys: Told, *words: str) -> list[str]:
    capsys.readouterr()
    assert run(["review", "status", "review", *words]) == 0
    return capsys.readouterr().out.splitlines()


def of(item: str, lines: list[str]) -> str:
    """What is said of an item: its line, and those that are set in under it."""
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{item} "))
    under = [line.strip() for line in lines[start + 1 :]]
    ends = [number for number, line in enumerate(lines[start + 1 :]) if not line.startswith(" ")]
    return " ".join([*lines[start].split(), *under[: ends[0] if ends else None]])


@pytest.mark.usefixtures("place")
def test_the_head_line_says_that_items_are_no_findings(capsys: Told) -> None:
    lines = status(capsys)
    assert " ".join(lines[:2]).startswith(
        "10 items, each something to decide about. An item is no finding: its severity is that of the worst finding on it"
    )
    assert lines[2] == ""
    assert lines[3].split() == ["reviewer", "items", "decided", "waiting", "left", "conflicts"]


@pytest.mark.usefixtures("place")
def test_each_item_has_its_target_and_reason(capsys: Told) -> None:
    lines = status(capsys, "--items")
    assert lines[0].split() == ["item", "severity", "asked_of", "recommended", "decided", "decided_by"]
    told = of("assignment:a2", lines)
    assert told.split(": ")[0].endswith("change to admin Gil Gateway 7 (gate)")
    assert told.endswith(f"reason: {REASON}")
    other = of("assignment:a3", lines)
    assert "reason:" not in other
    assert " to " not in other.split("Hooks")[0]
    assert max(map(len, lines)) <= 110
    # Every item once, in its own line.
    assert sum(not line.startswith(" ") for line in lines[1:]) == 10


@pytest.mark.usefixtures("place")
def test_why_something_is_recommended_is_there_and_only_then(capsys: Told) -> None:
    lines = status(capsys, "--items")
    flagged = of("credential:c1", lines)
    assert "because CRD" in flagged
    assert "because" not in of("principal:ann", lines)
    assert of("principal:ann", lines).startswith("principal:ann none keep ")


@pytest.mark.usefixtures("place")
def test_what_reviewers_disagree_about_is_no_decision(capsys: Told) -> None:
    words = ["review", "decide", "review", "assignment:a2", "--action", "remove", "--reviewer", "Olga"]
    assert run([*words, "--new-reviewer"]) == 0
    assert "(reviewers disagree)" in of("assignment:a2", status(capsys, "--items"))
    assert "(reviewers disagree)" not in of("assignment:a3", status(capsys, "--items"))
