"""The workbook, read back by another library: its sheets, its types, and that no text in it is more than text."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import acme, hostile

from auditkit.findings import Findings, audit
from auditkit.limits import Limits
from auditkit.report import workbook as writer
from auditkit.report.proof import spread
from auditkit.report.workbook import LONGEST_CELL, cell_text, workbook, write_workbook
from auditkit.review.accepted import apply, read_accepted
from auditkit.review.advice import read_owners


@cache
def found(**more: Any) -> Findings:
    return audit(acme(**more), limits=Limits(dormant_days=60, sources={"dormant_days": "IAM standard v3"}))


def opened(findings: Findings) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook(findings)))


def rows(sheet: Any) -> list[dict[str, Any]]:
    head, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def test_a_sheet_a_family_and_those_that_say_how() -> None:
    book = opened(found())
    families = sorted(set(found().frame.family))
    families = [name.capitalize() for name in families]
    assert book.sheetnames == ["Summary", "Findings", *families, "Rules", "Methods", "Not read"]


def test_every_finding_is_there_once_in_order() -> None:
    book, frame = opened(found()), found().frame
    assert [row["fingerprint"] for row in rows(book["Findings"])] == frame.fingerprint.tolist()
    for family, rows_of in frame.groupby("family"):
        told = rows(book[str(family).capitalize()])
        assert [row["fingerprint"] for row in told] == rows_of.fingerprint.tolist()
        assert [row["message"] for row in told] == rows_of.message.tolist()
        assert [row["severity"] for row in told] == rows_of.severity.tolist()


def test_a_column_of_proof_says_something_somewhere() -> None:
    book = opened(found())
    for sheet in map(str.capitalize, set(found().frame.family)):
        told = rows(book[sheet])
        proofs = [name for name in told[0] if name.startswith("proof: ")]
        assert [name for name in proofs if all(row[name] is None for row in told)] == []
    nothing = found().frame.assign(related='{"key_id":null,"name":"","places":[],"why":"so"}')
    (head, *_) = rows(opened(replace(found(), frame=nothing))["Credentials"])
    assert [name for name in head if name.startswith("proof: ")] == ["proof: why"]


def test_each_finding_has_its_owner_where_owners_are_given(tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text("kind,id,reviewer\nprincipal,bob,Olga\n")
    owners = read_owners(tmp_path / "owners.csv")
    book = openpyxl.load_workbook(io.BytesIO(workbook(found(), owners=owners)))
    for name in ("Findings", "Principals"):
        told = rows(book[name])
        assert {row["owner"] for row in told if row["subject id"] == "bob"} == {"Olga"}
        assert {row["owner"] for row in told if row["subject id"] != "bob" and row["subject type"] == "principal"} == {
            None
        }
    assert "owner" not in rows(opened(found())["Findings"])[0]


def test_the_last_day_of_what_is_accepted_is_a_date(tmp_path: Path) -> None:
    (tmp_path / "accepted.toml").write_text(
        '[[accepted]]\nrule = "CRD002"\npattern = "*"\nreason = "the move"\nowner = "Olga"\nuntil = 2026-12-31\n'
    )
    judged = apply(found(), read_accepted(tmp_path / "accepted.toml"), found().as_of)
    book = openpyxl.load_workbook(io.BytesIO(workbook(judged.open, judged.accepted)))
    (row,) = rows(book["Accepted"])
    assert (row["rule"], row["owner"], row["last day"]) == ("CRD002", "Olga", datetime(2026, 12, 31))
    assert book["Accepted"].cell(2, 12).number_format == "yyyy-mm-dd"
    assert "CRD002" not in {row["rule"] for row in rows(book["Findings"])}


def test_heads_are_frozen_and_rows_can_be_filtered() -> None:
    for sheet in opened(found()).worksheets:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions


def test_times_are_dates_numbers_numbers_and_answers_answers() -> None:
    book = opened(found())
    soon = next(row for row in rows(book["Credentials"]) if row["rule"] == "CRD002")
    assert soon["proof: expires at"] == datetime(2026, 10, 11)
    assert soon["proof: key id"] == "k1"
    rule = next(row for row in rows(book["Rules"]) if row["id"] == "CRD002")
    assert (rule["count"], rule["population"], rule["evaluated"]) == (1, 2, True)
    told = {row["what"]: row["value"] for row in rows(book["Summary"])}
    assert told["Judged as of (UTC)"] == datetime(2026, 10, 1)
    assert told["Findings"] == len(found().frame)


def test_rules_say_why_the_fix_and_their_controls() -> None:
    rule = next(row for row in rows(opened(found())["Rules"]) if row["id"] == "CRD002")
    assert rule["why"].startswith("A live credential that stops working")
    assert rule["fix"].startswith("issue a replacement")
    assert "ISO 27001:2022 A.5.17" in rule["controls"]


def test_methods_give_limits_with_defaults_and_sources() -> None:
    told = {row["name"]: row for row in rows(opened(found())["Methods"])}
    dormant = told["dormant_days"]
    assert (dormant["value"], dormant["default"], dormant["source"]) == (60, 90, "IAM standard v3")
    assert (type(dormant["value"]), told["broad_role_share"]["default"]) == (int, 0.5)
    assert (told["administrators"]["value"], told["toxic_pairs"]["value"]) == ("2 to 4", "none")
    assert told["hash of the snapshot"]["value"] == acme().id
    assert told["pull finished (UTC)"]["value"] == datetime(2026, 10, 1)


def test_what_is_missing_has_a_sheet() -> None:
    told = rows(opened(found(incomplete=None))["Not read"])
    assert {row["what"] for row in told} == {"rule"}
    findings = audit(acme(incomplete={"credentials": "403, the key may not read it"}))
    book = opened(findings)
    first, *others = rows(book["Not read"])
    assert first == {"what": "collection", "name": "credentials", "why not": "403, the key may not read it"}
    assert {row["name"] for row in others} == set(findings.not_evaluated.id)
    assert {row["what"]: row["value"] for row in rows(book["Summary"])}["Snapshot complete"].startswith("no")


def test_nothing_missing_is_said_too() -> None:
    whole = found()
    rules = whole.rules.assign(evaluated=True, why_not=None)
    told = rows(
        opened(
            Findings(frame=whole.frame, rules=rules, as_of=whole.as_of, limits=whole.limits, snapshot=whole.snapshot)
        )["Not read"]
    )
    assert [row["what"] for row in told] == ["nothing"]


def test_no_finding_leaves_no_family_and_still_a_workbook() -> None:
    none = found().frame.iloc[:0]
    whole = found()
    book = opened(
        Findings(frame=none, rules=whole.rules, as_of=whole.as_of, limits=whole.limits, snapshot=whole.snapshot)
    )
    assert book.sheetnames == ["Summary", "Rules", "Methods", "Not read"]


@cache
def from_hostile() -> tuple[Findings, bytes]:
    findings = audit(hostile(PAYLOADS))
    return findings, workbook(findings)


def test_hostile_texts_stay_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(from_hostile()[1]))
    kinds = {
        (cell.data_type, bool(cell.hyperlink)) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    }
    assert {kind for kind, _ in kinds} <= {"s", "n", "b", "d"}
    assert not any(linked for _, linked in kinds)
    assert len(book.defined_names) == 0


def test_hostile_texts_are_there_letter_by_letter() -> None:
    book = openpyxl.load_workbook(io.BytesIO(from_hostile()[1]))
    told = {cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    plain = {text for text in PAYLOADS if text.isascii() and text.isprintable()}
    assert len(plain) >= 21
    assert plain <= told


def test_the_file_holds_no_part_that_runs_or_links() -> None:
    with zipfile.ZipFile(io.BytesIO(from_hostile()[1])) as parts:
        names = parts.namelist()
        sheets = [parts.read(name).decode() for name in names if name.startswith("xl/worksheets/")]
        related = [parts.read(name).decode() for name in names if name.endswith(".rels")]
    assert not [name for name in names if "vba" in name.lower() or "external" in name.lower() or "_rels/sheet" in name]
    assert not [text for text in sheets if "<f>" in text or "<hyperlink" in text]
    assert not [text for text in related if 'TargetMode="External"' in text]


def test_what_would_be_obeyed_is_shown() -> None:
    assert cell_text("\x1b[31mred\x07") == "\\x1b[31mred\\x07"
    assert cell_text("a\u202eb\u200bc\x9bd\r") == "a\\u202eb\\u200bc\\x9bd\\x0d"
    assert cell_text("\ud800 \uffff \U000e0041") == "\\ud800 \\uffff \\U000e0041"
    assert cell_text("two\nlines\tand a tab, Zoë \U0001f600") == "two\nlines\tand a tab, Zoë \U0001f600"
    everything = " ".join(
        str(cell.value)
        for sheet in openpyxl.load_workbook(io.BytesIO(from_hostile()[1]))
        for row in sheet.iter_rows()
        for cell in row
    )
    assert not set(everything) & {"\x1b", "\x07", "\u202e", "\u2028"}


def test_a_text_that_looks_like_an_escape_survives() -> None:
    names = ["_x0041_", "_x000D_ and _x001B_", "x_x0041_y"]
    findings = audit(hostile([*names, "d", "e"]))
    book = openpyxl.load_workbook(io.BytesIO(workbook(findings)))
    assert set(names) <= {cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a" * LONGEST_CELL, False),
        ("a" * (LONGEST_CELL + 1), True),
        ("\U0001f600" * (LONGEST_CELL // 2), False),
        ("\U0001f600" * (LONGEST_CELL // 2 + 1), True),
    ],
    ids=["as long as a cell", "longer by one", "as long, of two units each", "longer, of two units each"],
)
def test_a_text_longer_than_a_cell_is_cut_and_says_so(text: str, cut: bool) -> None:
    told = cell_text(text)
    assert len(told.encode("utf-16-le")) <= 2 * LONGEST_CELL
    assert told.endswith("(cut: the cell holds no more)") is cut
    assert (told == text) is not cut


def test_a_cut_text_reaches_its_cell() -> None:
    long = "n" * (LONGEST_CELL + 5)
    told = rows(openpyxl.load_workbook(io.BytesIO(workbook(audit(hostile([long, "b", "c", "d", "e"])))))["Principals"])
    assert any(str(row["subject id"]).endswith("the cell holds no more)") for row in told)


def test_a_family_of_more_rows_than_a_sheet_holds_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    count = int(found().frame.family.eq("principals").sum())
    assert count >= 2
    monkeypatch.setattr(writer, "LONGEST_SHEET", count - 1)
    book = opened(found())
    assert len(rows(book["Principals"])) == count - 1
    assert len(rows(book["Principals 2"])) == 1


def test_the_same_findings_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = workbook(audit(acme()))
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    assert workbook(audit(acme())) == first


def test_a_file_is_written_whole_and_alone(tmp_path: Path) -> None:
    write_workbook(found(), tmp_path / "findings.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["findings.xlsx"]
    assert openpyxl.load_workbook(tmp_path / "findings.xlsx").sheetnames[0] == "Summary"


def test_pandas_reads_it() -> None:
    read = pd.read_excel(io.BytesIO(workbook(found())), sheet_name="Credentials")
    assert read["proof: expires at"].dtype.kind == "M"


class TestProof:
    def column(self, *values: Any) -> pd.Series:
        return spread(pd.Series([json.dumps({"at": value}) for value in values]))["proof: at"]

    def test_times_become_times_and_missing_ones_stay_missing(self) -> None:
        told = self.column("2026-10-01T00:00:00Z", None, "9999-12-31T23:59:59.5Z")
        assert told.tolist()[0] == pd.Timestamp("2026-10-01", tz="UTC")
        assert told.isna().tolist() == [False, True, False]

    @pytest.mark.parametrize(
        "value", ["2026-10-01", "2026-13-01T00:00:00Z", "2026-10-01T00:00:00", "x2026-10-01T00:00:00Z"]
    )
    def test_a_text_that_is_no_time_stays_text(self, value: str) -> None:
        assert self.column("2026-10-01T00:00:00Z", value).tolist() == ["2026-10-01T00:00:00Z", value]

    def test_lists_are_joined_numbers_and_answers_kept(self) -> None:
        assert self.column(["a", "b"], 3, True, 0.5).tolist() == ["a, b", 3, True, 0.5]

    def test_a_field_that_a_proof_lacks_is_missing(self) -> None:
        told = spread(pd.Series(['{"a":"1"}', '{"b":"2"}'], index=[7, 9]))
        assert told.index.tolist() == [7, 9]
        assert told["proof: a"].isna().tolist() == [False, True]

    def test_days_before_excels_calendar_are_written_as_text(self) -> None:
        frame = pd.DataFrame(
            {"at": pd.to_datetime(["1899-12-31T00:00:00Z", "1900-03-01T00:00:00Z", "9999-12-31T23:59:59Z"], utc=True)}
        )
        target = io.BytesIO()
        with writer.xlsxwriter.Workbook(target, writer.SAFE) as book:
            writer._table(book, writer._Styles(book), "x", frame, widths=())
        told = [row["at"] for row in rows(openpyxl.load_workbook(target)["x"])]
        assert told[0] == "1899-12-31T00:00:00+00:00"
        assert told[1:] == [datetime(1900, 3, 1), datetime(9999, 12, 31, 23, 59, 59)]
