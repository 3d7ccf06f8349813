"""Killed at any flush or rename: a campaign and a pack are as before, or whole; never between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from companies import company

from auditkit.errors import ReviewError
from auditkit.review.campaign import open_campaign
from auditkit.review.verify import verify

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
from auditkit.review.evidence import _write_tree
from auditkit.store import write_file
files = {"README.txt": b"read me", "plan/plan.md": b"# Plan", "snapshot/manifest.json": b"{}"}
files["SHA256SUMS"] = verify.sums(files)
_write_tree(Path(sys.argv[2]), files)
write_file(Path(sys.argv[2] + ".zip"), verify.zipped(files))
"""


def killed(script: str, call: str, when: int, *words: str) -> bool:
    """Run a script that is killed at the n-th of some system calls; whether it got that far."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={when}"]
    ran = subprocess.run(
        ["strace", "-qq", "-f", "-o", os.devnull, *inject, sys.executable, "-c", script, *words], capture_output=True, check=False
    )
    return ran.returncode != 0


@pytest.mark.parametrize(("call", "when"), [("fsync", 1), ("fsync", 5), ("fsync", 12), ("rename,renameat,renameat2", 1), ("rename,renameat,renameat2", 2), ("fdatasync,pwrite64", 1)])
def test_a_campaign_is_there_whole_or_not_at_all(tmp_path: Path, call: str, when: int) -> None:
    company().save(tmp_path / "snapshot")
    assert killed(START, call, when, str(tmp_path / "snapshot"), str(tmp_path / "campaign"))
    try:
        campaign = open_campaign(tmp_path / "campaign")
    except ReviewError:
        return
    assert campaign.verify() == []


@pytest.mark.parametrize(("call", "when"), [("fsync", 1), ("fsync", 3), ("fsync", 5), ("rename,renameat,renameat2", 1), ("rename,renameat,renameat2", 2)])
def test_a_pack_is_there_whole_or_not_at_all(tmp_path: Path, call: str, when: int) -> None:
    assert killed(PACK, call, when, "", str(tmp_path / "pack"))
    for path in (tmp_path / "pack", tmp_path / "pack.zip"):
        assert not path.exists() or verify(str(path)) == []
