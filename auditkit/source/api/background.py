"""A coroutine run in a thread with an event loop of its own, so that the caller may be inside a running loop itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

_LOOK_SECONDS = 0.2


class _Background:
    """One coroutine in one thread."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self.broken: BaseException | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        """The thread's body."""
        try:
            self._loop.run_until_complete(self._started())
        except asyncio.CancelledError:
            pass
        except BaseException as broken:
            # Whatever it is, it belongs to the thread of the caller, which raises it.
            self.broken = broken
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self.ended.set()

    async def _started(self) -> None:
        self._task = asyncio.ensure_future(self._make())
        if self._cancelled:
            self._task.cancel()
        await self._task

    def cancel(self) -> None:
        """Ask it to stop; callable from any thread, more than once."""
        self._cancelled = True
        try:
            self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        except RuntimeError:
            # The loop has just closed: there is nothing left to stop.
            return


def run_in_thread(
    make: Callable[[], Coroutine[Any, Any, None]], on_interrupt: Callable[[], None]
) -> KeyboardInterrupt | None:
    """Run what `make` makes to its end; the interrupt that ended it early, if one did. Its own error is raised here."""
    background = _Background(make)
    thread = threading.Thread(target=background.run, name="auditkit-pull", daemon=True)
    thread.start()
    interrupted: KeyboardInterrupt | None = None
    while not background.ended.is_set():
        try:
            background.ended.wait(_LOOK_SECONDS)
        except KeyboardInterrupt as stop:
            interrupted = stop
            on_interrupt()
            background.cancel()
    thread.join()
    if background.broken is not None and interrupted is None:
        raise background.broken
    return interrupted
