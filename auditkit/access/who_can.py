"""What `who_can` answers, with its question: how many people, machines and groups, as text, HTML and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access import state
from auditkit.access.everybody import CERTAINTIES, COLUMNS, who_can
from auditkit.access.explain import Explainer
from auditkit.access.instants import Instant, judged_at
from auditkit.access.tables import Tables
from auditkit.access.telling import Place, columns, html_lines, html_table, place_words, word
from auditkit.access.unread import as_far, first_line, not_read

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

__all__ = ["CERTAINTIES", "COLUMNS", "WhoCan", "every_way", "who_can", "widening"]

_NAMED = 12
_HEAD = ("principal", "type", "name", "shortest route")
_KINDS = {"User": "people", "ApiKey": "machines", "ServiceAccount": "machines", "Group": "groups"}
_WORDS = {"people": ("person", "people"), "machines": ("machine", "machines"), "groups": ("group", "groups"),
          "others": ("principal of another type", "principals of other types")}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WhoCan:
    """The answer of `who_can` with its question, for a command line or a notebook.

    `not_read` are the collections that could not be read whole, with the reason: then of everybody without a certain
    route it is not known, and `rest` are the types of those. `widening` are in words those who may give it to
    themselves, where that was asked.
    """

    permission: str
    resource: Place
    machine_only: bool
    frame: pd.DataFrame
    not_read: Mapping[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    widening: tuple[str, ...] = ()

    @classmethod
    def ask(
        cls,
        snapshot: Snapshot,
        permission: str,
        resource: Place = None,
        context: Mapping[str, Any] | None = None,
        as_of: Instant = None,
        machine_only: bool = False,
    ) -> WhoCan:
        """Ask `who_can`, whose arguments these are."""
        frame = who_can(snapshot, permission, resource, context, as_of, machine_only)
        unread = not_read(snapshot)
        rest = _rest(snapshot, judged_at(as_of, snapshot.as_of), machine_only, frame) if unread else ()
        return cls(permission=permission, resource=resource, machine_only=machine_only, frame=frame, not_read=unread,
                   rest=rest)  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The answer as `who-can --format json` prints it."""
        rows = self.frame.astype(object).where(self.frame.notna(), None)
        kind, path = self.resource or (None, None)
        return {
            "not_read": dict(self.not_read),
            "permission": self.permission,
            "resource_type": kind,
            "resource_path": path,
            "machine_only": self.machine_only,
            **{name: rows[rows.certainty.eq(name)].to_dict("records") for name in CERTAINTIES},
        }

    def to_text(self) -> str:
        """The answer for a reader: the certain and the possible apart."""
        lines = [*first_line(self.not_read), self.headline()]
        for name in CERTAINTIES:
            rows = self._rows(name)
            lines += ["", f"{name} ({len(rows)})", *columns(_HEAD, rows)] if rows else []
        lines += ["", self._beside()] if self.widening else []
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        found = {name: self._rows(name) for name in CERTAINTIES}
        tables = [html_table(_HEAD, rows, f"{name} ({len(rows)})" if rows else name) for name, rows in found.items()]
        if self.not_read and self.frame.certainty.ne("possible").all():
            # An empty table would say that nobody else possibly can.
            tables.pop()
        return html_lines([*first_line(self.not_read), self.headline()]) + "".join(tables)

    def headline(self) -> str:
        """The answer in a sentence, with its question."""
        asked = f"{word(self.permission)} on {place_words(*(self.resource or (None, None)))}"
        certain, possible = (self.frame.type[self.frame.certainty.eq(name)] for name in CERTAINTIES)
        if not self.not_read:
            more = f", and {counted(possible)} possibly can" if len(possible) else ""
            return f"{asked}: {counted(certain)} can{more}"
        rest = f" ({counted(self.rest)})" if self.rest else ""
        return f"{asked}: {counted(certain)} can for certain; whether anybody else{rest} can is not known"

    def _beside(self) -> str:
        more = f" and {len(self.widening) - _NAMED:,} more" if len(self.widening) > _NAMED else ""
        told = (
            f"beside these, {len(self.widening):,} may give it to themselves, by a permission of module iam that does "
            f"more than read: {', '.join(self.widening[:_NAMED])}{more}"
        )
        return as_far(told, self.not_read)

    def _rows(self, certainty: str) -> list[tuple[object, ...]]:
        rows = self.frame[self.frame.certainty.eq(certainty)]
        return list(zip(rows.principal_id, rows.type, rows.display_name, rows.route, strict=True))


def counted(types: Iterable[str]) -> str:
    """How many principals of these types are people, machines and groups: 12 people, 1 machine, 2 groups."""
    kinds = [_KINDS.get(each, "others") for each in types]
    numbers = {kind: kinds.count(kind) for kind in _WORDS}
    told = [f"{number:,} {_WORDS[kind][number != 1]}" for kind, number in numbers.items() if number]
    return ", ".join(told) or "nobody"


def _rest(snapshot: Snapshot, as_of: pd.Timestamp, machine_only: bool, found: pd.DataFrame) -> tuple[str, ...]:
    """The types of the usable principals that have no certain route."""
    known = state.principals(snapshot.principals, snapshot.credentials, snapshot.organisation_id, as_of)
    certain = found.principal_id[found.certainty.eq("certain")]
    left = known[known.usable & (known.machine | (not machine_only)) & ~known.principal_id.isin(certain)]
    return tuple(left.type.astype("str"))


def every_way(
    snapshot: Snapshot, found: WhoCan, context: Mapping[str, Any] | None = None, as_of: Instant = None
) -> pd.DataFrame:
    """Every way by which each of those found can, for handing on: `name`, `id`, `type`, `certainty`, `way`.

    Each way is judged by itself: of somebody who certainly can, another way may be possible only.
    """
    explainer = Explainer(snapshot, as_of)
    open_ = [
        (who, "certain" if route.result == "pass" else "possible", word(route.text))
        for who in found.frame.principal_id
        for route in explainer.decide(who, found.permission, found.resource, context).routes
        if route.stopped_by is None
    ]
    ways = pd.DataFrame(open_, columns=["id", "certainty", "way"], dtype="str")
    known = found.frame.set_index("principal_id")
    ways = ways.assign(name=ways.id.map(known.display_name).astype("str"), type=ways.id.map(known.type).astype("str"))
    return ways[["name", "id", "type", "certainty", "way"]]


def widening(snapshot: Snapshot, found: WhoCan, as_of: Instant = None) -> tuple[str, ...]:
    """Those who cannot now, and hold what PRM008 calls widening: a permission by which they may give it to themselves.

    In words, by id; a group does not act, its members do.
    """
    tables = Tables(snapshot, as_of=as_of)
    people = tables["principals"]
    left = people[people.usable & (people.machine | (not found.machine_only)) & people.type.ne("Group")]
    left = left[~left.principal_id.isin(found.frame.principal_id)]
    iam = state.widening(tables["permissions"])
    pairs = tables["effective"].pairs(principals=left.principal_id, permissions=iam.permission_id)
    held = left[left.principal_id.isin(pairs.loc[pairs.level.ne("undetermined"), "principal_id"])]
    held = held.sort_values("principal_id")
    return tuple(map("{} ({})".format, map(word, held.display_name), map(word, held.principal_id)))
