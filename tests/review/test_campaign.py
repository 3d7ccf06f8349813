"""A campaign: a frozen population, recommendations, reviewers, and what was decided before."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from companies import HELD, KEYS, Q4, ROLES, at, audited, changed, company, without

from auditkit.access.tables import Tables
from auditkit.errors import ReviewError
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.advice import read_owners
from auditkit.review.campaign import Campaign, open_campaign, start
from auditkit.review.deciding import decide
from auditkit.review.entries import Entry
from auditkit.review.population import population
from auditkit.review.progress import NOBODY, waiting

OWNERS = pd.DataFrame(
    {
        "kind": ["principal", "group", "role", "module"],
        "id": ["gate", "ops", "reader", "iot"],
        "reviewer": ["gil", "olga", "rita", "mo"],
    },
    dtype="str",
)


def began(folder: Path, **options: object) -> Campaign:
    tables, findings = audited(company())
    return start(tables, findings, name="2026-Q3", out=folder / "q3", started_at=at("2026-07-02T08:00:00Z"), **options)  # type: ignore[arg-type]


def decided(campaign: Campaign, item: str, action: str = "remove", **more: str) -> None:
    content = campaign.items.set_index("item").content[item]
    one = Entry(
        entry_id=f"e-{item}",
        campaign="2026-Q3",
        item=item,
        content=content,
        action=action,
        reviewer="gil",
        at=Q4,
        **more,
    )
    with campaign.decisions() as store:
        store.append([one])


def scope(name: str, **more: pd.DataFrame) -> list[str]:
    tables, _ = audited(company())
    return population(tables, Limits(), name, **more).item.tolist()


def test_the_population_is_every_principal_credential_assignment_and_grant() -> None:
    assert scope("everything") == [
        "assignment:a1", "assignment:a2", "assignment:a3", "credential:c1", "credential:c2", "grant:g1",
        "principal:ann", "principal:gate", "principal:hooks", "principal:ops",
    ]  # fmt: skip


def test_machines_only() -> None:
    assert scope("machine") == [
        "assignment:a2", "assignment:a3", "credential:c1", "credential:c2", "principal:gate", "principal:hooks",
    ]  # fmt: skip


def test_privileged_only_are_those_whom_a_broad_role_reaches_or_who_may_change_access() -> None:
    found = scope("privileged")
    assert "principal:ann" in found
    assert "principal:hooks" in found  # its role holds half of the catalogue
    narrow = ROLES | {"permission_ids": [["p1", "p2"], []]}
    tables, _ = audited(company(roles=narrow))
    assert population(tables, Limits(), "privileged").item.tolist() == [
        "assignment:a1",
        "grant:g1",
        "principal:ann",
        "principal:ops",
    ]


def test_a_group_and_all_in_it() -> None:
    assert scope("group:ops") == ["assignment:a1", "grant:g1", "principal:ann", "principal:ops"]


@pytest.mark.parametrize(
    ("name", "says"), [("all", "no scope"), ("group:ann", "no group"), ("changed", "last campaign")]
)
def test_a_scope_that_cannot_be(name: str, says: str) -> None:
    with pytest.raises(ReviewError, match=says):
        scope(name)


def test_what_has_ended_is_not_asked_about() -> None:
    ended = company(
        credentials=changed(KEYS, 0, revoked_at=OLDEST), role_assignments=changed(HELD, 1, expires_at=OLDEST)
    )
    items = population(audited(ended)[0], Limits()).item.tolist()
    assert "credential:c1" not in items
    assert "assignment:a2" not in items
    assert "credential:c2" in items


OLDEST = "2026-06-25T00:00:00Z"


def test_only_what_changed() -> None:
    before = population(audited(company())[0], Limits())
    wider = company(roles=ROLES | {"permission_ids": [["p1", "p2"], ["p1", "p2"]]})
    after = population(audited(wider)[0], Limits(), "changed", before)
    assert after.item.tolist() == ["assignment:a2", "assignment:a3"]
    assert population(audited(company())[0], Limits(), "changed", before).empty


def test_use_is_no_change_of_content() -> None:
    before = population(audited(company())[0], Limits())
    used = company(credentials=KEYS | {"last_used_at": [Q4, Q4]})
    assert population(audited(used)[0], Limits()).content.equals(before.content)


def test_each_item_has_a_recommendation_with_its_reason(tmp_path: Path) -> None:
    items = began(tmp_path).items.set_index("item")
    assert items.recommendation["credential:c1"] == "shorten"
    assert items.because["credential:c1"].startswith("CRD004 ")
    assert items.recommendation["assignment:a2"] == "ask"  # a machine on a broad role
    assert (items.recommendation["principal:ann"], items.because["principal:ann"]) == ("keep", "no rule flags it")


def test_reviewers_by_principal_then_group_then_role_then_module_and_the_rest_a_list_of_its_own(tmp_path: Path) -> None:
    campaign = began(tmp_path, owners=OWNERS)
    who = campaign.items.set_index("item").reviewer
    assert who[["assignment:a2", "credential:c1", "principal:gate"]].tolist() == ["gil"] * 3
    assert who[["assignment:a1", "principal:ann", "grant:g1"]].tolist() == ["olga"] * 3
    assert who["assignment:a3"] == "rita"
    assert who["principal:hooks"] == ""
    assert campaign.facts.without_reviewer == 1
    assert campaign.progress().reviewer.tolist()[0] == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind,id\n", "columns"),
        ("kind,id,reviewer\nteam,x,y\n", "line 2"),
        ("kind,id,reviewer\ngroup,ops,ann\nrole,r, \n", "line 3"),
    ],
)
def test_owners_that_cannot_be_read(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "owners.csv").write_text(text)
    with pytest.raises(ReviewError, match=says):
        read_owners(tmp_path / "owners.csv")


def test_a_campaign_is_found_again_sound(tmp_path: Path) -> None:
    campaign = began(tmp_path)
    decided(campaign, "credential:c1")
    again = open_campaign(tmp_path / "q3")
    assert again.verify() == []
    standing = again.standing().set_index("item")
    assert standing.action["credential:c1"] == "remove"
    assert standing.action["credential:c2"] == ""
    assert again.progress("kind").set_index("kind").left["credential"] == 1


def test_a_campaign_of_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    facts = began(tmp_path).folder / "campaign.json"
    plain = json.loads(facts.read_text())
    facts.write_text(json.dumps(plain | {"schema": 2, "new in two": 1}))
    with pytest.raises(ReviewError, match=r"schema version 2, and this auditkit reads up to 1: upgrade auditkit"):
        open_campaign(tmp_path / "q3")
    facts.write_text(json.dumps({name: value for name, value in plain.items() if name != "schema"}))
    with pytest.raises(ReviewError, match="cannot be read; restore the folder from a copy"):
        open_campaign(tmp_path / "q3")


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    began(tmp_path)
    with pytest.raises(ReviewError, match="holds something already"):
        began(tmp_path)


@pytest.mark.parametrize("name", ["population.parquet", "snapshot/roles.parquet"])
def test_a_flipped_bit_is_found_and_the_file_named(tmp_path: Path, name: str) -> None:
    campaign = began(tmp_path)
    path = tmp_path / "q3" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert any(name in sentence for sentence in open_campaign(campaign.folder).verify())


def test_what_changed_since_the_last_decision_is_asked_again_and_says_why(tmp_path: Path) -> None:
    last = began(tmp_path)
    for item, action in (("assignment:a3", "keep"), ("assignment:a2", "keep"), ("credential:c2", "remove")):
        decided(last, item, action, reason="as agreed")
    now = company(as_of=Q4, role_assignments=changed(HELD, 2, expires_at="2027-01-01T00:00:00Z"))
    tables, findings = audited(now)
    items = start(
        tables, findings, name="2026-Q4", out=tmp_path / "q4", started_at=at(Q4), previous=last
    ).items.set_index("item")
    assert "has changed" in items.asked_again["assignment:a3"]
    assert "still there" in items.asked_again["credential:c2"]
    assert (items.asked_again["assignment:a2"], items.previous_action["assignment:a2"]) == ("", "keep")
    assert items.previous_reason["assignment:a2"] == "as agreed"


def test_a_decision_on_other_content_is_stale(tmp_path: Path) -> None:
    campaign = began(tmp_path)
    one = Entry(
        entry_id="e1", campaign="2026-Q3", item="grant:g1", content="another", action="keep", reviewer="gil", at=Q4
    )
    with campaign.decisions() as store:
        store.append([one])
    standing = campaign.standing().set_index("item")
    assert standing.stale["grant:g1"]
    assert not standing.stale["credential:c1"]
    assert campaign.progress("kind").set_index("kind").decided["grant"] == 0


def test_nothing_in_scope(tmp_path: Path) -> None:
    tables, findings = audited(company(principals=without_machines(), credentials={k: [] for k in KEYS}))
    with pytest.raises(ReviewError, match="nothing is in scope"):
        start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4), scope="machine")


def without_machines() -> dict[str, list[object]]:
    from companies import PEOPLE

    return without(without(PEOPLE, 1), 1)


def test_what_gives_a_forbidden_permission_is_never_recommended_to_be_kept(tmp_path: Path) -> None:
    required = pd.DataFrame(
        {"line": [2, 3], "principal_id": ["ann", "gate"], "permission": ["iam.key.create", "iot.device.read"],
         "resource_type": [None, None], "resource_path": [None, None], "expect": ["deny", "allow"], "reason": [None, None]}
    ).astype(dict.fromkeys(("resource_type", "resource_path", "reason"), "str"))  # fmt: skip
    unsupported = company(roles=ROLES | {"supported_principal_types": [["User"], ["User", "ServiceAccount"]]})
    tables = Tables(unsupported, required=required)
    findings = run_rules(tables, Limits())
    items = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4)).items.set_index("item")
    assert items.recommendation["assignment:a1"] == "remove"  # makes Ann, through her group, hold what she never must
    assert items.because["assignment:a1"].startswith("PRM007 ")
    assert items.recommendation["principal:ann"] == "ask"
    # The gateway's only role gives it nothing, yet it must hold something: another comes first.
    assert items.recommendation["assignment:a2"] == "ask"
    assert "narrow" in items.because["assignment:a2"]


def test_a_useless_role_is_to_be_changed_to_the_one_role_that_would_do(tmp_path: Path) -> None:
    required = pd.DataFrame(
        {"line": [2], "principal_id": ["gate"], "permission": ["iot.device.read"], "resource_type": [None],
         "resource_path": [None], "expect": ["allow"], "reason": [None]}
    ).astype(dict.fromkeys(("resource_type", "resource_path", "reason"), "str"))  # fmt: skip
    more = company(
        roles=ROLES
        | {"role_id": ["admin", "reader", "slim"], "name": ["Administrator", "Reader", "Slim"], "scope": ["Organisation"] * 3,
           "supported_principal_types": [["User"], ["User", "ServiceAccount"], ["ApiKey"]], "permission_ids": [["p1", "p2"], ["p1"], ["p1"]]}
    )  # fmt: skip
    tables = Tables(more, required=required)
    items = start(tables, run_rules(tables, Limits()), name="q", out=tmp_path / "q", started_at=at(Q4)).items.set_index("item")
    assert (items.recommendation["assignment:a2"], items.instead["assignment:a2"]) == ("change", "slim")
    assert items.because["assignment:a2"].endswith("; role Slim (slim) on the whole organisation would do instead")
    assert set(items.instead.drop("assignment:a2")) == {""}


def test_items_name_whose_they_are(tmp_path: Path) -> None:
    tables, findings = audited(company(role_assignments=HELD | {"principal_id": ["ops", "gate", "gone"]}))
    items = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4)).items.set_index("item")
    assert items.whose["credential:c1"] == "Gateway 7 (gate)"
    assert items.whose["assignment:a1"] == "On call (ops)"
    assert items.whose["assignment:a3"] == "gone"
    assert items.says["assignment:a2"].startswith("Role Reader (reader) on the whole organisation")


def test_a_campaign_without_any_finding_on_a_permission(tmp_path: Path) -> None:
    quiet = company(permission_grants={}, roles=ROLES | {"permission_ids": [["p1"], ["p1"]]})
    tables, findings = audited(quiet)
    assert not findings.frame.subject_type.str.startswith("principal|permission").any()
    items = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4)).items
    assert "assignment:a1" in items["item"].tolist()


def test_what_is_handed_on_counts_as_decided_by_nobody_and_says_for_whom_it_waits(tmp_path: Path) -> None:
    tables, findings = audited(company())
    owners = pd.DataFrame({"kind": ["principal"], "id": ["gate"], "reviewer": ["Gil"]})
    campaign = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q4), owners=owners)

    def say(item: str, action: str, reviewer: str, target: str = "") -> None:
        decide(campaign, [item], action=action, reviewer=reviewer, at=Q4, account="x", mark=f"{item}{action}{reviewer}", target=target, reason="r")

    say("credential:c1", "delegate", "Gil", "Olga")
    say("credential:c2", "delegate", "Gil", "Olga")
    say("assignment:a2", "not mine", "Gil")
    say("principal:gate", "keep", "Gil")
    mine = campaign.progress().set_index("reviewer").loc["Gil"]
    assert mine.to_dict() == {"items": 4, "decided": 1, "waiting": 3, "left": 0, "conflicts": 0}
    assert waiting(campaign.standing()) == ["waiting for Olga: 2", f"waiting for {NOBODY}: 1"]
    say("credential:c1", "remove", "Olga")
    assert waiting(campaign.standing()) == ["waiting for Olga: 1", f"waiting for {NOBODY}: 1"]
    for by in ("reviewer", "severity", "kind"):
        told = campaign.progress(by)
        assert told["items"].tolist() == (told.decided + told.waiting + told.left).tolist()
    asked = campaign.standing().set_index("item").asked_of
    assert (asked["credential:c1"], asked["credential:c2"], asked["assignment:a2"], asked["principal:gate"]) == ("Gil", "Olga", "", "Gil")
