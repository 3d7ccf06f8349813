"""What the tests of a pull share: a policy that does not wait, a pull of the fake API, and what must hold afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from canary import KEY, leaks
from fake_iam import DOCUMENT, ORGANISATION, FakeIam

from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot
from auditkit.source.api.policy import Policy
from auditkit.source.api.pull import pull
from auditkit.source.secret import Secret

ROWS = {"organisation": 1} | {name: len(DOCUMENT[each.field]) for name, each in COLLECTIONS.items() if name != "organisation"}


class Naps(list[float]):
    """The waits that were asked for; none is waited."""

    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


def hasty(naps: Naps | None = None, **changes: Any) -> Policy:
    """The real policy without its waits, jitter at its largest."""
    sleep: Callable[[float], Any] = (Naps() if naps is None else naps).sleep
    return Policy(**{"sleep": sleep, "chance": lambda: 1.0} | changes)


def pulled(iam: FakeIam, **options: Any) -> Snapshot:
    """A pull of the fake API; what it counts must add up, and it must not hold the key."""
    options = {"policy": hasty(), "concurrency": 4} | options
    snapshot = pull(iam.url, ORGANISATION, Secret.parse(KEY), **options)
    for counts in snapshot.manifest.collections.values():
        assert counts["received"] == counts["kept"] + counts["set_aside"] + counts["duplicates"]
    assert not leaks(snapshot.manifest.to_bytes())
    assert not leaks(repr(snapshot) + snapshot.problems.to_csv())
    return snapshot


def rows(snapshot: Snapshot) -> dict[str, int]:
    """How many rows each collection has."""
    return {name: len(frame) for name, frame in snapshot.frames.items()}


def profile(folder: Path, text: str) -> Path:
    """A profile file."""
    path = folder / "profile.toml"
    path.write_text(text, "utf-8")
    return path
