"""The controls that panels of a review share: filters, who decides, and the words of a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from auditkit.widgets.form import Field, Press
from auditkit.widgets.live import WRAPPED, panel_html
from auditkit.widgets.markup import safe_text
from auditkit.widgets.review_acts import Answer, Sitting
from auditkit.widgets.review_sift import ItemChoice, offered

_ALL = "all"
# What is decided with a target.
_AIMED = ("change", "delegate")


class Filters:
    """Lists of reviewer, severity and kind, a text, and whether only what is left is shown. `box` is the widget."""

    def __init__(self, sitting: Sitting, changed: Callable[[], None], reviewer: str = "") -> None:
        self._fields: dict[str, Any] = {}
        for name, values in offered(sitting.standing).items():
            chosen = reviewer if name == "reviewer" and reviewer in values else _ALL
            self._fields[name] = ipywidgets.Dropdown(
                description=name.capitalize(), options=[_ALL, *values], value=chosen, layout={"width": "210px"}
            )
        self._fields["text"] = ipywidgets.Text(description="Text", placeholder="every word", layout={"width": "240px"})
        self._fields["left"] = ipywidgets.Checkbox(
            description="left only", value=True, indent=False, layout={"width": "90px"}
        )
        for field in self._fields.values():
            field.observe(lambda _: changed(), "value")
        self.box = ipywidgets.HBox(list(self._fields.values()), layout=WRAPPED)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    @property
    def choice(self) -> ItemChoice:
        """What is chosen now."""
        lists = {name: self._fields[name].value for name in ("reviewer", "severity", "kind")}
        picked = {name: "" if value == _ALL else str(value) for name, value in lists.items()}
        return ItemChoice(**picked, text=self._fields["text"].value, left=bool(self._fields["left"].value))


class Words:
    """Reason and target of a decision: `fields` asks for them, `answer` is what a press says of them."""

    def __init__(self, sitting: Sitting, why: str) -> None:
        roles = sitting.campaign.snapshot.roles
        self._sitting = sitting
        self.fields = (
            Field(name="reason", label="Reason", hint=why),
            Field(name="target", label="To", hint="a role to change to, or a person",
                  options=tuple(roles.name + " (" + roles.role_id + ")")),
        )  # fmt: skip

    def answer(self, press: Press, action: str) -> Answer:
        """What a press says that asks for this action."""
        wanted = press.words["target"] if action in _AIMED else ""
        return Answer(action=action, reviewer=press.words["who"], reason=press.words["reason"], target=wanted)

    def lacking(self, press: Press, action: str, reasoned: bool = True) -> str:
        """The field that a refused press left empty, though its action needs it, or whose name is of nobody known; ""
        if none."""
        if self._sitting.strange(press.words["who"]):
            return "who"
        needed = ("who", *(("target",) if action in _AIMED else ()), *(("reason",) if reasoned else ()))
        return next((name for name in needed if not press.words[name].strip()), "")


def said(words: str) -> str:
    """What was done, told to a screen reader too."""
    return panel_html(f'<p class="ak-note" role="status">{safe_text(words)}</p>')
