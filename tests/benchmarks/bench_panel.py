"""How soon panels answer in JupyterLab at 5,000 principals: from a key or a press in the page to the new rows in it."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pandas as pd
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from auditkit import bundle
from auditkit.sandbox.maker import document_text, make_organisation, make_required, required_text
from auditkit.source.document import import_document

sys.path.append(str(Path(__file__).parents[1]))
from browser import CHROMIUM, QUIET, Lab, idle, run_all, serving_lab

PRINCIPALS, AS_OF = 5_000, "2026-10-01T00:00:00Z"
GOAL = 0.2
KEYS = ("Home", "PageUp", "PageUp", "End", "PageDown", "Home", "End")
# What each notebook shows last.
LAST = {
    "02_findings": "limits differ from their defaults",
    "03_principals": "Effective permissions by module",
    "04_credentials": "credentials expire soon or have ended",
}
# Notes the next frame after each change in a panel: of rows and words, and of anything, figures included.
_WATCH = """() => {
  const seen = window.seen = {pressed: 0, rows: 0, all: 0};
  const press = () => { seen.pressed ||= performance.now(); };
  for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, press, {capture: true, once: true});
  const own = ".widget-slider, .jp-InputArea, .jp-Toolbar";
  const watcher = new MutationObserver(changes => {
    const nodes = changes.map(each => each.target.nodeType === 1 ? each.target : each.target.parentElement);
    const inside = nodes.filter(node => node && node.closest(".jp-OutputArea-output") && !node.closest(own));
    if (!inside.length || !seen.pressed) return;
    const rows = inside.some(node => !node.querySelector("figure") && !node.closest("figure"));
    requestAnimationFrame(() => { seen.all = performance.now(); if (rows) seen.rows = seen.all; });
  });
  watcher.observe(document.body, {childList: true, subtree: true, characterData: true});
  seen.stop = () => watcher.disconnect();
}"""
# Nothing more for so many milliseconds: the figure waits for a quarter of a second, and takes another to draw.
_QUIET = "() => performance.now() - Math.max(window.seen.all, window.seen.pressed + 1500) > 800"
_SEEN = (
    "() => { const seen = window.seen; seen.stop(); return [seen.rows, seen.all].map(at => at && at - seen.pressed); }"
)


def organisation(folder: Path) -> None:
    """Fill a folder with a snapshot of so many principals, and what is required of them."""
    document = make_organisation(size=PRINCIPALS)
    source = folder.with_suffix(".json")
    source.write_text(document_text(document))
    import_document(source, pulled_at=pd.Timestamp(AS_OF)).save(folder / "snapshot")
    (folder / "required_permissions.csv").write_text(required_text(make_required(document)))


@contextmanager
def opened(lab: Lab, context: BrowserContext, name: str) -> Iterator[Page]:
    """A notebook in which every cell has run."""
    shutil.copy(bundle.bundled(f"notebooks/{name}.ipynb"), lab.folder)
    page = lab.open(context, f"{name}.ipynb")
    run_all(page)
    expect(page.get_by_text(LAST[name]).last).to_be_attached(timeout=90_000)
    idle(page)
    yield page
    page.close()


def reaction(page: Page, act: Callable[[], object]) -> tuple[float, float]:
    """Seconds from the first key of an act until the last new row, and until the last change of all; 0 for none."""
    page.evaluate(_WATCH)
    act()
    page.wait_for_function(_QUIET, timeout=30_000)
    rows, everything = page.evaluate(_SEEN)
    return rows / 1000, everything / 1000


def told(what: str, times: list[tuple[float, float]]) -> float:
    """The median until the new rows, of those acts that brought any; said together with the figure's."""
    times = [each for each in times if each[0]]
    rows, everything = (median(each) for each in zip(*times, strict=True))
    print(f"<!-- {what}: rows {rows * 1000:.0f} ms, all {everything * 1000:.0f} ms, {len(times)} times -->", flush=True)
    return rows


def sliders(page: Page) -> Iterator[float]:
    """Each slider of a notebook, moved by the keyboard."""
    for slider in page.get_by_role("slider").all():
        slider.scroll_into_view_if_needed()
        slider.focus()
        page.wait_for_timeout(300)
        label = (
            slider.locator("xpath=ancestor::*[contains(@class,'widget-slider')]").last.inner_text().partition("\n")[0]
        )
        yield told(label, [reaction(page, lambda key=key: page.keyboard.press(key)) for key in KEYS])


def findings(page: Page) -> Iterator[float]:
    """The findings: filtered, sorted, searched, turned, and one of them opened."""

    def chosen(label: str, *values: str) -> float:
        field = page.get_by_label(label, exact=True).last
        return told(label, [reaction(page, lambda value=value: field.select_option(value)) for value in values])

    page.get_by_label("Severity", exact=True).last.scroll_into_view_if_needed()
    yield chosen("Severity", "high", "medium", "low and worse", "all")
    yield chosen("Sort", "subject", "message", "least severe first", "worst first")
    search = page.get_by_label("Text", exact=True).last
    search.focus()
    yield told("Text", [reaction(page, lambda key=key: page.keyboard.press(key)) for key in ("k", "e", "y", "-", "0")])
    opening = page.get_by_role("button", name=re.compile("^[A-Z]{3}[0-9]{3}$"))
    yield told("proof", [reaction(page, opening.nth(at).click) for at in (3, 1, 4, 2)])
    turning = page.get_by_role("button", name="Next").first
    yield told("next page", [reaction(page, turning.click) for _ in range(4)])


def principal(page: Page) -> Iterator[float]:
    """Another principal's page, and the search for it."""
    which = page.get_by_label("Principal", exact=True).last
    which.scroll_into_view_if_needed()
    yield told("principal", [reaction(page, lambda at=at: choose(which, at)) for at in (5, 40, 90, 150)])
    search = page.get_by_label("Search", exact=True).last
    search.focus()
    yield told(
        "search", [reaction(page, lambda key=key: page.keyboard.press(key)) for key in ("k", "e", "y", "-", "0")]
    )


def choose(field: Locator, at: int) -> None:
    field.select_option(index=at)


def measured(chromium: Browser, lab: Lab) -> tuple[float, float, float]:
    """The slowest slider, the slowest of what findings are asked, and the slowest of a principal's page."""
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        with opened(lab, context, "02_findings") as page:
            found, moved = max(findings(page)), [*sliders(page)]
        with opened(lab, context, "03_principals") as page:
            moved, shown = [*moved, *sliders(page)], max(principal(page))
        with opened(lab, context, "04_credentials") as page:
            moved += sliders(page)
    return max(moved), found, shown


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, seconds, goal)."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home, served = Path(folder) / "home", Path(folder) / "lab"
        home.mkdir()
        served.mkdir()
        organisation(served)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=QUIET)
        with serving_lab(home, served) as lab:
            moved, found, shown = measured(chromium, lab)
        chromium.close()
    return [
        ("JupyterLab, 5,000 principals: the slowest slider until its new rows, in s", moved, GOAL),
        ("the same: findings filtered, sorted, searched, proved or turned, the slowest, in s", found, GOAL),
        ("the same: another principal's page, in s", shown, GOAL),
    ]


if __name__ == "__main__":
    for row in main():
        print(*row)
