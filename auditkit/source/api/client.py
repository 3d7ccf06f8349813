"""One page at a time: signed, retried, renewed, and every status turned into what it means."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from auditkit.errors import BadAnswer, PullError, Refused, Unreachable
from auditkit.source.api.auth import Keeper
from auditkit.source.api.faults import Capped, Cut, Denied, Exhausted, status_words
from auditkit.source.api.origin import redirect_host
from auditkit.source.api.pages import NotJson, Page, Walk, read_page
from auditkit.source.api.profile import Row
from auditkit.source.api.retry import Patience, http_date, retry_after
from auditkit.source.api.transport import Answer, Line, Wire
from auditkit.source.masking import mask
from auditkit.source.secret import Hidden, Secret

_AGAIN = frozenset({408, 500, 502, 503, 504})


@dataclass(slots=True)
class ServerTime:
    """The server's clock as its `Date` headers show it: the first time, the last, and how far ours is behind."""

    first: datetime | None = None
    last: datetime | None = None
    skew: float = 0.0
    _raw: str = ""

    def note(self, raw: str | None) -> None:
        """Look at one `Date` header; the same second is looked at once."""
        if not raw or raw == self._raw:
            return
        found = http_date(raw)
        if found is None:
            return
        self._raw = raw
        if self.first is None:
            self.first = found
            # The header has whole seconds, so that less than two are no skew.
            behind = (found - datetime.now(UTC)).total_seconds() + 0.5
            self.skew = round(behind, 1) if abs(behind) >= 2 else 0.0
        self.last = max(found, self.last) if self.last else found


class Client:
    """The API of one organisation, for as many workers as there are lines."""

    def __init__(self, wire: Wire, secret: Secret, *, direct: bool = False) -> None:
        self._wire, self._policy = wire, wire.policy
        self.patience = Patience(wire.policy)
        self.server_time = ServerTime()
        self.requests = 0
        # The token is bought on a line of its own: the worker that needs it may be in the middle of an exchange.
        self._token_line = Line(wire)
        self._keeper = Keeper(secret, str(wire.origin), None if direct else self._buy)

    async def login(self) -> None:
        """Buy the first token; KeyRejected or Unreachable before anything else is asked."""
        await self._keeper.current()

    async def close(self) -> None:
        """Close what the client itself opened."""
        await self._token_line.close()

    async def pages(self, line: Line, row: Row, target: str) -> AsyncIterator[Page]:
        """The pages of one list, each whole; an error says endpoint and page."""
        walk = Walk(row, target, self._wire.origin, self._policy)
        ask: str | None = walk.first()
        while ask is not None:
            where = _where(target, walk.number)
            page = await self._page(line, row, ask, where)
            yield page
            try:
                ask = walk.following(ask, page)
            except PullError as error:
                raise _told(error, where) from None

    async def first_page(self, line: Line, row: Row, target: str) -> Page:
        """The first page once more."""
        walk = Walk(row, target, self._wire.origin, self._policy)
        return await self._page(line, row, walk.first(), _where(target, 1))

    async def _page(self, line: Line, row: Row, ask: str, where: str) -> Page:
        """One page; an answer that is no JSON is asked for once more."""
        for last in (False, True):
            answer = await self._signed(line, ask, where)
            try:
                return read_page(row, answer)
            except NotJson as error:
                if last:
                    raise _told(error, where) from None
            except PullError as error:
                raise _told(error, where) from None
        raise BadAnswer(f"{where}: no page")

    async def _signed(self, line: Line, ask: str, where: str) -> Answer:
        """One answer with status 200; a refused token is renewed once, and the same page asked for again."""
        held = await self._keeper.current()
        answer = await self._retried(line, where, ask, held.header)
        if answer.status == 401:
            held = await self._keeper.renewed(held)
            answer = await self._retried(line, where, ask, held.header)
            if answer.status == 401:
                raise self._keeper.rejected(where)
        if answer.status == 200:
            return answer
        raise self._meaning(answer, where)

    def _meaning(self, answer: Answer, where: str) -> PullError:
        """What a status other than 200 says."""
        status = answer.status
        if 300 <= status < 400:
            host = mask(redirect_host(self._wire.origin, answer.headers.get("location", "")))
            return Refused(f"{where}: unexpected redirect to {host}, which was not followed; check --base-url")
        words = status_words(status)
        if status == 403:
            return Denied(f"{where}: {words}; the key's principal lacks the permission to read it", status)
        if status in (404, 410):
            return Denied(f"{where}: {words}; the API does not have it, or has it elsewhere (see the profile)", status)
        if status < 300:
            return BadAnswer(f"{where}: {words}, where 200 and a page were expected")
        return Denied(f"{where}: {words}; the API does not understand the request (see the profile)", status)

    async def _buy(self, body: Hidden) -> Answer:
        answer = await self._retried(self._token_line, "POST to the token endpoint", None, body)
        if 300 <= answer.status < 400:
            raise self._meaning(answer, "POST to the token endpoint")
        return answer

    async def _retried(self, line: Line, where: str, ask: str | None, hidden: Hidden) -> Answer:
        """One exchange, tried again within the policy: a GET of a path, or without one the POST for a token."""
        attempt = failures = 0
        while True:
            await self.patience.turn()
            sent = time.monotonic()
            self.requests += 1
            try:
                answer = await (line.post_token(hidden) if ask is None else line.get(ask, hidden))
                cut = self._come_again(answer)
            except Cut as error:
                cut = error
            except PullError as error:
                raise _told(error, where) from None
            if cut is None:
                self.patience.success()
                return answer
            attempt += 1
            # A server that asks for patience is given as much of it as the budget allows.
            failures += not cut.limited
            if failures >= self._policy.attempts:
                raise _given_up(cut, where, attempt)
            await self.patience.again(cut, attempt, sent, where)

    def _come_again(self, answer: Answer) -> Cut | None:
        """Whether the answer says to come again."""
        date = answer.headers.get("date")
        self.server_time.note(date)
        if answer.status == 200 or (answer.status != 429 and answer.status not in _AGAIN):
            return None
        wait = retry_after(answer.headers.get("retry-after"), date) if answer.status in (429, 503) else None
        return Cut(f"the server answered {status_words(answer.status)}", wait=wait, limited=answer.status == 429)


def _where(target: str, page: int) -> str:
    """The endpoint and page, for a message: ids come from outside, and might be anything."""
    return mask(f"GET {target.partition('?')[0]}, page {page}")


def _given_up(cut: Cut, where: str, attempts: int) -> PullError:
    kind = Unreachable if cut.refused else Exhausted
    hint = "check --base-url and the network" if cut.refused else "try again later"
    return kind(f"{where}: {cut.reason} ({attempts} attempts); {hint}")


def _told(error: PullError, where: str) -> PullError:
    """The same error with the endpoint and page before it."""
    if isinstance(error, Denied):
        return error
    kinds = (NotJson, Capped, BadAnswer, Refused, Unreachable, PullError)
    return next(kind for kind in kinds if isinstance(error, kind))(f"{where}: {error}")
