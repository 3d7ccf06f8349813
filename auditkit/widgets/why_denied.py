"""Why is this denied: choose who, what, where and with which context, and see the checklist change.

The panels around the checklist ask more of the same request: who else can, what would help, what a change would do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from auditkit.access import narrow
from auditkit.access.compare import Comparison, compare
from auditkit.access.explain import Decision
from auditkit.access.narrowing import Narrowing, Narrowings
from auditkit.access.symptoms import Diagnosis
from auditkit.access.troubleshoot import troubleshoot
from auditkit.access.who_can import WhoCan
from auditkit.errors import AuditkitError, InputError
from auditkit.whatif import WhatIf, what_if
from auditkit.widgets.base import Static, seated
from auditkit.widgets.form import ASKING, Form, Press
from auditkit.widgets.live import held
from auditkit.widgets.markup import bullets, definitions, safe_table, safe_text
from auditkit.widgets.trouble import guard, warning
from auditkit.widgets.why_fields import RequestFields, unmet

if TYPE_CHECKING:
    from auditkit.widgets.asking import Asking
    from auditkit.widgets.desk import Desk

REQUEST = ("principal", "permission", "resource", "context")
_MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "skipped": "·"}


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
        self.desk = seated(desk)
        self.unmet, self.forbidden = unmet(desk), unmet(desk, "deny")
        odd = [*self.unmet, *self.forbidden] if principal is None and permission is None else []
        first = odd[0] if odd else (None, None, None)
        self.principal = principal or first[0] or _first(desk.snapshot.principals.principal_id)
        self.permission = permission or first[1] or _first(desk.snapshot.permissions.identifier)
        self.resource = resource or first[2]
        self.context = dict(context or {})
        self._listening: list[Callable[[], None]] = []
        self._panels: dict[str, Asking] = {}
        self._widget: Any = None

    @property
    def decision(self) -> Decision:
        """The decision on the request as it stands; UnknownPrincipal or UnknownPermission if it names one."""
        return self.desk.tables.explainer.decide(self.principal, self.permission, self.resource, self.context)

    @property
    def peer(self) -> str:
        """Another principal of the same type, to compare with; the same one where it is alone."""
        principals = self.desk.snapshot.principals
        kind = principals.loc[principals.principal_id.eq(self.principal), "type"]
        others = principals[principals.type.isin(kind) & principals.principal_id.ne(self.principal)]
        return _first(others.principal_id) or self.principal

    def troubleshoot(self, symptom: str | None = "forbidden", **known: Any) -> Diagnosis:
        """What `auditkit.access.troubleshoot` says of the request: the symptom by name, or status and body."""
        return troubleshoot(
            self.desk.snapshot, symptom, principal=self.principal, permission=self.permission, resource=self.resource,
            context=self.context, as_of=self.desk.as_of, **known,
        )  # fmt: skip

    def who_can(self, *, machine_only: bool = False) -> WhoCan:
        """Everybody who can do what is asked, certainly or possibly."""
        return WhoCan.ask(
            self.desk.snapshot, self.permission, self.resource, self.context, self.desk.as_of, machine_only
        )

    def narrow(self, *, grants: bool = False) -> Narrowing:
        """The narrowest access that gives the principal what its required rows ask for."""
        rows = self.desk.tables["required"]
        if rows is None:
            raise InputError("no required permissions were given; name their CSV as REQUIRED in the first cell")
        return narrow.narrow(self.desk.snapshot, self.principal, rows, grants=grants, as_of=self.desk.as_of)

    def narrow_all(self, *, grants: bool = False) -> Narrowings:
        """The same for every principal with required rows."""
        rows = self.desk.tables["required"]
        return narrow.narrow_all(self.desk.snapshot, rows, grants=grants, as_of=self.desk.as_of)

    def compare(self, other: str | None = None) -> Comparison:
        """The principal beside another, by default its `peer`."""
        return compare(self.desk.snapshot, self.principal, other or self.peer, self.desk.as_of)

    def what_if(self, change: Mapping[str, Any] | str | None = None) -> WhatIf:
        """What a change would do: a change file, or the same as a mapping; by default, that the principal is suspended.

        It does not depend on what is asked for.
        """
        desk = self.desk
        tried = {"suspend_principal": [self.principal]} if change is None else change
        return what_if(desk.snapshot, tried, as_of=desk.as_of, limits=desk.limits, required=desk.tables["required"])

    def panel(self, name: str) -> Asking:
        """The panel that asks like the command of this name, made once: it follows the request."""
        from auditkit.widgets.asking_list import ASKING

        if name not in ASKING:
            raise InputError(f"there is no panel {name!r}; choose one of {', '.join(ASKING)}")
        if name not in self._panels:
            self._panels[name] = ASKING[name](self)
        return self._panels[name]

    def move(self, **request: Any) -> Decision:
        """Ask something else: any of principal, permission, resource and context."""
        self.put(**request)
        return self.decision

    def put(self, **request: Any) -> None:
        """As `move`, without asking: whoever listens asks by itself."""
        for name in request:
            if name not in REQUEST:
                raise InputError(f"a request has no {name!r}; it has {', '.join(REQUEST)}")
        vars(self).update(request)
        for act in self._listening:
            act()

    def listen(self, act: Callable[[], None]) -> None:
        """Have an act done whenever the request changes. It must tell its own failures."""
        self._listening.append(act)

    @cached_property
    def fields(self) -> RequestFields:
        """What the fields of the request hold, in every panel alike."""
        return RequestFields(self)

    @cached_property
    def form(self) -> Form:
        """The fields of the request, above the checklist."""

        def typed(press: Press) -> str:
            held(self.desk, self.fields.typed)({name: press.words[name] for name in press.typed})
            return ""

        return Form(typed, label="Request", fields=self.fields.all, busy=ASKING, eager=True)

    def static(self) -> Static:
        """The request and its checklist without a kernel."""
        return self._shown(self._facts())

    def widget(self) -> Any:
        """The request's fields above its checklist, which changes with them; made once."""
        if self._widget is None:
            shown = ipywidgets.HTML()

            def show() -> None:
                self.form.say("")
                self.form.put(self.fields.words())
                shown.value = self._shown()._repr_html_()

            act = guard(self.form.refuse, held(self.desk, show))
            act()
            self.listen(act)
            self._widget = ipywidgets.VBox([self.form, shown])
        return self._widget

    def _shown(self, above: str = "") -> Static:
        try:
            decision = self.decision
        except AuditkitError as error:
            return Static(warning(str(error)), text=str(error))
        return Static(above + checklist(decision), text=f"{decision.outcome}: {decision.detail}")

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
        [(f"{each.id} {each.name}", f"{_MARKS[each.result]} {each.result}", each.detail) for each in decision.checks],
        columns=["check", "result", "detail"],
    )
    routes = pd.DataFrame(
        [
            (f"{_MARKS[each.result]} {each.stopped_by or each.result}", each.text, each.reason)
            for each in decision.routes
        ],
        columns=["result", "route", "why"],
    )
    fixes = f"<p><strong>What would help</strong></p>{bullets(decision.fixes)}" if decision.fixes else ""
    table = safe_table(routes, caption="Routes, the nearest first") if len(routes) else ""
    head = f'<p class="ak-head">{safe_text(f"{decision.outcome}{by}: {decision.detail}")}</p>'
    return head + safe_table(checks, caption="Checks") + table + fixes


def _first(ids: pd.Series) -> str:
    return str(ids.iloc[0]) if len(ids) else ""
