"""The parts of a JSON text, without their meaning: the members of its object, the items of a list, and where it breaks.

msgspec splits nearly every document. What it refuses (half a surrogate pair, a NaN) or may take wrongly (a collection
given twice) is split by Python's own scanner, which goes on where only a single record is bad.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from auditkit.errors import DocumentError
from auditkit.source.masking import mask

_SPACE = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(rb'\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_SCAN = json.JSONDecoder(parse_int=len, strict=False).raw_decode
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError)


class _Broken(ValueError):
    """Where the text breaks, and how."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


def members(data: bytes, file: Path) -> dict[str, bytes | memoryview]:
    """The members of the document's object, each as JSON text; DocumentError says where it breaks."""
    try:
        parts = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        if _none_twice(data, parts):
            return {key: memoryview(raw) for key, raw in parts.items()}
    except RecursionError:
        raise _too_deep(file) from None
    except _REFUSED:
        pass
    return _scanned(data, file)


def _none_twice(data: bytes, parts: dict[str, msgspec.Raw]) -> bool:
    """Whether nothing but marks, spaces and the keys stands around the members: then no key is given twice.

    msgspec's raw values are views of the text, so that their addresses tell their places.
    """
    start = _address(data)
    at = 0
    for key, raw in parts.items():
        begin = _address(raw) - start
        between = _BETWEEN.fullmatch(data, at, begin)
        if between is None or json.loads(between[1]) != key:
            return False
        at = begin + len(memoryview(raw))
    return True


def _address(data: bytes | msgspec.Raw) -> int:
    return int(np.frombuffer(data, dtype=np.uint8).ctypes.data)


def _scanned(data: bytes, file: Path) -> dict[str, bytes | memoryview]:
    """The members, by Python's scanner."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        where = _where(data[: error.start].decode(), error.start)
        raise DocumentError(f"{file} is no UTF-8 text: a wrong byte at {where}; save it as UTF-8") from None
    try:
        return {key: value.encode("utf-8", "surrogatepass") for key, value in _members(text).items()}
    except _Broken as error:
        hint = "export the document again" if error.at >= len(text.rstrip()) else "mend it there, or export it again"
        where = _where(text[: error.at], len(text[: error.at].encode("utf-8", "surrogatepass")))
        raise DocumentError(f"{file} is no organisation document: {error} at {where}; {hint}") from None
    except RecursionError:
        raise _too_deep(file) from None


def _too_deep(file: Path) -> DocumentError:
    return DocumentError(f"{file} is nested too deeply to be an organisation document: export it again")


def _where(before: str, byte: int) -> str:
    """A place in a text, given what stands before it."""
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))} (byte {byte})"


def _members(text: str) -> dict[str, str]:
    """The members of an object as JSON text; a key that is given twice breaks it."""
    parts: dict[str, str] = {}
    at = _expect(text, _skip(text, 0), "{", "an object was expected")
    if text[at : at + 1] == "}":
        return _ended(text, at + 1, parts)
    while True:
        if text[at : at + 1] != '"':
            raise _broken(text, at, "a key was expected")
        key, after = _value(text, at)
        if key in parts:
            raise _Broken(f"the key {json.dumps(mask(key))} is given twice", at)
        start = _expect(text, _skip(text, after), ":", "a colon was expected")
        _, end = _value(text, start)
        parts[key] = text[start:end]
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return _ended(text, at + 1, parts)
        at = _expect(text, at, ",", "a comma or the end of the object was expected")


def split_list(data: bytes | memoryview) -> list[bytes]:
    """The JSON text of each item of a list that was found well formed."""
    try:
        return [bytes(raw) for raw in msgspec.json.decode(data, type=list[msgspec.Raw])]
    except _REFUSED:
        return [item.encode("utf-8", "surrogatepass") for item in _items(bytes(data).decode("utf-8", "surrogatepass"))]


def _items(text: str) -> list[str]:
    """The items of a list as JSON text."""
    items: list[str] = []
    at = _expect(text, 0, "[", "a list was expected")
    while text[at : at + 1] != "]":
        _, end = _value(text, at)
        items.append(text[at:end])
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
    return items


def _value(text: str, at: int) -> tuple[Any, int]:
    """The value that starts here, and where it ends."""
    try:
        return _SCAN(text, at)
    except json.JSONDecodeError as error:
        # A text without its closing quote is a cut one, wherever it began.
        at = len(text) if error.msg.startswith("Unterminated") else error.pos
        raise _broken(text, at, "a value cannot be read") from None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, mark: str, otherwise: str) -> int:
    """Where what follows the mark starts."""
    if text[at : at + 1] != mark:
        raise _broken(text, at, otherwise)
    return _skip(text, at + 1)


def _broken(text: str, at: int, what: str) -> _Broken:
    """The break, named as a cut where nothing follows it."""
    return _Broken(what, at) if text[at:].strip() else _Broken("it ends too early (cut off?)", len(text))


def _ended(text: str, at: int, parts: dict[str, str]) -> dict[str, str]:
    """The parts, if nothing follows them."""
    if (rest := _skip(text, at)) < len(text):
        raise _Broken("something follows the end of the object", rest)
    return parts
