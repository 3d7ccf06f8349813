"""The fields of one request: who, what, where, with which context; every panel beside the checklist shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.access.telling import word
from auditkit.widgets.form import Field
from auditkit.widgets.names import Names, id_field

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk
    from auditkit.widgets.why_denied import WhyDenied

_NO_GAP = "choose a required row that is not met"
# Who, what, where.
Unmet = tuple[str, str, tuple[str, str] | None]


class RequestFields:
    """The request's fields, for every form that asks of it: what they hold, and what is asked once one was typed in."""

    def __init__(self, why: WhyDenied) -> None:
        self._why = why
        frames = why.desk.snapshot
        self.principals = Names(frames.principals.principal_id, frames.principals.display_name)
        self.permissions = Names(frames.permissions.identifier, frames.permissions.name)
        people = frames.principals.drop_duplicates("principal_id").set_index("principal_id").display_name
        self._gaps = {_label(each, people): each for each in why.unmet}
        self._gaps |= {f"must not be held, but is, or may be: {_label(each, people)}": each for each in why.forbidden}
        types = Names(frames.resource_types.identifier)
        self._fields = {
            each.name: each
            for each in (
                Field(name="gap", label="Gap", choice=True, options=(_NO_GAP, *self._gaps)),
                id_field("principal", "Principal", self.principals),
                id_field("permission", "Permission", self.permissions),
                id_field("kind", "Resource type", types, hint="such as iot.network"),
                Field(name="path", label="Resource path", hint="empty: the whole organisation"),
                Field(name="context", label="Context", hint="request.ip=10.0.0.7, ..."),
            )
        }

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    @property
    def all(self) -> list[Field]:
        """Every field, the gaps first where there are any."""
        return [each for name, each in self._fields.items() if name != "gap" or self._gaps]

    @property
    def place(self) -> list[Field]:
        """The fields that say where."""
        return [self["kind"], self["path"]]

    def words(self) -> dict[str, str]:
        """What each field holds for the request as it stands, each id with its name."""
        why = self._why
        kind, path = why.resource or ("", "")
        asked = (why.principal, why.permission, why.resource)
        return {
            "gap": next((label for label, gap in self._gaps.items() if gap == asked), _NO_GAP),
            "principal": self.principals.told(why.principal),
            "permission": self.permissions.told(why.permission),
            "kind": kind,
            "path": path,
            "context": ", ".join(f"{name}={value}" for name, value in why.context.items()),
        }

    def typed(self, words: Mapping[str, str]) -> None:
        """Ask what was typed in some of the fields, and otherwise what is asked already."""
        known = words.keys() & self._fields.keys()
        if not known:
            return
        now = {**self.words(), **words}
        kind, path = now["kind"].strip(), now["path"].strip()
        request = {
            "principal": self.principals.meant(now["principal"]),
            "permission": self.permissions.meant(now["permission"]),
            "resource": (kind, path) if kind or path else None,
        }
        if "gap" in words and now["gap"] in self._gaps:
            request = dict(zip(request, self._gaps[now["gap"]], strict=True))
        self._why.put(**request, **({"context": _context(now["context"])} if "context" in words else {}))


def unmet(desk: Desk, expect: str = "allow") -> list[Unmet]:
    """The required rows of this kind, judged and not met: `allow`, what must be held; `deny`, what never may be."""
    gaps = desk.tables["gaps"]
    met = {"allow": "allowed", "deny": "denied"}[expect]
    rows = gaps[gaps.expect.eq(expect) & gaps.outcome.notna() & gaps.outcome.ne(met)]
    places = [None if pd.isna(kind) else (str(kind), str(path))
              for kind, path in zip(rows.resource_type, rows.resource_path, strict=True)]  # fmt: skip
    return list(zip(rows.principal_id, rows.permission, places, strict=True))


def _context(text: str) -> dict[str, str]:
    """`name=value` pairs, separated by commas; what is no pair is left out, and so judged as unknown."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}


def _label(gap: Unmet, people: pd.Series) -> str:
    principal, permission, place = gap
    known = people.get(principal)
    who = principal if known is None or pd.isna(known) else f"{known} ({principal})"
    return word(f"{who}: {permission}" + (f" on {place[0]} {place[1]}" if place else ""))
