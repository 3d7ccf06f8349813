"""The credential calendar: which credentials end in which week, the past three months and the next twelve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
import numpy as np
import pandas as pd

from auditkit.findings import Findings
from auditkit.findings_met import counted
from auditkit.widgets.base import Panel, View, drawn, headline, reasons
from auditkit.widgets.ics import expiries_ics
from auditkit.widgets.kept import free_name, write_whole
from auditkit.widgets.live import Told, button, panel_html, written
from auditkit.widgets.markup import safe_text
from auditkit.widgets.rows import with_principals
from auditkit.widgets.table import PAGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WEEKS_BACK, WEEKS_AHEAD = 13, 52
_WEEK = pd.Timedelta(days=7).as_unit("us")
_SHOWN = ["ending", "ends_at", "credential_id", "key_id", "name", "principal_id", "display_name", "last_used_at"]
_LABELS = {"credential_id": "Credential", "principal_id": "Principal", "display_name": "Principal's name"}
_QUARTERS = ("Past 13 weeks", "Next 13 weeks", "Weeks 14 to 26", "Weeks 27 to 39", "Weeks 40 to 52")


class CalendarPanel(Panel):
    """How many credentials expire, expired and were revoked, week by week; a press of a week lists them."""

    rules: ClassVar[tuple[str, ...]] = ("CRD001", "CRD002", "CRD003")

    def build(self, found: Findings) -> View:
        """One row a week in which anything ends; week 0 starts at the instant of the judgement."""
        ends = self.endings
        counts = pd.crosstab(ends.week, ends.ending).reindex(columns=["expires", "expired", "revoked"], fill_value=0)
        weeks = counts.reset_index()
        weeks.insert(1, "starts", pd.Series([self.start(week) for week in weeks.week], dtype="datetime64[us, UTC]"))
        ahead, live = int(counts.expires.sum()), int(self.desk.tables["credentials"].live.sum())
        words = f"live credentials expire within the next {WEEKS_AHEAD} weeks"
        return View(
            frame=weeks,
            headline=headline(ahead, live, words, found.rules),
            warnings=reasons(found),
            draw=drawn(found, "CRD002", self._draw),
        )

    @property
    def endings(self) -> pd.DataFrame:
        """One row a credential that ends inside the calendar: week, ending, ends_at, and who it is."""
        rows = self.desk.tables["credentials"]
        kind = np.select([rows.revoked, rows.expired, rows.expires_at.notna()], ["revoked", "expired", "expires"], "")
        ends = rows.assign(ending=kind, ends_at=rows.revoked_at.where(rows.revoked, rows.expires_at))
        ends = ends[ends.ending != ""]
        week = (ends.ends_at - self.desk.as_of) // _WEEK
        ends = ends.assign(week=week.astype("int64"))
        inside = ends[ends.week.between(-WEEKS_BACK, WEEKS_AHEAD - 1)]
        inside = with_principals(inside, self.desk.tables["principals"], ["display_name"])
        return inside.sort_values(["ends_at", "credential_id"])[["week", *_SHOWN]].reset_index(drop=True)

    @property
    def expiries(self) -> pd.DataFrame:
        """The live credentials that expire one day, in the calendar or after it."""
        credentials = self.desk.tables["credentials"]
        return credentials[credentials.live & credentials.expires_at.notna()]

    def start(self, week: int) -> pd.Timestamp:
        """When a week starts."""
        return self.desk.as_of + week * _WEEK

    def week(self, week: int) -> pd.DataFrame:
        """The credentials that end in a week."""
        return self.endings.loc[self.endings.week.eq(week), _SHOWN].reset_index(drop=True)

    def write_ics(self) -> tuple[Path, int]:
        """Write the expiries of live credentials as a calendar file; answers its path and how many there are."""
        live = self.expiries
        path = free_name(self.desk.folder, f"credential-expiries-{self.desk.as_of:%Y-%m-%d}", ".ics")
        write_whole(path, expiries_ics(live, as_of=self.desk.as_of).encode())
        return path, len(live)

    def make(self) -> Any:
        """The widget: a button a week, in rows of a quarter, and below it the week's credentials."""
        told, listed, head = Told(self.desk), ipywidgets.HTML(), ipywidgets.HTML()
        counts = self.endings.week.value_counts().to_dict()

        def show(week: int) -> None:
            rows = self.week(week)
            ends = f"{counted(len(rows), 'credential')} end{'s' if len(rows) == 1 else ''}"
            words = f"In the week from {self.start(week):%Y-%m-%d}, {ends}."
            table = View(frame=rows, headline=words, labels=_LABELS).table(PAGE)
            listed.value = panel_html(f'<p class="ak-note" role="status">{safe_text(words)}</p>{table}')

        def write(_: Any) -> None:
            path, count = self.write_ics()
            told.say(written(path, f"{count:,} expiries, to import into a calendar"))

        head.value = panel_html(self.view.head() + self.view.picture())
        cells: list[Any] = []
        for number, label in enumerate(_QUARTERS):
            first = (number - 1) * 13
            cells += [ipywidgets.Label(value=label), *(self._cell(at, counts.get(at, 0), told.guard(show))
                                                       for at in range(first, first + 13))]  # fmt: skip
        layout = {"grid_template_columns": "108px repeat(13, minmax(58px, 1fr))", "grid_gap": "2px", "width": "100%",
                  "align_items": "center"}  # fmt: skip
        grid = ipywidgets.GridBox(cells, layout=layout)
        grid.add_class("ak-weeks")
        nearest = next((week for week in sorted(counts) if week >= 0), None)
        if nearest is not None:
            show(nearest)
        acts = ipywidgets.HBox([button("Write expiries as .ics", told.guard(write))])
        # Without a known end there are no weeks to choose from, and nothing to write without an expiry to come.
        weeks = [grid, listed] if counts else []
        return ipywidgets.VBox([head, *weeks, *([acts, told.box] if len(self.expiries) else [])])

    def _cell(self, week: int, count: int, show: Any) -> Any:
        day = self.start(week)
        cell = button(f"{day:%m-%d}" + (f"\n{count:,}" if count else ""), lambda _: show(week),
                      tooltip=f"{count:,} end in the week from {day:%Y-%m-%d}", width="100%")  # fmt: skip
        cell.disabled = not count
        return cell

    def _draw(self) -> Figure:
        from auditkit.charts import credential_calendar

        tables = self.desk.tables
        return credential_calendar(tables["credentials"], as_of=tables.as_of, window_days=self.limits.expiring_days)
