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


def key_ids(text: str) -> list[str]:
    """The public part, `ik_<keyId>`, of every full key in the text."""
    return _KEY.findall(text) if "ik_" in text else []


def names_a_secret(field: str) -> bool:
    """Whether a field of that name holds a secret: `keySecret` does, `secretId` and `tokenType` do not."""
    return bool(_NAMED.search(field)) and not _ABOUT.search(field)


def clean(item: Any) -> tuple[Any, list[str]]:
    """A JSON value without its secrets, and the fields (dotted) that held one; what is given is changed.

    A field named like a secret loses whatever text it holds; a full key anywhere becomes `ik_<keyId>`. The depth does
    not matter: parts wait in a line instead of on the stack.
    """
    whole: list[Any] = [item]
    line: list[tuple[Any, str]] = [(whole, "")]
    leaks: list[str] = []
    for part, path in line:
        if isinstance(part, list):
            _clean_list(part, path, line, leaks)
        else:
            _clean_object(part, path, line, leaks)
    return whole[0], leaks


def _clean_list(part: list[Any], path: str, line: list[tuple[Any, str]], leaks: list[str]) -> None:
    """Mask the texts of a list, and put its lists and objects in line."""
    for at, value in enumerate(part):
        if isinstance(value, list | dict):
            line.append((value, path))
        elif isinstance(value, str) and (masked := mask(value)) != value:
            part[at] = masked
            leaks.append(path)


def _clean_object(part: dict[str, Any], path: str, line: list[tuple[Any, str]], leaks: list[str]) -> None:
    """Drop the fields named like a secret, mask the other texts, and put lists and objects in line."""
    fields = list(part.items())
    part.clear()
    for raw_key, value in fields:
        key = mask(raw_key)
        inner = f"{path}.{key}" if path else key
        masked = mask(value) if isinstance(value, str) else value
        dropped = names_a_secret(key) and isinstance(value, str | list | dict) and bool(value)
        if dropped or key != raw_key or masked != value:
            leaks.append(inner)
        if not dropped:
            part[key] = masked
            if isinstance(value, list | dict):
                line.append((value, inner))
