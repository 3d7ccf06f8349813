"""One principal's page: choose it by any part of its id or name, and read all that is known of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
import pandas as pd

from auditkit.findings import Findings
from auditkit.rules import RULES
from auditkit.widgets.base import Panel, View, reasons
from auditkit.widgets.later import Later
from auditkit.widgets.live import WRAPPED, Told, panel_html
from auditkit.widgets.markup import safe_table, safe_text
from auditkit.widgets.principal_page import Page, page_of
from auditkit.widgets.rows import principal_of
from auditkit.widgets.trouble import guard

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from auditkit.widgets.desk import Desk

_MATCHES = 200
_ACCESS = ("group_members", "permission_grants", "permissions", "role_assignments", "roles")
_LABELS = {"subject_id": "Subject", "message": "Finding", "group_id": "Group"}
_CREDENTIALS = ["key_id", "name", "kind", "created_at", "last_used_at", "expires_at", "revoked_at", "live"]


class PrincipalPanel(Panel):
    """Who a principal is, what it can do and through what, and what was found about it."""

    rules: ClassVar[tuple[str, ...]] = tuple(rule.id for rule in RULES)

    def __init__(self, desk: Desk, principal_id: str | None = None) -> None:
        super().__init__(desk)
        self.principal_id = principal_id or _worst(desk)

    @property
    def page(self) -> Page:
        """The page of the principal that is chosen."""
        return page_of(self.desk, self.principal_id)

    def choose(self, principal_id: str) -> View:
        """Show another principal; UnknownPrincipal, and nothing changed, if there is none of this id."""
        page_of(self.desk, principal_id)
        self.principal_id, self._current = principal_id, None
        return self.view

    def build(self, found: Findings) -> View:
        """One row a role or grant that reaches the principal, with the groups through which it arrives."""
        if not self.principal_id:
            empty = pd.DataFrame({name: pd.Series(dtype="str") for name in ("what", "through", "where", "arrives")})
            return View(frame=empty, headline="0 principals: nothing found", warnings=reasons(found))
        page = self.page
        return View(
            frame=page.ways,
            headline=f"{page.name} ({page.principal_id})",
            notes=[page.status],
            warnings=[why for why in reasons(found) if "could not be read whole" in why],
            after=(_known(page),),
            draw=lambda: self._figures(page),
            labels={"what": "Role or grant", "through": "Through group", "id": "Assignment or grant",
                    "supports": "Supports its type", "arrives": "Whether it gives"},
            hidden=("gives", "conditions"),
        )  # fmt: skip

    def _figures(self, page: Page) -> list[Figure]:
        from auditkit.charts import credential_timeline, principal_routes

        times = [credential_timeline(page.credentials, as_of=self.desk.as_of)] if len(page.credentials) else []
        return times + ([principal_routes(page.ways, principal=page.name)] if len(page.ways) else [])

    def make(self) -> Any:
        """The widget: a search, a list of those that match, and the page."""
        told, head, pictures, rows = Told(self.desk), ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        principals = self.desk.snapshot.principals
        names = principals.display_name.astype("str") + " (" + principals.principal_id + ", "
        labels = (names + principals.type.astype("str") + ")").astype("str")
        search = ipywidgets.Text(description="Search", placeholder="part of an id or a name", layout={"width": "320px"})
        which = ipywidgets.Dropdown(description="Principal", layout={"width": "520px", "max_width": "100%"})

        def offer(text: str) -> None:
            hits = labels.str.contains(text, case=False, regex=False).to_numpy()
            options = list(zip(labels[hits], principals.principal_id[hits], strict=True))[:_MATCHES]
            words = f"{int(hits.sum()):,} of {len(principals):,} principals match"
            told.say(words if options else f"{words}: nothing found")
            which.options = options or [("nothing found", "")]

        def draw() -> None:
            pictures.value = panel_html(self.view.picture())

        def write() -> None:
            head.value, rows.value = panel_html(self.view.head()), panel_html(self.view.table())

        drawn = Later(guard(told.wrong, draw))

        def show(change: Any) -> None:
            if change["new"]:
                self.choose(change["new"])
                write()
                drawn()

        which.options = list(zip(labels, principals.principal_id, strict=True))[:_MATCHES]
        at = principals.principal_id.eq(self.principal_id)
        if at.any():
            which.options = [(labels[at].iloc[0], self.principal_id), *which.options]
            which.value = self.principal_id
        which.observe(told.guard(show), "value")
        search.observe(told.guard(lambda change: offer(change["new"])), "value")
        write()
        draw()
        return ipywidgets.VBox([ipywidgets.HBox([search, which], layout=WRAPPED), told.box, head, pictures, rows])


def _worst(desk: Desk) -> str:
    """The principal with the worst findings, the most of them; else the first; an empty text where there is none."""
    frame = desk.findings.frame
    who = principal_of(frame, desk.snapshot.frames)
    known = who.isin(desk.snapshot.principals.principal_id)
    score = (10.0 ** frame.severity.cat.codes[known]).groupby(who[known]).sum()
    if len(score):
        return str(score.sort_index().idxmax())
    ids = desk.snapshot.principals.principal_id
    return str(ids.iloc[0]) if len(ids) else ""


def _known(page: Page) -> str:
    """The tables of a page, and above the ways, which the frame holds, what they are."""
    tables = (
        (page.findings, "Findings", ()), (page.modules, "Effective permissions by module", _ACCESS),
        (page.groups, "Groups, at any depth", ("group_members",)),
        (page.credentials[_CREDENTIALS], "Credentials", ("credentials",)),
    )  # fmt: skip
    told = [safe_table(rows, caption=name, labels=_LABELS) if len(rows) else _none(name, page.unread & set(of))
            for rows, name, of in tables]  # fmt: skip
    ways = "Roles and grants, and the way each arrives"
    above = f"<p><strong>{ways}</strong></p>" if len(page.ways) else _none(ways, page.unread & set(_ACCESS))
    return "".join(told) + above


def _none(name: str, unread: Collection[str]) -> str:
    """That there is none; or, where collections that would tell were not read whole, that."""
    why = f"not known: {', '.join(sorted(unread)).replace('_', ' ')} could not be read whole" if unread else "none"
    return f'<p class="ak-note"><strong>{safe_text(name)}</strong>: {safe_text(why)}</p>'
