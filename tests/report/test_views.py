"""What a report is read by: family, control, principal, owner, rule; proof, methods, glossary; links that lead somewhere."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import REQUIRED, acme, hostile
from playwright.sync_api import Browser, expect
from typer.testing import CliRunner

from auditkit.cli import app
from auditkit.errors import ReportError
from auditkit.findings import Findings, audit
from auditkit.report import make_report
from auditkit.report.late import SHORT, short_links
from auditkit.report.proof import in_words
from auditkit.report.sections import with_sections
from auditkit.report.views import NO_ANCHOR, by_control, by_family, by_key, by_rule
from auditkit.rules import RULES
from auditkit.rules.controls import STANDARDS
from auditkit.severity import DTYPE
from auditkit.widgets.desk import open_desk
from auditkit.widgets.methods import FOLLOWS

OWNERS = "kind,id,reviewer\nprincipal,bob,<b>Olga</b>\ngroup,machines,Max\n"


@pytest.fixture(scope="module")
def found() -> Findings:
    return audit(acme())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Acme's report, with owners."""
    folder = tmp_path_factory.mktemp("views")
    (folder / "owners.csv").write_text(OWNERS)
    (folder / "required.csv").write_text(REQUIRED)
    return make_report(
        acme(), required=folder / "required.csv", owners=folder / "owners.csv", out=folder / "report.html"
    )


class TestByFamily:
    def test_counts_and_denominators_are_those_of_the_rules(self, found: Findings) -> None:
        rows = by_family(found).set_index("family")
        rules = found.rules.groupby("family")
        assert rows["count"].to_dict() == rules["count"].sum().to_dict()
        assert rows.population.to_dict() == rules.population.sum().to_dict()
        assert int(rows["count"].sum()) == len(found.frame)

    def test_the_worst_come_first_and_those_without_findings_last(self, found: Findings) -> None:
        families = ["roles", "data", "roles", "organisation", "permissions", "permissions"]
        words = ["low", "high", "low", "high", "high", "critical"]
        some = found.frame.iloc[[0] * 6].reset_index(drop=True)
        some = some.assign(family=families, severity=pd.Categorical(words, dtype=DTYPE), rule="X1")
        told = by_family(replace(found, frame=some)).family.tolist()
        assert told == ["permissions", "data", "organisation", "roles", "credentials", "principals"]

    def test_what_could_not_be_judged_is_told(self) -> None:
        blind = audit(acme(incomplete={"credentials": "403"}))
        row = by_family(blind).set_index("family").loc["credentials"]
        assert row.judged < row.of_rules
        assert row.evaluated.startswith(f"{row.judged} of ")


class TestByControl:
    def test_each_control_that_a_rule_names_has_one_row(self, found: Findings) -> None:
        rows = by_control(found)
        named = {(s, c) for rule in RULES for s, controls in rule.controls.items() for c in controls}
        assert set(zip(rows.standard, rows.control, strict=True)) == named
        assert len(rows) == len(named)
        assert rows.standard.drop_duplicates().tolist() == list(STANDARDS)

    def test_a_control_adds_up_its_rules(self, found: Findings) -> None:
        row = by_control(found).set_index("control").loc["A.5.17"]
        rules = found.rules[found.rules.id.str.startswith("CRD")]
        assert row.rules.split() == rules.id.tolist()
        assert row["count"] == rules["count"].sum()
        assert row.found == f"{rules['count'].sum():,} of {rules.population.sum():,}"

    def test_nothing_found_is_said_only_where_all_was_judged(self, found: Findings) -> None:
        rows = by_control(found)
        clean = rows[rows.result.eq("nothing found")]
        assert (clean.judged == clean.of_rules).all()
        assert (rows[rows.judged.eq(0)].result == "not evaluated").all()
        assert by_control(found).set_index("control").loc["A.5.3"].result == "not evaluated"

    def test_each_rule_leads_to_its_worst_finding_or_nowhere(self, found: Findings) -> None:
        firsts = found.frame.drop_duplicates("rule").set_index("rule").fingerprint
        for rules, anchors in by_control(found)[["rules", "anchors"]].to_numpy().tolist():
            pairs = dict(zip(rules.split(), anchors.split(), strict=True))
            assert pairs == {rule: firsts.get(rule, NO_ANCHOR) for rule in pairs}


class TestByKey:
    FRAME = pd.DataFrame(
        {
            "who": ["b", "b", "a", "c", None, "b"],
            "severity": pd.Categorical(["high", "high", "high", "critical", "critical", "low"], dtype=DTYPE),
            "rule": ["R1", "R1", "R1", "R2", "R2", "R3"],
            "fingerprint": ["f1", "f2", "f3", "f4", "f5", "f6"],
        }
    )

    def test_the_worst_come_first_and_each_rule_is_named_once(self) -> None:
        rows = by_key(self.FRAME, "who")
        assert rows.who.tolist() == ["c", "b", "a"]
        assert rows.severity.astype("str").tolist() == ["critical", "high", "high"]
        assert rows.findings.tolist() == [1, 3, 1]
        assert rows.high.tolist() == [0, 2, 1]
        assert rows.rules.tolist() == ["R2", "R1 R3", "R1"]
        assert rows.anchors.tolist() == ["f4", "f1 f6", "f3"]

    def test_a_cap_keeps_the_worst(self) -> None:
        assert by_key(self.FRAME, "who", most=2).who.tolist() == ["c", "b"]

    def test_no_findings_are_no_rows(self) -> None:
        rows = by_key(self.FRAME.head(0), "who")
        assert rows.empty
        assert list(rows.columns) == list(by_key(self.FRAME, "who").columns)


def test_every_rule_has_its_why_and_its_fix(found: Findings) -> None:
    rows = by_rule(found)
    assert sorted(rows.rule) == [rule.id for rule in RULES]
    assert rows.why.ne("").all()
    assert rows.fix.ne("").all()
    assert rows.family.is_monotonic_increasing


class TestProof:
    def one(self, message: str = "m", **related: object) -> str | float:
        frame = pd.DataFrame(
            {"related": [json.dumps(related)], "subject_id": ["p|q"], "principal_id": ["p"], "message": [message]}
        )
        return str(in_words(frame).fillna("nothing").iloc[0])

    def test_what_the_row_says_already_is_left_out(self) -> None:
        assert self.one(principal_id="p", permission="q", key_id="k") == "key_id: k"
        assert self.one("holds reader", role_name="reader", none=None, empty=[]) == "nothing"

    def test_each_value_is_told_once_and_plainly(self) -> None:
        assert self.one(own=True, share=0.543859649, n=3) == "own: yes; share: 0.544; n: 3"
        assert self.one(detail="x", route="x", ids=["a", "b"]) == "detail: x; ids: a, b"


class TestSections:
    def cells(self, source: str, *, owners: bool) -> list[str]:
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        return [cell.source for cell in with_sections(book, owners=owners).cells]

    def test_only_a_notebook_with_every_finding_gets_them(self) -> None:
        assert self.cells("desk.panel('gaps')", owners=True) == ["desk.panel('gaps')"]
        assert len(self.cells("desk.panel('findings')", owners=True)) == 1 + 2 * 5 + 1

    def test_owners_are_told_apart_only_where_they_were_given(self) -> None:
        assert 'desk.panel("owned")' in self.cells("desk.panel('findings')", owners=True)
        assert 'desk.panel("owned")' not in self.cells("desk.panel('findings')", owners=False)


def test_the_report_has_its_sections(report: Path) -> None:
    html = report.read_text("utf-8")
    for words in ("By family", "By control", "By principal", "By owner", "Methods and sources", "Glossary"):
        assert re.search(rf"<h2 id=[^>]*>{words}", html), words
    for name in ("pandas", "pyarrow"):
        assert f"{name} {version(name)}" in html
    assert f"Python {platform.python_version()}" in html
    assert "Every limit is at its default." in html
    assert "&lt;b&gt;Olga&lt;/b&gt;" in html
    assert "<b>Olga" not in html
    assert set(FOLLOWS) == set(open_desk(acme()).limits.table().name)


def test_every_link_leads_to_a_row_of_the_page(report: Path) -> None:
    html = report.read_text("utf-8")
    ids = set(re.findall(r'<tr id="([0-9a-f]{32})"', html))
    led = set(re.findall(r'<a href="#([0-9a-f]+)"', html))
    assert led
    assert led <= ids


def test_a_link_is_followed(chromium: Browser, report: Path) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(report.as_uri())
        link = page.locator("td.ak-links a").last
        target = str(link.get_attribute("href")).removeprefix("#")
        link.click()
        expect(page.locator(f"[id='{target}']")).to_be_focused()


def test_links_are_as_short_as_the_ids_of_their_rows() -> None:
    name = "0123456789abcdef" * 2
    link = f'<a href="#{name}">R</a>'
    assert short_links(f"<tr\nid={name[:SHORT]}><td>x{link}").endswith(f'<a href="#{name[:SHORT]}">R</a>')
    assert short_links(f'<tr id="{name}"><td>x{link}').endswith(link)
    assert short_links(f"<tr\nid={name}><td>x{link}").endswith(link)


def test_a_notebook_that_does_not_know_owners_is_not_given_them(tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text(OWNERS)
    with pytest.raises(ReportError, match="assigns no OWNERS"):
        make_report(acme(), notebook="why_denied", owners=tmp_path / "owners.csv", out=tmp_path / "out.html")


def test_owners_that_cannot_be_read_are_said_in_one_line(tmp_path: Path) -> None:
    acme().save(tmp_path / "snapshot")
    (tmp_path / "owners.csv").write_text("who,what\n")
    words = [
        "report",
        str(tmp_path / "snapshot"),
        "--owners",
        str(tmp_path / "owners.csv"),
        "--out",
        str(tmp_path / "o.html"),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code != 0
    assert not (tmp_path / "o.html").exists()


@pytest.mark.parametrize("name", ["families", "controls", "flagged", "owned"])
def test_only_a_report_links(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "<a " not in open_desk(hostile(PAYLOADS)).panel(name).static().fragment
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    shown = open_desk(hostile(PAYLOADS)).panel(name).static().fragment
    assert re.findall(r"<a (?!href=\"#[0-9a-f]{32}\">)", shown) == []
