"""A page of rows that can be ticked and opened by mouse and keyboard; only the page is ever in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import pandas as pd

from auditkit.report.whole import whole_words
from auditkit.widgets.markup import safe_text, said_text

PAGE = 12
# Of the button that opens a row: as wide as a rule's id.
_WIDTH = 80


class RowGrid:
    """Rows of findings: a tick, the severity, a button with the rule that opens the row, the subject and its message.

    `show` takes findings of any number; `ticked` holds the fingerprints that are ticked, also on other pages.
    """

    def __init__(
        self, opened: Callable[[Any], None], ticked: Callable[[], None], *, before: str = "", width: int = _WIDTH
    ) -> None:
        self.ticked: set[str] = set()
        self._opened, self._told, self._before = opened, ticked, before
        self._rows = pd.DataFrame()
        self._page = 0
        self._quiet = False
        self._lines = [_Line(self._tick, self._open, width) for _ in range(PAGE)]
        cells = [cell for line in self._lines for cell in line.cells]
        columns = f"26px 78px {width + 4}px minmax(0, 1fr)"
        layout = {"grid_template_columns": columns, "grid_gap": "0 6px", "width": "100%"}
        self._grid = ipywidgets.GridBox(cells, layout=layout)
        self._grid.add_class("ak-grid")
        self._back = _button("Previous", lambda _: self.turn(-1))
        self._next = _button("Next", lambda _: self.turn(1))
        self._where = ipywidgets.Label()
        self._pages = ipywidgets.HBox([self._back, self._next, self._where])
        self.box = ipywidgets.VBox([self._grid, self._pages])

    @property
    def page(self) -> pd.DataFrame:
        """The rows of the page that is shown."""
        return self._rows.iloc[self._page * PAGE : (self._page + 1) * PAGE]

    def show(self, rows: pd.DataFrame) -> None:
        """Show other rows, from the first page; ticks are kept."""
        self._rows, self._page = rows, 0
        self.draw()

    def turn(self, step: int) -> None:
        """Show the page so many pages on; none beyond the ends."""
        last = max((len(self._rows) - 1) // PAGE, 0)
        self._page = min(max(self._page + step, 0), last)
        self.draw()

    def draw(self) -> None:
        """Bring the page to the browser."""
        page, total = self.page, len(self._rows)
        self._quiet = True
        columns = [page[name].astype("str").tolist() for name in ("fingerprint", "severity", "rule", "title",
                                                                  "subject_id", "message")]  # fmt: skip
        told = list(zip(*columns, strict=True))
        for number, line in enumerate(self._lines):
            line.show(told[number] if number < len(told) else None, self.ticked, self._before)
        self._quiet = False
        start = self._page * PAGE
        self._where.value = f"{start + 1:,} to {start + len(page):,} of {total:,}" if total else ""
        self._back.disabled, self._next.disabled = start == 0, start + PAGE >= total
        self._pages.layout.display = None if total > PAGE else "none"

    def _tick(self, fingerprint: str, on: bool) -> None:
        if self._quiet:
            return
        (self.ticked.add if on else self.ticked.discard)(fingerprint)
        self._told()

    def _open(self, fingerprint: str) -> None:
        self._opened(fingerprint)


class _Line:
    """One row of the grid: its four widgets, filled anew for each page."""

    def __init__(self, ticked: Callable[[str, bool], None], opened: Callable[[str], None], width: int) -> None:
        self._key = ""
        self.tick = ipywidgets.Checkbox(indent=False, layout={"width": "24px"})
        self.tick.add_class("ak-tick")
        self.severity = ipywidgets.HTML()
        self.open = ipywidgets.Button(layout={"width": f"{width}px"})
        self.text = ipywidgets.HTML()
        self.tick.observe(lambda change: ticked(self._key, bool(change["new"])), "value")
        self.open.on_click(lambda _: opened(self._key))
        self.cells: Sequence[Any] = (self.tick, self.severity, self.open, self.text)

    def show(self, row: tuple[str, ...] | None, ticked: set[str], before: str) -> None:
        """Fill the line with fingerprint, severity, rule, title, subject and message; hide it where there is none.
        The button says the rule, after the words that go `before` it."""
        for cell in self.cells:
            cell.layout.display = "none" if row is None else None
        if row is None:
            return
        self._key, severity, rule, title, subject, message = row
        self.tick.value = self._key in ticked
        self.tick.description = f"select {rule} {subject}"[:120]
        self.severity.value = f'<span class="ak-pill ak-{severity}">{severity}</span>'
        self.open.description, self.open.tooltip = before + rule, f"{title}: show what proves it"
        told = f"<b>{safe_text(subject)}</b> {said_text(message)}"
        self.text.value = whole_words(f'<span class="ak-cell">{told}</span>')


def _button(label: str, pressed: Callable[[Any], None]) -> Any:
    button = ipywidgets.Button(description=label, layout={"width": "100px"})
    button.on_click(pressed)
    return button
