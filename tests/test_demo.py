"""The demo and the lab: the whole job in one call, again in the same folder, and never over someone else's work."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from auditkit import lab
from auditkit.bundle import SAMPLE_AS_OF, bundled, notebooks, sample_snapshot
from auditkit.cli import run
from auditkit.demo import MADE
from auditkit.snapshot import load


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    """A demo's folder, what it printed, and how many seconds of processor it and its kernel took."""
    place = tmp_path_factory.mktemp("demo") / "auditkit-demo"
    before = os.times()
    words = [sys.executable, "-m", "auditkit", "demo", "--out", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return place, done.stdout, spent


def test_the_demo_is_quick(made: tuple[Path, str, float]) -> None:
    # Seconds of processor, not of the clock: the other tests that run beside this one do not count.
    assert made[2] < 15


def test_the_demo_leaves_all_that_it_names(made: tuple[Path, str, float]) -> None:
    folder, printed, _ = made
    for name in MADE:
        assert (folder / name).exists(), name
        assert name in printed
    assert f"auditkit lab {folder}" in printed
    assert not list(folder.glob(".demo-*"))


def test_the_demo_says_what_it_found_with_denominators(made: tuple[Path, str, float]) -> None:
    found = json.loads((made[0] / "findings.json").read_text())
    assert f"{len(found['findings']):,} findings" in made[1]
    assert " of " in made[1]
    assert "The worst of them:" in made[1]


def test_the_demo_judges_by_all_that_lies_in_its_folder(made: tuple[Path, str, float]) -> None:
    folder, printed, _ = made
    found = json.loads((folder / "findings.json").read_text())
    assert [(one["rule"], one["subject_id"]) for one in found["accepted"]] == [
        ("ROL008", "svc-0007|role-migration"), ("ORG001", "org-brookmere"),
    ]  # fmt: skip
    assert {"ORG001", "ORG004"}.isdisjoint(one["rule"] for one in found["findings"])
    assert "2 accepted findings, counted apart:" in printed
    report = (folder / "report.html").read_text()
    for words in ("Accepted findings", "Three gateways still send their key directly", "Owen Fisk"):
        assert words in report, words


def test_the_difference_counts_what_both_quarters_say_of_themselves(made: tuple[Path, str, float]) -> None:
    told = (made[0] / "difference.txt").read_text()
    found = json.loads((made[0] / "findings.json").read_text())
    new, still, gone = map(int, re.findall(r"^Findings: (\d+) new, (\d+) still, (\d+) gone$", told, re.MULTILINE)[0])
    assert still + gone == len(found["findings"])
    assert f"A quarter later, findings: {new} new, {still} still, {gone} gone\n" in made[1]
    assert "accepted findings, in no count here: 2 in the older, 1 in the newer\n" in told
    (lapsed,) = [line for line in told.splitlines() if "a finding again: accepted until 2026-11-30" in line]
    assert lapsed.split()[:4] == ["new", "high", "ROL008", "svc-0007|role-migration"]
    assert re.search(r"removed +assignment +asg-00066 +given again as asg-00066-2 on the whole organisation\n", told)
    assert "ORG001" not in told


def test_the_demo_judges_at_the_samples_instant(made: tuple[Path, str, float]) -> None:
    assert json.loads((made[0] / "findings.json").read_text())["as_of"] == SAMPLE_AS_OF


def test_what_was_pulled_is_what_the_sample_holds(made: tuple[Path, str, float]) -> None:
    pulled, imported = load(made[0] / "snapshot"), sample_snapshot()
    assert pulled.complete
    for name, frame in imported.frames.items():
        assert frame.equals(pulled.frames[name]), name


def test_the_demo_keeps_no_secret(made: tuple[Path, str, float]) -> None:
    document = json.loads(bundled("data/organisation.json").read_bytes())
    secrets = [record["keySecret"].encode() for record in document["credentials"] if "keySecret" in record]
    assert secrets
    for path in made[0].rglob("*"):
        if path.is_file():
            assert not [secret for secret in secrets if secret in path.read_bytes()], path
    assert not [secret for secret in secrets if secret.decode() in made[1]]


def test_the_demo_runs_again_in_its_own_folder(made: tuple[Path, str, float], capsys: pytest.CaptureFixture[str]) -> None:
    (made[0] / "note.txt").write_text("mine")
    before = json.loads((made[0] / "findings.json").read_bytes())
    assert run(["demo", "--out", str(made[0])]) == 0
    after = json.loads((made[0] / "findings.json").read_bytes())
    # The snapshot says when it was pulled, so its id is another; what was found is the same.
    assert after["findings"] == before["findings"]
    assert (made[0] / "note.txt").read_text() == "mine"


def test_the_demo_refuses_a_folder_that_it_did_not_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "snapshot").mkdir()
    assert run(["demo", "--out", str(tmp_path)]) == 2
    assert "no demo made" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_the_demo_refuses_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert run(["demo", "--out", str(tmp_path / "file")]) == 2
    assert (tmp_path / "file").read_text() == "mine"
    assert capsys.readouterr().err.count("\n") == 1


# The lab


def test_a_new_lab_gets_the_notebooks_and_the_sample(tmp_path: Path) -> None:
    put = lab.prepare(tmp_path / "desk")
    assert {path.name for path in notebooks()} <= set(put)
    assert load(tmp_path / "desk" / "snapshot").complete
    assert (tmp_path / "desk" / "required_permissions.csv").is_file()


def test_an_edited_notebook_is_kept_and_a_second_start_puts_nothing(tmp_path: Path) -> None:
    lab.prepare(tmp_path)
    edited = tmp_path / notebooks()[0].name
    edited.write_text("edited")
    assert lab.prepare(tmp_path) == []
    assert edited.read_text() == "edited"


def test_a_folder_with_a_snapshot_gets_no_sample(tmp_path: Path) -> None:
    sample_snapshot().save(tmp_path / "ours")
    lab.prepare(tmp_path)
    assert not (tmp_path / "snapshot").exists()
    assert not (tmp_path / "limits.toml").exists()


def test_a_lab_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert run(["lab", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_server_is_asked_for_loopback_a_token_and_no_calls(tmp_path: Path) -> None:
    words = lab.command(tmp_path, browser=False, port=8899)
    assert "--ServerApp.ip=127.0.0.1" in words
    assert "--no-browser" in words
    assert "--ServerApp.port=8899" in words
    assert not [word for word in words if "token" in word.lower() or "password" in word.lower()]
    assert "--no-browser" not in lab.command(tmp_path, browser=True, port=None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_lab_serves_the_folder_and_asks_for_a_token(tmp_path: Path) -> None:
    port = free_port()
    words = [sys.executable, "-m", "auditkit", "lab", str(tmp_path / "desk"), "--no-browser", "--port", str(port)]
    home = os.environ | {"JUPYTER_RUNTIME_DIR": str(tmp_path / "run"), "HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log, env=home)
    try:
        assert _status(port) == 403
        assert "?token=" in (tmp_path / "log").read_text()
        assert stat.S_ISDIR((tmp_path / "desk").stat().st_mode)
    finally:
        server.terminate()
        server.wait(20)


def _status(port: int) -> int:
    """What the server answers to someone without a token; it is given a minute to start."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return int(error.code)
        except OSError:
            time.sleep(0.2)
    raise AssertionError("no server within a minute")
