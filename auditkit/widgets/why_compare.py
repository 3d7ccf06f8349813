"""Beside another principal: what only one of the two has and why, and what would give the second what the first has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.access.compare import Comparison
from auditkit.widgets.asking import Asking, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.form import Field
from auditkit.widgets.markup import bullets, safe_text
from auditkit.widgets.names import id_field

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied

_SIDES = {"only_a": "only A", "only_b": "only B", "differs": "both, differently", "both": "both"}


class ComparePanel(Asking):
    """As `auditkit compare`: A is the principal of the request, B the other, by default another of its type."""

    title: ClassVar[str] = "Compare"
    choices: ClassVar[tuple[str, ...]] = ("other",)
    proposes: ClassVar[bool] = True

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        self._other = ""

    @property
    def other(self) -> str:
        """The other principal: the one that was chosen, else the peer of the request's."""
        return self._other or self.why.peer

    @other.setter
    def other(self, principal: str) -> None:
        self._other = principal

    def question(self) -> tuple[Any, ...]:
        return self.why.principal, self.other

    def ask(self) -> Comparison:
        return self.why.compare(self.other)

    def views(self, answer: Comparison) -> tuple[View, ...]:
        """The sentence with what to give; then the permissions that differ, the roles and the groups."""
        told = [line.strip() for line in answer.giving()]
        giving = f"<p><strong>{safe_text(told.pop(0))}</strong></p>" if answer.give.chosen else ""
        head = View(
            frame=pd.DataFrame(), headline=answer.headline(), notes=answer.notes,
            extras=(*unread_first(answer.not_read), giving, bullets(told)),
        )  # fmt: skip
        differing = View(
            frame=_sided(answer.different), headline="What only one of them has, or has differently",
            labels={"side": "Who has it", "a": "A has it for", "b": "B has it for", "why_a": "A by", "why_b": "B by"},
            filters=("side",),
        )  # fmt: skip
        return (head, differing, *(
            View(frame=_sided(frame), headline=title, labels={"side": "Whose"}, filters=("side",))
            for frame, title in ((answer.roles, "Roles"), (answer.groups, "Groups"))
        ))  # fmt: skip

    def controls(self) -> list[Field]:
        fields = self.why.fields
        names = fields.principals
        return [fields["principal"], self.bind(id_field("other", "Beside", names), names.meant, names.told)]


def _sided(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(side=frame.side.map(_SIDES).astype("str"))
