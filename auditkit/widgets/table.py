"""A table of any size for the notebook: pages of 25 rows, a search, filters and a sort, on escaped HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import pandas as pd

from auditkit.widgets.base import View
from auditkit.widgets.live import panel_html
from auditkit.widgets.markup import plain, safe_table

PAGE = 25
# So many rows are taken in at a glance, without a search.
FEW = 10
_ALL = "all"
# Past so many values a filter is no help, and the search finds them.
_MOST_CHOICES = 200
# Longer labels of a filter take their own width, not that of the others.
_NARROW = 11


class PagedTable:
    """Shows a view's frame. `box` is the widget; `shown` the rows that the search and the filters leave."""

    def __init__(self, view: View) -> None:
        self._page = 0
        self._html = ipywidgets.HTML()
        self._count = ipywidgets.Label()
        self._search = ipywidgets.Text(placeholder="search every column", description="Search", continuous_update=True)
        self._sort = ipywidgets.Dropdown(description="Sort by")
        self._down = ipywidgets.Checkbox(description="descending", indent=False, layout={"width": "110px"})
        self._back = _button("Previous", lambda _: self._turn(-1))
        self._next = _button("Next", lambda _: self._turn(1))
        self._filters: dict[str, Any] = {}
        self._made: dict[str, Any] = {}
        self._quiet = False
        self._filter_row = ipywidgets.HBox(layout={"flex_flow": "row wrap"})
        for control in (self._search, self._sort, self._down):
            control.observe(self._changed, "value")
        self._pages = ipywidgets.HBox([self._back, self._next, self._count])
        self.box = ipywidgets.VBox([self._filter_row, self._html, self._pages])
        self.show(view)

    @property
    def shown(self) -> pd.DataFrame:
        """The rows that the search and the filters leave, sorted, with every column of the panel's frame."""
        return self._view.frame.loc[self._kept.index]

    def show(self, view: View) -> None:
        """Show another frame; the search and those filters that still apply are kept."""
        self._view = view
        # Made when they are asked for: of a hundred thousand rows they take longer than all else.
        self._texts: dict[str, list[str]] = {}
        self._haystack: pd.Series | None = None
        self._offer()
        self._changed(None)

    def _text(self, name: str) -> list[str]:
        if name not in self._texts:
            self._texts[name] = plain(self._view.shown[name])
        return self._texts[name]

    def _searched(self) -> pd.Series:
        if self._haystack is None:
            columns = [self._text(str(name)) for name in self._view.shown.columns]
            joined = [" \n".join(cells).casefold() for cells in zip(*columns, strict=True)]
            self._haystack = pd.Series(joined, index=self._view.frame.index, dtype="str")
        return self._haystack

    def _offer(self) -> None:
        """Fill the filters' and the sort's choices from the frame, without drawing for each of them."""
        self._quiet = True
        values = {name: sorted(set(self._text(name))) for name in self._view.filters}
        self._filters = {name: self._filter(name, told) for name, told in values.items() if len(told) <= _MOST_CHOICES}
        columns = [(self._label(name), name) for name in map(str, self._view.shown.columns)]
        if tuple(columns) != tuple(self._sort.options)[1:]:
            self._sort.options = [("as listed", ""), *columns]
            self._sort.value = ""
        self._quiet = False
        self._filter_row.children = [self._search, *self._filters.values(), self._sort, self._down]
        self._filter_row.layout.display = None if len(self._view.frame) > FEW else "none"
        self._pages.layout.display = None if len(self._view.frame) > PAGE else "none"

    def _filter(self, name: str, values: list[str]) -> Any:
        """The filter of a column, the same one as long as the table lives: a new one would be slow to appear."""
        if name not in self._made:
            label = self._label(name)
            look = {"style": {"description_width": "initial"}} if len(label) > _NARROW else {}
            self._made[name] = ipywidgets.Dropdown(description=label, **look)
            self._made[name].observe(self._changed, "value")
        control, options = self._made[name], (_ALL, *values)
        if control.options != options:
            was = control.value
            control.options = options
            control.value = was if was in options else _ALL
        return control

    def _changed(self, _: Any) -> None:
        if self._quiet:
            return
        self._page, kept = 0, self._view.shown
        words = self._search.value.casefold().split()
        for word in words:
            kept = kept[self._searched().loc[kept.index].str.contains(word, regex=False)]
        for name, control in self._filters.items():
            if control.value != _ALL:
                texts = pd.Series(self._text(name), index=self._view.frame.index, dtype="str")
                kept = kept[texts.loc[kept.index].eq(control.value)]
        if self._sort.value:
            kept = kept.sort_values(self._sort.value, ascending=not self._down.value, kind="stable")
        self._kept = kept
        self._draw()

    def _turn(self, step: int) -> None:
        self._page += step
        self._draw()

    def _draw(self) -> None:
        start, total = self._page * PAGE, len(self._kept)
        page = self._kept.iloc[start : start + PAGE]
        self._back.disabled, self._next.disabled = start == 0, start + PAGE >= total
        self._count.value = f"{start + 1:,} to {start + len(page):,} of {total:,} rows" if total else "no row matches"
        table = safe_table(page, labels=self._view.labels) if total else ""
        self._html.value = panel_html(table)
        self.box.layout.display = None if len(self._view.frame) else "none"

    def _label(self, name: str) -> str:
        return self._view.labels.get(name, name.replace("_", " ").capitalize())


def _button(label: str, pressed: Callable[[Any], None]) -> Any:
    button = ipywidgets.Button(description=label, layout={"width": "100px"})
    button.on_click(pressed)
    return button
