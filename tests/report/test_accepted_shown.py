"""Accepted findings in the report and in every export: shown apart with their reason, and in no other count."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from organisations import acme

from auditkit import open_desk
from auditkit.cli import run
from auditkit.findings import audit
from auditkit.widgets.desk import Desk

HEAD = '[[accepted]]\nreason = "until the move [1](x)"\nowner = "Olga"\n'
ONE = f'{HEAD}rule = "ROL008"\npattern = "*"\nuntil = 2030-12-31\n'
OVER = f'{HEAD}rule = "ROL001"\npattern = "*"\nuntil = 2026-01-31\n'
NONE = f'{HEAD}rule = "CRD001"\nsubject = "nobody"\nuntil = 2030-12-31\n'
ATTESTED = '[[attestation]]\nkind = "legacy-token"\nwhat = "held by platform"\nwho = "Mara"\nwhen = 2026-09-01\n'


@cache
def total() -> int:
    return len(audit(acme()).frame)


@cache
def broad() -> int:
    return int(audit(acme()).frame.rule.eq("ROL008").sum())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    acme().save(tmp_path / "snapshot")
    (tmp_path / "accepted.toml").write_text(ONE + OVER + NONE)
    return tmp_path


@pytest.fixture
def desk(folder: Path) -> Desk:
    return open_desk("snapshot")


def test_a_desk_finds_both_files_in_the_folder(folder: Path, desk: Desk) -> None:
    assert "Accepted findings: accepted.toml in this folder." in desk.said
    assert len(desk.findings.frame) == total() - broad()
    assert len(desk.every.frame) == total()
    assert "ORG004" in set(desk.findings.frame.rule)
    (folder / "attestations.toml").write_text(ATTESTED)
    assert "ORG004" not in set(open_desk("snapshot").findings.frame.rule)


def test_nothing_is_accepted_where_nobody_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = open_desk(acme())
    assert len(plain.findings.frame) == total()
    assert "accepted" not in plain.cover().fragment
    assert "state" not in plain.panel("findings").view.shown.columns


def test_the_verdict_counts_the_open_ones_and_says_how_many_are_accepted(desk: Desk) -> None:
    cover = desk.cover("Look beside it").fragment
    assert f"{total() - broad()} findings in all" in cover
    assert f"<p>{broad()} accepted finding, shown apart and not counted here.</p><p>Look beside it.</p>" in cover
    assert "accepted until 2026-01-31, which is over" in cover
    assert "CRD001 nobody matches no finding" in cover
    row = desk.answer().set_index("rule").loc["ROL008"]
    assert row.found.startswith("0 of ")


def test_other_limits_leave_what_is_accepted_apart(desk: Desk) -> None:
    moved = desk.panel("findings")
    moved.move(dormant_days=desk.limits.dormant_days + 1)
    assert f"{broad()} accepted" in moved.view.headline
    assert moved.frame[moved.frame.rule.eq("ROL008")].state.eq("accepted").all()


def test_a_filter_tells_open_from_accepted(desk: Desk) -> None:
    panel = desk.panel("findings")
    assert panel.sift(state="accepted").rule.tolist() == ["ROL008"] * broad()  # type: ignore[attr-defined]
    assert len(panel.sift(state="open")) == total() - broad()  # type: ignore[attr-defined]
    path, count = panel.write("csv")  # type: ignore[attr-defined]
    assert count == total()
    assert pd.read_csv(path).reason.notna().sum() == broad()


def test_every_export_shows_them_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--accepted", "accepted.toml", "--xlsx", "f.xlsx", "--csv", "f.csv", "--markdown", "f.md"]
    assert run(["report", "snapshot", *told]) == 0
    assert "accepted until 2026-01-31, which is over" in capsys.readouterr().err
    table = pd.read_csv(folder / "f.csv")
    assert (len(table), table.reason.notna().sum()) == (total(), broad())
    assert table[table.rule.eq("ROL008")].until.unique().tolist() == ["2030-12-31"]
    ticket = (folder / "f.md").read_text("utf-8")
    assert f"{total() - broad()} findings under" in ticket
    assert f"{broad()} accepted, counted apart" in ticket
    assert "`until the move [1](x)`" in ticket
    book = openpyxl.load_workbook(folder / "f.xlsx")
    rows = list(book["Accepted"].iter_rows(values_only=True))
    assert len(rows) == 1 + broad()
    assert rows[1][-3:] == ("until the move [1](x)", "Olga", datetime(2030, 12, 31))
    assert {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}["Findings"] == total() - broad()


def test_pipelines_are_told_and_do_not_fail_by_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "snapshot", "--accepted", "accepted.toml", "--format", "sarif"]) == 0
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    apart = [one for one in results if "suppressions" in one]
    assert len(results) == total()
    assert [one["ruleId"] for one in apart] == ["ROL008"] * broad()
    assert apart[0]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "until the move [1](x) (Olga, to the end of 2030-12-31)",
        }
    ]
    assert run(["audit", "snapshot", "--accepted", "accepted.toml", "--format", "junit"]) == 0
    suite = ElementTree.fromstring(capsys.readouterr().out)
    cases = {case.get("name", "")[:6]: case for case in suite.iter("testcase")}
    assert cases["ROL008"].find("failure") is None
    assert "accepted by Olga to the end of 2030-12-31" in (cases["ROL008"].findtext("system-out") or "")
    assert cases["ROL001"].find("failure") is not None
    assert sum(case.find("failure") is not None for case in cases.values()) == int(suite.get("failures", ""))


def test_a_page_of_them_has_a_section_and_leads_to_each(folder: Path) -> None:
    words = ["--accepted", "accepted.toml", "--out", "a.html"]
    assert run(["report", "snapshot", *words]) == 0
    page = (folder / "a.html").read_text("utf-8")
    assert re.search(r"<h2[^>]*>Accepted findings</h2>", page)
    assert "until the move [1](x)" in page
    prints = audit(acme()).frame
    (accepted,) = prints[prints.rule.eq("ROL008")].fingerprint
    assert f'id="{accepted}"' in page
    assert f'href="#{accepted}"' in page
    assert run(["report", "snapshot", "--out", "b.html"]) == 0
    assert "Accepted findings" not in (folder / "b.html").read_text("utf-8")
