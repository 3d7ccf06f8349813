"""One item at a time: what it is, what proves it, and a decision by button or by key."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from auditkit.errors import DecisionRefused
from auditkit.findings_met import counted
from auditkit.widgets.form import Button, Form, Press
from auditkit.widgets.live import panel_html
from auditkit.widgets.review_acts import Shown
from auditkit.widgets.review_fields import Filters, Words, said
from auditkit.widgets.review_sift import ItemChoice, following, is_left, sift_items
from auditkit.widgets.review_views import item_html, proof_html
from auditkit.widgets.trouble import guard

if TYPE_CHECKING:
    from auditkit.widgets.review import Review

_BUTTONS = (
    Button(act="keep", label="Keep", key="k"),
    Button(act="remove", label="Remove", key="r"),
    Button(act="change", label="Change", key="c"),
    Button(act="rotate", label="Rotate"),
    Button(act="delegate", label="Delegate"),
    Button(act="not mine", label="Not mine"),
    Button(act="next", label="Next", key="n", apart=True),
    Button(act="back", label="Back", key="b"),
    Button(act="undo", label="Undo", key="u"),
)


class OneItem:
    """`box` is the widget; `item` the one shown, "" where the filters leave none."""

    def __init__(self, review: Review) -> None:
        self._review, self._sitting = review, review.sitting
        self._order = {name: place for place, name in enumerate(self._sitting.standing["item"])}
        self._sifted: tuple[pd.DataFrame, ItemChoice, pd.DataFrame] | None = None
        self._undone, self.item = False, ""
        self._visited: list[str] = []
        self.head, self.facts, self.proof = (ipywidgets.HTML() for _ in range(3))
        self._words = Words(self._sitting, "why; needed to keep against advice")
        self.form = Form(
            self._act,
            label="Decide on this item",
            name=review.name,
            fields=self._words.fields,
            buttons=_BUTTONS,
            needs=self._needs,
        )
        self.filters = Filters(self._sitting, guard(self.form.refuse, self._filtered), review.reviewer)
        self.box = self._laid_out()
        self._sitting.listen(self.refresh)
        self._filtered()

    def show(self, item: str) -> None:
        """Show an item, or with "" that none is left; the words of the last one are not carried over."""
        if item != self.item:
            self.form.clear()
            self.form.say("")
        self.item, self._undone = item, False
        self.refresh()

    def refresh(self) -> None:
        """Show the item as the disk has it."""
        rows = self._rows()
        left = int(is_left(self._sitting.standing).sum())
        here = f"{counted(len(rows), 'item')} by these filters; {left:,} of all {len(self._order):,} left"
        self.head.value = said(here)
        if not self.item:
            self.facts.value = panel_html('<p class="ak-note">Nothing is left by these filters.</p>')
            self.proof.value, self.form.shown = "", {}
            return
        row = self._sitting.row(self.item)
        # What takes long first, so that what is shown and what a press names change together.
        proof = panel_html(proof_html(row, self._review.desk.tables, self._review.desk.findings))
        self.facts.value, self.proof.value = panel_html(item_html(row, self._sitting.said(self.item))), proof
        # Last, when what it tells of is there: a press brings back what somebody looked at.
        self.form.shown = asdict(self._sitting.shown(self.item))

    def _rows(self) -> pd.DataFrame:
        """What the filters leave, sifted anew where the disk or they have changed."""
        standing, choice = self._sitting.standing, self.filters.choice
        if self._sifted is None or self._sifted[0] is not standing or self._sifted[1] != choice:
            self._sifted = (standing, choice, sift_items(standing, choice))
        return self._sifted[2]

    def _act(self, press: Press) -> str:
        if press.act in ("next", "back"):
            return self._turn(press.act)
        if not self.item:
            raise DecisionRefused("no item is shown; choose other filters")
        shown = Shown(**press.shown)
        if shown.item != self.item:
            raise DecisionRefused(f"{press.act} was pressed before {self.item} was shown: not taken")
        if press.act == "undo":
            return self._undo(shown, press.words["who"])
        told = self._sitting.decide(shown, self._words.answer(press, press.act))
        self._undone = False
        self.form.clear()
        return told

    def _needs(self, press: Press) -> str:
        # What was decided meanwhile is to be looked at, not written about.
        return self._words.lacking(press, press.act, press.act == "keep") if press.shown == self.form.shown else ""

    def _undo(self, shown: Shown, who: str) -> str:
        # A second click would take back the decision before; that takes leaving the item and coming back.
        if self._undone:
            return f"{self.item}: is taken back already; leave the item to take back more"
        told = self._sitting.undo(shown, who)
        self._undone = True
        return told

    def _turn(self, way: str) -> str:
        if way == "back":
            if self._visited:
                self.show(self._visited.pop())
            return ""
        self._sitting.refresh()
        rows = self._rows()
        after = following(rows, self._order, self.item)
        if not after and self.item in set(rows["item"]):
            return "this is the last that these filters leave"
        self._visited += [self.item] if self.item else []
        self.show(after)
        return ""

    def _filtered(self) -> None:
        rows = self._rows()
        names = set(rows["item"])
        self.show(self.item if self.item in names else following(rows, self._order, ""))

    def _laid_out(self) -> Any:
        self.facts.layout = {"height": "250px", "overflow": "auto"}
        self.proof.layout = {"width": "46%", "height": "440px", "overflow": "auto"}
        self.proof.add_class("ak-detail")
        left = ipywidgets.VBox([self.facts, self.form], layout={"width": "53%"})
        body = ipywidgets.HBox([left, self.proof], layout={"width": "100%"})
        box = ipywidgets.VBox([self.head, self.filters.box, body])
        box.add_class("ak-keyed")
        return box
