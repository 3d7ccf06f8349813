"""Required against effective as a matrix of permissions and principals; a press of a cell opens its checklist."""

from __future__ import annotations

from typing import Any, ClassVar

import ipywidgets
import numpy as np
import pandas as pd

from auditkit.errors import InputError
from auditkit.findings import Findings
from auditkit.widgets.base import Panel, View, reasons
from auditkit.widgets.live import Told, panel_html
from auditkit.widgets.markup import safe_table, safe_text
from auditkit.widgets.why_denied import checklist

# Columns and rows that a screen holds; others are chosen by name, or read from the frame.
MOST_PRINCIPALS, MOST_PERMISSIONS = 6, 30
_LEVELS = {"organisation": "whole organisation", "scoped": "scoped"}
_NOT_GIVEN = "Not evaluated: no required permissions were given"
_BAD = ("✗", "?", "+")


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
        shown = pivot(frame, crowded(frame)[:MOST_PRINCIPALS])
        return View(
            frame=frame,
            headline=_NOT_GIVEN if silent else words + ("" if len(odd) else ": nothing found"),
            warnings=reasons(found),
            extras=(safe_table(shown, caption="The principals with the most gaps"),) if len(shown) else (),
            labels={"principal_id": "Principal", "mark": "Result"},
            filters=("outcome", "failed_check"),
        )

    def explain(self, principal: str, permission: str, resource: tuple[str, str] | None = None) -> Any:
        """The decision behind a cell."""
        return self.desk.tables.explainer.decide(principal, permission, resource)

    def make(self) -> Any:
        """The widget: which principals, the matrix of buttons, and the checklist of the one pressed."""
        frame, told, detail, head = self.view.frame, Told(), ipywidgets.HTML(), ipywidgets.HTML()
        head.value = panel_html(f'<p class="ak-head">{safe_text(self.view.headline)}</p>')
        people = crowded(frame)
        if not people:
            head.value = panel_html(self.view.head())
            return ipywidgets.VBox([head])
        chosen = ipywidgets.SelectMultiple(
            description="Principals", options=people, value=people[:MOST_PRINCIPALS], rows=6, layout={"width": "380px"}
        )
        grid = ipywidgets.GridBox()

        def open_cell(at: int) -> None:
            row = frame.loc[at]
            place = None if pd.isna(row.resource_type) else (row.resource_type, row.resource_path)
            words = f'<p class="ak-head">{safe_text(row.principal_id)}: {safe_text(row.permission)}</p>'
            detail.value = panel_html(words + checklist(self.explain(row.principal_id, row.permission, place)))

        def draw(_: Any) -> None:
            if len(chosen.value) > MOST_PRINCIPALS:
                raise InputError(f"choose at most {MOST_PRINCIPALS} principals; the frame of this panel has them all")
            told.say("")
            grid.children = _cells(frame, list(chosen.value), told.guard(open_cell))
            grid.layout = {
                "grid_template_columns": f"minmax(150px, 1.6fr) repeat({len(chosen.value)}, minmax(86px, 1fr))",
                "grid_gap": "2px 4px", "width": "100%",
            }  # fmt: skip
            hit = frame[frame.principal_id.isin(chosen.value) & frame.mark.str[0].isin(_BAD)]
            if len(hit):
                open_cell(hit.index[0])

        chosen.observe(told.guard(draw), "value")
        told.guard(draw)(None)
        hint = ipywidgets.Label(value="Ctrl or Shift chooses several. A press of a cell opens its checklist.")
        return ipywidgets.VBox([head, ipywidgets.HBox([chosen, hint]), told.box, grid, detail])


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
        mark="+ not required", why="held for the " + excess.level.astype("str").map(_LEVELS).fillna("")
    )
    frame = pd.concat([asked, extra.reindex(columns=asked.columns)], ignore_index=True)
    return frame.astype(dict.fromkeys(frame.columns, "str"))


def crowded(frame: pd.DataFrame) -> list[str]:
    """The principals of the matrix, those with the most gaps first."""
    odd = frame.assign(odd=frame.mark.str[0].isin(_BAD)).groupby("principal_id").odd.sum()
    return [str(name) for name in odd.sort_values(ascending=False, kind="stable").index]


def label(frame: pd.DataFrame) -> pd.Series:
    """The permission, and where."""
    return (frame.permission + (" on " + frame.resource_type + " " + frame.resource_path).fillna("")).astype("str")


def pivot(frame: pd.DataFrame, principals: list[str]) -> pd.DataFrame:
    """The marks as a table, a row a permission and a column a principal."""
    rows = frame[frame.principal_id.isin(principals)].assign(permission=label(frame))
    wide = rows.pivot_table(index="permission", columns="principal_id", values="mark", aggfunc=" / ".join)
    return wide.reindex(columns=principals).head(MOST_PERMISSIONS).rename_axis(columns=None).reset_index()


def _cells(frame: pd.DataFrame, principals: list[str], pressed: Any) -> list[Any]:
    """The matrix row by row: its heads, and in each cell a button, or nothing."""
    rows = frame[frame.principal_id.isin(principals)].assign(label=label(frame))
    odd = rows.assign(odd=rows.mark.str[0].isin(_BAD)).groupby("label").odd.sum()
    names = list(odd.sort_values(ascending=False, kind="stable").index[:MOST_PERMISSIONS])
    found = {(name, who): at for at, name, who in zip(rows.index, rows.label, rows.principal_id, strict=True)}
    heads = [_head("permission"), *map(_head, principals)]
    body = [(name, [_cell(frame, found.get((name, who)), who, pressed) for who in principals]) for name in names]
    return [*heads, *(cell for name, line in body for cell in (_head(name), *line))]


def _head(text: str) -> Any:
    return ipywidgets.HTML(value=f'<span class="ak-cell"><b>{safe_text(text)}</b></span>')


def _cell(frame: pd.DataFrame, at: int | None, principal: str, pressed: Any) -> Any:
    if at is None:
        return ipywidgets.HTML()
    words = f"{principal}, {frame.permission[at]}: {frame.mark[at]}. Show the checklist."
    cell = ipywidgets.Button(description=frame.mark[at], tooltip=words, layout={"width": "100%"})
    cell.on_click(lambda _: pressed(at))
    cell.button_style = {"✗": "danger", "?": "warning", "+": "info"}.get(frame.mark[at][0], "")
    return cell
