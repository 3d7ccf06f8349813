"""The notebook's table: pages of 25, a search, filters and a sort, none of which loses a row for good."""

from __future__ import annotations

import pandas as pd
import pytest
from hostile import PAYLOADS

from auditkit.widgets.base import View
from auditkit.widgets.table import PagedTable


def view(frame: pd.DataFrame, **more: object) -> View:
    return View(frame=frame, headline="", filters=("severity",), **more)  # type: ignore[arg-type]


def rows(count: int) -> pd.DataFrame:
    severity = pd.Categorical(["high" if number % 3 else "info" for number in range(count)])
    return pd.DataFrame({"severity": severity, "name": [f"n{number:03d}" for number in range(count)], "secret_id": "s"})


@pytest.fixture
def table() -> PagedTable:
    return PagedTable(view(rows(60), hidden=("secret_id",)))


def html(table: PagedTable) -> str:
    return str(table._html.value)


def shown_rows(table: PagedTable) -> int:
    return html(table).count("<tr>") - 1


def test_a_page_holds_25_rows_and_the_buttons_stop_at_the_ends(table: PagedTable) -> None:
    assert (shown_rows(table), table._count.value) == (25, "1 to 25 of 60 rows")
    assert table._back.disabled
    table._next.click()
    table._next.click()
    assert (shown_rows(table), table._count.value) == (10, "51 to 60 of 60 rows")
    assert table._next.disabled
    table._back.click()
    assert table._count.value == "26 to 50 of 60 rows"


def test_the_search_needs_every_word_in_any_case_and_starts_at_the_first_page(table: PagedTable) -> None:
    table._next.click()
    table._search.value = "N00 HIGH"
    assert table._count.value == "1 to 6 of 6 rows"
    table._search.value = "n00 nothing"
    assert table._count.value == "no row matches"
    assert "<table" not in html(table)
    table._search.value = ""
    assert table._count.value == "1 to 25 of 60 rows"


@pytest.mark.parametrize("words", ["(", "[a-z", ".*", "\\"])
def test_the_search_is_plain_text(table: PagedTable, words: str) -> None:
    table._search.value = words
    assert table._count.value == "no row matches"


def test_a_hidden_column_is_kept_in_the_frame_and_not_shown_or_searched(table: PagedTable) -> None:
    assert "Secret id" not in html(table)
    assert "secret_id" in table.shown.columns


def test_a_filter_and_a_sort_leave_what_they_should(table: PagedTable) -> None:
    table._filters["severity"].value = "info"
    table._sort.value, table._down.value = "name", True
    assert table.shown.name.tolist()[:2] == ["n057", "n054"]
    assert len(table.shown) == 20


def test_another_frame_keeps_the_search_and_a_filter_that_still_applies(table: PagedTable) -> None:
    table._filters["severity"].value = "info"
    table._search.value = "n00"
    table.show(view(rows(9)))
    assert table.shown.name.tolist() == ["n000", "n003", "n006"]
    table.show(view(rows(9).query("severity == 'high'")))
    assert table._filters["severity"].value == "all"


def test_another_frame_makes_no_control_anew_and_is_drawn_once(table: PagedTable) -> None:
    control, drawn = table._filters["severity"], []
    table._html.observe(lambda change: drawn.append(change["new"]), "value")
    table.show(view(rows(40).query("severity == 'high'")))
    assert table._filters["severity"] is control
    assert control.options == ("all", "high")
    table.show(view(rows(39)))
    assert control.options == ("all", "high", "info")
    assert len(drawn) == 2


def test_no_rows_show_no_table_and_no_controls() -> None:
    table = PagedTable(view(rows(0)))
    assert table.box.layout.display == "none"
    table.show(view(rows(3)))
    assert table.box.layout.display is None


def test_payloads_reach_the_page_as_text_only() -> None:
    table = PagedTable(view(pd.DataFrame({"severity": "high", "name": list(PAYLOADS)})))
    assert "<img" not in html(table)
    assert "<script" not in html(table)


def test_ids_that_look_like_numbers_stay_text_when_sorted() -> None:
    table = PagedTable(view(pd.DataFrame({"severity": "low", "name": ["1e5", "007", "NA", "null"]})))
    table._sort.value = "name"
    assert table.shown.name.tolist() == ["007", "1e5", "NA", "null"]
