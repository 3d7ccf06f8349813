"""A pull from a notebook: from the IAM that the environment names, or, to try it, from a sandbox on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from auditkit.errors import InputError
from auditkit.snapshot import Snapshot, load
from auditkit.source.api.pull import pull
from auditkit.source.key import find_key
from auditkit.source.secret import Secret
from auditkit.widgets.coverage import LABELS, coverage, unread
from auditkit.widgets.kept import FOLDER
from auditkit.widgets.live import panel_html
from auditkit.widgets.markup import bullets, safe_table, safe_text
from auditkit.widgets.pull_progress import PullProgress
from auditkit.widgets.trouble import TROUBLE, warning, words

BASE_URL, ORGANISATION = "AUDITKIT_BASE_URL", "AUDITKIT_ORGANISATION"
# Beneath a hidden folder: a snapshot of the practice pull must not become "the newest in this folder".
PRACTICE = Path(FOLDER) / "practice"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where to pull from, and where to keep it."""

    base_url: str | None
    organisation: str | None
    out: Path

    @property
    def practice(self) -> bool:
        """Whether there is no IAM to read, so that a sandbox stands in."""
        return self.base_url is None


def find_place(base_url: str | None, organisation: str | None, out: str | Path | None) -> Place:
    """Where to pull from: what is given, else what the environment names, else a sandbox."""
    url = base_url or os.environ.get(BASE_URL, "").strip() or None
    name = organisation or os.environ.get(ORGANISATION, "").strip() or None
    usual = PRACTICE if url is None else Path("snapshot")
    return Place(base_url=url, organisation=name, out=usual if out is None else Path(out))


class Pulling:
    """A pull with its live panel. `snapshot` is what came; showing it shows where it stands, then what was read.

    `live` shows the panel, where there is a pull to be seen.
    """

    def __init__(self, place: Place, live: Callable[[PullProgress], None] = lambda _: None) -> None:
        self.place, self.progress, self._live = place, PullProgress(), live
        self.snapshot: Snapshot | None = None
        self.said: list[str] = []
        self.failed = ""
        self._before: Snapshot | None = None

    def run(self, *, again: bool = False) -> Pulling:
        """Pull, unless the folder holds a whole snapshot already and it is not asked for `again`."""
        place = self.place
        try:
            self._before = load(place.out) if (place.out / "manifest.json").is_file() else None
            if self._before and self._before.complete and not again:
                self.snapshot = self._before
                self.said.append(f"{place.out} holds a whole snapshot: nothing was pulled. AGAIN = True pulls anew.")
                return self
            self._live(self.progress)
            self.snapshot = self._practised() if place.practice else self._pulled()
        except TROUBLE as error:
            self.failed = words(error)
        return self

    def _pulled(self) -> Snapshot:
        place, out = self.place, self.place.out
        if place.base_url is None or place.organisation is None:
            raise InputError(
                f"which organisation? give ORGANISATION, or set {ORGANISATION}; its id stands under Settings"
            )
        if self._before and self._before.complete:
            # A whole snapshot is evidence, and stays; the new one lies beside it.
            out = out.with_name(f"{out.name}-{pd.Timestamp.now('UTC'):%Y%m%dT%H%M%S}")
        key = find_key()
        self.progress.begin()
        snapshot = pull(place.base_url, place.organisation, key, out=out, progress=self.progress)
        self.said.append(f"Pulled from {place.base_url} into the folder {out}.")
        return snapshot

    def _practised(self) -> Snapshot:
        self.said.append(f"PRACTICE: {BASE_URL} is not set, so a sandbox on this machine stands in. No IAM is asked.")
        with sandbox() as (url, organisation, key):
            self.progress.begin()
            snapshot = pull(url, organisation, key, progress=self.progress)
        snapshot.save(self.place.out)
        self.said.append(f"The sample organisation was pulled from it into the folder {self.place.out}.")
        return snapshot

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": " ".join(self.said) or self.failed, "text/html": self._html()}

    def _html(self) -> str:
        told = "".join(f"<p>{safe_text(line)}</p>" for line in self.said)
        shown = self.snapshot or self._before
        if self.failed:
            kept = f"The folder {self.place.out} stays as it was:" if shown else "No snapshot was written."
            told += f"{warning(self.failed)}<p>{safe_text(kept)}</p>"
        return panel_html(told + (_held(shown) if shown else ""))


def _held(snapshot: Snapshot) -> str:
    """What a snapshot holds, collection by collection, below what it lacks."""
    missing = unread(snapshot)
    refused = f'<div class="ak-warn"><strong>Not read</strong>{bullets(missing)}</div>' if missing else ""
    return refused + safe_table(coverage(snapshot), caption=f"Snapshot {snapshot.id}", labels=LABELS)


def connect(
    base_url: str | None = None,
    organisation: str | None = None,
    *,
    out: str | Path | None = None,
    again: bool = False,
) -> Pulling:
    """Pull an organisation with a live panel above the result.

    The key comes from AUDITKIT_API_KEY, the system keyring or a hidden prompt. Without a `base_url`, given or named by
    AUDITKIT_BASE_URL, the sample is pulled from a sandbox on this machine, which the result says aloud.
    """
    from IPython.display import display as shown

    display: Any = shown
    return Pulling(find_place(base_url, organisation, out), live=display).run(again=again)


@contextmanager
def sandbox() -> Iterator[tuple[str, str, Secret]]:
    """A sandbox of its own process, which ends with the block: its address, its organisation, its key."""
    command = [sys.executable, "-m", "auditkit", "sandbox", "--port", "0"]
    # The command is this Python and constants.
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as served:
        try:
            lines = [(served.stdout.readline() if served.stdout else "").split() for _ in range(3)]
            told = {line[0]: line[1] for line in lines if len(line) == 2}
            if set(told) != {"url", "organisation", "key"}:
                raise InputError("the sandbox did not start; run `auditkit sandbox` in a terminal to see why")
            yield told["url"], told["organisation"], Secret.parse(told["key"])
        finally:
            served.terminate()
