"""Conditions on an assignment, a grant or a role, judged in three values: holds, does not, cannot be told."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

FAIL, UNKNOWN, PASS = 0, 1, 2

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|z|[+-]\d\d:\d\d)", re.ASCII)
_SHOWN = 80


class Condition(NamedTuple):
    """One condition: what is looked up in the request's context, and what it is compared with."""

    attribute: str
    operator: str
    value: Any

    def __str__(self) -> str:
        return f"{self.attribute} {self.operator} {shown(self.value)}"


# A condition that is no object with these three parts can be judged by nobody.
_UNREADABLE = Condition("", "", None)


@lru_cache(maxsize=4096)
def parse(text: str | None) -> tuple[Condition, ...]:
    """The conditions of a JSON text, none if it is absent; whatever is no condition stays, as one that is unknown."""
    if text is None:
        return ()
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        return (_UNREADABLE,)
    return tuple(map(_condition, written)) if isinstance(written, list) else (_UNREADABLE,)


def _condition(written: Any) -> Condition:
    if not isinstance(written, dict) or "value" not in written:
        return _UNREADABLE
    attribute, operator = written.get("attribute"), written.get("operator")
    if not isinstance(attribute, str) or not isinstance(operator, str):
        return _UNREADABLE
    return Condition(attribute, operator, written["value"])


def judge(conditions: Sequence[Condition], context: Mapping[str, Any]) -> tuple[int, Condition | None]:
    """Whether all hold, and the condition that decided it; one that fails outweighs one that is unknown."""
    unclear = None
    for condition in conditions:
        result = _judge(condition, context)
        if result == FAIL:
            return FAIL, condition
        if result == UNKNOWN and unclear is None:
            unclear = condition
    return (PASS, None) if unclear is None else (UNKNOWN, unclear)


def _judge(condition: Condition, context: Mapping[str, Any]) -> int:
    given, compare = context.get(condition.attribute), _OPERATORS.get(condition.operator)
    if given is None or compare is None:
        return UNKNOWN
    try:
        return PASS if compare(given, condition.value) else FAIL
    except ValueError:
        return UNKNOWN


def reason(condition: Condition, result: int, context: Mapping[str, Any]) -> str:
    """Why this condition decided as it did."""
    if condition is _UNREADABLE:
        return "a condition cannot be judged: it is no attribute, operator and value"
    given = context.get(condition.attribute)
    if result == FAIL:
        return f"the condition {condition} does not hold: {condition.attribute} is {shown(given)}"
    if given is None:
        return f"the condition {condition} cannot be judged: the context has no {condition.attribute}"
    if condition.operator not in _OPERATORS:
        return f"the condition {condition} cannot be judged: the operator {condition.operator!r} is not known"
    return f"the condition {condition} cannot be judged: a value cannot be read, of {shown(given)}"


def shown(value: Any) -> str:
    """A value as a reader sees it, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _text(value: Any) -> str:
    """A scalar as a string, as JSON writes it; anything else cannot be read."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise ValueError("no scalar")


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise ValueError("no list")
    return [_text(each) for each in value]


def instant(value: Any) -> datetime:
    """An RFC 3339 time with its offset, or a datetime that has one; else ValueError."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("no offset")
        return value.astimezone(UTC)
    if not isinstance(value, str):
        raise ValueError("no time")
    return _instant(value)


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("no RFC 3339 time")
    day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{zone}").astimezone(UTC)
    except OverflowError:
        raise ValueError("no such time") from None


@lru_cache(maxsize=4096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text)


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _cidr(given: Any, value: Any) -> bool:
    if not isinstance(given, str) or not isinstance(value, str):
        raise ValueError("no address")
    return _address(given) in _network(value)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda given, value: _text(given) == _text(value),
    "notEquals": lambda given, value: _text(given) != _text(value),
    "in": lambda given, value: _text(given) in _texts(value),
    "notIn": lambda given, value: _text(given) not in _texts(value),
    "before": lambda given, value: instant(given) < instant(value),
    "after": lambda given, value: instant(given) > instant(value),
    "cidr": _cidr,
}
