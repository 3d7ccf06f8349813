"""The findings panel: each filter leaves what it says, ticks outlive pages, a saved filter outlives the kernel."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import acme, hostile

from auditkit.errors import InputError
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.finding_widget import FindingsWidget
from auditkit.widgets.findings import FindingsPanel
from auditkit.widgets.kept import delete_filter, read_filters, save_filter
from auditkit.widgets.proving import detail_html, records
from auditkit.widgets.sift import Choice, sift

OWNERS = "kind,id,reviewer\nprincipal,bob,Olga\ngroup,machines,Mats\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owners.csv").write_text(OWNERS)
    return open_desk(acme())


@pytest.fixture
def panel(desk: Desk) -> FindingsPanel:
    found = desk.panel("findings")
    assert isinstance(found, FindingsPanel)
    return found


@pytest.mark.parametrize(
    ("choice", "rules"),
    [
        ({"severity": "high"}, {"ROL001", "ROL008"}),
        ({"severity": "low and worse"}, {"ROL001", "ROL008", "CRD002", "ORG003", "ORG004", "PRN003", "PRN006"}),
        ({"rule": "PRN003"}, {"PRN003"}),
        ({"family": "credentials"}, {"CRD002"}),
        ({"control": "SOC 2: CC6.3"}, {"ROL001", "ROL008", "ORG003"}),
        ({"owner": "Olga"}, {"PRN003", "PRN006"}),
        ({"owner": "Mats"}, {"ROL001", "ROL008", "CRD002"}),
        ({"principal": "BO"}, {"PRN003", "PRN006"}),
        ({"text": "expires 2026-10-11"}, {"CRD002"}),
        ({"text": ".*"}, set()),
        ({"control": "no such control"}, set()),
    ],
    # A set's own order differs from one test worker to the next.
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_a_filter_leaves_what_it_says(panel: FindingsPanel, choice: dict[str, str], rules: set[str]) -> None:
    assert set(panel.sift(**choice).rule) == rules


def test_filters_together_leave_what_each_leaves(panel: FindingsPanel) -> None:
    assert panel.sift(owner="Olga", rule="PRN003").subject_id.tolist() == ["bob"]
    assert panel.sift(owner="Mats", rule="PRN003").empty


def test_a_choice_survives_being_written_down() -> None:
    choice = Choice(severity="high and worse", text="a b", sort="-rule")
    assert Choice.of({**choice.texts(), "unknown": "x"}) == choice
    assert Choice().texts() == {}


@pytest.mark.parametrize("sort", ["", "rule", "-rule", "severity", "no such column"])
def test_sorting_loses_no_row(panel: FindingsPanel, sort: str) -> None:
    rows = sift(panel.frame, Choice(sort=sort))
    assert sorted(rows.fingerprint) == sorted(panel.frame.fingerprint)


def test_ticks_are_the_selection_whatever_the_filter(panel: FindingsPanel) -> None:
    widget = FindingsWidget(panel)
    widget.grid._lines[0].tick.value = True
    first = panel.frame.fingerprint.iloc[0]
    widget.fields["rule"].value = "PRN003"
    widget.grid._lines[0].tick.value = True
    widget.fields["rule"].value = "all"
    assert set(panel.selected.fingerprint) == {first, panel.sift(rule="PRN003").fingerprint.iloc[0]}
    widget.grid._lines[0].tick.value = False
    assert panel.selected.rule.tolist() == ["PRN003"]


def test_a_press_of_a_rule_shows_the_records_that_prove_it(panel: FindingsPanel) -> None:
    widget = FindingsWidget(panel)
    widget.fields["rule"].value = "CRD002"
    widget.grid._lines[0].open.click()
    shown = widget.detail.value
    for words in ("Why it matters", "What to do", "ISO 27001:2022: A.5.17", "Credentials: c1", "2026-10-11T00:00:00Z"):
        assert words in shown


def test_a_finding_is_proved_by_the_fields_it_names(desk: Desk) -> None:
    row = desk.findings.frame.query("rule == 'CRD002'").astype("object").iloc[0].to_dict()
    found, more = records(row, desk.tables)
    assert [(one.table, one.key) for one in found] == [("credentials", "c1"), ("principals", "gateway")]
    looked = found[0].fields.query("looked_at == 'yes'").field.tolist()
    assert looked == ["credential_id", "key_id", "principal_id", "expires_at"]
    assert more == 0


def test_every_finding_of_a_hostile_organisation_is_shown_inert() -> None:
    desk = open_desk(hostile(PAYLOADS))
    for row in desk.findings.frame.drop_duplicates("rule").astype("object").to_dict("records"):
        html = detail_html(row, desk.tables)
        assert not [mark for mark in ("<img", "<script", "<iframe", "<svg", "<a ") if mark in html]


def test_nothing_left_says_so_and_shows_no_stale_detail(panel: FindingsPanel) -> None:
    widget = FindingsWidget(panel)
    widget.fields["text"].value = "nothing like it"
    assert f"0 of {len(panel.frame)} findings: nothing found" in widget.head.value
    assert "No finding is left" in widget.detail.value


def test_a_saved_filter_is_there_for_the_next_kernel(panel: FindingsPanel, desk: Desk) -> None:
    widget = FindingsWidget(panel)
    widget.fields["severity"].value = "high and worse"
    widget.name.value = "mine"
    widget._save(None)
    again = FindingsWidget(open_desk(acme()).panel("findings"))  # type: ignore[arg-type]
    again.saved.value = "mine"
    assert again.fields["severity"].value == "high and worse"
    assert set(again.panel.left.severity) == {"high"}
    again._clear(None)
    assert again.panel.choice == Choice()
    again.saved.value = "mine"
    again._delete(None)
    assert read_filters(desk.folder) == {}


def test_a_saved_filter_of_what_is_gone_stays_what_it_was(panel: FindingsPanel, desk: Desk) -> None:
    save_filter(desk.folder, "leaks", {"rule": "CRD009"})
    widget = FindingsWidget(panel)
    widget.saved.value = "leaks"
    assert widget.fields["rule"].value == "CRD009"
    assert "nothing found" in widget.head.value


def test_what_is_selected_is_told_with_how_programs_read_it(panel: FindingsPanel) -> None:
    widget = FindingsWidget(panel)
    widget._tick({panel.frame.fingerprint.iloc[0]})
    assert "1 selected: <code>panel.selected</code> has them" in widget.told.box.value


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[]",
        "[" * 20_000,
        '{"filters": {}}',
        '{"schema": 1}',
        '{"schema": 1, "filters": 3}',
        '{"schema": 1, "filters": {"a": 1}}',
    ],
)
def test_a_broken_file_of_filters_is_said_where_the_panel_stands(panel: FindingsPanel, desk: Desk, broken: str) -> None:
    (desk.folder / ".auditkit").mkdir()
    (desk.folder / ".auditkit" / "filters.json").write_text(broken)
    widget = FindingsWidget(panel)
    assert "delete it to start anew" in widget.told.box.value or "selected" in widget.told.box.value
    widget.name.value = "mine"
    widget.box.children[2].children[2].click()
    assert "delete it to start anew" in widget.told.box.value
    with pytest.raises(InputError, match="delete it"):
        read_filters(desk.folder)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"schema": 2, "filters": {"mine": {"text": "x"}}},
            "is of schema 2, and this auditkit reads schema 1: update auditkit, or",
        ),
        (
            {"schema": 2, "sets": [{"name": "mine"}]},
            "is of schema 2, and this auditkit reads schema 1: update auditkit, or",
        ),
        (
            {"schema": 0, "filters": {"mine": {"text": "x"}}},
            "is of schema 0, and this auditkit reads schema 1: move the file",
        ),
        ({"schema": "a", "filters": {}}, "is of schema 'a', and this auditkit reads schema 1: move the file"),
    ],
)
def test_filters_of_another_schema_are_refused_and_kept(
    panel: FindingsPanel, desk: Desk, told: dict[str, object], said: str
) -> None:
    path = desk.folder / ".auditkit" / "filters.json"
    path.parent.mkdir()
    path.write_text(json.dumps(told))
    with pytest.raises(
        InputError, match=r"move the file elsewhere to start anew; nothing in it was changed"
    ) as refused:
        read_filters(desk.folder)
    assert said in str(refused.value)
    widget = FindingsWidget(panel)
    widget.name.value = "mine"
    widget.box.children[2].children[2].click()
    assert "move the file elsewhere" in widget.told.box.value
    for act in (lambda: save_filter(desk.folder, "other", {"text": "y"}), lambda: delete_filter(desk.folder, "mine")):
        with pytest.raises(InputError):
            act()
    assert path.read_text() == json.dumps(told)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_filter_needs_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="needs a name"):
        save_filter(tmp_path, name, {})
    assert not (tmp_path / ".auditkit").exists()


def test_filters_are_written_whole_and_forgotten_one_by_one(tmp_path: Path) -> None:
    save_filter(tmp_path, "a", {"rule": "X"})
    save_filter(tmp_path, "b", {"text": "\u202e<b>"})
    delete_filter(tmp_path, "a")
    delete_filter(tmp_path, "never there")
    assert read_filters(tmp_path) == {"b": {"text": "\u202e<b>"}}
    assert [path.name for path in (tmp_path / ".auditkit").iterdir()] == ["filters.json"]
    assert json.loads((tmp_path / ".auditkit" / "filters.json").read_text())["schema"] == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_selected_rows_are_written_and_nothing_is_overwritten(panel: FindingsPanel, desk: Desk, kind: str) -> None:
    (desk.folder / f"findings-2026-10-01.{kind}").write_text("an analyst's notes")
    panel.ticked = frozenset(panel.sift(rule="CRD002").fingerprint)
    path, count = panel.write(kind)
    assert (path.name, count) == (f"findings-2026-10-01-2.{kind}", 1)
    if kind == "csv":
        assert pd.read_csv(path).subject_id.tolist() == ["c1"]
    else:
        assert pd.read_excel(path, sheet_name="Credentials").iloc[:, 4].tolist() == ["c1"]


def test_without_a_selection_what_the_filters_leave_is_written(panel: FindingsPanel) -> None:
    assert panel.write("csv")[1] == len(panel.frame)
    panel.choice = Choice(text="nothing like it")
    assert panel.write("csv")[1] == 0


def test_without_owners_the_filter_is_off_and_says_what_would_turn_it_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    field = FindingsWidget(open_desk(acme()).panel("findings")).fields["owner"]  # type: ignore[arg-type]
    assert field.disabled
    assert "owners.csv" in field.tooltip
