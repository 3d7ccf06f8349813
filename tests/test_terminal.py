"""Rendering: what a terminal would obey is shown, what is plain stays as it is."""

from __future__ import annotations

import json

import pytest

from auditkit.terminal import columns, counted, visible, visible_json, visible_lines

ODD = {
    "\x1b[2J": "\\x1b[2J",
    "a\rb": "a\\x0db",
    "two\nlines": "two\\x0alines",
    "tab\there": "tab\\x09here",
    "\x9b31m": "\\x9b31m",
    "\u202etxt.exe": "\\u202etxt.exe",
    "zero\u200bwidth": "zero\\u200bwidth",
    "tag\U000e0041": "tag\\U000e0041",
    "\ud800": "\\ud800",
}


@pytest.mark.parametrize(("text", "shown"), ODD.items(), ids=ascii)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["plain", "[bold]no markup[/bold]", "Zoë 東京 🛰", "007", "a|b", ""])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
    assert visible_lines(text) == text
    assert visible_json(text) == text


def test_lines_of_csv_keep_their_ends_and_lose_lone_returns() -> None:
    assert visible_lines('"a"\r\n"b\rc"\n') == '"a"\r\n"b\\x0dc"\n'


@pytest.mark.parametrize("text", ["\x7f", "\x9b31m", "\u202e", "\U000e0041", "\u2028"])
def test_json_keeps_its_meaning_and_nothing_that_is_obeyed(text: str) -> None:
    written = json.dumps({"name": text}, ensure_ascii=False)
    shown = visible_json(written)
    assert json.loads(shown) == {"name": text}
    assert text not in shown


def test_columns_are_padded_by_what_the_eye_sees() -> None:
    assert columns([("東京", "x"), ("ab", "long one")], head=("city", "what")) == [
        "city  what",
        "東京  x",
        "ab    long one",
    ]


def test_columns_without_rows_are_their_head() -> None:
    assert columns([], head=("rule", "title")) == ["rule  title"]


@pytest.mark.parametrize(("number", "words"), [(0, "0 findings"), (1, "1 finding"), (1234, "1,234 findings")])
def test_counted(number: int, words: str) -> None:
    assert counted(number, "finding") == words
