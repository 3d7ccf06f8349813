"""The thresholds as sliders: each says how many findings it adds or removes before anything is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.findings_met import counted
from auditkit.widgets.base import Slider
from auditkit.widgets.live import WRAPPED, Told, button, panel_html
from auditkit.widgets.table import PagedTable
from auditkit.widgets.thresholds import JUDGED_BY

if TYPE_CHECKING:
    from auditkit.widgets.thresholds import ThresholdPanel


def threshold_widget(panel: ThresholdPanel) -> Any:
    """The sliders with their effects, a button that applies them, the limits as TOML, and the rules they move."""
    told, head, table = Told(panel.desk), ipywidgets.HTML(), PagedTable(panel.view)
    toml = ipywidgets.Textarea(description="As TOML", layout={"width": "100%", "height": "190px"})
    sliders = {slider.limit: _slider(panel, slider) for slider in panel.sliders}
    effects = {limit: ipywidgets.Label(value=_effect(panel, limit, slider.value)) for limit, slider in sliders.items()}

    def show() -> None:
        head.value, toml.value = panel_html(panel.view.head()), panel.toml
        table.show(panel.view)

    def tried(change: Any) -> None:
        limit = next(name for name, slider in sliders.items() if slider is change["owner"])
        effects[limit].value = _effect(panel, limit, change["new"])

    def apply(_: Any) -> None:
        panel.move(**{limit: slider.value for limit, slider in sliders.items()})
        show()
        told.say("applied to this panel; save the text below as limits.toml in this folder to judge by it everywhere")

    def reset(_: Any) -> None:
        for limit, slider in sliders.items():
            slider.value = _agreed(panel, limit)
        apply(None)
        told.say("back at the agreed limits")

    for slider in sliders.values():
        slider.observe(told.guard(tried), "value")
    show()
    rows = [ipywidgets.HBox([slider, effects[limit]], layout=WRAPPED) for limit, slider in sliders.items()]
    acts = ipywidgets.HBox([button("Apply", told.guard(apply)), button("Reset", told.guard(reset))])
    return ipywidgets.VBox([*rows, acts, told.box, table.box, toml, head])


def effect_words(added: int, removed: int) -> str:
    """What another value would change, in words."""
    return f"adds {counted(added, 'finding')}, removes {removed:,}" if added or removed else "changes nothing"


def _effect(panel: ThresholdPanel, limit: str, value: float) -> str:
    """What a slider at a value would change; no word of it where the rules that the limit judges were not evaluated."""
    quiet = panel.unjudged(limit)
    if len(quiet) == len(JUDGED_BY[limit]):
        return "not evaluated"
    told = "as agreed" if value == _agreed(panel, limit) else effect_words(*panel.effect(limit, value))
    return told + "".join(f"; {rule} not evaluated" for rule in quiet)


def _agreed(panel: ThresholdPanel, limit: str) -> Any:
    return getattr(panel.desk.limits, limit)


def _slider(panel: ThresholdPanel, slider: Slider) -> Any:
    value = _agreed(panel, slider.limit)
    look = {
        "description": slider.label, "continuous_update": False, "style": {"description_width": "230px"},
        "layout": {"width": "560px", "max_width": "100%"},
    }  # fmt: skip
    if isinstance(value, float):
        return ipywidgets.FloatSlider(value=value, min=0.01, max=1, step=0.01, **look)
    return ipywidgets.IntSlider(value=value, min=0, max=max(slider.most, value), **look)
