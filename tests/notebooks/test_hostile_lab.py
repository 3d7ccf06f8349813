"""Every notebook in a real JupyterLab, on an organisation whose every text is a payload: all of it is text, none of it acts."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd
import pytest
from browser import Lab, run_all
from hostile import PAYLOADS
from organisations import AS_OF, hostile
from playwright.sync_api import Browser, BrowserContext, Page

from auditkit import bundle
from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.campaign import start
from auditkit.snapshot import build, load

ERRORS = (
    ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], .jp-OutputArea-output[data-mime-type*='stderr']"
)
LOCAL = re.compile(r"^(https?|wss?)://127\.0\.0\.1:\d+/|^(data|blob|about):")
SCROLLED = """async panel => {
  for (let at = 0; at < panel.scrollHeight; at += 700) {
    panel.scrollTop = at;
    await new Promise(requestAnimationFrame);
  }
}"""
NAMES = sorted(path.stem for path in bundle.notebooks())


@dataclass
class Acts:
    """What no text may ever do: ask another host, open a window or a dialog, leave a mark."""

    context: BrowserContext
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", lambda made: None if LOCAL.match(made.url) else self.asked.append(made.url))
        self.context.on("dialog", lambda dialog: (self.opened.append(dialog.message), dialog.dismiss()))

    def none_by(self, page: Page, title: str) -> None:
        """Assert that nothing has run, been asked for or been opened."""
        marks = [
            frame.evaluate("Object.keys(window).filter(name => name.startsWith('__ran'))") for frame in page.frames
        ]
        assert marks == [[]], "one frame, and no mark in it"
        assert self.asked == []
        assert self.opened == []
        assert self.context.pages == [page]
        assert page.title() == title
        assert (
            page.locator(".jp-OutputArea-output").locator("script, iframe, object, embed, link, meta, base").count()
            == 0
        )


@pytest.fixture(scope="module")
def acts(lab: Lab, chromium: Browser) -> Iterator[Acts]:
    """A folder of the server's with nothing in it that is not hostile, and a browser that watches it."""
    folder = lab.folder / "apart"
    snapshot = hostile(PAYLOADS)
    snapshot.save(folder / "hostile")
    # What 01 finds there is whole, so that it shows it and pulls nothing.
    build(snapshot.frames, as_of=AS_OF, origin=PAYLOADS[3]).save(folder / ".auditkit" / "practice")
    with (folder / "required_permissions.csv").open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(
            [("principal_id", "permission", "reason"), *zip(PAYLOADS, PAYLOADS[1:], PAYLOADS, strict=False)]
        )
    with (folder / "owners.csv").open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows([("kind", "id", "reviewer"), *(("principal", one, one) for one in PAYLOADS)])
    saved = {"schema": 1, "filters": {one[:80]: {"text": one, "owner": one} for one in PAYLOADS}}
    (folder / ".auditkit" / "filters.json").write_text(json.dumps(saved))
    tables = Tables(load(folder / "hostile"), required=read_required(folder / "required_permissions.csv"))
    start(tables, run_rules(tables, Limits()), name="hostile", out=folder / "campaign", started_at=pd.Timestamp(AS_OF))
    for path in bundle.notebooks():
        shutil.copy(path, folder)
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield Acts(context)


def press(page: Page, label: str) -> None:
    page.locator(".jp-OutputArea-output").get_by_role("button", name=re.compile(label)).first.press("Enter")


def findings(page: Page) -> None:
    """Open a few proofs, and choose a saved filter."""
    for rule in ("ROL", "PRM", "CRD", "DAT"):
        page.get_by_label("Text", exact=True).last.fill(rule)
        page.get_by_text(re.compile(rf"^{rule}\d\d\d$")).first.wait_for(state="attached")
        press(page, rf"^{rule}\d\d\d$")
    page.get_by_label("Saved", exact=True).last.select_option(index=2)


def principals(page: Page) -> None:
    """Choose other principals, and search."""
    which = page.get_by_label("Principal", exact=True).last
    for at in (3, 9, 20):
        which.select_option(index=at)
    page.get_by_label("Search", exact=True).last.fill("<")


ALSO: Mapping[str, Callable[[Page], None]] = {
    "02_findings": findings,
    "03_principals": principals,
    "04_credentials": lambda page: press(page, r"^\d\d-\d\d\s+\d"),
    "06_access_and_gaps": lambda page: press(page, r"^[✗?+] "),
}


def test_it_would_be_seen(acts: Acts, lab: Lab) -> None:
    """The watch itself: a payload that a page obeys is found."""
    page = acts.context.new_page()
    page.set_content(PAYLOADS[0])
    page.wait_for_function("window.__ran_image")
    with pytest.raises(AssertionError, match="no mark in it"):
        acts.none_by(page, "")
    assert acts.asked
    acts.asked.clear()
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_in_a_notebook(lab: Lab, acts: Acts, name: str) -> None:
    page = lab.open(acts.context, f"apart/{name}.ipynb")
    try:
        title = page.title()
        run_all(page)
        if name in ALSO:
            ALSO[name](page)
        # What is off the screen is laid out, and its pictures are asked for, only when it is looked at.
        page.locator(".jp-WindowedPanel-outer").first.evaluate(SCROLLED)
        assert page.locator(ERRORS).count() == 0
        # Of a snapshot that it finds whole, 01 shows counts only.
        shown = "holds a whole snapshot" if name == "01_connect_and_pull" else "onerror="
        assert page.locator(".jp-OutputArea-output").get_by_text(shown).count()
        acts.none_by(page, title)
    finally:
        page.close()
        lab.rest()
