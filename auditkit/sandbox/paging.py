"""The five ways in which an API may cut a list into pages: cursor, page, offset, link, none."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import msgspec

MOST = 500
_FIRST = 100


class BadRequest(ValueError):
    """A limit, cursor, page or offset that cannot be served; `code` goes into the error body."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request for a list: its name (a cursor is good for one list only), its URL, its query, the page cap."""

    name: str
    url: str
    query: Mapping[str, str]
    most: int = MOST


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it goes out."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Style = Callable[[Sequence[bytes], Asked], Page]


def _cursor(items: Sequence[bytes], asked: Asked) -> Page:
    size, start = _limit(asked), _start(asked)
    end = start + size
    following = _cursor_text(asked.name, end) if end < len(items) else None
    return Page(_body(items[start:end], nextCursor=following))


def _page(items: Sequence[bytes], asked: Asked) -> Page:
    size, number = _limit(asked), _whole(asked, "page", 1, least=1)
    start = (number - 1) * size
    pages = max(1, -(-len(items) // size))
    return Page(_body(items[start : start + size], page=number, pages=pages, total=len(items)))


def _offset(items: Sequence[bytes], asked: Asked) -> Page:
    size, start = _limit(asked), _whole(asked, "offset", 0, least=0)
    return Page(_body(items[start : start + size], offset=start, total=len(items)))


def _link(items: Sequence[bytes], asked: Asked) -> Page:
    """The next page's URL, as a `Link` header and in the body."""
    size, start = _limit(asked), _start(asked)
    end = start + size
    if end >= len(items):
        return Page(_body(items[start:end], next=None))
    query = {**asked.query, "limit": str(size), "cursor": _cursor_text(asked.name, end)}
    url = f"{asked.url}?{urlencode(query, quote_via=quote)}"
    return Page(_body(items[start:end], next=url), {"Link": f'<{url}>; rel="next"'})


def _none(items: Sequence[bytes], asked: Asked) -> Page:
    """All at once, whatever limit was asked for."""
    return Page(_body(items))


STYLES: dict[str, Style] = {"cursor": _cursor, "page": _page, "offset": _offset, "link": _link, "none": _none}


def _body(items: Sequence[bytes], **more: object) -> bytes:
    """The envelope around items that are already encoded."""
    tail = b"," + msgspec.json.encode(more)[1:] if more else b"}"
    return b'{"items":[' + b",".join(items) + b"]" + tail


def _limit(asked: Asked) -> int:
    size = _whole(asked, "limit", min(_FIRST, asked.most), least=1)
    if size > MOST:
        raise BadRequest("bad_limit", f"limit must be a whole number from 1 to {MOST}")
    # A server may always answer fewer than were asked for.
    return min(size, asked.most)


def _whole(asked: Asked, name: str, default: int, *, least: int) -> int:
    text = asked.query.get(name)
    if text is None:
        return default
    # Nine digits: enough for any list, and nothing that int() would chew on.
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        raise BadRequest(f"bad_{name}", f"{name} must be a whole number of at least {least}")
    return int(text)


def _cursor_text(name: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{start} {name}".encode()).decode().rstrip("=")


def _start(asked: Asked) -> int:
    text = asked.query.get("cursor")
    if not text:
        return 0
    try:
        start, _, name = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        if name == asked.name and start.isdigit():
            return int(start)
    except ValueError:
        pass
    raise BadRequest("bad_cursor", "cursor is not one that this list gave")
