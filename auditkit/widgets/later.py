"""What waits until a reader rests: rows come first, and a figure, which takes longer, once nothing moves any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

REST_SECONDS = 0.25


class Later:
    """An act that is done once, a moment after it was last asked for; at once where no event loop runs, as in a test.

    The act must tell its own failures: nobody is there to catch them.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._waiting: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Ask for the act."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._act()
            return
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = loop.call_later(REST_SECONDS, self._act)
