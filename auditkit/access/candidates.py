"""What could be given to a principal: the existing roles that support its type, at the places that are asked for.

`propose` finds, among them, the exact set that gives what is wanted with the least excess, then the fewest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.access.cover import Cover, choose
from auditkit.access.sieve import covers
from auditkit.access.state import conditional
from auditkit.access.telling import Place, place_words

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

# A permission by its identifier, and where: a pair (resource type, path), or None for the whole organisation.
Need = tuple[str, Place]
# The place of an excess that nobody asked for anywhere: it counts once, wherever it is given.
_NOWHERE = ("", "")


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role as a candidate: its permissions by identifier, the types it declares, whether conditions are attached."""

    role_id: str
    name: str
    types: frozenset[str] | None
    permissions: frozenset[str]
    conditional: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing to give: a role, or a permission as a direct grant, at a place; `held` is what gives it already."""

    kind: str
    id: str
    name: str
    place: Place
    held: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """What nothing can give, and why."""

    permission: str
    place: Place
    reason: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The choices, what they give beyond what is wanted, what cannot be met, and the proof.

    `wider` is that part of the excess which is wanted, only not on so wide a place.
    """

    chosen: tuple[Choice, ...]
    excess: tuple[str, ...]
    unmet: tuple[Unmet, ...]
    cover: Cover
    wider: tuple[Need, ...] = ()

    @property
    def proof(self) -> str:
        """Whether the choice is proven to be the narrowest; if the time ended the search, what is known."""
        if self.cover.proven:
            return "proven: no other choice has less excess, or as little with fewer assignments"
        if self.cover.excess > self.cover.excess_bound:
            gap = f"its excess is {self.cover.excess}, and no choice can have less than {self.cover.excess_bound}"
        else:
            least = max(1, round(self.cover.cost_bound))
            gap = f"its excess is the least; it has {len(self.chosen)} assignments, and no choice has under {least}"
        return f"not proven, the time ended: {gap}"


class Catalogue:
    """The roles, permissions and resource types of a snapshot, as candidates."""

    def __init__(self, snapshot: Snapshot) -> None:
        roles, permissions = snapshot.roles, snapshot.permissions
        names = dict(zip(permissions.permission_id, permissions.identifier, strict=True))
        self.identifiers = frozenset(permissions.identifier)
        types = snapshot.resource_types
        self.hierarchical = dict(zip(types.identifier, types.supports_hierarchical_scope.tolist(), strict=True))
        rows = zip(roles.role_id, roles.name, roles.supported_principal_types.tolist(), roles.permission_ids.tolist(),
                   conditional(roles.conditions), strict=True)  # fmt: skip
        self.roles = tuple(
            Role(
                role_id=role_id,
                name=name,
                types=None if kinds is None or kinds is pd.NA else frozenset(kinds),
                permissions=frozenset(names[each] for each in held or () if each in names),
                conditional=bool(doubt),
            )
            for role_id, name, kinds, held, doubt in rows
        )

    def usable(self, principal_type: str) -> list[Role]:
        """The roles that certainly give their permissions to a principal of this type."""
        return [
            role
            for role in self.roles
            if role.types is not None and principal_type in role.types and not role.conditional
        ]

    def reason(self, permission: str, principal_type: str) -> str:
        """Why no role gives a permission to a principal of this type."""
        if permission not in self.identifiers:
            return "the catalogue has no such permission"
        holders = [role for role in self.roles if permission in role.permissions]
        if not holders:
            return "no role holds it"
        supporting = [role for role in holders if role.types is not None and principal_type in role.types]
        if supporting and all(role.conditional for role in supporting):
            return f"the roles that support {principal_type} hold it under conditions only: {_names(supporting)}"
        if supporting:
            return f"every role that supports {principal_type} and holds it would also give what must never be held"
        return f"no role that supports {principal_type} holds it; it is held by {_names(holders)}"


def _names(roles: Sequence[Role]) -> str:
    names = sorted(role.name for role in roles)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def propose(
    catalogue: Catalogue,
    principal_type: str,
    wanted: Iterable[Need],
    *,
    tolerated: Iterable[Need] = (),
    denied: Iterable[Need] = (),
    held: Mapping[tuple[str, str, Place], str] | None = None,
    grants: bool = False,
    time_limit: float = 30.0,
) -> Proposal:
    """The narrowest choice that gives all that is wanted.

    `tolerated` is no excess though it is not wanted; nothing is chosen that gives what is `denied`; of equal choices
    the one that is `held` wins: (kind, id, place) to the assignment or grant.
    """
    needs = sorted(set(wanted), key=_order)
    allowed = frozenset(needs) | frozenset(tolerated)
    possible = list(_possible(catalogue, principal_type, needs, frozenset(denied), grants))
    gives = [_gives(catalogue, choice, permissions, needs) for choice, permissions in possible]
    extras = [_extras(catalogue, choice, permissions, allowed) for choice, permissions in possible]
    have = held or {}
    costs = [_cost(choice, have, len(needs)) for choice, _ in possible]
    numbers = {extra: at for at, extra in enumerate(sorted(frozenset().union(*extras), key=_order))}
    cover = choose(gives, [frozenset(map(numbers.__getitem__, each)) for each in extras], costs, time_limit=time_limit)
    chosen = [possible[at][0] for at in cover.chosen]
    met = frozenset().union(*gives)
    found = frozenset[Need]().union(*(extras[at] for at in cover.chosen))
    return Proposal(
        chosen=tuple(_marked(choice, have) for choice in chosen),
        excess=tuple(sorted(map(extra_words, found))),
        wider=tuple(sorted((each for each in found if each[1] != _NOWHERE), key=_order)),
        unmet=tuple(
            Unmet(permission=name, place=place, reason=catalogue.reason(name, principal_type))
            for at, (name, place) in enumerate(needs)
            if at not in met
        ),
        cover=cover,
    )


def _possible(
    catalogue: Catalogue, principal_type: str, needs: Sequence[Need], denied: frozenset[Need], grants: bool
) -> Iterable[tuple[Choice, frozenset[str]]]:
    places = sorted({place for _, place in needs}, key=lambda place: place or ("", ""))
    names = {name for name, _ in needs}
    for role in catalogue.usable(principal_type):
        if role.permissions & names:
            for place in places:
                if not _forbidden(catalogue, role.permissions, place, denied):
                    yield Choice(kind="role", id=role.role_id, name=role.name, place=place), role.permissions
    for name, place in needs if grants else ():
        if name in catalogue.identifiers and not _forbidden(catalogue, frozenset({name}), place, denied):
            yield Choice(kind="grant", id=name, name=name, place=place), frozenset({name})


def _forbidden(catalogue: Catalogue, permissions: frozenset[str], place: Place, denied: frozenset[Need]) -> bool:
    return any(name in permissions and covers(place, at, catalogue.hierarchical) for name, at in denied)


def _gives(catalogue: Catalogue, choice: Choice, permissions: frozenset[str], needs: Sequence[Need]) -> frozenset[int]:
    return frozenset(
        at
        for at, (name, place) in enumerate(needs)
        if name in permissions and covers(choice.place, place, catalogue.hierarchical)
    )


def _extras(
    catalogue: Catalogue, choice: Choice, permissions: frozenset[str], allowed: frozenset[Need]
) -> frozenset[Need]:
    """What a choice gives beyond what is allowed: a permission that nobody asked for, once wherever it is given; one
    that was asked for, at each place that is wider than asked.
    """
    asked = {name for name, place in allowed if covers(place, choice.place, catalogue.hierarchical)}
    somewhere = {name for name, _ in allowed}
    extra = permissions - asked
    return frozenset((name, choice.place if name in somewhere else _NOWHERE) for name in extra)


def extra_words(extra: Need) -> str:
    """An excess in words, as `Proposal.excess` has it."""
    name, place = extra
    if place == _NOWHERE:
        return name
    return f"{name} (wider than asked: {place_words(*(place or (None, None)))})"


def _cost(choice: Choice, held: Mapping[tuple[str, str, Place], str], needs: int) -> float:
    """One for each choice, and so little more for what is new, and for a grant, that it never outweighs a choice."""
    little = 1 / (4 * (needs + 1))
    new = (choice.kind, choice.id, choice.place) not in held
    return 1 + little * new + 2 * little * (choice.kind == "grant")


def _marked(choice: Choice, held: Mapping[tuple[str, str, Place], str]) -> Choice:
    by = held.get((choice.kind, choice.id, choice.place))
    return Choice(kind=choice.kind, id=choice.id, name=choice.name, place=choice.place, held=by)


def _order(need: Need) -> tuple[str, bool, tuple[str, str]]:
    name, place = need
    return name, place is not None, place or ("", "")
