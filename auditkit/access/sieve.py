"""The six authorization checks, as a sieve over the routes of one caller, each route judged in three values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from auditkit.access.conditions import FAIL, PASS, UNKNOWN, Condition, judge
from auditkit.access.facts import Facts, Holding, Principal

AUZ = ("AUZ1", "AUZ2", "AUZ3", "AUZ4", "AUZ5", "AUZ6")
Resource = tuple[str, str]
# A chain of more groups than this is told by its ends.
_SPELLED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A holding as one caller reaches it: through which groups, and how it is called."""

    holding: Holding
    through: tuple[str, ...]
    text: str


class Step(NamedTuple):
    """One check of the sieve: its result, the ways that it let through, each with whether everything so far passed, and
    those that it stopped.
    """

    result: int
    kept: tuple[tuple[Way, bool], ...]
    stopped: tuple[Way, ...]


def ways(facts: Facts, principal: Principal) -> list[Way]:
    """Every assignment and grant that reaches the caller: its own first, then those of the nearest groups."""
    found = [Way(holding, (), holding.text) for holding in facts.holdings(principal.id)]
    for group, found_by in facts.above(principal.id):
        held = facts.holdings(group)
        if held:
            through = _path(group, principal.id, found_by)
            tail = _tail(facts, through)
            found += [Way(holding, through, holding.text + tail) for holding in held]
    return found


def _path(group: str, principal_id: str, found_by: Mapping[str, str]) -> tuple[str, ...]:
    """The groups from the one that the principal is a member of up to this one."""
    path = []
    while group != principal_id:
        path.append(group)
        group = found_by[group]
    return tuple(reversed(path))


def _tail(facts: Facts, through: tuple[str, ...]) -> str:
    """The groups that a way leads through, in words: , through group "on-call" (g-3)."""
    short = len(through) <= _SPELLED
    told = [f'"{facts.name(group)}" ({group})' for group in (through if short else through[:1] + through[-1:])]
    middle = " in group " if short else f" and, {len(through) - 1} groups further up, "
    return f", through group {middle.join(told)}"


def unexpired(found: Sequence[Way], now: int) -> Step:
    """AUZ1: the assignments and grants that have not expired."""
    kept, stopped = [], []
    for way in found:
        expires = way.holding.expires
        if expires is not None and expires <= now:
            stopped.append(way)
        else:
            kept.append((way, True))
    return Step(PASS if kept else FAIL, tuple(kept), tuple(stopped))


def type_supported(step: Step, caller: Principal) -> Step:
    """AUZ2: the role lists the caller's type; one that declares no types, or is not there, is unknown."""
    kept, stopped, best = [], [], FAIL
    for way, sure in step.kept:
        role = way.holding.role
        if way.holding.kind == "grant":
            result = PASS
        elif role is None or role.types is None:
            result = UNKNOWN
        else:
            result = PASS if caller.type in role.types else FAIL
        best = max(best, result)
        if result == FAIL:
            stopped.append(way)
        else:
            kept.append((way, sure and result == PASS))
    return Step(best, tuple(kept), tuple(stopped))


def route_organisation(step: Step, organisation: str) -> Step:
    """AUZ3: the assignment or grant is the organisation's."""
    return _split(step, [way.holding.organisation == organisation for way, _ in step.kept])


def permission_included(step: Step, permissions: frozenset[str]) -> Step:
    """AUZ4: the role holds the permission, or the grant is for it."""
    return _split(step, [_includes(way.holding, permissions) for way, _ in step.kept])


def _includes(holding: Holding, permissions: frozenset[str]) -> bool:
    if holding.kind == "grant":
        return holding.given in permissions
    return holding.role is not None and not permissions.isdisjoint(holding.role.permissions)


def scope_matches(step: Step, resource: Resource | None, hierarchical: Mapping[str, bool]) -> Step:
    """AUZ5: no scope, or the request names the scope's resource, or one below it where the scope's type allows that."""
    return _split(step, [covers(way.holding.scope, resource, hierarchical) for way, _ in step.kept])


def covers(scope: Resource | None, resource: Resource | None, hierarchical: Mapping[str, bool]) -> bool:
    """Whether a scope covers the resource of a request; a request without one asks for the whole organisation."""
    if scope is None or scope == resource:
        return True
    return resource is not None and hierarchical.get(scope[0], False) and below(resource[1], scope[1])


def below(path: str, top: str) -> bool:
    """Whether `path` lies below `top`, segment by segment as they are written: nothing is decoded or resolved."""
    if top == "/":
        return path != "/"
    # With its closing slash, a path is the beginning of another only where whole segments agree.
    return top != "" and path.startswith(top + "/")


def _split(step: Step, passes: Sequence[bool]) -> Step:
    """A check that passes or fails, never leaving anything open."""
    if all(passes):
        return Step(PASS if step.kept else FAIL, step.kept, ())
    kept, stopped = [], []
    for pair, good in zip(step.kept, passes, strict=True):
        if good:
            kept.append(pair)
        else:
            stopped.append(pair[0])
    return Step(PASS if kept else FAIL, tuple(kept), tuple(stopped))


def conditions_hold(step: Step, context: Mapping[str, Any]) -> tuple[Step, dict[Way, Condition]]:
    """AUZ6: the conditions of the assignment or grant and of its role all hold. Also, what decided the others."""
    decided: dict[Way, Condition] = {}
    kept, stopped, best = [], [], FAIL
    for way, sure in step.kept:
        result, by = judge(way.holding.conditions, context)
        best = max(best, result)
        if by is not None:
            decided[way] = by
        if result == FAIL:
            stopped.append(way)
        else:
            kept.append((way, sure and result == PASS))
    return Step(best, tuple(kept), tuple(stopped)), decided
