"""What every panel is: a frame, a static twin, and a widget whose sliders judge anew only the rules concerned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.errors import InputError
from auditkit.findings import Findings, run_rules
from auditkit.findings_met import silent
from auditkit.report.whole import whole_words
from auditkit.widgets.markup import bullets, safe_table, safe_text, said_text
from auditkit.widgets.style import STYLE
from auditkit.widgets.trouble import TROUBLE, warning, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from auditkit.widgets.desk import Desk

# A saved notebook keeps the first rows of a panel only; the report keeps all of them.
ROWS_KEPT = 200
# More rules than this that could not be judged for one reason are told together, without their titles.
_MANY = 4


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A slider over one limit, in days."""

    limit: str
    label: str
    most: int = 730


@dataclass(frozen=True, kw_only=True)
class View:
    """What a panel shows at given limits.

    `extras` is HTML made by the helpers of `markup`, `after` more of it, below the figures; `draw` makes the figure,
    or several of them, last of all, since that takes longest;
    `hidden` columns are in the frame and not in the table; `anchor` names the column whose values a link may name;
    `links` says, for a column of words, the column of the anchors that those lead to in a report.
    """

    frame: pd.DataFrame
    headline: str
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    warned: str = "Not evaluated"
    extras: Sequence[str] = ()
    after: Sequence[str] = ()
    draw: Callable[[], Figure | Sequence[Figure]] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    filters: Sequence[str] = ()
    hidden: Sequence[str] = ()
    anchor: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> pd.DataFrame:
        """The frame without the columns that only a program needs."""
        return self.frame.drop(columns=list(self.hidden))

    def head(self) -> str:
        """Everything above the table, as HTML."""
        why = bullets(self.warnings)
        warn = f'<div class="ak-warn"><strong>{self.warned}</strong>{why}</div>' if why else ""
        notes = "".join(f'<p class="ak-note">{said_text(note)}</p>' for note in self.notes)
        return f'<p class="ak-head">{safe_text(self.headline)}</p>{warn}{notes}{"".join(self.extras)}'

    def picture(self) -> str:
        """The figures as HTML, drawn now; nothing where there is none."""
        if self.draw is None:
            return ""
        from auditkit.charts import figure_html

        made = self.draw()
        return "".join(map(figure_html, made if isinstance(made, Sequence) else [made]))

    def table(self, rows: int | None = None) -> str:
        """What follows the figures as HTML: `after`, and the table, complete or its first rows, if it has rows."""
        return "".join(self.after) + ("" if self.frame.empty else self._rows(rows))

    def _rows(self, rows: int | None) -> str:
        shown = self.shown if rows is None else self.shown.head(rows)
        cut = len(self.frame) - len(shown)
        more = f'<p class="ak-note">and {cut:,} more rows</p>' if cut else ""
        ids = self.frame[self.anchor].head(len(shown)) if self.anchor else None
        links = {name: self.frame[anchors].head(len(shown)) for name, anchors in self.links.items()}
        return safe_table(shown, labels=self.labels, filters=self.filters, ids=ids, links=links) + more


class Static:
    """A piece of HTML that shows itself without a kernel and without a script."""

    def __init__(self, html: str, *, text: str = "") -> None:
        self.fragment = f'<div class="ak-panel">{html}</div>'
        self._text = text

    def __repr__(self) -> str:
        return self._text or "a static panel"

    def _repr_html_(self) -> str:
        return STYLE + whole_words(self.fragment)


def seated(desk: Any) -> Desk:
    """The desk that was given; InputError for anything else, such as a cell before the first one gives."""
    if not (hasattr(desk, "snapshot") and hasattr(desk, "tables")):
        raise InputError(
            f"no snapshot loaded: a panel needs a desk, not {type(desk).__name__}; run the first cell, which makes one "
            "by `auditkit.open_desk()`"
        )
    sat: Desk = desk
    return sat


class Panel:
    """One question about a snapshot. Subclasses say which rules answer it, and build a `View` of what they found."""

    rules: ClassVar[tuple[str, ...]] = ()
    sliders: ClassVar[tuple[Slider, ...]] = ()

    def __init__(self, desk: Desk) -> None:
        self.desk = seated(desk)
        self.limits = desk.limits
        self._current: View | None = None
        self._widget: Any = None

    def build(self, found: Findings) -> View:
        """The view of what the panel's rules found."""
        raise NotImplementedError

    @property
    def view(self) -> View:
        """The view at the panel's present limits."""
        if self._current is None:
            self._current = self.build(self._found())
        return self._current

    @property
    def frame(self) -> pd.DataFrame:
        """What the panel shows, as a frame: the same that the desk's call of this name returns."""
        return self.view.frame

    def move(self, **days: float) -> View:
        """Judge the panel's rules at other limits, and show what they find."""
        moved: dict[str, Any] = dict(days)
        self.limits = replace(self.limits, **moved)
        self._current = None
        return self.view

    def static(self, rows: int | None = None) -> Static:
        """The panel without a kernel: what the report, and a notebook reopened elsewhere, shows."""
        view = self.view
        return Static(self._settings() + view.head() + view.picture() + view.table(rows), text=view.headline)

    def widget(self) -> Any:
        """The panel with its sliders and a table to page, search and filter; made once."""
        if self._widget is None:
            self._widget = self.make()
        return self._widget

    def make(self) -> Any:
        """The widget itself; panels with controls of their own make another."""
        from auditkit.widgets.interactive import panel_widget

        return panel_widget(self)

    def _found(self) -> Findings:
        """What the rules found: what the desk has already, unless a limit was moved."""
        if self.limits != self.desk.limits:
            return self.desk.set_apart(run_rules(self.desk.tables, self.limits, self.rules)).open
        return self.desk.among(self.rules)

    def _settings(self) -> str:
        days = [(slider.label.removesuffix(" (days)"), getattr(self.limits, slider.limit)) for slider in self.sliders]
        told = [f"{label}: {count} days" for label, count in days]
        return f'<p class="ak-note">{safe_text("; ".join(told))}</p>' if told else ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        if self.desk.headless:
            return {"text/plain": self.view.headline, "text/html": self.static().fragment}
        try:
            twin = self.static(ROWS_KEPT)
            live: dict[str, Any] = self.widget()._repr_mimebundle_()
            return {**live, "text/html": twin._repr_html_(), "text/plain": self.view.headline}
        except TROUBLE as error:
            return {"text/html": Static(warning(words(error)))._repr_html_(), "text/plain": words(error)}


def headline(count: int, population: int, what: str, rules: pd.DataFrame) -> str:
    """ "7 of 212 principals", "0 of 212 principals: nothing found", and no such words where nothing was judged."""
    told = f"{count:,} of {population:,} {what}"
    if rules.evaluated.all():
        return told if count else f"{told}: nothing found"
    if count or rules.evaluated.any():
        return f"{told}, of what could be evaluated"
    return f"Not evaluated: how many {what}"


def drawn(found: Findings, rule: str, draw: Callable[[], Figure]) -> Callable[[], Figure] | None:
    """The figure of what a rule counts; None where it looked at nothing, or not at all: its title would count a part
    as the whole."""
    judged = found.rules[found.rules.id.eq(rule)]
    return draw if judged.evaluated.all() and judged.population.all() else None


def by_rule(rules: pd.DataFrame) -> str:
    """What each rule found, of how many it looked at, as a table: the numbers that the answer has of these rules.
    Where none looked at anything there is no table: the reasons stand above it."""
    if not rules.evaluated.any() and not rules.population.any():
        return ""
    told = pd.DataFrame({"rule": rules.id, "title": rules.title, "found": results(rules)})
    return safe_table(told, caption="By rule, of what each looked at")


def reasons(found: Findings) -> list[str]:
    """Why rules could not be judged, or not on everything, each with its id; many of one reason in one sentence."""
    told: list[str] = []
    for (part, why), rows in silent(found.rules).groupby(["partly", "why_not"], sort=False):
        if len(rows) > _MANY:
            told.append(f"{why}: {len(rows)} rules{', evaluated in part' * part} ({', '.join(rows.id)})")
        else:
            told += [f"{rule}: {why}" for rule in rows.id + ", " + rows.title + " (evaluated in part)" * part]
    return told


def results(rules: pd.DataFrame) -> list[str]:
    """What each rule gave, in words: "7 of 212", "0 of 212: nothing found", "not evaluated: ...", or in part."""
    rows = zip(rules.evaluated, rules["count"], rules.population, rules.why_not, strict=True)
    return [_result(evaluated, count, population, why) for evaluated, count, population, why in rows]


def _result(evaluated: bool, count: int, population: int, why: str) -> str:
    if evaluated:
        return f"{count:,} of {population:,}" + ("" if count else ": nothing found")
    if count or population:
        return f"{count:,} of {population:,}, evaluated only in part: {why}"
    return f"not evaluated: {why}"
