"""One item at a time: what it is, what proves it, and a decision by button or by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.errors import DecisionRefused
from auditkit.widgets.review_fields import ROW, Filters, Words, button, panel_html, refused, said, text
from auditkit.widgets.review_sift import following, is_left, ordered, sift_items
from auditkit.widgets.review_views import counted, item_html, proof_html
from auditkit.widgets.trouble import guard

if TYPE_CHECKING:
    from auditkit.widgets.review import Review

# The letters that the field of keys takes, and the button of each.
KEYS = {"k": "keep", "r": "remove", "c": "change", "n": "next", "b": "back", "u": "undo"}
_ACTS = ("keep", "remove", "change", "next", "back", "undo", "rotate", "delegate", "not mine")
# Every letter is an act; the field is emptied between acts, once it holds as many as it shows.
_MOST_LETTERS = 24


class OneItem:
    """`box` is the widget; `item` the one shown, "" where the filters leave none."""

    def __init__(self, review: Review) -> None:
        self._review, self._sitting = review, review.sitting
        self._order = {name: place for place, name in enumerate(ordered(self._sitting.standing)["item"])}
        self._typed, self._undone, self.item = "", False, ""
        self._visited: list[str] = []
        self.head, self.facts, self.proof, self.told = (ipywidgets.HTML() for _ in range(4))
        self.filters = Filters(self._sitting, guard(self._refuse, self._filtered), review.reviewer)
        self.words = Words(self._sitting, review.name_field)
        self.keys = text("Keys", "k r c n", "190px")
        self.keys.observe(guard(self._refuse, self._pressed), "value")
        self.buttons = {act: self._button(act) for act in _ACTS}
        self.box = self._laid_out()
        self._sitting.listen(self.refresh)
        self._filtered()

    def show(self, item: str) -> None:
        """Show an item, or with "" that none is left; the words of the last one are not carried over."""
        if item != self.item:
            self.words.clear()
        self.item, self._undone = item, False
        self.refresh()

    def refresh(self) -> None:
        """Show the item as the disk has it."""
        rows = sift_items(self._sitting.standing, self.filters.choice)
        left = int(is_left(self._sitting.standing).sum())
        here = f"{counted(len(rows), 'item')} by these filters; {left:,} of {len(self._order):,} in all left"
        self.head.value = said(here)
        if not self.item:
            self.facts.value = panel_html('<p class="ak-note">Nothing is left by these filters.</p>')
            self.proof.value = ""
            return
        self._shown = self._sitting.shown(self.item)
        row = self._sitting.row(self.item)
        self.facts.value = panel_html(item_html(row, self._sitting.said(self.item)))
        self.proof.value = panel_html(proof_html(row, self._review.desk.tables, self._review.desk.findings))

    def act(self, name: str) -> None:
        """Do what the button of this name does."""
        if name in ("next", "back"):
            self._turn(name)
        elif not self.item:
            self._refuse("no item is shown; choose other filters")
        elif name == "undo":
            self._undo()
        else:
            self._decide(name)

    def _decide(self, action: str) -> None:
        try:
            words = self._sitting.decide(self._shown, self.words.answer(action))
        except DecisionRefused:
            # Where the words are missing is where the keyboard is wanted.
            (self.words.target if action in ("change", "delegate") else self.words.reason).focus()
            raise
        self._undone = False
        self.told.value = said(words)

    def _undo(self) -> None:
        # A second click would take back the decision before; that takes leaving the item and coming back.
        if self._undone:
            self.told.value = said(f"{self.item}: is taken back already; leave the item to take back more")
            return
        words = self._sitting.undo(self._shown, self.words.reviewer.value)
        self._undone = True
        self.told.value = said(words)

    def _turn(self, way: str) -> None:
        self.told.value = ""
        if way == "back":
            if self._visited:
                self.show(self._visited.pop())
            return
        self._sitting.refresh()
        rows = sift_items(self._sitting.standing, self.filters.choice)
        after = following(rows, self._order, self.item)
        if not after and self.item in set(rows["item"]):
            self.told.value = said("this is the last that these filters leave")
            return
        self._visited += [self.item] if self.item else []
        self.show(after)

    def _filtered(self) -> None:
        rows = sift_items(self._sitting.standing, self.filters.choice)
        names = set(rows["item"])
        self.show(self.item if self.item in names else following(rows, self._order, ""))

    def _pressed(self, change: Any) -> None:
        """Act on the letters that are new. What was typed is kept in the field and not emptied at each letter, since
        the browser may have sent the next one before it heard that the field is empty."""
        value, before = str(change["new"]), self._typed
        self._typed = value
        if not value or (before.startswith(value) and len(value) < len(before)):
            return
        fresh = value[len(before) :] if value.startswith(before) else value
        for place, letter in enumerate(fresh.lower()):
            name = KEYS.get(letter)
            if name is None:
                known = ", ".join(f"{key} {act}" for key, act in KEYS.items())
                self._refuse(f"no key {letter!r}; the keys are {known}")
                break
            self.act(name)
            if name in ("next", "back") and fresh[place + 1 :]:
                self.told.value = refused(f"{fresh[place + 1 :]!r} was typed before this item was shown: not taken")
                break
        if len(value) >= _MOST_LETTERS:
            self._typed = self.keys.value = ""

    def _button(self, name: str) -> Any:
        key = next((letter for letter, act in KEYS.items() if act == name), "")
        label = name.capitalize() + (f" ({key})" if key else "")
        return button(label, guard(self._refuse, lambda _: self.act(name)))

    def _laid_out(self) -> Any:
        self.facts.layout = {"height": "250px", "overflow": "auto"}
        self.proof.layout = {"width": "46%", "height": "440px", "overflow": "auto"}
        self.proof.add_class("ak-detail")
        keyed, plain = _ACTS[:6], _ACTS[6:]
        first = ipywidgets.HBox([self.buttons[act] for act in keyed], layout=ROW)
        second = ipywidgets.HBox([self.keys, *(self.buttons[act] for act in plain)], layout=ROW)
        left = ipywidgets.VBox(
            [self.facts, self.words.reason, self.words.target, first, second, self.told], layout={"width": "53%"}
        )
        body = ipywidgets.HBox([left, self.proof], layout={"width": "100%"})
        return ipywidgets.VBox([ipywidgets.HBox([self.words.reviewer, self.head]), self.filters.box, body])

    def _refuse(self, words: str) -> None:
        self.told.value = refused(words)
