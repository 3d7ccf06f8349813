"""The desk and its panels: the frame of a call is the frame of the panel, and what is not known is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import AS_OF, REQUIRED, acme, hostile

from auditkit.errors import InputError, LimitsError, RequiredError, SnapshotError
from auditkit.findings import audit
from auditkit.snapshot import build, load
from auditkit.store import whole_folder
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.panels import PANELS
from auditkit.widgets.why_denied import WhyDenied


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "required.csv"
    path.write_text(REQUIRED)
    return open_desk(acme(), required=path)


def test_inactive_names_who_has_been_idle_and_a_slider_adds_more(desk: Desk) -> None:
    panel = desk.panel("inactive")
    assert panel.frame[["rule", "principal_id", "display_name"]].to_numpy().tolist() == [["PRN003", "bob", "Bob"]]
    assert panel.view.headline == "1 of 5 principals are inactive"
    panel.move(dormant_days=200)
    assert panel.view.headline == "0 of 5 principals are inactive: nothing found"
    panel.move(never_used_days=5)
    assert panel.frame.principal_id.tolist() == ["new"]


@pytest.mark.parametrize(("days", "count"), [(122, 0), (121, 1), (120, 1)])
def test_the_call_at_another_limit_agrees_with_the_panel(desk: Desk, days: int, count: int) -> None:
    frame = desk.inactive(dormant_days=days)
    assert len(frame) == count
    pd.testing.assert_frame_equal(frame, desk.panel("inactive").move(dormant_days=days).frame)


def test_credentials_show_those_that_end_within_the_window(desk: Desk) -> None:
    assert desk.credentials().credential_id.tolist() == ["c1"]
    assert desk.credentials(expiring_days=90).credential_id.tolist() == ["c1", "c2"]
    assert desk.credentials(expiring_days=9).empty


def test_the_table_of_credentials_has_one_day_on_which_each_ends(desk: Desk) -> None:
    keys = acme().credentials.iloc[[0, 0, 0]].assign(credential_id=["soon", "gone", "taken"], key_id=["a", "b", "c"])
    days = {"expires_at": ["2026-10-11", "2026-09-01", "2026-12-01"], "revoked_at": [None, None, "2026-09-11"]}
    ends = {
        name: pd.to_datetime(pd.Series(told, index=keys.index), utc=True).astype("datetime64[us, UTC]")
        for name, told in days.items()
    }
    view = open_desk(acme().replace(credentials=keys.assign(**ends).reset_index(drop=True))).panel("credentials").view
    told = view.frame.set_index("credential_id")
    assert told.ends_at.dt.strftime("%m-%d").to_dict() == {"soon": "10-11", "gone": "09-01", "taken": "09-11"}
    assert "Expires at" not in view.table()
    assert "expires_at" in view.frame


def test_roles_say_through_which_group(desk: Desk) -> None:
    (row,) = desk.roles().to_dict("records")
    assert (row["principal_id"], row["role_name"], row["through"], row["group_name"]) == (
        "gateway", "Operators", "machines", "All machines",
    )  # fmt: skip
    html = desk.panel("roles").static().fragment
    assert "<td>All machines (machines)</td>" in html  # a group by its name, too
    assert "1 of 1 roles given to ApiKey principals do not support ApiKey" in html
    assert "What does not fit concerns 1 of 1 ApiKey principal (1 of them have a role)" in html
    assert "By role" in html


def test_gaps_say_which_check_fails(desk: Desk) -> None:
    rows = desk.gaps()[["kind", "principal_id", "permission", "failed_check"]].to_numpy().tolist()
    assert ["missing", "ann", "iot:device:write", "AUZ4"] in rows
    assert ["missing", "gateway", "iot:device:read", "AUZ2"] in rows
    assert len(rows) == 2


def test_without_required_permissions_the_gaps_are_not_evaluated() -> None:
    panel = open_desk(acme()).panel("gaps")
    assert panel.frame.empty
    assert len(panel.view.warnings) == 4
    assert "Not evaluated" in panel.static().fragment
    assert "no required permissions were given" in panel.static().fragment


def test_the_answer_has_a_denominator_or_a_reason_for_every_rule(desk: Desk) -> None:
    frame = desk.answer()
    found = dict(zip(frame.rule, frame.found, strict=True))
    assert found["PRN003"] == "1 of 4"
    assert found["PRN005"] == "0 of 5: nothing found"
    assert found["CRD009"] == "not evaluated: no scan was given"
    assert desk.panel("answer").view.headline.startswith("Act now on ")


def test_all_findings_are_in_the_table_with_their_principal(desk: Desk) -> None:
    frame = desk.panel("findings").frame
    assert len(frame) == len(desk.findings.frame)
    assert frame.loc[frame.rule.eq("ROL001"), "principal_id"].tolist() == ["gateway"]
    assert frame.loc[frame.rule.eq("PRN003"), "principal_id"].tolist() == ["bob"]


def test_coverage_says_what_is_missing_and_why() -> None:
    desk = open_desk(acme(incomplete={"credentials": "403, the key may not read it"}))
    frame = desk.coverage().set_index("collection")
    assert not frame.complete["credentials"]
    for fragment in (desk.panel("coverage").static().fragment, desk.cover().fragment):
        assert "credentials was not read whole: 403, the key may not read it" in fragment
    assert "NOT complete" in desk.cover().fragment
    assert "Not evaluated" in desk.panel("credentials").static().fragment
    assert "could not be read whole" in desk.panel("inactive").static().fragment


def test_an_incomplete_snapshot_never_sounds_clean() -> None:
    words = open_desk(acme(incomplete=dict.fromkeys(("principals", "credentials", "roles"), "404"))).cover().fragment
    assert "7 of 50 rules were evaluated whole, 5 in part, 38 not at all" in words


def test_thresholds_say_what_another_limit_adds(desk: Desk) -> None:
    frame = desk.thresholds(dormant_days=500, expiring_days=90).set_index("rule")
    assert frame.difference["PRN003"] == -1
    assert frame.difference["CRD002"] == 1
    assert frame.difference["CRD005"] == 0


def test_a_limit_out_of_range_is_said_where_the_panel_stands(desk: Desk) -> None:
    panel = desk.panel("inactive")
    slider, told = panel.widget().children[0], panel.widget().children[2]
    slider.min = -1
    slider.value = -1
    assert "dormant_days must be" in told.value


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_shows_itself_alive_and_static(desk: Desk, name: str) -> None:
    bundle = desk.panel(name)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "ak-panel" in bundle["text/html"]
    assert bundle["text/plain"]


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_of_an_empty_organisation_says_so(name: str) -> None:
    from auditkit.snapshot import build

    desk = open_desk(build({}, as_of=AS_OF))
    assert desk.panel(name).static().fragment
    assert desk.panel(name).widget() is not None


@pytest.mark.parametrize("name", PANELS)
def test_no_panel_takes_text_for_markup(name: str) -> None:
    desk = open_desk(hostile(PAYLOADS))
    html = desk.panel(name).static().fragment + desk.cover().fragment + desk._repr_html_()
    for mark in ('<img src="https', "<script", "<iframe", "<svg", "<meta", "<link", "<body", "<a "):
        assert mark not in html


def test_headless_panels_are_static_and_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    bundle = open_desk(acme()).panel("findings")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_unknown_panels_and_bad_times_are_refused(desk: Desk) -> None:
    with pytest.raises(InputError, match="there is no panel 'nothing'"):
        desk.panel("nothing")
    for bad, words in (("yesterday", "is no time"), ("2026-10-01", "has no offset")):
        with pytest.raises(InputError, match=words):
            open_desk(acme(), as_of=bad)


@pytest.mark.parametrize("given", [None, "snapshot", ..., acme().principals], ids=["None", "text", "...", "frame"])
@pytest.mark.parametrize("panel", [*PANELS.values(), WhyDenied])
def test_a_panel_before_the_first_cell_says_to_run_it(panel: Any, given: object) -> None:
    kind = type(given).__name__
    with pytest.raises(InputError, match=f"no snapshot loaded: a panel needs a desk, not {kind}; run the first cell"):
        panel(given)


@pytest.mark.parametrize("given", [..., 5, acme().principals, ["snapshot"]], ids=["...", "number", "frame", "list"])
@pytest.mark.parametrize("call", [open_desk, audit])
def test_what_is_no_snapshot_is_refused_before_anything_is_judged(call: Any, given: object) -> None:
    with pytest.raises(InputError, match=f"no snapshot loaded, but {type(given).__name__}: run the first cell"):
        call(given)


@pytest.mark.parametrize("given", [None, "snapshot"])
def test_an_audit_wants_the_snapshot_itself(given: object) -> None:
    with pytest.raises(InputError, match=r"load one by `auditkit\.load\(folder\)`"):
        audit(given)  # type: ignore[arg-type]


def test_a_desk_says_at_once_what_was_not_read(desk: Desk) -> None:
    told = open_desk(acme(incomplete={"credentials": "403, the key may not read it"}))._repr_html_()
    assert told.count('role="alert"') == 1
    assert "credentials was not read whole: 403, the key may not read it" in told
    assert "was not read whole" not in desk._repr_html_()


def test_as_of_moves_every_judgement(desk: Desk) -> None:
    later = open_desk(acme(), as_of="2026-10-12T00:00:00+02:00")
    assert str(later.as_of) == "2026-10-11 22:00:00+00:00"
    assert set(later.credentials().rule) == {"CRD001"}


class TestWhichSnapshot:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AUDITKIT_SNAPSHOT", raising=False)
        monkeypatch.chdir(tmp_path)

    def test_a_path_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        acme().save(tmp_path / "mine")
        monkeypatch.setenv("AUDITKIT_SNAPSHOT", "nowhere")
        assert open_desk(tmp_path / "mine").said[0] == "Snapshot folder mine: as given."

    def test_then_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        acme().save(tmp_path / "mine")
        monkeypatch.setenv("AUDITKIT_SNAPSHOT", str(tmp_path / "mine"))
        assert "named by AUDITKIT_SNAPSHOT" in open_desk().said[0]

    def test_then_the_newest_in_the_folder(self, tmp_path: Path) -> None:
        for number, name in enumerate(("newer", "older")):
            acme().save(tmp_path / name)
            os.utime(tmp_path / name / "manifest.json", ns=(0, 10**18 - number))
        assert open_desk().said[0] == "Snapshot folder newer: the newest in this folder."

    @pytest.mark.parametrize("target", ["second", "first"])
    def test_what_a_second_pull_still_writes_is_not_yet_there(self, tmp_path: Path, target: str) -> None:
        first = acme().save(tmp_path / "first")
        os.utime(first / "manifest.json", ns=(0, 0))
        second = build(acme().frames, as_of=AS_OF, notes=["the second"])
        second.save(tmp_path / "made")
        with whole_folder(tmp_path / target) as beside:
            for path in sorted((tmp_path / "made").iterdir()):
                path.rename(beside / path.name)
            (tmp_path / "made").rmdir()
            assert (beside / "manifest.json").is_file()
            assert open_desk().said[0] == "Snapshot folder first: the newest in this folder."
            assert open_desk().snapshot.id == load(first).id == acme().id
        assert open_desk().said[0] == f"Snapshot folder {target}: the newest in this folder."
        assert open_desk().snapshot.id == second.id

    def test_else_the_sample_with_its_own_requirements(self) -> None:
        said = open_desk().said
        assert said[0].startswith("The bundled sample organisation")
        assert said[1:3] == ("Required permissions: the sample's own.", "Limits: the sample's own.")

    def test_requirements_and_limits_of_the_folder_are_taken_and_named(self, tmp_path: Path) -> None:
        (tmp_path / "required_permissions.csv").write_text(REQUIRED)
        (tmp_path / "limits.toml").write_text("dormant_days = 7")
        desk = open_desk(acme())
        assert desk.limits.dormant_days == 7
        assert desk.said[1] == "Required permissions: required_permissions.csv in this folder."

    def test_what_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SnapshotError, match="there is no such folder"):
            open_desk(tmp_path / "none")
        with pytest.raises(RequiredError):
            open_desk(acme(), required=tmp_path / "none.csv")
        with pytest.raises(LimitsError):
            open_desk(acme(), config=tmp_path / "none.toml")
