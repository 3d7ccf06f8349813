"""The whole job on the bundled organisation: served on loopback, pulled over HTTP, audited, reported."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from auditkit import demo_review
from auditkit.bundle import SAMPLE_AS_OF, bundled
from auditkit.errors import InputError, ReportError
from auditkit.findings import audit
from auditkit.limits import Limits
from auditkit.report import make_report
from auditkit.review.accepted import Judged, apply, read_accepted, to_csv, to_json
from auditkit.review.campaign import INPUTS
from auditkit.sandbox.server import Sandbox
from auditkit.snapshot import Snapshot
from auditkit.source.api.pull import pull
from auditkit.source.secret import Secret
from auditkit.terminal import accepted_lines, counted, moment, rule_lines, severity_counts, top_findings, visible

# What a demo makes, and so may replace; the mark is how it knows its own folder again.
_JUDGED = ("snapshot", *INPUTS, "findings.json", "findings.csv")
MADE = (*_JUDGED, "report.html", *demo_review.MADE)
MARK = ".auditkit-demo"
_MOST = 12


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What a demo made: where it lies, and what was found."""

    folder: Path
    judged: Judged
    review: list[str]


def run(folder: Path, *, tell: Callable[[str], None]) -> Demo:
    """Do the whole job and leave it in the folder; `tell` is told each step.

    A folder that holds something, and was not made by a demo, raises `InputError`.
    """
    _check(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("Made by `auditkit demo`, which replaces its own files here.\n", "utf-8")
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=folder) as name:
        work = Path(name)
        judged = _job(work, tell)
        snapshot = judged.open.snapshot
        try:
            _report(work, snapshot, tell)
        except ReportError as error:
            for made in _JUDGED:
                _replace(work / made, folder / made)
            raise ReportError(f"{error}; the snapshot and the findings are in {folder}") from None
        tell("reviewing it, and looking a quarter later what was done")
        told = demo_review.review(work, snapshot)
        for made in MADE:
            _replace(work / made, folder / made)
    return Demo(folder=folder, judged=judged, review=told)


def _check(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise InputError(f"--out: {str(folder)!r} holds something that no demo made; choose another folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out: {str(folder)!r} is no folder; choose another place")


def _job(work: Path, tell: Callable[[str], None]) -> Judged:
    for name in INPUTS:
        shutil.copyfile(bundled(f"data/{name}"), work / name)
    tell("pulling the sample organisation over HTTP from a sandbox on loopback")
    snapshot = _pulled(work / "snapshot")
    tell("auditing it")
    limits = Limits.from_toml(work / "limits.toml")
    found = audit(
        snapshot, limits=limits, required=work / "required_permissions.csv", attestations=work / "attestations.toml"
    )
    judged = apply(found, read_accepted(work / "accepted.toml"), found.as_of)
    (work / "findings.json").write_text(to_json(judged), "utf-8", newline="")
    (work / "findings.csv").write_text(to_csv(judged), "utf-8", newline="")
    return judged


def _report(work: Path, snapshot: Snapshot, tell: Callable[[str], None]) -> None:
    tell("running the notebook and writing the report")
    make_report(
        snapshot, out=work / "report.html", required=work / "required_permissions.csv", config=work / "limits.toml",
        owners=work / "owners.csv", accepted=work / "accepted.toml", attestations=work / "attestations.toml",
    )  # fmt: skip


def _pulled(out: Path) -> Snapshot:
    # Its clock stands still, so that every demo judges at the sample's instant.
    instant = pd.Timestamp(SAMPLE_AS_OF).timestamp()
    with Sandbox(bundled("data/organisation.json"), clock=lambda: instant) as sandbox:
        return pull(sandbox.url, sandbox.organisation_id, Secret.parse(sandbox.key), out=out)


def _replace(new: Path, old: Path) -> None:
    """Put a new file or folder in the place of an old one."""
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old)
    new.replace(old)


def summary(demo: Demo, *, program: str = "auditkit") -> str:
    """What was found, where the files lie, and the command that opens JupyterLab on them; `program` starts auditkit."""
    findings, folder = demo.judged.open, demo.folder
    judged = int(findings.rules.evaluated.sum())
    worst = top_findings(findings, _MOST)
    # The first line is the head.
    more = len(findings) - (len(worst) - 1)
    lines = [
        f"{visible(findings.snapshot.organisation_id)} as of {moment(findings.as_of)}: "
        f"{counted(len(findings), 'finding')} ({severity_counts(findings)}), "
        f"{judged} of {len(findings.rules)} rules judged",
        "", *rule_lines(findings), "", "The worst of them:", *worst,
        *([f"{more:,} more in findings.csv"] if more else []), "", *accepted_lines(demo.judged.accepted), "", "Files:",
        *(f"  {visible(folder / name)}" for name in MADE), "", *demo.review, "",
        "Open JupyterLab on them:", f"  {program} lab {shlex.quote(str(folder))}",
    ]  # fmt: skip
    return "\n".join(lines)
