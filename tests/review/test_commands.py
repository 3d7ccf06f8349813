"""The review on the command line: a quarter from start to pack, by three people; each mistake is one line."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from companies import HELD as ASSIGNED
from companies import KEYS, Q4, changed, company, without

from auditkit.cli import run
from auditkit.snapshot import build

Told = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two quarters of the company, its owners, and one review begun."""
    folder = tmp_path_factory.mktemp("begun")
    company().save(folder / "q3")
    company(Q4, credentials=changed(KEYS, 0, revoked_at=Q4), role_assignments=without(ASSIGNED, 2)).save(folder / "q4")
    (folder / "owners.csv").write_text("kind,id,reviewer\nprincipal,gate,Gil\ngroup,ops,Olga\n")
    (folder / "needs.csv").write_text("principal_id,permission\ngate,iot.device.read\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        inputs = ["--owners", "owners.csv", "--required", "needs.csv"]
        assert run(["review", "start", "q3", "--name", "2026-Q3", *inputs, "--out", "review"]) == 0
    return folder


@pytest.fixture
def place(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test alone, which stands in it."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def decide(*words: str) -> int:
    return run(["review", "decide", "review", *words, "--reviewer", "Gil"])


def test_a_quarter_from_start_to_pack(place: Path, capsys: Told) -> None:
    assert run(["review", "status", "review"]) == 0
    assert "(nobody)" in capsys.readouterr().out
    assert decide("credential:c1", "--action", "remove") == 0
    assert decide("assignment:a2", "credential:c2", "--action", "keep", "--reason", "in use") == 0
    assert run(["review", "undo", "review", "assignment:a2", "--reviewer", "Gil"]) == 0
    assert run(["review", "hand-out", "review", "--out", "books"]) == 0
    name = next(path for path in (place / "books").iterdir() if "without" in path.name)
    book = openpyxl.load_workbook(name)
    row = next(row for row in book["Decisions"].iter_rows() if row[0].value == "assignment:a3")
    row[8].value = "remove"
    book["Read me"]["B4"].value = "Olga"
    saved = io.BytesIO()
    book.save(saved)
    (place / "back.xlsx").write_bytes(saved.getvalue())
    capsys.readouterr()
    assert run(["review", "collect", "review", "back.xlsx"]) == 0
    assert "took 1 decision" in capsys.readouterr().err
    assert run(["review", "collect", "review", "back.xlsx"]) == 0
    assert "took 0 decisions" in capsys.readouterr().err
    assert run(["review", "verify", "review"]) == 0
    assert run(["review", "plan", "review", "--out", "plan"]) == 0
    assert "Revoke credential `main, key k1 (c1)` of `Gateway 7 (gate)`" in (place / "plan" / "plan.md").read_text()
    capsys.readouterr()
    assert run(["review", "prove", "review", "q4"]) == 0
    assert "not done" not in capsys.readouterr().out
    assert run(["review", "close", "review", "--after", "q4", "--out", "pack", "--no-pdf"]) == 0
    assert run(["verify", "pack"]) == 0
    assert run(["verify", "pack.zip"]) == 0
    (place / "pack" / "decisions.csv").write_text("forged")
    capsys.readouterr()
    assert run(["verify", "pack"]) == 2
    assert "decisions.csv: differs from its SHA-256" in capsys.readouterr().out


def test_the_account_is_recorded_beside_the_name(place: Path) -> None:
    from auditkit.review.campaign import open_campaign

    assert decide("credential:c1", "--action", "remove") == 0
    with open_campaign(place / "review").decisions() as store:
        (entry,) = store.entries()
    assert entry.reviewer == "Gil"
    assert "@" in entry.account
    assert entry.at.endswith("Z")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["review", "status", "nowhere"], "cannot be read"),
        (["review", "start", "q3", "--name", "x", "--out", "review"], "already there"),
        (["review", "start", "q3", "--name", "x", "--out", "new", "--scope", "all"], "no scope 'all'"),
        (["review", "start", "q3", "--name", "x", "--out", "new", "--previous", "q3"], "q3 is a snapshot"),
        (["review", "decide", "review", "credential:c9", "--action", "keep", "--reviewer", "Gil"], "no item"),
        (
            ["review", "decide", "review", "credential:c1", "--action", "keep", "--reviewer", "Gil"],
            "a reason is needed",
        ),
        (["review", "decide", "review", "credential:c1", "--action", "perhaps", "--reviewer", "Gil"], "perhaps"),
        (
            ["review", "decide", "review", "credential:c1", "grant:g1", "--action", "remove", "--reviewer", "Gil"],
            "a reason is needed",
        ),
        (["review", "decide", "review", "credential:c1", "--action", "remove", "--reviewer", " "], "nobody is named"),
        (["review", "undo", "review", "credential:c1", "--reviewer", "Gil"], "has decided nothing"),
        (["review", "collect", "review", "owners.csv"], "nothing was taken"),
        (["review", "collect", "review", "missing.xlsx"], "missing.xlsx"),
        (["review", "close", "review", "--out", "q4"], "already there"),
        (["diff", "q3", "nowhere"], "nowhere"),
        (["verify", "q3"], "q3 is a snapshot, no evidence pack"),
        (["verify", "review"], "review is a review that is still open, no evidence pack"),
        (["verify", "empty"], "empty is an empty folder"),
        (["verify", "owners.csv"], "owners.csv is a single file"),
        (["verify", "report.html"], "report.html is a report"),
        (["verify", "nowhere"], "does not match its own list"),
        (["review", "verify", "sealed"], "sealed is an evidence pack"),
        (["review", "status", "sealed"], "sealed is an evidence pack"),
        (["review", "verify", "sealed.zip"], "sealed.zip is a file"),
        (["review", "verify", "q3"], "q3 is a snapshot: `auditkit review start`"),
        (["review", "verify", "lost"], "lost has lost its decisions.sqlite"),
        (["diff", "q3", "q4", "--as-of", "2026-10-01", "--as-of", "soon"], "is no time"),
        (["diff", "q3", "q4", *["--required", "needs.csv"] * 3], "--required: is given 3 times"),
        (["history"], "Missing argument"),
        (["history", "q3", "q4", "--as-of", "2026-10-01"], "--as-of: 1 given for 2 snapshots"),
    ],
)
def test_each_mistake_is_one_line_and_ends_with_2(place: Path, capsys: Told, words: list[str], says: str) -> None:
    capsys.readouterr()
    (place / "empty").mkdir()
    (place / "report.html").write_text("<p>")
    (place / "sealed.zip").write_bytes(b"PK")
    shutil.copytree(place / "review", place / "lost")
    (place / "lost" / "decisions.sqlite").unlink()
    shutil.copytree(place / "lost", place / "sealed")
    (place / "sealed" / "SHA256SUMS").write_text("")
    assert run(words) == 2
    assert not (place / "sealed" / "decisions.sqlite").exists()
    assert not (place / "lost" / "decisions.sqlite").exists()
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_diff(place: Path, capsys: Told) -> None:
    capsys.readouterr()
    assert run(["diff", "q3", "q4", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {(row["record_id"], row["change"]) for row in found["records"]} == {("a3", "removed"), ("c1", "changed")}
    assert [row["principal_id"] for row in found["access"]] == ["hooks"]
    assert run(["diff", "q3", "q3", "--format", "json"]) == 0
    same = json.loads(capsys.readouterr().out)
    assert (same["records"], same["access"], same["fairness"]) == ([], [], [])
    assert {row["status"] for row in same["findings"]} == {"still"}
    assert run(["diff", "q3", "q4", "--out", "difference.txt"]) == 0
    assert "lost" in (place / "difference.txt").read_text()


def told(words: list[str], capsys: Told) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*words, "--format", "json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_diff_judges_each_side_by_what_is_named_for_it(place: Path, capsys: Told) -> None:
    (place / "more.csv").write_text("principal_id,permission\nhooks,iot.device.read\n")
    (place / "strict.toml").write_text("dormant_days = 5\n")
    same = told(
        ["diff", "q3", "q4", "--as-of", "2026-11-01", "--required", "needs.csv", "--config", "strict.toml"], capsys
    )
    assert [same[side]["as_of"] for side in ("old", "new")] == ["2026-11-01T00:00:00Z"] * 2
    assert [same[side]["required"]["file"] for side in ("old", "new")] == ["needs.csv"] * 2
    assert [same[side]["limits"]["dormant_days"]["value"] for side in ("old", "new")] == ["5"] * 2
    assert len(same["fairness"]) == 1  # one was judged four months after its pull, the other one month
    each = told(
        [
            "diff",
            "q3",
            "q4",
            "--as-of",
            "2026-07-02",
            "--as-of",
            "2026-10-02",
            "--required",
            "needs.csv",
            "--required",
            "more.csv",
        ],
        capsys,
    )
    assert [each[side]["as_of"][:10] for side in ("old", "new")] == ["2026-07-02", "2026-10-02"]
    assert [each[side]["required"]["file"] for side in ("old", "new")] == ["needs.csv", "more.csv"]
    assert [sentence[:25] for sentence in each["fairness"]] == ["the older was judged by 1"]
    itself = told(["diff", "q3", "q3", "--required", "needs.csv", "--as-of", "2026-11-01"], capsys)
    assert (itself["records"], itself["access"], itself["fairness"]) == ([], [], [])
    assert {row["status"] for row in itself["findings"]} == {"still"}


def test_diff_reversed_is_the_reverse(place: Path, capsys: Told) -> None:
    words = ["--required", "needs.csv"]
    there, back = told(["diff", "q3", "q4", *words], capsys), told(["diff", "q4", "q3", *words], capsys)
    assert there["old"] == back["new"]
    flip = {"added": "removed", "removed": "added", "changed": "changed", "gained": "lost", "lost": "gained"}
    for part, key in (("records", "record_id"), ("access", "principal_id")):
        assert {(row[key], flip[row["change"]]) for row in there[part]} == {
            (row[key], row["change"]) for row in back[part]
        }
    gone = {row["fingerprint"] for row in there["findings"] if row["status"] == "gone"}
    assert gone == {row["fingerprint"] for row in back["findings"] if row["status"] == "new"} != set()


def test_diff_and_history_set_accepted_findings_apart(place: Path, capsys: Told) -> None:
    (place / "accepted.toml").write_text(
        '[[accepted]]\nrule = "CRD004"\nsubject = "c1"\nreason = "the move"\nowner = "Olga"\nuntil = 2026-08-31\n'
    )
    shutil.copytree("q3", "later")
    pair = ["q3", "later", "--as-of", "2026-07-01", "--as-of", "2026-09-01", "--accepted", "accepted.toml"]
    capsys.readouterr()
    assert run(["diff", *pair, "--format", "json"]) == 0
    shown = capsys.readouterr()
    rows = [row for row in json.loads(shown.out)["findings"] if row["rule"] == "CRD004"]
    assert [(row["status"], row["note"]) for row in rows] == [("new", "a finding again: accepted until 2026-08-31")]
    assert (
        shown.err
        == "accepted.toml, entry 1: accepted until 2026-08-31, which is over: what it accepted is a finding again\n"
    )
    counts = told(["history", *pair], capsys)["audits"]
    assert [row["accepted"] for row in counts] == [1, 0]
    assert [row["accepted"] for row in told(["history", *pair[:-2]], capsys)["audits"]] == [0, 0]


def test_history_says_by_what_all_were_judged(place: Path, capsys: Told) -> None:
    found = told(
        ["history", "q3", "q4", "--required", "needs.csv", "--as-of", "2026-07-02", "--as-of", "2026-10-02"], capsys
    )
    assert found["required"]["file"] == "needs.csv"
    assert [row["as_of"][:10] for row in found["audits"]] == ["2026-07-02", "2026-10-02"]
    assert run(["history", "q3", "--required", "needs.csv"]) == 0
    assert capsys.readouterr().out.startswith("each judged by 1 required permission of needs.csv (")


def test_history(place: Path, capsys: Told) -> None:
    capsys.readouterr()
    assert run(["history", "q4", "q3", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0][1:11] for line in lines[1:]] == ["2026-07-01", "2026-10-01"]
    assert run(["history", "q4", "q3"]) == 0
    assert run(["history", "q4", "q3", "--format", "svg", "--out", "history.svg"]) == 0
    assert (place / "history.svg").read_text().startswith("<?xml")


def test_a_typo_in_a_name_is_no_reviewer(place: Path, capsys: Told) -> None:
    words = ["review", "decide", "review", "credential:c1", "--action", "remove", "--reviewer"]
    assert run([*words, "Olgq"]) != 0
    assert "no reviewer is called Olgq, did you mean Olga? Add --new-reviewer" in capsys.readouterr().err
    assert run([*words, "Olgq", "--new-reviewer"]) == 0
    assert "credential:c1: asked of Gil" in capsys.readouterr().err
    assert run([*words[:5], "rotate", "--reviewer", "Gil"]) == 0
    assert "credential:c1: this disagrees with Olgq: remove" in capsys.readouterr().err
    assert run([*words[:3], "credential:c1", "--action", "remove", "--reviewer", "Gil"]) == 0
    assert capsys.readouterr().err == ""


def test_closing_says_what_is_unfinished(place: Path, capsys: Told) -> None:
    assert decide("credential:c1", "--action", "remove") == 0
    assert run(["review", "decide", "review", "credential:c1", "--action", "rotate", "--reviewer", "Olga"]) == 0
    capsys.readouterr()
    assert run(["review", "close", "review", "--out", "pack", "--no-pdf"]) == 0
    told = capsys.readouterr()
    assert len(told.out.split()) == 1
    assert " undecided, 1 in conflict, " in told.err
    assert "this review was closed unfinished: of its " in told.err
    assert " undecided and asked of nobody" in told.err


def test_what_was_not_read_is_said_at_the_start_and_with_the_status(place: Path, capsys: Told) -> None:
    whole = company()
    frames = {**whole.frames, "credentials": whole.credentials.iloc[:0]}
    build(frames, organisation_id="org", as_of=whole.as_of, incomplete={"credentials": "403"}).save(place / "part")
    told = "not read whole, and what is missing is no item: credentials: 403"
    capsys.readouterr()
    assert run(["review", "start", "part", "--name", "part", "--out", "partly"]) == 0
    assert told in capsys.readouterr().err.splitlines()
    for folder, there in (("partly", True), ("review", False)):
        assert run(["review", "status", folder]) == 0
        assert (told in capsys.readouterr().out.splitlines()) == there
