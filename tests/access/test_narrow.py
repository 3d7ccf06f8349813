"""The narrowest access: exact, proven, and enough when it is put through what-if."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

import pandas as pd
import pytest
from documents import snapshot_of
from random_organisations import PATHS
from random_organisations import organisation as random_organisation
from small import given, organisation, role

from auditkit.access.candidates import Choice, Proposal
from auditkit.access.cover import Cover, choose
from auditkit.access.narrow import narrow, narrow_all
from auditkit.errors import InputError, UnknownPrincipal
from auditkit.whatif import what_if


def required(*rows: tuple[str, ...]) -> pd.DataFrame:
    names = ("principal_id", "permission", "resource_type", "resource_path", "expect", "reason")
    padded = [dict(zip(names, row, strict=False)) for row in rows]
    frame = pd.DataFrame({name: [row.get(name) for row in padded] for name in names}, dtype="str")
    return frame.assign(line=range(2, len(rows) + 2), expect=frame.expect.fillna("allow"))


def chosen(narrowing: Any) -> list[tuple[str, str, object]]:
    return [(each.kind, each.id, each.place) for each in narrowing.chosen]


def test_the_role_with_the_least_excess() -> None:
    found = narrow(snapshot_of(organisation()), "gate", required(("gate", "iot.device.read")))
    assert chosen(found) == [("role", "reader", None)]
    assert (found.excess, found.proven, found.unmet) == ((), True, ())
    assert found.removed_assignments == ("ra-2",)
    assert found.taken == ("iot.device.write",)


def test_one_role_rather_than_two_where_the_excess_is_equal() -> None:
    rows = required(("gate", "iot.device.read"), ("gate", "iot.device.write"))
    assert chosen(narrow(snapshot_of(organisation()), "gate", rows)) == [("role", "writer", None)]


def test_a_resource_is_answered_by_a_scope() -> None:
    rows = required(
        ("gate", "iot.device.write", "iot.network", "/net-1"), ("gate", "iot.device.read", "iot.network", "/net-1")
    )
    found = narrow(snapshot_of(organisation()), "gate", rows)
    assert chosen(found) == [("role", "writer", ("iot.network", "/net-1"))]
    assert found.chosen[0].held == "ra-2"
    assert found.unchanged
    assert found.change() == {}


def test_a_wanted_permission_on_a_wider_place_is_told_apart_from_what_nobody_asked_for() -> None:
    rows = required(
        ("gate", "iot.device.read", "iot.network", "/net-1"),
        ("gate", "iot.stream.publish", "iot.network", "/net-2"),
        ("gate", "iot.device.write", "iot.network", "/net-2"),
    )
    found = narrow(snapshot_of(organisation()), "gate", rows)
    assert found.wider == (("iot.device.read", ("iot.network", "/net-2")),)
    assert found.excess == ("iam.key.create", "iot.device.read (wider than asked: iot.network /net-2)")


def test_what_cannot_be_met_says_why() -> None:
    roles = [role("people", ["iam.key.create"], ["User"]), role("maybe", ["iot.device.read"], None),
             role("if", ["iot.device.write"], ["ApiKey"],
                  conditions=[{"attribute": "request.ip", "operator": "cidr", "value": "10.0.0.0/8"}])]  # fmt: skip
    rows = required(
        *(
            ("gate", each)
            for each in ("iam.key.create", "iot.device.read", "iot.device.write", "iot.stream.publish", "no.such.thing")
        )
    )
    found = narrow(snapshot_of(organisation(roles=roles)), "gate", rows)
    assert {each.permission: each.reason for each in found.unmet} == {
        "iam.key.create": "no role that supports ApiKey holds it; it is held by People",
        "iot.device.read": "no role that supports ApiKey holds it; it is held by Maybe",
        "iot.device.write": "the roles that support ApiKey hold it under conditions only: If",
        "iot.stream.publish": "no role holds it",
        "no.such.thing": "the catalogue has no such permission",
    }
    assert found.chosen == ()


def test_grants_take_part_only_if_asked() -> None:
    rows = required(("gate", "iot.stream.publish"))
    assert chosen(narrow(snapshot_of(organisation()), "gate", rows)) == [("role", "wide", None)]
    assert chosen(narrow(snapshot_of(organisation()), "gate", rows, grants=True)) == [
        ("grant", "iot.stream.publish", None)
    ]


def test_nothing_is_proposed_that_must_never_be_held() -> None:
    rows = required(("gate", "iot.stream.publish"), ("gate", "iam.key.create", None, None, "deny"))  # type: ignore[arg-type]
    found = narrow(snapshot_of(organisation()), "gate", rows)
    assert found.chosen == ()
    assert "must never be held" in found.unmet[0].reason


def test_groups_are_left_and_an_expired_assignment_is_not_touched() -> None:
    routes = [given("ra-1", "outer", "wide"), given("ra-9", "ada", "wide", expiresAt="2026-10-01T00:00:00Z")]
    found = narrow(snapshot_of(organisation(roleAssignments=routes)), "ada", required(("ada", "iot.device.read")))
    assert found.left_groups == ("inner",)
    assert found.removed_assignments == ()


def test_bad_input() -> None:
    whole = snapshot_of(organisation())
    with pytest.raises(UnknownPrincipal, match="gate"):
        narrow(whole, "gaet", required(("gate", "iot.device.read")))
    with pytest.raises(InputError, match="no required row"):
        narrow(whole, "ada", required(("gate", "iot.device.read")))
    assert narrow_all(whole, required(("nobody", "iot.device.read"))).unknown == ("nobody",)


def test_a_time_limit_that_ends_the_search_is_told() -> None:
    found = narrow(snapshot_of(organisation()), "gate", required(("gate", "iot.stream.publish")), time_limit=0.0)
    assert chosen(found) == [("role", "wide", None)]
    assert not found.proven
    assert "its excess is 3, and no choice can have less than 0" in found.proof


def test_without_time_the_choice_is_greedy_and_still_gives_all() -> None:
    """Most new needs for each extra first: neither the wide one, though it has the most, nor one that adds nothing."""
    covers = [frozenset({0, 1, 2, 3}), frozenset({0, 1}), frozenset({2, 3}), frozenset({1, 2})]
    extras = [frozenset(range(5)), frozenset[int](), frozenset({7}), frozenset({8, 9})]
    found = choose(covers, extras, [1.0] * 4, time_limit=0.0)
    assert (found.chosen, found.excess, found.cost) == ((1, 2), 1, 2.0)
    assert (found.excess_bound, found.cost_bound, found.proven) == (0, 0.0, False)


def test_without_time_every_need_is_met_on_random_sets() -> None:
    for seed in range(60):
        random = Random(seed)
        covers = [frozenset(random.sample(range(5), random.randint(0, 3))) for _ in range(8)]
        extras = [frozenset(random.sample(range(6), random.randint(0, 4))) for _ in range(8)]
        found, best = (choose(covers, extras, [1.0] * 8, time_limit=limit) for limit in (0.0, 30.0))
        assert frozenset().union(*(covers[at] for at in found.chosen)) == frozenset().union(*covers)
        assert len(frozenset().union(*(extras[at] for at in found.chosen))) == found.excess >= best.excess
        assert not found.proven
        assert found.excess_bound == 0


def test_without_time_narrow_gives_all_and_says_the_gap() -> None:
    rows = required(("gate", "iot.device.read"), ("gate", "iot.device.write"), ("gate", "iot.stream.publish"))
    whole = snapshot_of(organisation())
    found = narrow(whole, "gate", rows, time_limit=0.0)
    assert found.unmet == ()
    assert "not proven, the time ended" in found.to_text()
    assert not what_if(whole, found.change(), required=rows).required.change.eq("breaks").any()


def test_the_cover_is_the_best_of_all() -> None:
    """Against every subset of the candidates, on random sets."""
    for seed in range(60):
        random = Random(seed)
        covers = [frozenset(random.sample(range(5), random.randint(0, 3))) for _ in range(8)]
        extras = [frozenset(random.sample(range(6), random.randint(0, 4))) for _ in range(8)]
        items = frozenset().union(*covers)
        every = [each for size in range(9) for each in combinations(range(8), size)
                 if frozenset().union(*(covers[at] for at in each)) == items]  # fmt: skip
        best = min((len(frozenset().union(*(extras[at] for at in each))), len(each)) for each in every)
        found = choose(covers, extras, [1.0] * 8, time_limit=30)
        assert (found.excess, len(found.chosen)) == best
        assert found.proven


def test_what_is_proposed_leaves_no_required_row_missing() -> None:
    """The law: put through what-if, no row that could be met is missing, and none that was met breaks."""
    for seed in range(15):
        random = Random(seed)
        document = random_organisation(random)
        whole = snapshot_of(document)
        names = [each["identifier"] for each in document["permissions"]]
        rows = required(*{
            (random.choice(document["principals"])["id"], random.choice(names),
             *random.choice([(), ("iot.network", random.choice(PATHS))]))
            for _ in range(4)
        })  # fmt: skip
        found = narrow_all(whole, rows, grants=random.random() < 0.5)
        if not found.change():
            continue
        unmet = {
            (each.principal_id, gap.permission, *(gap.place or (None, None)))
            for each in found.each
            for gap in each.unmet
        }
        outcome = what_if(whole, found.change(), required=rows)
        usable = {each["id"] for each in document["principals"] if each["status"] == "Active"}
        for row in outcome.broken.to_dict("records"):
            place = (
                (row["resource_type"], row["resource_path"])
                if row["resource_path"] == row["resource_path"]
                else (None, None)
            )
            assert (row["principal_id"], row["permission"], *place) in unmet, (seed, row)
            assert row["principal_id"] in usable


def test_a_grant_is_forbidden_only_where_its_place_is() -> None:
    """What must never be held on one network may be granted on another, not on a place above."""
    rows = required(
        ("gate", "iot.stream.publish", "iot.network", "/net-2"),
        ("gate", "iot.stream.publish", "iot.network", "/net-1/a", "deny"),
    )
    found = narrow(snapshot_of(organisation()), "gate", rows, grants=True)
    assert chosen(found) == [("grant", "iot.stream.publish", ("iot.network", "/net-2"))]
    above = rows.assign(resource_path=["/net-1", "/net-1/a"])
    assert narrow(snapshot_of(organisation()), "gate", above, grants=True).chosen == ()


def test_a_grant_that_is_held_already_is_kept() -> None:
    grant = {"id": "g-1", "principalId": "gate", "permissionId": "id iot.stream.publish", "organisationId": "org-1",
             "createdAt": "2026-01-01T00:00:00Z"}  # fmt: skip
    rows = required(("gate", "iot.stream.publish"))
    found = narrow(snapshot_of(organisation(permissionGrants=[grant], roleAssignments=[])), "gate", rows, grants=True)
    assert [(each.kind, each.held) for each in found.chosen] == [("grant", "g-1")]
    assert found.unchanged


@pytest.mark.parametrize(("bound", "least"), [(0.0, 1), (0.4, 1), (1.0, 1), (2.0, 2)])
def test_a_search_that_time_ended_says_how_few_assignments_could_do(bound: float, least: int) -> None:
    cover = Cover(chosen=(0, 1), excess=0, excess_bound=0, cost=2.5, cost_bound=bound)
    choice = Choice(kind="role", id="reader", name="Reader", place=None)
    told = Proposal(chosen=(choice, choice), excess=(), unmet=(), cover=cover).proof
    gap = f"its excess is the least; it has 2 assignments, and no choice has under {least}"
    assert told == f"not proven, the time ended: {gap}"


def test_a_choice_that_reaches_wider_than_what_is_given_now_says_so() -> None:
    whole = snapshot_of(organisation())
    # The gateway may write on one network; a row without a resource asks for all.
    found = narrow(whole, "gate", required(("gate", "iot.device.write")))
    (told,) = found.beyond
    assert told == (
        "Writer would reach the whole organisation, where what it is given now reaches iot.network /net-1 alone; "
        "a required row that names no resource asks for the whole organisation"
    )
    assert f"  wider than now: {told}" in found.to_text().splitlines()
    assert "wider than now: Writer" in found._repr_html_()
    assert "would reach" not in str(found.to_dict())
    above = narrow(whole, "gate", required(("gate", "iot.device.read", "iot.network", "/")))
    assert above.beyond == (
        "Reader would reach iot.network /, where what it is given now reaches iot.network /net-1 alone",
    )


@pytest.mark.parametrize(
    ("who", "row"),
    [
        # As wide as now, beside it, nothing like it now, and as wide as what a group gives.
        ("gate", ("iot.device.read", "iot.network", "/net-1")),
        ("gate", ("iot.device.read", "iot.network", "/net-2")),
        ("bob", ("iot.device.read",)),
        ("ada", ("iot.device.read",)),
    ],
)
def test_any_other_choice_is_not_called_wider(who: str, row: tuple[str, ...]) -> None:
    assert narrow(snapshot_of(organisation()), who, required((who, *row))).beyond == ()


def test_what_was_given_and_has_expired_is_no_measure() -> None:
    scope = {"resourceType": "iot.network", "path": "/net-1"}
    routes = [given("ra-2", "gate", "writer", resourceScope=scope, expiresAt="2026-01-02T00:00:00Z")]
    rows = required(("gate", "iot.device.write"))
    assert narrow(snapshot_of(organisation(roleAssignments=routes)), "gate", rows).beyond == ()
