"""What is said of a decision: which target was found, whose it counts as, and that a repeated one takes nothing away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from companies import begin_review

from auditkit.cli import run
from auditkit.review.campaign import Campaign, open_campaign
from auditkit.review.deciding import decide
from auditkit.review.entries import Entry, no_decision

Told = pytest.CaptureFixture[str]
KEY, SPARE, HELD = "credential:c1", "credential:c2", "assignment:a2"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    begin_review(folder, "principal,gate,Gil\nprincipal,hooks,Olga")
    return folder


@pytest.fixture
def campaign(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> Campaign:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return open_campaign("review")


def log(campaign: Campaign) -> list[Entry]:
    with campaign.decisions() as store:
        assert store.verify() == []
        return store.entries()


def said(campaign: Campaign) -> list[tuple[str, str, str, str]]:
    return [(one.item, one.action, one.target, one.reason) for one in log(campaign)]


def press(item: str, action: str, who: str = "Gil", *words: str) -> int:
    return run(["review", "decide", "review", item, "--action", action, "--reviewer", who, *words])


def test_the_same_again_without_a_reason_keeps_the_reason(campaign: Campaign, capsys: Told) -> None:
    assert press(KEY, "remove", "Gil", "--reason", "no use") == 0
    at = log(campaign)[0].at
    capsys.readouterr()
    assert press(KEY, "remove") == 0
    assert press(KEY, "remove", " Gil ", "--reason", "no use") == 0
    told = f"{KEY}: is decided so already, and stays: remove, by Gil at {at} (no use)\n"
    assert capsys.readouterr().out == told * 2
    assert said(campaign) == [(KEY, "remove", "", "no use")]
    assert campaign.standing().set_index("item").reason[KEY] == "no use"


def test_what_says_more_or_other_is_written(campaign: Campaign) -> None:
    made = [
        (KEY, "remove", "", "no use"),
        (KEY, "remove", "", "asked Mara"),
        (KEY, "rotate", "", ""),
        (HELD, "change", "admin", ""),
        (HELD, "change", "reader", ""),
    ]
    for item, action, target, reason in made:
        words = ["--reason", reason] if reason else []
        assert press(item, action, "Gil", *words, *(["--target", target] if target else [])) == 0
    assert said(campaign) == made


def test_what_changes_the_action_needs_what_it_needs(campaign: Campaign, capsys: Told) -> None:
    assert press(KEY, "remove", "Gil", "--reason", "no use") == 0
    assert press(KEY, "keep") == 2
    assert "a reason is needed" in capsys.readouterr().err
    assert len(log(campaign)) == 1


def test_the_same_of_another_or_after_taking_it_back_is_a_decision(campaign: Campaign) -> None:
    assert press(KEY, "remove", "Gil", "--reason", "no use") == 0
    assert press(KEY, "remove", "Olga") == 0
    assert run(["review", "undo", "review", KEY, "--reviewer", "Gil"]) == 0
    assert press(KEY, "remove") == 0
    assert [(one.reviewer, one.action) for one in log(campaign)] == [
        ("Gil", "remove"), ("Olga", "remove"), ("Gil", "undo"), ("Gil", "remove"),
    ]  # fmt: skip


def test_of_several_only_what_is_new_is_written(campaign: Campaign, capsys: Told) -> None:
    assert press(KEY, "remove", "Gil", "--reason", "no use") == 0
    capsys.readouterr()
    words = ["--action", "remove", "--reviewer", "Gil", "--reason", "no use"]
    assert run(["review", "decide", "review", KEY, SPARE, *words]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{KEY}: is decided so already")
    assert second == f"{SPARE}: remove"
    assert [one.item for one in log(campaign)] == [KEY, SPARE]


def test_settling_is_written_though_it_repeats_what_one_of_them_said(campaign: Campaign) -> None:
    for who, action in (("Gil", "remove"), ("Olga", "rotate")):
        assert press(KEY, action, who, "--reason", "so") == 0
    assert campaign.standing().conflict.sum() == 1
    assert press(KEY, "remove", "Gil", "--reason", "so", "--settle") == 0
    assert len(log(campaign)) == 3
    assert campaign.standing().conflict.sum() == 0


def test_the_target_that_was_found_is_told(campaign: Campaign, capsys: Told) -> None:
    assert press(HELD, "change", "Gil", "--target", "Administrator") == 0
    assert press(HELD, "delegate", "Gil", "--target", "Olga") == 0
    assert press(HELD, "remove") == 0
    assert capsys.readouterr().out == f"{HELD}: change to admin\n{HELD}: delegate to Olga\n{HELD}: remove\n"


@pytest.mark.parametrize(
    ("action", "words", "says"),
    [
        ("remove", (), f"{KEY}: asked of Gil, counts as decided by Olga\n"),
        ("not mine", (), f"{KEY}: asked of Gil, counts as handed on by Olga\n"),
    ],
)
def test_whose_a_decision_counts_as(
    campaign: Campaign, capsys: Told, action: str, words: tuple[str, ...], says: str
) -> None:
    assert press(KEY, action, "Olga", *words) == 0
    assert capsys.readouterr().err == says
    assert press(SPARE, "remove", "Gil", *words) == 0
    assert capsys.readouterr().err == ""


def test_what_is_only_recommended_is_told_how_to_decide(campaign: Campaign, capsys: Told) -> None:
    assert press(KEY, "shorten") == 2
    assert "'shorten' is a recommendation, no decision: decide 'rotate': a new credential" in capsys.readouterr().err
    assert press(KEY, "rotat") == 2
    assert "no decision is called 'rotat', did you mean 'rotate'? Use one of keep, " in capsys.readouterr().err
    assert press(KEY, "perhaps") == 2
    assert "no decision is called 'perhaps'; use one of keep, " in capsys.readouterr().err
    assert press(KEY, "undo") == 2
    assert "recommendation" not in capsys.readouterr().err
    assert log(campaign) == []
    assert no_decision("ask").startswith("'ask' is a recommendation, no decision: look at it")


def test_a_click_that_comes_twice_gives_nothing_new(campaign: Campaign) -> None:
    words = {"action": "remove", "reviewer": "Gil", "at": "2026-10-05T09:00:00Z", "account": "gil@desk", "mark": "m"}
    assert len(decide(campaign, [KEY], **words)) == 1
    assert decide(campaign, [KEY], **words) == ()
    assert len(log(campaign)) == 1
