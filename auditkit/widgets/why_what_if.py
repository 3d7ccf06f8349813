"""What a change would do, tried in memory: one change by its fields, or a whole change file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.whatif import WhatIf
from auditkit.widgets.asking import Asking, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.change_form import ChangeFields
from auditkit.widgets.form import Field, Form

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied


class WhatIfPanel(Asking):
    """As `auditkit what-if`: who loses or gains what, which required rows break, which findings go and come."""

    title: ClassVar[str] = "What if"
    choices: ClassVar[tuple[str, ...]] = ("change",)
    label: ClassVar[str] = "Try it"

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        self._fields = ChangeFields(why)

    @property
    def change(self) -> Mapping[str, Any]:
        """What is tried: what was chosen, else that the principal of the request is suspended."""
        return self._fields.change

    @change.setter
    def change(self, change: Mapping[str, Any]) -> None:
        self._fields.give(change)

    @property
    def waits(self) -> str:
        return "Trying the change, and judging everything anew; this takes a moment."

    def question(self) -> tuple[Any, ...]:
        return (json.dumps(self.change, sort_keys=True, default=str),)

    def ask(self) -> WhatIf:
        return self.why.what_if(self.change)

    def views(self, answer: WhatIf) -> tuple[View, ...]:
        """The sentence; who can no longer call; then the tables of the answer."""
        when = f"As of {answer.then:%Y-%m-%d %H:%M} UTC."
        head = View(
            frame=pd.DataFrame(), headline=answer.headline(),
            notes=[*(f"If: {each}" for each in answer.told), *answer.notes, f"{when} Nothing was changed."],
            extras=unread_first(answer.not_read),
        )  # fmt: skip
        calls = View(
            frame=pd.DataFrame({"what": list(answer.authentication)}, dtype="str"),
            headline="Who can call, and with what",
            labels={"what": "Then"},
        )
        return (head, calls, *(
            View(frame=frame[list(columns)], headline=f"{title} ({len(frame):,})",
                 labels={"principal_id": "Principal", "who": "Name"},
                 filters=tuple({"change", "rule", "severity"} & set(columns)))
            for title, columns, frame in answer.parts()
        ))  # fmt: skip

    def controls(self) -> list[Field]:
        return self._fields.all()

    def words(self) -> dict[str, str]:
        return self._fields.words()

    def typed(self, words: Mapping[str, str]) -> None:
        self._fields.typed(words)

    def follow(self, form: Form) -> None:
        """Offer what belongs to the principal of the request first."""
        self._fields.follow(form)
