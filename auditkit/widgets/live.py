"""Pieces that panels with controls of their own are put together from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from auditkit.widgets.markup import safe_text
from auditkit.widgets.style import STYLE
from auditkit.widgets.trouble import guard, warning

WRAPPED = {"flex_flow": "row wrap"}


class Told:
    """A line below a panel in which it says what it did, or why it could not."""

    def __init__(self) -> None:
        self.box = ipywidgets.HTML()

    def say(self, words: str) -> None:
        """What was done."""
        self.box.value = panel_html(f'<p class="ak-note" role="status">{safe_text(words)}</p>' if words else "")

    def wrong(self, words: str) -> None:
        """What could not be done, and how to mend it."""
        self.box.value = panel_html(warning(words))

    def guard(self, act: Callable[..., None]) -> Callable[..., None]:
        """The act, whose failure is said here."""
        return guard(self.wrong, act)


def panel_html(fragment: str) -> str:
    """A fragment in a panel's look."""
    return f'{STYLE}<div class="ak-panel">{fragment}</div>'


def button(label: str, act: Callable[[Any], None], *, tooltip: str = "", width: str = "auto") -> Any:
    """A button that does something when it is pressed."""
    made = ipywidgets.Button(description=label, tooltip=tooltip or label, layout={"width": width})
    made.on_click(act)
    return made


def written(path: Path, what: str) -> str:
    """The sentence that says which file was written."""
    return f"{path.name} written: {what}"
