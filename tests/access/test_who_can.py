"""Who can: certain and possible apart, by the shortest route; and the law that it is the inverse of `explain`."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest
from documents import AS_OF, snapshot_of
from random_organisations import organisation as random_organisation
from random_organisations import requests
from small import given, organisation, role

from auditkit.access.explain import Explainer
from auditkit.access.who_can import WhoCan, every_way, who_can, widening
from auditkit.errors import UnknownPermission


def test_through_groups_at_any_depth_by_the_shortest_route() -> None:
    roles = [role("reader", ["iot.device.read"], ["ApiKey", "Group", "User"])]
    found = who_can(snapshot_of(organisation(roles=roles)), "iot.device.read")
    assert found.principal_id.to_list() == ["ada", "inner", "outer"]
    assert found.certainty.to_list() == ["certain"] * 3
    assert found.route.iloc[0] == 'role "Reader", assignment ra-1, through group "Inner", in group "Outer"'
    assert found.through.iloc[0] == "inner, outer"
    assert found.through.isna().to_list() == [False, False, True]


def test_the_callers_type_counts_not_the_groups() -> None:
    roles = [role("reader", ["iot.device.read"], ["User"])]
    found = who_can(snapshot_of(organisation(roles=roles)), "iot.device.read")
    assert found.principal_id.to_list() == ["ada"]


def test_a_scope_reaches_its_place_and_what_lies_below_and_nothing_else() -> None:
    whole = snapshot_of(organisation())
    for path, there in (("/net-1", True), ("/net-1/dev-2", True), ("/net-10", False), ("/", False)):
        found = who_can(whole, "iot.device.write", ("iot.network", path))
        assert found.principal_id.to_list() == (["gate"] if there else [])
    assert who_can(whole, "iot.device.write").empty


def test_what_may_be_is_possible_not_certain() -> None:
    condition = [{"attribute": "request.ip", "operator": "cidr", "value": "10.0.0.0/8"}]
    routes = [given("ra-1", "outer", "reader", conditions=condition), given("ra-2", "bob", "reader")]
    whole = snapshot_of(organisation(roleAssignments=routes))
    found = who_can(whole, "iot.device.read")
    assert dict(zip(found.principal_id, found.certainty, strict=True)) == {
        "bob": "certain",
        "ada": "possible",
    }
    inside = who_can(whole, "iot.device.read", context={"request.ip": "10.1.2.3"})
    assert set(inside.certainty) == {"certain"}
    outside = who_can(whole, "iot.device.read", context={"request.ip": "11.1.2.3"})
    assert outside.principal_id.to_list() == ["bob"]


@pytest.mark.parametrize(
    ("expires", "there"), [("2026-09-30T23:59:59Z", 0), ("2026-10-01T00:00:00Z", 0), ("2026-10-01T00:00:01Z", 1)]
)
def test_an_expired_route_gives_nothing(expires: str, there: int) -> None:
    routes = [given("ra-1", "outer", "reader", expiresAt=expires)]
    assert len(who_can(snapshot_of(organisation(roleAssignments=routes)), "iot.device.read")) == there


def test_machine_only_and_nobody_who_is_not_usable() -> None:
    routes = [given(f"ra-{name}", name, "wide") for name in ("ada", "gate", "gone")]
    whole = snapshot_of(organisation(roleAssignments=routes))
    assert who_can(whole, "iam.key.create", machine_only=True).principal_id.to_list() == ["gate"]
    assert who_can(whole, "iam.key.create").principal_id.to_list() == ["ada", "gate"]


def test_an_unknown_permission_names_the_nearest() -> None:
    with pytest.raises(UnknownPermission, match=r"iot\.device\.read"):
        who_can(snapshot_of(organisation()), "iot.device.raed")


def test_a_hostile_name_is_escaped() -> None:
    document = organisation()
    document["principals"][0]["displayName"] = "<script>\x1b[2J"
    answer = WhoCan.ask(snapshot_of(document), "iot.device.read")
    assert "<script>" not in answer._repr_html_()
    assert "\x1b" not in answer.to_text()
    assert answer.to_dict()["certain"][0]["display_name"] == "<script>\x1b[2J"


def test_it_is_the_inverse_of_explain() -> None:
    """On random organisations: certain exactly where explain says allowed, possible where it says undetermined."""
    words = {"allowed": "certain", "undetermined": "possible", "denied": None}
    for seed in range(40):
        random = Random(seed)
        document = random_organisation(random)
        whole = snapshot_of(document)
        explainer = Explainer(whole, AS_OF)
        for request in requests(random, document, 3):
            asked = (request["permission"], request["resource"], request["context"])
            found = who_can(whole, *asked)
            said = dict(zip(found.principal_id, found.certainty, strict=True))
            for name in whole.principals.principal_id:
                assert said.get(name) == words[explainer.decide(name, *asked).outcome], (seed, name, asked)


def test_a_longer_scope_path_never_gives_more() -> None:
    """The law: with a segment more on a scope's path, nobody can who could not, and nobody more certainly."""
    rank = {None: 0, "possible": 1, "certain": 2}
    for seed in range(40):
        random = Random(seed)
        document = random_organisation(random)
        scoped = [each for each in document["roleAssignments"] if "resourceScope" in each]
        asked = [
            tuple(each[key] for key in ("permission", "resource", "context")) for each in requests(random, document, 3)
        ]
        before = [_said(document, each) for each in asked]
        for each in scoped:
            scope = each["resourceScope"]
            each["resourceScope"] = {**scope, "path": scope["path"].rstrip("/") + "/dev-1"}
        longer = [_said(document, each) for each in asked]
        for (_, resource, _), one, other in zip(asked, before, longer, strict=True):
            # A scope without hierarchy reaches one place alone: moved there, it reaches that place instead.
            if resource is None or not resource[1].endswith("/dev-1"):
                assert all(rank[other[name]] <= rank[one.get(name)] for name in other)


def _said(document: dict[str, object], asked: tuple[object, ...]) -> dict[str, str]:
    found = who_can(snapshot_of(document), *asked)  # type: ignore[arg-type]
    return dict(zip(found.principal_id, found.certainty, strict=True))


def test_as_json_what_is_not_there_is_null() -> None:
    told = WhoCan.ask(snapshot_of(organisation()), "iot.device.write", ("iot.network", "/net-1")).to_dict()
    (row,) = told["certain"]
    assert (row["principal_id"], row["through"]) == ("gate", None)
    assert "NaN" not in json.dumps(told)


def test_every_way_is_a_row_judged_by_itself() -> None:
    maybe = [{"attribute": "request.ip", "operator": "equals", "value": "10.0.0.1"}]
    routes = [
        given("ra-1", "outer", "reader", conditions=maybe), given("ra-2", "ada", "writer"),
        given("ra-3", "gate", "people"), given("ra-4", "bob", "reader", conditions=maybe),
    ]  # fmt: skip
    whole = snapshot_of(organisation(roleAssignments=routes))
    found = every_way(whole, WhoCan.ask(whole, "iot.device.read"))
    assert list(found.itertuples(index=False, name=None)) == [
        ("Ada", "ada", "User", "certain", 'role "Writer" (writer), assignment ra-2'),
        ("Ada", "ada", "User", "possible", 'role "Reader" (reader), assignment ra-1, through group "Inner" (inner) in group "Outer" (outer)'),
        ("Bob", "bob", "User", "possible", 'role "Reader" (reader), assignment ra-4'),
    ]  # fmt: skip
    context = {"request.ip": "10.0.0.1"}
    sure = every_way(whole, WhoCan.ask(whole, "iot.device.read", context=context), context)
    assert set(sure.certainty) == {"certain"}
    none = every_way(whole, WhoCan.ask(whole, "iot.stream.publish"))
    assert (list(none.columns), len(none)) == (["name", "id", "type", "certainty", "way"], 0)


def test_every_way_tells_of_everybody_who_can() -> None:
    """The law: those with a row are those who can, each as certain as its best way."""
    for seed in range(12):
        random = Random(seed)
        document = random_organisation(random)
        whole = snapshot_of(document)
        for request in requests(random, document, 3):
            answer = WhoCan.ask(whole, request["permission"], request["resource"], request["context"], AS_OF)
            ways = every_way(whole, answer, request["context"], AS_OF)
            best = ways.groupby("id").certainty.min()
            assert best.to_dict() == dict(zip(answer.frame.principal_id, answer.frame.certainty, strict=True))


def test_who_may_give_it_to_themselves_is_told_beside() -> None:
    routes = [
        given("ra-1", "ada", "people"), given("ra-2", "gate", "keys"), given("ra-3", "gone", "people"),
        given("ra-4", "bob", "reader"), given("ra-5", "outer", "people"),
    ]  # fmt: skip
    roles = [*organisation()["roles"], role("keys", ["iam.key.create"], ["ApiKey"])]
    whole = snapshot_of(organisation(roles=roles, roleAssignments=routes))
    # Bob reads; Ada and the gateway may make keys; who is suspended, and a group, does nothing.
    found = WhoCan.ask(whole, "iot.device.read")
    assert widening(whole, found) == ("Ada (ada)", "Gate (gate)")
    told = replace(found, widening=widening(whole, found))
    line = "beside these, 2 may give it to themselves, by a permission of module iam that does more than read: Ada (ada), Gate (gate)"
    assert told.to_text().splitlines()[-1] == line
    assert (line in found.to_text(), "themselves" in json.dumps(told.to_dict())) == (False, False)
    assert widening(whole, WhoCan.ask(whole, "iot.device.read", machine_only=True)) == ("Gate (gate)",)
    # Nobody who can is told again, and nobody who only reads.
    assert widening(whole, WhoCan.ask(whole, "iam.key.create")) == ()
    many = replace(found, widening=tuple(f"P{number}" for number in range(14)))
    assert many.to_text().endswith("P10, P11 and 2 more\n")


def test_a_permission_that_only_reads_widens_nothing() -> None:
    permissions = organisation()["permissions"]
    permissions[3] |= {"action": "list"}
    whole = snapshot_of(organisation(permissions=permissions, roleAssignments=[given("ra-1", "ada", "people")]))
    assert widening(whole, WhoCan.ask(whole, "iot.device.read")) == ()
