"""How far a pull is: a protocol, and its faces for a terminal and for a pipe. The notebook's lives in `widgets`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How far a pull is: lists read of those known so far, lists that could not be read, records, requests, and why it
    waits, if it does."""

    lists: int = 0
    known: int = 0
    refused: int = 0
    records: int = 0
    requests: int = 0
    waiting: str = ""

    @property
    def ended(self) -> int:
        """The lists that are asked for no more: read, or given up."""
        return self.lists + self.refused

    def sentence(self) -> str:
        """One line of plain text."""
        asked = "1 request" if self.requests == 1 else f"{self.requests:,} requests"
        told = f"{self.lists:,} of {self.known:,} lists, {self.records:,} records, {asked}"
        lost = f"; {self.refused:,} could not be read" if self.refused else ""
        return told + lost + (f"; {self.waiting}" if self.waiting else "")


class Progress(Protocol):
    """What shows how far a pull is. `show` is called from the pull's own thread, at most ten times a second."""

    def show(self, tally: Tally) -> None:
        """Show where it stands."""

    def close(self, tally: Tally) -> None:
        """Show the end, whatever it was."""


class Silence:
    """Shows nothing."""

    def show(self, tally: Tally) -> None:
        """Nothing."""

    def close(self, tally: Tally) -> None:
        """Nothing."""


class Lines:
    """One line a second at most, for a pipe or a log."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._last = clock()

    def show(self, tally: Tally) -> None:
        """A line, if the last one is a second old."""
        if self._clock() - self._last >= 1:
            self._last = self._clock()
            self._write(tally)

    def close(self, tally: Tally) -> None:
        """The last line."""
        self._write(tally)

    def _write(self, tally: Tally) -> None:
        self._stream.write(f"pull: {tally.sentence()}\n")
        self._stream.flush()


class Bar:
    """A rich bar in a terminal, gone when the pull ends."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as RichProgress

        columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False))
        self._bar = RichProgress(*columns, console=Console(file=stream), transient=True)
        self._task = self._bar.add_task("pull", total=None)
        self._bar.start()

    def show(self, tally: Tally) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=tally.ended, total=max(tally.known, 1), description=tally.sentence())

    def close(self, tally: Tally) -> None:
        """Take the bar away."""
        self.show(tally)
        self._bar.stop()


def progress_on(stream: TextIO) -> Progress:
    """The right face for a stream: a bar in a terminal, lines elsewhere."""
    return Bar(stream) if stream.isatty() else Lines(stream)
