"""How patient a pull is: attempts, a budget of retries, waits, caps. All in one place, all of it data."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Limits of a pull. `sleep` and `chance` (from 0 to 1) are there for tests."""

    attempts: int = 5
    budget: int = 50
    first_wait: float = 0.5
    longest_wait: float = 20.0
    longest_asked_wait: float = 120.0
    connect_seconds: float = 10.0
    request_seconds: float = 60.0
    page_bytes: int = 32 * 1024 * 1024
    pages: int = 10_000
    idle_pages: int = 3
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
