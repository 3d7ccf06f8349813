"""The report judged by axe-core against WCAG 2.2 AA, and worked by keyboard alone."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from organisations import acme
from playwright.sync_api import Browser, Page, expect

from auditkit import bundle
from auditkit.findings import audit
from auditkit.report import make_report
from auditkit.widgets.desk import open_desk
from auditkit.widgets.panels import PANELS

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# At 1280 by 1024, a zoom of 400 % leaves so much.
NARROW = {"width": 320, "height": 256}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "400 percent": {"viewport": NARROW, "color_scheme": "light"},
    "400 percent, dark": {"viewport": NARROW, "color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the sample's report."""
    folder = tmp_path_factory.mktemp("sample")
    bundle.sample_snapshot().save(folder / "snapshot")
    return make_report(
        folder / "snapshot", required=bundle.bundled("data/required_permissions.csv"),
        config=bundle.bundled("data/limits.toml"), out=folder / "report.html",
    ).absolute().as_uri()  # fmt: skip


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe objects to, with the first place of each."""
    page.evaluate(AXE)
    # What else axe says of each of thousands of places would take longer to hand over than to find.
    passes, found = page.evaluate(
        """async tags => {
            const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
            return [found.passes.length, found.violations.map(one => [one.id, one.nodes[0].html.slice(0, 200)])];
        }""",
        TAGS,
    )
    assert passes > 8
    return [(name, place) for name, place in found]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(chromium: Browser, sample: str, look: str) -> None:
    # The page's own policy forbids any other script, axe among them.
    with chromium.new_context(bypass_csp=True, **LOOKS[look]) as context:
        page = context.new_page()
        page.goto(sample)
        expect(page.locator(".ak-tools").first).to_be_visible()
        assert violations(page) == []


def test_axe_finds_nothing_in_a_page_that_says_what_is_missing(chromium: Browser, tmp_path: Path) -> None:
    snapshot = acme(incomplete={"credentials": "403, the key may not read it"})
    address = make_report(snapshot, out=tmp_path / "report.html").absolute().as_uri()
    for look in ("light", "dark"):
        with chromium.new_context(bypass_csp=True, **LOOKS[look]) as context:
            page = context.new_page()
            page.goto(address)
            assert violations(page) == []


def test_axe_sees_what_is_wrong(chromium: Browser) -> None:
    """The check can fail: a page with a faint text and a field without a name."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><p style="color:#bbb">faint</p><input></main></html>')
        page.evaluate(AXE)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
        assert {"color-contrast", "label"} <= {one["id"] for one in found["violations"]}


def test_at_400_percent_only_tables_scroll_sideways(chromium: Browser, sample: str) -> None:
    with chromium.new_context(viewport=NARROW) as context:
        page = context.new_page()
        page.goto(sample)
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        wide = page.locator(".ak-scroll").evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
        assert wide >= 1
        assert page.locator(".ak-scroll:not([tabindex])").count() == 0


def section(page: Page) -> Any:
    return page.locator("div.ak-panel", has=page.get_by_text("findings under")).last


def test_search_sort_and_pages_by_keyboard(chromium: Browser, sample: str) -> None:
    frame = audit(bundle.sample_snapshot()).frame
    subject = frame.loc[frame.rule.eq("PRN003"), "subject_id"].iloc[0]
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(sample)
        panel = section(page)
        search, body = panel.get_by_label("Search"), panel.locator("tbody tr")
        search.focus()
        page.keyboard.type(subject)
        expect(body.first).to_contain_text(subject)
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.press("Delete")
        expect(body).to_have_count(50)
        # From the search, Tab alone reaches the filters, the pages and the sorts, in the order in which they stand.
        names = []
        for _ in range(12):
            page.keyboard.press("Tab")
            names.append(page.evaluate("(document.activeElement.labels?.[0] || document.activeElement).textContent"))
        assert names[:3] == ["Severity", "Rule", "Next"]
        assert "Subject" in names
        panel.get_by_role("button", name="Next").focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_role("status")).to_contain_text("51 to 100 of")
        panel.get_by_role("button", name="Subject").focus()
        page.keyboard.press("Space")
        expect(panel.get_by_role("columnheader", name="Subject")).to_have_attribute("aria-sort", "ascending")
        expect(page.locator(":focus")).to_have_text("Subject")


def test_what_has_the_focus_is_seen(chromium: Browser, sample: str) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(sample)
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


class TestDeepLinks:
    @pytest.fixture
    def fingerprint(self) -> str:
        """A finding that is on no first page."""
        found = audit(bundle.sample_snapshot(), required=bundle.bundled("data/required_permissions.csv"))
        return str(found.frame.fingerprint.iloc[-1])

    def test_a_link_opens_the_page_of_its_finding(self, chromium: Browser, sample: str, fingerprint: str) -> None:
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(f"{sample}#{fingerprint}")
            row = page.locator(f"[id='{fingerprint}']")
            expect(row).to_be_in_viewport()
            expect(row).to_be_focused()
            expect(row).to_have_class("ak-found")

    def test_a_link_is_followed_past_a_search_and_a_sort(self, chromium: Browser, sample: str, fingerprint: str) -> None:
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(sample)
            panel = section(page)
            panel.get_by_role("button", name="Rule").click()
            panel.get_by_label("Search").fill("nothing like it")
            expect(panel.locator("tbody tr")).to_have_count(0)
            page.evaluate("name => { location.hash = name; }", fingerprint)
            expect(page.locator(f"[id='{fingerprint}']")).to_be_in_viewport()
            expect(panel.get_by_label("Search")).to_have_value("")

    def test_each_row_offers_its_link(self, chromium: Browser, sample: str) -> None:
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(sample)
            row = section(page).locator("tbody tr").nth(3)
            name = str(row.get_attribute("id"))
            assert re.fullmatch("[0-9a-f]{32}", name)
            row.get_by_role("link", name=name[:8]).click()
            assert page.url.endswith(f"#{name}")
            expect(row).to_have_class("ak-found")

    def test_without_javascript_the_browser_follows_it(self, chromium: Browser, sample: str, fingerprint: str) -> None:
        with chromium.new_context(java_script_enabled=False) as context:
            page = context.new_page()
            page.goto(f"{sample}#{fingerprint}")
            expect(page.locator(f"[id='{fingerprint}']")).to_be_in_viewport()

    @pytest.mark.parametrize("odd", ["%E0%A4%A", "nothing", "'];alert(1)//", "section-1"])
    def test_a_link_to_nothing_is_no_error(self, chromium: Browser, sample: str, odd: str) -> None:
        complaints: list[str] = []
        with chromium.new_context() as context:
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{sample}#{odd}")
            expect(section(page).locator("tbody tr")).to_have_count(50)
            assert page.locator(".ak-found").count() == 0
        assert complaints == []


@pytest.mark.parametrize("name", sorted(PANELS))
def test_axe_finds_nothing_in_a_panels_static_twin(chromium: Browser, name: str) -> None:
    """As a notebook reopened without a kernel shows it, on the colours of JupyterLab's light and dark themes."""
    shown = open_desk(acme()).panel(name).static()._repr_html_()
    light = ("rgba(0,0,0,.87)", "rgba(0,0,0,.54)", "rgba(0,0,0,.38)", "white", "#eee")
    dark = ("#fff", "rgba(255,255,255,.7)", "rgba(255,255,255,.5)", "#111", "#424242")
    for ink, soft, faint, paper, band in (light, dark):
        theme = (
            f"--jp-content-font-color1:{ink};--jp-content-font-color2:{soft};--jp-content-font-color3:{faint};"
            f"--jp-layout-color2:{band};background:{paper};color:{ink}"
        )
        with chromium.new_context() as context:
            page = context.new_page()
            page.set_content(f'<html lang="en"><title>x</title><body style="{theme}"><main><h1>x</h1>{shown}</main></body></html>')
            assert violations(page) == []
