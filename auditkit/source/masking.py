"""Secrets in the IAM's own data: found by the shape of a value or a field's name, and dropped before all else."""

from __future__ import annotations

import re
from typing import Any

# A key is `ik_<keyId>.<keySecret>`. A letter before it is part of a word (`erik_holm.dev@example.com` is no key),
# unless it belongs to an escape as in a URL (`%2Fik_...`). Arrow's expressions cannot look behind.
KEY_EXPRESSION = r"(?:^|[^A-Za-z]|%[0-9A-Fa-f]{2})ik_[A-Za-z0-9_-]+\.[!-~]"
_KEY = re.compile(r"(?:(?<![A-Za-z])|(?<=%[0-9A-Fa-f]{2}))(ik_[A-Za-z0-9_-]+)\.[!-~]+")
_NAMES = "secret|token|password|passwd|passphrase|hash|private_?key"
# The same names as the key of an object in JSON text.
NAMED_EXPRESSION = rf'(?i)"[^"]*(?:{_NAMES})[^"]*":'
_NAMED = re.compile(_NAMES, re.IGNORECASE)
_ABOUT = re.compile(r"(?:Id|Ids|Type|At|Algorithm|_id|_ids|_type|_at|_algorithm)$")


def mask(text: str) -> str:
    """The text with every full key cut down to its public part, `ik_<keyId>`."""
    return _KEY.sub(r"\1", text) if "ik_" in text else text


def names_a_secret(field: str) -> bool:
    """Whether a field of that name holds a secret: `keySecret` does, `secretId` and `tokenType` do not."""
    return bool(_NAMED.search(field)) and not _ABOUT.search(field)


def clean(item: Any, field: str = "") -> tuple[Any, list[str]]:
    """A JSON value without its secrets, and the fields (dotted) that held one.

    A field named like a secret loses whatever text it holds; a full key anywhere becomes `ik_<keyId>`.
    """
    if isinstance(item, str):
        masked = mask(item)
        return masked, [field] if masked != item else []
    if isinstance(item, list):
        parts = [clean(each, field) for each in item]
        return [part for part, _ in parts], [leak for _, leaks in parts for leak in leaks]
    if isinstance(item, dict):
        return _clean_object(item, field)
    return item, []


def _clean_object(item: dict[str, Any], field: str) -> tuple[dict[str, Any], list[str]]:
    kept: dict[str, Any] = {}
    leaks: list[str] = []
    for raw_key, value in item.items():
        key = mask(raw_key)
        path = f"{field}.{key}" if field else key
        if names_a_secret(key) and isinstance(value, str | list | dict) and value:
            leaks.append(path)
            continue
        kept[key], inner = clean(value, path)
        leaks += inner if key == raw_key else [*inner, path]
    return kept, leaks
