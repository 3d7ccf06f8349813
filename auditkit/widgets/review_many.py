"""A table to decide many at once: what is ticked is shown id by id before it is written, and written as shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.errors import DecisionRefused
from auditkit.findings_met import counted
from auditkit.review.entries import DECISIONS
from auditkit.widgets.form import Button, Field, Form, Press
from auditkit.widgets.grid import RowGrid
from auditkit.widgets.later import Later
from auditkit.widgets.live import button, panel_html
from auditkit.widgets.markup import safe_table, safe_text
from auditkit.widgets.review_acts import MOST_AT_ONCE, Answer, Shown
from auditkit.widgets.review_fields import Filters, Words
from auditkit.widgets.review_sift import sift_items
from auditkit.widgets.review_views import LABELS, item_html, proof_html
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
        self._lists, self._written = 0, ("", "")
        self.detail, self.exact = ipywidgets.HTML(), ipywidgets.HTML()
        self._words = Words(self._sitting, "why; kept with each")
        self.form = Form(
            self._act,
            label="Decide on what is ticked",
            name=review.name,
            fields=(
                Field(name="action", label="Decide", choice=True, options=DECISIONS, wide=False),
                *self._words.fields,
            ),
            buttons=(),
            shown={"list": ""},
            needs=lambda press: self._words.lacking(press, press.words["action"]),
        )
        refuse = self.form.refuse
        self.filters = Filters(self._sitting, guard(refuse, self._filtered), review.reviewer)
        self._opened = ""
        # A button opens what proves the advice: it decides nothing, and must not read as if it did.
        self.grid = RowGrid(guard(refuse, self._open), self._count, before="why ", width=116)
        self.box = self._laid_out()
        self._sitting.listen(Later(guard(refuse, self._redraw)))
        self._filtered()
        self.form.say("tick what is to be decided together; why ... opens what proves it")

    def _filtered(self) -> None:
        self.grid.ticked.clear()
        self._redraw()

    def _redraw(self) -> None:
        self._rows = sift_items(self._sitting.standing, self.filters.choice)
        # What left the table is ticked no more: only what somebody sees is decided.
        self.grid.ticked.intersection_update(self._rows["item"])
        whose = (self._rows.whose + ": ").where(self._rows.kind.ne("principal"), "")
        self.grid.show(self._rows.assign(says=whose + self._rows.says).rename(columns=_GRID))
        if self._opened:
            self._open(self._opened)
        self._count()

    def _count(self) -> None:
        self._asked, self.exact.value = None, ""
        self._draw()

    def _draw(self) -> None:
        """The buttons that there are now: nothing is written that was not shown."""
        buttons = [Button(act="ask", label=f"Decide {len(self.grid.ticked):,} ticked")]
        if self._asked:
            written = Button(act="write", label=f"Write {counted(len(self._asked[0]), 'decision')}", apart=True)
            buttons += [written, Button(act="cancel", label="Cancel")]
        self.exact.layout.display = None if self._asked else "none"
        self.form.show_buttons(buttons)

    def _open(self, item: str) -> None:
        self._opened, row = item, self._sitting.row(item)
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

    def _act(self, press: Press) -> str:
        if press.act == "ask":
            return self._ask(self._words.answer(press, press.words["action"]))
        number, (before, words) = press.shown["list"], self._written
        if press.act == "write" and number == before:
            return words
        asked = self._asked if number == self.form.shown["list"] else None
        self._count()
        if press.act == "cancel":
            return "nothing was written"
        if asked is None or self._words.answer(press, press.words["action"]) != asked[1]:
            raise DecisionRefused("something was changed after the list was shown: press Decide, and look again")
        words = self._sitting.decide_many(*asked)
        self.grid.ticked.clear()
        self.form.clear()
        self._redraw()
        self._written = (number, words)
        return words

    def _ask(self, answer: Answer) -> str:
        """Show exactly what would be written; nothing is written yet."""
        names = sorted(self.grid.ticked)
        if not names:
            raise DecisionRefused("no item is ticked; tick what is to be decided")
        if not answer.reviewer.strip():
            raise DecisionRefused("nobody is named as reviewer; name who decides")
        self._sitting.known(answer.reviewer)
        if not answer.reason.strip():
            raise DecisionRefused("many at once need a reason, which is kept with each")
        self._asked = ([self._sitting.shown(name) for name in names], answer)
        rows = self._sitting.standing
        rows = rows.loc[rows["item"].isin(names), ["item", "whose", "recommendation"]]
        words = f"{answer.action} for these {len(names):,} items, by {answer.reviewer}, because: {answer.reason}"
        # No caption: that would be as wide as the table, and cut where the table is.
        self.exact.value = panel_html(f'<p class="ak-head">{safe_text(words)}</p>{safe_table(rows, labels=LABELS)}')
        self._draw()
        # A press to write names the list that was looked at.
        self._lists += 1
        self.form.shown = {"list": str(self._lists)}
        return "nothing is written yet: look at the list below, then write it"

    def _button(self, label: str, act: Any) -> Any:
        return button(label, guard(self.form.refuse, act))

    def _laid_out(self) -> Any:
        self.detail.layout = {"max_height": "420px", "overflow": "auto"}
        self.exact.layout.max_height, self.exact.layout.overflow = "260px", "auto"
        ticks = [self._button("Tick all found", self._tick_all), self._button("Tick none", self._tick_none)]
        left = ipywidgets.VBox([ipywidgets.HBox(ticks), self.grid.box], layout={"width": "57%"})
        right = ipywidgets.VBox([self.form, self.exact, self.detail], layout={"width": "42%"})
        right.add_class("ak-detail")
        body = ipywidgets.HBox([left, right], layout={"width": "100%"})
        return ipywidgets.VBox([self.filters.box, body])
