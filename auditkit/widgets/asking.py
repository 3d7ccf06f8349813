"""What the panels beside a checklist share: a question about the same request, its answer, and the tables of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from auditkit.access.unread import first_line
from auditkit.errors import InputError
from auditkit.widgets.base import ROWS_KEPT, Static, View
from auditkit.widgets.later import Later
from auditkit.widgets.live import WRAPPED, Told, button, panel_html
from auditkit.widgets.markup import safe_text
from auditkit.widgets.table import PagedTable
from auditkit.widgets.trouble import TROUBLE, warning, words

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied


class Asking:
    """One question about the request of `why`. Subclasses say what it depends on, ask it, and make views of the answer.

    `answer` is what the function and the command of this name give; it is kept until the question differs.
    """

    choices: ClassVar[tuple[str, ...]] = ()
    # Whether answers propose a change, as a change file for what-if.
    proposes: ClassVar[bool] = False
    label: ClassVar[str] = "Ask"

    def __init__(self, why: WhyDenied) -> None:
        self.why, self.desk = why, why.desk
        self._kept: tuple[Any, Any] | None = None
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

    def controls(self, live: Live) -> list[Any]:
        """The fields of the panel, those of the request among them."""
        raise NotImplementedError

    def follow(self) -> None:
        """What fields of its own show otherwise, since the request changed."""

    @property
    def waits(self) -> str:
        """Why it asks only at the press of its button, and what then is done; empty where it asks by itself."""
        return ""

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
        if self._live is None:
            self._live = Live(self)
        return self._live.box

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        if self.desk.headless:
            twin = self.static()
            return {"text/plain": repr(twin), "text/html": twin.fragment}
        twin = self.static(ROWS_KEPT)
        live: dict[str, Any] = self.widget()._repr_mimebundle_()
        return {**live, "text/html": twin._repr_html_(), "text/plain": repr(twin)}


class Live:
    """A panel as a widget: its fields, its button, what it says, and its tables."""

    def __init__(self, panel: Asking) -> None:
        self._panel, self._following = panel, False
        self._bound: dict[str, tuple[Any, Callable[[Any], Any]]] = {}
        self._tables: list[tuple[Any, PagedTable]] = []
        self.told = Told(panel.desk)
        self._out = ipywidgets.VBox()
        self._button = button(panel.label, self.told.guard(lambda _: self._pressed()))
        tries = button("Hand to what-if", self.told.guard(lambda _: self._try()), tooltip="Try there what is proposed")
        tries.layout.display = None if panel.proposes else "none"
        self._soon = Later(self._waited)
        fields = panel.controls(self)
        acts = ipywidgets.HBox([self._button, tries, self.told.box], layout=WRAPPED)
        self.box = ipywidgets.VBox([*fields, acts, self._out])
        self._written()
        self._ask()
        panel.why.listen(self.told.guard(self._followed))

    def bind(
        self, name: str, field: Any, *, read: Callable[[Any], Any] = lambda value: value,
        write: Callable[[Any], Any] = lambda value: value,
    ) -> Any:  # fmt: skip
        """A field that shows and changes one of the panel's choices; `read` and `write` are between the two."""
        self._bound[name] = (field, write)

        def typed(change: Mapping[str, Any]) -> None:
            if not self._following:
                self._panel.put(**{name: read(change["new"])})

        field.observe(self.told.guard(typed), "value")
        return field

    def moved(self) -> None:
        """Show the choices as they stand, and the answer, unless that waits for the button."""
        self._written()
        if self._panel.fresh or not self._panel.waits:
            self._ask()
        elif not self._button.disabled:
            # Nobody must take what answered another question for the answer to this one.
            self._out.layout.display = "none"
            self.told.say(f"Not asked yet: press '{self._panel.label}' to ask this one.")

    def _followed(self) -> None:
        self._following = True
        try:
            self._panel.follow()
        finally:
            self._following = False
        self.moved()

    def _try(self) -> None:
        """Hand what the answer proposes to the panel that tries changes."""
        change = self._panel.answer.change()
        if not change:
            self.told.say("There is nothing to change.")
            return
        self._panel.why.panel("what-if").put(change=change)
        self.told.say("It stands as a change file in the panel what-if: press 'Try it' there.")

    def _written(self) -> None:
        self._button.layout.display = None if self._panel.waits else "none"
        self._following = True
        for name, (field, write) in self._bound.items():
            field.value = write(getattr(self._panel, name))
        self._following = False

    def _pressed(self) -> None:
        self.told.say(self._panel.waits)
        self._button.disabled = True
        # Not at once: while the kernel was busy, the browser held back what was typed last, and that comes now.
        self._soon()

    def _waited(self) -> None:
        try:
            self._ask()
        finally:
            self._button.disabled = False

    def _ask(self) -> None:
        try:
            views = self._panel.views(self._panel.answer)
        except TROUBLE as error:
            # What stands below would seem to answer what could not be asked.
            self._out.layout.display = "none"
            self.told.wrong(words(error))
            return
        self._show(views)
        self.told.say("")

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
