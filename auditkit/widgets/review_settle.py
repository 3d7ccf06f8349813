"""Conflicts: what each reviewer says, and one decision with its reason that settles it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ipywidgets

from auditkit.errors import DecisionRefused
from auditkit.review.entries import DECISIONS
from auditkit.widgets.form import Button, Field, Form, Press
from auditkit.widgets.live import panel_html
from auditkit.widgets.review_fields import Words
from auditkit.widgets.review_views import conflicts_view
from auditkit.widgets.table import PagedTable

if TYPE_CHECKING:
    from auditkit.widgets.review import Review


class Conflicts:
    """`box` is the widget; `form` asks for the item, how it is settled, and why."""

    def __init__(self, review: Review) -> None:
        self._sitting = review.sitting
        self.head = ipywidgets.HTML()
        self.table = PagedTable(conflicts_view(self._sitting))
        self._words = Words(self._sitting, "why; always needed to settle")
        self.form = Form(
            self._settle,
            label="Settle a conflict",
            name=review.name,
            fields=(
                Field(name="item", label="Item", choice=True),
                Field(name="action", label="Settle as", choice=True, options=DECISIONS, wide=False),
                *self._words.fields,
            ),
            buttons=(Button(act="settle", label="Settle"),),
            needs=lambda press: self._words.lacking(press, press.words["action"]),
        )
        self.box = ipywidgets.VBox([self.head, self.table.box, self.form])
        self._sitting.listen(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the disk has."""
        view = conflicts_view(self._sitting)
        self.head.value = panel_html(view.head())
        self.table.show(view)
        names = list(dict.fromkeys(view.frame["item"]))
        self.form.offer("item", names)
        self.form.layout.display = None if names else "none"
        # The last entry of each as it was seen: what a press settles is what somebody looked at.
        self.form.shown = {name: self._sitting.shown(name).seen for name in names}

    def _settle(self, press: Press) -> str:
        item = press.words["item"]
        if item not in press.shown:
            raise DecisionRefused("reviewers disagree on no item")
        shown = replace(self._sitting.shown(item), seen=press.shown[item])
        words = self._sitting.settle(shown, self._words.answer(press, press.words["action"]))
        self.form.clear()
        return words
