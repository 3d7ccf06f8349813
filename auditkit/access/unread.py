"""What was not read: a collection that is not whole may hold what an answer misses, and then the answer says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditkit.access.sieve import Step, Way, below
from auditkit.access.telling import Place, word
from auditkit.schema import COLLECTIONS

if TYPE_CHECKING:
    from auditkit.access.candidates import Proposal, Unmet
    from auditkit.access.facts import Facts
    from auditkit.snapshot import Snapshot

# What may bring a route that is not known of.
REACHING = ("principals", "group_members", "role_assignments", "permission_grants")
DECIDING = (*REACHING, "roles", "permissions", "resource_types")
EVERY = tuple(COLLECTIONS)
_AS_FAR = "as far as could be read"
_INCLUDED, _IN_SCOPE = 3, 4


def not_read(snapshot: Snapshot, among: Iterable[str] = DECIDING) -> dict[str, str]:
    """Those of these collections that could not be read whole, each with the reason."""
    return {name: snapshot.incomplete[name] for name in among if name in snapshot.incomplete}


def listed(unread: Mapping[str, str]) -> str:
    """Collections with their reasons, in words: roles (403), group_members (404)."""
    return ", ".join(f"{word(name)} ({word(why)})" for name, why in unread.items())


def first_line(unread: Mapping[str, str]) -> list[str]:
    """What an answer begins with where something was not read; no line where all was."""
    return [f"not read whole: {listed(unread)}; what is missing there may change this answer"] if unread else []


def as_far(sentence: str, unread: Mapping[str, str]) -> str:
    """A sentence that says no more than was read."""
    return f"{_AS_FAR}, {sentence}" if unread else sentence


def proof(proposal: Proposal, unread: Mapping[str, str]) -> str:
    """How good a proposal is; nothing is proven over what was not read."""
    told = proposal.proof
    return as_far(told.removeprefix("proven: ").removeprefix("not proven, "), unread) if unread else told


def unmet(proposal: Proposal, unread: Mapping[str, str]) -> tuple[Unmet, ...]:
    """What nothing that was read can give, and why."""
    return tuple(replace(each, reason=as_far(each.reason, unread)) for each in proposal.unmet)


def doubt(facts: Facts, steps: Sequence[Step], resource: Place) -> dict[str, str]:
    """The unread collections that could hold another route, or what a route that was stopped lacked, with the reason.

    Only these can change the answer of a sieve that left nothing.
    """
    unread = facts.incomplete
    if not unread:
        return {}
    lacked = {lacking(at, way, facts, resource) for at, step in enumerate(steps) for way in step.stopped}
    return {name: unread[name] for name in DECIDING if name in unread and (name in REACHING or name in lacked)}


def lacking(at: int, way: Way, facts: Facts, resource: Place) -> str | None:
    """The unread collection that could hold what a check found this route to lack."""
    unread, held = facts.incomplete, way.holding
    if at == _INCLUDED:
        if held.kind == "assignment" and held.role is None:
            return "roles" if "roles" in unread else None
        # An identifier may stand for a permission that was not read, besides the one that was.
        given = (held.given,) if held.role is None else held.role.permissions
        return (
            "permissions" if "permissions" in unread and any(each not in facts.identifiers for each in given) else None
        )
    if at == _IN_SCOPE and "resource_types" in unread and held.scope is not None and resource is not None:
        kind, path = held.scope
        return "resource_types" if kind not in facts.hierarchical and below(resource[1], path) else None
    return None
