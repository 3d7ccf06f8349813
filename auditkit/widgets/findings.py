"""Every finding, to search and filter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.findings import Findings
from auditkit.findings_met import counted, evaluated_words
from auditkit.report.proof import in_words
from auditkit.review import names
from auditkit.review.accepted import among, to_csv
from auditkit.rules import RULES
from auditkit.widgets.base import Panel, Static, View, headline, reasons
from auditkit.widgets.kept import free_name, write_whole
from auditkit.widgets.rows import principal_of
from auditkit.widgets.sift import Choice, judging, sift
from auditkit.widgets.table import PAGE
from auditkit.widgets.ways import ways_held

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from auditkit.widgets.desk import Desk

# Past so many findings, their proof would make the report too large to open; the exports hold it whole.
MOST_PROVED = 5_000
_WHY = "Why a rule was not evaluated, or only in part, stands in the answer and on the cover."
_COLUMNS = (
    "severity", "state", "rule", "title", "family", "subject_type", "subject_id", "principal_id", "principal", "owner",
    "message", "fix", "fingerprint",
)  # fmt: skip

_UNSHOWN = ("title", "family", "subject_type", "fix", "fingerprint")
_TABLE = ("severity", "rule", "title", "subject_id", "principal", "message")


class FindingsPanel(Panel):
    """All findings, worst first: to filter, sort and select, each with what proves it.

    `choice` is what the filters say, `left` what they leave, `selected` what is ticked.
    """

    rules: ClassVar[tuple[str, ...]] = tuple(rule.id for rule in RULES)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.choice = Choice()
        self.ticked: frozenset[str] = frozenset()

    def build(self, found: Findings) -> View:
        """One row a finding."""
        apart = self.desk.judged.accepted
        every = _together(found.frame, apart)
        whose = principal_of(every, self.desk.snapshot.frames)
        named = names.principals(whose, self.desk.tables)
        owned = every.assign(principal_id=whose, principal=named, owner=self.desk.owner_of(every))
        words = f"{counted(len(found.frame), 'finding')} under {len(found.met)} of {len(found.rules)} rules"
        words += f"; {evaluated_words(found.rules)}"
        words += f"; {len(apart):,} accepted, shown with them" if len(apart) else ""
        hidden = () if len(apart) else ("state",)
        nobody = () if owned.owner.notna().any() else ("owner",)
        notes = [_WHY] if self.desk.headless and not found.rules.evaluated.all() else []
        frame = owned[list(_COLUMNS)]
        if self.desk.headless:
            frame, told = _proved(frame, owned, self.desk)
            notes.append(told)
        # Names would make a report of very many findings too large to open; their ids are in it.
        many = self.desk.headless and len(frame) > MOST_PROVED
        return View(
            frame=frame,
            headline=words,
            warnings=() if self.desk.headless else reasons(found),
            notes=notes,
            labels={"subject_id": "Subject", "principal_id": "Principal", "message": "Finding"},
            filters=("severity", "rule") if hidden else ("severity", "state", "rule"),
            hidden=(*hidden, *_UNSHOWN, *nobody, "principal" if many else "principal_id"),
            anchor="fingerprint",
        )

    def make(self) -> Any:
        """The widget, with its filters, its rows and the detail beside them."""
        from auditkit.widgets.finding_widget import FindingsWidget

        return FindingsWidget(self).box

    @property
    def left(self) -> pd.DataFrame:
        """The findings that the choice leaves, sorted as it says."""
        return sift(self.frame, self.choice)

    @property
    def selected(self) -> pd.DataFrame:
        """The findings that are ticked, in the order of the frame."""
        return self.frame[self.frame.fingerprint.isin(list(self.ticked))].reset_index(drop=True)

    def chosen(self) -> Static:
        """The ticked findings as a table; `selected` is the frame."""
        words = f"{len(self.selected):,} of {len(self.frame):,} findings are ticked"
        return self._table(self.selected, words, ())

    def found(self, **choice: str) -> Static:
        """The findings that filters leave as a table, with how many of how many, and which rules could not look;
        `sift` is the frame."""
        rows, judged = self.sift(**choice), self.desk.among(judging(Choice(**choice)))
        return self._table(rows, headline(len(rows), len(self.frame), "findings match", judged.rules), reasons(judged))

    def _table(self, rows: pd.DataFrame, words: str, why: Sequence[str]) -> Static:
        shown = rows[list(_TABLE)].dropna(axis="columns", how="all")
        view = View(frame=shown, headline=words, warnings=why, labels=self.view.labels)
        return Static(view.head() + view.table(None if self.desk.headless else PAGE), text=words)

    def sift(self, **choice: str) -> pd.DataFrame:
        """The findings that filters leave, as a panel's filters would: `sift(severity="high", owner="ann")`."""
        return sift(self.frame, Choice(**choice)).reset_index(drop=True)

    def write(self, kind: str) -> tuple[Path, int]:
        """Write the selected findings, or all that the filters leave, as csv or xlsx; answers the path and how many.

        A file that is already there stays; the new one gets another name.
        """
        chosen = among(self.desk.judged, self.ticked or frozenset(self.left.fingerprint))
        path = free_name(self.desk.folder, f"findings-{self.desk.as_of:%Y-%m-%d}", f".{kind}")
        if kind == "csv":
            text = chosen.open.to_csv() if self.desk.accepted is None else to_csv(chosen)
            write_whole(path, text.encode("utf-8-sig"))
        else:
            from auditkit.report.workbook import workbook

            write_whole(path, workbook(chosen.open, chosen.accepted))
        return path, len(chosen.open) + len(chosen.accepted)


def _together(opened: pd.DataFrame, accepted: pd.DataFrame) -> pd.DataFrame:
    """The open and the accepted findings as `state` tells them apart, worst first."""
    if accepted.empty:
        return opened.assign(state="open")
    both = pd.concat([opened.assign(state="open"), accepted.assign(state="accepted")[[*opened.columns, "state"]]])
    return both.sort_values(["severity", "rule"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _proved(frame: pd.DataFrame, found: pd.DataFrame, desk: Desk) -> tuple[pd.DataFrame, str]:
    """The frame with what proves each finding, where a page can hold it, and where else to look."""
    fix = "Why each rule matters and what mends it stands below, family by family."
    if len(found) > MOST_PROVED:
        return frame, f"{fix} The records behind each finding are in the CSV and the workbook of the same findings."
    way = ("way: " + ways_held(found, desk.tables)).reindex(found.index)
    words = in_words(found)
    return frame.assign(proof=(words + "; " + way).fillna(words).fillna(way)), fix


class AnswerPanel(Panel):
    """The answer on one screen: what each rule found, of how many, or why it could not be judged."""

    rules: ClassVar[tuple[str, ...]] = FindingsPanel.rules

    def build(self, found: Findings) -> View:
        """One row a rule, those with the worst findings first."""
        from auditkit.widgets.answer import answer_rows, tiles, verdict

        return View(
            frame=answer_rows(found),
            headline=verdict(found),
            extras=(tiles(found.rules),),
            draw=(lambda: self._draw(found)) if len(found) else None,
            labels={"title": "Rule says", "fix": "What to do"},
            filters=("severity",),
            hidden=("family", "count", "population", "evaluated", "why_not"),
        )

    def _draw(self, found: Findings) -> Figure:
        from auditkit.charts import severity_by_rule

        return severity_by_rule(found.frame, found.rules)
