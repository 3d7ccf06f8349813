"""What is decided after a review was closed is in no pack, and every command says so; before that, none does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from companies import Q4, begin_review, company

from auditkit.cli import run
from auditkit.errors import ReviewError
from auditkit.review.campaign import open_campaign
from auditkit.review.closing import Closed, closed_words, closings, write_closed
from auditkit.review.decisions import DecisionStore
from auditkit.widgets.review import Review, open_review
from auditkit.widgets.review_acts import Answer

Told = pytest.CaptureFixture[str]
GOES_ON = "; what is decided now is in no pack until it is closed again"
GIL = ("--reviewer", "Gil")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review with one decision, closed into `pack`, and a copy of it from before that."""
    folder = tmp_path_factory.mktemp("begun")
    begin_review(folder, "principal,gate,Gil")
    company(Q4).save(folder / "q4")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(["review", "decide", "review", "credential:c1", "--action", "remove", *GIL]) == 0
        shutil.copytree(folder / "review", folder / "open")
        assert run(["review", "close", "review", "--out", "pack", "--no-pdf"]) == 0
    return folder


@pytest.fixture
def place(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> Path:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return tmp_path


def said(capsys: Told) -> str:
    told = capsys.readouterr()
    return told.out + told.err


def test_closing_leaves_when_into_what_and_how_much_of_the_log(place: Path) -> None:
    (closed,) = closings(place / "review")
    with open_campaign(place / "review").decisions() as store:
        (entry,) = store.entries()
    assert (closed.entries, closed.chain) == (1, entry.chain)
    assert len(closed.seal) == 64
    assert closed.at.endswith("Z")
    assert closed_words(place / "review") == f"closed on {closed.at} into pack {closed.seal}{GOES_ON}"
    assert (closings(place / "open"), closed_words(place / "open")) == ([], "")


ACTS = [
    ["status", "DIR"],
    ["status", "DIR", "--items"],
    ["decide", "DIR", "credential:c1", "--action", "rotate", *GIL],
    ["undo", "DIR", "credential:c1", *GIL],
    ["merge", "DIR", "copy"],
    ["verify", "DIR"],
]


@pytest.mark.parametrize("words", ACTS, ids=[" ".join(words) for words in ACTS])
def test_going_on_is_possible_and_never_silent(place: Path, capsys: Told, words: list[str]) -> None:
    shutil.copytree(place / "open", place / "copy")
    for folder, closed in (("review", True), ("open", False)):
        assert run(["review", *(folder if word == "DIR" else word for word in words)]) == 0
        assert (GOES_ON in said(capsys)) == closed
    assert run(["review", "verify", "review"]) == 0
    assert run(["verify", "pack"]) == 0


def test_collecting_says_it(place: Path, capsys: Told) -> None:
    assert run(["review", "hand-out", "open", "--out", "books"]) == 0
    books = [str(path) for path in (place / "books").iterdir()]
    for folder, closed in (("review", True), ("open", False)):
        capsys.readouterr()
        assert run(["review", "collect", folder, *books]) == 0
        assert (GOES_ON in said(capsys)) == closed


def test_verify_of_a_closed_review_does_not_call_it_open(place: Path, capsys: Told) -> None:
    assert run(["verify", "review"]) == 2
    told = said(capsys)
    assert GOES_ON in told
    assert "still open" not in told
    assert run(["verify", "open"]) == 2
    assert "open is a review that is still open" in said(capsys)


def test_how_much_came_since_is_counted_until_it_is_closed_again(place: Path, capsys: Told) -> None:
    first = closings(place / "review")[0].seal
    assert run(["review", "decide", "review", "credential:c1", "--action", "rotate", *GIL]) == 0
    assert f"{first}{GOES_ON} (1 entry of the log since)" in said(capsys)
    assert run(["review", "close", "review", "--out", "again", "--no-pdf"]) == 0
    told = capsys.readouterr()
    assert f"into pack {first}: this pack is the later one" in told.err
    assert run(["review", "status", "review"]) == 0
    status = said(capsys)
    assert f"into pack {told.out.strip()}{GOES_ON}\n" in status
    assert first not in status
    assert len(closings(place / "review")) == 2


def test_the_next_review_says_what_came_after_the_close(place: Path, capsys: Told) -> None:
    start = ["review", "start", "q4", "--name", "Q4", "--previous", "review", "--out"]
    assert run([*start, "next"]) == 0
    assert "after that" not in said(capsys)
    assert "after that" not in " ".join(open_review("next", previous=None).said)
    assert run(["review", "undo", "review", "credential:c1", *GIL]) == 0
    assert run([*start, "late"]) == 0
    assert "the review before, 'Q3', was closed on " in (told := said(capsys))
    assert "and 1 entry of its log came after that: no pack holds what they say" in told
    shutil.rmtree(place / "open")
    assert "It was closed on " in " ".join(open_review("late").said)


def test_a_log_that_is_not_the_closed_one_is_told(place: Path, capsys: Told) -> None:
    for name in ("decisions.sqlite", "decisions.sqlite-wal", "decisions.sqlite-shm"):
        (place / "review" / name).unlink(missing_ok=True)
    DecisionStore(place / "review" / "decisions.sqlite").close()
    assert run(["review", "verify", "review"]) == 2
    assert "the log does not begin with what was closed on " in said(capsys)


@pytest.mark.parametrize("harm", ["{", "[]", '{"schema": 1}', "null"])
def test_a_record_that_cannot_be_read_is_told(place: Path, capsys: Told, harm: str) -> None:
    (record,) = (place / "review").glob("closed-*.json")
    record.write_text(harm)
    assert run(["review", "verify", "review"]) == 2
    assert "cannot be read; restore it from a copy" in said(capsys)


def test_a_record_of_a_newer_schema_or_with_other_values_is_refused(tmp_path: Path) -> None:
    write_closed(tmp_path, Closed(at="2026-10-09T00:00:00Z", seal="a" * 64, entries=0, chain="0" * 64))
    (record,) = tmp_path.iterdir()
    told = json.loads(record.read_text())
    record.write_text(json.dumps(told | {"schema": 2}))
    with pytest.raises(ReviewError, match="upgrade auditkit"):
        closings(tmp_path)
    record.write_text(json.dumps(told | {"entries": "0"}))
    with pytest.raises(ReviewError, match="cannot be read"):
        closings(tmp_path)


def test_a_close_that_cannot_be_recorded_says_that_the_pack_is_there(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match=f"the pack is written \\(seal {'b' * 64}\\)"):
        write_closed(tmp_path / "gone", Closed(at="", seal="b" * 64, entries=0, chain=""))


def test_the_notebook_says_it_with_every_decision(place: Path) -> None:
    told: dict[str, list[str]] = {}
    for folder in ("review", "open"):
        review = open_review(place / folder, "Gil")
        told[folder] = [*review.said, *_worked(review), review.panel("progress").static().fragment]
    assert [GOES_ON in line for line in told["open"]] == [False] * len(told["open"])
    assert [GOES_ON in line for line in told["review"]].count(True) == 5
    for folder, closed in (("review", True), ("open", False)):
        assert ('class="ak-warn"' in open_review(place / folder)._repr_html_().partition("</style>")[2]) == closed


def _worked(review: Review) -> tuple[str, str, str]:
    sitting = review.sitting
    kept = sitting.decide(sitting.shown("credential:c2"), Answer(action="remove", reviewer="Gil"))
    words = {"kind": "break-glass", "who": "Gil", "what": "two envelopes", "when": "2026-06-01"}
    attested = review.panel("attestations").controls.form.press("write", **words)
    assert attested.startswith("attested, on disk")
    return kept, sitting.undo(sitting.shown("credential:c2"), "Gil"), attested
