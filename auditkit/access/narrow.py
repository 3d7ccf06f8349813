"""The narrowest access that would do: the smallest excess, then the fewest assignments, for what the rows require.

What a proposal says can be tried: `Narrowing.change` is a change file for `what_if`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.candidates import Catalogue, Choice, Need, Proposal, Unmet, propose
from auditkit.access.hints import known_principal
from auditkit.access.instants import Instant
from auditkit.access.naming import Naming
from auditkit.access.narrowing import Narrowing, Narrowings
from auditkit.access.required import read_required
from auditkit.access.sieve import covers, ways
from auditkit.access.state import conditional
from auditkit.access.tables import Tables
from auditkit.access.telling import Place, place_words
from auditkit.access.unread import not_read, proof, unmet
from auditkit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from auditkit.snapshot import Snapshot


def narrow(
    snapshot: Snapshot,
    principal: str,
    required: pd.DataFrame | str | Path,
    *,
    grants: bool = False,
    as_of: Instant = None,
    time_limit: float = 30.0,
) -> Narrowing:
    """The narrowest set of existing roles that gives a principal all that its required rows ask for.

    `required` is a frame of required permissions or the path of its CSV. With `grants`, direct grants may take part.
    The search is exact unless `time_limit` (seconds) ends it; the answer says which. InputError if no row asks for
    anything for this principal.
    """
    known_principal(snapshot, principal)
    rows = _rows(required)
    if not (rows.principal_id.eq(principal) & rows.expect.eq("allow")).any():
        raise InputError(f"no required row asks for anything for {principal!r}; add one to the required permissions")
    return _Narrower(snapshot, rows, as_of, grants, time_limit).one(principal)


def narrow_all(
    snapshot: Snapshot,
    required: pd.DataFrame | str | Path | None,
    *,
    grants: bool = False,
    as_of: Instant = None,
    time_limit: float = 30.0,
) -> Narrowings:
    """As `narrow`, for every principal of the snapshot with required rows, by id; no rows if `required` is None."""
    if required is None:
        return Narrowings(each=(), not_read=not_read(snapshot))
    rows = _rows(required)
    named = rows.loc[rows.expect.eq("allow"), "principal_id"]
    known = sorted(set(named) & set(snapshot.principals.principal_id))
    narrower = _Narrower(snapshot, rows, as_of, grants, time_limit)
    unknown = sorted(set(named) - set(known))
    each = tuple(narrower.one(principal) for principal in known)
    return Narrowings(each=each, unknown=tuple(unknown), not_read=not_read(snapshot))


def _rows(required: pd.DataFrame | str | Path) -> pd.DataFrame:
    return required if isinstance(required, pd.DataFrame) else read_required(required)


class _Narrower:
    """What the principals of one snapshot have, ready to be compared with what they need."""

    def __init__(self, snapshot: Snapshot, rows: pd.DataFrame, as_of: Instant, grants: bool, time_limit: float) -> None:
        self.tables = Tables(snapshot, as_of=as_of)
        self.catalogue, self.unread = Catalogue(snapshot), not_read(snapshot)
        self.naming = Naming(snapshot)
        self.rows, self.grants, self.time_limit = rows, grants, time_limit
        self.known = self.tables["principals"].set_index("principal_id")
        self.assignments, self.direct = _live(self.tables["assignments"]), _live(self.tables["grants"])
        names = snapshot.permissions.set_index("permission_id").identifier
        self.direct = self.direct.assign(identifier=self.direct.permission_id.map(names).astype("str"))
        self.live = {*self.assignments.assignment_id, *self.direct.grant_id}
        self.given = {role.role_id: role.permissions for role in self.catalogue.roles}
        reached = self.tables["principal_access"]
        giving = set(reached.loc[reached.reached, "principal_id"])
        members = snapshot.group_members
        self.members = members[members.group_id.isin(giving)]

    def one(self, principal: str) -> Narrowing:
        """The narrowest access of one principal."""
        kind = str(self.known.type[principal])
        own = self.rows[self.rows.principal_id.eq(principal)]
        held = self._held(principal)
        proposal = propose(
            self.catalogue, kind, _needs(own, "allow"), denied=_needs(own, "deny"), held=held, grants=self.grants,
            time_limit=self.time_limit,
        )  # fmt: skip
        kept = {choice.held for choice in proposal.chosen}
        has = self.tables["effective"].pairs(principals=[principal])
        assignments = _others(self.assignments, "assignment_id", principal, kept)
        grants = _others(self.direct, "grant_id", principal, kept)
        groups = tuple(sorted(self.members.loc[self.members.principal_id.eq(principal), "group_id"]))
        return Narrowing(
            principal_id=principal,
            type=kind,
            display_name=str(self.known.display_name[principal]),
            chosen=proposal.chosen,
            removed_assignments=assignments,
            removed_grants=grants,
            left_groups=groups,
            named={
                **{("assignment", each): self.naming.assignment(each) for each in assignments},
                **{("grant", each): self.naming.grant(each) for each in grants},
                **{("group", each): self.naming.principal(each) for each in groups},
            },
            excess=proposal.excess,
            wider=proposal.wider,
            beyond=self._beyond(principal, proposal),
            unmet=unmet(proposal, self.unread),
            proven=proposal.cover.proven and not self.unread,
            proof=proof(proposal, self.unread),
            not_read=self.unread,
            notes=self._notes(principal),
            **self._difference(proposal, has),
        )

    def _held(self, principal: str) -> Mapping[tuple[str, str, Place], str]:
        """The live assignments and grants of its own that give something certainly, the smallest id of equal ones."""
        found: dict[tuple[str, str, Place], str] = {}
        for kind, frame, what, key in (
            ("role", self.assignments, "role_id", "assignment_id"),
            ("grant", self.direct, "identifier", "grant_id"),
        ):
            own = frame[frame.principal_id.eq(principal) & ~frame.conditional]
            rows = zip(own[what], _places(own.scope_type, own.scope_path), own[key], strict=True)
            for each, place, name in rows:
                found.setdefault((kind, each, place), name)
        return found

    def _difference(self, proposal: Proposal, has: pd.DataFrame) -> dict[str, tuple[str, ...]]:
        """The permissions, by identifier, that would come and go."""
        after = frozenset[str]().union(*map(self._gives, proposal.chosen))
        certain = set(has.loc[has.level.ne("undetermined"), "identifier"])
        return {"added": tuple(sorted(after - certain)), "taken": tuple(sorted(set(has.identifier) - after))}

    def _gives(self, choice: Choice) -> frozenset[str]:
        return self.given[choice.id] if choice.kind == "role" else frozenset({choice.id})

    def _beyond(self, principal: str, proposal: Proposal) -> tuple[str, ...]:
        """The new choices that reach further than whatever gives the principal some of the same now, in words."""
        facts = self.tables.explainer.facts
        held = [way.holding for way in ways(facts, facts.principal(principal)) if way.holding.id in self.live]
        names = facts.identifiers
        now = [
            (each.scope, {names.get(one) for one in (each.role.permissions if each.role else (each.given,))})
            for each in held
        ]
        told = []
        for choice in (each for each in proposal.chosen if each.held is None):
            places = [place for place, given in now if not given.isdisjoint(self._gives(choice))]
            within = [place for place in places if covers(choice.place, place, self.catalogue.hierarchical)]
            if within and not any(covers(place, choice.place, self.catalogue.hierarchical) for place in places):
                told.append(_reaches(choice, within))
        return tuple(told)

    def _notes(self, principal: str) -> tuple[str, ...]:
        if self.known.usable[principal]:
            return ()
        return ("this principal is not usable (suspended, revoked, expired or of another organisation): "
                "nothing that it is given has an effect until that is mended",)  # fmt: skip


def _reaches(choice: Choice, now: list[Place]) -> str:
    here = place_words(*(choice.place or (None, None)))
    there = ", ".join(sorted({place_words(*place) for place in now if place}))
    why = "" if choice.place else "; a required row that names no resource asks for the whole organisation"
    return f"{choice.name} would reach {here}, where what it is given now reaches {there} alone{why}"


def _live(holdings: pd.DataFrame) -> pd.DataFrame:
    live = holdings[holdings.live]
    return live.assign(conditional=conditional(live.conditions))


def _others(holdings: pd.DataFrame, key: str, principal: str, kept: set[str | None]) -> tuple[str, ...]:
    own = holdings[holdings.principal_id.eq(principal)]
    return tuple(sorted(own.loc[~own[key].isin([each for each in kept if each]), key]))


def _needs(rows: pd.DataFrame, expect: str) -> list[Need]:
    wanted = rows[rows.expect.eq(expect)]
    return list(zip(wanted.permission, _places(wanted.resource_type, wanted.resource_path), strict=True))


def _places(types: Iterable[Any], paths: Iterable[Any]) -> list[Place]:
    pairs = zip(types, paths, strict=True)
    return [None if pd.isna(kind) else (str(kind), str(path)) for kind, path in pairs]


__all__ = ["Narrowing", "Narrowings", "Unmet", "narrow", "narrow_all"]
