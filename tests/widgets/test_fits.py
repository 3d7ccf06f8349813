"""What a panel shows in a window of 1280 pixels: no table wider than its cell, no date and no word in two pieces."""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import Browser

from auditkit import bundle
from auditkit.snapshot import build
from auditkit.widgets.desk import Desk, open_desk

# What JupyterLab leaves to an output in a window of 1280 pixels.
CELL = 1_108
_LONG = " of the northern distribution and metering operations department, contract 2024-EMEA-0042"
_WIDER = "[...document.querySelectorAll('.ak-scroll')].map(one => [one.scrollWidth, one.clientWidth]).filter(([a, b]) => a > b)"
_BROKEN = "[...document.querySelectorAll('.ak-k')].filter(one => one.getClientRects().length > 1).map(one => one.textContent)"


@pytest.fixture(scope="module", params=["", _LONG], ids=["sample", "long names"])
def desk(request: pytest.FixtureRequest) -> Desk:
    sample = bundle.sample_snapshot()
    principals = sample.frames["principals"]
    longer = (principals.display_name.astype("str") + request.param).astype(principals.display_name.dtype)
    frames = {**sample.frames, "principals": principals.assign(display_name=longer)}
    return open_desk(build(frames, as_of=pd.Timestamp("2026-10-01T00:00:00Z")))


@pytest.mark.parametrize("name", ["inactive", "credentials", "roles", "support", "rotation", "thresholds", "answer", "calendar"])
def test_a_panel_is_no_wider_than_its_cell_and_breaks_no_date(chromium: Browser, desk: Desk, name: str) -> None:
    with chromium.new_context(viewport={"width": CELL, "height": 800}) as context:
        page = context.new_page()
        page.set_content(f'<body style="margin:0;font-family:DejaVu Sans">{desk.panel(name).static(25)._repr_html_()}')
        assert page.locator(".ak-panel").count() == 1
        assert page.evaluate(_WIDER) == []
        assert page.evaluate(_BROKEN) == []
