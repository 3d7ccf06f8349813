"""Which finding reaches which item, and which reaches none."""

from __future__ import annotations

import pandas as pd
import pytest
from companies import HELD, KEYS, OLD, PEOPLE, ROLES, changed, company

from auditkit.access.tables import Tables
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.advice import advise, unattached
from auditkit.review.population import population
from auditkit.snapshot import Snapshot, build

NEED = pd.DataFrame(
    {"line": [2], "principal_id": ["gate"], "permission": ["iam.key.create"], "resource_type": [None], "resource_path": [None], "expect": ["allow"], "reason": [None]}
).astype(dict.fromkeys(["principal_id", "permission", "resource_type", "resource_path", "expect", "reason"], "str"))  # fmt: skip
KIND = {
    "principals": "principal", "credentials": "credential", "role_assignments": "assignment",
    "permission_grants": "grant",
}  # fmt: skip
USED = {"revoked_at": "2026-06-25T00:00:00Z", "last_used_at": "2026-06-28T00:00:00Z"}


def advised(snapshot: Snapshot, required: pd.DataFrame | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The advised items by item, and what hangs on none."""
    tables = Tables(snapshot, required=required)
    found = run_rules(tables, Limits())
    items = advise(population(tables, Limits()), found, tables)
    return items.set_index("item"), unattached(found.frame, items)


def flawed(rule: str, collection: str, record: str) -> Snapshot:
    """The company with one flaw in its data, as an import tells it."""
    plain = company()
    row = {
        "rule": rule,
        "record": KIND[collection],
        "collection": collection,
        "record_id": record,
        "field": "keySecret",
        "reason": "it was dropped",
    }
    columns = {name: pd.Series([row.get(name)], dtype=kind) for name, kind in plain.problems.dtypes.items()}
    columns["set_aside"] = pd.Series([False])
    return build(plain.frames, problems=pd.DataFrame(columns))


def test_a_secret_in_a_credential_reaches_it() -> None:
    items, left = advised(flawed("DAT007", "credentials", "c2"))
    assert tuple(items.loc["credential:c2", ["recommendation", "severity"]]) == ("rotate", "critical")
    assert "DAT007" in items.because["credential:c2"]
    assert "DAT007" not in set(left.rule)
    assert "DAT007" not in items.because["credential:c1"]


@pytest.mark.parametrize(
    ("collection", "record", "item"),
    [("role_assignments", "a2", "assignment:a2"), ("permission_grants", "g1", "grant:g1"), ("principals", "ann", "principal:ann")],
)  # fmt: skip
def test_a_flaw_of_a_record_reaches_its_item(collection: str, record: str, item: str) -> None:
    items, left = advised(flawed("DAT002", collection, record))
    assert items.severity[item] == "high"
    assert "DAT002" not in set(left.rule)


def test_a_flaw_of_what_is_no_item_is_counted_apart() -> None:
    _, left = advised(flawed("DAT005", "permission_grants", "g9"))
    (row,) = left[left.rule.eq("DAT005")][["severity", "subject_id"]].astype("str").to_dict("records")
    assert row == {"severity": "high", "subject_id": "g9"}


def test_a_revoked_credential_that_is_used_is_told_of_its_principal() -> None:
    items, left = advised(company(credentials=changed(KEYS, 0, **USED)))
    assert "credential:c1" not in items.index
    assert (items.recommendation["principal:gate"], items.severity["principal:gate"]) == ("ask", "high")
    assert "CRD003 Revoked credential: credential c1 was revoked" in items.because["principal:gate"]
    assert "CRD003" not in set(left.rule)


def test_a_revoked_credential_that_rests_asks_nobody_and_is_listed() -> None:
    items, left = advised(company(credentials=changed(KEYS, 0, revoked_at="2026-06-25T00:00:00Z", last_used_at=OLD)))
    assert "CRD003" not in items.because["principal:gate"]
    assert left[left.rule.eq("CRD003")].subject_id.to_list() == ["c1"]


def test_what_a_principal_lacks_is_asked_of_it_and_of_nothing_that_it_holds() -> None:
    items, left = advised(company(), NEED)
    assert (items.recommendation["principal:gate"], items.severity["principal:gate"]) == ("ask", "high")
    assert "PRM001" not in items.because["assignment:a2"]
    assert "PRM001" not in set(left.rule)


def test_what_is_to_be_done_is_not_hidden_by_what_is_lacking() -> None:
    foreign = company(principals=changed(PEOPLE, 1, organisation_id="other"), role_assignments=HELD)
    items, _ = advised(foreign, NEED)
    gate = items.loc["principal:gate"]
    assert gate.recommendation == "remove"
    assert "PRN005" in gate.because
    assert len(gate.fingerprints.split()) > 1


def test_every_finding_hangs_on_an_item_or_is_listed() -> None:
    tables = Tables(company(credentials=changed(KEYS, 0, **USED)), required=NEED)
    found = run_rules(tables, Limits())
    items = advise(population(tables, Limits()), found, tables)
    seen = set(" ".join(items.fingerprints).split())
    assert len(seen & set(found.frame.fingerprint)) + len(unattached(found.frame, items)) == len(found.frame)


BOTH = ROLES | {"permission_ids": [["p1", "p2"], ["p1", "p2"]]}
EITHER = BOTH | {"supported_principal_types": [["User", "ApiKey"]] * 2}
MUST = pd.concat([NEED.assign(permission="iot.device.read"), NEED.assign(line=3, expect="deny")], ignore_index=True)
TWICE = {"grant_id": ["g1"], "principal_id": ["gate"], "permission_id": ["p1"], "organisation_id": ["org"], "created_at": [OLD]}
_ALONE = "required on line 2 and given by it alone: give that otherwise before it is removed"


@pytest.mark.parametrize(
    ("more", "required", "recommended", "warned"),
    [
        ({"roles": BOTH}, MUST, "remove", True),
        ({"roles": BOTH, "permission_grants": TWICE}, MUST, "remove", False),
        ({"roles": EITHER, "role_assignments": HELD | {"principal_id": ["gate", "gate", "hooks"]}}, MUST, "remove", False),
        ({"roles": BOTH}, MUST[1:], "remove", False),
        ({}, MUST, "ask", False),
    ],
    ids=["alone", "a grant too", "another assignment too", "nothing required", "nothing forbidden"],
)
def test_a_removal_that_takes_what_is_required_says_so(more, required, recommended, warned) -> None:
    items, _ = advised(company(**more), required.reset_index(drop=True))
    assert items.recommendation["assignment:a2"] == recommended
    assert items.because["assignment:a2"].endswith(_ALONE) is warned
    assert not items.because.drop("assignment:a2").str.contains("given by it alone").any()
