"""How far a pull is, in a notebook: a bar, a line of text, its rates, and how often it had to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ipywidgets

from auditkit.source.progress import Tally


class PullProgress:
    """A face for `pull(..., progress=PullProgress())`; the last expression of a cell, or `display`, shows it.

    Text goes to labels, which show text and nothing else. What was refused is in the snapshot that the pull gives.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._started = clock, clock()
        self._waits, self._waiting = 0, ""
        self._bar = ipywidgets.IntProgress(
            description="Pull", min=0, max=1, layout={"width": "480px"}, style={"description_width": "initial"}
        )
        self._words = ipywidgets.Label(value="not started")
        self._rates, self._retries = ipywidgets.Label(), ipywidgets.Label()
        self.box = ipywidgets.VBox([self._bar, self._words, self._rates, self._retries])

    def begin(self) -> None:
        """Count the time from now: what was waited for before, such as a key to be typed, is not the pull's."""
        self._started = self._clock()

    def show(self, tally: Tally) -> None:
        """Move the bar and say where the pull stands, how fast it is and how often it waited."""
        self._move(tally, "so far")

    def close(self, tally: Tally) -> None:
        """Show the end: green if every list was read, amber if not."""
        self._move(tally, "in all")
        missing = tally.known > tally.lists
        self._bar.bar_style = "warning" if missing else "success"
        left = "; why not every list was read stands below" if missing else ""
        self._retries.value = (self._retries.value or "never had to wait") + left

    def _move(self, tally: Tally, until: str) -> None:
        # The greatest value first: a bar refuses to stand beyond its end.
        self._bar.max = max(tally.known, tally.ended, 1)
        self._bar.value = tally.ended
        self._words.value = tally.sentence()
        passed = max(self._clock() - self._started, 0.001)
        rates = f"{tally.requests / passed:,.0f} requests and {tally.records / passed:,.0f} records a second"
        self._rates.value = f"{rates}, {passed:,.1f} s {until}"
        self._note_wait(tally.waiting)

    def _note_wait(self, waiting: str) -> None:
        if waiting and waiting != self._waiting:
            self._waits += 1
            times = "once" if self._waits == 1 else f"{self._waits:,} times"
            self._retries.value = f"waited {times} before trying again; last: {waiting}"
        self._waiting = waiting

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = self.box._repr_mimebundle_()
        return bundle | {"text/plain": self._words.value}
