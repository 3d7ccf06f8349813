"""A panel of a snapshot that is no longer looked at says so and does nothing; and what may wait waits, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from organisations import AS_OF, REQUIRED, acme

from auditkit.errors import SnapshotError
from auditkit.snapshot import Snapshot
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.finding_widget import FindingsWidget
from auditkit.widgets.findings import FindingsPanel
from auditkit.widgets.hold import Hold
from auditkit.widgets.kept import read_filters
from auditkit.widgets.later import Later


def other() -> Snapshot:
    return acme(origin="another pull")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "required_permissions.csv").write_text(REQUIRED)
    acme().save(tmp_path / "snapshot")
    return open_desk("snapshot")


def another_is_opened() -> None:
    open_desk(other())


def the_folder_is_pulled_anew() -> None:
    other().save("snapshot")


def the_folder_is_moved_and_another_put_there() -> None:
    Path("snapshot").rename("kept")
    other().save("snapshot")


CHANGES = (another_is_opened, the_folder_is_pulled_anew, the_folder_is_moved_and_another_put_there)


@pytest.mark.parametrize("change", CHANGES)
def test_a_slider_of_an_earlier_snapshot_judges_nothing(desk: Desk, change: Callable[[], None]) -> None:
    panel = desk.panel("inactive")
    box = panel.widget()
    slider, told, head = box.children[0], box.children[2], box.children[3]
    before = head.value
    change()
    slider.value = 500
    assert f"belongs to snapshot {desk.snapshot.id}" in told.value
    assert "run the first cell and this panel" in told.value
    assert head.value == before
    assert panel.limits == desk.limits


@pytest.mark.parametrize("change", CHANGES)
def test_findings_of_an_earlier_snapshot_are_not_filtered_ticked_saved_or_written(
    desk: Desk, change: Callable[[], None]
) -> None:
    panel = desk.panel("findings")
    assert isinstance(panel, FindingsPanel)
    widget = FindingsWidget(panel)
    shown = widget.detail.value
    change()
    widget.fields["severity"].value = "high"
    widget.name.value = "mine"
    buttons = {each.description: each for each in _buttons(widget.box)}
    for label in ("Save filter", "Select all found", "Write CSV", "Write Excel", "PRN003"):
        widget.told.say("")
        buttons[label].click()
        assert f"belongs to snapshot {desk.snapshot.id}" in widget.told.box.value, label
    assert panel.choice.severity == ""
    assert panel.ticked == frozenset()
    assert read_filters(desk.folder) == {}
    assert not list(desk.folder.glob("findings-*"))
    assert widget.detail.value == shown


def test_limits_a_calendar_a_matrix_and_a_principal_of_an_earlier_snapshot_stay(desk: Desk) -> None:
    panels = {name: desk.panel(name) for name in ("thresholds", "calendar", "matrix", "principal")}
    boxes = {name: panel.widget() for name, panel in panels.items()}
    which = boxes["principal"].children[0].children[1]
    another_is_opened()
    acts = {
        "thresholds": next(each for each in _buttons(boxes["thresholds"]) if each.description == "Apply").click,
        "calendar": next(each for each in _buttons(boxes["calendar"]) if "ics" in each.description).click,
        "matrix": next(each for each in _buttons(boxes["matrix"]) if "AUZ2" in each.description).click,
        "principal": lambda: setattr(which, "value", which.options[-1][1]),
    }
    for name, act in acts.items():
        act()
        assert f"belongs to snapshot {desk.snapshot.id}" in "".join(_told(boxes[name])), name
    assert not list(desk.folder.glob("*.ics"))


def test_the_same_snapshot_opened_again_keeps_every_panel(desk: Desk) -> None:
    panel = desk.panel("inactive")
    box = panel.widget()
    for again in (acme(), "snapshot", Path("snapshot")):
        open_desk(again, as_of=AS_OF)
    acme().save("snapshot")  # a pull that finds the same writes the same
    box.children[0].value = 500
    assert panel.limits.dormant_days == 500
    assert "belongs to" not in box.children[2].value


def test_a_folder_that_is_gone_took_no_panel_along(desk: Desk) -> None:
    Path("snapshot").rename("elsewhere")
    panel = desk.panel("inactive")
    panel.widget().children[0].value = 500
    assert panel.limits.dormant_days == 500


def test_a_call_names_its_desk_and_answers(desk: Desk) -> None:
    another_is_opened()
    assert len(desk.inactive(dormant_days=500)) < len(desk.inactive())


def test_a_hold_looks_for_its_folder_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    acme().save("snapshot")
    hold = Hold(acme().id, Path("snapshot"))
    monkeypatch.chdir("/")
    hold.check()
    other().save(tmp_path / "snapshot")
    with pytest.raises(SnapshotError, match=f"folder snapshot holds {other().id} by now"):
        hold.check()


def test_a_figure_is_drawn_once_when_a_slider_rests(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.widgets.later.REST_SECONDS", 0.02)
    panel = desk.panel("inactive")
    box = panel.widget()
    slider, head, picture = box.children[0], box.children[3], box.children[4]
    drawn: list[str] = []
    picture.observe(lambda change: drawn.append(change["new"]), "value")

    async def drag() -> str:
        for days in (100, 200, 500):
            slider.value = days
        told = str(head.value)
        assert drawn == []
        await asyncio.sleep(0.5)
        return told

    before = head.value
    assert asyncio.run(drag()) != before  # the rows did not wait
    assert len(drawn) == 1
    assert "500 days" in drawn[0]


def test_what_may_wait_is_done_at_once_where_nothing_else_runs() -> None:
    done: list[int] = []
    later = Later(lambda: done.append(1))
    later()
    later()
    assert done == [1, 1]


def _children(widget: Any) -> list[Any]:
    return [widget, *(found for child in getattr(widget, "children", ()) for found in _children(child))]


def _buttons(widget: Any) -> list[Any]:
    return [each for each in _children(widget) if type(each).__name__ == "Button"]


def _told(widget: Any) -> list[str]:
    return [each.value for each in _children(widget) if type(each).__name__ == "HTML"]
