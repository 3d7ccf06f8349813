"""Retries: a jittered wait that grows, one budget for the whole pull, and a pace that a server's 429 slows down."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from auditkit.errors import Unreachable
from auditkit.source.api.faults import Cut
from auditkit.source.api.policy import Policy

_SLOWEST, _FIRST_PACE, _NO_PACE = 5.0, 1 / 64, 1 / 500
_WHOLE = re.compile(r"[0-9]{1,15}")


def http_date(text: str | None) -> datetime | None:
    """The time of a `Date` header or its like; None for anything else."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def retry_after(text: str | None, date: str | None) -> float | None:
    """The seconds that `Retry-After` asks for: a whole number, or a time as seen from the answer's own `Date`.

    A local clock that is wrong does not matter; what is neither, or lies in the past, is ignored.
    """
    if text is None:
        return None
    if _WHOLE.fullmatch(text.strip()):
        return float(text)
    until, now = http_date(text), http_date(date)
    wait = (until - now).total_seconds() if until and now else -1.0
    return wait if wait >= 0 else None


class Patience:
    """What all requests of a pull share: the budget of retries, the pause a server asked for, the pace."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._budget = policy.budget
        self._not_before = self._slot = self._slowed = self._pace = 0.0
        self._waits: list[str] = []

    @property
    def waiting(self) -> str:
        """Why someone waits, if someone does."""
        return self._waits[-1] if self._waits else ""

    async def turn(self) -> None:
        """Wait for this request's turn: nothing, unless the server asked for a pause."""
        if not self._not_before and not self._pace:
            return
        now = time.monotonic()
        start = max(now, self._slot, self._not_before)
        self._slot = start + self._pace
        if start > now:
            await self._policy.sleep(start - now)

    def success(self) -> None:
        """A request was answered: the budget recovers, and so does the pace, slowly."""
        self._budget = min(self._policy.budget, self._budget + 1)
        if self._pace:
            self._pace = self._pace * 0.98 if self._pace > _NO_PACE else 0.0

    async def again(self, cut: Cut, attempt: int, sent: float, where: str) -> None:
        """Wait before the next attempt; Unreachable if the server asks for too long, or the budget is spent."""
        policy = self._policy
        if cut.wait is not None and cut.wait > policy.longest_asked_wait:
            raise Unreachable(f"{where}: the server asks to wait {cut.wait:.0f} s; try again after that")
        # Requests that were on their way when the server said stop are one event, not many.
        if not (cut.limited and sent < self._slowed):
            self._spend(where, cut.reason)
        if cut.limited:
            self._slow_down(sent)
        most = min(policy.first_wait * 2 ** min(attempt - 1, 16), policy.longest_wait)
        wait = max(policy.chance() * most, cut.wait or 0.0)
        if cut.wait:
            self._not_before = max(self._not_before, time.monotonic() + cut.wait)
        reason = f"waiting {wait:.0f} s: {cut.reason}"
        self._waits.append(reason)
        try:
            await policy.sleep(wait)
        finally:
            self._waits.remove(reason)

    def _spend(self, where: str, reason: str) -> None:
        if self._budget <= 0:
            raise Unreachable(
                f"{where}: {reason}, and the {self._policy.budget} retries of this pull are spent; "
                "try again later, or with a smaller --concurrency"
            )
        self._budget -= 1

    def _slow_down(self, sent: float) -> None:
        if sent >= self._slowed:
            self._pace = min(max(self._pace * 2, _FIRST_PACE), _SLOWEST)
            self._slowed = time.monotonic()
