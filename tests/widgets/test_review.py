"""The review in a notebook: a press is one entry, on disk before it is shown, and nothing else decides anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hostile import PAYLOADS
from organisations import acme, hostile

from auditkit import lab, open_review
from auditkit.access.tables import Tables
from auditkit.attestations import read_attestations
from auditkit.errors import DecisionRefused, InputError, ReviewError, SnapshotError
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.campaign import Campaign, open_campaign, start
from auditkit.review.deciding import undo
from auditkit.review.decisions import DecisionStore
from auditkit.review.entries import Entry
from auditkit.review.evidence import close
from auditkit.review.verify import verify
from auditkit.snapshot import Snapshot, build
from auditkit.widgets.desk import open_desk
from auditkit.widgets.review import VIEWS, Review
from auditkit.widgets.review_acts import Answer, Sitting
from auditkit.widgets.review_sift import ItemChoice, sift_items

STARTED = pd.Timestamp("2026-10-02T08:00:00Z")
OWNERS = pd.DataFrame({"kind": ["principal"], "id": ["gateway"], "reviewer": ["gil"]}, dtype="str")
# Who may decide beside gil: owners of what is not in scope.
FILE = b"kind,id,reviewer\nprincipal,gateway,gil\nprincipal,x,ann\nprincipal,y,bob\nprincipal,z,eve\n"
# Of the organisation, worst first: a key that expires, a role that does not support it, a dormant user.
KEY, FINE = "credential:c1", "principal:ann"


def begin(
    folder: Path,
    snapshot: Snapshot | None = None,
    name: str = "2026-Q4",
    inputs: dict[str, bytes] | None = None,
    **more: Any,
) -> Campaign:
    more["inputs"] = {"owners.csv": FILE} | (inputs or {})
    tables = Tables(snapshot or acme())
    return start(tables, run_rules(tables, Limits()), name=name, out=folder, started_at=STARTED, owners=OWNERS, **more)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that nobody has decided in."""
    return begin(tmp_path_factory.mktemp("begun") / "q4").folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    """A copy of it for one test alone."""
    return shutil.copytree(begun, tmp_path / "q4")


@pytest.fixture
def review(folder: Path) -> Review:
    return open_review(folder, "ann")


def on_disk(folder: Path) -> list[Entry]:
    with open_campaign(folder).decisions() as store:
        assert store.verify() == []
        return store.entries()


def acts(folder: Path) -> list[tuple[str, str]]:
    return [(entry.item, entry.action) for entry in on_disk(folder)]


def one(review: Review, item: str = "") -> Any:
    controls = review.panel("one").controls
    if item:
        controls.show(item)
    return controls


def sent(panel: Any, act: str, *, shown: dict[str, str], **words: str) -> None:
    """A press as the browser sends it, made on what was shown then."""
    values = {"who": "ann", "reason": "", "target": ""} | words
    panel.form._handle_custom_msg({"act": act, "words": values, "shown": shown, "press": 1}, [])


def test_showing_a_review_decides_nothing(folder: Path) -> None:
    for _ in range(2):
        review = open_review(folder, "ann")
        for name in VIEWS:
            bundle = review.panel(name)._repr_mimebundle_()
            assert "application/vnd.jupyter.widget-view+json" in bundle
            assert "ak-panel" in bundle["text/html"]
    assert on_disk(folder) == []


def test_a_click_is_on_disk_before_it_is_shown(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    assert "Not decided yet" in panel.facts.value
    panel.form.press("keep")
    (entry,) = on_disk(folder)
    assert (entry.item, entry.action, entry.reviewer, entry.campaign) == (FINE, "keep", "ann", "2026-Q4")
    assert entry.content == review.campaign.items.set_index("item").content[FINE]
    assert "@" in entry.account
    assert "keep by ann" in panel.facts.value
    assert "is on disk" in panel.form.told["words"]


def test_what_the_disk_refuses_is_not_shown_as_done(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = one(review, FINE)

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device", "decisions.sqlite")

    monkeypatch.setattr("auditkit.review.decisions.DecisionStore.append", full)
    panel.form.press("keep")
    assert "No space left on device" in panel.form.told["words"]
    assert "Not decided yet" in panel.facts.value


def test_a_press_for_another_item_than_is_shown_decides_nothing(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    seen = panel.form.shown
    panel.form.press("next")
    sent(panel, "remove", shown=seen)
    assert "pressed before" in panel.form.told["words"]
    assert on_disk(folder) == []


def test_a_press_brings_back_what_was_looked_at(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    seen = panel.form.shown
    # Another panel of the same kernel decides meanwhile, and this one is drawn anew before the press arrives.
    review.sitting.decide(review.sitting.shown(FINE), Answer(action="remove", reviewer="bob"))
    sent(panel, "keep", shown=seen)
    assert "decided meanwhile (remove by bob" in panel.form.told["words"]
    assert acts(folder) == [(FINE, "remove")]


def test_a_double_click_makes_one_entry(folder: Path, review: Review) -> None:
    panel = one(review, KEY)
    seen = panel.form.shown
    for _ in range(2):
        sent(panel, "keep", shown=seen, reason="in use by the gateway")
    assert "on disk already" in panel.form.told["words"]
    assert acts(folder) == [(KEY, "keep")]


def test_a_second_click_makes_no_second_entry(folder: Path, review: Review) -> None:
    panel = one(review, KEY)
    for _ in range(3):
        panel.form.press("keep", reason="in use by the gateway")
    assert acts(folder) == [(KEY, "keep")]
    assert "on disk already" in panel.form.told["words"]
    panel.form.press("remove")
    panel.form.press("keep", reason="in use by the gateway")
    assert acts(folder) == [(KEY, "keep"), (KEY, "remove"), (KEY, "keep")]


def test_coming_back_without_the_reason_takes_none_away(folder: Path, review: Review) -> None:
    panel = one(review, KEY)
    panel.form.press("keep", reason="in use by the gateway")
    panel.show(FINE)
    cleared = panel.form.cleared
    panel.show(KEY)
    assert panel.form.cleared == cleared + 1
    panel.form.press("keep")
    assert [entry.reason for entry in on_disk(folder)] == ["in use by the gateway"]


def test_undo_is_an_entry_and_one_click_takes_back_one(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    panel.form.press("keep")
    panel.form.press("remove")
    panel.form.press("undo")
    panel.form.press("undo")
    assert acts(folder) == [(FINE, "keep"), (FINE, "remove"), (FINE, "undo")]
    assert "taken back already" in panel.form.told["words"]
    panel.show("")
    panel.show(FINE)
    panel.form.press("undo")
    assert acts(folder)[3:] == [(FINE, "undo")]
    assert "Not decided yet" in panel.facts.value
    panel.show(FINE)
    panel.form.press("undo")
    assert "nothing to undo" in panel.form.told["words"]


@pytest.mark.parametrize(
    ("item", "act", "told", "focus"),
    [
        (KEY, "keep", "a reason is needed, since the recommendation is to", "reason"),
        ("assignment:a1", "change", "needs the role to change to", "target"),
        (FINE, "delegate", "needs the person", "target"),
        (KEY, "change", "is for assignment and grant items", "target"),
        ("assignment:a1", "rotate", "is for credential items", ""),
    ],
)
def test_what_says_too_little_is_refused_where_it_stands(
    folder: Path, review: Review, item: str, act: str, told: str, focus: str
) -> None:
    panel = one(review, item)
    panel.form.press(act)
    assert told in panel.form.told["words"]
    assert panel.form.told["focus"] == focus
    assert on_disk(folder) == []


def test_nobody_decides_without_a_name(folder: Path) -> None:
    panel = one(open_review(folder), FINE)
    panel.form.press("keep")
    assert "name who decides" in panel.form.told["words"]
    assert panel.form.told["focus"] == "who"
    panel.form.press("keep", who="bob")
    assert [entry.reviewer for entry in on_disk(folder)] == ["bob"]


def test_the_name_is_one_for_every_form(review: Review) -> None:
    one(review, FINE).form.press("keep", who="bob")
    assert {review.panel(name).controls.form.who for name in ("one", "many", "conflicts", "attestations")} == {"bob"}


def test_a_name_of_nobody_known_is_refused_until_that_was_read(
    folder: Path, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [pd.Timestamp("2026-10-02T08:00:00Z")]
    monkeypatch.setattr(review.sitting, "_clock", lambda: clock[0])
    panel = one(review, FINE)
    for _ in range(2):
        panel.form.press("keep", who="ANM")
    assert panel.form.told["words"] == "no reviewer is called ANM, did you mean ann? Press again if the name is new"
    assert panel.form.told["focus"] == "who"
    many = review.panel("many").controls
    many.grid.ticked.add(KEY)
    assert "no reviewer is called Zoe. Press again" in many.form.press("ask", action="keep", reason="seen", who="Zoe")
    assert on_disk(folder) == []
    clock[0] += pd.Timedelta(seconds=1)
    panel.form.press("keep", who="ANM")
    assert [entry.reviewer for entry in on_disk(folder)] == ["ANM"]
    # Who has decided, and to whom an item was delegated, is known.
    panel.form.press("delegate", who="ANM", target="Zoe")
    other = one(open_review(folder, "Zoe"), FINE)
    assert "is on disk" in other.form.press("remove")


def test_a_decision_says_at_once_who_was_asked_and_who_disagrees(folder: Path, review: Review) -> None:
    panel = one(review, KEY)
    assert panel.form.press("remove").endswith("; asked of gil, counts as decided by ann")
    assert "; " not in one(open_review(folder, "gil"), KEY).form.press("remove")
    bob = one(open_review(folder, "bob"), KEY)
    told = bob.form.press("keep", reason="in use")
    assert told.endswith("; asked of gil, counts as decided by bob; this disagrees with ann: remove, gil: remove")
    assert "; " not in one(review, FINE).form.press("keep")
    many = open_review(folder, "bob").panel("many").controls
    many.grid.ticked.update({FINE, "credential:c2"})
    words = {"action": "remove", "reason": "seen"}
    many.form.press("ask", **words)
    told = many.form.press("write", **words)
    assert "; asked of gil, counts as decided by bob (1 item)" in told
    assert "; this disagrees with ann: keep (1 item)" in told


def test_what_nobody_is_asked_is_delegated(folder: Path, review: Review) -> None:
    assert "without a reviewer: to be delegated" in review.panel("left").static().fragment
    one(review, FINE).form.press("delegate", target="gil")
    assert FINE in set(sift_items(review.sitting.standing, ItemChoice(reviewer="gil"))["item"])
    assert "; " not in one(open_review(folder, "gil"), FINE).form.press("keep")


def test_a_key_in_a_reason_is_refused_and_kept_nowhere(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    panel.form.press("keep", reason="it uses ik_abc.s3cr3t")
    assert "holds an API key" in panel.form.told["words"]
    assert "s3cr3t" not in panel.form.told["words"] + panel.facts.value
    assert on_disk(folder) == []


@pytest.mark.parametrize("wanted", ["r1", "Operators"])
def test_a_change_names_a_role_by_id_or_name(folder: Path, review: Review, wanted: str) -> None:
    panel = one(review, "assignment:a1")
    panel.form.press("change", target=wanted)
    assert [entry.target for entry in on_disk(folder)] == ["r1"]


def test_a_change_to_no_role_is_refused(folder: Path, review: Review) -> None:
    panel = one(review, "assignment:a1")
    panel.form.press("change", target="Operator")
    assert "there is no role 'Operator'" in panel.form.told["words"]
    assert on_disk(folder) == []


def test_restart_shows_what_was_decided(folder: Path, review: Review) -> None:
    one(review, FINE).form.press("keep")
    again = open_review(folder)
    assert "keep by ann" in one(again, FINE).facts.value
    assert again.log().item.tolist() == [FINE]
    assert FINE not in set(again.left()["item"])


def test_a_decision_made_meanwhile_is_shown_and_asks_again(folder: Path, review: Review) -> None:
    panel, other = one(review, FINE), one(open_review(folder, "bob"), FINE)
    other.form.press("remove")
    panel.form.press("keep")
    assert "decided meanwhile (remove by bob" in panel.form.told["words"]
    assert panel.form.told["focus"] == ""
    assert "remove by bob" in panel.facts.value
    assert acts(folder) == [(FINE, "remove")]
    panel.form.press("keep")
    assert acts(folder) == [(FINE, "remove"), (FINE, "keep")]
    assert "Reviewers disagree" in panel.facts.value


def test_the_same_click_in_two_kernels_is_one_entry(folder: Path) -> None:
    first, second = (Sitting(open_campaign(folder)) for _ in range(2))
    shown, answer = first.shown(FINE), Answer(action="keep", reviewer="ann")
    first.decide(shown, answer)
    assert "on disk already" in second.decide(shown, answer)
    assert len(on_disk(folder)) == 1


def test_another_campaign_in_the_folder_is_refused(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    shutil.rmtree(folder)
    begin(folder, name="2027-Q1")
    panel.form.press("keep")
    assert "belongs to the campaign '2026-Q4'" in panel.form.told["words"]
    assert on_disk(folder) == []


def test_lost_decisions_are_told_and_none_are_made_in_their_place(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    panel.form.press("keep")
    for path in folder.glob("decisions.sqlite*"):
        path.unlink()
    panel.form.press("remove")
    assert "has lost its decisions" in panel.form.told["words"]
    assert not (folder / "decisions.sqlite").exists()
    DecisionStore(folder / "decisions.sqlite").close()
    panel.form.press("remove")
    assert "gone from the disk" in panel.form.told["words"]
    assert on_disk(folder) == []


def test_next_goes_to_what_is_left_worst_first_and_says_when_nothing_is(folder: Path, review: Review) -> None:
    panel = one(review)
    order, seen = review.left()["item"].tolist(), []
    for _ in order:
        seen.append(panel.item)
        panel.form.press("keep", reason="looked at")
        panel.form.press("next")
    assert seen == order
    assert "Nothing is left" in panel.facts.value
    assert review.progress()["left"].sum() == 0
    panel.form.press("keep")
    assert "no item is shown" in panel.form.told["words"]
    assert len(on_disk(folder)) == len(order)


def test_filters_leave_what_they_say(review: Review) -> None:
    standing = review.sitting.standing
    assert set(sift_items(standing, ItemChoice(reviewer="gil")).principal_id) == {"gateway"}
    assert not set(sift_items(standing, ItemChoice(reviewer="(nobody)")).principal_id) & {"gateway"}
    assert set(sift_items(standing, ItemChoice(kind="credential"))["item"]) == {"credential:c1", "credential:c2"}
    assert sift_items(standing, ItemChoice(text="GATEWAY c1"))["item"].tolist() == [KEY]
    assert sift_items(standing, ItemChoice(text="c1 nothing-like-it")).empty
    ranks = sift_items(standing, ItemChoice()).severity.tolist()
    assert ranks == sorted(ranks, key=("critical", "high", "medium", "low", "info", "none").index)
    panel = one(review, FINE)
    panel.filters["kind"].value = "credential"
    assert panel.item.startswith("credential:")
    panel.filters["reviewer"].value = "(nobody)"
    assert panel.item == ""


def test_many_are_shown_exactly_before_they_are_written(folder: Path, review: Review) -> None:
    panel = review.panel("many").controls
    panel.grid.ticked.update({"credential:c1", "credential:c2"})
    panel.form.press("ask", action="rotate")
    assert "need a reason" in panel.form.told["words"]
    words = {"action": "rotate", "reason": "older than our standard"}
    panel.form.press("ask", **words)
    assert "credential:c1" in panel.exact.value
    assert "credential:c2" in panel.exact.value
    assert FINE not in panel.exact.value
    assert on_disk(folder) == []
    panel.form.press("write", **words)
    told = panel.form.told["words"]
    assert (
        panel.form.press("write", **words)
        == told
        == (
            "rotate is on disk for 2 items, marked as decided together; asked of gil, counts as decided by ann (2 items)"
        )
    )
    entries = on_disk(folder)
    assert acts(folder) == [("credential:c1", "rotate"), ("credential:c2", "rotate")]
    assert {entry.bulk for entry in entries} == {entries[0].bulk}
    assert "2 items" in entries[0].bulk
    assert {entry.reason for entry in entries} == {"older than our standard"}


CHANGES = {
    "reason": {"reason": "other"},
    "action": {"action": "remove"},
    "who": {"who": "bob"},
    "filter": {},
    "tick": {},
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_written_that_is_not_as_it_was_listed(folder: Path, review: Review, change: str) -> None:
    panel = review.panel("many").controls
    panel.grid.ticked.update({FINE})
    words = {"action": "keep", "reason": "seen"}
    panel.form.press("ask", **words)
    if change == "filter":
        panel.filters["text"].value = "other"
    if change == "tick":
        panel.grid._tick(KEY, True)
    panel.form.press("write", **words | CHANGES[change])
    assert "something was changed after the list was shown" in panel.form.told["words"]
    assert panel.exact.value == ""
    assert on_disk(folder) == []


def test_a_press_for_another_list_than_is_shown_writes_nothing(folder: Path, review: Review) -> None:
    panel = review.panel("many").controls
    words = {"action": "keep", "reason": "seen"}
    for item in (FINE, KEY):
        panel.grid.ticked.add(item)
        panel.form.press("ask", **words)
    sent(panel, "write", shown={"list": "1"}, **words)
    assert "something was changed" in panel.form.told["words"]
    assert on_disk(folder) == []


def test_what_was_asked_can_be_left(folder: Path, review: Review) -> None:
    panel = review.panel("many").controls
    panel.grid.ticked.add(FINE)
    panel.form.press("ask", action="keep", reason="seen")
    assert [one["label"] for one in panel.form.buttons] == ["Decide 1 ticked", "Write 1 decision", "Cancel"]
    assert panel.form.press("cancel") == "nothing was written"
    assert [one["label"] for one in panel.form.buttons] == ["Decide 1 ticked"]
    assert on_disk(folder) == []


def test_many_are_written_whole_or_not_at_all(folder: Path, review: Review) -> None:
    panel = review.panel("many").controls
    panel.grid.ticked.update({FINE, KEY})
    words = {"action": "keep", "reason": "seen"}
    panel.form.press("ask", **words)
    with open_campaign(folder).decisions() as store:
        content = review.campaign.items.set_index("item").content[KEY]
        store.append([Entry(entry_id="x", campaign="2026-Q4", item=KEY, content=content, action="remove",
                            reviewer="bob", at="2026-10-02T09:00:00Z")])  # fmt: skip
    panel.form.press("write", **words)
    assert "decided meanwhile" in panel.form.told["words"]
    assert acts(folder) == [(KEY, "remove")]


def test_more_than_anybody_reads_are_refused(folder: Path, review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.widgets.review_acts.MOST_AT_ONCE", 1)
    sitting = review.sitting
    with pytest.raises(DecisionRefused, match="more than anybody looks at"):
        sitting.decide_many(
            [sitting.shown(FINE), sitting.shown(KEY)], Answer(action="keep", reviewer="ann", reason="x")
        )
    with pytest.raises(DecisionRefused, match="no item is ticked"):
        sitting.decide_many([], Answer(action="keep", reviewer="ann", reason="x"))
    assert on_disk(folder) == []


def test_a_conflict_is_settled_by_a_reason(folder: Path, review: Review) -> None:
    one(review, FINE).form.press("keep")
    one(open_review(folder, "bob"), FINE).form.press("remove")
    review.sitting.refresh()
    assert review.conflicts().reviewer.tolist() == ["ann", "bob"]
    panel = review.panel("conflicts").controls
    panel.form.press("settle", item=FINE, action="remove")
    assert "a reason is needed" in panel.form.told["words"]
    seen, words = panel.form.shown, {"item": FINE, "action": "remove", "reason": "left the team"}
    panel.form.press("settle", **words)
    assert [entry.resolves for entry in on_disk(folder)] == ["", "", "yes"]
    assert review.conflicts().empty
    assert review.progress().conflicts.sum() == 0
    sent(panel, "settle", shown=seen, **words)
    assert "no conflict any more" in panel.form.told["words"]
    assert len(on_disk(folder)) == 3


def test_a_conflict_is_settled_as_it_was_looked_at(folder: Path, review: Review) -> None:
    for name, act in (("ann", "keep"), ("bob", "remove")):
        one(open_review(folder, name), FINE).form.press(act)
    review.sitting.refresh()
    panel = review.panel("conflicts").controls
    seen = panel.form.shown
    one(open_review(folder, "eve"), FINE).form.press("delegate", target="ann")
    review.sitting.refresh()
    sent(panel, "settle", shown=seen, item=FINE, action="remove", reason="left the team")
    assert "decided meanwhile (delegate by eve" in panel.form.told["words"]
    assert len(on_disk(folder)) == 3


def test_every_panel_follows_a_decision(review: Review) -> None:
    progress, log = review.panel("progress").controls, review.panel("log").controls
    one(review, FINE).form.press("keep")
    assert "1 of" in progress.head.value
    assert log.table.shown.item.tolist() == [FINE]


def test_handed_on_is_told_apart(folder: Path, review: Review) -> None:
    panel = one(review, FINE)
    panel.form.press("delegate", target="bob")
    assert "Handed on" in review.panel("left").static().fragment
    assert [(entry.action, entry.target) for entry in on_disk(folder)] == [("delegate", "bob")]


def test_the_log_says_what_stands(review: Review) -> None:
    panel = one(review, FINE)
    for act in ("keep", "remove", "undo"):
        panel.form.press(act)
    log = review.log()
    assert log.action.tolist() == ["undo", "remove", "keep"]
    assert log.state.tolist() == ["", "taken back", "stands"]
    assert log.whose.tolist() == ["Ann (ann)"] * 3
    # A column that no row fills is not shown.
    assert not {"target", "bulk", "why", "entry_id"} & set(review.panel("log").view.shown.columns)
    # Nor one that says the same in all: it is said once.
    (account,) = log.account.unique()
    assert "account" not in review.panel("log").view.shown.columns
    assert review.panel("log").view.notes[0].endswith(f"the operating system's, {account} in each entry.")
    panel.form.press("delegate", target="bob")
    assert "target" in review.panel("log").view.shown.columns


def test_the_log_says_which_decisions_were_made_together(review: Review) -> None:
    one(review, FINE).form.press("keep", reason="seen")
    many = review.panel("many").controls
    many.grid.ticked.update({KEY, "credential:c2"})
    for act in ("ask", "write"):
        many.form.press(act, action="remove", reason="seen")
    shown = review.panel("log").view.shown
    assert shown.why.tolist() == ["seen (2 items decided together)"] * 2 + ["seen"]


def test_what_is_open_beside_many_is_as_the_disk_has_it(review: Review) -> None:
    many = review.panel("many").controls
    opened = next(line.open for line in many.grid._lines if line._key == KEY)
    # It opens what proves the advice; nobody is to take it for the decision.
    assert opened.description == "why rotate"
    opened.click()
    assert "Not decided yet" in many.detail.value
    one(review, KEY).form.press("remove")
    assert "Not decided yet" not in many.detail.value
    assert "remove by ann at" in many.detail.value


def test_proof_shows_findings_or_records(review: Review) -> None:
    assert "CRD002" in one(review, KEY).proof.value
    assert "No rule flags this item" in one(review, FINE).proof.value
    assert "Ann" in one(review, FINE).proof.value
    assert "Gateway 7 (gateway)" in one(review, KEY).facts.value


def test_the_last_quarter_is_told(tmp_path: Path, folder: Path, review: Review) -> None:
    panel = one(review, KEY)
    panel.form.press("remove")
    begin(tmp_path / "q1", name="2027-Q1", previous=open_campaign(folder))
    again = open_review(tmp_path / "q1")
    assert "Compared with q4, the campaign before this one." in again.said
    facts = one(again, KEY).facts.value
    assert "asked again because it was to be removed and is still there" in facts
    assert "remove" in facts
    left = again.panel("left").view
    told = left.shown.set_index("item").why[KEY]
    assert told.endswith("; asked again because it was to be removed and is still there")
    assert "asked_again" not in left.shown.columns


@pytest.mark.parametrize("kind", ["campaign", "snapshot"])
def test_the_difference_is_to_a_campaign_or_a_snapshot(tmp_path: Path, folder: Path, kind: str) -> None:
    old = acme()
    fewer = old.replace(credentials=old.credentials.iloc[1:].reset_index(drop=True))
    before = tmp_path / "before"
    begin(before, fewer) if kind == "campaign" else fewer.save(before)
    found = open_review(folder, previous=before)
    assert ("new", "CRD002", "c1") in list(zip(*[found.difference()[name] for name in ("status", "rule", "subject_id")],
                                               strict=True))  # fmt: skip
    records = found.panel("records").frame
    told = ["change", "record", "record_id", "name"]
    assert records[told].to_numpy().tolist() == [["added", "credential", "c1", "Gateway 7"]]
    named = found.difference().set_index("subject_id").name
    assert named["c1"] == "Gateway 7"
    assert named[["org"]].isna().all()
    assert found.panel("access").frame.empty
    assert "no difference" in found.panel("access").static().fragment
    assert open_review(folder).difference().empty


def test_another_organisation_is_told_where_the_difference_would_be(tmp_path: Path, folder: Path) -> None:
    hostile(PAYLOADS).save(tmp_path / "other")
    bundle = open_review(folder, previous=tmp_path / "other").panel("difference")._repr_mimebundle_()
    assert "compare two of the same organisation" in bundle["text/plain"]


def test_it_opens_what_is_named_or_newest_or_begins_on_the_sample(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "the newest in this folder" in open_review().said[0]
    monkeypatch.setenv("AUDITKIT_CAMPAIGN", str(folder))
    assert "named by AUDITKIT_CAMPAIGN" in open_review().said[0]
    assert "as given" in open_review(folder).said[0]
    with pytest.raises(ReviewError, match="cannot be read"):
        open_review(tmp_path / "none")
    with pytest.raises(InputError, match="no panel 'nothing'"):
        open_review().panel("nothing")


def test_the_pack_of_a_campaign_is_not_taken_for_it(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder, tmp_path / "z-pack")
    (tmp_path / "z-pack" / "SHA256SUMS").touch()
    assert "Campaign folder q4: the newest in this folder." in open_review().said
    begin(tmp_path / "q1", name="2027-Q1", previous=open_campaign(folder))
    assert "Compared with q4, the campaign before this one." in open_review(tmp_path / "q1").said


def test_other_notebooks_in_a_campaigns_folder_judge_like_the_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, later = acme(), pd.Timestamp("2026-11-15T00:00:00Z").as_unit("us")
    tables = Tables(snapshot, as_of=later)
    folder = tmp_path / "q4"
    limits = b"dormant_days = 33\n"
    campaign = start(tables, run_rules(tables, Limits()), name="2026-Q4", out=folder, started_at=STARTED,
                     owners=OWNERS, inputs={"limits.toml": limits, "owners.csv": FILE})  # fmt: skip
    put = lab.prepare(folder)
    assert "why_denied.ipynb" in put
    assert "required_permissions.csv" not in put
    assert campaign.verify() == []
    monkeypatch.chdir(folder)
    desk = open_desk()
    assert (desk.as_of, desk.limits.dormant_days) == (later, 33)
    assert "Judged as of 2026-11-15 00:00 UTC, like the campaign '2026-Q4' whose snapshot this is." in desk.said
    assert "Limits: limits.toml that the campaign began with." in desk.said
    assert "Required permissions: the campaign began with none." in desk.said
    # Named from elsewhere, where other limits lie.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "limits.toml").write_text("dormant_days = 44\n")
    assert open_desk("q4/snapshot").limits.dormant_days == 33
    assert open_desk("q4/snapshot", as_of="2026-12-01T00:00:00Z").as_of == pd.Timestamp("2026-12-01T00:00:00Z")
    snapshot.save(tmp_path / "other")
    alone = open_desk("other")
    assert (alone.as_of, alone.limits.dormant_days) == (snapshot.as_of, 44)
    assert f"Judged as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC, when the snapshot was pulled." in alone.said
    pack = close(campaign, out=tmp_path / "pack", closed_at=STARTED, pdf=False).folder
    assert not list(pack.rglob("*.ipynb"))
    assert verify(str(pack)) == []


def test_a_campaign_on_the_sample_begins_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDITKIT_CAMPAIGN", raising=False)
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    with pytest.raises(ReviewError, match="no campaign was given or found"):
        open_review()
    monkeypatch.delenv("AUDITKIT_HEADLESS")
    first = open_review()
    assert "one was started on the bundled sample" in first.said[0]
    again = open_review()
    assert again.campaign.facts == first.campaign.facts
    assert [path.name for path in tmp_path.iterdir()] == ["auditkit-review"]


def test_where_another_snapshot_lies_no_campaign_begins_on_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUDITKIT_CAMPAIGN", raising=False)
    monkeypatch.delenv("AUDITKIT_SNAPSHOT", raising=False)
    acme().save(tmp_path / "home" / "our pull")
    monkeypatch.chdir(tmp_path / "home")
    with pytest.raises(ReviewError) as refused:
        open_review(None, "Gil Osei")
    assert str(refused.value).startswith("Snapshot folder our pull: the newest in this folder. No campaign on it was")
    assert "`auditkit review start 'our pull' --name 20" in str(refused.value)
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["our pull"]
    # Named by the environment, whatever lies in the folder.
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("AUDITKIT_SNAPSHOT", str(tmp_path / "home" / "our pull"))
    with pytest.raises(ReviewError, match=r"named by AUDITKIT_SNAPSHOT\. No campaign on it"):
        open_review()
    monkeypatch.setenv("AUDITKIT_SNAPSHOT", str(tmp_path / "gone"))
    with pytest.raises(SnapshotError, match="there is no such folder"):
        open_review()
    assert list((tmp_path / "empty").iterdir()) == []


def test_on_the_sample_as_lab_puts_it_a_campaign_begins_and_says_whose_it_is(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUDITKIT_CAMPAIGN", raising=False)
    monkeypatch.delenv("AUDITKIT_SNAPSHOT", raising=False)
    lab.prepare(tmp_path / "lab")
    monkeypatch.chdir(tmp_path / "lab")
    assert "one was started on the bundled sample" in open_review().said[0]
    of_sample = "It is of the bundled sample organisation, not of yours."
    assert of_sample in open_review().said[0]
    assert of_sample in open_review().desk.said[0]
    assert not any("bundled sample" in line for line in open_review(folder).said)


def test_a_changed_campaign_says_so_aloud(folder: Path) -> None:
    facts = json.loads((folder / "campaign.json").read_text())
    (folder / "campaign.json").write_text(json.dumps(facts | {"snapshot": "0" * 64}))
    assert "another snapshot than the campaign began with" in open_review(folder)._repr_html_()


def test_it_shows_itself_headless_and_complete(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    review = open_review(folder)
    for name in VIEWS:
        assert set(review.panel(name)._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert len(review.left()) == len(review.campaign.items)


FROZEN = b'[[attestation]]\nkind = "break-glass"\nwhat = "two envelopes"\nwho = "Mara"\nwhen = 2026-06-01\n'


@pytest.fixture
def form(folder: Path, review: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(review.sitting, "_clock", lambda: pd.Timestamp("2026-10-02T08:00:00Z"))
    return review.panel("attestations").controls


def test_an_attestation_is_added_once_and_read_back(form: Any, review: Review, folder: Path) -> None:
    assert review.panel("attestations").view.headline == "To be attested: legacy-token, break-glass"
    assert "To be attested" in form.head.value
    what = 'The token is in the safe; "changed" on 2026-09-01'
    for _ in range(2):
        form.form.press("write", kind="legacy-token", what=what)
    assert "attested already" in form.form.told["words"]
    form.form.press("write", kind="break-glass", what="two envelopes")
    rows = open_campaign(folder).attestations()
    assert rows.kind.tolist() == ["legacy-token", "break-glass"]
    assert rows.what.tolist() == [what, "two envelopes"]
    assert rows.who.tolist() == ["ann", "ann"]
    assert rows.when.tolist() == [pd.Timestamp("2026-10-02T00:00:00Z")] * 2
    assert "All is attested" in form.head.value
    assert review.log()[["action", "state"]].to_numpy().tolist() == [["attest", "stands"]] * 2
    assert review.campaign.verify() == []
    assert review.progress().decided.sum() == 0
    undo(review.campaign, "attestation:break-glass", reviewer="ann", at="2026-10-02T09:00:00Z", account="a", mark="m")
    assert review.campaign.attestations().kind.tolist() == ["legacy-token"]


def test_what_the_campaign_began_with_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = begin(tmp_path / "q4", inputs={"attestations.toml": FROZEN}).folder
    # In the folder of the campaign, as `auditkit lab` opens it.
    monkeypatch.chdir(began)
    review = open_review(".", "ann")
    assert "ORG004" in set(review.desk.findings.frame.rule)
    seen = f"{review.desk.as_of:%Y-%m-%d}"
    told = review.panel("attestations").controls.form.press("write", kind="legacy-token", what="in the safe", when=seen)
    assert "on disk in the log of the campaign; ORG004" in told
    assert (began / "attestations.toml").read_bytes() == FROZEN
    assert review.campaign.attestations().who.tolist() == ["Mara", "ann"]
    assert review.campaign.verify() == []
    assert "ORG004" not in set(review.desk.findings.frame.rule)
    assert review.sitting.standing.action.eq("").all()
    other = open_desk()
    assert "Attestations: 2 of the campaign, those in its log included." in other.said
    assert "ORG004" not in set(other.findings.frame.rule)
    assert "ORG004" in set(open_desk(attestations="attestations.toml").findings.frame.rule)
    pack = close(open_campaign(began), out=tmp_path / "pack", closed_at=STARTED, pdf=False).folder
    assert verify(str(pack)) == []
    assert (pack / "attestations.toml").read_bytes() == FROZEN
    assert read_attestations(pack / "attested.toml").what.tolist() == ["two envelopes", "in the safe"]
    assert "in the safe" in (pack / "attestations.csv").read_text()
    assert '"ORG004"' not in (pack / "findings.csv").read_text()


@pytest.mark.parametrize(("day", "state"), [("2026-07-05", "holds"), ("2026-07-04", "asked again")])
def test_an_old_attestation_is_asked_again(form: Any, review: Review, day: str, state: str) -> None:
    form.form.press("write", kind="legacy-token", what="seen", when=day)
    assert review.panel("attestations").frame.state.tolist() == [state]


@pytest.mark.parametrize(
    ("what", "when", "told"),
    [
        ("", "2026-10-01", "says what"),
        ("seen", "yesterday-ish", "is no day"),
        ("seen", "", "a day that has come"),
        ("seen", "2026-10-03", "a day that has come"),
        ("it is ik_abc.s3cr3t", "2026-10-01", "holds an API key"),
    ],
)
def test_an_attestation_that_says_too_little_or_too_much_is_refused(
    form: Any, folder: Path, what: str, when: str, told: str
) -> None:
    form.form.press("write", kind="legacy-token", what=what, when=when)
    assert told in form.form.told["words"]
    assert on_disk(folder) == []


def test_no_payload_gets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The name is of nobody known, and is taken.
    monkeypatch.setattr("auditkit.widgets.review_acts.READ_AFTER", pd.Timedelta(0))
    begin(tmp_path / "q4", hostile(PAYLOADS))
    review = open_review(tmp_path / "q4", PAYLOADS[0])
    panel = one(review)
    shown = [panel.facts.value, panel.proof.value]
    for _ in range(20):
        panel.form.press("remove", reason=PAYLOADS[0])
        panel.form.press("next")
        shown += [panel.facts.value, panel.proof.value]
    shown += [review.panel(name).static().fragment for name in VIEWS] + [review._repr_html_()]
    assert not [payload for payload in PAYLOADS if "<" in payload and any(payload in html for html in shown)]
    assert len(on_disk(tmp_path / "q4")) == 20


def test_what_was_not_read_is_told_before_anybody_decides(tmp_path: Path) -> None:
    known = acme()
    frames = {**known.frames, "credentials": known.credentials.iloc[:0]}
    partial = build(
        frames, organisation_id="org", as_of=known.as_of, incomplete={"credentials": "403 <b>Forbidden</b>"}
    )
    review = open_review(begin(tmp_path / "q4", partial).folder, "ann")
    missing = "Not read whole, and what is missing is no item: credentials: 403 <b>Forbidden</b>"
    assert review.said[-1] == missing
    html = review._repr_html_()
    assert html.index('role="alert"') < html.index("403 &lt;b&gt;Forbidden")
    progress = review.panel("progress").static().fragment
    assert "credentials was not read whole: 403 &lt;b&gt;Forbidden" in progress
    assert not any("Not read whole" in line for line in open_review(begin(tmp_path / "q3").folder, "ann").said)
