"""The notebook in a real JupyterLab: run all, twice; a slider moved, rows change."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from browser import Lab, idle, run_all
from playwright.sync_api import Browser, Page, expect

from auditkit import bundle

NAME = "quarterly_access_review.ipynb"
ERRORS = (
    ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], .jp-OutputArea-output[data-mime-type*='stderr']"
)


def settled(page: Page) -> None:
    """Run all cells and wait until the last panel is there."""
    run_all(page)
    expect(page.get_by_text("limits differ from their defaults").last).to_be_attached(timeout=90_000)
    idle(page)


def panel(page: Page, words: str) -> object:
    return page.locator(".jp-OutputArea-output", has=page.get_by_text(words)).last


def test_run_all_twice_and_a_slider(lab: Lab, chromium: Browser) -> None:
    shutil.copy(bundle.bundled(f"notebooks/{NAME}"), lab.folder / NAME)
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        complaints: list[str] = []
        page = lab.open(context, NAME)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        settled(page)
        settled(page)
        assert page.locator(ERRORS).count() == 0
        head = page.get_by_text("principals are inactive").last
        head.scroll_into_view_if_needed()
        before = head.inner_text()
        slider = page.get_by_role("slider").first
        slider.focus()
        for _ in range(3):
            slider.press("PageUp")
        expect(page.get_by_text("principals are inactive").last).not_to_have_text(before, timeout=10_000)
        assert complaints == []


def test_every_cell_of_every_notebook_runs_under_nbval(tmp_path: Path) -> None:
    for path in bundle.notebooks():
        shutil.copy(path, tmp_path / path.name)
    words = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "-q", "."]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "failed" not in done.stdout
