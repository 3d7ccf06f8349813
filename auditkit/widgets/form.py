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
CHANGED, TICKED = "", "yes"
ASKING = "The kernel is busy; the answer comes as soon as it is not."
_BUSY = "The kernel is busy: nothing of this press is on disk yet."


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a form. `options` of a `choice` are all that it may hold, else what is offered while typing; `value`
    is what it holds at first and once the form is cleared.

    With `lines` it has so many; a `tick` is a box that holds TICKED or "". `when` names another field and what that
    must hold for this one to be shown.
    """

    name: str
    label: str
    hint: str = ""
    value: str = ""
    options: tuple[str, ...] = ()
    choice: bool = False
    tick: bool = False
    lines: int = 1
    wide: bool = True
    when: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, kw_only=True)
class Button:
    """A button of a form, and the letter that presses it; `apart` stands away from those before it."""

    act: str
    label: str
    key: str = ""
    apart: bool = False


@dataclass(frozen=True, kw_only=True)
class Press:
    """A press of a button: the words of every field, and what was shown (`Form.shown`), both as they were then.

    `typed` names the fields that hold something else than this form said or was told last. CHANGED is the act where a
    field of an eager form was left and nothing was pressed.
    """

    act: str
    words: dict[str, str]
    shown: dict[str, str]
    press: int = 0
    typed: tuple[str, ...] = ()


class Name(traitlets.HasTraits):
    """Who decides: one name for every form of a review."""

    value = traitlets.Unicode()


class Form(anywidget.AnyWidget):
    """`act` does what a press says and gives the sentence that tells it; what it refuses is told instead of raised.

    A form with a `name` asks first who decides. `shown` is what the form is about, and comes back with each press;
    `needs` names the field that a refused press lacks, to have the cursor. Letters press buttons while the cursor is in
    the element of the class `ak-keyed` around the form, and in no field. `busy` is told while an answer is due.

    An eager form sends its words also when a field is left: its fields then hold what `put` gave them, save what is
    being typed.
    """

    _esm = (_HERE / "form.js").read_text("utf-8")
    _css = (_HERE / "form.css").read_text("utf-8")
    fields: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    buttons: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    values: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    eager = traitlets.Bool().tag(sync=True)
    who = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    cleared = traitlets.Int().tag(sync=True)
    told = traitlets.Dict({"press": 0, "words": "", "state": "", "focus": ""}).tag(sync=True)

    def __init__(
        self,
        act: Callable[[Press], str],
        *,
        label: str,
        fields: Sequence[Field],
        buttons: Sequence[Button] = (),
        name: Name | None = None,
        needs: Callable[[Press], str] = lambda _: "",
        shown: Mapping[str, str] | None = None,
        busy: str = _BUSY,
        eager: bool = False,
    ) -> None:
        self._act, self._needs, self._last = act, needs, 0
        self._acts = {CHANGED} if eager else set()
        asked = [] if name is None else [Field(name="who", label="You are", hint="your name, for the log")]
        values = {one.name: one.value for one in fields}
        super().__init__(
            label=label, fields=[asdict(one) for one in (*asked, *fields)], values=values, shown=dict(shown or {}),
            busy=busy, eager=eager,
        )  # fmt: skip
        self.show_buttons(buttons)
        if name is not None:
            traitlets.link((name, "value"), (self, "who"))
        self.on_msg(self._received)

    def press(self, act: str, **words: str) -> str:
        """Press a button as the browser does, with these words in its fields; the sentence that is told."""
        before = {one["name"]: self.who if one["name"] == "who" else self.values[one["name"]] for one in self.fields}
        typed = tuple(name for name, word in words.items() if before.get(name) != word)
        message = Press(act=act, words=before | words, shown=dict(self.shown), press=self._last + 1, typed=typed)
        self._handle_custom_msg(asdict(message), [])
        return str(self.told["words"])

    def put(self, words: Mapping[str, str]) -> None:
        """Have these words in the fields of an eager form, those that it has."""
        self.values = self.values | {name: word for name, word in words.items() if name in self.values}

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
        names = {one["name"] for one in self.fields}
        if press.words.keys() != names or press.act not in self._acts or not names.issuperset(press.typed):
            raise InputError("the form has changed since; look, and press again")
        self.who = press.words.get("who", self.who)
        try:
            self._tell(self._act(press), "done", press)
        except (DecisionRefused, InputError) as refusal:
            self._tell(str(refusal), "refused", press, self._needs(press))

    def _tell(self, words: str, state: str, press: Press | None = None, focus: str = "") -> None:
        # By the number the browser knows the answer to its press from what is told meanwhile.
        self._last = press.press if press else self._last
        self.told = {"press": self._last, "words": visible_text(words), "state": state, "focus": focus}
