"""The second quarter of the sample: some decisions carried out, some not, some access come back, new people."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from auditkit.bundle import NEXT_AS_OF, SAMPLE_AS_OF
from auditkit.demo_review import review
from auditkit.findings import audit
from auditkit.limits import Limits
from auditkit.review.accepted import apply, read_accepted
from auditkit.sandbox.maker import document_text, make_organisation
from auditkit.sandbox.next_quarter import next_quarter
from auditkit.snapshot import Snapshot
from auditkit.source.document import import_document

DATA = Path(__file__).parents[2] / "data"


def quarter(name: str, instant: str) -> Snapshot:
    return import_document(DATA / name, pulled_at=pd.Timestamp(instant).as_unit("us"))


FIRST, SECOND = quarter("organisation.json", SAMPLE_AS_OF), quarter("organisation_next.json", NEXT_AS_OF)


def test_the_file_is_up_to_date_and_the_first_quarter_is_left_alone() -> None:
    document = json.loads((DATA / "organisation.json").read_bytes())
    before = json.dumps(document)
    assert document_text(next_quarter(document)) == (DATA / "organisation_next.json").read_text("utf-8")
    assert json.dumps(document) == before


@pytest.mark.parametrize("size", [1, 2, 30, 150])
def test_any_organisation_has_a_next_quarter(size: int, tmp_path: Path) -> None:
    path = tmp_path / "organisation.json"
    path.write_text(document_text(next_quarter(make_organisation(size))), "utf-8")
    assert len(import_document(path, pulled_at=pd.Timestamp(NEXT_AS_OF).as_unit("us")).principals) > size


def test_people_joined_and_nobody_left() -> None:
    new = set(SECOND.principals.principal_id) - set(FIRST.principals.principal_id)
    assert new == {"key-new-1", "usr-new-1", "usr-new-2", "usr-new-3"}
    assert set(FIRST.principals.principal_id) <= set(SECOND.principals.principal_id)


def test_the_attestation_is_asked_again() -> None:
    found = [audit(each, attestations=DATA / "attestations.toml").frame.rule for each in (FIRST, SECOND)]
    assert [int(rules.eq("ORG004").sum()) for rules in found] == [0, 1]


def test_an_accepted_finding_comes_back() -> None:
    accepted = read_accepted(DATA / "accepted.toml")
    judged = [apply(audit(each, limits=Limits()), accepted, each.as_of) for each in (FIRST, SECOND)]
    assert [each.accepted.rule.tolist() for each in judged] == [["ROL008", "ORG001"], ["ORG001"]]
    assert [len(each.warnings) for each in judged] == [0, 1]


def test_the_review_of_the_sample_has_something_of_everything(tmp_path: Path) -> None:
    told = review(tmp_path, FIRST)
    proof = pd.read_csv(tmp_path / "proof.csv", dtype="str")
    assert set(proof.status) == {"not done", "came back", "was so already", "done"}
    assert proof["item"].iloc[0].startswith("credential:")
    assert (proof.action.iloc[0], proof.status.iloc[0]) == ("remove", "not done")
    assert set(proof.action) == {"keep", "remove", "rotate"}
    assert "without a reviewer" in told[0]
    assert (tmp_path / "plan" / "plan.md").is_file()
    assert " gained" in (tmp_path / "difference.txt").read_text("utf-8")
