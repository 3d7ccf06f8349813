"""What every request passes on its way in and out: the log, the rate limit, the latency, the `Date` header."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REMEMBERED = 200_000


@dataclass
class Bucket:
    """A rate limit: `rate` requests a second, and as many at once. Time is real: a frozen clock must not stop it."""

    rate: float
    now: Callable[[], float] = time.monotonic
    _level: float = field(init=False)
    _seen: float = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._seen = max(1.0, self.rate), self.now()

    def wait(self) -> float:
        """Take one; the seconds to wait if there is none, else 0."""
        now = self.now()
        self._level = min(max(1.0, self.rate), self._level + (now - self._seen) * self.rate)
        self._seen = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self.rate


@dataclass
class Gate:
    """The ASGI application around the API. `log` gets (method, path) of each request, never a header or a body."""

    app: ASGIApp
    refuse: Callable[[float], ASGIApp]
    clock: Callable[[], float]
    latency: float = 0.0
    bucket: Bucket | None = None
    log: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        self.log.append((scope["method"], scope["path"]))
        if self.latency:
            await asyncio.sleep(self.latency)
        wait = self.bucket.wait() if self.bucket else 0.0
        await (self.refuse(wait) if wait else self.app)(scope, receive, self._dated(send))

    def _dated(self, send: Send) -> Send:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", formatdate(self.clock(), usegmt=True).encode())]
            await send(message)

        return dated


def retry_after(wait: float) -> dict[str, str]:
    """The header that says how long to wait, in whole seconds."""
    return {"Retry-After": str(max(1, math.ceil(wait)))}


def ticking(start: float, now: Callable[[], float] = time.monotonic) -> Callable[[], float]:
    """A clock that shows `start` (seconds since 1970) now, and goes on from there."""
    begun = now()
    return lambda: start + (now() - begun)
