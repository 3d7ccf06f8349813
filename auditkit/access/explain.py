"""Why a request is allowed, denied or undetermined: eight authentication checks, a sieve of six over its routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from auditkit.access import sieve, words
from auditkit.access.authentication import authentication
from auditkit.access.conditions import FAIL, Condition
from auditkit.access.decision import Check, Decision, Route
from auditkit.access.facts import Facts, Principal
from auditkit.access.instants import Instant, judged_at
from auditkit.access.sieve import AUZ, Resource, Step, Way
from auditkit.access.unread import doubt
from auditkit.errors import InputError

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

__all__ = ["APIS", "METHODS", "Decision", "Explainer", "explain"]

METHODS = ("token", "direct")
APIS = ("iam", "iot")
# Enough for a batch, and few enough that a stream of ever new principals does not fill the memory.
_KEPT = 20_000


def explain(
    snapshot: Snapshot,
    principal: str,
    permission: str,
    resource: Resource | None = None,
    context: Mapping[str, Any] | None = None,
    credential: str | None = None,
    method: str = "token",
    api: str = "iam",
    as_of: Instant = None,
) -> Decision:
    """Decide one request at `as_of` (default: when the snapshot was pulled), with every check and its reason.

    `as_of` is RFC 3339 text or a time with its zone.

    `permission` is an identifier, `resource` a resource type and a path, `context` what conditions look up,
    `credential` a key id, `method` token or direct, `api` iam or iot. UnknownPrincipal and UnknownPermission name the
    nearest known.
    """
    return Explainer(snapshot, as_of).decide(principal, permission, resource, context, credential, method, api)


class Explainer:
    """Decides many requests on one snapshot at one instant: what they share is worked out once."""

    def __init__(self, snapshot: Snapshot, as_of: Instant = None, *, facts: Facts | None = None) -> None:
        self.as_of = judged_at(as_of, snapshot.as_of)
        self.facts = Facts(snapshot) if facts is None else facts
        # Times are kept in whole microseconds, so what is finer than that cannot change a comparison.
        self._now = int(self.as_of.to_datetime64().astype("datetime64[us]").astype("int64"))
        self._callers: dict[str, _Caller] = {}

    def decide(
        self,
        principal: str,
        permission: str,
        resource: Resource | None = None,
        context: Mapping[str, Any] | None = None,
        credential: str | None = None,
        method: str = "token",
        api: str = "iam",
    ) -> Decision:
        """Decide one request; the arguments are those of `explain`."""
        caller = self._caller(principal)
        recognised = caller.recognised(credential, method, api)
        run = caller.run(permission, resource, context or {})
        checks = recognised + run.checks()
        failed = next((check.id for check in checks if check.result == "fail"), None)
        return Decision(_outcome(failed, checks, run), failed, checks, run.routes())

    def _caller(self, principal: str) -> _Caller:
        found = self._callers.get(principal)
        if found is None:
            if len(self._callers) >= _KEPT:
                self._callers.clear()
            found = self._callers[principal] = _Caller(self.facts, self.facts.principal(principal), self._now)
        return found


def _outcome(failed: str | None, checks: tuple[Check, ...], run: _Run) -> str:
    if failed is not None:
        return "denied"
    # Whether direct authentication is on can be unknown, where the organisation could not be read.
    sure = run.certain and not any(check.result == "unknown" for check in checks if check.id.startswith("AUT"))
    return "allowed" if sure else "undetermined"


class _Caller:
    """One principal at one instant, with what does not depend on the request: AUZ1 to AUZ3, and its authentication."""

    def __init__(self, facts: Facts, principal: Principal, now: int) -> None:
        self.facts, self.principal, self._now = facts, principal, now
        self._recognised: dict[tuple[str | None, str, str], tuple[Check, ...]] = {}

    def recognised(self, credential: str | None, method: str, api: str) -> tuple[Check, ...]:
        """The authentication checks."""
        key = (credential, method, api)
        found = self._recognised.get(key)
        if found is None:
            _refuse_unknown(method, api)
            found = authentication(self.facts, self.principal, self._now, credential, method, api)
            self._recognised[key] = found
        return found

    @cached_property
    def first(self) -> tuple[Step, ...]:
        """AUZ1 to AUZ3, or up to the one that fails."""
        steps = [sieve.unexpired(sieve.ways(self.facts, self.principal), self._now)]
        if steps[-1].result != FAIL:
            steps.append(sieve.type_supported(steps[-1], self.principal))
        if steps[-1].result != FAIL:
            steps.append(sieve.route_organisation(steps[-1], self.facts.organisation))
        return tuple(steps)

    @cached_property
    def first_checks(self) -> tuple[Check, ...]:
        """What AUZ1 to AUZ3 say, which is the same for every request."""
        ask = words.Ask(self.facts, self.principal, "", None, {})
        unread = doubt(self.facts, self.first, None)
        rest = (words.check(at, step, ask, {}, unread) for at, step in enumerate(self.first[1:], start=1))
        return (words.has_route(self.first[0], self.facts), *rest)

    @cached_property
    def first_routes(self) -> tuple[Route, ...]:
        """The routes that AUZ1 to AUZ3 stop, the latest stopped first."""
        ask = words.Ask(self.facts, self.principal, "", None, {})
        return tuple(_stopped(0, self.first, ask, {}))

    def run(self, permission: str, resource: Resource | None, context: Mapping[str, Any]) -> _Run:
        """The whole sieve for one request."""
        wanted = self.facts.permission(permission)
        steps = list(self.first)
        decided: dict[Way, Condition] = {}
        if steps[-1].result != FAIL:
            steps.append(sieve.permission_included(steps[-1], wanted))
        if steps[-1].result != FAIL:
            steps.append(sieve.scope_matches(steps[-1], resource, self.facts.hierarchical))
        if steps[-1].result != FAIL:
            last, decided = sieve.conditions_hold(steps[-1], context)
            steps.append(last)
        return _Run(self, words.Ask(self.facts, self.principal, permission, resource, context), steps, decided)


def _refuse_unknown(method: str, api: str) -> None:
    if method not in METHODS:
        raise InputError(f"method is {method!r}; it is token or direct")
    if api not in APIS:
        raise InputError(f"api is {api!r}; it is iam or iot")


class _Run:
    """One request put through the sieve: the steps up to the one that fails, and what was left."""

    def __init__(self, caller: _Caller, ask: words.Ask, steps: list[Step], decided: dict[Way, Condition]) -> None:
        self._caller, self._ask, self._steps, self._decided = caller, ask, steps, decided
        ended = steps[-1].result == FAIL
        self._last = AUZ[len(steps) - 1] if ended else ""
        self._doubt = doubt(ask.facts, steps, ask.resource) if ended else {}
        self.certain = any(sure for _, sure in steps[-1].kept)

    def checks(self) -> tuple[Check, ...]:
        """AUZ1 to AUZ6 in words."""
        told = list(self._caller.first_checks)
        judged = range(len(told), len(self._steps))
        told += [words.check(at, self._steps[at], self._ask, self._decided, self._doubt) for at in judged]
        told += [words.skipped(at, self._last, self._doubt) for at in range(len(told), len(AUZ))]
        return tuple(told)

    def routes(self) -> tuple[Route, ...]:
        """Every route, the one that came nearest first."""
        kept = sorted(self._steps[-1].kept, key=_sure_first)
        last = [words.kept_route(way, sure, self._ask, self._decided) for way, sure in kept]
        return (*last, *_stopped(3, self._steps, self._ask, self._decided), *self._caller.first_routes)


def _stopped(since: int, steps: Sequence[Step], ask: words.Ask, decided: Mapping[Way, Condition]) -> Iterator[Route]:
    """The routes stopped by the checks from this one on, the last stopped first."""
    for at in range(len(steps) - 1, since - 1, -1):
        if steps[at].stopped:
            yield from words.stopped_routes(at, steps[at], ask, decided)


def _sure_first(pair: tuple[Way, bool]) -> bool:
    return not pair[1]
