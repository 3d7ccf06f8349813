"""A table to decide many at once: what is ticked is shown id by id before it is written, and written as shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.errors import DecisionRefused
from auditkit.review.handout import CHOICES
from auditkit.widgets.grid import RowGrid
from auditkit.widgets.markup import safe_table
from auditkit.widgets.review_acts import MOST_AT_ONCE, Answer, Shown
from auditkit.widgets.review_fields import ROW, Filters, Words, button, panel_html, refused, said
from auditkit.widgets.review_sift import sift_items
from auditkit.widgets.review_views import item_html, proof_html
from auditkit.widgets.trouble import guard

if TYPE_CHECKING:
    from auditkit.widgets.review import Review

# The names that the grid knows its columns by.
_GRID = {
    "item": "fingerprint",
    "recommendation": "rule",
    "because": "title",
    "record_id": "subject_id",
    "says": "message",
}


class ManyItems:
    """`box` is the widget; `grid.ticked` the items that are ticked."""

    def __init__(self, review: Review) -> None:
        self._review, self._sitting = review, review.sitting
        self._asked: tuple[list[Shown], Answer] | None = None
        self.told, self.detail, self.exact = (ipywidgets.HTML() for _ in range(3))
        self.filters = Filters(self._sitting, guard(self._refuse, self._filtered), review.reviewer)
        self.words = Words(self._sitting, review.name_field)
        self.action = ipywidgets.Dropdown(description="Decide", options=list(CHOICES), layout={"width": "190px"})
        self.grid = RowGrid(guard(self._refuse, self._open), self._count)
        self.ask = self._button("Decide ticked", self._ask)
        self.write = self._button("Write", self._write)
        self.cancel = self._button("Cancel", lambda _: self._forget())
        for field in (self.action, self.words.reason, self.words.target, self.words.reviewer):
            field.observe(lambda _: self._forget(), "value")
        self.box = self._laid_out()
        self._sitting.listen(self._redraw)
        self._filtered()

    def _filtered(self) -> None:
        self.grid.ticked.clear()
        self._redraw()

    def _redraw(self) -> None:
        self._rows = sift_items(self._sitting.standing, self.filters.choice)
        # What left the table is ticked no more: only what somebody sees is decided.
        self.grid.ticked.intersection_update(self._rows["item"])
        whose = (" of " + self._rows.whose).where(self._rows.kind.ne("principal"), "")
        self.grid.show(self._rows.assign(says=self._rows.says + whose).rename(columns=_GRID))
        self._count()

    def _count(self) -> None:
        self._forget()
        ticked = len(self.grid.ticked)
        self.ask.description = f"Decide {ticked:,} ticked"
        if not ticked:
            self.told.value = said("tick what is to be decided together; a name opens what proves it")

    def _open(self, item: str) -> None:
        row = self._sitting.row(item)
        proof = proof_html(row, self._review.desk.tables, self._review.desk.findings)
        self.detail.value = panel_html(item_html(row, self._sitting.said(item)) + proof)

    def _tick_all(self, _: Any) -> None:
        names = list(self._rows["item"])
        if len(names) > MOST_AT_ONCE:
            raise DecisionRefused(f"the filters leave {len(names):,} items; at most {MOST_AT_ONCE} are decided at once")
        self.grid.ticked.update(names)
        self.grid.draw()
        self._count()

    def _tick_none(self, _: Any) -> None:
        self.grid.ticked.clear()
        self.grid.draw()
        self._count()

    def _ask(self, _: Any) -> None:
        """Show exactly what would be written; nothing is written yet."""
        names = sorted(self.grid.ticked)
        answer = self.words.answer(str(self.action.value))
        if not names:
            raise DecisionRefused("no item is ticked; tick what is to be decided")
        if not answer.reason.strip():
            raise DecisionRefused("many at once need a reason, which is kept with each")
        self._asked = ([self._sitting.shown(name) for name in names], answer)
        rows = self._sitting.standing
        rows = rows.loc[rows["item"].isin(names), ["item", "whose", "says", "recommendation"]]
        words = f"{answer.action} for these {len(names):,} items, by {answer.reviewer}, because: {answer.reason}"
        self.exact.value = panel_html(safe_table(rows, caption=words))
        self.write.description = f"Write {len(names):,} decisions"
        self._reveal(True)

    def _write(self, _: Any) -> None:
        if self._asked is None:
            self.told.value = said("nothing is waiting to be written")
            return
        shown, answer = self._asked
        self._forget()
        words = self._sitting.decide_many(shown, answer)
        self.grid.ticked.clear()
        self._redraw()
        self.told.value = said(words)

    def _forget(self) -> None:
        self._asked, self.exact.value = None, ""
        self._reveal(False)

    def _reveal(self, on: bool) -> None:
        for widget in (self.exact, self.write, self.cancel):
            widget.layout.display = None if on else "none"

    def _button(self, label: str, act: Any) -> Any:
        return button(label, guard(self._refuse, act))

    def _laid_out(self) -> Any:
        self.detail.layout = {"width": "38%", "max_height": "560px", "overflow": "auto"}
        self.detail.add_class("ak-detail")
        self.exact.layout.max_height, self.exact.layout.overflow = "260px", "auto"
        ticks = [self._button("Tick all found", self._tick_all), self._button("Tick none", self._tick_none)]
        acts = ipywidgets.HBox([*ticks, self.action, self.ask], layout=ROW)
        sure = ipywidgets.HBox([self.write, self.cancel], layout=ROW)
        left = ipywidgets.VBox(
            [self.grid.box, acts, self.words.reason, self.words.target, sure, self.exact, self.told],
            layout={"width": "61%"},
        )
        body = ipywidgets.HBox([left, self.detail], layout={"width": "100%"})
        return ipywidgets.VBox([self.words.reviewer, self.filters.box, body])

    def _refuse(self, words: str) -> None:
        self.told.value = refused(words)
