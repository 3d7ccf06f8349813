"""Conflicts: what each reviewer says, and one decision with its reason that settles it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.errors import DecisionRefused
from auditkit.review.handout import CHOICES
from auditkit.widgets.review_fields import ROW, Words, button, panel_html, refused, said
from auditkit.widgets.review_views import conflicts_view
from auditkit.widgets.table import PagedTable
from auditkit.widgets.trouble import guard

if TYPE_CHECKING:
    from auditkit.widgets.review import Review


class Conflicts:
    """`box` is the widget; `item` the list of what reviewers disagree on."""

    def __init__(self, review: Review) -> None:
        self._sitting = review.sitting
        self.head, self.told = ipywidgets.HTML(), ipywidgets.HTML()
        self.table = PagedTable(conflicts_view(self._sitting))
        self.words = Words(self._sitting, review.name_field)
        self.item = ipywidgets.Dropdown(description="Item", layout={"width": "60%"})
        self.action = ipywidgets.Dropdown(description="Settle as", options=list(CHOICES), layout={"width": "190px"})
        self.settle = button("Settle", guard(self._refuse, self._settle))
        row = ipywidgets.HBox([self.item, self.action, self.settle], layout=ROW)
        self._form = ipywidgets.VBox([self.words.reviewer, row, self.words.reason, self.words.target])
        self.box = ipywidgets.VBox([self.head, self.table.box, self._form, self.told])
        self._sitting.listen(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the disk has."""
        view = conflicts_view(self._sitting)
        self.head.value = panel_html(view.head())
        self.table.show(view)
        names = list(dict.fromkeys(view.frame["item"]))
        chosen = self.item.value
        self.item.options = names
        self.item.value = chosen if chosen in names else next(iter(names), None)
        self._shown = {name: self._sitting.shown(name) for name in names}
        self._form.layout.display = None if names else "none"

    def _settle(self, _: Any) -> None:
        if self.item.value is None:
            raise DecisionRefused("reviewers disagree on nothing")
        words = self._sitting.settle(self._shown[self.item.value], self.words.answer(str(self.action.value)))
        self.words.clear()
        self.told.value = said(words)

    def _refuse(self, words: str) -> None:
        self.told.value = refused(words)
