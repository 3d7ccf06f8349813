"""`why_denied` in a real JupyterLab: another request, and every panel follows; a change is tried, a narrower role found."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from browser import Lab, idle, run_all
from playwright.sync_api import Browser, Locator, Page, expect

from auditkit import bundle

NAME = "why_denied.ipynb"
ERRORS = (
    ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], .jp-OutputArea-output[data-mime-type*='stderr']"
)
SHOTS = Path(".failed-screenshots")
PATIENCE = 60_000
BUSY = "import pathlib, time\nwhile pathlib.Path('busy').exists():\n    time.sleep(0.1)"


def output(page: Page, call: str) -> Locator:
    """What stands below the cell that makes this call."""
    return page.locator(".jp-CodeCell", has_text=call).locator(".jp-Cell-outputWrapper")


def enter(field: Locator, words: str) -> None:
    """Type, as a person does who knows no mouse."""
    field.fill(words)
    field.press("Enter")


def test_another_request_is_followed_a_change_is_tried_and_the_narrowest_found(lab: Lab, chromium: Browser) -> None:
    folder = lab.folder / "why"
    folder.mkdir()
    notebook = nbformat.read(bundle.bundled(f"notebooks/{NAME}"), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(BUSY))
    nbformat.write(notebook, folder / NAME)
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        complaints: list[str] = []
        page = lab.open(context, f"why/{NAME}")
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            every_panel(page, folder / "busy")
        except BaseException:
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=str(SHOTS / "why_denied.png"))
            raise
        assert complaints == []


def every_panel(page: Page, busy: Path) -> None:
    run_all(page)
    tried, beside = output(page, 'why.panel("what-if")'), output(page, 'why.panel("compare")')
    expect(tried.get_by_text("press 'Try it' to ask this one")).to_be_attached(timeout=90_000)
    idle(page)
    tried.get_by_role("button", name="Try it").press("Enter")
    expect(tried.get_by_text("3 permissions are lost and 0 gained")).to_be_attached(timeout=PATIENCE)
    idle(page)
    assert page.locator(ERRORS).count() == 0
    follows(page, beside)
    tries(tried)
    narrows(page, output(page, 'why.panel("narrow")'), tried)
    tries_while_the_kernel_is_busy(page, tried, busy)
    assert page.locator(ERRORS).count() == 0


def follows(page: Page, beside: Locator) -> None:
    """Another principal and permission: the checklist, who can, the other panels; and what is wrong is told."""
    asked, who = output(page, "why = WhyDenied(desk)"), output(page, 'why.panel("who-can")')
    expect(asked.get_by_text("denied by AUZ4")).to_be_visible()
    enter(asked.get_by_label("Principal", exact=True), "key-0043")
    enter(asked.get_by_label("Permission", exact=True), "iam.apikey.create")
    expect(asked.get_by_text('denied by AUZ2: role "Field gateway (before API keys)"')).to_be_visible(timeout=PATIENCE)
    expect(asked.get_by_label("Principal", exact=True)).to_have_value("key-0043 · Gateway 7, Heron Lock")
    expect(who.get_by_text("iam.apikey.create on iot.network /network-2:")).to_be_attached(timeout=PATIENCE)
    expect(beside.get_by_text("A is Gateway 7, Heron Lock (key-0043)")).to_be_attached(timeout=PATIENCE)
    # The same field stands in every panel.
    expect(beside.get_by_label("Principal", exact=True)).to_have_value("key-0043 · Gateway 7, Heron Lock")
    enter(beside.get_by_label("Beside", exact=True), "key-004")
    expect(beside.get_by_role("status").get_by_text("did you mean")).to_be_visible(timeout=PATIENCE)
    enter(beside.get_by_label("Beside", exact=True), "key-0004")
    expect(beside.get_by_text("B is Gateway 4, Glen Bridge (key-0004)")).to_be_visible(timeout=PATIENCE)
    who.get_by_label("API keys and service accounts only").press("Space")
    expect(who.get_by_text("/network-2: 1 machine can")).to_be_visible(timeout=PATIENCE)


def tries(tried: Locator) -> None:
    """A change is chosen, typed, and tried by its button, which is reached by the keyboard; nothing is waited for."""
    expect(tried.get_by_text("press 'Try it' to ask this one")).to_be_attached(timeout=PATIENCE)
    # The answer to the former question is put away.
    expect(tried.get_by_text("permissions are lost")).not_to_be_visible()
    tried.get_by_label("What changes", exact=True).select_option(label="delete a principal, or disband a group")
    typed_and_pressed(tried, "Principal", "grp-0019", "Try it")
    expect(tried.get_by_text("303 permissions are lost and 0 gained")).to_be_visible(timeout=PATIENCE)
    expect(tried.get_by_role("cell", name="Pager bridge 1").first).to_be_visible()
    expect(tried.get_by_label("Principal", exact=True)).to_have_value("grp-0019 · On call")
    # Fields of other kinds of change are not there, nor reached.
    expect(tried.get_by_label("Assignment", exact=True)).not_to_be_visible()


def narrows(page: Page, narrowed: Locator, tried: Locator) -> None:
    """The role that would do, handed on; then for everybody."""
    expect(narrowed.get_by_role("cell", name="role-field-gateway")).to_be_visible(timeout=PATIENCE)
    typed_and_pressed(narrowed, "Principal", "key-0001", "Hand to what-if")
    typed_and_pressed(narrowed, "Principal", "key-0043", "Hand to what-if")
    expect(tried.get_by_label("Change file", exact=True)).to_have_value(re.compile("asg-00090"), timeout=PATIENCE)
    narrowed.get_by_label("For", exact=True).select_option(label="everybody with required rows")
    narrowed.get_by_role("button", name="Find the narrowest").press("Enter")
    expect(narrowed.get_by_text("59 principals with required rows: 15 would change")).to_be_visible(timeout=PATIENCE)
    typed_and_pressed(tried, "Change file", 'suspend_principal = ["key-0001"]', "Try it")
    expect(tried.get_by_text("If: suspend principal Gateway 1, Fern Reservoir (key-0001)")).to_be_visible(
        timeout=PATIENCE
    )
    idle(page)


def tries_while_the_kernel_is_busy(page: Page, tried: Locator, busy: Path) -> None:
    """Nothing of what is typed is lost, or overtaken by the press."""
    busy.touch()
    page.locator(".jp-Cell .cm-content", has_text="pathlib").last.click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#jp-bottom-panel, #jp-main-statusbar").get_by_text("| Busy")).to_be_visible(timeout=PATIENCE)
    typed_and_pressed(tried, "Change file", 'suspend_principal = ["key-0001", "key-0004"]', "Try it")
    expect(tried.get_by_text("this takes a moment")).to_be_visible(timeout=PATIENCE)
    busy.unlink()
    expect(tried.get_by_text("If: suspend principal Gateway 4, Glen Bridge (key-0004)")).to_be_visible(timeout=PATIENCE)


def typed_and_pressed(panel: Locator, label: str, words: str, button: str) -> None:
    """Letter by letter, and with the last of them the press: by Tab and Enter alone."""
    field = panel.get_by_label(label, exact=True)
    field.fill("")
    field.press_sequentially(words)
    for _ in range(12):
        field.page.keyboard.press("Tab")
        if field.page.evaluate("document.activeElement.textContent") == button:
            break
    field.page.keyboard.press("Enter")
