"""The review in a notebook: a campaign's folder, opened, with a panel for each part of the work.

No cell decides anything: only a press of a button or a key does, and what it decided is on disk before it is shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from auditkit.access.tables import Tables
from auditkit.errors import InputError
from auditkit.findings import Findings, run_rules
from auditkit.findings_met import counted
from auditkit.review.accepted import read_accepted
from auditkit.review.campaign import Campaign, open_campaign
from auditkit.review.difference import Difference, difference
from auditkit.snapshot import load
from auditkit.widgets import review_views as views
from auditkit.widgets.base import ROWS_KEPT, Static, View
from auditkit.widgets.desk import HEADLESS, Desk
from auditkit.widgets.form import Name
from auditkit.widgets.later import Later
from auditkit.widgets.live import panel_html
from auditkit.widgets.markup import safe_text
from auditkit.widgets.review_acts import Sitting
from auditkit.widgets.review_attest import AttestForm, attest_view
from auditkit.widgets.review_many import ManyItems
from auditkit.widgets.review_one import OneItem
from auditkit.widgets.review_opening import FACTS, find_campaign, find_previous
from auditkit.widgets.review_settle import Conflicts
from auditkit.widgets.table import PagedTable
from auditkit.widgets.trouble import TROUBLE, guard, warning, words

# What each panel answers, and what of it can be shown without a kernel.
VIEWS: Mapping[str, Callable[[Review], View]] = {
    "progress": lambda review: views.progress_view(review.sitting),
    "one": lambda review: views.left_view(review.sitting),
    "many": lambda review: views.left_view(review.sitting),
    "left": lambda review: views.left_view(review.sitting),
    "conflicts": lambda review: views.conflicts_view(review.sitting),
    "log": lambda review: views.log_view(review.sitting),
    "difference": lambda review: views.difference_view(review.changed),
    "access": lambda review: views.access_view(review.changed),
    "records": lambda review: views.records_view(review.changed),
    "attestations": attest_view,
}
_MADE: Mapping[str, Callable[[Review], Any]] = {
    "one": OneItem,
    "many": ManyItems,
    "conflicts": Conflicts,
    "attestations": AttestForm,
}
_CLOSED = "This review was"


class Review:
    """A campaign that somebody decides on. `said` tells which campaign this is and what it holds."""

    def __init__(self, campaign: Campaign, *, told: Sequence[str], reviewer: str = "", previous: Path | None = None,
                 headless: bool = False) -> None:  # fmt: skip
        self.campaign, self.reviewer, self.headless = campaign, reviewer, headless
        self.sitting: Sitting = Sitting(campaign)
        self._panels: dict[str, ReviewPanel] = {}
        self._previous = previous
        self.name = Name(value=reviewer)
        closed = [f"{_CLOSED} {self.sitting.closed}."] if self.sitting.closed else []
        self.said = (*told[:1], *closed, *_about(campaign), *told[1:], *self._broken(), *_missing(campaign))

    @cached_property
    def desk(self) -> Desk:
        """The desk over the snapshot that the campaign judges, with the campaign's limits and required permissions."""
        tables = self.campaign.tables()
        rows = tables["required"]
        told = "none were given" if rows is None else f"{len(rows):,} rows"
        return Desk(snapshot=self.campaign.snapshot, tables=tables, limits=self.campaign.limits(),
                    required_words=told, said=self.said, headless=self.headless)  # fmt: skip

    @cached_property
    def changed(self) -> Difference | None:
        """What changed since the previous campaign or snapshot; None if none was named."""
        if self._previous is None:
            return None
        old, path = self._audited(self._previous), self.campaign.input("accepted.toml")
        accepted = None if path is None else read_accepted(path)
        return difference(old[1], self.desk.findings, old[0], self.desk.tables, accepted=accepted)

    def panel(self, name: str) -> ReviewPanel:
        """The panel of this name: progress, one, many, left, conflicts, log, difference, access, records,
        attestations."""
        if name not in VIEWS:
            raise InputError(f"there is no panel {name!r}; choose one of {', '.join(VIEWS)}")
        # The same one for a cell that is run again, so that no panel of before goes on listening.
        return self._panels.setdefault(name, ReviewPanel(self, name))

    def progress(self) -> pd.DataFrame:
        """Items, decided, left and conflicts of each reviewer."""
        return self.panel("progress").frame

    def left(self) -> pd.DataFrame:
        """What nobody has decided as it is now, worst first."""
        return self.panel("left").frame

    def conflicts(self) -> pd.DataFrame:
        """What each reviewer says of the items on which they disagree."""
        return self.panel("conflicts").frame

    def log(self) -> pd.DataFrame:
        """Every entry of the log, the latest first."""
        return self.panel("log").frame

    def difference(self) -> pd.DataFrame:
        """The findings that are new, gone or still there since the previous snapshot."""
        return self.panel("difference").frame

    def judge_anew(self) -> None:
        """Judge with what was attested meanwhile, and tell every panel of it."""
        self.__dict__.pop("desk", None)
        self.sitting.refresh()

    def _audited(self, path: Path) -> tuple[Tables, Findings]:
        """Another campaign as it judged, or a snapshot judged by the limits of this one."""
        if (path / FACTS).exists():
            last = open_campaign(path)
            tables, limits = last.tables(), last.limits()
        else:
            tables, limits = Tables(load(path), required=self.desk.tables["required"]), self.campaign.limits()
        return tables, run_rules(tables, limits)

    def _broken(self) -> list[str]:
        return [f"Not as it began: {told}" for told in self.campaign.verify()]

    def __repr__(self) -> str:
        return f"<Review of campaign {self.campaign.facts.name!r}>"

    def _repr_html_(self) -> str:
        lines = "".join(
            warning(line)
            if line.startswith(("Not as it began", _CLOSED, views.MISSING))
            else f"<p>{safe_text(line)}</p>"
            for line in self.said
        )
        return Static(lines)._repr_html_()


class ReviewPanel:
    """One part of a review: its frame, its twin without a kernel, and its widget, which follows what is on disk."""

    def __init__(self, review: Review, name: str) -> None:
        self.review, self.name = review, name
        self._widget: Any = None

    @property
    def view(self) -> View:
        """What the panel shows, as the disk has it now."""
        self.review.sitting.refresh()
        return VIEWS[self.name](self.review)

    @property
    def frame(self) -> pd.DataFrame:
        """What the panel shows, as a frame."""
        return self.view.frame

    def static(self, rows: int | None = None) -> Static:
        """The panel without a kernel. What only its controls make different from what is left has no table again."""
        view = self.view
        table = "" if self.name in ("one", "many") else view.table(rows)
        return Static(view.head() + table, text=view.headline)

    def widget(self) -> Any:
        """The panel with its controls; made once."""
        if self._widget is None:
            self._widget = _MADE[self.name](self.review) if self.name in _MADE else _Followed(self)
        return self._widget.box

    @property
    def controls(self) -> Any:
        """What the widget is made of, for a program to press."""
        self.widget()
        return self._widget

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        try:
            if self.review.headless:
                twin = self.static()
                return {"text/plain": repr(twin), "text/html": twin.fragment}
            twin = self.static(ROWS_KEPT)
            live: dict[str, Any] = self.widget()._repr_mimebundle_()
            return {**live, "text/html": twin._repr_html_(), "text/plain": repr(twin)}
        except TROUBLE as error:
            return {"text/html": Static(warning(words(error)))._repr_html_(), "text/plain": words(error)}


class _Followed:
    """A view's head and table, shown anew whenever the disk was read."""

    def __init__(self, panel: ReviewPanel) -> None:
        self._review, self._make = panel.review, VIEWS[panel.name]
        view = self._make(self._review)
        self.head, self.table = ipywidgets.HTML(value=panel_html(view.head())), PagedTable(view)
        self.box = ipywidgets.VBox([self.head, self.table.box])
        # What changed between two snapshots stays; everything else follows the log.
        if panel.name not in ("difference", "access", "records"):
            self._review.sitting.listen(Later(guard(self._refuse, self._show)))

    def _show(self) -> None:
        view = self._make(self._review)
        self.head.value = panel_html(view.head())
        self.table.show(view)

    def _refuse(self, told: str) -> None:
        self.head.value = panel_html(warning(told))


def open_review(
    campaign_folder: str | Path | None = None, reviewer: str | None = None, *, previous: str | Path | None = None
) -> Review:
    """Open a campaign to decide on: its folder, else `AUDITKIT_CAMPAIGN`, else the newest in the working folder, else
    one is started on the bundled sample in ./auditkit-review, if the folder holds no other snapshot; the review says
    aloud which.

    `reviewer` is the name that the log is to have, and can be typed later; `previous` the folder of the last campaign,
    or of a snapshot, to compare with, by default the campaign that this one followed. Raises `ReviewError` for a
    folder that is no campaign, and where there is a snapshot other than the sample, and no campaign on it.
    """
    headless = bool(os.environ.get(HEADLESS))
    found = find_campaign(campaign_folder, now=pd.Timestamp.now("UTC"), begin=not headless)
    before = find_previous(previous, found.value)
    told = (found.words, before.words)
    return Review(found.value, told=told, reviewer=reviewer or "", previous=before.value, headless=headless)


def _about(campaign: Campaign) -> list[str]:
    facts = campaign.facts
    counts = ", ".join(counted(count, kind) for kind, count in facts.counts.items())
    return [
        f"Campaign {facts.name!r} of {facts.organisation_id}, started {facts.started_at}, judged as of {facts.as_of}.",
        f"In scope ({facts.scope}): {counts}. Population {facts.population[:16]}, snapshot {facts.snapshot[:16]}.",
    ]


def _missing(campaign: Campaign) -> list[str]:
    return [f"{views.MISSING}: {name}: {why}" for name, why in campaign.snapshot.incomplete.items()]
