"""The review in a real JupyterLab: decided by a click and by a key, the kernel restarted, and nothing is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from browser import Lab, restart, run_all
from playwright.sync_api import Browser, Locator, Page, expect

from auditkit import bundle
from auditkit.review.campaign import open_campaign
from auditkit.review.entries import Entry

NAME = "07_quarterly_review.ipynb"
ERRORS = (
    ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], .jp-OutputArea-output[data-mime-type*='stderr']"
)


@pytest.fixture
def book(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A folder of this test's own in the server's, with the notebook in it."""
    folder = lab.folder / str(request.node.name)
    folder.mkdir()
    shutil.copy(bundle.bundled(f"notebooks/{NAME}"), folder / NAME)
    return folder


def on_disk(folder: Path) -> list[Entry]:
    with open_campaign(folder / "auditkit-review").decisions() as store:
        return store.entries()


def logged(page: Page, folder: Path, count: int) -> list[Entry]:
    """The log, once it has so many entries."""
    for _ in range(100):
        if len(found := on_disk(folder)) >= count:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{len(on_disk(folder))} entries instead of {count}")


def one_item(page: Page) -> Locator:
    """The panel of one item: the output that has the button to keep."""
    panel = page.locator(".jp-Cell-outputArea", has=page.get_by_role("button", name="Keep", exact=True))
    expect(panel).to_have_count(1, timeout=90_000)
    panel.scroll_into_view_if_needed()
    return panel


def pressed(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=name, exact=True)


def test_a_click_a_key_and_a_restart(lab: Lab, chromium: Browser, book: Path) -> None:
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        complaints: list[str] = []
        page = lab.open(context, f"{book.name}/{NAME}")
        page.on("pageerror", lambda error: complaints.append(str(error)))
        run_all(page)
        run_all(page)
        panel = one_item(page)
        assert page.locator(ERRORS).count() == 0
        assert on_disk(book) == []
        panel.get_by_label("You are").fill("Gil Osei")
        pressed(panel, "Remove").dblclick()
        expect(panel.get_by_text("remove is on disk")).to_be_visible(timeout=10_000)
        assert [(entry.action, entry.reviewer) for entry in on_disk(book)] == [("remove", "Gil Osei")]
        page.keyboard.press("n")
        expect(panel.get_by_text("Not decided yet")).to_be_visible(timeout=10_000)
        for key, told in (("r", "remove is on disk"), ("u", "remove is taken back"), ("r", "remove is on disk")):
            page.keyboard.press(key)
            expect(panel.get_by_role("status").get_by_text(told)).to_be_visible(timeout=10_000)
        entries = logged(page, book, 4)
        assert [entry.action for entry in entries] == ["remove", "remove", "undo", "remove"]
        assert len({entry.item for entry in entries}) == 2
        restart(page)
        again = one_item(page)
        assert page.locator(ERRORS).count() == 0
        assert on_disk(book) == entries
        again.get_by_label("left only").uncheck()
        for item in {entry.item for entry in entries}:
            again.get_by_label("Text").fill(item)
            expect(again.get_by_text("remove by Gil Osei at").first).to_be_visible(timeout=10_000)
            expect(again.locator(".ak-head", has_text=item).first).to_be_visible()
        assert complaints == []


def test_nobody_needs_a_mouse(lab: Lab, chromium: Browser, book: Path) -> None:
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = lab.open(context, f"{book.name}/{NAME}")
        run_all(page)
        cells = page.locator(".jp-Notebook .jp-Cell").count()
        panel = one_item(page)
        panel.get_by_label("You are").fill("Gil Osei")
        page.keyboard.press("Escape")
        # Letters that no button has are not commands of the notebook either: x would cut the cell.
        page.keyboard.press("x")
        expect(panel.get_by_text("No key x")).to_be_visible()
        page.keyboard.press("k")
        # Against the recommendation: the cursor goes to where the reason is wanted, and Enter presses again.
        expect(panel.get_by_text("a reason is needed")).to_be_visible(timeout=10_000)
        expect(panel.get_by_label("Reason")).to_be_focused()
        expect(panel.get_by_text("Enter decides: keep")).to_be_visible()
        # In the name Enter only enters it.
        panel.get_by_label("You are").press("Enter")
        expect(panel.get_by_label("You are")).not_to_be_focused()
        assert on_disk(book) == []
        panel.get_by_label("Reason").focus()
        page.keyboard.type("the gateway needs it until the fair")
        page.keyboard.press("Enter")
        expect(panel.get_by_text("keep is on disk")).to_be_visible(timeout=10_000)
        expect(panel.get_by_label("Reason")).to_have_value("")
        page.keyboard.press("n")
        expect(panel.get_by_text("Not decided yet")).to_be_visible(timeout=10_000)
        expect(panel.get_by_label("Reason")).to_have_value("")
        panel.get_by_label("Reason").focus()
        page.keyboard.type("krn")
        for _ in range(3):
            page.keyboard.press("Tab")
        expect(pressed(panel, "Remove")).to_be_focused()
        page.keyboard.press("Enter")
        expect(panel.get_by_text("remove is on disk")).to_be_visible(timeout=10_000)
        assert [(entry.action, entry.reason) for entry in on_disk(book)] == [
            ("keep", "the gateway needs it until the fair"),
            ("remove", "krn"),
        ]
        assert page.locator(".jp-Notebook .jp-Cell").count() == cells


LONG = "the gateway in the north hall needs it until the fair is over, and its owner has asked for a new one " * 4


def test_a_press_takes_the_whole_reason_with_it_while_the_kernel_is_busy(
    lab: Lab, chromium: Browser, book: Path
) -> None:
    notebook = nbformat.read(book / NAME, as_version=4)
    busy = "import pathlib, time\nwhile pathlib.Path('busy').exists():\n    time.sleep(0.1)"
    notebook.cells.append(nbformat.v4.new_code_cell(busy))
    nbformat.write(notebook, book / NAME)
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = lab.open(context, f"{book.name}/{NAME}")
        run_all(page)
        panel = one_item(page)
        (book / "busy").touch()
        page.locator(".jp-Cell .cm-content", has_text="pathlib").last.click()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#jp-bottom-panel, #jp-main-statusbar").get_by_text("| Busy")).to_be_visible()
        panel.get_by_label("You are").click()
        page.keyboard.type("Gil Osei")
        panel.get_by_label("Reason").click()
        page.keyboard.type("a first thought")
        page.keyboard.press("Control+a")
        page.keyboard.type(LONG)
        pressed(panel, "Keep").dblclick()
        expect(panel.get_by_text("nothing of this press is on disk yet")).to_be_visible()
        assert on_disk(book) == []
        (book / "busy").unlink()
        expect(panel.get_by_text("keep is on disk")).to_be_visible(timeout=20_000)
        assert [(entry.action, entry.reviewer, entry.reason) for entry in on_disk(book)] == [
            ("keep", "Gil Osei", LONG.strip())
        ]
