"""What a change would do, tried in memory: one change by its fields, or a whole change file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.whatif import WhatIf
from auditkit.widgets.asking import Asking, Live, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.change_form import ChangeForm

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied


class WhatIfPanel(Asking):
    """As `auditkit what-if`: who loses or gains what, which required rows break, which findings go and come."""

    choices: ClassVar[tuple[str, ...]] = ("change",)
    label: ClassVar[str] = "Try it"

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        self._change: Mapping[str, Any] | None = None
        self._form: ChangeForm | None = None

    @property
    def change(self) -> Mapping[str, Any]:
        """What is tried: what was chosen, else that the principal of the request is suspended."""
        return {"suspend_principal": [self.why.principal]} if self._change is None else self._change

    @change.setter
    def change(self, change: Mapping[str, Any]) -> None:
        self._change = change
        if self._form is not None:
            self._form.show(change)

    @property
    def waits(self) -> str:
        return "Trying the change, and judging everything anew; this takes a moment."

    def question(self) -> tuple[Any, ...]:
        return (json.dumps(self.change, sort_keys=True, default=str),)

    def ask(self) -> WhatIf:
        return self.why.what_if(self.change)

    def views(self, answer: WhatIf) -> tuple[View, ...]:
        """The sentence; who can no longer call; then the tables of the answer, each with the principals' names."""
        people = self.desk.snapshot.principals.set_index("principal_id").display_name
        when = f"As of {answer.then:%Y-%m-%d %H:%M} UTC."
        head = View(
            frame=pd.DataFrame(), headline=answer.headline(),
            notes=[*(f"If: {each}" for each in answer.changes), f"{when} Nothing was changed."],
            extras=unread_first(answer.not_read),
        )  # fmt: skip
        calls = View(
            frame=pd.DataFrame({"what": list(answer.authentication)}, dtype="str"),
            headline="Who can call, and with what",
            labels={"what": "Then"},
        )
        return (head, calls, *(
            View(frame=_named(frame[list(columns)], people), headline=f"{title} ({len(frame):,})",
                 labels={"principal_id": "Principal"}, filters=tuple({"change", "rule", "severity"} & set(columns)))
            for title, columns, frame in answer.parts()
        ))  # fmt: skip

    def controls(self, live: Live) -> list[Any]:
        self._form = ChangeForm(self.why, live.told, lambda change: self.put(change=change))
        if self._change is not None:
            self._form.show(self._change)
        return [self._form.box]

    def follow(self) -> None:
        """Offer what belongs to the principal of the request, unless somebody chose otherwise already."""
        if self._form is not None:
            self._form.follow()


def _named(frame: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """The frame with the name of each principal beside its id."""
    if "principal_id" not in frame:
        return frame
    at = frame.columns.get_loc("principal_id") + 1
    return pd.concat([frame.iloc[:, :at], frame.principal_id.map(people).rename("name"), frame.iloc[:, at:]], axis=1)
