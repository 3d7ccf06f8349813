"""A pull from a notebook: from the IAM that the environment names, or, to try it, from a sandbox on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
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
from auditkit.widgets.coverage import coverage, unread
from auditkit.widgets.kept import FOLDER
from auditkit.widgets.markup import bullets, safe_table, safe_text
from auditkit.widgets.pull_progress import PullProgress
from auditkit.widgets.style import STYLE
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
    """Where to pull from: what is given, else what the environment names, else a sandbox.

    An address without an organisation raises InputError.
    """
    url = base_url or os.environ.get(BASE_URL, "").strip() or None
    name = organisation or os.environ.get(ORGANISATION, "").strip() or None
    if url is not None and name is None:
        raise InputError(f"which organisation? give ORGANISATION, or set {ORGANISATION}; its id stands under Settings")
    usual = PRACTICE if url is None else Path("snapshot")
    return Place(base_url=url, organisation=name, out=usual if out is None else Path(out))


class Pulling:
    """A pull with its live panel. `snapshot` is what came; showing it shows where it stands, then what was read."""

    def __init__(self, place: Place) -> None:
        self.place, self.progress = place, PullProgress()
        self.snapshot: Snapshot | None = None
        self.said: list[str] = []
        self.failed = ""

    def run(self, *, again: bool = False) -> Pulling:
        """Pull, unless the folder holds a whole snapshot already and it is not asked for `again`."""
        place = self.place
        if (place.out / "manifest.json").is_file() and not again:
            kept = load(place.out)
            if kept.complete:
                self.snapshot = kept
                self.said.append(f"{place.out} holds a whole snapshot: nothing was pulled. AGAIN = True pulls anew.")
                return self
        try:
            self.snapshot = self._practised() if place.practice else self._pulled()
        except TROUBLE as error:
            self.failed = words(error)
        return self

    def _pulled(self) -> Snapshot:
        place = self.place
        out = place.out
        if (out / "manifest.json").is_file() and load(out).complete:
            # A whole snapshot is evidence, and stays; the new one lies beside it.
            out = out.with_name(f"{out.name}-{pd.Timestamp.now('UTC'):%Y%m%dT%H%M%S}")
        self.said.append(f"Pulled from {place.base_url} into {out}.")
        return pull(place.base_url or "", place.organisation or "", find_key(), out=out, progress=self.progress)

    def _practised(self) -> Snapshot:
        self.said.append(
            f"PRACTICE: {BASE_URL} is not set, so this pulled the sample organisation from a sandbox on this machine, "
            f"into {self.place.out}. No IAM was asked."
        )
        with sandbox() as (url, organisation, key):
            snapshot = pull(url, organisation, key, progress=self.progress)
        snapshot.save(self.place.out)
        return snapshot

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": " ".join(self.said) or self.failed, "text/html": self._html()}

    def _html(self) -> str:
        told = "".join(f"<p>{safe_text(line)}</p>" for line in self.said)
        if self.snapshot is None:
            return f'{STYLE}<div class="ak-panel">{told}{warning(self.failed)}</div>'
        missing = unread(self.snapshot)
        refused = f'<div class="ak-warn"><strong>Not read</strong>{bullets(missing)}</div>' if missing else ""
        table = safe_table(coverage(self.snapshot), caption=f"Snapshot {self.snapshot.id}")
        return f'{STYLE}<div class="ak-panel">{told}{refused}{table}</div>'


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
    pulling = Pulling(find_place(base_url, organisation, out))
    display(pulling.progress)
    return pulling.run(again=again)


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
