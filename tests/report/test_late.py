"""Long tables: compact in the file, the same to a reader with the script, without it, and on paper."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pandas as pd
import pytest
from browser import watch
from hostile import PAYLOADS
from playwright.sync_api import Browser, Page, expect

from auditkit.report.late import LATE, STRETCH, compact, late_tables
from auditkit.report.page import COVER_TYPE, page
from auditkit.widgets.markup import plain, safe_table

COUNT = 1_203


def ids(count: int = COUNT) -> list[str]:
    return [f"{place:032x}"[::-1] for place in range(count)]


def rows(count: int = COUNT) -> pd.DataFrame:
    """Rows that repeat themselves, in part, with hostile texts among them."""
    words = ["critical", "high", "medium", "low", "info", None]
    return pd.DataFrame({
        "severity": pd.Categorical([words[place * 6 // count] for place in range(count)]),
        "rule": [f"RUL{place // 100:03d}" for place in range(count)],
        "subject": [f"subject-{place:05d}" if place % 40 else PAYLOADS[place // 40 % len(PAYLOADS)] for place in range(count)],
        "count": [place * 7 % 2_000 for place in range(count)],
    })  # fmt: skip


def table(**more: Any) -> str:
    return safe_table(rows(), filters=("severity", "rule"), ids=ids(), **more)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    cover = nbformat.v4.new_code_cell("desk.cover()")
    cover.outputs = [nbformat.v4.new_output("display_data", data={"text/html": "<p>x</p>", COVER_TYPE: {"title": "A title"}})]
    shown = nbformat.v4.new_output("display_data", data={"text/html": table()})
    target = tmp_path_factory.mktemp("late") / "page.html"
    target.write_text(page(nbformat.v4.new_notebook(cells=[cover, nbformat.v4.new_code_cell("1", outputs=[shown])])), "utf-8")
    return target.as_uri()


def texts(view: Page) -> list[list[str]]:
    """What the rows say, spans written out by the browser's own table, links and fingerprints left aside."""
    found: list[list[str]] = view.evaluate("""() => {
      const rows = Array.from(document.querySelectorAll("tbody tr")), grid = rows.map(() => []);
      rows.forEach((row, at) => Array.from(row.cells).filter(cell => cell.className !== "ak-link").forEach(cell => {
        let column = 0;
        while (grid[at][column] !== undefined) column += 1;
        for (let down = 0; down < cell.rowSpan; down += 1) grid[at + down][column] = cell.textContent;
      }));
      return grid;
    }""")
    return found


def expected(view: Page) -> list[list[str]]:
    """The same of the table as it was before it was made compact."""
    view.set_content(table())
    return texts(view)


def test_a_short_table_stays_as_it_is() -> None:
    html = safe_table(rows().head(LATE - 1), ids=ids(LATE - 1))
    assert late_tables(f"<p>a</p>{html}<p>b</p>") == f"<p>a</p>{html}<p>b</p>"


def test_a_long_one_is_late_and_much_smaller() -> None:
    html = safe_table(rows().head(LATE), ids=ids(LATE))
    made = late_tables(f"<p>a</p>{html}<p>b</p>{html}")
    assert made.count('<noscript class="ak-late"><table class="ak-table">') == 2
    assert made.startswith("<p>a</p>")
    assert len(made) < 0.75 * 2 * len(html)


def test_rows_that_repeat_the_one_above_span_within_a_stretch() -> None:
    lines = [f'<tr><td class="ak-high" data-sort="1">high</td><td>{place}</td></tr>' for place in range(STRETCH + 2)]
    made = compact(lines).split("<tr\n")[1:]
    assert made[0] == f"><td rowspan={STRETCH} class=ak-high>high<td>0"
    assert made[1] == "><td>1"
    assert made[STRETCH] == f"><td rowspan=2 class=ak-high>high<td>{STRETCH}"


def test_ids_are_short_only_where_they_stay_different() -> None:
    names = ["a" * 32, "b" * 32]
    assert compact([f'<tr id="{name}"><td>{name}</td></tr>' for name in names]).startswith(f"<tr\nid={'a' * 12}>")
    alike = ["a" * 31 + "1", "a" * 31 + "2"]
    assert compact([f'<tr id="{name}"><td>x</td></tr>' for name in alike]).startswith(f"<tr\nid={alike[0]}>")


def test_without_javascript_the_whole_table_is_there(chromium: Browser, address: str) -> None:
    with chromium.new_context() as context:
        whole = expected(context.new_page())
    with chromium.new_context(java_script_enabled=False) as context:
        view = context.new_page()
        view.goto(address)
        assert view.locator("tbody tr").count() == COUNT
        # A context without scripts still answers those of the test.
        assert texts(view) == whole


def test_with_it_every_page_says_what_the_table_says(chromium: Browser, address: str) -> None:
    with chromium.new_context() as context:
        whole = expected(context.new_page())
        watched = watch(context, address)
        view, seen = watched.page, []
        for _ in range(COUNT // 50):
            seen += texts(view)
            view.get_by_role("button", name="Next").click()
        seen += texts(view)
        assert seen == whole
        assert watched.scripts_run() == []
        assert watched.requests == []
        assert watched.complaints == []


def test_search_filter_sort_and_link(chromium: Browser, address: str) -> None:
    with chromium.new_context() as context:
        view = watch(context, address).page
        body, count = view.locator("tbody tr"), view.get_by_role("status")
        expect(count).to_have_text("1 to 50 of 1,203 rows")
        view.get_by_label("Search").fill("onerror=")
        expect(body.first).to_contain_text("onerror=")
        view.get_by_label("Search").fill("SUBJECT-00777")
        expect(body).to_have_count(1)
        view.get_by_label("Search").fill("")
        view.get_by_label("Rule").select_option("RUL007")
        expect(count).to_have_text("1 to 50 of 100 rows, out of 1,203")
        view.get_by_role("button", name="Count").click()
        first = int(body.first.locator("td").nth(3).inner_text().replace(",", ""))
        assert first == min(place * 7 % 2_000 for place in range(700, 800))
        name = ids()[1_111]
        view.evaluate("name => { location.hash = name; }", name)
        expect(view.locator(".ak-found")).to_contain_text("subject-01111")
        expect(view.locator(".ak-found")).to_be_in_viewport()


def test_severity_sorts_by_how_bad_it_is(chromium: Browser, address: str) -> None:
    with chromium.new_context() as context:
        view = watch(context, address).page
        for _ in range(2):
            view.get_by_role("button", name="Severity").click()
        expect(view.locator("tbody tr").first).to_contain_text("\u2013")
        view.get_by_role("button", name="Severity").click()
        expect(view.locator("tbody tr").first).to_contain_text("critical")


def test_on_paper_every_row_and_its_id_are_there(chromium: Browser, address: str) -> None:
    with chromium.new_context() as context:
        whole = expected(context.new_page())
        view = watch(context, address).page
        view.emulate_media(media="print")
        expect(view.locator("tbody tr")).to_have_count(COUNT)
        assert texts(view) == whole
        printed = view.locator("tbody tr").nth(77).evaluate("row => getComputedStyle(row, '::after').content")
        assert re.sub('"', "", printed) in ids()[77]
        view.emulate_media(media="screen")
        expect(view.locator("tbody tr")).to_have_count(50)


def test_the_texts_are_those_of_the_frame(chromium: Browser, address: str) -> None:
    with chromium.new_context() as context:
        view = watch(context, address).page
        assert [row[1] for row in texts(view)] == plain(rows().rule)[:50]
