"""The narrowest access that would do: for the principal of the request, or for everybody with required rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.access.narrowing import CHOICE_HEAD, EVERY_HEAD, Narrowing, Narrowings
from auditkit.widgets.asking import Asking, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.form import Field
from auditkit.widgets.markup import bullets

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied

_ONE, _EVERYBODY = "this principal", "everybody with required rows"


class NarrowPanel(Asking):
    """As `auditkit narrow`: the roles, and if wanted grants, with the least excess, then the fewest, with the proof."""

    title: ClassVar[str] = "Narrowest access"
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

    def controls(self) -> list[Field]:
        of = Field(name="every", label="For", choice=True, options=(_ONE, _EVERYBODY))
        return [
            self.why.fields["principal"],
            self.bind(of, _EVERYBODY.__eq__, lambda every: _EVERYBODY if every else _ONE),
            self.bind_tick("grants", "direct grants may take part"),
        ]


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
