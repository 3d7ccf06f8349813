"""A campaign: a population frozen from one snapshot, what is recommended, who is asked, and what was decided before.

On disk a folder, there whole or not at all: the snapshot, `population.parquet`, `decisions.sqlite`, `campaign.json`.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.attestations import read_attestations
from auditkit.errors import InputError, ReviewError
from auditkit.findings import Findings
from auditkit.limits import Limits
from auditkit.review.advice import advise, assign_reviewers
from auditkit.review.attested import attested_in
from auditkit.review.before import with_previous
from auditkit.review.closing import unlike
from auditkit.review.decisions import DecisionStore, state
from auditkit.review.entries import DECISIONS, HANDED
from auditkit.review.newer import refuse_newer
from auditkit.review.population import population
from auditkit.review.progress import progress
from auditkit.review.what_is import no_campaign
from auditkit.rules.text import arrow
from auditkit.snapshot import Snapshot, load
from auditkit.store import to_parquet, whole_folder, write_file

_FACTS, _POPULATION, _DECISIONS, _SNAPSHOT = "campaign.json", "population.parquet", "decisions.sqlite", "snapshot"
INPUTS = ("required_permissions.csv", "limits.toml", "accepted.toml", "attestations.toml", "owners.csv")
POPULATION_COLUMNS = (
    "item", "kind", "record_id", "principal_id", "whose", "role_id", "permission_id", "says", "content",
    "recommendation", "instead", "because", "severity", "fingerprints", "reviewer", "previous_action",
    "previous_reason", "asked_again",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What `campaign.json` holds; times are RFC 3339 in UTC, `population`, `snapshot` and the values of `inputs` (by
    file name) are SHA-256 in hex."""

    name: str
    scope: str
    organisation_id: str
    as_of: str
    started_at: str
    snapshot: str
    population: str
    counts: dict[str, int]
    without_reviewer: int
    previous: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    schema: int = 1


@dataclass(frozen=True)
class Campaign:
    """A campaign's folder, opened."""

    folder: Path
    facts: Facts

    @cached_property
    def items(self) -> pd.DataFrame:
        """The frozen population (`POPULATION_COLUMNS`, all text); `ReviewError` if it differs from the facts."""
        data = _read(self.folder / _POPULATION)
        if hashlib.sha256(data).hexdigest() != self.facts.population:
            raise ReviewError(f"{self.folder / _POPULATION} differs from what {_FACTS} says (SHA-256); restore a copy")
        return pd.read_parquet(io.BytesIO(data)).astype("str")

    @cached_property
    def snapshot(self) -> Snapshot:
        """The snapshot that the campaign judges, verified file by file."""
        return load(self.folder / _SNAPSHOT)

    def input(self, name: str) -> Path | None:
        """The path of a file that the campaign began with (`INPUTS`), None if there was none; verified."""
        if name not in self.facts.inputs:
            return None
        path = self.folder / name
        if hashlib.sha256(_read(path)).hexdigest() != self.facts.inputs[name]:
            raise ReviewError(f"{path} differs from what {_FACTS} says (SHA-256); restore a copy")
        return path

    def tables(self) -> Tables:
        """The tables that the campaign judges, at its instant, with what it began with and what was attested since."""
        required = self.input("required_permissions.csv")
        return Tables(
            self.snapshot,
            as_of=pd.Timestamp(self.facts.as_of).as_unit("us"),
            required=None if required is None else read_required(required),
            attestations=self.attestations(),
        )

    def attestations(self) -> pd.DataFrame:
        """What people attest: what the campaign began with, then what its log attests."""
        began = self.input("attestations.toml")
        with self.decisions() as store:
            made = attested_in(store.entries())
        return made if began is None else pd.concat([read_attestations(began), made], ignore_index=True)

    def limits(self) -> Limits:
        """The limits that the campaign judges by."""
        path = self.input("limits.toml")
        return Limits() if path is None else Limits.from_toml(path)

    def decisions(self) -> DecisionStore:
        """The store of its decisions, to be closed by the caller; `ReviewError` if it is gone."""
        if not (self.folder / _DECISIONS).is_file():
            raise ReviewError(f"{self.folder} has lost its {_DECISIONS}; restore the folder from a copy")
        return DecisionStore(self.folder / _DECISIONS)

    def standing(self) -> pd.DataFrame:
        """Every item with what stands decided: `POPULATION_COLUMNS` and action, target, decided_by, at, reason, bulk,
        conflict (bool), stale (bool: decided on another content than the item has), waiting (bool: handed on, and
        decided by nobody yet), asked_of (whom it waits for: its reviewer, or to whom it was handed on; empty where
        that is nobody)."""
        with self.decisions() as store:
            decided = state(store.entries()).rename(columns={"reviewer": "decided_by", "content": "decided_content"})
        whole = self.items.merge(decided, on="item", how="left", validate="one_to_one")
        texts = ["action", "target", "decided_by", "at", "reason", "bulk", "decided_content"]
        whole[texts] = whole[texts].astype("str").fillna("")
        whole["conflict"] = whole.conflict.eq(True)
        whole["stale"] = whole.action.ne("") & whole.decided_content.ne(whole.content)
        whole["waiting"] = whole.action.isin(HANDED) & ~whole.stale
        handed = whole.target.where(whole.action.eq("delegate"), "")
        whole["asked_of"] = whole.reviewer.mask(whole.waiting, handed)
        return whole.drop(columns=["decided_content", "voices"])

    def progress(self, by: str = "reviewer") -> pd.DataFrame:
        """How many items each reviewer (or severity, kind) has, and how far they are: see `review.progress`."""
        return progress(self.standing(), by)

    def verify(self) -> list[str]:
        """What differs from when the campaign began: chain, population, snapshot; one sentence each, none if sound."""
        with self.decisions() as store:
            found = store.verify()
            entries = store.entries()
        try:
            known = set(self.items["item"])
            lost = [entry for entry in entries if entry.action in DECISIONS and entry.item not in known]
            found += [f"entry {e.entry_id} decides {e.item}, which the population lacks" for e in lost]
        except ReviewError as problem:
            found.append(str(problem))
        for name in self.facts.inputs:
            try:
                self.input(name)
            except ReviewError as problem:
                found.append(str(problem))
        try:
            found += unlike(self.folder, entries)
        except ReviewError as problem:
            found.append(str(problem))
        try:
            if self.snapshot.sealed.digest != self.facts.snapshot:
                found.append(f"{self.folder / _SNAPSHOT} is another snapshot than the campaign began with")
        except InputError as problem:
            found.append(str(problem))
        return found


def start(
    tables: Tables,
    findings: Findings,
    *,
    name: str,
    out: str | Path,
    started_at: pd.Timestamp,
    scope: str = "everything",
    owners: pd.DataFrame | None = None,
    previous: Campaign | None = None,
    inputs: Mapping[str, bytes] | None = None,
) -> Campaign:
    """Freeze a population and write the campaign's folder; `started_at` is now, as the caller's clock has it.

    `inputs` are the files (names of `INPUTS`) that the findings were made with, kept beside the population.

    Raises `ReviewError` for a folder that holds something already, an unknown scope, or an empty population.
    """
    folder = Path(out)
    if folder.exists() and any(folder.iterdir()):
        raise ReviewError(f"{folder} holds something already; a campaign needs a folder of its own")
    before = None if previous is None else previous.standing()
    items = population(tables, findings.limits, scope, before)
    if items.empty:
        raise ReviewError(f"nothing is in scope {scope!r}: there is nothing to review")
    items = advise(items, findings, tables)
    owned = pd.DataFrame({"kind": [], "id": [], "reviewer": []}, dtype="str") if owners is None else owners
    items = items.assign(reviewer=assign_reviewers(items, owned, tables))
    items = with_previous(items, before, None if previous is None else previous.tables(), tables)
    kept = inputs or {}
    data = _parquet(items[list(POPULATION_COLUMNS)])
    facts = Facts(
        name=name,
        scope=scope,
        organisation_id=tables.snapshot.organisation_id,
        as_of=_instant(tables.as_of),
        started_at=_instant(started_at),
        snapshot=tables.snapshot.sealed.digest,
        population=hashlib.sha256(data).hexdigest(),
        counts={str(kind): int(count) for kind, count in items.kind.value_counts(sort=False).sort_index().items()},
        without_reviewer=int(items.reviewer.eq("").sum()),
        previous="" if previous is None else previous.facts.name,
        inputs={name: hashlib.sha256(kept[name]).hexdigest() for name in INPUTS if name in kept},
    )
    with whole_folder(folder) as beside:
        for file, content in {_POPULATION: data, **{name: kept[name] for name in facts.inputs}}.items():
            write_file(beside / file, content)
        tables.snapshot.save(beside / _SNAPSHOT)
        DecisionStore(beside / _DECISIONS).close()
        write_file(beside / _FACTS, json.dumps(asdict(facts), indent=1, sort_keys=True).encode() + b"\n")
    return Campaign(folder, facts)


def open_campaign(path: str | Path) -> Campaign:
    """Open a campaign's folder; `ReviewError` if it is none: an evidence pack, say, in which nothing may be written."""
    folder = Path(path)
    if mistaken := no_campaign(folder):
        raise ReviewError(mistaken)
    try:
        told = json.loads(_read(folder / _FACTS))
        refuse_newer(folder / _FACTS, told["schema"])
        return Campaign(folder, Facts(**told))
    except (ValueError, TypeError, KeyError):
        raise ReviewError(f"{folder / _FACTS} cannot be read; restore the folder from a copy") from None


def _parquet(frame: pd.DataFrame) -> bytes:
    """The same bytes for the same texts, whatever the options of pandas."""
    return to_parquet(pa.table({f"{name}": arrow(frame[name]).cast(pa.large_string()) for name in frame.columns}))[1]


def _instant(time: pd.Timestamp) -> str:
    return str(time.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        message = f"{path} cannot be read ({problem.strerror}); name a folder made by `auditkit review start`"
        raise ReviewError(message) from None
