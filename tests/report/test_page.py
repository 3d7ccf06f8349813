"""The page: inert whatever it is given, searchable with its script, complete without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from browser import watch
from hostile import PAYLOADS
from playwright.sync_api import Browser, expect

from auditkit.errors import ReportError
from auditkit.report.page import COVER_TYPE, page, policy
from auditkit.widgets.markup import safe_table


def output(html: str, **more: Any) -> Any:
    return nbformat.v4.new_output("display_data", data={"text/html": html, **more})


def notebook(*cells: Any, title: str = "Access review of Acme") -> Any:
    cover = nbformat.v4.new_code_cell("desk.cover()")
    cover.outputs = [output("<p>the cover</p>", **{COVER_TYPE: {"title": title}})]
    return nbformat.v4.new_notebook(cells=[cover, *cells])


def shown(html: str) -> Any:
    return nbformat.v4.new_code_cell("1", outputs=[output(html)])


def rows(count: int) -> pd.DataFrame:
    words = [f"subject-{number:05d}" for number in range(count)]
    severity = pd.Categorical(["high" if number % 3 else "info" for number in range(count)])
    return pd.DataFrame({"severity": severity, "subject": words, "count": range(count)})


@pytest.fixture
def address(tmp_path: Path) -> Any:
    def write(html: str) -> str:
        target = tmp_path / "page.html"
        target.write_text(html, "utf-8")
        return target.as_uri()

    return write


def test_hostile_texts_run_nothing_load_nothing_and_raise_no_complaint(chromium: Browser, address: Any) -> None:
    frame = pd.DataFrame({"name": PAYLOADS, **dict.fromkeys(PAYLOADS[:3], PAYLOADS)})
    html = page(notebook(shown(safe_table(frame, caption=PAYLOADS[0])), title=PAYLOADS[1]))
    with chromium.new_context() as context:
        watched = watch(context, address(html))
        watched.page.get_by_label("Search").fill("javascript")
        assert watched.page.locator("tbody tr").count() >= 2
        assert watched.scripts_run() == []
        assert watched.requests == []
        assert watched.complaints == []


def test_what_is_injected_all_the_same_neither_runs_nor_loads(chromium: Browser, address: Any) -> None:
    """The policy is the second wall: markup that got through is still inert."""
    html = page(notebook(*(shown(payload) for payload in PAYLOADS[:6])))
    with chromium.new_context() as context:
        watched = watch(context, address(html))
        watched.page.wait_for_timeout(200)
        assert watched.scripts_run() == []
        assert watched.complaints  # the browser says what it refused


def test_search_filter_sort_and_pages(chromium: Browser, address: Any) -> None:
    html = page(notebook(shown(safe_table(rows(120), filters=("severity",)))))
    with chromium.new_context() as context:
        view = watch(context, address(html)).page
        body, count = view.locator("tbody tr"), view.get_by_role("status")
        expect(body).to_have_count(50)
        expect(count).to_have_text("1 to 50 of 120 rows")
        view.get_by_role("button", name="Next").click()
        expect(count).to_have_text("51 to 100 of 120 rows")
        view.get_by_label("Search").fill("SUBJECT-00042")
        expect(body).to_have_count(1)
        view.get_by_label("Search").fill("")
        view.get_by_label("Severity").select_option("info")
        expect(count).to_have_text("1 to 40 of 40 rows, out of 120")
        view.get_by_role("button", name="Count").click()
        view.get_by_role("button", name="Count").click()
        expect(body.first).to_contain_text("subject-00117")
        expect(view.get_by_role("columnheader", name="Count")).to_have_attribute("aria-sort", "descending")
        view.get_by_label("Search").fill("nothing like it")
        expect(count).to_have_text("0 of 0 rows, out of 120")


def test_severity_sorts_by_how_bad_it_is(chromium: Browser, address: Any) -> None:
    words = ["low", "critical", "info", "high"] * 5
    html = page(notebook(shown(safe_table(pd.DataFrame({"severity": words})))))
    with chromium.new_context() as context:
        view = watch(context, address(html)).page
        view.get_by_role("button", name="Severity").click()
        expect(view.locator("tbody tr").first).to_have_text("critical")
        expect(view.locator("tbody tr").last).to_have_text("info")


def test_without_javascript_every_row_is_there(chromium: Browser, address: Any) -> None:
    html = page(notebook(shown(safe_table(rows(120)))))
    with chromium.new_context(java_script_enabled=False) as context:
        view = context.new_page()
        view.goto(address(html))
        assert view.locator("tbody tr").count() == 120
        expect(view.locator(".ak-tools")).to_have_count(0)


def test_on_paper_every_row_is_there_and_the_tools_are_not(chromium: Browser, address: Any) -> None:
    html = page(notebook(shown(safe_table(rows(120)))))
    with chromium.new_context() as context:
        view = watch(context, address(html)).page
        view.get_by_label("Search").fill("00042")
        view.emulate_media(media="print")
        expect(view.locator("tbody tr")).to_have_count(120)
        expect(view.locator(".ak-tools")).to_be_hidden()
        view.emulate_media(media="screen")
        expect(view.locator("tbody tr")).to_have_count(1)


def test_headings_follow_in_order_and_the_contents_name_them() -> None:
    html = page(notebook(nbformat.v4.new_markdown_cell("# One <b>\n\ntext"), nbformat.v4.new_markdown_cell("## Two")))
    assert '<h2 id="section-1">One &lt;b&gt;</h2>' in html
    assert '<a href="#section-2">Two</a>' in html
    assert html.count("<h1>") == 1


def test_cells_for_the_notebook_only_are_left_out() -> None:
    cell = nbformat.v4.new_markdown_cell("Run all cells.", metadata={"tags": ["notebook-only"]})
    parameters = nbformat.v4.new_code_cell("x", metadata={"tags": ["parameters"]}, outputs=[output("the desk")])
    html = page(notebook(cell, parameters))
    assert "Run all cells." not in html
    assert "the desk" not in html


def test_code_is_never_part_of_the_page() -> None:
    assert "unmistakable_code" not in page(notebook(nbformat.v4.new_code_cell("unmistakable_code()")))


def test_text_and_pictures_are_shown_and_escaped() -> None:
    text = nbformat.v4.new_output("stream", name="stdout", text="\x1b[31m<b>red</b>\x1b[0m")
    plain = nbformat.v4.new_output("display_data", data={"text/plain": "<i>plain</i>"})
    drawn = nbformat.v4.new_output("display_data", data={"image/svg+xml": "<svg onload='x'/>"})
    html = page(notebook(nbformat.v4.new_code_cell("1", outputs=[text, plain, drawn])))
    assert "<pre>&lt;b&gt;red&lt;/b&gt;</pre>" in html
    assert "<pre>&lt;i&gt;plain&lt;/i&gt;</pre>" in html
    assert "<svg" not in html
    assert 'src="data:image/svg+xml;base64,' in html


def test_a_notebook_without_a_cover_is_refused() -> None:
    with pytest.raises(ReportError, match="showed no cover"):
        page(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))


def test_the_policy_names_the_script_and_lets_nothing_else_in() -> None:
    told = policy("alert(1)")
    assert "default-src 'none'" in told
    assert "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in told
    assert "unsafe-inline" not in told.partition("script-src")[2]
