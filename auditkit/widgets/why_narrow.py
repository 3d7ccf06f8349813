"""The narrowest access that would do: for the principal of the request, or for everybody with required rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
import pandas as pd

from auditkit.access.narrowing import CHOICE_HEAD, EVERY_HEAD, Narrowing, Narrowings
from auditkit.widgets.asking import Asking, Live, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.markup import bullets
from auditkit.widgets.names import WIDE, tick_box

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied


class NarrowPanel(Asking):
    """As `auditkit narrow`: the roles, and if wanted grants, with the least excess, then the fewest, with the proof."""

    choices: ClassVar[tuple[str, ...]] = ("every", "grants")
    proposes: ClassVar[bool] = True
    label: ClassVar[str] = "Find the narrowest"

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        # Where nobody can press the button, everybody's is shown.
        self.every, self.grants = self.desk.headless, False

    @property
    def waits(self) -> str:
        return "Searching for each principal with required rows; this takes a while." if self.every else ""

    def question(self) -> tuple[Any, ...]:
        return None if self.every else self.why.principal, self.grants

    def ask(self) -> Narrowing | Narrowings:
        return self.why.narrow_all(grants=self.grants) if self.every else self.why.narrow(grants=self.grants)

    def views(self, answer: Narrowing | Narrowings) -> tuple[View, ...]:
        """One row a role or grant to give, or one row a principal."""
        if isinstance(answer, Narrowings):
            return (_every(answer),)
        return (
            View(
                frame=pd.DataFrame(answer.rows(), columns=list(CHOICE_HEAD)), headline=answer.headline(),
                notes=answer.notes, extras=(*unread_first(answer.not_read), bullets(answer.told())),
            ),
        )  # fmt: skip

    def controls(self, live: Live) -> list[Any]:
        of = ipywidgets.Dropdown(
            description="For", options=[("this principal", False), ("everybody with required rows", True)], **WIDE
        )
        grants = tick_box("direct grants may take part")
        return [self.why.fields.principal, live.bind("every", of), live.bind("grants", grants)]


def _every(answer: Narrowings) -> View:
    changed = sum(not each.unchanged for each in answer.each)
    short = sum(bool(each.unmet) for each in answer.each)
    proven = sum(each.proven for each in answer.each)
    told = f"{changed} would change, {short} cannot have all that is required; {proven} proven to be the narrowest"
    frame = pd.DataFrame(answer.rows(), columns=list(EVERY_HEAD))
    # What would change comes first.
    order = pd.Series([each.unchanged for each in answer.each], dtype="bool").argsort(kind="stable")
    return View(
        frame=frame.iloc[order].reset_index(drop=True),
        headline=f"{len(answer.each):,} principals with required rows: {told}",
        notes=[f"not in the snapshot: {each}" for each in answer.unknown],
        extras=unread_first(answer.not_read),
        # Where all is proven, the sentence says it.
        hidden=("proof",) if proven == len(answer.each) else (),
    )
