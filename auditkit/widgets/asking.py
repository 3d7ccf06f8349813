"""What the panels beside a checklist share: a question about the same request, its answer, and the tables of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from auditkit.access.unread import first_line
from auditkit.errors import InputError
from auditkit.widgets.base import ROWS_KEPT, Static, View
from auditkit.widgets.form import ASKING, TICKED, Button, Field, Form, Press
from auditkit.widgets.live import held, panel_html
from auditkit.widgets.markup import safe_text
from auditkit.widgets.table import PagedTable
from auditkit.widgets.trouble import TROUBLE, guard, warning, words

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied


_ASK, _HAND = "ask", "hand on"


class Asking:
    """One question about the request of `why`. Subclasses say what it depends on, ask it, and make views of the answer.

    `answer` is what the function and the command of this name give; it is kept until the question differs.
    """

    choices: ClassVar[tuple[str, ...]] = ()
    # Whether answers propose a change, as a change file for what-if.
    proposes: ClassVar[bool] = False
    title: ClassVar[str] = "Ask"
    label: ClassVar[str] = "Ask"

    def __init__(self, why: WhyDenied) -> None:
        self.why, self.desk = why, why.desk
        self._kept: tuple[Any, Any] | None = None
        self._bound: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {}
        self._live: Live | None = None

    def question(self) -> tuple[Any, ...]:
        """All that the answer depends on."""
        raise NotImplementedError

    def ask(self) -> Any:
        """Ask, whatever it takes."""
        raise NotImplementedError

    def views(self, answer: Any) -> tuple[View, ...]:
        """What a reader sees of an answer: as many views whatever the answer, the first with its sentence."""
        raise NotImplementedError

    def controls(self) -> list[Field]:
        """The fields of the panel's form, those of the request among them; its own are bound."""
        raise NotImplementedError

    def bind(self, field: Field, read: Callable[[str], Any] = str, write: Callable[[Any], str] = str) -> Field:
        """A field that holds one of the panel's choices; `read` and `write` are between the two."""
        self._bound[field.name] = (read, write)
        return field

    def bind_tick(self, name: str, label: str, when: tuple[str, tuple[str, ...]] | None = None) -> Field:
        """A box to tick that holds one of the panel's choices."""
        field = Field(name=name, label=label, tick=True, when=when)
        return self.bind(field, read=bool, write=lambda ticked: TICKED if ticked else "")

    def words(self) -> dict[str, str]:
        """What the fields of its own hold."""
        return {name: write(getattr(self, name)) for name, (_, write) in self._bound.items()}

    def typed(self, words: Mapping[str, str]) -> None:
        """Choose what was typed in some of the fields of its own."""
        for name in words.keys() & self._bound.keys():
            setattr(self, name, self._bound[name][0](words[name]))

    def follow(self, form: Form) -> None:
        """What a form offers otherwise, since the request or a choice changed."""

    @property
    def waits(self) -> str:
        """Why it asks only at the press of its button, and what then is done; empty where it asks by itself."""
        return ""

    @property
    def unasked(self) -> str:
        """What stands in place of an answer that waits to be asked."""
        return f"Not asked yet: press '{self.label}' to ask this one."

    @property
    def fresh(self) -> bool:
        """Whether the question as it stands is answered."""
        return self._kept is not None and self._kept[0] == self.question()

    @property
    def answer(self) -> Any:
        """What the function behind the panel says to the question as it stands."""
        asked = self.question()
        if self._kept is None or self._kept[0] != asked:
            self._kept = (asked, self.ask())
        return self._kept[1]

    def move(self, **choices: Any) -> Any:
        """Choose otherwise in the panel's own fields, and ask."""
        self.put(**choices)
        return self.answer

    def put(self, **choices: Any) -> None:
        """As `move`; a panel that waits for its button does not ask."""
        for name, value in choices.items():
            if name not in self.choices:
                raise InputError(f"this panel has no {name!r}; it has {', '.join(self.choices)}")
            setattr(self, name, value)
        if self._live is not None:
            self._live.moved()

    @property
    def form(self) -> Form:
        """The form of the widget."""
        return self._made().form

    def static(self, rows: int | None = None) -> Static:
        """The panel without a kernel."""
        try:
            views = self.views(self.answer)
        except TROUBLE as error:
            return Static(warning(words(error)), text=words(error))
        shown = [view for at, view in enumerate(views) if at == 0 or len(view.frame)]
        parts = (_head(view, at) + view.table(rows) for at, view in enumerate(shown))
        return Static("".join(parts), text=views[0].headline)

    def widget(self) -> Any:
        """The panel with its fields, which follows the request; made once."""
        return self._made().box

    def _pending(self) -> bool:
        """Whether the question waits to be asked; one that cannot be put does not."""
        try:
            return bool(self.waits) and not self.fresh
        except TROUBLE:
            return False

    def _made(self) -> Live:
        if self._live is None:
            self._live = Live(self)
        return self._live

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        if self.desk.headless:
            twin = self.static()
            return {"text/plain": repr(twin), "text/html": twin.fragment}
        told = f"{self.title}. {self.unasked}"
        twin = Static(f"<p>{safe_text(told)}</p>", text=told) if self._pending() else self.static(ROWS_KEPT)
        live: dict[str, Any] = self.widget()._repr_mimebundle_()
        return {**live, "text/html": twin._repr_html_(), "text/plain": repr(twin)}


class Live:
    """A panel as a widget: its form, which says what it did, and the tables of its answer."""

    def __init__(self, panel: Asking) -> None:
        self._panel = panel
        self._tables: list[tuple[Any, PagedTable]] = []
        self._out = ipywidgets.VBox()
        self.form = Form(self._act, label=panel.title, fields=panel.controls(), eager=True)
        self.box = ipywidgets.VBox([self.form, self._out])
        self.moved()
        panel.why.listen(self.moved)

    def moved(self) -> None:
        """Show the choices as they stand, and the answer, unless that waits to be asked; say what is wrong."""
        guard(self.form.refuse, held(self._panel.desk, lambda: self.form.say(self._answered(asked=False))))()

    def _act(self, press: Press) -> str:
        """Do what a press says, by what was typed before it."""
        held(self._panel.desk, self._typed)({name: press.words[name] for name in press.typed})
        told = self._answered(asked=press.act == _ASK)
        return self._hand_on() if press.act == _HAND else told

    def _typed(self, words: dict[str, str]) -> None:
        self._panel.typed(words)
        self._panel.why.fields.typed(words)

    def _answered(self, *, asked: bool) -> str:
        """Show the answer if it is asked for or does not wait to be; what else there is to say."""
        panel = self._panel
        self._written()
        try:
            if asked or not panel.waits or panel.fresh:
                self._show(panel.views(panel.answer))
                return ""
        except TROUBLE:
            # What stands below would seem to answer what could not be asked.
            self._out.layout.display = "none"
            raise
        # Nobody must take what answered another question for the answer to this one.
        self._out.layout.display = "none"
        return panel.unasked

    def _hand_on(self) -> str:
        """Hand what the answer proposes to the panel that tries changes."""
        change = self._panel.answer.change()
        if not change:
            return "There is nothing to change."
        self._panel.why.panel("what-if").put(change=change)
        return "It stands as a change file in the panel what-if: press 'Try it' there."

    def _written(self) -> None:
        panel, form = self._panel, self.form
        panel.follow(form)
        form.put(panel.why.fields.words() | panel.words())
        form.busy = panel.waits or ASKING
        asks = [Button(act=_ASK, label=panel.label)] if panel.waits else []
        form.show_buttons([*asks, *([Button(act=_HAND, label="Hand to what-if")] if panel.proposes else [])])

    def _show(self, views: tuple[View, ...]) -> None:
        if not self._tables:
            self._tables = [(ipywidgets.HTML(), PagedTable(view)) for view in views]
            self._out.children = [part for head, table in self._tables for part in (head, table.box)]
        for at, ((head, table), view) in enumerate(zip(self._tables, views, strict=True)):
            head.value = panel_html(_head(view, at)) if at == 0 or len(view.frame) else ""
            table.show(view)
        self._out.layout.display = None


def _head(view: View, at: int) -> str:
    """What stands above a view's table: of the first all there is to say, of the others their title."""
    return f"<p><strong>{safe_text(view.headline)}</strong></p>" if at else view.head()


def unread_first(unread: Mapping[str, str]) -> tuple[str, ...]:
    """What an answer begins with where something was not read, as HTML."""
    return tuple(warning(line) for line in first_line(unread))
