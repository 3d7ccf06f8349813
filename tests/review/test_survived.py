"""What a review must survive beside clicks and kills: ids that vanish or are used again, a log cut short, options."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from companies import KEYS, PEOPLE, Q4, at, audited, changed, company, without

from auditkit.review.campaign import Campaign, open_campaign, start
from auditkit.review.deciding import decide
from auditkit.review.decisions import DecisionStore, state
from auditkit.review.entries import Entry
from auditkit.snapshot import Snapshot


def began(folder: Path, snapshot: Snapshot, previous: Campaign | None = None) -> Campaign:
    tables, findings = audited(snapshot)
    return start(tables, findings, name=folder.name, out=folder, started_at=at(Q4), previous=previous)


def decided(campaign: Campaign, item: str, reviewer: str = "Gil") -> None:
    decide(campaign, [item], action="remove", reviewer=reviewer, at=Q4, account="gil@desk", mark=f"{item} {reviewer}", reason="seen")


def test_two_reviewers_of_one_mind_are_both_recorded(tmp_path: Path) -> None:
    campaign = began(tmp_path / "q3", company())
    decided(campaign, "credential:c1")
    decided(campaign, "credential:c1", "Olga")
    with campaign.decisions() as store:
        log = store.entries()
    assert [(one.reviewer, one.at, one.account) for one in log] == [("Gil", Q4, "gil@desk"), ("Olga", Q4, "gil@desk")]
    row = state(log).iloc[0]
    assert (bool(row.conflict), int(row.voices)) == (False, 2)


def test_a_decision_on_what_is_gone_is_kept_and_goes_to_nothing_else(tmp_path: Path) -> None:
    campaign = began(tmp_path / "q3", company())
    decided(campaign, "credential:c1")
    after = began(tmp_path / "q4", company(Q4, credentials=without(KEYS, 0)), previous=campaign)
    assert "credential:c1" not in set(after.items["item"])
    assert after.items.previous_action.eq("").all()
    assert campaign.standing().set_index("item").action["credential:c1"] == "remove"
    assert campaign.verify() == []


@pytest.mark.parametrize(("again", "asked"), [("2026-09-01T00:00:00Z", True), (None, False)])
def test_an_id_that_another_principal_bears_now_is_asked_again(tmp_path: Path, again: str | None, asked: bool) -> None:
    campaign = began(tmp_path / "q3", company())
    decided(campaign, "principal:ann")
    people = changed(PEOPLE, 0, created_at=again) if again else PEOPLE
    item = began(tmp_path / "q4", company(Q4, principals=people), previous=campaign).items.set_index("item")
    assert ("the access has changed" in item.asked_again["principal:ann"]) == asked
    assert "changed" not in item.asked_again["principal:hooks"]


@pytest.mark.parametrize("cut", [1, 100, 4_000])
def test_a_log_cut_short_by_a_crash_is_its_beginning_and_sound(tmp_path: Path, cut: int) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        for number in range(4):
            store.append([Entry(
                entry_id=f"e{number}", campaign="q", item=f"i{number}", content="c", action="remove", reviewer="gil", at=Q4,
            )])  # fmt: skip
        # As a crash leaves it: the log of the writes is there, its end is not.
        for name in ("d.sqlite", "d.sqlite-wal"):
            shutil.copyfile(tmp_path / name, tmp_path / f"cut-{name}")
    log = tmp_path / "cut-d.sqlite-wal"
    log.write_bytes(log.read_bytes()[:-cut])
    with DecisionStore(tmp_path / "cut-d.sqlite") as store:
        kept = [one.entry_id for one in store.entries()]
        assert store.verify() == []
    assert kept == [f"e{number}" for number in range(len(kept))]
    assert 0 < len(kept) < 4


def test_the_options_of_pandas_change_no_population_and_no_finding(tmp_path: Path) -> None:
    plain = audited(company())[1].to_json()
    first = began(tmp_path / "plain", company()).facts.population
    options = ("display.max_colwidth", 5, "display.max_rows", 2, "display.precision", 1, "mode.string_storage", "python")
    with pd.option_context(*options):
        assert audited(company())[1].to_json() == plain
        again = began(tmp_path / "odd", company())
        assert again.facts.population == first
        assert open_campaign(tmp_path / "odd").verify() == []


def without_inferred_text() -> tuple[str, str]:
    with pd.option_context("future.infer_string", False):
        found = audited(company())[1]
        return found.to_json(), found.to_csv()


def test_without_inferred_text_the_findings_are_the_same() -> None:
    """`future.infer_string` goes with pandas 4, and says so; until then a user may have it off."""
    found = audited(company())[1]
    with pytest.warns(DeprecationWarning, match="infer_string"):
        again = without_inferred_text()
    assert again == (found.to_json(), found.to_csv())
