"""What a path holds that was named by mistake: said plainly, with what to run instead."""

from __future__ import annotations

import zipfile
from pathlib import Path

from auditkit.review.closing import closed_words
from auditkit.review.verify import SUMS

_CLOSE = "name what `auditkit review close` wrote"


def no_pack(path: Path) -> str | None:
    """What a path is, in a sentence, that is clearly no evidence pack; None for a pack, even a damaged one, and for
    what is not there."""
    if path.is_dir():
        return _no_pack(path, {each.name for each in path.iterdir()})
    if not path.is_file() or path.suffix.lower() == ".zip":
        return None
    if path.suffix.lower() == ".xlsx":
        return f"{path} is a workbook, no evidence pack; `auditkit review collect` reads decisions from one"
    if path.suffix.lower() in (".html", ".pdf"):
        return f"{path} is a report, no evidence pack: nothing in it can be checked; {_CLOSE}"
    return None if zipfile.is_zipfile(path) else f"{path} is a single file, no evidence pack; {_CLOSE}"


def _no_pack(folder: Path, names: set[str]) -> str | None:
    if SUMS in names or {"verify.py", "decisions.jsonl"} <= names:
        return None
    if not names:
        return f"{folder} is an empty folder; {_CLOSE}"
    if "campaign.json" in names:
        closed = closed_words(folder)
        state = f"a review that was {closed}" if closed else "a review that is still open"
        last = "; `auditkit verify PACK` checks the pack" if closed else ", `auditkit review close` makes its pack"
        return f"{folder} is {state}, no evidence pack: `auditkit review verify` checks it{last}"
    if "manifest.json" in names:
        return (f"{folder} is a snapshot, no evidence pack: every command that reads it checks its files, "
                "`auditkit audit` among them")  # fmt: skip
    if {"plan.md", "plan.csv"} <= names:
        return f"{folder} is the plan of a review, which nothing seals; {_CLOSE}"
    if any(name.endswith(".xlsx") for name in names):
        return f"{folder} holds workbooks, no evidence pack; `auditkit review collect` reads decisions from them"
    return f"{folder} is no evidence pack: there is no {SUMS} in it; {_CLOSE}"


def no_campaign(path: Path) -> str | None:
    """What a path is, in a sentence, that is clearly no review to be worked on; None for what may be one."""
    if path.is_file():
        return f"{path} is a file, no folder of a review; if it is a pack, `auditkit verify` checks it"
    if (path / SUMS).exists():
        return f"{path} is an evidence pack, in which nothing is decided any more: `auditkit verify` checks it"
    if not (path / "campaign.json").exists() and (path / "manifest.json").exists():
        return f"{path} is a snapshot: `auditkit review start` begins a review of it"
    return None
