"""Which snapshot, required permissions and limits a notebook works on, each with the sentence that says so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pandas as pd

from auditkit import bundle
from auditkit.access.tables import checked
from auditkit.attestations import read_attestations
from auditkit.errors import InputError, SnapshotError
from auditkit.review.campaign import Campaign, open_campaign
from auditkit.review.what_is import no_campaign
from auditkit.snapshot import Snapshot, load

VARIABLE = "AUDITKIT_SNAPSHOT"
REQUIRED_NAME, CONFIG_NAME, OWNERS_NAME = "required_permissions.csv", "limits.toml", "owners.csv"
ACCEPTED_NAME, ATTESTATIONS_NAME = "accepted.toml", "attestations.toml"
# What the sample is judged by. Nothing is accepted or attested of it unless somebody says so.
_SAMPLES = (REQUIRED_NAME, CONFIG_NAME)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Opened(Generic[Value]):
    """Something that was chosen, the sentence that says what and why, and the folder that it was read from, if any."""

    value: Value
    words: str
    sample: bool = False
    folder: Path | None = None


def find_snapshot(given: str | Path | Snapshot | None) -> Opened[Snapshot]:
    """The snapshot that was given, or named by the environment, or the newest in the folder, or the sample."""
    if isinstance(given, str | Path):
        return _read(Path(given), "as given")
    if given is not None:
        return Opened(checked(given), f"Snapshot {given.id}, as given.")
    if named := os.environ.get(VARIABLE):
        return _read(Path(named), f"named by {VARIABLE}")
    if newest := _newest(Path.cwd()):
        return _read(newest, "the newest in this folder")
    return Opened(bundle.sample_snapshot(), "The bundled sample organisation: no snapshot was given or found.", True)


def find_required(given: str | Path | None, snapshot: Opened[Snapshot], *, look: bool) -> Opened[Path | None]:
    """The CSV of required permissions that was given, or lies in the folder, or belongs to the sample."""
    return _find(given, snapshot, "Required permissions", REQUIRED_NAME, look)


def find_config(given: str | Path | None, snapshot: Opened[Snapshot], *, look: bool) -> Opened[Path | None]:
    """The configuration of limits that was given, or lies in the folder, or belongs to the sample."""
    return _find(given, snapshot, "Limits", CONFIG_NAME, look)


def find_owners(given: str | Path | None, snapshot: Opened[Snapshot], *, look: bool) -> Opened[Path | None]:
    """The CSV of owners that was given, or lies in the folder."""
    return _find(given, snapshot, "Owners", OWNERS_NAME, look)


def find_accepted(given: str | Path | None, snapshot: Opened[Snapshot], *, look: bool) -> Opened[Path | None]:
    """The TOML of accepted findings that was given, or lies in the folder."""
    return _find(given, snapshot, "Accepted findings", ACCEPTED_NAME, look)


def find_attestations(
    given: str | Path | None, snapshot: Opened[Snapshot], *, look: bool
) -> Opened[pd.DataFrame | None]:
    """What the TOML of attestations says that was given, or lies in the folder; of a campaign's snapshot, all that the
    campaign has, what was attested during the review included."""
    if given is None and look and (home := _home(snapshot)) is not None:
        rows = home.attestations()
        return Opened(rows, f"Attestations: {len(rows):,} of the campaign, those in its log included.")
    found = _find(given, snapshot, "Attestations", ATTESTATIONS_NAME, look)
    return Opened(None if found.value is None else read_attestations(found.value), found.words)


def find_as_of(given: str | pd.Timestamp | None, snapshot: Opened[Snapshot], *, look: bool) -> Opened[pd.Timestamp]:
    """The instant to judge at: as given, or that of the campaign whose snapshot it is, or when it was pulled."""
    home = _home(snapshot) if look else None
    if given is not None:
        moment, why = _instant(given), "as given"
    elif home is not None:
        moment, why = _instant(home.facts.as_of), f"like the campaign {home.facts.name!r} whose snapshot this is"
    else:
        moment, why = snapshot.value.as_of, "when the snapshot was pulled"
    return Opened(moment, f"Judged as of {moment:%Y-%m-%d %H:%M} UTC, {why}.")


def _instant(as_of: str | pd.Timestamp) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(as_of)
    except ValueError:
        raise InputError(f"as_of {as_of!r} is no time; write it as 2026-10-01T00:00:00Z") from None
    if moment is pd.NaT or moment.tzinfo is None:
        raise InputError(f"as_of {as_of!r} has no offset from UTC; write it as 2026-10-01T00:00:00Z")
    return moment.tz_convert("UTC").as_unit("us")


def _home(snapshot: Opened[Snapshot]) -> Campaign | None:
    """The campaign whose snapshot this is, None if it is of none; its evidence pack is no campaign."""
    folder = None if snapshot.folder is None else snapshot.folder.absolute().parent
    return (
        None
        if folder is None or not (folder / "campaign.json").is_file() or no_campaign(folder)
        else open_campaign(folder)
    )


def _find(
    given: str | Path | None, snapshot: Opened[Snapshot], what: str, name: str, look: bool
) -> Opened[Path | None]:
    if given is not None:
        return Opened(Path(given), f"{what}: {Path(given).name}, as given.")
    if look and (home := _home(snapshot)) is not None:
        path = home.input(name)
        began = "the campaign began with none" if path is None else f"{name} that the campaign began with"
        return Opened(path, f"{what}: {began}.")
    if look and (Path.cwd() / name).is_file():
        return Opened(Path.cwd() / name, f"{what}: {name} in this folder.")
    if snapshot.sample and name in _SAMPLES:
        return Opened(bundle.bundled(f"data/{name}"), f"{what}: the sample's own.")
    return Opened(None, f"{what}: none given{', so the defaults' if what == 'Limits' else ''}.")


def _read(path: Path, why: str) -> Opened[Snapshot]:
    if not path.exists():
        raise SnapshotError(f"{path}: there is no such folder ({why}); `auditkit pull` or `auditkit import` makes one")
    return Opened(load(path), f"Snapshot folder {path.name}: {why}.", folder=path)


def _newest(folder: Path) -> Path | None:
    """The snapshot, in the folder or one level down, whose manifest was written last; by name where two are equal."""
    # A hidden folder is one that is being written, or that a killed run left.
    manifests = [*folder.glob("manifest.json"), *folder.glob("[!.]*/manifest.json")]
    newest = max(manifests, key=lambda path: (path.stat().st_mtime_ns, path.parent.name), default=None)
    return None if newest is None else newest.parent
