"""Two principals side by side: what each has, why, and what would give the second what the first has."""

from __future__ import annotations

from random import Random

import pytest
from documents import snapshot_of
from random_organisations import organisation as random_organisation
from small import given, organisation, role

from auditkit.access.compare import compare
from auditkit.errors import UnknownPrincipal
from auditkit.whatif import what_if


def test_sides_levels_and_routes() -> None:
    found = compare(snapshot_of(organisation()), "ada", "gate")
    plain = found.permissions.astype(object).where(found.permissions.notna(), None)
    assert plain.to_dict("list") == {
        "permission": ["iot.device.read", "iot.device.write"],
        "side": ["differs", "only_b"],
        "a": ["organisation", None],
        "b": ["scoped", "scoped"],
        "why_a": [
            'role "Reader" (reader), assignment ra-1, through group "Inner" (inner) in group "Outer" (outer)',
            None,
        ],
        "why_b": ['role "Writer" (writer), assignment ra-2, on iot.network /net-1'] * 2,
    }
    assert found.groups.id.to_list() == ["inner", "outer"]
    assert dict(zip(found.roles.id, found.roles.side, strict=True)) == {"reader": "only_a", "writer": "only_b"}


def test_what_gives_b_what_a_has_is_smallest_and_goes_no_wider() -> None:
    routes = [given("ra-1", "ada", "reader"), given("ra-2", "ada", "writer")]
    found = compare(snapshot_of(organisation(roleAssignments=routes)), "ada", "bob")
    assert found.change() == {"add_assignment": [{"principal": "bob", "role": "writer"}]}
    assert found.give.excess == ()
    assert found.give.proof.startswith("proven")


def test_a_scope_is_given_as_that_scope() -> None:
    found = compare(snapshot_of(organisation()), "gate", "bob")
    assert found.change() == {
        "add_assignment": [{"principal": "bob", "role": "writer", "resource_type": "iot.network", "resource": "/net-1"}]
    }


def test_what_bs_type_cannot_have_is_told() -> None:
    routes = [given("ra-1", "ada", "people")]
    roles = [role("people", ["iam.key.create"], ["User"])]
    found = compare(snapshot_of(organisation(roleAssignments=routes, roles=roles)), "ada", "gate")
    assert found.change() == {}
    assert "no role that supports ApiKey holds it" in found.to_text()


def test_an_unusable_principal_has_nothing_and_the_text_says_so() -> None:
    found = compare(snapshot_of(organisation(roleAssignments=[given("ra-1", "gone", "wide")])), "gone", "bob")
    assert found.permissions.empty
    assert found.change() == {}
    assert "Gone (gone) is not usable" in found.to_text()
    assert found.to_dict()["notes"][0].startswith("gone is not usable")


def test_an_unknown_principal_names_the_nearest() -> None:
    with pytest.raises(UnknownPrincipal, match="did you mean bob"):
        compare(snapshot_of(organisation()), "ada", "bobb")


def test_names_are_escaped() -> None:
    document = organisation()
    document["principals"][0]["displayName"] = "<img src=x>"
    assert "<img" not in compare(snapshot_of(document), "ada", "bob")._repr_html_()


def test_oneself_is_no_different() -> None:
    """The law: `compare(a, a)` is empty."""
    for seed in range(8):
        whole = snapshot_of(random_organisation(Random(seed)))
        for name in whole.principals.principal_id:
            found = compare(whole, name, name)
            assert found.different.empty
            assert found.change() == {}
            assert not found.give.unmet


def test_what_is_given_gives_it() -> None:
    """The law: put through what-if, nothing that A certainly has and B could be given stays A's alone."""
    for seed in range(6):
        whole = snapshot_of(random_organisation(Random(seed)))
        usable = whole.principals[whole.principals.status.eq("Active") & whole.principals.organisation_id.eq("org-1")]
        a, b = usable.principal_id.iloc[[0, -1]]
        found = compare(whole, a, b)
        if found.change():
            gained = what_if(whole, found.change()).access
            assert set(gained.principal_id) <= {b, *whole.group_members.principal_id}
            assert not gained.change.isin(["lost", "narrowed"]).any()


def test_who_has_it_above_lacks_it_nowhere_below() -> None:
    routes = [
        given("ra-1", "ada", "writer", resourceScope={"resourceType": "iot.network", "path": "/net-1/dev-2"}),
        given("ra-2", "bob", "writer", resourceScope={"resourceType": "iot.network", "path": "/net-1"}),
    ]
    whole = snapshot_of(organisation(roleAssignments=routes))
    assert compare(whole, "ada", "bob").change() == {}
    assert compare(whole, "bob", "ada").change() != {}


def test_a_time_limit_that_ends_the_search_is_told() -> None:
    routes = [given("ra-1", "ada", "reader"), given("ra-2", "ada", "writer")]
    found = compare(snapshot_of(organisation(roleAssignments=routes)), "ada", "bob", time_limit=0.0)
    assert "not proven, the time ended" in found.to_text()
