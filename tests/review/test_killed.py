"""Killed at any flush or rename: a campaign and a pack are as before, or whole; never between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from companies import company

from auditkit.cli import run
from auditkit.review.campaign import open_campaign
from auditkit.review.verify import verify
from auditkit.store import whole_folder

START = """
import sys
import pandas as pd
from auditkit.access.tables import Tables
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.campaign import start
from auditkit.snapshot import load
tables = Tables(load(sys.argv[1]))
start(tables, run_rules(tables, Limits()), name="q", out=sys.argv[2], started_at=pd.Timestamp("2026-10-01T00:00:00Z"))
"""
PACK = """
import sys
from pathlib import Path
from auditkit.review import verify
from auditkit.store import write_file, write_folder
files = {"README.txt": b"read me", "plan/plan.md": b"# Plan", "snapshot/manifest.json": b'{"files": {}}'}
files["SHA256SUMS"] = verify.sums(files)
write_folder(Path(sys.argv[2]), files.items())
write_file(Path(sys.argv[2] + ".zip"), verify.zipped(files))
"""


def killed(script: str, call: str, when: int, *words: str) -> bool:
    """Run a script that is killed at the n-th of some system calls; whether it got that far."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={when}"]
    ran = subprocess.run(
        ["strace", "-qq", "-f", "-o", os.devnull, *inject, sys.executable, "-c", script, *words], capture_output=True, check=False
    )
    return ran.returncode != 0


@pytest.mark.parametrize(
    ("call", "when"),
    [
        *(("fsync", when) for when in (1, 5, 16, 18, 19)),
        *(("rename,renameat,renameat2", when) for when in (1, 2, 3, 4)),
        ("fdatasync,pwrite64", 1), ("fdatasync,pwrite64", 6), ("mkdir,mkdirat", 3),
    ],
)  # fmt: skip
def test_a_campaign_is_there_whole_or_not_at_all(tmp_path: Path, call: str, when: int) -> None:
    company().save(tmp_path / "snapshot")
    assert killed(START, call, when, str(tmp_path / "snapshot"), str(tmp_path / "campaign"))
    if (tmp_path / "campaign").exists():
        assert open_campaign(tmp_path / "campaign").verify() == []
    words = ["review", "start", str(tmp_path / "snapshot"), "--name", "q", "--out", str(tmp_path / "again")]
    assert run(words) == 0
    # Nothing is left to remove by hand, and the same place can be used.
    assert list(tmp_path.glob(".auditkit-*")) == []
    if not (tmp_path / "campaign").exists():
        assert run([*words[:-1], str(tmp_path / "campaign")]) == 0
    assert open_campaign(tmp_path / "campaign").verify() == []


def test_what_a_killed_start_left_is_removed_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company().save(tmp_path / "snapshot")
    with whole_folder(tmp_path / "other") as being_written:
        assert killed(START, "fsync", 5, str(tmp_path / "snapshot"), str(tmp_path / "campaign"))
        (left,) = set(tmp_path.glob(".auditkit-*")) - {being_written}
        assert run(["review", "start", str(tmp_path / "snapshot"), "--name", "q", "--out", str(tmp_path / "campaign")]) == 0
        assert being_written.is_dir()
    assert f"removed {left.name}, which a killed run had left half written" in capsys.readouterr().err
    assert not left.exists()


@pytest.mark.parametrize(("call", "when"), [("fsync", 1), ("fsync", 3), ("fsync", 5), ("rename,renameat,renameat2", 1), ("rename,renameat,renameat2", 2)])
def test_a_pack_is_there_whole_or_not_at_all(tmp_path: Path, call: str, when: int) -> None:
    assert killed(PACK, call, when, "", str(tmp_path / "pack"))
    for path in (tmp_path / "pack", tmp_path / "pack.zip"):
        assert not path.exists() or verify(str(path)) == []
