"""Why is this denied: choose who, what, where and with which context, and see the checklist change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from auditkit.access.explain import Decision
from auditkit.errors import AuditkitError, InputError
from auditkit.widgets.base import Static
from auditkit.widgets.markup import bullets, definitions, safe_table, safe_text

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk

_MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "skipped": "·"}
_WIDE = {"layout": {"width": "640px", "max_width": "100%"}, "style": {"description_width": "130px"}}


class WhyDenied:
    """One request, its decision and its checklist. `decision` is what `explain` says of it."""

    def __init__(
        self,
        desk: Desk,
        principal: str | None = None,
        permission: str | None = None,
        resource: tuple[str, str] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.desk = desk
        self.unmet = _unmet(desk)
        first = self.unmet[0] if self.unmet and principal is None and permission is None else (None, None, None)
        self.principal = principal or first[0] or _first(desk.snapshot.principals.principal_id)
        self.permission = permission or first[1] or _first(desk.snapshot.permissions.identifier)
        self.resource = resource or first[2]
        self.context = dict(context or {})
        self._widget: Any = None

    @property
    def decision(self) -> Decision:
        """The decision on the request as it stands; UnknownPrincipal or UnknownPermission if it names one."""
        return self.desk.tables.explainer.decide(self.principal, self.permission, self.resource, self.context)

    @property
    def peer(self) -> str:
        """Another principal of the same type, to compare with; the same one where it is the only one."""
        principals = self.desk.snapshot.principals
        kind = principals.loc[principals.principal_id.eq(self.principal), "type"]
        others = principals[principals.type.isin(kind) & principals.principal_id.ne(self.principal)]
        return _first(others.principal_id) or self.principal

    def move(self, **request: Any) -> Decision:
        """Ask something else: any of principal, permission, resource and context."""
        for name, value in request.items():
            if name not in ("principal", "permission", "resource", "context"):
                raise InputError(f"a request has no {name!r}; it has principal, permission, resource, context")
            setattr(self, name, value)
        return self.decision

    def static(self) -> Static:
        """The checklist without a kernel."""
        try:
            decision = self.decision
        except AuditkitError as error:
            return Static(f'<p class="ak-warn">{safe_text(str(error))}</p>', text=str(error))
        return Static(self._facts() + checklist(decision), text=f"{decision.outcome}: {decision.detail}")

    def widget(self) -> Any:
        """The request's fields above its checklist, which changes with them; made once."""
        if self._widget is None:
            self._widget = _controls(self)
        return self._widget

    def _facts(self) -> str:
        place = "the whole organisation" if self.resource is None else f"{self.resource[0]} {self.resource[1]}"
        context = ", ".join(f"{name} = {value}" for name, value in self.context.items()) or "none given"
        asked = (("Principal", self.principal), ("Permission", self.permission))
        return definitions((*asked, ("Resource", place), ("Context", context)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        twin = self.static()
        if self.desk.headless:
            return {"text/plain": repr(twin), "text/html": twin.fragment}
        live: dict[str, Any] = self.widget()._repr_mimebundle_()
        return {**live, "text/html": twin._repr_html_(), "text/plain": repr(twin)}


def checklist(decision: Decision) -> str:
    """A decision as HTML: the outcome, the fourteen checks, every route with the check that stopped it, the fixes."""
    by = f" by {decision.failed_check}" if decision.failed_check else ""
    checks = pd.DataFrame(
        [(_MARKS[each.result], f"{each.id} {each.name}", each.result, each.detail) for each in decision.checks],
        columns=["", "check", "result", "detail"],
    )
    routes = pd.DataFrame(
        [(_MARKS[each.result], each.stopped_by, each.text, each.reason) for each in decision.routes],
        columns=["", "stopped by", "route", "why"],
    )
    fixes = f"<p><strong>What would help</strong></p>{bullets(decision.fixes)}" if decision.fixes else ""
    table = safe_table(routes, caption="Routes, the nearest first") if len(routes) else ""
    head = f'<p class="ak-head">{safe_text(f"{decision.outcome}{by}: {decision.detail}")}</p>'
    return head + safe_table(checks, caption="Checks") + table + fixes


def _controls(panel: WhyDenied) -> Any:
    desk = panel.desk
    kinds = desk.snapshot.resource_types.identifier.to_list()
    choices = [("choose a required permission that is not met", None), *((_label(each), each) for each in panel.unmet)]
    gap = ipywidgets.Dropdown(options=choices, description="Gap", **_WIDE)
    principal = _combo("Principal", panel.principal, desk.snapshot.principals.principal_id.to_list())
    permission = _combo("Permission", panel.permission, desk.snapshot.permissions.identifier.to_list())
    kind = _combo("Resource type", panel.resource[0] if panel.resource else "", kinds)
    path = ipywidgets.Text(value=panel.resource[1] if panel.resource else "", description="Resource path",
                           placeholder="empty: the whole organisation", **_WIDE)  # fmt: skip
    context = ipywidgets.Text(value=", ".join(f"{name}={value}" for name, value in panel.context.items()),
                              description="Context", placeholder="request.ip=10.0.0.7, ...", **_WIDE)  # fmt: skip
    shown = ipywidgets.HTML(value=panel.static()._repr_html_())

    def ask(_: Any) -> None:
        panel.principal, panel.permission = principal.value, permission.value
        panel.resource = (kind.value, path.value) if kind.value or path.value else None
        panel.context = _context(context.value)
        shown.value = panel.static()._repr_html_()

    def open_gap(change: Any) -> None:
        if change["new"] is not None:
            who, what, place = change["new"]
            principal.value, permission.value = who, what
            kind.value, path.value = place or ("", "")

    for control in (principal, permission, kind, path, context):
        control.observe(ask, "value")
    gap.observe(open_gap, "value")
    return ipywidgets.VBox([*([gap] if panel.unmet else []), principal, permission, kind, path, context, shown])


def _combo(description: str, value: str, options: list[str]) -> Any:
    return ipywidgets.Combobox(value=value, options=options, description=description, ensure_option=False,
                               continuous_update=False, **_WIDE)  # fmt: skip


def _context(text: str) -> dict[str, str]:
    """`name=value` pairs, separated by commas; what is no pair is left out, and so judged as unknown."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}


def _label(unmet: tuple[str, str, tuple[str, str] | None]) -> str:
    principal, permission, place = unmet
    return f"{principal}: {permission}" + (f" on {place[0]} {place[1]}" if place else "")


def _unmet(desk: Desk) -> list[tuple[str, str, tuple[str, str] | None]]:
    """The required rows that are judged and not met."""
    gaps = desk.tables["gaps"]
    wanted = gaps.expect.map({"allow": "allowed", "deny": "denied"})
    rows = gaps[gaps.outcome.notna() & gaps.outcome.ne(wanted)]
    places = [None if pd.isna(kind) else (str(kind), str(path))
              for kind, path in zip(rows.resource_type, rows.resource_path, strict=True)]  # fmt: skip
    return list(zip(rows.principal_id, rows.permission, places, strict=True))


def _first(ids: pd.Series) -> str:
    return str(ids.iloc[0]) if len(ids) else ""
