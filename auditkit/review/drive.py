"""Whether a campaign lies on a network drive, where SQLite's log does not hold for two computers at once."""

from __future__ import annotations

import os
import re
from pathlib import Path

# SQLite's write-ahead log needs memory that all writers share, which two computers on one of these do not have.
_NETWORK = {
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs2", "fuse.glusterfs",
    "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "smb2", "smb3", "smbfs",
}  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")


def network_note(folder: str | Path) -> str:
    """What to do instead where the folder lies, or would lie, on a network drive; "" where not, or not to be told."""
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    kind = filesystem(os.path.realpath(folder), mounts)
    if kind not in _NETWORK:
        return ""
    return (
        f"{folder} lies on a network drive ({kind}), where two computers that write at once can damage the decisions: "
        "keep the review on a local disk, and bring copies together by `auditkit review merge`"
    )


def filesystem(path: str, mounts: str) -> str:
    """The type of the file system that an absolute path lies on, by a text like Linux's `/proc/self/mountinfo`: that of
    the longest mount point above it, the last one where several lie on another; "" where none does."""
    best, kind = "", ""
    for line in mounts.splitlines():
        # id, parent, device, root, mount point, options, optional fields, "-", type, source, options
        left, dash, right = line.partition(" - ")
        words = left.split(" ")
        if not dash or len(words) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), words[4])
        above = path == point or path.startswith(point.rstrip("/") + "/")
        if above and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]
    return kind
