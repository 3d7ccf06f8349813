"""What `auditkit report` and `auditkit audit` write for others: from the same findings, whole, and refused in one line."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from browser import CHROMIUM
from hostile import PAYLOADS
from organisations import acme, hostile

from auditkit.cli import run
from auditkit.findings import Findings, audit
from auditkit.findings_text import inert
from auditkit.report import pdf as printer

# What starts a formula for Excel or LibreOffice, also in the full-width forms that East Asian input gives.
LEADS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]


@pytest.fixture
def snapshot(tmp_path: Path) -> str:
    acme().save(tmp_path / "snapshot")
    return str(tmp_path / "snapshot")


@cache
def found() -> Findings:
    return audit(acme())


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on standard error of a call that ends with 2."""
    assert run(list(words)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


def test_workbook_csv_and_markdown_hold_the_same_findings(snapshot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, table, ticket = (tmp_path / name for name in ("findings.xlsx", "findings.csv", "ticket.md"))
    assert run(["report", snapshot, "--xlsx", str(book), "--csv", str(table), "--markdown", str(ticket)]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"wrote {book}\nwrote {table}\nwrote {ticket}\n")
    prints = found().frame.fingerprint.tolist()
    assert pd.read_csv(table).fingerprint.tolist() == prints
    sheets = openpyxl.load_workbook(book)
    cells = {cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row}
    assert set(prints) <= cells
    assert f"{len(prints)} findings under" in ticket.read_text("utf-8")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (book, table, ticket)} == {0o600}


def test_limits_required_and_instant_reach_every_export(snapshot: str, tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text("expiring_days = 5\n")
    (tmp_path / "required.csv").write_text("principal_id,permission\nann,iot:device:write\n")
    table = tmp_path / "findings.csv"
    words = ["--config", str(tmp_path / "limits.toml"), "--required", str(tmp_path / "required.csv"), "--as-of", "2026-10-02"]
    assert run(["report", snapshot, *words, "--csv", str(table), "--markdown", str(tmp_path / "ticket.md")]) == 0
    rules = set(pd.read_csv(table).rule)
    assert "PRM001" in rules
    assert "CRD002" not in rules
    assert "2026-10-02T00:00:00Z" in (tmp_path / "ticket.md").read_text()


def test_page_and_pdf_hold_every_finding(snapshot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", CHROMIUM)
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    assert run(["report", snapshot, "--out", str(page), "--pdf", str(paper)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.pdf", "snapshot"]
    text = subprocess.run(["pdftotext", "-raw", str(paper), "-"], capture_output=True, text=True, check=True).stdout
    assert set(found().frame.fingerprint) <= set(re.findall("[0-9a-f]{32}", text))
    html = page.read_text("utf-8")
    assert all(f"{fingerprint}" in html for fingerprint in found().frame.fingerprint)


def test_a_pdf_alone_leaves_no_page_behind(snapshot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", CHROMIUM)
    assert run(["report", snapshot, "--pdf", str(tmp_path / "report.pdf")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.pdf", "snapshot"]
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_without_a_chromium_a_pdf_is_refused_before_anything_is_written(
    snapshot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    told = refused(capsys, "report", snapshot, "--pdf", str(tmp_path / "x.pdf"), "--csv", str(tmp_path / "x.csv"))
    assert told == "auditkit: --pdf: no Chromium was found; install one, or print the HTML report from any browser\n"
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_a_browser_that_prints_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(printer.ReportError, match="printed nothing and ended with 1"):
        printer.print_pdf(tmp_path / "none.html", tmp_path / "out.pdf", program="false")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_refused_first(snapshot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing to write: give one of --out, --xlsx, --csv, --markdown, --pdf" in refused(capsys, "report", snapshot)
    assert "--xlsx: " in refused(capsys, "report", snapshot, "--xlsx", str(tmp_path))
    assert "there is no folder" in refused(capsys, "report", snapshot, "--csv", str(tmp_path / "none" / "x.csv"))
    same = str(tmp_path / "same")
    assert "both name" in refused(capsys, "report", snapshot, "--csv", same, "--markdown", same)
    bad = tmp_path / "bad.toml"
    bad.write_text("dormant_day = 3\n")
    assert "did you mean 'dormant_days'" in refused(capsys, "report", snapshot, "--config", str(bad), "--csv", same)
    assert not Path(same).exists()


def test_audit_prints_sarif_and_junit(snapshot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", snapshot, "--format", "sarif"]) == 0
    log = json.loads(capsys.readouterr().out)
    assert len(log["runs"][0]["results"]) == len(found().frame)
    assert run(["audit", snapshot, "--format", "junit", "--out", str(tmp_path / "junit.xml"), "--fail-on", "high"]) == 1
    assert capsys.readouterr().out == ""
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().get("tests") == str(len(found().rules))


@pytest.mark.parametrize("format_", ["sarif", "junit"])
def test_hostile_names_reach_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str) -> None:
    hostile(PAYLOADS).save(tmp_path / "snapshot")
    assert run(["audit", str(tmp_path / "snapshot"), "--format", format_]) == 0
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))


def cells(text: str, **how: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), **how))


@cache
def from_hostile() -> Findings:
    return audit(hostile([*PAYLOADS, *(f"{lead}cmd {place}" for place, lead in enumerate(LEADS)), "a;=1+1", 'b";+1', "c;\t@x"]))


def test_no_cell_of_the_csv_starts_like_a_formula() -> None:
    body = cells(from_hostile().to_csv())
    assert len(body) == 1 + len(from_hostile().frame)
    assert not [cell for row in body for cell in row if cell and cell[0] in LEADS]
    for lead in LEADS:
        assert any(cell.startswith(f"'{lead}cmd") for row in body for cell in row), repr(lead)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_no_cell_starts_like_one_for_who_splits_at_another_character(separator: str) -> None:
    """A spreadsheet of another locale splits at semicolons, and minds quotes only at the start of a cell."""
    starts = set(LEADS) - set("\t\r\n")
    odd = []
    for line in re.split("[\r\n]", from_hostile().to_csv()):
        for piece in line.split(separator):
            bare = piece.lstrip(" \"'\t")
            if bare and bare[0] in starts and "'" not in piece[: len(piece) - len(bare)]:
                odd.append(piece)
    assert odd == []


def test_pandas_reads_the_csv_back() -> None:
    frame = from_hostile().frame
    read = pd.read_csv(io.StringIO(from_hostile().to_csv(), newline=""), dtype=str, keep_default_na=False)
    assert read.columns.tolist() == frame.columns.tolist()
    assert read.fingerprint.tolist() == frame.fingerprint.tolist()
    assert read.subject_id.tolist() == inert(frame).subject_id.tolist()
    plain = found().frame
    same = pd.read_csv(io.StringIO(found().to_csv(), newline=""), dtype=str, keep_default_na=False)
    assert same.message.tolist() == plain.message.tolist()


def test_a_harmless_text_is_not_touched() -> None:
    texts = ["a=b", "1-2", "a; b", "x@y.example", " =", "Zoë", "", "a;b=c"]
    assert inert(pd.DataFrame({"text": pd.Series(texts, dtype="str")})).text.tolist() == texts
