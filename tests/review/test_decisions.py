"""The store of decisions: nothing acknowledged is lost, doubled, changed or re-attached."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.errors import DecisionRefused, ReviewError
from auditkit.review.decisions import DecisionStore, state, voices
from auditkit.review.entries import GENESIS, Entry, breaks, chained


def entry(number: int, **changes: str) -> Entry:
    base = Entry(
        entry_id=f"e{number}",
        campaign="2026-Q4",
        item=f"assignment:ra-{number}",
        content="c0",
        action="remove",
        reviewer="mara",
        at="2026-10-02T09:00:00Z",
        reason="left the team",
    )
    return replace(base, **changes)


def log(*entries: Entry) -> list[Entry]:
    done, before = [], GENESIS
    for one in entries:
        done.append(chained(one, before))
        before = done[-1].chain
    return done


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        assert store.append([entry(1), entry(2)]) == 2
    with DecisionStore(tmp_path / "d.sqlite") as store:
        assert [one.entry_id for one in store.entries()] == ["e1", "e2"]
        assert store.verify() == []
    assert (tmp_path / "d.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_replayed_click_decides_nothing_twice(tmp_path: Path) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        assert store.append([entry(1)]) == 1
        assert store.append([entry(1)]) == 0
        with pytest.raises(DecisionRefused, match="another decision"):
            store.append([entry(1, action="keep")])
        assert len(store.entries()) == 1


def test_all_or_none(tmp_path: Path) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        with pytest.raises(DecisionRefused):
            store.append([entry(1), entry(2, action="perhaps")])
        assert store.entries() == []


@pytest.mark.parametrize("statement", ["UPDATE entries SET reason = 'x'", "DELETE FROM entries"])
def test_nothing_is_updated_or_deleted(tmp_path: Path, statement: str) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        store.append([entry(1)])
    other = sqlite3.connect(tmp_path / "d.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        other.execute(statement)
    other.close()


@pytest.mark.parametrize(
    ("changes", "recommendation", "says"),
    [
        ({"action": "perhaps"}, None, "no decision is called"),
        ({"action": "keep", "reason": ""}, "remove", "a reason is needed, since the recommendation is to remove"),
        ({"action": "keep", "reason": ""}, "ask", "the recommendation is to look at it first"),
        ({"action": "remove", "reason": "", "bulk": "b1"}, "remove", "many were decided at once"),
        ({"action": "change", "target": ""}, None, "role to change to"),
        ({"action": "delegate"}, None, "person to delegate to"),
        ({"action": "undo"}, None, "entry that it takes back"),
        ({"reviewer": " "}, None, "nobody is named"),
        ({"reason": "x" * 4001}, None, "longer than"),
        ({"reason": "key ik_abc.s3cret was leaked"}, None, "holds an API key"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, str], recommendation: str | None, says: str) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store, pytest.raises(DecisionRefused, match=says) as raised:
        store.append(
            [entry(1, **changes)], recommendations={"assignment:ra-1": recommendation} if recommendation else {}
        )
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "recommendation"),
    [
        ({"action": "keep", "reason": ""}, "keep"),
        ({"action": "keep", "reason": "on call until May"}, "remove"),
        ({"action": "remove", "reason": ""}, "keep"),
        ({"reason": "the id ik_abc alone is no secret"}, None),
        ({"reason": "x" * 4000}, None),
    ],
)
def test_not_refused(tmp_path: Path, changes: dict[str, str], recommendation: str | None) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        assert store.append([entry(1, **changes)], recommendations={"assignment:ra-1": recommendation or "keep"}) == 1


def test_a_store_of_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "d.sqlite") as newer:
        newer.execute("CREATE TABLE log (what TEXT)")
        newer.execute("PRAGMA user_version = 3")
    newer.close()
    before = (tmp_path / "d.sqlite").read_bytes()
    with pytest.raises(ReviewError, match=r"schema version 3, and this auditkit reads up to 0: upgrade auditkit"):
        DecisionStore(tmp_path / "d.sqlite")
    assert (tmp_path / "d.sqlite").read_bytes() == before


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "d.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(ReviewError, match="is no store of decisions"):
        DecisionStore(tmp_path / "d.sqlite")


def test_a_change_of_mind_is_a_new_entry_and_an_undo_brings_the_first_back() -> None:
    first, second = entry(1), entry(2, item="assignment:ra-1", action="keep")
    undo = entry(3, item="assignment:ra-1", action="undo", undoes="e2")
    assert state([first]).action.tolist() == ["remove"]
    assert state([first, second]).action.tolist() == ["keep"]
    assert state([first, second, undo]).action.tolist() == ["remove"]


def test_two_reviewers_who_differ_are_a_conflict_until_it_is_settled() -> None:
    mine, yours = entry(1), entry(2, item="assignment:ra-1", action="keep", reviewer="ada")
    agreed = entry(3, item="assignment:ra-1", action="keep", reviewer="lead", resolves="yes")
    assert state([mine, yours]).conflict.tolist() == [True]
    assert state([mine, replace(yours, action="remove")]).conflict.tolist() == [False]
    settled = state([mine, yours, agreed])
    assert (settled.conflict.tolist(), settled.action.tolist(), settled.reviewer.tolist()) == (
        [False],
        ["keep"],
        ["lead"],
    )
    unsettled = entry(4, item="assignment:ra-1", action="undo", reviewer="lead", undoes="e3")
    assert state([mine, yours, agreed, unsettled]).conflict.tolist() == [True]
    both = voices([mine, yours, agreed, unsettled])["assignment:ra-1"]
    assert [one.reviewer for one in both] == ["mara", "ada"]


def test_whoever_hands_an_item_on_says_nothing_against_the_one_who_decides() -> None:
    on, decided = entry(1, action="delegate", target="ada"), entry(2, item="assignment:ra-1", action="keep", reviewer="ada")
    passed = entry(3, item="assignment:ra-1", action="not mine", reviewer="ada")
    assert state([on]).action.tolist() == ["delegate"]
    assert state([on, passed]).action.tolist() == ["not mine"]
    assert state([on, passed]).conflict.tolist() == [False]
    for log in ([on, decided], [decided, on]):
        assert (state(log).action.tolist(), state(log).reviewer.tolist(), state(log).conflict.tolist()) == (["keep"], ["ada"], [False])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.sampled_from(["keep", "remove", "rotate", "delegate", "not mine"]), st.sampled_from(["a", "b", "c"])
        ),
        max_size=12,
    )
)
def test_replay_of_the_log_equals_the_state_kept_by_hand(history: list[tuple[int, str, str]]) -> None:
    by_hand: dict[str, dict[str, str]] = {}
    entries = []
    for number, (item, action, reviewer) in enumerate(history):
        entries.append(entry(number, item=f"i{item}", action=action, reviewer=reviewer, target="z" if action == "delegate" else ""))
        by_hand.setdefault(f"i{item}", {})[reviewer] = action
    replayed = state(entries)
    assert replayed.item.tolist() == sorted(by_hand)
    decided = [set(by_hand[item].values()) - {"delegate", "not mine"} for item in sorted(by_hand)]
    assert replayed.conflict.tolist() == [len(said) > 1 for said in decided]
    assert [action not in ("delegate", "not mine") for action in replayed.action] == [bool(said) for said in decided]


@settings(max_examples=200)
@given(
    st.integers(0, 4),
    st.sampled_from(["item", "action", "reason", "at", "chain", "reviewer"]),
    st.integers(0, 30),
    st.integers(0, 6),
)
def test_a_flipped_bit_is_found_and_the_entry_named(which: int, field: str, place: int, bit: int) -> None:
    entries = log(*(entry(number) for number in range(5)))
    text = getattr(entries[which], field)
    place %= len(text)
    entries[which] = replace(
        entries[which], **{field: text[:place] + chr(ord(text[place]) ^ (1 << bit)) + text[place + 1 :]}
    )
    assert any(f"(e{which})" in sentence for sentence in breaks(entries))


@pytest.mark.parametrize("cut", [0, 2, 3])
def test_an_entry_cut_out_of_the_middle_is_found(cut: int) -> None:
    entries = log(*(entry(number) for number in range(5)))
    assert breaks(entries) == []
    assert breaks(entries[:cut] + entries[cut + 1 :]) != []


def write_many(path: str, name: str, count: int) -> None:
    with DecisionStore(path) as store:
        for number in range(count):
            store.append([entry(number, entry_id=f"{name}-{number}", reviewer=name, item=f"i{number}")])


def test_four_hundred_decisions_from_two_processes_are_four_hundred(tmp_path: Path) -> None:
    path = str(tmp_path / "d.sqlite")
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_many, args=(path, name, 200)) for name in ("ada", "mara")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with DecisionStore(path) as store:
        entries = store.entries()
        assert (len(entries), len({one.entry_id for one in entries})) == (400, 400)
        assert store.verify() == []


WRITER = """
import sys
from auditkit.review.decisions import DecisionStore
from auditkit.review.entries import Entry
store = DecisionStore(sys.argv[1])
for number in range(6):
    store.append([Entry(entry_id=f"e{number}", campaign="q", item=f"i{number}", content="c", action="remove",
                        reviewer="mara", at="2026-10-02T09:00:00Z")])
    print(number, flush=True)
"""


@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
@pytest.mark.parametrize("when", [2, 5, 9, 14])
def test_killed_at_a_write_nothing_acknowledged_is_lost(tmp_path: Path, call: str, when: int) -> None:
    command = [
        "strace",
        "-qq",
        "-f",
        "-o",
        os.devnull,
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:signal=SIGKILL:when={when}",
    ]
    ran = subprocess.run(
        [*command, sys.executable, "-c", WRITER, str(tmp_path / "d.sqlite")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (-signal.SIGKILL, 0, 128 + signal.SIGKILL)
    acknowledged = len(ran.stdout.split())
    with DecisionStore(tmp_path / "d.sqlite") as store:
        kept = [one.entry_id for one in store.entries()]
        assert store.verify() == []
    assert kept == [f"e{number}" for number in range(len(kept))]
    assert acknowledged <= len(kept) <= acknowledged + 1
