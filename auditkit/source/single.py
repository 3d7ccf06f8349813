"""Quick ways to read a single record, and to see that no key in it is repeated."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
import numpy as np

from auditkit.schema import COLLECTIONS
from auditkit.source.careful import Examined
from auditkit.source.shapes import REFUSED, encode, loose_decoder, parent, record_decoder

# What may stand between a key and its colon: the closing quote, or a space after it.
_BEFORE_COLON = np.isin(np.arange(256), list(b'" \t\r\n'))
_PAIRS = tuple(bytes([before]) + b":" for before in b'" \t\r\n')
# Whatever might be a secret, or hide one behind an escape, is left to the careful way.
_SUSPECT = re.compile(rb"ik_|\\|secret|token|pass|hash|key", re.IGNORECASE)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def count_keys(data: bytes | memoryview) -> int:
    """At least as many as the text has keys, and exactly as many where no value holds a colon of this kind.

    A decoder silently takes the last of two equal keys. If this is as many as the decoded values have, none is
    repeated; if it is more, a second look tells.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    colons = np.flatnonzero(text == ord(":"))
    return int(np.count_nonzero(_BEFORE_COLON[text[colons - 1]]))


def _pairs(data: bytes) -> int:
    """The same count, quick for a short text."""
    return sum(map(data.count, _PAIRS))


def exact(name: str, raw: bytes) -> Any:
    """The record, if it has exactly the contract's shape and no key twice; else None."""
    try:
        record = record_decoder(name).decode(raw)
    except REFUSED:
        return None
    return record if _pairs(raw) == _pairs(encode(record)) else None


def trimmed(name: str, raw: bytes) -> Examined | None:
    """The record without its unknown fields, if these are all that is wrong and none looks like a secret."""
    try:
        parts = _MEMBERS.decode(raw)
        record = loose_decoder(name).decode(raw)
    except REFUSED:
        return None
    extra = {key: bytes(value) for key, value in parts.items() if key not in _fields(name)}
    unknown = b" ".join([*(key.encode() for key in extra), *extra.values()])
    if _SUSPECT.search(unknown):
        return None
    keys = _pairs(encode(record)) + len(extra) + sum(map(_pairs, extra.values()))
    return Examined(record=record, unknown=set(extra)) if _pairs(raw) == keys else None


@cache
def _fields(name: str) -> frozenset[str]:
    return frozenset(map(parent, COLLECTIONS[name].columns))
