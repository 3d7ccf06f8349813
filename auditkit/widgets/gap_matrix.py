"""Required against effective as a matrix of permissions and principals; a press of a cell opens its checklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import ipywidgets
import numpy as np
import pandas as pd

from auditkit.errors import InputError
from auditkit.findings import Findings
from auditkit.report.whole import whole_words
from auditkit.widgets.base import Panel, View, reasons
from auditkit.widgets.live import Told, panel_html
from auditkit.widgets.markup import safe_table, safe_text, visible_text
from auditkit.widgets.names import Names
from auditkit.widgets.trouble import guard
from auditkit.widgets.why_denied import checklist

# Columns and rows that a screen holds; others are chosen by name, or read from the frame.
MOST_PRINCIPALS, MOST_PERMISSIONS = 6, 30
_LEVELS = {"organisation": "whole organisation", "scoped": "scoped"}
_NOT_GIVEN = "Not evaluated: no required permissions were given"
_BAD = ("✗", "?", "+")
# What a button says where its mark is too long for it.
_SHORT = {"? undetermined": "? unsure", "? not judged": "? unjudged", "✗ must not hold": "✗ held"}
_LEGEND = (
    "✗ and a check: denied by it, though required; ✗ held: must never be held; ? unsure: undetermined; "
    "+ excess: held, though no row requires it; ✓ as it should be; a number: of so many resources."
)
_ASKED = {"allow": "It is required.", "deny": "It must never be held."}


class MatrixPanel(Panel):
    """What principals are required to hold, against what they effectively hold, with the check that fails."""

    rules: ClassVar[tuple[str, ...]] = ("PRM001", "PRM002", "PRM006", "PRM007")

    def build(self, found: Findings) -> View:
        """One row a required permission, or one that is held though nothing requires it."""
        frame = cells(self.desk.tables["gaps"], self.desk.tables["excess"])
        odd = frame[frame.mark.str[0].isin(_BAD)]
        who = frame.principal_id.nunique()
        words = f"{odd.principal_id.nunique():,} of {who:,} principals with required rows have a gap or an excess"
        silent = self.desk.tables["required"] is None
        people = crowded(frame)[:MOST_PRINCIPALS]
        shown, names = pivot(frame, people), self._names()
        return View(
            frame=frame,
            headline=_NOT_GIVEN if silent else words + ("" if len(odd) else ": nothing found"),
            warnings=reasons(found),
            extras=(
                (
                    safe_table(
                        shown,
                        caption="The principals with the most gaps",
                        labels={each: names.told(each) for each in people},
                    ),
                )
                if len(shown)
                else ()
            ),
            labels={"principal_id": "Principal", "mark": "Result"},
            filters=("outcome", "failed_check"),
        )

    def explain(self, principal: str, permission: str, resource: tuple[str, str] | None = None) -> Any:
        """The decision behind a cell."""
        return self.desk.tables.explainer.decide(principal, permission, resource)

    def make(self) -> Any:
        """The widget: which principals, the matrix of buttons, and the checklist of the one pressed."""
        frame, told, detail, head = self.view.frame, Told(self.desk), ipywidgets.HTML(), ipywidgets.HTML()
        names = self._names()
        # The matrix itself is below, of buttons.
        head.value = panel_html(replace(self.view, extras=()).head())
        people = crowded(frame)
        if not people:
            return ipywidgets.VBox([head])
        chosen = ipywidgets.SelectMultiple(
            description="Principals", options=[(visible_text(names.told(each)), each) for each in people],
            value=people[:MOST_PRINCIPALS], rows=6, layout={"width": "460px"}, style={"description_width": "initial"},
        )  # fmt: skip
        grid = ipywidgets.GridBox()
        grid.add_class("ak-tight")

        def open_cell(at: int) -> None:
            row = frame.loc[at]
            place = None if pd.isna(row.resource_type) else (row.resource_type, row.resource_path)
            on = "" if place is None else f" on {' '.join(place)}"
            words = f'<p class="ak-head">{safe_text(f"{names.told(row.principal_id)}: {row.permission}{on}")}</p>'
            asked = safe_text(_ASKED.get(row.expect, "No row requires it."))
            detail.value = panel_html(
                f"{words}<p>{asked}</p>" + checklist(self.explain(row.principal_id, row.permission, place))
            )

        def draw(_: Any) -> None:
            if len(chosen.value) > MOST_PRINCIPALS:
                raise InputError(f"choose at most {MOST_PRINCIPALS} principals; the frame of this panel has them all")
            told.say("")
            grid.children = _cells(frame, {each: names.told(each) for each in chosen.value}, told.guard(open_cell))
            grid.layout = {
                "grid_template_columns": f"minmax(188px, 2fr) repeat({len(chosen.value)}, minmax(74px, 1fr))",
                "grid_gap": "1px 3px", "width": "62%", "height": "max-content",
            }  # fmt: skip
            hit = frame[frame.principal_id.isin(chosen.value) & frame.mark.str[0].isin(_BAD)]
            if len(hit):
                open_cell(hit.index[0])

        chosen.observe(told.guard(draw), "value")
        guard(told.wrong, draw)(None)
        told_how = "Ctrl or Shift chooses several. A press of a cell opens its checklist."
        hint = ipywidgets.HTML(value=panel_html(f'<p>{told_how}</p><p class="ak-note">{_LEGEND}</p>'))
        detail.layout = {"width": "37%", "max_height": "640px", "overflow": "auto"}
        detail.add_class("ak-detail")
        return ipywidgets.VBox([head, ipywidgets.HBox([chosen, hint]), told.box, ipywidgets.HBox([grid, detail])])

    def _names(self) -> Names:
        principals = self.desk.tables["principals"]
        return Names(principals.principal_id, principals.display_name)


def cells(gaps: pd.DataFrame, excess: pd.DataFrame) -> pd.DataFrame:
    """The required rows and the excess, each with the mark that a cell of the matrix shows."""
    wanted = gaps.expect.ne("deny")
    failed = ("✗ " + gaps.failed_check.fillna("")).astype("str")
    marks = np.select(
        [gaps.outcome.isna(), gaps.outcome.eq("undetermined"), gaps.outcome.eq("allowed") & wanted,
         gaps.outcome.eq("denied") & ~wanted, gaps.outcome.eq("allowed")],
        ["? not judged", "? undetermined", "✓ allowed", "✓ kept out", "✗ must not hold"], failed,
    )  # fmt: skip
    columns = ["principal_id", "permission", "resource_type", "resource_path", "expect", "outcome", "failed_check"]
    asked = gaps[columns].assign(mark=marks, why=gaps.unjudged.fillna(gaps.detail))
    extra = excess[["principal_id", "permission"]].assign(
        mark="+ excess", why="held for the " + excess.level.astype("str").map(_LEVELS).fillna("")
    )
    frame = pd.concat([asked, extra.reindex(columns=asked.columns)], ignore_index=True)
    return frame.astype(dict.fromkeys(frame.columns, "str"))


def crowded(frame: pd.DataFrame) -> list[str]:
    """The principals of the matrix, those with the most gaps first."""
    odd = frame.assign(odd=frame.mark.str[0].isin(_BAD)).groupby("principal_id").odd.sum()
    return [str(name) for name in odd.sort_values(ascending=False, kind="stable").index]


def pivot(frame: pd.DataFrame, principals: list[str]) -> pd.DataFrame:
    """The worst mark of each permission and principal, a row a permission and a column a principal."""
    worst = _worst(frame[frame.principal_id.isin(principals)])
    wide = worst.pivot_table(index="permission", columns="principal_id", values="shown", aggfunc="first")
    order = _by_gaps(worst)
    return wide.reindex(index=order[:MOST_PERMISSIONS], columns=principals).rename_axis(columns=None).reset_index()


def _worst(rows: pd.DataFrame) -> pd.DataFrame:
    """The row to look at of each principal and permission, with `shown`: its mark and `many`, of how many resources."""
    rank = rows.mark.str[0].map({"✗": 0, "?": 1, "+": 2, "✓": 3})
    keys = ["principal_id", "permission"]
    count = rows.groupby(keys).mark.transform("size")
    many = (" (" + count.astype("str") + ")").where(count.gt(1), "")
    told = rows.assign(rank=rank, many=many, shown=(rows.mark + many).astype("str"))
    return told.sort_values("rank", kind="stable").drop_duplicates(keys)


def _by_gaps(worst: pd.DataFrame) -> list[str]:
    """The permissions, those with the most gaps first."""
    odd = worst["rank"].lt(3).groupby(worst.permission).sum()
    return [str(name) for name in odd.sort_values(ascending=False, kind="stable").index]


def _cells(frame: pd.DataFrame, principals: Mapping[str, str], pressed: Any) -> list[Any]:
    """The matrix row by row: its heads, and in each cell a button, or nothing."""
    worst = _worst(frame[frame.principal_id.isin(list(principals))])
    keys = zip(worst.permission, worst.principal_id, strict=True)
    words = worst.mark.replace(_SHORT) + worst.many
    found = dict(zip(keys, zip(worst.index, worst.shown, words, strict=True), strict=True))
    lines = [_head("permission"), *(_head(who, told.removeprefix(who)[3:]) for who, told in principals.items())]
    for name in _by_gaps(worst)[:MOST_PERMISSIONS]:
        lines += [_head(name), *(_cell(found.get((name, who)), f"{who}, {name}", pressed) for who in principals)]
    return lines


def _head(text: str, name: str = "") -> Any:
    told = f"<b>{safe_text(text)}</b><br>{safe_text(name)}" if name else safe_text(text)
    return ipywidgets.HTML(value=whole_words(f'<span class="ak-cell ak-name ak-any">{told}</span>'))


def _cell(found: tuple[int, str, str] | None, what: str, pressed: Any) -> Any:
    if found is None:
        return ipywidgets.HTML()
    at, mark, words = found
    cell = ipywidgets.Button(
        description=words, tooltip=f"{what}: {mark}. Show the checklist.", layout={"width": "100%"}
    )
    cell.on_click(lambda _: pressed(at))
    look = {"✗": "ak-bad", "?": "ak-unsure", "+": "ak-extra"}.get(mark[0])
    if look:
        cell.add_class(look)
    return cell
