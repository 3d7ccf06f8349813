"""A panel as a widget: its sliders, what it found, and its table."""

from __future__ import annotations

from typing import Any

import ipywidgets

from auditkit.widgets.base import Panel
from auditkit.widgets.later import Later
from auditkit.widgets.live import Told, panel_html
from auditkit.widgets.table import PagedTable
from auditkit.widgets.trouble import guard


def panel_widget(panel: Panel) -> Any:
    """The widget of a panel. Moving a slider judges its rules anew and shows what they find; a refusal is shown."""
    told, head, picture = Told(panel.desk), ipywidgets.HTML(), ipywidgets.HTML()
    table = PagedTable(panel.view)
    sliders = {slider.limit: _slider(panel, slider.limit, slider.label, slider.most) for slider in panel.sliders}

    def draw() -> None:
        picture.value = panel_html(panel.view.picture())

    drawn = Later(guard(told.wrong, draw))

    def moved(_: Any) -> None:
        view = panel.move(**{name: slider.value for name, slider in sliders.items()})
        head.value = panel_html(view.head())
        table.show(view)
        told.say("")
        drawn()

    head.value = panel_html(panel.view.head())
    draw()
    for slider in sliders.values():
        slider.observe(told.guard(moved), "value")
    return ipywidgets.VBox([*sliders.values(), told.box, head, picture, table.box])


def _slider(panel: Panel, limit: str, label: str, most: int) -> Any:
    value = getattr(panel.limits, limit)
    return ipywidgets.IntSlider(
        value=value, min=0, max=max(most, value), description=label, continuous_update=False,
        style={"description_width": "230px"}, layout={"width": "640px", "max_width": "100%"},
    )  # fmt: skip
