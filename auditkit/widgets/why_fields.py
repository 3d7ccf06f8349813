"""The fields of one request: who, what, where, with which context; every panel beside the checklist shows the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from auditkit.access.telling import word
from auditkit.widgets.names import WIDE, Names, id_field, text_field

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk
    from auditkit.widgets.why_denied import WhyDenied

# Who, what, where.
Unmet = tuple[str, str, tuple[str, str] | None]


class RequestFields:
    """The fields of a panel's request. They follow it, and whoever types in one changes it."""

    def __init__(self, why: WhyDenied) -> None:
        self._why, self._following = why, False
        frames = why.desk.snapshot
        self.principals = Names(frames.principals.principal_id, frames.principals.display_name)
        self.permissions = Names(frames.permissions.identifier, frames.permissions.name)
        people = frames.principals.drop_duplicates("principal_id").set_index("principal_id").display_name
        choices = [
            ("choose a required row that is not met", None),
            *((_label(each, people), each) for each in why.unmet),
            *((f"must not be held, but is, or may be: {_label(each, people)}", each) for each in why.forbidden),
        ]
        self.gap = ipywidgets.Dropdown(options=choices, description="Gap", **WIDE)
        self.principal = id_field("Principal", self.principals)
        self.permission = id_field("Permission", self.permissions)
        self.kind = id_field("Resource type", Names(frames.resource_types.identifier), hint="such as iot.network")
        self.path = text_field("Resource path", hint="empty: the whole organisation")
        self.context = text_field("Context", hint="request.ip=10.0.0.7, ...")
        self.follow()
        why.listen(self.follow)
        for field in (self.principal, self.permission, self.kind, self.path, self.context):
            field.observe(self._typed, "value")
        self.gap.observe(self._opened, "value")

    @property
    def all(self) -> list[Any]:
        """Every field, the gaps first where there are any."""
        gaps = [self.gap] if self._why.unmet or self._why.forbidden else []
        return [*gaps, self.principal, self.permission, *self.place, self.context]

    @property
    def place(self) -> list[Any]:
        """The fields that say where."""
        return [self.kind, self.path]

    def follow(self) -> None:
        """Show the request as it stands, each id with its name."""
        why = self._why
        self._following = True
        self.principal.value = self.principals.told(why.principal)
        self.permission.value = self.permissions.told(why.permission)
        self.kind.value, self.path.value = why.resource or ("", "")
        self.context.value = ", ".join(f"{name}={value}" for name, value in why.context.items())
        self._following = False

    def _typed(self, _: Any) -> None:
        if self._following:
            return
        kind, path = self.kind.value.strip(), self.path.value.strip()
        self._why.put(
            principal=self.principals.meant(self.principal.value),
            permission=self.permissions.meant(self.permission.value),
            resource=(kind, path) if kind or path else None,
            context=_context(self.context.value),
        )

    def _opened(self, change: Any) -> None:
        if change["new"] is not None:
            who, what, place = change["new"]
            self._why.put(principal=who, permission=what, resource=place)


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
