"""Two copies of one campaign, merged: a union by id, the same whichever way, and nothing twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from companies import Q4, at, audited, company
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.cli import run
from auditkit.errors import ReviewError
from auditkit.review.campaign import Campaign, open_campaign, start
from auditkit.review.decisions import state
from auditkit.review.entries import GENESIS, Entry, breaks, chained
from auditkit.review.merge import added, clocks, merge

Told = pytest.CaptureFixture[str]


def entry(name: str, **changes: str) -> Entry:
    base = Entry(
        entry_id=name, campaign="q", item="i", content="c", action="keep", reviewer="ann", at="2026-10-02T09:00:00Z",
        account="ann@laptop",
    )  # fmt: skip
    return replace(base, **changes)


def chain(*entries: Entry) -> list[Entry]:
    done: list[Entry] = []
    for one in entries:
        done.append(chained(one, done[-1].chain if done else GENESIS))
    return done


def with_other(log: list[Entry], theirs: list[Entry]) -> list[Entry]:
    """The log after the other one was merged into it."""
    return chain(*log, *added(log, theirs))


ACT = st.tuples(
    st.sampled_from(["i", "j"]), st.sampled_from(["ann", "ben"]), st.sampled_from(["keep", "remove", "delegate", "undo"]),
    st.booleans(), st.integers(0, 30),
)  # fmt: skip
ACTS = st.lists(ACT, max_size=6)


def wrote(log: list[Entry], acts: list[tuple[str, str, str, bool, int]], name: str) -> list[Entry]:
    """The log, with what somebody at one computer did after it."""
    made = list(log)
    for number, (item, reviewer, action, settles, which) in enumerate(acts):
        own = [one for one in made if one.item == item and one.action != "undo"]
        if action == "undo" and not own:
            continue
        more = (
            {"undoes": own[which % len(own)].entry_id} if action == "undo" else {"resolves": "yes" if settles else ""}
        )
        made.append(
            entry(f"{name}{number}", item=item, reviewer=reviewer, action=action, target=str(which % 2), **more)
        )
    return chain(*made)


@settings(deadline=None)
@given(ACTS, ACTS, ACTS)
def test_either_way_the_same_stands_and_a_second_time_changes_nothing(before: list, here: list, there: list) -> None:  # type: ignore[type-arg]
    common = wrote([], before, "c")
    one, other = wrote(common, here, "a"), wrote(common, there, "b")
    left, right = with_other(one, other), with_other(other, one)
    assert state(left).equals(state(right))
    assert {each.entry_id for each in left} == {each.entry_id for each in [*one, *other]}
    assert added(left, other) == added(right, one) == added(left, right) == ()
    assert breaks(left) == []
    assert left[: len(one)] == one  # nothing that was there is touched


@settings(deadline=None)
@given(ACTS, ACTS, ACTS, ACTS, ACTS)
def test_three_copies_in_any_order(before: list, here: list, there: list, third: list, after: list) -> None:  # type: ignore[type-arg]
    common = wrote([], before, "c")
    one, two, three = (wrote(common, acts, name) for acts, name in ((here, "a"), (there, "b"), (third, "d")))
    # Somebody goes on with what two of them said, and that is merged with the third.
    later = wrote(with_other(one, two), after, "e")
    assert state(with_other(later, three)).equals(state(with_other(three, later)))
    assert state(with_other(with_other(two, three), later)).equals(state(with_other(later, three)))


def test_the_same_reviewer_on_two_computers_disagrees_until_it_is_settled() -> None:
    common = chain(entry("c0"))
    left = with_other(chain(*common, entry("a0", action="remove")), chain(*common, entry("b0", action="rotate")))
    assert (state(left).conflict.tolist(), state(left).voices.tolist()) == ([True], [2])
    settled = chain(*left, entry("s", action="remove", reviewer="lead", resolves="yes"))
    assert (state(settled).conflict.tolist(), state(settled).action.tolist()) == ([False], ["remove"])


def test_who_had_seen_the_other_decision_replaces_it() -> None:
    common = chain(entry("c0"))
    left = with_other(common, chain(*common, entry("b0", action="remove")))
    assert (state(left).action.tolist(), state(left).conflict.tolist(), state(left).voices.tolist()) == (
        ["remove"],
        [False],
        [1],
    )


def test_the_order_is_the_chains_and_clocks_that_differ_are_told() -> None:
    fast = entry("a0", at="2026-10-02T09:10:00Z", account="ann@fast")
    slow = entry("a1", action="remove", at="2026-10-02T09:03:00Z", account="ann@slow")
    log = chain(fast, slow)
    assert state(log).action.tolist() == ["remove"]
    (said,) = clocks(log)
    assert said.startswith("the clock of ann@slow is 7 min or more behind that of ann@fast")
    assert clocks(chain(slow, fast)) == []
    # What was decided apart is not later for standing later.
    assert clocks(with_other(chain(fast), chain(slow))) == []


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Campaign, Campaign]:
    tables, findings = audited(company())
    start(tables, findings, name="q", out=tmp_path / "one", started_at=at(Q4))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    return open_campaign(tmp_path / "one"), open_campaign(tmp_path / "two")


def decide(campaign: Campaign, item: str, action: str, reviewer: str) -> None:
    words = [
        "review",
        "decide",
        str(campaign.folder),
        item,
        "--action",
        action,
        "--reviewer",
        reviewer,
        "--reason",
        "seen",
        "--new-reviewer",
    ]
    assert run(words) == 0


def test_the_command_takes_what_is_new_and_says_who_disagrees(copies: tuple[Campaign, Campaign], capsys: Told) -> None:
    one, two = copies
    decide(one, "credential:c1", "remove", "Gil")
    decide(two, "credential:c1", "keep", "Olga")
    decide(two, "credential:c2", "keep", "Olga")
    words = ["review", "merge", str(one.folder), str(two.folder)]
    capsys.readouterr()
    assert run(words) == 0
    said = capsys.readouterr()
    assert said.err == "took 2 decisions\n"
    assert said.out.startswith("credential:c1: decided apart, and not alike (")
    assert all(words in said.out for words in ("Gil says remove", "Olga says keep"))
    assert "credential:c2" not in said.out
    assert run(words) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "took 0 decisions\n")
    assert run(["review", "merge", str(two.folder), str(one.folder)]) == 0
    assert one.standing().equals(two.standing())
    assert one.verify() == two.verify() == []


def test_another_population_is_refused_and_so_is_a_broken_log(
    copies: tuple[Campaign, Campaign], tmp_path: Path
) -> None:
    tables, findings = audited(company(Q4, credentials={}))
    other = start(tables, findings, name="q", out=tmp_path / "other", started_at=at(Q4))
    with pytest.raises(ReviewError, match="reviews another population"):
        merge(copies[0], other)
    decide(copies[1], "credential:c1", "remove", "Gil")
    with copies[1].decisions() as store:
        store._connection.execute("DROP TRIGGER no_update")
        store._connection.execute("UPDATE entries SET action = 'keep'")
    with pytest.raises(ReviewError, match="its content differs from its hash; nothing was taken"):
        merge(copies[0], copies[1])
    assert merge(copies[0], copies[0]).entries == ()
