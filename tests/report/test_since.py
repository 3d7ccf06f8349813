"""A report beside earlier snapshots: what changed, how fair that is, and the same bytes twice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import acme, hostile

from auditkit.cli import run
from auditkit.errors import InputError, ReportError
from auditkit.report import make_report
from auditkit.review.accepted import read_accepted
from auditkit.schema import COLLECTIONS, frame
from auditkit.snapshot import Snapshot, build
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.since import NONE_GIVEN

Q2, Q3, Q4 = (f"2026-{month}-01T00:00:00Z" for month in ("04", "07", "10"))
OWNERS = "kind,id,reviewer\nprincipal,bob,Olga\n"


def quarter(
    as_of: str, *, people: tuple[str, ...] = ("ann",), holders: tuple[str, ...] = ("ann",), **more: str
) -> Snapshot:
    """Some people, of whom the holders may read devices."""
    old = ["2026-01-01T00:00:00Z"]
    return build(
        {
            "organisation": frame("organisation", {"organisation_id": ["org"], "name": ["Acme"]}),
            "principals": frame("principals", {
                "principal_id": list(people), "type": ["User"] * len(people), "display_name": [name.upper() for name in people],
                "status": ["Active"] * len(people), "organisation_id": ["org"] * len(people), "created_at": old * len(people),
                "last_active_at": [as_of] * len(people),
            }),
            "permissions": frame("permissions", {
                "permission_id": ["p1"], "identifier": ["iot.device.read"], "module": ["iot"], "feature": ["device"],
                "action": ["read"], "name": ["Read"],
            }),
            "roles": frame("roles", {
                "role_id": ["r1"], "name": ["Readers"], "scope": ["Organisation"],
                "supported_principal_types": [["User"]], "permission_ids": [["p1"]],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": [f"asg-{name}" for name in holders], "principal_id": list(holders), "role_id": ["r1"] * len(holders),
                "organisation_id": ["org"] * len(holders), "created_at": old * len(holders),
            }),
        },
        as_of=as_of, **({"incomplete": more} if more else {}),
    )  # fmt: skip


def saved(folder: Path, **snapshots: Snapshot) -> list[Path]:
    for name, snapshot in snapshots.items():
        snapshot.save(folder / name)
    return [folder / name for name in snapshots]


def told(desk: Desk, name: str) -> str:
    """What a panel says, without its figures."""
    return re.sub(r"<figure>.*?</figure>", "", desk.panel(name).static().fragment, flags=re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Ben came without access in the third quarter, which PRN006 flags; Ann lost hers in the fourth, and Cat came."""
    folders = saved(
        tmp_path,
        q3=quarter(Q3, people=("ann", "ben")),
        q2=quarter(Q2, people=("ann", "ben"), holders=("ann", "ben")),
    )
    return open_desk(quarter(Q4, people=("ann", "ben", "cat"), holders=("cat",))).since(*folders)


class TestPanels:
    def test_findings_new_and_gone_are_listed_and_those_that_stand_are_counted(self, desk: Desk) -> None:
        rows = desk.panel("changed").frame
        flagged = rows[rows.rule.eq("PRN006")]
        assert flagged[["status", "subject_id"]].to_numpy().tolist() == [["new", "ann"]]
        assert "still" not in set(rows.status)
        assert desk.compared is not None
        still = desk.compared.difference.findings.status.eq("still")
        assert f"{int(still.sum())} still stand" in told(desk, "changed")

    def test_what_was_gone_and_is_there_again_came_back(self, tmp_path: Path) -> None:
        folders = saved(
            tmp_path,
            q2=quarter(Q2, people=("ann", "ben")),
            q3=quarter(Q3, people=("ann", "ben"), holders=("ann", "ben")),
        )
        rows = open_desk(quarter(Q4, people=("ann", "ben"))).since(*folders).panel("changed").frame
        # With one person left who holds anything, the organisation is as thinly administered as it once was.
        told = rows[["status", "rule", "subject_id"]].to_numpy().tolist()
        assert told == [["came back", "ORG003", "org"], ["came back", "PRN006", "ben"]]

    def test_accepted_findings_are_set_apart_at_the_instant_of_each_snapshot(self, desk: Desk, tmp_path: Path) -> None:
        path = tmp_path / "accepted.toml"
        head = '[[accepted]]\nrule = "PRN006"\npattern = "*"\nreason = "new here"\nowner = "Olga"\nuntil = '
        path.write_text(f"{head}2026-08-31\n")
        lapsed = replace(desk, accepted=read_accepted(path))
        rows = lapsed.panel("changed").frame
        flagged = rows[rows.rule.eq("PRN006")][["status", "subject_id", "note"]].to_numpy().tolist()
        assert flagged == [["new", "ann", ""], ["new", "ben", "a finding again: accepted until 2026-08-31"]]
        path.write_text(f"{head}2026-12-31\n")
        apart = replace(desk, accepted=read_accepted(path))
        assert "PRN006" not in set(apart.panel("changed").frame.rule)
        assert "Accepted findings, in no count here: 1 in the older, 2 in the newer." in told(apart, "changed")
        assert apart.compared is not None
        assert apart.compared.history.findings.iloc[-1] == len(apart.findings.frame)
        assert apart.compared.history.accepted.tolist() == [0, 1, 2]
        assert "a finding again" not in told(desk, "changed")

    def test_who_gained_and_lost_what_and_through_what(self, desk: Desk) -> None:
        rows = desk.panel("gained").frame[["change", "principal_id", "permission", "before", "after", "through"]]
        assert rows.to_numpy().tolist() == [
            ["lost", "ann", "iot.device.read", "organisation", "none", "role Readers (r1)"],
            ["gained", "cat", "iot.device.read", "none", "organisation", "role Readers (r1)"],
        ]
        assert "<td>ann</td><td>User</td><td>ANN</td>" in told(desk, "gained")

    def test_records_are_compared(self, desk: Desk) -> None:
        rows = desk.panel("records").frame
        assert rows[["change", "record", "record_id"]].to_numpy().tolist() == [
            ["added", "principal", "cat"],
            ["removed", "assignment", "asg-ann"],
            ["added", "assignment", "asg-cat"],
        ]

    def test_the_history_has_each_snapshot_oldest_first(self, desk: Desk) -> None:
        assert desk.compared is not None
        assert desk.compared.history.as_of.tolist() == [pd.Timestamp(each) for each in (Q2, Q3, Q4)]
        assert "<figure>" in desk.panel("changed").static().fragment

    def test_a_fair_comparison_says_so(self, desk: Desk) -> None:
        assert "Like for like" in told(desk, "changed")
        assert "Not like for like" not in told(desk, "changed")

    def test_an_unfair_one_says_why(self, tmp_path: Path) -> None:
        folders = saved(tmp_path, q3=quarter(Q3, credentials="403, the key may not read it"))
        shown = told(open_desk(quarter(Q4)).since(*folders), "changed")
        assert "Not like for like" in shown
        assert "credentials could not be read whole in the older snapshot (403, the key may not read it)" in shown
        assert "Like for like" not in shown

    @pytest.mark.parametrize("name", ["changed", "gained", "records"])
    def test_without_an_earlier_snapshot_they_say_so(self, name: str) -> None:
        assert NONE_GIVEN in told(open_desk(acme()), name)

    @pytest.mark.parametrize("name", ["changed", "gained", "records"])
    def test_nothing_of_the_iam_becomes_markup(self, tmp_path: Path, name: str) -> None:
        folders = saved(tmp_path, bad=hostile(PAYLOADS))
        bad, later = folders[0], hostile(PAYLOADS).as_of + pd.Timedelta(days=1)
        none = {each: one.iloc[:0] for each, one in hostile(PAYLOADS).frames.items() if each != "organisation"}
        emptied = build(none | {"organisation": hostile(PAYLOADS).frames["organisation"]}, as_of=later.isoformat())
        shown = open_desk(emptied).since(bad).panel(name).static().fragment
        assert len(shown) > 2_000
        for mark in ('<img src="https', "<script", "<iframe", "<svg", "<meta", "<link", "<body", "<a "):
            assert mark not in shown


def test_what_is_not_earlier_or_of_another_organisation_is_refused(tmp_path: Path) -> None:
    other = {name: each for name, each in quarter(Q3).frames.items() if name in COLLECTIONS}
    other["organisation"] = frame("organisation", {"organisation_id": ["else"], "name": ["Else"]})
    now, before, elsewhere = saved(tmp_path, q4=quarter(Q4), q3=quarter(Q3), other=build(other, as_of=Q3))
    desk = open_desk(now)
    with pytest.raises(InputError, match="which is not earlier than 2026-10-01T00:00:00Z"):
        desk.since(before, now)
    with pytest.raises(InputError, match="is of the organisation 'else', not of 'org'"):
        desk.since(elsewhere)


class TestReport:
    @pytest.fixture
    def words(self, tmp_path: Path) -> list[str]:
        """The command that compares two quarters, without where to write."""
        now, before = saved(tmp_path, q4=quarter(Q4, people=("ann", "ben")), q3=quarter(Q3))
        (tmp_path / "owners.csv").write_text(OWNERS)
        return ["report", str(now), "--earlier", str(before), "--owners", str(tmp_path / "owners.csv")]

    def test_the_same_snapshots_give_the_same_bytes(
        self, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = tmp_path / "first.html", tmp_path / "second.html"
        assert run([*words, "--out", str(first)]) == 0
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        monkeypatch.setenv("PYTHONHASHSEED", "7")
        assert run([*words, "--out", str(second)]) == 0
        html = first.read_text("utf-8")
        assert second.read_bytes() == first.read_bytes()
        assert re.search(r"<h2 id=[^>]*>Since the earlier snapshot", html)
        assert re.search(r"<h2 id=[^>]*>By owner", html)
        assert str(tmp_path) not in html

    def test_the_first_page_says_what_it_was_compared_with(self, words: list[str], tmp_path: Path) -> None:
        assert run([*words, "--out", str(tmp_path / "o.html")]) == 0
        html = (tmp_path / "o.html").read_text("utf-8")
        cover = re.sub(r"</?span[^>]*>", "", html.partition("</header>")[0])  # a date is kept on one line
        assert f"{quarter(Q3).id} of {Q3}: " in cover
        assert re.search(r'<img alt="\d+ findings as of 2026-10-01: \d+ new, \d+ gone', html)
        # What is new leads to its row among all findings.
        led = re.search(r'<td>new</td><td class="ak-[^>]*>\w+</td><td class="ak-links"><a href="#(\w+)">PRN006', html)
        assert led is not None
        assert f'<tr id="{led[1]}"' in html

    def test_without_the_option_nothing_is_said_of_it(self, tmp_path: Path) -> None:
        html = make_report(quarter(Q4), out=tmp_path / "o.html").read_text("utf-8")
        assert NONE_GIVEN not in html
        assert "earlier snapshot" not in html.lower()

    def test_one_that_is_not_earlier_is_said_in_one_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        now, before = saved(tmp_path, q4=quarter(Q4), q3=quarter(Q3))
        assert run(["report", str(before), "--earlier", str(now), "--out", str(tmp_path / "o.html")]) == 2
        told = capsys.readouterr()
        assert "which is not earlier than" in told.err.splitlines()[-1]
        assert not (tmp_path / "o.html").exists()

    def test_a_notebook_without_the_place_is_refused(self, tmp_path: Path) -> None:
        now, before = saved(tmp_path, q4=quarter(Q4), q3=quarter(Q3))
        with pytest.raises(ReportError, match="has no place for earlier snapshots"):
            make_report(now, notebook="why_denied", earlier=[before], out=tmp_path / "o.html")
