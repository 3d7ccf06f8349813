"""Laws of a decision on random organisations: what more, less or later can and cannot do to it."""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd
import pytest
from documents import AS_OF, snapshot_of
from gateway import AFTER, READ, decide, document
from hypothesis import given, settings
from hypothesis import strategies as st
from random_organisations import organisation, requests

from auditkit.access.decision import CHECKS
from auditkit.access.explain import Explainer, explain
from auditkit.errors import InputError, UnknownPermission, UnknownPrincipal

SEEDS = st.integers(min_value=0, max_value=2**32)
BETTER = {"denied": 0, "undetermined": 1, "allowed": 2}


def outcomes(made: dict[str, Any], asked: list[dict[str, Any]]) -> list[int]:
    explainer = Explainer(snapshot_of(made), AS_OF)
    return [BETTER[explainer.decide(**request).outcome] for request in asked]


@given(seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_removing_a_route_never_gives_more_and_adding_one_never_less(seed: int) -> None:
    random = Random(seed)
    made = organisation(random)
    asked = requests(random, made, 20)
    less = made | {"roleAssignments": random.sample(made["roleAssignments"], len(made["roleAssignments"]) // 2)}
    assert all(one >= two for one, two in zip(outcomes(made, asked), outcomes(less, asked), strict=True))


@given(seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_forgetting_the_context_only_widens_to_undetermined(seed: int) -> None:
    random = Random(seed)
    made = organisation(random)
    asked = requests(random, made, 20)
    forgotten = [request | {"context": {}} for request in asked]
    for known, unknown in zip(outcomes(made, asked), outcomes(made, forgotten), strict=True):
        assert unknown in (known, BETTER["undetermined"])


@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_the_order_of_records_decides_nothing(seed: int) -> None:
    random = Random(seed)
    made = organisation(random)
    asked = requests(random, made, 20)
    shuffled = {name: random.sample(part, len(part)) if isinstance(part, list) else part for name, part in made.items()}
    one, two = Explainer(snapshot_of(made), AS_OF), Explainer(snapshot_of(shuffled), AS_OF)
    for request in asked:
        assert one.decide(**request).to_dict() == two.decide(**request).to_dict()


@given(seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_the_shape_of_a_decision(seed: int) -> None:
    random = Random(seed)
    made = organisation(random)
    explainer = Explainer(snapshot_of(made), AS_OF)
    for request in requests(random, made, 20):
        decision = explainer.decide(**request)
        results = [check.result for check in decision.checks]
        assert [(check.id, check.name) for check in decision.checks] == list(CHECKS.items())
        assert decision.failed_check == next((check.id for check in decision.checks if check.result == "fail"), None)
        assert (decision.outcome == "denied") == ("fail" in results)
        if "fail" in results[8:]:
            at = 8 + results[8:].index("fail")
            assert set(results[at + 1 :]) <= {"skipped"}
        else:
            assert "skipped" not in results[8:]
        for each in (*decision.checks, *decision.routes):
            assert (each.fix is not None) == (each.result == "fail")
        assert all(check.detail for check in decision.checks)
        assert all(route.reason for route in decision.routes)
        assert list(decision.to_dict()) == ["outcome", "failed_check", "checks", "routes"]
        assert [(route.stopped_by is None) for route in decision.routes] == [route.result != "fail" for route in decision.routes]


def test_a_date_in_the_future_says_what_will_stop_working() -> None:
    changed = document(assignment={"expiresAt": "2027-01-01T00:00:00Z"})
    assert decide(changed, as_of=pd.Timestamp("2026-12-31T23:59:59.999999Z")).outcome == "allowed"
    assert decide(changed, as_of=pd.Timestamp("2027-01-01T00:00:00Z")).failed_check == "AUZ1"
    assert decide(changed, as_of=pd.Timestamp("2027-01-01T01:00:00+02:00")).outcome == "allowed"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_any_precision_of_the_instant_will_do(unit: str) -> None:
    changed = document(assignment={"expiresAt": AFTER})
    assert decide(changed, as_of=AS_OF.as_unit(unit)).outcome == "allowed"
    assert decide(changed, as_of=pd.Timestamp(AFTER).as_unit(unit)).outcome == "denied"


def test_by_default_the_instant_is_that_of_the_snapshot() -> None:
    assert explain(snapshot_of(document(assignment={"expiresAt": AFTER})), "gw-7", READ).outcome == "allowed"


def test_what_does_not_exist_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UnknownPrincipal, match=r"no principal 'gw-8'.*did you mean gw-7\?"):
        decide(document(), principal="gw-8")
    with pytest.raises(UnknownPermission, match=r"no permission 'iot.device.raed'.*did you mean iot.device.read"):
        decide(document(), permission="iot.device.raed")
    with pytest.raises(UnknownPrincipal, match="it holds 1, and none"):
        decide(document(), principal="someone else")
    # An id of a permission is not its identifier, and nothing is guessed.
    with pytest.raises(UnknownPermission):
        decide(document(), permission="perm-r")


@pytest.mark.parametrize("wrong", [{"method": "bearer"}, {"api": "billing"}])
def test_a_method_or_api_that_there_is_not_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError, match="it is"):
        decide(document(), **wrong)


def test_a_decision_shows_itself_inertly() -> None:
    hostile = '<img src=x onerror="alert(1)">\x1b[2J\u202e'
    changed = document(principal={"displayName": hostile}, role={"name": hostile}, assignment={"organisationId": hostile})
    decision = decide(changed)
    page, text = decision._repr_html_(), decision.to_text()
    assert "<img" not in page
    assert "&lt;img" in page
    assert not any(char in text for char in "\x1b\u202e")
    assert all(mark in text for mark in ("✓", "✗", "├─"))


def test_the_tree_of_a_decision() -> None:
    lines = decide(document(assignment={"organisationId": "other"})).to_text().splitlines()
    assert lines[0] == "denied by AUZ3 route-organisation"
    assert "├─ ✗ AUZ3 route-organisation: role \"Gateway operator\" (role-12), assignment ra-1: belongs to the organisation other, not org-1" in lines
    assert "│     fix: Assign the role again in the organisation org-1." in lines
