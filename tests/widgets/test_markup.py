"""From data to HTML: everything escaped, everything bounded, times and numbers as readers expect them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from hostile import PAYLOADS

from auditkit.widgets.base import Static
from auditkit.widgets.live import panel_html
from auditkit.widgets.markup import (
    LONGEST_TEXT,
    bullets,
    definitions,
    plain,
    safe_table,
    safe_text,
    said_text,
    sentence,
)

OURS = {"bdi", "span", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "ul", "li", "dl", "dt", "dd", "code"}


class Tags(HTMLParser):
    """Notes the tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    parser.close()
    return parser


def cells(html: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", html)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_makes_a_tag_or_an_attribute(payload: str) -> None:
    frame = pd.DataFrame({payload: [payload, None], "list": [[payload], ()], "category": pd.Categorical([payload, payload])})
    whole = "".join([
        safe_table(frame, caption=payload, labels={"list": payload}), sentence(payload), bullets([payload]),
        definitions([(payload, payload)]), safe_text(payload),
    ])  # fmt: skip
    seen = read(whole)
    assert seen.tags <= OURS
    assert seen.attributes <= {"class", "scope", "title", "data-filter", "data-sort"}


def test_text_is_the_same_to_the_letter_when_read_back() -> None:
    assert read(safe_text("<b>&amp;</b> \"x\" 'y' café 日本")).text == "<b>&amp;</b> \"x\" 'y' café 日本"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("pay\u202eroll", "U+202E"), ("a\u200bb", "U+200B"), ("x\x00y", "U+0000"), ("t\U000e0041", "U+E0041"), ("s\u00adh", "U+00AD")],
)
def test_characters_that_hide_or_turn_text_are_shown_by_their_code_point(text: str, shown: str) -> None:
    assert f">{shown}</span>" in safe_text(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("field `permissionId` is missing", "field <code>permissionId</code> is missing"),
        ("`a` and `b <c>`", "<code>a</code> and <code><bdi>b &lt;c&gt;</bdi></code>"),
        ("no pair ` here", "<bdi>no pair ` here</bdi>"),
        ("``", "<bdi>``</bdi>"),
        ("`<img src=x onerror=alert(1)>`", "<bdi>`&lt;img src=x onerror=alert(1)&gt;`</bdi>"),
        ("", ""),
    ],
)
def test_backticks_of_a_sentence_are_set_as_code(text: str, html: str) -> None:
    assert said_text(text) == html


def test_only_sentences_of_ours_lose_their_backticks() -> None:
    html = safe_table(pd.DataFrame({"message": ["`x` is missing"], "display_name": ["`x` is a name"]}))
    assert cells(html) == ["<code>x</code> is missing", "<bdi>`x` is a name</bdi>"]


def test_a_long_sentence_is_cut_as_any_text() -> None:
    assert said_text("`a`" + "x" * LONGEST_TEXT) == safe_text("`a`" + "x" * LONGEST_TEXT)


def test_plain_ids_are_left_as_they_are() -> None:
    assert safe_text("principal-007") == "principal-007"


@pytest.mark.parametrize(("length", "more"), [(LONGEST_TEXT, ""), (LONGEST_TEXT + 1, "(1 more)"), (1_000_000, "(999,700 more)")])
def test_long_texts_are_cut_and_say_so(length: int, more: str) -> None:
    html = safe_text("x" * length)
    assert html.count("x") == LONGEST_TEXT
    assert more in html


def test_values_are_written_for_readers() -> None:
    times = pd.Series(pd.to_datetime(["2026-10-01", None], utc=True)).astype("datetime64[us, UTC]")
    frame = pd.DataFrame({
        "day": times, "moment": times + pd.Timedelta(hours=9, minutes=30), "yes": [True, False], "count": [12_345, 0],
        "share": [0.5, float("nan")], "names": [["a", "b"], None],
    })  # fmt: skip
    nothing = '<span class="ak-none">&ndash;</span>'
    assert cells(safe_table(frame)) == [
        "2026-10-01", "2026-10-01", "yes", "12,345", "0.5", "a, b",
        nothing, nothing, "no", "0", nothing, nothing,
    ]  # fmt: skip


def test_headings_have_a_scope_and_filters_are_marked() -> None:
    html = safe_table(pd.DataFrame({"role_id": ["r"], "kind": ["k"]}), labels={"kind": "Sort"}, filters=("kind",))
    assert '<th scope="col">Role id</th><th scope="col" data-filter>Sort</th>' in html


def test_severity_carries_its_word_and_rank_and_only_the_five_words() -> None:
    html = safe_table(pd.DataFrame({"severity": ["critical", "info", '"><script>', None]}))
    assert '<td class="ak-critical" data-sort="0">critical</td>' in html
    assert '<td class="ak-info" data-sort="4">info</td>' in html
    assert "script" not in html


def test_no_options_of_pandas_cut_a_table() -> None:
    with pd.option_context("display.max_rows", 5, "display.max_colwidth", 3):
        assert len(cells(safe_table(pd.DataFrame({"name": ["abcdefgh"] * 100})))) == 100


def test_plain_is_what_the_search_looks_through() -> None:
    assert plain(pd.Series(["<b>", None, "x"], dtype="str")) == ["<b>", "", "x"]


def test_nothing_makes_no_list() -> None:
    assert bullets([]) == ""


def test_a_panel_breaks_no_date_and_no_name_within_a_word() -> None:
    table = safe_table(pd.DataFrame({"message": ["expired on 2026-10-01, and was used"], "id": ["credential_max_lifetime_days"]}))
    for html in (panel_html(table), Static(table)._repr_html_()):
        assert '<span class="ak-k">2026-10-01</span>' in html
        assert "credential_<wbr>max_lifetime_<wbr>days" in html
    assert "ak-k" not in Static(table).fragment  # the page of the report does it, for what it takes in at once
