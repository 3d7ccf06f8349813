"""Who we are to the API: a token bought once with the key and renewed before it ends, or the key itself."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from auditkit.errors import BadAnswer, KeyRejected
from auditkit.source.api.faults import status_words
from auditkit.source.api.retry import http_date
from auditkit.source.api.transport import Answer
from auditkit.source.secret import Hidden, Secret

_TOKEN = re.compile(r"[!-~]{1,16384}")
_SPARE_SECONDS, _SPARE_SHARE = 60.0, 0.1


@dataclass(frozen=True, slots=True)
class Pass:
    """An `Authorization` header, its number, and the monotonic time from which a new one is due."""

    header: Hidden
    number: int
    due: float = float("inf")


class _TokenAnswer(msgspec.Struct):
    """What the token endpoint answers; absent parts are told apart from wrong ones by hand."""

    accessToken: object = None  # noqa: N815 - the API's names
    tokenType: object = None  # noqa: N815
    expiresAt: object = None  # noqa: N815

    def __repr__(self) -> str:
        return "<token answer>"


class Keeper:
    """Hands out the current pass. However many workers find it due or refused, one of them renews it."""

    def __init__(self, secret: Secret, origin: str, exchange: Callable[[Hidden], Awaitable[Answer]] | None) -> None:
        """`exchange` posts the body to the token endpoint; without it the key itself is sent."""
        self._secret, self._origin, self._exchange = secret, origin, exchange
        self._lock = asyncio.Lock()
        self._pass: Pass | None = None if exchange else Pass(_direct(secret), 0)

    async def current(self) -> Pass:
        """The pass to use now, renewed first if it is due."""
        held = self._pass
        if held is not None and time.monotonic() < held.due:
            return held
        return await self.renewed(held)

    async def renewed(self, refused: Pass | None) -> Pass:
        """A pass other than the one that was refused; KeyRejected if there can be none."""
        if self._exchange is None:
            raise KeyRejected(f"{self._name} was refused by {self._origin}: {_DIRECT_HINT}")
        async with self._lock:
            if self._pass is None or self._pass is refused:
                number = 0 if self._pass is None else self._pass.number + 1
                self._pass = await self._bought(self._exchange, number)
            return self._pass

    def rejected(self, where: str) -> KeyRejected:
        """The error for a call that was refused although the pass is new."""
        hint = _DIRECT_HINT if self._exchange is None else _HINT
        return KeyRejected(f"{where}: {self._name} was refused twice in a row; {hint}")

    @property
    def _name(self) -> str:
        return f"the key ik_{self._secret.key_id}"

    async def _bought(self, exchange: Callable[[Hidden], Awaitable[Answer]], number: int) -> Pass:
        answer = await exchange(_body(self._secret))
        if answer.status in (400, 401, 403, 422):
            raise KeyRejected(f"{self._name} was rejected by {self._origin} ({status_words(answer.status)}): {_HINT}")
        if answer.status != 200 and answer.status != 201:
            raise BadAnswer(
                f"the token endpoint of {self._origin} answered {status_words(answer.status)}: "
                "check --base-url, or the profile's [token] path"
            )
        return _read_pass(answer, number)


_HINT = "check that it is complete, that its principal is active, and that it is neither expired nor revoked"
_DIRECT_HINT = f"{_HINT}, and that the organisation allows direct API-key authentication (or leave out --direct)"


def _direct(secret: Secret) -> Hidden:
    return Hidden(f"ApiKey {secret.reveal()}")


def _body(secret: Secret) -> Hidden:
    return Hidden(json.dumps({"apiKey": secret.reveal()}))


def _read_pass(answer: Answer, number: int) -> Pass:
    """The pass in an answer of the token endpoint; BadAnswer, with none of it, if it is none."""
    received = time.monotonic()
    read: _TokenAnswer | None = None
    # Raised below and not in there: the decoder's error might show a piece of the answer.
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        read = msgspec.json.decode(answer.body, type=_TokenAnswer)
    if read is None:
        raise BadAnswer("the token endpoint answered no JSON object; check --base-url")
    if not isinstance(read.tokenType, str) or read.tokenType.lower() != "bearer":
        raise BadAnswer("the token endpoint gave a token whose tokenType is not Bearer, which auditkit cannot use")
    if not isinstance(read.accessToken, str) or not _TOKEN.fullmatch(read.accessToken):
        raise BadAnswer("the token endpoint gave no accessToken that could be sent")
    life = _life(read.expiresAt, http_date(answer.headers.get("date")) or datetime.now(UTC))
    # Never more than half its life, or a short-lived token would be renewed before every request.
    spare = min(max(_SPARE_SECONDS, life.total_seconds() * _SPARE_SHARE), life.total_seconds() / 2)
    return Pass(Hidden(f"Bearer {read.accessToken}"), number, received + life.total_seconds() - spare)


def _life(expires: object, now: datetime) -> timedelta:
    """How long a token lives, as seen from the answer's own time."""
    try:
        until = datetime.fromisoformat(expires) if isinstance(expires, str) else None
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        raise BadAnswer("the token endpoint gave a token without a readable expiresAt")
    if until <= now:
        raise BadAnswer("the token endpoint gave a token that has already expired")
    return until - now
