"""Decisions by spreadsheet: handed out, filled in, collected; nothing half taken, nothing taken twice."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from companies import PEOPLE, Q4, at, audited, company
from hostile import PAYLOADS

from auditkit.review.campaign import Campaign, open_campaign, start
from auditkit.review.collect import Collected, collect
from auditkit.review.handout import ASKED, OPEN, hand_out
from auditkit.review.handout_sheets import CHOICES

OWNERS = pd.DataFrame(
    {"kind": ["principal", "group", "role"], "id": ["gate", "ops", "reader"], "reviewer": ["Gil Ö.", "olga", "olga"]},
    dtype="str",
)
HEAD = (*ASKED, *OPEN)
TITLES = (*ASKED.values(), *OPEN.values())
DECISION, TARGET, REASON = (HEAD.index(name) + 1 for name in OPEN)
Edit = Callable[[openpyxl.Workbook], None]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that nobody has decided in."""
    tables, findings = audited(company())
    out = tmp_path_factory.mktemp("begun") / "q3"
    return start(tables, findings, name="2026-Q3", out=out, started_at=at(Q4), owners=OWNERS).folder


@pytest.fixture
def campaign(begun: Path, tmp_path: Path) -> Campaign:
    """A copy of it for one test alone."""
    return open_campaign(shutil.copytree(begun, tmp_path / "q3"))


def edited(data: bytes, edit: Edit) -> bytes:
    """A workbook opened, changed and saved, as a reviewer's spreadsheet program does."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def row_of(book: openpyxl.Workbook, item: str) -> int:
    return next(
        number for number, (cell,) in enumerate(book["Decisions"].iter_rows(max_col=1), 1) if cell.value == item
    )


def deciding(item: str, action: str, reason: str = "", target: str = "") -> Edit:
    def edit(book: openpyxl.Workbook) -> None:
        sheet, row = book["Decisions"], row_of(book, item)
        for column, value in ((DECISION, action), (REASON, reason), (TARGET, target)):
            sheet.cell(row, column).value = value

    return edit


def setting(item: str, column: str, value: str) -> Edit:
    def edit(book: openpyxl.Workbook) -> None:
        book["Decisions"].cell(row_of(book, item), HEAD.index(column) + 1).value = value

    return edit


def of_gil(campaign: Campaign) -> bytes:
    return hand_out(campaign)["02-gil.xlsx"]


def taken(campaign: Campaign, *files: bytes) -> Collected:
    found = collect(campaign, {f"{number}.xlsx": data for number, data in enumerate(files)}, at=Q4, account="gil@desk")
    with campaign.decisions() as store:
        store.append(found.entries)
    return found


def count(campaign: Campaign) -> int:
    with campaign.decisions() as store:
        return len(store.entries())


def test_one_workbook_a_reviewer_and_one_for_what_nobody_owns(campaign: Campaign) -> None:
    assert list(hand_out(campaign)) == ["01-without-reviewer.xlsx", "02-gil.xlsx", "03-olga.xlsx"]
    every = [
        row[0]
        for data in hand_out(campaign).values()
        for row in openpyxl.load_workbook(io.BytesIO(data))["Decisions"].iter_rows(min_row=2, values_only=True)
    ]
    assert sorted(every) == campaign.items["item"].tolist()


def test_the_same_campaign_makes_the_same_bytes(campaign: Campaign) -> None:
    assert hand_out(campaign) == hand_out(campaign)


def test_drop_downs_locked_columns_and_instructions(campaign: Campaign) -> None:
    book = openpyxl.load_workbook(io.BytesIO(of_gil(campaign)))
    sheet = book["Decisions"]
    assert tuple(cell.value for cell in sheet[1]) == TITLES
    assert sheet.protection.sheet
    locked = [sheet.cell(2, column).protection.locked for column in range(1, len(HEAD) + 1)]
    assert locked == [True] * len(ASKED) + [False] * len(OPEN)
    choice, roles = sheet.data_validations.dataValidation
    assert choice.formula1 == '"' + ",".join(CHOICES) + '"'
    assert (roles.formula1, roles.showErrorMessage) == ("Roles!$A$2:$A$3", False)
    assert [cell.value for cell in book["Roles"]["A"]] == ["Role", "Administrator (admin)", "Reader (reader)"]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.orientation) == ("C2", "$1:$1", "landscape")
    assert sheet.page_setup.fitToHeight == 0
    assert book["Campaign"].sheet_state == "hidden"
    assert book["Read me"]["A1"].value == "Access review 2026-Q3: 4 decisions"


def test_each_line_says_whose_it_is_and_those_of_one_stand_together(campaign: Campaign) -> None:
    book = openpyxl.load_workbook(io.BytesIO(hand_out(campaign)["03-olga.xlsx"]))
    whose = [row[1].value for row in book["Decisions"].iter_rows(min_row=2)]
    assert whose == ["Ann (ann)", "Ann (ann)", "Hooks (hooks)", "On call (ops)", "On call (ops)"]
    assert {
        row[1].value for row in openpyxl.load_workbook(io.BytesIO(of_gil(campaign)))["Decisions"].iter_rows(min_row=2)
    } == {"Gateway 7 (gate)"}


def test_what_nobody_owns_needs_a_name(campaign: Campaign) -> None:
    data = hand_out(campaign)["01-without-reviewer.xlsx"]
    nameless = edited(data, deciding("principal:hooks", "remove"))
    assert taken(campaign, nameless).problems == (
        "0.xlsx: nobody is named; write who decides into the cell B4 of the sheet Read me",
    )
    assert count(campaign) == 0

    def named(book: openpyxl.Workbook) -> None:
        deciding("principal:hooks", "remove")(book)
        assert not book["Read me"]["B4"].protection.locked
        book["Read me"]["B4"].value = " Olga "

    (entry,) = taken(campaign, edited(data, named)).entries
    assert entry.reviewer == "Olga"


def test_what_is_handed_on_is_in_the_workbook_of_whom_it_was_handed_on_to(campaign: Campaign) -> None:
    taken(campaign, edited(of_gil(campaign), deciding("credential:c1", "delegate", "not my gateway", "olga")))
    files = {name: openpyxl.load_workbook(io.BytesIO(data))["Decisions"] for name, data in hand_out(campaign).items()}
    items = {name: [row[0].value for row in sheet.iter_rows(min_row=2)] for name, sheet in files.items()}
    assert "credential:c1" in items["03-olga.xlsx"]
    assert "credential:c1" not in items["02-gil.xlsx"]
    row = next(row for row in files["03-olga.xlsx"].iter_rows() if row[0].value == "credential:c1")
    assert row[HEAD.index("note")].value == "handed on by Gil Ö.: not my gateway"
    assert row[DECISION - 1].value in (None, "")
    data = edited(hand_out(campaign)["03-olga.xlsx"], deciding("credential:c1", "remove"))
    assert taken(campaign, data).problems == ()
    standing = campaign.standing().set_index("item")
    assert (
        standing.action["credential:c1"],
        standing.decided_by["credential:c1"],
        standing.conflict["credential:c1"],
    ) == ("remove", "olga", False)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Keep", "keep"), (" REMOVE ", "remove"), ("Not  Mine", "not mine"), ("not mine ", "not mine")],
)
def test_a_decision_is_read_however_it_is_written(campaign: Campaign, written: str, kept: str) -> None:
    (entry,) = taken(campaign, edited(of_gil(campaign), deciding("credential:c1", written, "it is needed"))).entries
    assert entry.action == kept


def test_a_copied_row_is_told_with_both_its_lines_and_no_line_is_told_twice(campaign: Campaign) -> None:
    def copied(book: openpyxl.Workbook) -> None:
        sheet = book["Decisions"]
        deciding("credential:c1", "perhaps")(book)
        sheet.append([cell.value for cell in sheet[row_of(book, "credential:c1")]])

    problems = taken(campaign, edited(of_gil(campaign), copied)).problems
    assert len(problems) == 2
    assert "credential:c1 is there twice, in line" in problems[1]


def test_handed_out_and_collected_unedited_changes_nothing(campaign: Campaign) -> None:
    found = taken(campaign, *hand_out(campaign).values())
    assert (found.entries, found.problems, found.told) == ((), (), ())
    assert count(campaign) == 0


def test_unedited_changes_nothing_after_decisions_were_made_either(campaign: Campaign) -> None:
    taken(campaign, edited(of_gil(campaign), deciding("credential:c1", "keep", "the gateway needs it")))
    found = taken(campaign, *hand_out(campaign).values())
    assert (found.entries, found.problems) == ((), ())
    assert count(campaign) == 1


def test_decisions_are_taken_with_who_why_and_from_where(campaign: Campaign) -> None:
    data = edited(of_gil(campaign), deciding("assignment:a2", " Change", " too broad ", "Administrator (admin) "))
    (entry,) = taken(campaign, data).entries
    assert (entry.item, entry.action, entry.target, entry.reason) == ("assignment:a2", "change", "admin", "too broad")
    assert (entry.reviewer, entry.account, entry.at) == ("Gil Ö.", "gil@desk", Q4)
    assert entry.content == campaign.items.set_index("item").content["assignment:a2"]


def test_a_second_collect_of_the_same_file_changes_nothing(campaign: Campaign) -> None:
    data = edited(of_gil(campaign), deciding("credential:c1", "remove"))
    assert len(taken(campaign, data).entries) == 1
    assert taken(campaign, data).entries == ()
    assert count(campaign) == 1


def test_an_old_file_collected_again_does_not_bring_an_old_decision_back(campaign: Campaign) -> None:
    first = edited(of_gil(campaign), deciding("credential:c1", "remove"))
    second = edited(of_gil(campaign), deciding("credential:c1", "rotate"))
    for data in (first, second, first):
        taken(campaign, data)
    assert campaign.standing().set_index("item").action["credential:c1"] == "rotate"
    assert count(campaign) == 2


def test_the_same_file_twice_in_one_call(campaign: Campaign) -> None:
    data = edited(of_gil(campaign), deciding("credential:c1", "remove"))
    assert len(taken(campaign, data, data).entries) == 1
    assert count(campaign) == 1


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (setting("credential:c1", "item", "credential:c9"), "'credential:c9' is no item of this campaign"),
        (setting("credential:c1", "item", "credential:c2"), "credential:c2 is there twice"),
        (setting("credential:c1", "item", ""), "'' is no item"),
        (setting("credential:c1", "says", "Credential spare"), "the column 'What it is' was changed"),
        (setting("credential:c1", "recommendation", "keep"), "the column 'Recommended' was changed"),
        (deciding("credential:c1", "perhaps"), "no decision is called 'perhaps'"),
        (deciding("credential:c1", "keep"), "a reason is needed"),
        (deciding("assignment:a2", "change", "why"), "'change' needs the role"),
        (deciding("assignment:a2", "change", "why", "viewer"), "there is no role 'viewer'"),
        (deciding("credential:c1", "change", "why", "admin"), "'change' is for assignment and grant items"),
        (deciding("credential:c1", "kep"), "no decision is called 'kep', did you mean 'keep'?"),
        (setting("credential:c1", "item", "credential:c9"), "was its item changed, or the row added"),
        (
            setting("credential:c1", "item", "assignment:a1"),
            "assignment:a1 was not handed out in this workbook (it is asked of olga)",
        ),
        (setting("credential:c1", "whose", "Gateway 8"), "the column 'Whose it is' was changed"),
        (deciding("credential:c1", "delegate", "why"), "'delegate' needs the person"),
        (deciding("credential:c1", "remove", "it was ik_abc.secretpart"), "the reason holds an API key"),
        (setting("credential:c1", "reason", "a reason and no decision"), "a reason or target without a decision"),
    ],
)
def test_a_wrong_line_is_told_and_nothing_of_the_file_is_taken(campaign: Campaign, edit: Edit, says: str) -> None:
    both = edited(edited(of_gil(campaign), deciding("credential:c2", "remove")), edit)
    found = taken(campaign, both)
    assert found.entries == ()
    assert any(says in problem for problem in found.problems), found.problems
    assert all(problem.startswith("0.xlsx, line ") for problem in found.problems)
    assert not any("secretpart" in problem for problem in found.problems)
    assert count(campaign) == 0


def test_one_bad_file_keeps_out_the_good_ones(campaign: Campaign) -> None:
    good = edited(of_gil(campaign), deciding("credential:c1", "remove"))
    assert taken(campaign, good, b"PK\x03\x04 no workbook").entries == ()
    assert count(campaign) == 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (lambda campaign: b"no workbook at all", "is no workbook of a review"),
        (lambda campaign: b"", "is no workbook of a review"),
        (lambda campaign: edited(of_gil(campaign), lambda book: book.remove(book["Campaign"])), "is no workbook"),
        (
            lambda campaign: edited(of_gil(campaign), lambda book: book["Decisions"].delete_cols(2)),
            "columns were moved",
        ),
        (lambda campaign: of_gil(campaign)[: len(of_gil(campaign)) // 2], "is no workbook of a review"),
    ],
)
def test_a_file_that_is_no_workbook_of_this_review(
    campaign: Campaign, data: Callable[[Campaign], bytes], says: str
) -> None:
    (problem,) = taken(campaign, data(campaign)).problems
    assert problem.startswith("0.xlsx: ")
    assert says in problem


def test_a_workbook_of_another_campaign(campaign: Campaign, tmp_path: Path) -> None:
    tables, findings = audited(company(principals=PEOPLE | {"display_name": ["Ann", "Gateway 8", "Hooks", "On call"]}))
    other = start(tables, findings, name="2026-Q4", out=tmp_path / "q4", started_at=at(Q4), owners=OWNERS)
    (problem,) = taken(campaign, of_gil(other)).problems
    assert "another campaign ('2026-Q4')" in problem


def test_lines_left_out_leave_what_was_decided(campaign: Campaign) -> None:
    taken(campaign, edited(of_gil(campaign), deciding("credential:c1", "remove")))
    shorter = edited(of_gil(campaign), lambda book: book["Decisions"].delete_rows(2, 3))
    found = taken(campaign, shorter)
    assert found.problems == ()
    assert found.told == ("0.xlsx: 3 lines that were handed out in it are gone, and decided nothing",)
    assert found.empty == 1
    assert campaign.standing().set_index("item").action["credential:c1"] == "remove"


def test_two_reviewers_who_disagree_are_told_and_both_are_kept(campaign: Campaign) -> None:
    def for_olga(book: openpyxl.Workbook) -> None:
        deciding("credential:c1", "rotate")(book)
        stamp = book["Campaign"]
        next(row for row in stamp.iter_rows() if row[0].value == "reviewer")[1].value = "olga"

    found = taken(
        campaign,
        edited(of_gil(campaign), deciding("credential:c1", "remove")),
        edited(of_gil(campaign), for_olga),
    )
    assert found.problems == ()
    (told,) = found.told
    assert told.startswith(
        "credential:c1, Credential main (k1), without an end date, of Gateway 7 (gate): reviewers disagree: "
    )
    assert "Gil Ö. says remove, olga says rotate" in told
    assert campaign.standing().set_index("item").conflict["credential:c1"]
    assert count(campaign) == 2


def test_what_stands_from_another_reviewer_is_not_taken_as_this_ones(campaign: Campaign) -> None:
    """A workbook shows what stands decided; sent back untouched by somebody else, it decides nothing."""

    def for_olga(book: openpyxl.Workbook) -> None:
        next(row for row in book["Campaign"].iter_rows() if row[0].value == "reviewer")[1].value = "olga"

    taken(campaign, edited(of_gil(campaign), deciding("credential:c1", "remove")))
    assert taken(campaign, edited(of_gil(campaign), for_olga)).entries == ()


@pytest.mark.parametrize("text", PAYLOADS)
def test_hostile_names_stay_text_both_ways(tmp_path: Path, text: str) -> None:
    hostile = company(principals=PEOPLE | {"display_name": [text, f"={text}", f"+{text}", f"@{text}"]})
    tables, findings = audited(hostile)
    campaign = start(tables, findings, name=f"={text}", out=tmp_path / "q", started_at=at(Q4), owners=OWNERS)
    files = hand_out(campaign)
    for data in files.values():
        for sheet in openpyxl.load_workbook(io.BytesIO(data)):
            kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
            assert kinds <= {"s"}
            assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    resaved = {name: edited(data, lambda book: None) for name, data in files.items()}
    found = collect(campaign, files | resaved, at=Q4)
    assert (found.entries, found.problems) == ((), ())


def test_a_formula_typed_as_a_reason_is_kept_as_its_text_or_refused(campaign: Campaign) -> None:
    data = edited(of_gil(campaign), deciding("credential:c1", "remove", '=HYPERLINK("https://x.invalid","x")'))
    found = taken(campaign, data)
    assert [entry.reason for entry in found.entries] in ([""], ['=HYPERLINK("https://x.invalid","x")'])


def test_a_workbook_that_repeats_a_decision_without_its_reason_takes_none_away(campaign: Campaign) -> None:
    book = of_gil(campaign)
    assert len(taken(campaign, edited(book, deciding("credential:c1", "remove", "no use"))).entries) == 1
    assert taken(campaign, edited(book, deciding("credential:c1", "remove"))).entries == ()
    assert campaign.standing().set_index("item").reason["credential:c1"] == "no use"
    # Another reason, or another decision, is one more.
    assert len(taken(campaign, edited(book, deciding("credential:c1", "remove", "asked Mara"))).entries) == 1
    assert len(taken(campaign, edited(book, deciding("credential:c1", "rotate"))).entries) == 1


def test_what_is_only_recommended_is_told_how_it_is_decided(campaign: Campaign) -> None:
    found = taken(campaign, edited(of_gil(campaign), deciding("credential:c1", "shorten")))
    assert len(found.problems) == 1
    assert "'shorten' is a recommendation, no decision: decide 'rotate'" in found.problems[0]
    assert found.entries == ()
