"""Which campaign a notebook works on, with the sentence that says so; on nothing at hand, one on the sample begins."""

from __future__ import annotations

import os
import shlex
from functools import cache
from pathlib import Path

import pandas as pd

from auditkit import bundle
from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.attestations import read_attestations
from auditkit.errors import InputError, ReviewError
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.advice import read_owners
from auditkit.review.campaign import INPUTS, Campaign, open_campaign, start
from auditkit.review.closing import decided_after
from auditkit.snapshot import Snapshot
from auditkit.widgets.opening import Opened, find_snapshot

VARIABLE, SAMPLE_FOLDER, FACTS = "AUDITKIT_CAMPAIGN", "auditkit-review", "campaign.json"
_SUMS = "SHA256SUMS"


def find_campaign(given: str | Path | None, *, now: pd.Timestamp, begin: bool) -> Opened[Campaign]:
    """The campaign that was given, or named by the environment, or the newest in the working folder; else, with
    `begin`, one is started on the sample in ./auditkit-review, where no other snapshot is at hand. `ReviewError` where
    there is none."""
    if given is not None:
        return _opened(Path(given), "as given")
    if named := os.environ.get(VARIABLE):
        return _opened(Path(named), f"named by {VARIABLE}")
    if newest := newest_campaign(Path.cwd()):
        return _opened(newest, "the newest in this folder")
    if not begin:
        raise ReviewError(f"no campaign was given or found; name one by {VARIABLE}, or run `auditkit review start`")
    if not _is_sample((found := find_snapshot(None)).value.sealed.digest):
        raise ReviewError(_other_snapshot(found, now))
    words = f"No campaign was given or found: one was started on the bundled sample, in ./{SAMPLE_FOLDER}."
    return Opened(start_on_sample(Path.cwd() / SAMPLE_FOLDER, now=now), words, True)


def _other_snapshot(found: Opened[Snapshot], now: pd.Timestamp) -> str:
    """That a snapshot is at hand that is not the sample, and the command that starts a campaign on it."""
    folder = found.folder or Path()
    beside = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    quarter = f"{now.year}-q{now.quarter}"
    return (
        f"{found.words} No campaign on it was given or found, and none is started on the bundled sample in its place; "
        f"start one by `auditkit review start {shlex.quote(str(beside))} --name {quarter} --out {quarter}`"
    )


def newest_campaign(folder: Path) -> Path | None:
    """The campaign, in the folder or one level down, that was started last; by name where two are equal."""
    # A hidden folder is one that is being written, or that a killed run left.
    found = _campaigns(*folder.glob(FACTS), *folder.glob(f"[!.]*/{FACTS}"))
    newest = max(found, key=lambda one: (one.facts.started_at, one.folder.name), default=None)
    return None if newest is None else newest.folder


def find_previous(given: str | Path | None, campaign: Campaign) -> Opened[Path | None]:
    """The folder of the last campaign or of a snapshot, as given, or the one that this campaign followed, if it lies
    beside it."""
    if given is not None:
        return Opened(Path(given), f"Compared with {Path(given).name}, as given.")
    if not campaign.facts.previous:
        return Opened(None, "Compared with nothing: no last campaign or snapshot is named.")
    beside = _campaigns(*sorted(campaign.folder.absolute().parent.glob(f"[!.]*/{FACTS}")))
    found = [one for one in beside if one.facts.name == campaign.facts.previous]
    if len(found) == 1:
        (last,) = found
        with last.decisions() as store:
            later = decided_after(last.folder, store.entries())
        words = f"Compared with {last.folder.name}, the campaign before this one."
        return Opened(last.folder, f"{words} It {later}." if later else words)
    return Opened(None, f"Compared with nothing: name the folder of the last campaign, {campaign.facts.previous!r}.")


def _campaigns(*facts: Path) -> list[Campaign]:
    """The campaigns that these files are the facts of; the evidence pack of one has them too, and is none."""
    return [open_campaign(path.parent) for path in facts if not (path.parent / _SUMS).exists()]


def start_on_sample(folder: Path, *, now: pd.Timestamp) -> Campaign:
    """Start a campaign on the bundled sample, with what the sample has beside it."""
    paths = {name: path for name in INPUTS if (path := _bundled(name)) is not None}
    attested, required = paths.get("attestations.toml"), paths.get("required_permissions.csv")
    limits = Limits.from_toml(paths["limits.toml"]) if "limits.toml" in paths else Limits()
    tables = Tables(
        bundle.sample_snapshot(),
        required=None if required is None else read_required(required),
        attestations=None if attested is None else read_attestations(attested),
    )
    return start(
        tables,
        run_rules(tables, limits),
        name="sample",
        out=folder,
        started_at=now,
        owners=read_owners(paths["owners.csv"]) if "owners.csv" in paths else None,
        inputs={name: path.read_bytes() for name, path in paths.items()},
    )


def _bundled(name: str) -> Path | None:
    try:
        return bundle.bundled(f"data/{name}")
    except InputError:
        return None


def _opened(folder: Path, why: str) -> Opened[Campaign]:
    campaign = open_campaign(folder)
    sample = _is_sample(campaign.facts.snapshot)
    told = " It is of the bundled sample organisation, not of yours." if sample else ""
    return Opened(campaign, f"Campaign folder {folder.name}: {why}.{told}", sample)


def _is_sample(digest: str) -> bool:
    return digest == _sample()


@cache
def _sample() -> str:
    return bundle.sample_snapshot().sealed.digest
