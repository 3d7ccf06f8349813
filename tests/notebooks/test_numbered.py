"""Each numbered notebook in a real JupyterLab: run all, no error; a slider, a finding's proof, a filter that outlives its kernel."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import Lab, idle, run_all
from playwright.sync_api import Browser, Page, expect

from auditkit import bundle, lab

ERRORS = (
    ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], .jp-OutputArea-output[data-mime-type*='stderr']"
)
SHOTS = Path(".failed-screenshots")
# What the last cell of each shows, by which a run is known to have ended.
LAST = {
    "00_start_here": "Which roles do not fit who holds them?",
    "01_connect_and_pull": "PRACTICE: AUDITKIT_BASE_URL is not set",
    "03_principals": "Effective permissions by module",
    "04_credentials": "credentials expire soon or have ended",
    "05_roles_and_api_keys": "findings match",
    "06_access_and_gaps": "Permission gaps: 32 of 212 missing",
}


def test_every_numbered_notebook_is_tried_here_and_copied_by_lab(tmp_path: Path) -> None:
    assert {*LAST, "02_findings"} <= {path.stem for path in bundle.notebooks()}
    lab.prepare(tmp_path)
    assert {path.name for path in tmp_path.glob("*.ipynb")} == {path.name for path in bundle.notebooks()}


@contextmanager
def opened(lab: Lab, chromium: Browser, name: str) -> Iterator[Page]:
    """A notebook in a page of its own, which leaves a picture behind if what is tried on it fails."""
    shutil.copy(bundle.bundled(f"notebooks/{name}.ipynb"), lab.folder)
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = lab.open(context, f"{name}.ipynb")
        try:
            yield page
        except BaseException:
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=str(SHOTS / f"{name}.png"))
            raise


def settled(page: Page, words: str) -> None:
    """Run all, and wait until the last panel is there."""
    run_all(page)
    expect(page.get_by_text(words).last).to_be_attached(timeout=90_000)
    idle(page)
    assert page.locator(ERRORS).count() == 0


@pytest.mark.parametrize("name", LAST)
def test_run_all_shows_everything_and_no_error(lab: Lab, chromium: Browser, name: str) -> None:
    with opened(lab, chromium, name) as page:
        settled(page, LAST[name])
        if name == "03_principals":
            slider = page.get_by_role("slider").first
            before = page.get_by_text("principals are inactive").last.inner_text()
            slider.focus()
            for _ in range(3):
                slider.press("PageUp")
            expect(page.get_by_text("principals are inactive").last).not_to_have_text(before, timeout=10_000)
        if name == "06_access_and_gaps":
            page.get_by_role("button", name=re.compile("AUZ2")).first.press("Enter")
            expect(page.get_by_text("denied by AUZ2").last).to_be_attached(timeout=10_000)


def test_a_finding_is_proved_ticked_and_a_filter_outlives_its_kernel(lab: Lab, chromium: Browser) -> None:
    with opened(lab, chromium, "02_findings") as page:
        settled(page, "limits differ from their defaults")
        page.get_by_label("Text", exact=True).last.fill("crd-00038")
        expect(page.get_by_text("of 148 findings").first).to_contain_text("1 of 148", timeout=10_000)
        # By the keyboard alone: the rule's button opens the proof, the space bar ticks.
        page.get_by_role("button", name="CRD002").first.press("Enter")
        expect(page.get_by_text("Credentials: crd-00038").first).to_be_attached(timeout=10_000)
        page.get_by_role("checkbox", name="select CRD002 crd-00038").press("Space")
        expect(page.get_by_text("1 selected").first).to_be_attached(timeout=10_000)
        page.get_by_label("Name", exact=True).last.fill("one credential")
        page.get_by_role("button", name="Save filter").click()
        expect(page.get_by_text("saved as").first).to_be_attached(timeout=10_000)
        restart(page)
        settled(page, "limits differ from their defaults")
        expect(page.get_by_text("148 of 148 findings").first).to_be_attached()
        page.get_by_label("Saved", exact=True).last.select_option("one credential")
        expect(page.get_by_text("1 of 148 findings").first).to_be_attached(timeout=10_000)
        expect(page.get_by_label("Text", exact=True).last).to_have_value("crd-00038")


def restart(page: Page) -> None:
    """Restart the kernel by the menu, and wait for it."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Kernel").first.click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Restart Kernel…$")).first.click()
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    page.wait_for_timeout(1_500)
    idle(page)
