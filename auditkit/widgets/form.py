"""A form whose words go to the kernel with the press of its button, in one message.

Controls of ipywidgets send each letter by itself and hold letters back while the kernel is busy, so that a button
pressed at once would overtake the end of a word. Here the browser keeps what is typed until a button is pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import anywidget
import msgspec
import traitlets

from auditkit.errors import DecisionRefused, InputError
from auditkit.widgets.markup import visible_text
from auditkit.widgets.trouble import guard

_HERE = files(__package__)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a form. `options` of a `choice` are all that it may hold, else what is offered while typing; `value`
    is what it holds at first and once the form is cleared."""

    name: str
    label: str
    hint: str = ""
    value: str = ""
    options: tuple[str, ...] = ()
    choice: bool = False
    wide: bool = True


@dataclass(frozen=True, kw_only=True)
class Button:
    """A button of a form, and the letter that presses it; `apart` stands away from those before it."""

    act: str
    label: str
    key: str = ""
    apart: bool = False


@dataclass(frozen=True, kw_only=True)
class Press:
    """A press of a button: the words of every field, and what was shown (`Form.shown`), both as they were then."""

    act: str
    words: dict[str, str]
    shown: dict[str, str]
    press: int = 0


class Name(traitlets.HasTraits):
    """Who decides: one name for every form of a review."""

    value = traitlets.Unicode()


class Form(anywidget.AnyWidget):
    """`act` does what a press says and gives the sentence that tells it; what it refuses is told instead of raised.

    Every form asks first who decides. `shown` is what the form is about, and comes back with each press; `needs` names
    the field that a refused press lacks, to have the cursor. Letters press buttons while the cursor is in the element
    of the class `ak-keyed` around the form, and in no field.
    """

    _esm = (_HERE / "form.js").read_text("utf-8")
    _css = (_HERE / "form.css").read_text("utf-8")
    fields: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    buttons: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    who = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    cleared = traitlets.Int().tag(sync=True)
    told = traitlets.Dict({"press": 0, "words": "", "state": "", "focus": ""}).tag(sync=True)

    def __init__(
        self,
        act: Callable[[Press], str],
        *,
        label: str,
        name: Name,
        fields: Sequence[Field],
        buttons: Sequence[Button],
        needs: Callable[[Press], str] = lambda _: "",
        shown: Mapping[str, str] | None = None,
    ) -> None:
        self._act, self._needs, self._last = act, needs, 0
        self._acts: set[str] = set()
        super().__init__(label=label, fields=[asdict(one) for one in fields], shown=dict(shown or {}))
        self.show_buttons(buttons)
        traitlets.link((name, "value"), (self, "who"))
        self.on_msg(self._received)

    def press(self, act: str, **words: str) -> str:
        """Press a button as the browser does, with these words in its fields; the sentence that is told."""
        values = {one["name"]: one["value"] for one in self.fields} | {"who": self.who} | words
        message = Press(act=act, words=values, shown=dict(self.shown), press=self._last + 1)
        self._handle_custom_msg(asdict(message), [])
        return str(self.told["words"])

    def say(self, words: str) -> None:
        """Tell what was done."""
        self._tell(words, "done")

    def refuse(self, words: str) -> None:
        """Tell what was not done, and why."""
        self._tell(words, "refused")

    def clear(self) -> None:
        """Empty the fields, but not the name."""
        self.cleared += 1

    def offer(self, name: str, options: Sequence[str]) -> None:
        """Give a field other options."""
        self.fields = [one | {"options": tuple(options)} if one["name"] == name else one for one in self.fields]

    def show_buttons(self, buttons: Sequence[Button]) -> None:
        """Have these buttons; a press of one that went meanwhile is still for `act` to answer."""
        self._acts |= {one.act for one in buttons}
        self.buttons = [asdict(one) for one in buttons]

    def _received(self, _: object, message: object, __: object) -> None:
        try:
            press = msgspec.convert(message, Press)
        except msgspec.ValidationError:
            self.refuse("this press was not understood; reload the page")
            return
        guard(lambda words: self._tell(words, "refused", press), self._obey)(press)

    def _obey(self, press: Press) -> None:
        names = {one["name"] for one in self.fields} | {"who"}
        if press.words.keys() != names or press.act not in self._acts:
            raise InputError("the form has changed since; look, and press again")
        self.who = press.words["who"]
        try:
            self._tell(self._act(press), "done", press)
        except (DecisionRefused, InputError) as refusal:
            self._tell(str(refusal), "refused", press, self._needs(press))

    def _tell(self, words: str, state: str, press: Press | None = None, focus: str = "") -> None:
        # By the number the browser knows the answer to its press from what is told meanwhile.
        self._last = press.press if press else self._last
        self.told = {"press": self._last, "words": visible_text(words), "state": state, "focus": focus}
