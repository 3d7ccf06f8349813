"""A panel as a widget: its sliders, what it found, and its table."""

from __future__ import annotations

from typing import Any

import ipywidgets

from auditkit.widgets.base import Panel, View
from auditkit.widgets.markup import safe_text
from auditkit.widgets.style import STYLE
from auditkit.widgets.table import PagedTable


def panel_widget(panel: Panel) -> Any:
    """The widget of a panel. Moving a slider judges its rules anew and shows what they find; a refusal is shown."""
    head, picture, table = ipywidgets.HTML(), ipywidgets.HTML(), PagedTable(panel.view)
    sliders = {slider.limit: _slider(panel, slider.limit, slider.label, slider.most) for slider in panel.sliders}

    def show(view: View | str) -> None:
        if isinstance(view, str):
            head.value = _html(f'<p class="ak-warn">{safe_text(view)}</p>')
            return
        head.value = _html(view.head())
        table.show(view)
        # Last, since drawing takes longer than judging: the new rows are there already.
        picture.value = _html(view.picture())

    def moved(_: Any) -> None:
        show(panel.attempt(**{name: slider.value for name, slider in sliders.items()}))

    head.value, picture.value = _html(panel.view.head()), _html(panel.view.picture())
    for slider in sliders.values():
        slider.observe(moved, "value")
    return ipywidgets.VBox([*sliders.values(), head, picture, table.box])


def _html(fragment: str) -> str:
    return f'{STYLE}<div class="ak-panel">{fragment}</div>'


def _slider(panel: Panel, limit: str, label: str, most: int) -> Any:
    value = getattr(panel.limits, limit)
    return ipywidgets.IntSlider(
        value=value, min=0, max=max(most, value), description=label, continuous_update=False,
        style={"description_width": "230px"}, layout={"width": "640px", "max_width": "100%"},
    )  # fmt: skip
