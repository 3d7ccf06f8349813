"""Effective permission of everyone at once agrees with a triple loop, and with `explain`, on random organisations."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pandas as pd
import pytest
from documents import AS_OF, snapshot_of
from gateway import READ, WRITE, document, held, person, role, scope
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_effective import effective
from random_organisations import NOW, organisation
from scipy import sparse

from auditkit.access.codes import ranges
from auditkit.access.effective import LEVELS, _distinct
from auditkit.access.explain import Explainer
from auditkit.access.routes import closure
from auditkit.access.tables import Tables
from auditkit.access.unions import union_sizes

SEEDS = st.integers(min_value=0, max_value=2**32)


@given(seed=SEEDS)
@settings(max_examples=150, deadline=None)
def test_everyone_at_once_agrees_with_a_triple_loop(seed: int) -> None:
    made = organisation(Random(seed))
    expected = effective(made, NOW)
    tables = Tables(snapshot_of(made), as_of=AS_OF)
    found = tables["effective"]
    pairs = found.pairs()
    assert dict(zip(zip(pairs.principal_id, pairs.permission_id, strict=True), pairs.level, strict=True)) == expected
    counts = found.counts().set_index("principal_id")
    for principal in made["principals"]:
        levels = [level for (who, _), level in expected.items() if who == principal["id"]]
        assert {name: counts.loc[principal["id"], name] for name in LEVELS} == {name: levels.count(name) for name in LEVELS}


@given(seed=SEEDS)
@settings(max_examples=100, deadline=None)
def test_explain_says_allowed_exactly_where_the_bulk_says_organisation(seed: int) -> None:
    made = organisation(Random(seed))
    snapshot = snapshot_of(made)
    explainer, found = Explainer(snapshot, AS_OF), Tables(snapshot, as_of=AS_OF)["effective"]
    asked = [(who["id"], what) for who in made["principals"] for what in made["permissions"]]
    levels = found.levels([who for who, _ in asked], [what["id"] for _, what in asked])
    for (who, what), level in zip(asked, levels, strict=True):
        outcome = explainer.decide(who, what["identifier"]).outcome
        assert (outcome == "allowed") == (level == "organisation")


LEVELLED = document(
    principals=[person("ann", "User"), person("old", "User", status="Suspended"), person("g", "Group")],
    groupMembers=[{"groupId": "g", "principalId": who} for who in ("ann", "old", "gw-7")],
    roles=[role("writer", ["User"], ["perm-w", "perm-gone", "perm-w"]), role("silent", None, ["perm-w"])],
    roleAssignments=[
        held("ra-2", "g", roleId="writer"),
        held("ra-3", "gw-7", roleId="silent"),
        held("ra-4", "ann", roleId="gone"),
        held("ra-5", "nobody", roleId="writer"),
    ],
    permissionGrants=[held("pg-1", "ann", permissionId="perm-r", resourceScope=scope("iot.device", "/a")), held("pg-2", "ann", permissionId="gone")],
)


def test_levels_by_hand() -> None:
    found = Tables(snapshot_of(LEVELLED), as_of=AS_OF)["effective"]
    pairs = found.pairs()
    assert list(zip(pairs.principal_id, pairs.identifier, pairs.level, strict=True)) == [
        ("ann", READ, "scoped"), ("ann", WRITE, "organisation"), ("gw-7", READ, "organisation"), ("gw-7", WRITE, "undetermined"),
    ]  # fmt: skip
    assert pairs.level.dtype == pd.CategoricalDtype(["undetermined", "scoped", "organisation"], ordered=True)
    some = found.pairs(principals=["gw-7", "nobody"], permissions=["perm-w", "gone"])
    assert some.identifier.tolist() == [WRITE]
    assert found.pairs(principals=[]).empty
    assert found.pairs(permissions=[]).empty
    assert found.levels(["ann", "old", "nobody"], ["perm-w", "perm-w", "perm-w"]).isna().tolist() == [False, True, True]


def chain(length: int) -> dict[str, object]:
    groups = [f"g-{number:05d}" for number in range(length)]
    return document(
        assignment={"principalId": groups[-1]},
        principals=[person(each, "Group") for each in groups],
        groupMembers=[{"groupId": groups[0], "principalId": "gw-7"}]
        + [{"groupId": outer, "principalId": inner} for inner, outer in pairwise(groups)]
        + [{"groupId": groups[0], "principalId": groups[0]}, {"groupId": groups[0], "principalId": groups[length // 2]}],
    )


def test_a_chain_of_ten_thousand_groups_with_a_cycle_in_it() -> None:
    snapshot = snapshot_of(chain(10_000))
    tables = Tables(snapshot, as_of=AS_OF)
    assert tables["effective"].pairs(principals=["gw-7"]).level.tolist() == ["organisation"]
    reach = tables["reach"]
    assert reach.loc[reach.principal_id.eq("gw-7"), "through"].tolist() == ["g-09999"]
    (route,) = Explainer(snapshot, AS_OF).decide("gw-7", READ).routes
    assert len(route.through) == 10_000
    assert len(route.text) < 200


@given(
    edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20),
    wanted=st.lists(st.booleans(), min_size=8, max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_the_closure_is_what_repeated_multiplication_gives(edges: list[tuple[int, int]], wanted: list[bool]) -> None:
    reached = np.eye(8, dtype=bool)
    step = np.eye(8, dtype=bool)
    for inner, outer in edges:
        step[inner, outer] = True
    for _ in range(8):
        reached = reached @ step
    inner, outer = (np.array(column, dtype=np.int64) for column in (list(zip(*edges, strict=True)) or ([], [])))
    found = closure(inner, outer, np.array(wanted)).toarray()
    assert (found == reached & np.array(wanted)).all()


def test_sets_are_told_apart_even_behind_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    class Same:
        def integers(self, *_: object, size: int, **__: object) -> np.ndarray:
            return np.ones(size, dtype=np.int64)

    rows = sparse.csr_array(np.array([[1, 0, 1], [0, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 0]], dtype=bool))
    monkeypatch.setattr(np.random, "default_rng", lambda _: Same())
    number, sets = _distinct(rows)
    assert (sets[number].toarray() == rows.toarray()).all()


@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_union_sizes_count_what_each_level_is_first_to_bring(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.random((6, random.integers(0, 200))) < 0.3
    levels = [random.random((9, 6)) < 0.3 for _ in range(3)]
    found = union_sizes([sparse.csr_array(each) for each in levels], sparse.csr_array(rows))
    seen = np.zeros((9, rows.shape[1]), dtype=bool)
    for place, level in enumerate(levels):
        more = (level.astype(int) @ rows.astype(int) > 0) & ~seen
        assert found[:, place].tolist() == more.sum(axis=1).tolist()
        seen |= more


def test_ranges() -> None:
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
