"""Pieces that panels with controls of their own are put together from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.report.whole import whole_words
from auditkit.widgets.markup import said_text
from auditkit.widgets.style import STYLE
from auditkit.widgets.trouble import guard, warning

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk

WRAPPED = {"flex_flow": "row wrap"}


class Told:
    """A line of a panel in which it says what it did, or why it could not, or may not any more."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.box = ipywidgets.HTML()

    def say(self, words: str) -> None:
        """What was done."""
        self.box.value = panel_html(f'<p class="ak-note" role="status">{said_text(words)}</p>' if words else "")

    def wrong(self, words: str) -> None:
        """What could not be done, and how to mend it."""
        self.box.value = panel_html(warning(words))

    def guard(self, act: Callable[..., None]) -> Callable[..., None]:
        """The act, refused where the desk's snapshot is no longer looked at; that or its failure is said here."""

        return guard(self.wrong, held(self._desk, act))


def held(desk: Desk, act: Callable[..., None]) -> Callable[..., None]:
    """The act, refused with SnapshotError where the desk's snapshot is no longer looked at."""

    def acting(*given: Any) -> None:
        if desk.hold is not None:
            desk.hold.check()
        act(*given)

    return acting


def panel_html(fragment: str) -> str:
    """A fragment in a panel's look, its lines broken where a reader would break them."""
    return f'{STYLE}<div class="ak-panel">{whole_words(fragment)}</div>'


def button(label: str, act: Callable[[Any], None], *, tooltip: str = "", width: str = "auto") -> Any:
    """A button that does something when it is pressed."""
    made = ipywidgets.Button(description=label, tooltip=tooltip or label, layout={"width": width})
    made.on_click(act)
    return made


def written(path: Path, what: str) -> str:
    """The sentence that says which file was written."""
    return f"{path.name} written: {what}"
