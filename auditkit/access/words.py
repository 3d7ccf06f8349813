"""What a decision says: the sentence of each authorization check and route, and the fix in the vendor's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from auditkit.access.authentication import moment
from auditkit.access.conditions import FAIL, PASS, UNKNOWN, Condition, reason, shown
from auditkit.access.decision import CHECKS, Check, Route
from auditkit.access.facts import Facts, Principal
from auditkit.access.sieve import AUZ, Resource, Step, Way
from auditkit.access.telling import near
from auditkit.access.unread import REACHING, lacking, listed

RESULTS = {FAIL: "fail", UNKNOWN: "unknown", PASS: "pass"}
_TOLD = 3
_NO_TYPES = "the role declares no supported principal types"
_NO_ROLE = "the role is not in the snapshot"


class Ask(NamedTuple):
    """One request, as far as the sieve sees it."""

    facts: Facts
    caller: Principal
    permission: str
    resource: Resource | None
    context: Mapping[str, Any]


def check(
    at: int, step: Step, ask: Ask, decided: Mapping[Way, Condition], doubt: Mapping[str, str] | None = None
) -> Check:
    """What one check of the sieve says; where it left nothing, `doubt` are the unread collections that could tell else.

    Then it is unknown, not failed: what was not read is not clean.
    """
    name = AUZ[at]
    if step.result == FAIL and doubt:
        left = f"no route is left of what was read: {_failed(at, step.stopped, ask, decided)}"
        return Check(name, CHECKS[name], "unknown", f"{left}; {_unread(doubt)}", None)
    if step.result == FAIL:
        return Check(name, CHECKS[name], "fail", _failed(at, step.stopped, ask, decided), fix(at, ask))
    told = next((way for way, _ in step.kept if _verdict(at, way, decided) == step.result), step.kept[0][0])
    return Check(name, CHECKS[name], RESULTS[step.result], f"{told.text}: {_kept(at, told, ask, decided)}", None)


def _unread(doubt: Mapping[str, str]) -> str:
    return f"{listed(doubt)} could not be read whole, so it cannot be told"


def skipped(at: int, failed: str, doubt: Mapping[str, str]) -> Check:
    """A check after the one that left no route."""
    read = " of what was read" if doubt else ""
    return Check(AUZ[at], CHECKS[AUZ[at]], "skipped", f"no route{read} is left after {failed}", None)


def has_route(step: Step, facts: Facts) -> Check:
    """AUZ1, which counts; it also says what could not be read and might hold another route."""
    missing = {name: facts.incomplete[name] for name in REACHING if name in facts.incomplete}
    count, expired = len(step.kept), step.stopped
    if count:
        detail = f"reached by {step.kept[0][0].text}" + (f", and {count - 1} more" if count > 1 else "")
    else:
        detail = "no unexpired role assignment or grant reaches it, itself or through a group"
        detail += "".join(f"; {way.text} {_expired(way)}" for way in expired[:_TOLD])
    if count or not missing:
        detail += f"; {listed(missing)} could not be read whole, so there may be more" if missing else ""
        return Check("AUZ1", CHECKS["AUZ1"], "pass" if count else "fail", detail, None if count else _FIXES[0])
    return Check("AUZ1", CHECKS["AUZ1"], "unknown", f"of what was read, {detail}; {_unread(missing)}", None)


def _expired(way: Way) -> str:
    return f"expired on {moment(way.holding.expires)}" if way.holding.expires is not None else ""


def _verdict(at: int, way: Way, decided: Mapping[Way, Condition]) -> int:
    """What this check alone says of a way that it kept."""
    if at == 1 and way.holding.kind == "assignment":
        return PASS if way.holding.role is not None and way.holding.role.types is not None else UNKNOWN
    return UNKNOWN if at == 5 and way in decided else PASS


def _failed(at: int, stopped: Sequence[Way], ask: Ask, decided: Mapping[Way, Condition]) -> str:
    told = [f"{way.text}: {blocked(at, way, ask, decided)}" for way in stopped[:_TOLD]]
    more = len(stopped) - _TOLD
    text = "; ".join(told) + (f"; and {more} more" if more > 0 else "")
    return text + _unknown_type(ask) if at == 4 else text


def blocked(at: int, way: Way, ask: Ask, decided: Mapping[Way, Condition]) -> str:
    """Why a check stopped a way."""
    holding = way.holding
    if at == 0:
        return _expired(way)
    if at == 1:
        types = ", ".join(holding.role.types or ()) if holding.role else ""
        return f"supports {types or 'no principal type'}, not {ask.caller.type}"
    if at == 2:
        return f"belongs to the organisation {holding.organisation}, not {ask.facts.organisation}"
    if at == 3:
        return _lacks(way, ask)
    if at == 4:
        return f"limited to {_place(holding.scope)}, and the request {_wants(ask.resource)}"
    return reason(decided[way], FAIL, ask.context)


def _lacks(way: Way, ask: Ask) -> str:
    holding = way.holding
    if holding.kind == "grant":
        return f"is not for {ask.permission}"
    if holding.role is not None:
        return f"does not hold {ask.permission}"
    return f"{_NO_ROLE}, so {'what it gives is not known' if 'roles' in ask.facts.incomplete else 'it gives nothing'}"


def _place(resource: Resource | None) -> str:
    return f"{resource[0]} {resource[1]}" if resource else "the whole organisation"


def _wants(resource: Resource | None) -> str:
    return f"names {_place(resource)}" if resource else "asks for the whole organisation"


def _kept(at: int, way: Way, ask: Ask, decided: Mapping[Way, Condition]) -> str:
    """Why a check let a way through."""
    holding = way.holding
    if at == 1:
        return _type(way, ask)
    if at == 2:
        return f"belongs to the organisation {holding.organisation}"
    if at == 3:
        return f"{'is for' if holding.kind == 'grant' else 'holds'} {ask.permission}"
    if at == 4:
        return _scope(way, ask) + _unknown_type(ask)
    return _conditions(way, ask, decided)


def _type(way: Way, ask: Ask) -> str:
    role = way.holding.role
    if way.holding.kind == "grant":
        return "a grant supports every principal type"
    if role is None:
        return _NO_ROLE
    return f"supports {ask.caller.type}" if role.types is not None else _NO_TYPES


def _scope(way: Way, ask: Ask) -> str:
    scope = way.holding.scope
    if scope is None:
        return "not limited to a resource"
    if scope == ask.resource:
        return f"limited to {_place(scope)}, which the request names"
    return f"limited to {_place(scope)}, and {ask.resource[1] if ask.resource else ''} lies below it"


def _conditions(way: Way, ask: Ask, decided: Mapping[Way, Condition]) -> str:
    by = decided.get(way)
    if by is not None:
        return reason(by, UNKNOWN, ask.context)
    told = way.holding.conditions
    return f"holds: {'; '.join(map(str, told[:_TOLD]))}" if told else "no condition is attached"


def _unknown_type(ask: Ask) -> str:
    """A resource of a type that the catalogue lacks is judged all the same, and told."""
    if ask.resource is None or ask.resource[0] in ask.facts.hierarchical:
        return ""
    found = near(ask.resource[0], ask.facts.hierarchical)
    hint = f"; did you mean {' or '.join(found)}?" if found else ""
    return f" (the catalogue lacks the resource type {shown(ask.resource[0])}{hint})"


_AGAIN = "Set a later expiry date if it is still needed, or assign the role again."
_FIXES = (
    "Assign the narrowest role that lets the workflow succeed, to the principal or to a group that holds it.",
    "Assign a role that supports {type} principals, or have this role support them.",
    "Assign the role again in the organisation {organisation}.",
    "Assign a role that includes {permission}, or add the permission to a role that is assigned.",
    "Name a resource within the scope, or assign the role with a scope that covers {resource}.",
    "Call so that the condition holds, or change the condition of the assignment, grant or role.",
)


def fix(at: int, ask: Ask) -> str:
    """What would help where this check fails."""
    if at in (0, 5):
        return _FIXES[at]
    if at == 1:
        return _FIXES[1].replace("{type}", ask.caller.type)
    if at == 2:
        return _FIXES[2].replace("{organisation}", ask.facts.organisation)
    if at == 3:
        return _FIXES[3].replace("{permission}", ask.permission)
    return _FIXES[4].replace("{resource}", _place(ask.resource))


def stopped_routes(at: int, step: Step, ask: Ask, decided: Mapping[Way, Condition]) -> list[Route]:
    """The routes that one check stopped, each with the reason and the fix; unknown where what it lacks was not read."""
    help_ = _AGAIN if at == 0 else fix(at, ask)
    told = [(way, blocked(at, way, ask, decided)) for way in step.stopped]
    if not ask.facts.incomplete:
        return [_route(way, ask, "fail", AUZ[at], why, help_) for way, why in told]
    open_ = {way for way in step.stopped if lacking(at, way, ask.facts, ask.resource)}
    return [
        _route(way, ask, "unknown", AUZ[at], why, None)
        if way in open_
        else _route(way, ask, "fail", AUZ[at], why, help_)
        for way, why in told
    ]


def kept_route(way: Way, sure: bool, ask: Ask, decided: Mapping[Way, Condition]) -> Route:
    """A route that no check stopped: it passed everything, or something about it is unknown."""
    if sure:
        return _route(way, ask, "pass", None, "passes every check", None)
    open_ = [_type(way, ask)] if _verdict(1, way, decided) == UNKNOWN else []
    open_ += [_conditions(way, ask, decided)] if way in decided else []
    return _route(way, ask, "unknown", None, "; ".join(open_), None)


def _route(way: Way, ask: Ask, result: str, stopped_by: str | None, why: str, help_: str | None) -> Route:
    holding = way.holding
    grant = holding.kind == "grant"
    return Route(
        holding.kind,
        holding.id,
        None if grant else holding.given,
        holding.role.name if holding.role else None,
        ask.facts.identifiers.get(holding.given, holding.given) if grant else None,
        way.through,
        _place(holding.scope) if holding.scope else None,
        result,
        stopped_by,
        why,
        help_,
        way.text,
    )
