"""Lines that break where a reader would break them, on screen and on paper, and columns as wide as their words."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from browser import CHROMIUM
from organisations import acme, hostile
from playwright.sync_api import Browser

from auditkit import bundle
from auditkit.findings import audit
from auditkit.report import make_report
from auditkit.report.late import LATE
from auditkit.report.page import _css
from auditkit.report.pdf import print_pdf
from auditkit.report.whole import whole_words
from auditkit.widgets.markup import safe_table

KEPT = '<span class="ak-k">{}</span>'


class TestWholeWords:
    @pytest.mark.parametrize("word", ["2026-10-01", "2026-10-01T00:00:00Z", "asg-00090", "role-field-gateway", "--required", "--as-of"])
    def test_a_date_or_an_id_within_a_sentence_stays_whole(self, word: str) -> None:
        assert whole_words(f"<p>since {word}, by</p>") == f"<p>since {KEPT.format(word)}, by</p>"

    @pytest.mark.parametrize(
        "html",
        [
            "<td>asg-00090</td>",
            f"<p>of {'a-' * 13}z or</p>",
            '<a href="#one-two" class="ak-k">x y</a>',
            "<p>a &ndash; b &#x27; c</p>",
            "<p>one - two -3 a--b</p>",
        ],
        ids=["alone in its cell", "too long", "attributes", "entities", "no words"],
    )
    def test_everything_else_is_left_as_it_is(self, html: str) -> None:
        assert whole_words(html) == html

    def test_a_line_may_end_behind_a_bar(self) -> None:
        assert whole_words("<td>key-1|iot.read|/a</td>") == f"<td>{KEPT.format('key-1')}|<wbr>iot.read|<wbr>/a</td>"

    @pytest.mark.parametrize(
        ("word", "broken"),
        [
            ("credential_max_lifetime_days", "credential_<wbr>max_lifetime_<wbr>days"),
            ("credential_max_age_days", "credential_max_age_days"),  # fits a column
            ("telemetry.dashboard.share.all", "telemetry.<wbr>dashboard.<wbr>share.all"),
            ("svc-6|iot.read.all", f"{KEPT.format('svc-6')}|<wbr>iot.read.all"),
            ("grp|telemetry.series.list", "grp|<wbr>telemetry.<wbr>series.list"),
            ("x" * 30, "x" * 30),
            ("&lt;" * 9, "&lt;" * 9),
        ],
    )
    def test_a_long_name_may_end_a_line_where_a_word_of_it_ends(self, word: str, broken: str) -> None:
        assert whole_words(f"<td>{word}</td>") == f"<td>{broken}</td>"

    def test_a_long_table_is_left_to_the_script(self) -> None:
        late = '<noscript class="ak-late"><td>on 2026-10-01</noscript>'
        assert whole_words(f"{late}<p>on 2026-10-01 x</p>") == f"{late}<p>on {KEPT.format('2026-10-01')} x</p>"


def test_a_column_is_as_wide_as_its_longest_word() -> None:
    frame = pd.DataFrame({
        "id": ["crd-00041", "crd-1"], "name": ["Gateway 42, Otter Cross", "x"], "many": [1, 2],
        "middle": ["a" * 40, ""], "words": ["word " * 20, ""], "none": [None, None],
    })  # fmt: skip
    kinds = re.findall(r'<th scope="col" class="([\w-]+)"', safe_table(frame))
    assert kinds == ["ak-w10", "ak-w12", "ak-number", "ak-mid", "ak-wide"]


def test_a_long_name_leaves_the_width_to_sentences() -> None:
    frame = pd.DataFrame({"display_name": ["long " * 20], "message": ["long " * 20]})
    assert re.findall(r'<th scope="col" class="([\w-]+)"', safe_table(frame)) == ["ak-mid", "ak-wide"]


def test_a_name_cannot_leave_the_footer() -> None:
    assert _css('a"; } </style><b>') == r"a\22 \3b  \7d  \3c \2f style\3e \3c b\3e "


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    return make_report(bundle.sample_snapshot(), out=folder / "report.html")


def lines(chromium: Browser, page: Path, **look: object) -> int:
    """How many dates and ids of the page stand on two lines."""
    with chromium.new_context(viewport={"width": 1280, "height": 800}, **look) as context:
        view = context.new_page()
        view.goto(page.as_uri())
        assert view.evaluate("document.documentElement.scrollWidth") == 1280
        assert view.locator(".ak-k").count() > 20
        broken: int = view.evaluate(
            "[...document.querySelectorAll('.ak-k')].filter(one => one.getClientRects().length > 1).length"
        )
        return broken


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_no_date_and_no_id_stands_on_two_lines(chromium: Browser, sample: Path, script: bool) -> None:
    assert lines(chromium, sample, java_script_enabled=script) == 0


def test_the_script_keeps_words_whole_as_the_page_does(chromium: Browser, tmp_path: Path) -> None:
    """A long table's rows, made by the script, are those that the page would have written."""
    texts = ["on 2026-10-01, by asg-00090", "not given (--required CSV)", "--as-of", "key-1|iot.read|/a", "crd-00041", "a & b-c <d-e>", "x" * 30 + "-y z",
             "credential_max_lifetime_days", "key-1|telemetry.dashboard.share|/a", "of role-field-gateway-before.2024@example"]
    frame = pd.DataFrame({"said": (texts * LATE)[:LATE]})
    cover = make_report(acme(), out=tmp_path / "acme.html").read_text("utf-8")
    from auditkit.report.late import late_tables

    page = tmp_path / "late.html"
    page.write_text(cover.replace("</main>", f'<div id="late">{late_tables(safe_table(frame))}</div></main>'), "utf-8")
    want = whole_words(safe_table(frame.head(len(texts))))
    with chromium.new_context() as context:
        view = context.new_page()
        view.goto(page.as_uri())
        shown = view.locator("#late tbody td").evaluate_all("all => all.map(one => one.innerHTML)")[: len(texts)]
        view.set_content(want)
        assert shown == view.locator("tbody td").evaluate_all("all => all.map(one => one.innerHTML)")


def test_on_paper_each_page_says_what_it_is_of(sample: Path, tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"
    print_pdf(sample, paper, program=CHROMIUM)
    text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, check=True).stdout.decode()
    pages = text.split("\f")[:-1]
    snapshot = bundle.sample_snapshot()
    for number, page in enumerate(pages, start=1):
        assert f"{number} of {len(pages)}" in page
        assert f"snapshot {snapshot.id}" in page
    assert all(name in text for name in audit(snapshot).frame.fingerprint)
    # Wherever a finding stands, so does the head of its table.
    listed = [page for page in pages if re.search(r"\b[0-9a-f]{32}\b", page)]
    assert len(listed) > 3
    assert all(re.search(r"Severity +Rule +Subject +Principal", page) for page in listed)


def test_hostile_names_do_not_widen_the_page(chromium: Browser, tmp_path: Path) -> None:
    page = make_report(
        hostile([f"{mark}" + word for mark, word in enumerate(["W" * 4_000, "-".join(["2026"] * 900)] * 3)]),
        out=tmp_path / "report.html",
    )
    for width in (1280, 320):
        with chromium.new_context(viewport={"width": width, "height": 800}) as context:
            view = context.new_page()
            view.goto(page.as_uri())
            assert view.evaluate("document.documentElement.scrollWidth") == width
