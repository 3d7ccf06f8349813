"""The panels with controls of their own: thresholds, calendar, rotation, support, matrix, one principal, doctor."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import AS_OF, REQUIRED, acme, hostile

from auditkit.errors import InputError, UnknownPrincipal
from auditkit.limits import Limits
from auditkit.schema import frame
from auditkit.snapshot import Snapshot, build
from auditkit.widgets.base import View, reasons
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.endings import CalendarPanel
from auditkit.widgets.figures import FIGURES
from auditkit.widgets.findings import FindingsPanel
from auditkit.widgets.gap_matrix import MatrixPanel, cells
from auditkit.widgets.ics import expiries_ics
from auditkit.widgets.panels import PANELS
from auditkit.widgets.threshold_widget import effect_words
from auditkit.widgets.thresholds import RESTS_ON, ThresholdPanel, as_toml, resting


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "required_permissions.csv").write_text(REQUIRED)
    return open_desk(acme())


def keys(*rows: tuple[str, str, str, str | None, str | None]) -> Snapshot:
    """ApiKey principals and their credentials: principal, credential, created, expires, last used."""
    who = sorted({row[0] for row in rows})
    return build(
        {
            "principals": frame("principals", {
                "principal_id": who, "type": ["ApiKey"] * len(who), "display_name": who, "status": ["Active"] * len(who),
                "organisation_id": ["org"] * len(who), "created_at": ["2024-01-01T00:00:00Z"] * len(who),
            }),
            "credentials": frame("credentials", {
                "credential_id": [row[1] for row in rows], "key_id": [row[1] for row in rows], "name": ["n"] * len(rows),
                "principal_id": [row[0] for row in rows], "kind": ["ApiKey"] * len(rows), "created_at": [row[2] for row in rows],
                "expires_at": [row[3] for row in rows], "last_used_at": [row[4] for row in rows],
            }),
        },
        organisation_id="org", as_of=AS_OF,
    )  # fmt: skip


class TestThresholds:
    @pytest.mark.parametrize(
        ("limit", "value", "effect"),
        [("dormant_days", 500, (0, 1)), ("dormant_days", 122, (0, 1)), ("dormant_days", 121, (0, 0)),
         ("expiring_days", 90, (1, 0)), ("expiring_days", 9, (0, 1)), ("broad_role_share", 0.9, (0, 1))],
    )  # fmt: skip
    def test_a_slider_says_what_it_would_add_and_remove(
        self, desk: Desk, limit: str, value: float, effect: tuple[int, int]
    ) -> None:
        panel = desk.panel("thresholds")
        assert isinstance(panel, ThresholdPanel)
        assert panel.effect(limit, value) == effect
        assert panel.limits == desk.limits  # nothing is applied by asking

    def test_a_moved_slider_tells_and_apply_applies(self, desk: Desk) -> None:
        panel = desk.panel("thresholds")
        box = panel.widget()
        slider, effect = box.children[0].children
        slider.value = 500
        assert effect.value == "adds 0 findings, removes 1"
        assert panel.limits.dormant_days == 90
        acts = next(
            child
            for child in box.children
            if len(getattr(child, "children", ())) == 2 and child.children[0].description == "Apply"
        )
        acts.children[0].click()
        assert panel.limits.dormant_days == 500
        acts.children[1].click()
        assert (panel.limits, slider.value, effect.value) == (desk.limits, 90, "as agreed")

    def test_the_text_is_the_configuration(self, desk: Desk) -> None:
        panel = desk.panel("thresholds")
        panel.move(dormant_days=60, broad_role_share=0.4)
        assert tomllib.loads(panel.toml) == {"dormant_days": 60, "broad_role_share": 0.4}  # type: ignore[attr-defined]

    def test_every_limit_comes_back_from_its_text(self) -> None:
        limits = Limits(administrators=(1, 9), toxic_pairs=(("a+\"\\\x7f\n", "b\u202e"),), dormant_days=1,
                        sources={"dormant_days": 'the "standard"\n\x7f', "expiring_days": "kept"})  # fmt: skip
        assert Limits.from_mapping(tomllib.loads(as_toml(limits))) == limits
        assert tomllib.loads(as_toml(Limits())) == {}

    def test_without_sliders_it_says_what_rests_on_each_limit_and_no_columns_of_zeros(self, desk: Desk) -> None:
        panel = desk.panel("thresholds")
        html = panel.static().fragment
        assert "Difference" not in html
        assert "<td>dormant_days</td><td>90</td><td>90</td>" in html
        assert "PRN003 1 of 4; CRD006 0 of 2" in html
        assert "PRM009 not evaluated" in html
        panel.move(dormant_days=500)
        assert "Difference" in panel.static().fragment

    def test_what_was_not_evaluated_is_no_zero(self) -> None:
        blind = open_desk(acme(incomplete={"credentials": "403"}).replace(credentials=acme().credentials.iloc[:0]))
        rows = blind.panel("thresholds").view.frame.set_index("rule")
        told = ["configured", "at_these_limits", "difference"]
        assert rows.loc["CRD005", told].isna().all()
        assert rows.loc["PRN008", told].tolist() == [0, 0, 0]

    def test_large_counts_are_grouped_and_a_limit_without_a_source_has_none(self) -> None:
        many = pd.concat([acme().principals.assign(principal_id=acme().principals.principal_id + f"-{number}") for number in range(250)])
        desk = open_desk(acme().replace(principals=pd.concat([acme().principals, many], ignore_index=True)))
        rows = resting(desk).set_index("name")
        assert " of 1,004; " in rows.by_rule["dormant_days"]
        assert rows.source.isna().all()

    def test_every_limit_says_what_rests_on_it(self) -> None:
        assert set(RESTS_ON) == set(Limits().table().name)

    def test_words(self) -> None:
        assert effect_words(0, 0) == "changes nothing"
        assert effect_words(1, 0) == "adds 1 finding, removes 0"

    def test_beside_the_slider_of_a_rule_that_was_not_evaluated_stands_that(self) -> None:
        rows = open_desk(acme(incomplete={"credentials": "403"}).replace(credentials=acme().credentials.iloc[:0])).panel(
            "thresholds").widget().children  # fmt: skip
        told = {row.children[0].description: row.children for row in rows[:8]}
        age, expiring = told["Credential's greatest age (days)"], told["Expiring within (days)"]
        roles = told["A role is broad from (share)"]
        assert (age[1].value, roles[1].value) == ("not evaluated", "as agreed")
        assert expiring[1].value == "as agreed; CRD002 not evaluated"
        age[0].value, expiring[0].value = 1, 31
        assert (age[1].value, expiring[1].value) == ("not evaluated", "changes nothing; CRD002 not evaluated")


class TestCalendar:
    def test_a_week_holds_what_ends_in_it_and_not_a_second_more(self) -> None:
        panel = CalendarPanel(open_desk(keys(
            ("k", "at", "2026-09-01T00:00:00Z", AS_OF, None), ("k", "last", "2026-09-01T00:00:00Z", "2026-10-07T23:59:59Z", None),
            ("k", "next", "2026-09-01T00:00:00Z", "2026-10-08T00:00:00Z", None), ("k", "never", "2026-09-01T00:00:00Z", None, None),
            ("k", "far", "2026-09-01T00:00:00Z", "2027-09-30T00:00:00Z", None), ("k", "past", "2026-01-01T00:00:00Z", "2026-07-01T23:59:59Z", None),
        )))  # fmt: skip
        assert panel.week(0)[["ending", "credential_id"]].to_numpy().tolist() == [
            ["expired", "at"],
            ["expires", "last"],
        ]
        assert panel.week(1).credential_id.tolist() == ["next"]
        assert panel.frame.week.tolist() == [0, 1]

    def test_a_press_of_a_week_lists_it(self, desk: Desk) -> None:
        panel = desk.panel("calendar")
        box = panel.widget()
        week = next(cell for cell in box.children[1].children if "2026-12-24" in str(getattr(cell, "tooltip", "")))
        assert not week.disabled
        week.click()
        assert "c2" in box.children[2].value
        assert "c1" not in box.children[2].value
        assert "2026-12-24</span>, 1 credential ends." in box.children[2].value
        assert "<td>Gateway 7</td>" in box.children[2].value
        assert week.description == "12-24\n1"  # on two lines: a count of any length fits

    def test_of_a_crowded_week_the_first_are_listed_and_the_others_counted(self) -> None:
        many = [("k", f"c{number:02d}", "2026-09-01T00:00:00Z", "2026-10-03T00:00:00Z", None) for number in range(27)]
        box = open_desk(keys(*many)).panel("calendar").widget()
        assert "27 credentials end." in box.children[2].value
        assert "and 2 more rows" in box.children[2].value
        assert "c24" in box.children[2].value
        assert "c25" not in box.children[2].value

    def test_the_calendar_file_is_inert_folded_and_the_same_twice(self) -> None:
        rows = acme().credentials.assign(name="a,b;c\\d\nBEGIN:VEVENT\r\u2028" + "\u00e9" * 80)
        text = expiries_ics(rows, as_of=pd.Timestamp(AS_OF))
        assert text == expiries_ics(rows, as_of=pd.Timestamp(AS_OF))
        lines = text.encode().split(b"\r\n")
        assert max(map(len, lines)) <= 75
        assert [line for line in lines if line.startswith(b"BEGIN:VEVENT")] == [b"BEGIN:VEVENT"] * 2
        assert "a\\,b\\;c\\\\d\\nBEGIN:VEVENT" in text.replace("\r\n ", "")
        assert "DTSTART;VALUE=DATE:20261011" in text

    def test_only_live_expiries_are_written(self, desk: Desk) -> None:
        path, count = CalendarPanel(desk).write_ics()
        assert (path.name, count) == ("credential-expiries-2026-10-01.ics", 2)


@pytest.mark.parametrize(
    ("credentials", "state", "since", "step"),
    [
        ([("k", "a", "2026-07-03T00:00:00Z", None, None)], "single", 90, "Nothing to do"),
        ([("k", "a", "2026-07-02T23:59:59Z", None, None)], "overdue", 0, "Issue a new"),
        ([("k", "a", "2026-05-03T00:00:00Z", None, None)], "overdue", 61, "Issue a new"),
        ([("k", "a", "2026-08-01T00:00:00Z", None, AS_OF), ("k", "b", "2026-09-24T00:00:00Z", None, None)], "overlapping", 7, "Deploy"),
        ([("k", "a", "2026-08-01T00:00:00Z", None, None), ("k", "b", "2026-09-23T23:59:59Z", None, AS_OF)], "unfinished", 7, "The new credential is used"),
        ([("k", "a", "2026-08-01T00:00:00Z", AS_OF, None)], "no live credential", None, "It cannot call"),
        ([("k", "a", "2026-08-01T00:00:00Z", AS_OF, None), ("k", "b", "2026-09-30T00:00:00Z", None, None)], "single", 1, "Nothing"),
    ],
)  # fmt: skip
def test_rotation(
    credentials: list[tuple[str, str, str, str | None, str | None]], state: str, since: int | None, step: str
) -> None:
    (row,) = open_desk(keys(*credentials)).rotation().astype("object").to_dict("records")
    assert row["state"] == state
    assert (None if pd.isna(row["since_days"]) else row["since_days"]) == since
    assert row["next_step"].startswith(step)


def test_support_says_what_to_change_and_what_would_do_instead() -> None:
    (row,) = open_desk(acme()).support().to_dict("records")
    assert (row["role_id"], row["principal_type"], row["principals"]) == ("r1", "ApiKey", 1)
    assert row["instead"] == "no role that supports ApiKey holds any of its permissions"
    roles = frame("roles", {"role_id": ["r1", "r2"], "name": ["Operators", "Machines"], "scope": ["Organisation"] * 2,
                            "supported_principal_types": [["User"], ["ApiKey"]], "permission_ids": [["p1"], ["p1", "p2"]]})  # fmt: skip
    (row,) = open_desk(acme().replace(roles=roles)).support().to_dict("records")
    assert row["instead"] == "Machines, with 1 excess permissions"


class TestMatrix:
    def test_a_cell_says_the_failing_check_and_a_press_opens_its_checklist(self, desk: Desk) -> None:
        panel = desk.panel("matrix")
        assert isinstance(panel, MatrixPanel)
        box = panel.widget()
        grid, detail = box.children[3].children
        marks = {cell.tooltip: cell for cell in grid.children if getattr(cell, "tooltip", None)}
        marks["ann, iot:device:write: ✗ AUZ4. Show the checklist."].click()
        assert "ann · Ann: iot:device:write" in detail.value
        assert "It is required." in detail.value
        assert "AUZ4 " in detail.value
        assert "permission-included" in detail.value
        marks["gateway, iot:device:read: ✗ AUZ2. Show the checklist."].click()
        assert "denied by AUZ2" in detail.value

    def test_too_many_principals_are_refused_where_the_panel_stands(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("auditkit.widgets.gap_matrix.MOST_PRINCIPALS", 1)
        box = desk.panel("matrix").widget()
        chosen, told = box.children[1].children[0], box.children[2]
        assert [words for words, _ in chosen.options] == ["ann · Ann", "gateway · Gateway 7"]
        chosen.value = tuple(each for _, each in chosen.options)
        assert "choose at most 1 principals" in told.value

    def test_what_must_never_be_held_and_what_nobody_asked_for(self) -> None:
        gaps = frame_of_gaps(
            ("deny", "allowed"), ("deny", "denied"), ("allow", None), ("allow", "undetermined"), ("allow", "allowed")
        )
        extra = pd.DataFrame({"principal_id": ["p"], "permission": ["x"], "level": ["scoped"], "machine": [True]})
        assert cells(gaps, extra).mark.tolist() == [
            "✗ must not hold", "✓ kept out", "? not judged", "? undetermined", "✓ allowed", "+ excess",
        ]  # fmt: skip

    def test_without_required_permissions_it_is_not_evaluated(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert open_desk(acme()).panel("matrix").view.headline.startswith("Not evaluated")


def frame_of_gaps(*rows: tuple[str, str | None]) -> pd.DataFrame:
    columns = {"principal_id": "p", "permission": "x", "resource_type": None, "resource_path": None, "failed_check": None,
               "detail": "d", "unjudged": None}  # fmt: skip
    made = pd.DataFrame([{**columns, "expect": expect, "outcome": outcome} for expect, outcome in rows])
    return made.astype(dict.fromkeys(made.columns, "str"))


class TestPrincipal:
    def test_the_way_each_role_arrives(self, desk: Desk) -> None:
        panel = desk.principal("gateway")
        (row,) = panel.frame.to_dict("records")
        assert (row["what"], row["through"], row["arrives"]) == (
            "Operators", "All machines", "gives nothing: the role does not support its type",
        )  # fmt: skip
        assert panel.page.groups.group_id.tolist() == ["machines"]
        assert panel.page.credentials.credential_id.tolist() == ["c1", "c2"]
        assert panel.page.modules.empty
        assert {"ROL001", "CRD002"} <= set(panel.page.findings.rule)

    def test_status_in_words(self, desk: Desk) -> None:
        assert (
            desk.principal("ann").page.status == "It can act: User, active, last active 1 day ago, 0 live credentials."
        )
        assert desk.principal("new").page.status == "It can act: User, active, never active, 0 live credentials."

    def test_what_was_not_read_is_neither_none_nor_never(self) -> None:
        def page(*unread: str) -> Any:
            cut = {name: acme().frames[name].iloc[:0] for name in unread}
            return open_desk(acme(incomplete=dict.fromkeys(unread, "403")).replace(**cut)).principal("new")

        blind, whole = page("credentials", "group_members"), page()
        assert blind.page.status == "It can act: User, active, no activity is known, its credentials were not read."
        html = blind.static().fragment
        assert "<strong>Credentials</strong>: not known: credentials could not be read whole" in html
        assert "<strong>Groups, at any depth</strong>: not known: group members could not be read whole" in html
        assert "not known" not in whole.static().fragment
        assert "<strong>Credentials</strong>: none" in whole.static().fragment

    def test_whose_credentials_were_read_has_none_where_another_s_were_not(self) -> None:
        refused = [{"collection": "credentials", "owner": "gateway", "reason": "403", "status": 403}]
        parts = acme()
        snapshot = build(parts.frames, organisation_id="org", as_of=AS_OF, unread=refused,
                         incomplete={"credentials": "1 of 3 lists could not be read: 403"})  # fmt: skip
        assert open_desk(snapshot).principal("ann").page.status.endswith(", 0 live credentials.")
        assert open_desk(snapshot).principal("gateway").page.status.endswith(", its credentials were not read.")

    def test_another_is_chosen_and_an_unknown_one_changes_nothing(self, desk: Desk) -> None:
        panel = desk.principal("ann")
        assert panel.choose("bob").headline == "Bob (bob)"
        with pytest.raises(UnknownPrincipal, match="choose one of the list"):
            panel.choose("nobody")
        assert panel.principal_id == "bob"

    def test_the_search_says_how_many_match(self, desk: Desk) -> None:
        box = desk.principal().widget()
        search, which = box.children[0].children
        search.value = "GATE"
        assert "1 of 5 principals match" in box.children[1].value
        which.value = "gateway"
        assert "Gateway 7 (gateway)" in box.children[2].value
        search.value = "("
        assert "5 of 5" in box.children[1].value
        search.value = "nobody like it"
        assert "0 of 5 principals match: nothing found" in box.children[1].value


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it() -> None:
    frame = open_desk(acme(incomplete={"credentials": "403"})).doctor().set_index("what")
    assert frame.good["completeness"] == "no"
    assert "pull again into the same folder" in frame.to_mend["completeness"]
    assert open_desk(acme()).panel("doctor").view.notes[0].startswith("Open next: 02_findings")


def test_a_headless_doctor_asks_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    assert "ago" not in open_desk(acme()).doctor().set_index("what").result["age"]


def test_credentials_that_were_not_read_are_not_none() -> None:
    desk = open_desk(acme(incomplete={"credentials": "403"}).replace(credentials=acme().credentials.iloc[:0]))
    assert desk.rotation().empty
    assert desk.panel("rotation").view.headline.startswith("Not evaluated")
    assert desk.panel("calendar").view.headline.startswith("Not evaluated")
    assert len(desk.panel("calendar").widget().children) == 1  # no weeks without a count, and nothing to write
    far = keys(("k", "far", "2026-09-01T00:00:00Z", "2029-01-01T00:00:00Z", None))
    assert len(open_desk(far).panel("calendar").widget().children) == 3  # no week to press, and an expiry to write


def test_of_a_refused_list_no_state_of_rotation_is_told_and_of_the_others_it_is() -> None:
    known = keys(("k", "a", "2026-08-01T00:00:00Z", AS_OF, None), ("read", "b", "2020-08-01T00:00:00Z", None, None),
                 ("none", "c", "2026-08-01T00:00:00Z", AS_OF, None))  # fmt: skip
    refused = [{"collection": "credentials", "owner": "k", "reason": "403", "status": 403}]

    def panel(unread: list[dict[str, object]]) -> Any:
        why = {"credentials": "1 of 3 lists could not be read: 403"}
        return open_desk(build(known.frames, organisation_id="org", as_of=AS_OF, incomplete=why, unread=unread)).panel(
            "rotation"
        )

    view = panel(refused).view
    states = dict(zip(view.frame.principal_id, view.frame.state, strict=True))
    assert states == {"read": "overdue", "none": "no live credential", "k": "not read"}
    assert view.frame.set_index("principal_id").live_credentials.isna().to_dict() == {
        "read": False,
        "none": False,
        "k": True,
    }
    assert view.headline.startswith("1 of 2 usable machine principals")
    assert view.headline.endswith("of what could be evaluated")
    # Without whose list it was, or of somebody unknown, nothing is told.
    for odd in ([], [{**refused[0], "owner": None}], [*refused, {**refused[0], "owner": "else"}]):
        assert panel(odd).frame.empty


def test_a_principal_without_any_assignment_in_the_organisation_has_a_page() -> None:
    alone = acme().principals.query("principal_id == 'ann'")
    catalogue = {name: acme().frames[name] for name in ("organisation", "permissions", "roles")}
    page = open_desk(build({**catalogue, "principals": alone}, organisation_id="org", as_of=AS_OF)).principal("ann")
    assert page.view.headline == "Ann (ann)"
    assert page.frame.empty


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_words_also_of_an_empty_organisation(name: str, desk: Desk) -> None:
    for one in (desk, open_desk(build({}, as_of=AS_OF)), open_desk(hostile(PAYLOADS))):
        picture = one.figure(name)
        assert ('alt="' in picture.fragment) is (picture.figure is not None)
        assert repr(picture)
    with pytest.raises(InputError, match="there is no figure"):
        desk.figure("nothing")


def test_of_nothing_there_is_a_sentence_and_no_empty_frame() -> None:
    picture = open_desk(acme().replace(credentials=acme().credentials.iloc[:0])).figure("lifetime_against_age")
    assert (picture.figure, repr(picture)) == (None, "No figure: there are no credentials to show.")


def test_what_was_not_read_or_not_given_has_no_figure_that_counts_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blind = open_desk(acme(incomplete={"credentials": "403"}).replace(credentials=acme().credentials.iloc[:0]))
    picture = blind.figure("lifetime_against_age")
    assert picture.figure is None
    assert repr(picture) == "CRD005, Old credential: credentials could not be read whole (403)"
    assert "<img" not in picture.fragment
    assert "no required permissions were given" in repr(blind.figure("required_against_effective"))
    assert [name for name in FIGURES if blind.figure(name).figure] == ["role_breadth", "severity_by_family"]
    assert [name for name in FIGURES if not open_desk(acme()).figure(name).figure] == ["required_against_effective"]


def test_a_panel_that_raises_says_so_where_it_stands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> View:
        raise KeyError("<img src=x>")

    monkeypatch.setattr(PANELS["inactive"], "build", broken)
    bundle = desk.panel("inactive")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in bundle
    assert "Run the first cell again" in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    with pytest.raises(KeyError):  # a report must not be filed with a hole in it
        open_desk(acme()).panel("inactive")._repr_mimebundle_()


def test_found_tables_count_and_tell_what_was_not_evaluated(desk: Desk) -> None:
    total = len(desk.findings.frame)
    assert repr(desk.found(rule="CRD002")) == f"1 of {total} findings match"
    assert "<td>Gateway 7 (gateway)</td>" in desk.found(rule="CRD002").fragment  # whose it is, by name
    assert repr(desk.found(rule="PRN005")) == f"0 of {total} findings match: nothing found"
    assert "Not evaluated" not in desk.found(rule="PRN005").fragment
    assert repr(desk.found(rule="CRD009")) == "Not evaluated: how many findings match"
    assert "CRD009, Credential found in a scanned place: no scan was given" in desk.found(rule="CRD009").fragment
    assert repr(desk.found(family="credentials", principal="nobody")).endswith(" match, of what could be evaluated")
    ticked = desk.panel("findings")
    assert isinstance(ticked, FindingsPanel)
    assert repr(ticked.chosen()) == f"0 of {total} findings are ticked"


def test_a_long_table_of_findings_shows_its_first_rows_and_how_many_more_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    many = acme().principals.query("principal_id == 'ann'")
    many = pd.concat([many.assign(principal_id=f"p{number:02d}", organisation_id="else") for number in range(27)])
    snapshot = acme().replace(principals=pd.concat([acme().principals, many], ignore_index=True))
    shown = open_desk(snapshot).found(rule="PRN005").fragment
    assert (shown.count("<td>PRN005</td>"), "and 2 more rows" in shown) == (25, True)
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    assert open_desk(snapshot).found(rule="PRN005").fragment.count("<td>PRN005</td>") == 27


def test_many_rules_that_one_reason_silences_are_told_in_one_sentence() -> None:
    desk = open_desk(acme(incomplete={"credentials": "403"}).replace(credentials=acme().credentials.iloc[:0]))
    few, many = reasons(desk.among(("CRD001", "CRD002"))), reasons(desk.findings)
    assert few == ["CRD001, Expired credential: credentials could not be read whole (403)",
                   "CRD002, Credential expires soon: credentials could not be read whole (403)"]  # fmt: skip
    assert re.match(r"credentials could not be read whole \(403\): \d\d rules \(CRD001, CRD002, ", many[0])
    assert [why for why in many if re.search(r"\(403\): \d+ rules, evaluated in part \(DAT002, ", why)]
    assert many == desk.panel("findings").view.warnings
