"""A decision fits its item, and names a role that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from companies import Q4, ROLES, at, audited, company

from auditkit.errors import DecisionRefused
from auditkit.review.campaign import Campaign, start
from auditkit.review.deciding import decide


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    tables, findings = audited(company(roles=ROLES | {"name": ["Twin", "Twin"]}))
    return start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4))


def decided(campaign: Campaign, item: str, action: str, target: str) -> str:
    (entry,) = decide(campaign, [item], action=action, target=target, reviewer="Gil", at=Q4, account="x", mark="m", reason="r")
    return entry.target


@pytest.mark.parametrize("written", ["admin", " admin ", "Twin (admin)"])
def test_a_role_is_named_by_its_id_or_with_it(campaign: Campaign, written: str) -> None:
    assert decided(campaign, "assignment:a2", "change", written) == "admin"


def test_a_role_is_named_by_its_name(tmp_path: Path) -> None:
    tables, findings = audited(company())
    campaign = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4))
    assert decided(campaign, "assignment:a2", "change", "Administrator") == "admin"


@pytest.mark.parametrize(
    ("item", "action", "target", "says"),
    [
        ("assignment:a2", "change", "amin", "there is no role 'amin', did you mean 'admin'"),
        ("assignment:a2", "change", "Twin", "several roles are called 'Twin'"),
        ("credential:c1", "change", "admin", "'change' is for assignment and grant items"),
        ("principal:gate", "rotate", "", "'rotate' is for credential items"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_written(campaign: Campaign, item: str, action: str, target: str, says: str) -> None:
    with pytest.raises(DecisionRefused, match=says.replace("(", r"\(")):
        decided(campaign, item, action, target)
    with campaign.decisions() as store:
        assert store.entries() == []


def test_a_person_is_no_role(campaign: Campaign) -> None:
    assert decided(campaign, "credential:c1", "delegate", "amin") == "amin"
