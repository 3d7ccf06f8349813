"""Pages of a list: what stands in an answer, and where the next one is, in the five styles of the profile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

from auditkit.errors import BadAnswer
from auditkit.source.api.faults import Capped
from auditkit.source.api.origin import Origin, same_origin_target
from auditkit.source.api.policy import Policy
from auditkit.source.api.profile import Row
from auditkit.source.api.transport import Answer

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[^,;="]+(?:=(?:"[^"]*"|[^,;"]*))?)*)')
_LONGEST_CURSOR = 8_192


@dataclass(slots=True)
class Page:
    """The records of one page as JSON bytes, and the rest of the answer."""

    items: list[bytes]
    envelope: dict[str, msgspec.Raw]
    link: str | None = None


class NotJson(BadAnswer):
    """An answer that is no JSON: worth one more attempt."""


def read_page(row: Row, answer: Answer) -> Page:
    """The page in an answer; BadAnswer, which shows nothing of it, if it is none."""
    body = answer.body.removeprefix(b"\xef\xbb\xbf")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body.strip():
        raise BadAnswer("the answer is empty where JSON was expected")
    first = body.lstrip()[:1]
    if first == b"<" or (kind in ("text/html", "application/xhtml+xml")):
        raise NotJson("expected JSON, got a web page (text/html); is this the address of the API?")
    try:
        # The decoder skips over what it need not understand, wrong bytes included.
        if not body.isascii():
            body.decode()
        envelope = _OBJECT.decode(body) if first == b"{" else {}
        found = bytes(_at(envelope, row.items)) if row.items else body
        _refuse_repeated_keys(body, found)
        return Page(_items(row, found), envelope, answer.headers.get("link"))
    except _REFUSED:
        pass
    raise NotJson("the answer is no valid JSON, or is cut")


def _refuse_repeated_keys(body: bytes, items: bytes) -> None:
    """BadAnswer if a key around the records occurs twice: which of the two counts would be a guess."""
    start = body.find(items)
    if len(items) == len(body):
        return
    try:
        json.loads(body[:start] + b"0" + body[start + len(items) :], object_pairs_hook=_pairs_once)
    except ValueError:
        raise BadAnswer("the answer holds a number that cannot be read") from None


def _pairs_once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise BadAnswer("a key of the answer occurs twice")


def _items(row: Row, found: bytes) -> list[bytes]:
    """The records: a list of them, or for the organisation the one object."""
    text = found.lstrip()
    if row.name == "organisation":
        if text[:1] != b"{":
            raise BadAnswer("the organisation is no JSON object")
        _OBJECT.decode(text)
        return [text]
    if text[:1] != b"[":
        where = f"`{row.items}`" if row.items else "the answer"
        raise BadAnswer(f"{where} is no list; if the records stand elsewhere, say so by `items` in the profile")
    return [bytes(item) for item in _LIST.decode(found)]


def _at(envelope: dict[str, msgspec.Raw], path: str) -> msgspec.Raw:
    """What stands at a dotted path of the answer; BadAnswer if nothing does."""
    found = _maybe_at(envelope, path)
    if found is None:
        raise BadAnswer(f"the answer has no `{path}`; if the records stand elsewhere, say so by `items` in the profile")
    return found


def _maybe_at(envelope: dict[str, msgspec.Raw], path: str) -> msgspec.Raw | None:
    first, _, rest = path.partition(".")
    found = envelope.get(first)
    if found is None or not rest:
        return found
    return _maybe_at(_OBJECT.decode(found), rest) if bytes(found).lstrip()[:1] == b"{" else None


@dataclass(slots=True)
class Walk:
    """The way through the pages of one list, and what is noticed on it."""

    row: Row
    base: str
    origin: Origin
    policy: Policy
    number: int = 1
    received: int = 0
    _seen: set[str] = field(default_factory=set)
    _hashes: set[int] = field(default_factory=set)
    _idle: int = 0

    def first(self) -> str:
        """The path and query of the first page."""
        if self.row.paging == "page":
            return self._target(page=self.row.first_page)
        return self._target(offset=0) if self.row.paging == "offset" else self._target()

    def following(self, target: str, page: Page) -> str | None:
        """The path and query after this page; None at the end, Capped or Refused where it must not go on."""
        self.received += len(page.items)
        found = _NEXT[self.row.paging](self, target, page)
        total = self._total(page)
        if found is None:
            if total is not None and total > self.received and self.row.paging != "none":
                raise Capped(f"the list ended after {self.received:,} records, and the API says there are {total:,}")
            return None
        self._notice_standstill(page)
        if found in self._seen or found == target:
            raise Capped("the API leads back to a page that was already read (a cursor that repeats); stopped")
        self._seen.add(target)
        self.number += 1
        if self.number > self.policy.pages:
            raise Capped(f"the list has more than {self.policy.pages:,} pages; stopped")
        return found

    def _notice_standstill(self, page: Page) -> None:
        known = len(self._hashes)
        self._hashes.update(map(hash, page.items))
        self._idle = 0 if len(self._hashes) > known else self._idle + 1
        if self._idle >= self.policy.idle_pages:
            raise Capped(f"{self._idle} pages in a row brought nothing new; stopped")

    def _target(self, **more: str | int) -> str:
        query: dict[str, str | int] = {self.row.parameters["limit"]: self.row.limit} if self.row.limit else {}
        query |= {self.row.parameters[name]: value for name, value in more.items()}
        if not query:
            return self.base
        return f"{self.base}{'&' if '?' in self.base else '?'}{urlencode(query)}"

    def _total(self, page: Page) -> int | None:
        found = _value(page, self.row.total)
        return found if type(found) is int and found >= 0 else None

    def cursor(self, target: str, page: Page) -> str | None:
        """On with the cursor that the answer gave."""
        found = _value(page, self.row.next)
        if found is None or found == "":
            return None
        if type(found) is int:
            found = str(found)
        if not isinstance(found, str) or len(found) > _LONGEST_CURSOR:
            raise BadAnswer(f"`{self.row.next}` is no cursor: it is neither a text of sensible length nor null")
        return self._target(cursor=found)

    def page(self, target: str, page: Page) -> str | None:
        """On to the next number, until a page is empty or there are as many records as the API says."""
        total = self._total(page)
        if not page.items or (total is not None and self.received >= total):
            return None
        return self._target(page=self.row.first_page + self.number)

    def offset(self, target: str, page: Page) -> str | None:
        """On from as far as we are."""
        total = self._total(page)
        if not page.items or (total is not None and self.received >= total):
            return None
        return self._target(offset=self.received)

    def link(self, target: str, page: Page) -> str | None:
        """On to the URL that the answer gave, in its body or its Link header, if it is of the same origin."""
        found = _value(page, self.row.next) or _next_link(page.link)
        if not found:
            return None
        if not isinstance(found, str):
            raise BadAnswer(f"`{self.row.next}` is no link: it is neither a text nor null")
        return self._relative(same_origin_target(self.origin, f"{self.origin.prefix}{target}", found, "the next page"))

    def _relative(self, target: str) -> str:
        """A path below the prefix of the base URL, which every request gets again."""
        prefix = self.origin.prefix
        if not target.startswith(f"{prefix}/"):
            raise Capped("the next page lies outside the path of --base-url; stopped")
        return target.removeprefix(prefix)


_NEXT: dict[str, Callable[[Walk, str, Page], str | None]] = {
    "cursor": Walk.cursor,
    "page": Walk.page,
    "offset": Walk.offset,
    "link": Walk.link,
    "none": lambda walk, target, page: None,
}


def _value(page: Page, path: str) -> Any:
    """A plain value of the answer; None if there is none."""
    try:
        found = _maybe_at(page.envelope, path) if path else None
        return None if found is None else msgspec.json.decode(found)
    except _REFUSED:
        pass
    raise BadAnswer(f"`{path}` of the answer cannot be read")


def _next_link(header: str | None) -> str | None:
    """The URL of the link with `rel="next"` in a Link header."""
    for url, parameters in _LINK.findall(header[:_LONGEST_CURSOR] if header else ""):
        for part in parameters.split(";"):
            name, _, value = part.strip().partition("=")
            if name.strip().lower() == "rel" and "next" in value.strip().strip('"').lower().split():
                return str(url)
    return None
