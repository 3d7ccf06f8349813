"""A campaign on a network drive is warned about; what cannot be told is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from companies import company

from auditkit.cli import run
from auditkit.review import drive

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /proc rw,nosuid - proc proc rw
40 22 0:41 / /home rw,relatime shared:9 - nfs4 files:/export/home rw,vers=4.2
41 40 8:3 / /home/ann/local rw,relatime - xfs /dev/sdb1 rw
42 22 0:43 / /mnt/our\\040share rw,relatime - cifs //files/share rw
43 22 0:44 / /media/x rw - ext4 /dev/sdc1 rw
44 43 0:45 / /media/x rw - fuse.sshfs ann@host: rw
not a line of it
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann/review", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/ann", "ext4"),  # a longer name is no folder below
        ("/home/ann/local/review", "xfs"),  # a local disk inside
        ("/mnt/our share/review", "cifs"),
        ("/media/x/review", "fuse.sshfs"),  # mounted over another
        ("/", "ext4"),
    ],
)
def test_the_file_system_is_that_of_the_longest_mount_point_above(path: str, kind: str) -> None:
    assert drive.filesystem(path, MOUNTS) == kind


@pytest.mark.parametrize("mounts", ["", "nothing of it\n", "40 22 0:41 / /elsewhere rw - nfs4 files:/ rw\n"])
def test_what_cannot_be_told_is_not(mounts: str) -> None:
    assert drive.filesystem("/home/ann", mounts) == ""


@pytest.mark.parametrize(("kind", "warned"), [("nfs4", True), ("cifs", True), ("ext4", False), ("tmpfs", False)])
def test_the_commands_say_what_to_do_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, warned: bool
) -> None:
    (tmp_path / "mounts").write_text(f"22 1 8:1 / / rw - {kind} somewhere rw\n")
    monkeypatch.setattr(drive, "_MOUNTS", tmp_path / "mounts")
    company().save(tmp_path / "snapshot")
    assert run(["review", "start", str(tmp_path / "snapshot"), "--name", "q", "--out", str(tmp_path / "review")]) == 0
    assert ("bring copies together by `auditkit review merge`" in capsys.readouterr().err) == warned
    assert run(["review", "status", str(tmp_path / "review")]) == 0
    assert (f"lies on a network drive ({kind})" in capsys.readouterr().err) == warned
    monkeypatch.setattr(drive, "_MOUNTS", tmp_path / "missing")
    assert run(["review", "status", str(tmp_path / "review")]) == 0
    assert capsys.readouterr().err == ""
