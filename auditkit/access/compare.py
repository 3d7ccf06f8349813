"""Two principals side by side, and the smallest set of assignments that gives the second what the first has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.candidates import Catalogue, Need, Proposal, propose
from auditkit.access.hints import known_principal
from auditkit.access.instants import Instant
from auditkit.access.narrowing import choice_dict
from auditkit.access.sieve import Way, covers, ways
from auditkit.access.tables import Tables
from auditkit.access.telling import columns, html_lines, html_table, place_words, records, word
from auditkit.access.unread import as_far, first_line, not_read, proof, unmet

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

SIDES = ("only_a", "only_b", "differs", "both")
# What only one of the two has says nothing of the other.
_HEADS = {
    "only_a": ("permission", "a", "why a"),
    "only_b": ("permission", "b", "why b"),
    "differs": ("permission", "a", "b", "why a", "why b"),
}
_IDLE = "is not usable (suspended, revoked, expired or of another organisation), so it effectively has nothing"
_TITLES = {"only_a": "only A has", "only_b": "only B has", "differs": "both have, differently"}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A and B side by side.

    `permissions`: permission, side (of `SIDES`), a and b (their levels), why_a and why_b (a route in words). `roles`
    and `groups`: id, name and side, of what reaches each. `give`: what, given to B, gives it all that A certainly has.
    `unusable`: which of the two effectively has nothing.
    """

    a: str
    b: str
    names: tuple[str, str]
    permissions: pd.DataFrame
    roles: pd.DataFrame
    groups: pd.DataFrame
    give: Proposal
    unusable: tuple[str, ...]
    not_read: Mapping[str, str] = field(default_factory=dict)

    @property
    def different(self) -> pd.DataFrame:
        """The permissions that one of the two has, or has differently."""
        return self.permissions[self.permissions.side.ne("both")].reset_index(drop=True)

    @property
    def notes(self) -> list[str]:
        """What else is to be known of the two."""
        names = dict(zip((self.a, self.b), self.names, strict=True))
        return [f"{word(names[each])} ({word(each)}) {_IDLE}" for each in self.unusable]

    def change(self) -> dict[str, Any]:
        """The giving as a change file for `what_if`."""
        given = [{"principal": self.b, "role": each.id} | _at(each.place) for each in self.give.chosen]
        return {"add_assignment": given} if given else {}

    def to_dict(self) -> dict[str, Any]:
        """The comparison as `compare --format json` prints it."""
        return {
            "not_read": dict(self.not_read),
            "a": self.a,
            "b": self.b,
            **{name: records(getattr(self, name)) for name in ("roles", "groups", "permissions")},
            "give": [choice_dict(each) for each in self.give.chosen],
            "beyond_a": list(self.give.excess),
            "cannot_be_given": [f"{each.permission}: {each.reason}" for each in self.give.unmet],
            "proof": proof(self.give, self.not_read),
            "notes": [f"{word(each)} {_IDLE}" for each in self.unusable],
            "change": self.change(),
        }

    def to_text(self) -> str:
        """The comparison for a reader."""
        lines = [*first_line(self.not_read), self.headline(), *self.notes]
        for what in ("groups", "roles"):
            frame = getattr(self, what)
            sides = list(zip(frame.side, frame.name, frame.id, strict=True))
            lines += ["", what, *columns(("side", "name", "id"), sides)] if sides else []
        for side, title in _TITLES.items():
            rows = self._rows(side)
            lines += ["", f"{title} ({len(rows)})", *columns(_HEADS[side], rows)] if rows else []
        return "\n".join([*lines, "", *self.giving()]) + "\n"

    def _repr_html_(self) -> str:
        tables = "".join(html_table(_HEADS[side], self._rows(side), title) for side, title in _TITLES.items())
        head = [*first_line(self.not_read), self.headline(), *self.notes]
        return html_lines(head) + tables + html_lines(self.giving())

    def headline(self) -> str:
        """The comparison in a sentence."""
        counts = self.permissions.side.value_counts()
        a, b, differs, both = (int(counts.get(side, 0)) for side in SIDES)
        return f"A is {word(self.names[0])} ({word(self.a)}), B is {word(self.names[1])} ({word(self.b)}): " + as_far(
            f"{both} permissions alike, {a} only A's, {b} only B's, {differs} in both, differently", self.not_read
        )

    def _rows(self, side: str) -> list[tuple[object, ...]]:
        frame = self.permissions[self.permissions.side.eq(side)].astype(object)
        shown = [name.replace(" ", "_") for name in _HEADS[side]]
        return list(map(tuple, frame[shown].where(frame[shown].notna(), None).to_numpy().tolist()))

    def giving(self) -> list[str]:
        """What would give B all that A certainly has, in sentences."""
        if not self.give.chosen and not self.give.unmet:
            return [_sentence(as_far("B has all that A certainly has.", self.not_read))]
        more = "" if len(self.give.chosen) == 1 else "s"
        lines = [f"To give B what A has: {len(self.give.chosen)} assignment{more}"] if self.give.chosen else []
        lines += [f"  role {word(each.name)} ({word(each.id)}) on {place_words(*(each.place or (None, None)))}"
                  for each in self.give.chosen]  # fmt: skip
        if self.give.excess:
            lines.append(f"  which gives also, beyond what A or B has: {', '.join(map(word, self.give.excess))}")
        lines += [f"  cannot be given: {word(each.permission)}: {word(each.reason)}" for each in self.give.unmet]
        return [*lines, f"  {proof(self.give, self.not_read)}"]


def compare(snapshot: Snapshot, a: str, b: str, as_of: Instant = None, *, time_limit: float = 30.0) -> Comparison:
    """Two principals side by side, at `as_of`: groups, roles, effective permissions, each with a route that gives it.

    What is proposed to give B what A has brings the least that neither has, and then is the smallest such set.
    """
    for each in (a, b):
        known_principal(snapshot, each)
    tables = Tables(snapshot, as_of=as_of)
    routes = {each: _live(tables, each) for each in {a, b}}
    catalogue = Catalogue(snapshot)
    kind = str(snapshot.principals.set_index("principal_id").type[b])
    wanted, has = _needs(tables, a, routes[a]), _needs(tables, b, routes[b])
    missing = [need for need in wanted if not any(_within(need, other, catalogue) for other in has)]
    names = snapshot.principals.set_index("principal_id").display_name
    usable = tables["principals"].set_index("principal_id").usable
    unread = not_read(snapshot)
    give = propose(catalogue, kind, missing, tolerated={*wanted, *has}, time_limit=time_limit)
    return Comparison(
        a=a,
        b=b,
        names=(str(names[a]), str(names[b])),
        permissions=_permissions(tables, a, b, routes),
        roles=_sided({each: _roles(found) for each, found in routes.items()}, a, b),
        groups=_sided({each: _groups(tables, each) for each in routes}, a, b),
        give=replace(give, unmet=unmet(give, unread)),
        unusable=tuple(each for each in dict.fromkeys((a, b)) if not usable[each]),
        not_read=unread,
    )


def _within(need: Need, other: Need, catalogue: Catalogue) -> bool:
    """Whether who has the other thing has this one."""
    return need[0] == other[0] and covers(other[1], need[1], catalogue.hierarchical)


def _live(tables: Tables, principal: str) -> list[Way]:
    """The routes of a principal that are live and do not refuse its type."""
    facts, now = tables.explainer.facts, int(tables.as_of.to_datetime64().astype("datetime64[us]").astype("int64"))
    caller = facts.principal(principal)
    found = [way for way in ways(facts, caller) if _counts(way, now, facts.organisation)]
    return [way for way in found if _grade(way, caller.type) != "no"]


def _counts(way: Way, now: int, organisation: str) -> bool:
    held = way.holding
    known = held.kind == "grant" or held.role is not None
    return known and held.organisation == organisation and (held.expires is None or held.expires > now)


def _grade(way: Way, kind: str) -> str:
    """Whether a route gives what it holds: yes, no, or maybe (no declared types, or conditions)."""
    role = way.holding.role
    if role is not None and role.types is not None and kind not in role.types:
        return "no"
    return "maybe" if way.holding.conditions or (role is not None and role.types is None) else "yes"


def _needs(tables: Tables, principal: str, routes: Iterable[Way]) -> list[Need]:
    """What a principal certainly has, and where."""
    caller = tables.explainer.facts.principal(principal)
    usable = tables["principals"].set_index("principal_id").usable[principal]
    sure = [way for way in routes if usable and _grade(way, caller.type) == "yes"]
    return sorted({(name, way.holding.scope) for way in sure for name in _identifiers(tables, way)}, key=repr)


def _identifiers(tables: Tables, way: Way) -> set[str]:
    names = tables.explainer.facts.identifiers
    held = {way.holding.given} if way.holding.role is None else way.holding.role.permissions
    return {names[each] for each in held if each in names}


def _permissions(tables: Tables, a: str, b: str, routes: dict[str, list[Way]]) -> pd.DataFrame:
    pairs = tables["effective"].pairs(principals=[a, b]).drop_duplicates(["principal_id", "identifier"])
    left, right = (
        pairs.loc[pairs.principal_id.eq(each)].set_index("identifier").level.astype("str") for each in (a, b)
    )
    every = sorted({*left.index, *right.index})
    frame = pd.DataFrame({"permission": every, "a": left.reindex(every).array, "b": right.reindex(every).array})
    side = pd.Series("differs", index=frame.index, dtype="str")
    side = side.mask(frame.a.eq(frame.b), "both").mask(frame.a.isna(), "only_b").mask(frame.b.isna(), "only_a")
    why = {each: _why(tables, each, found) for each, found in routes.items()}
    return frame.assign(
        side=side,
        why_a=pd.Series([why[a].get(name) for name in every], dtype="str"),
        why_b=pd.Series([why[b].get(name) for name in every], dtype="str"),
    )[["permission", "side", "a", "b", "why_a", "why_b"]]


def _why(tables: Tables, principal: str, routes: list[Way]) -> dict[str, str]:
    """For each permission, the route that gives most: the organisation, then a scope, then what may give it."""
    kind = tables.explainer.facts.principal(principal).type
    best = sorted(routes, key=lambda way: (_grade(way, kind) != "yes", way.holding.scope is not None))
    found: dict[str, str] = {}
    for way in best:
        place = "" if way.holding.scope is None else f", on {place_words(*way.holding.scope)}"
        for name in _identifiers(tables, way):
            found.setdefault(name, way.text + place)
    return found


def _roles(routes: Iterable[Way]) -> dict[str, str]:
    return {way.holding.role.id: way.holding.role.name for way in routes if way.holding.role is not None}


def _groups(tables: Tables, principal: str) -> dict[str, str]:
    facts = tables.explainer.facts
    return {group: facts.name(group) for group, _ in facts.above(principal)}


def _sided(found: dict[str, dict[str, str]], a: str, b: str) -> pd.DataFrame:
    every = found[a] | found[b]
    sides = ["only_b" if each not in found[a] else "only_a" if each not in found[b] else "both" for each in every]
    frame = pd.DataFrame({"id": list(every), "name": list(every.values()), "side": sides}, dtype="str")
    return frame.sort_values(["side", "id"], ignore_index=True)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _at(place: tuple[str, str] | None) -> dict[str, str]:
    return {} if place is None else {"resource_type": place[0], "resource": place[1]}
