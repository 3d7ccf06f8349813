"""The report of a snapshot: complete, inert, the same twice, and honest about what is missing."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from browser import watch
from hostile import PAYLOADS
from organisations import REQUIRED, acme, hostile
from playwright.sync_api import Browser, expect

from auditkit import Limits, bundle
from auditkit.errors import ReportError
from auditkit.findings import audit
from auditkit.report import make_report
from auditkit.schema import frame
from auditkit.snapshot import build


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample organisation."""
    folder = tmp_path_factory.mktemp("sample")
    bundle.sample_snapshot().save(folder / "snapshot")
    return make_report(
        folder / "snapshot", required=bundle.bundled("data/required_permissions.csv"),
        config=bundle.bundled("data/limits.toml"), out=folder / "report.html",
    )  # fmt: skip


def test_hostile_organisation_runs_nothing_and_asks_for_nothing(chromium: Browser, tmp_path: Path) -> None:
    target = make_report(hostile(PAYLOADS), out=tmp_path / "report.html")
    with chromium.new_context() as context:
        watched = watch(context, target.absolute().as_uri())
        view = watched.page
        expect(view.locator("h1")).to_contain_text("Access review of")
        view.get_by_label("Search").last.fill("javascript")
        view.locator(".ak-sort").first.click()
        view.mouse.wheel(0, 20_000)
        assert watched.scripts_run() == []
        assert watched.requests == []
        assert watched.complaints == []
        assert view.locator("img:not([src^='data:image/svg+xml;base64,'])").count() == 0
        assert view.locator("iframe, form, object, embed, a:not([href^='#'])").count() == 0


def test_the_first_page_holds_what_a_reader_must_know(chromium: Browser, sample: Path) -> None:
    with chromium.new_context() as context:
        watched = watch(context, sample.absolute().as_uri())
        cover = watched.page.locator("header.cover")
        for words in ("2026-10-01T00:00:00Z", "auditkit ", "What was not read", "What was not evaluated", "no scan was given"):
            expect(cover).to_contain_text(words)
        expect(cover).to_contain_text(bundle.sample_snapshot().id)
        expect(cover.locator("table").last).to_contain_text("dormant_days")
        assert watched.requests == []
        assert watched.complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["printed", "without JavaScript"])
def test_every_finding_is_there(chromium: Browser, sample: Path, script: bool) -> None:
    found = audit(
        bundle.sample_snapshot(), required=bundle.bundled("data/required_permissions.csv"),
        limits=Limits.from_toml(bundle.bundled("data/limits.toml")),
    )  # fmt: skip
    with chromium.new_context(java_script_enabled=script) as context:
        view = context.new_page()
        view.goto(sample.absolute().as_uri())
        if script:
            view.emulate_media(media="print")
        section = view.locator("div.ak-panel", has=view.get_by_text(f"{len(found):,} findings under")).last
        assert section.locator("tbody tr").count() == len(found)


def test_search_finds_a_principal(chromium: Browser, sample: Path) -> None:
    found = audit(bundle.sample_snapshot()).frame
    subject = found.loc[found.rule.eq("PRN003"), "subject_id"].iloc[0]
    with chromium.new_context() as context:
        view = watch(context, sample.absolute().as_uri()).page
        section = view.locator("div.ak-panel", has=view.get_by_text("principals are inactive")).last
        section.get_by_label("Search").fill(subject)
        expect(section.locator("table").last.locator("tbody tr").first).to_contain_text(subject)


def test_headings_are_in_order_and_tables_have_scopes(sample: Path) -> None:
    html = sample.read_text("utf-8")
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(re.findall(r"<th[ >]", html)) == html.count('<th scope="col"')
    assert all(re.findall(r'<img alt="([^"]*)"', html))


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acme().save(tmp_path / "one")
    acme().save(tmp_path / "two")
    first = make_report(tmp_path / "one", out=tmp_path / "first.html").read_bytes()
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert make_report(tmp_path / "two", out=tmp_path / "second.html").read_bytes() == first


def test_what_is_missing_is_on_the_first_page(tmp_path: Path) -> None:
    snapshot = acme(incomplete={"credentials": "403, the key may not read it"})
    html = make_report(snapshot, out=tmp_path / "out.html").read_text("utf-8").partition("</header>")[0]
    assert "credentials was not read whole: 403, the key may not read it" in html
    assert re.search(r"\d+ of 50 rules were evaluated", html)
    assert "no required permissions were given (--required CSV): " in re.sub("</?span[^>]*>", "", html)
    # A reason stands once, with every rule that it kept from judging; whole and in part apart.
    judged = html.partition("What was not evaluated")[2].partition("</ul>")[0]
    assert judged.count("credentials could not be read whole") == 2
    silent = audit(snapshot).not_evaluated
    assert len(silent) > 20
    assert silent.id.map(judged.count).eq(1).all()
    assert "rules, evaluated in part (" in judged
    assert "DAT002" not in judged.partition("evaluated in part")[0].rpartition("<li>")[0]


def test_required_permissions_reach_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text(REQUIRED)
    monkeypatch.chdir(tmp_path)
    html = make_report(acme(), required="mine.csv", as_of="2026-10-02T00:00:00Z", out="out.html").read_text("utf-8")
    assert "3 rows" in html
    assert "2 of 3" in html
    assert "2026-10-02T00:00:00Z" in html


def test_a_folder_that_is_no_snapshot_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"cell 2 of the notebook failed: SnapshotError: .*no such folder") as caught:
        make_report(tmp_path / "none", out=tmp_path / "out.html")
    assert "\n" not in str(caught.value)


def test_an_organisation_with_nothing_in_it_is_reported_and_said_to_have_nothing(tmp_path: Path) -> None:
    empty = build({"organisation": frame("organisation", {"organisation_id": ["org"], "name": ["Acme"]})})
    html = make_report(empty, out=tmp_path / "out.html").read_text("utf-8")
    words = " ".join(re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL).split())
    assert "No critical or high finding in what could be judged (0 findings in all)" in words
    assert "no principal carries lastActiveAt and no credential lastUsedAt: inactivity cannot be told" in words
    assert "principals 6 of 8 rules 0 of 0" in words
    assert not re.search(r"met something that it does not know|Traceback|\bnan\b|\bNaT\b|ZeroDivision", words)
