"""What was not read is not clean: where another route or a missing fact may stand there, nothing is denied for good."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from documents import AS_OF, snapshot_of
from random_organisations import organisation as random_organisation
from random_organisations import requests
from small import given, organisation, principal

from auditkit.access.decision import Decision
from auditkit.access.explain import Explainer, explain
from auditkit.errors import UnknownPermission, UnknownPrincipal
from auditkit.snapshot import Snapshot, build

WHY = "403 from the IAM"


def partly(unread: str, **more: Any) -> Snapshot:
    """The small organisation, of which one collection could not be read whole."""
    whole = snapshot_of(organisation(**more))
    return build(whole.frames, organisation_id="org-1", incomplete={unread: WHY})


def results(decision: Decision) -> dict[str, str]:
    return {check.id: check.result for check in decision.checks if check.id.startswith("AUZ")}


class TestExplain:
    @pytest.mark.parametrize("unread", ["principals", "group_members", "role_assignments", "permission_grants"])
    def test_without_a_route_it_is_not_known_where_another_may_stand_in_what_was_not_read(self, unread: str) -> None:
        found = explain(partly(unread), "bob", "iot.device.read")
        assert (found.outcome, found.failed_check) == ("undetermined", None)
        assert results(found) == {"AUZ1": "unknown"} | {f"AUZ{at}": "skipped" for at in range(2, 7)}
        assert f"{unread} ({WHY}) could not be read whole" in found.detail
        assert found.detail.startswith("of what was read, no unexpired role assignment or grant reaches it")
        assert all(check.fix is None for check in found.checks)

    @pytest.mark.parametrize("unread", ["organisation", "credentials", "roles", "permissions", "resource_types"])
    def test_what_can_hold_no_route_changes_nothing(self, unread: str) -> None:
        assert explain(partly(unread), "bob", "iot.device.read").failed_check == "AUZ1"

    @pytest.mark.parametrize(
        ("who", "what", "place", "check"),
        [
            ("gate", "iot.stream.publish", None, "AUZ4"),
            ("gate", "iot.device.read", ("iot.network", "/net-10"), "AUZ5"),
        ],
    )
    def test_the_later_checks_too(self, who: str, what: str, place: tuple[str, str] | None, check: str) -> None:
        assert explain(snapshot_of(organisation()), who, what, place).failed_check == check
        found = explain(partly("role_assignments"), who, what, place)
        assert (found.outcome, found.failed_check, results(found)[check]) == ("undetermined", None, "unknown")
        detail = next(each.detail for each in found.checks if each.id == check)
        assert detail.startswith("no route is left of what was read: role")
        assert f"role_assignments ({WHY})" in detail
        after = [each for each in found.checks if each.id > check and each.id.startswith("AUZ")]
        assert {each.result for each in after} == {"skipped"}

    def test_what_is_allowed_stays_allowed(self) -> None:
        for unread in ("principals", "group_members", "roles", "role_assignments", "permissions"):
            assert explain(partly(unread), "ada", "iot.device.read").outcome == "allowed"

    def test_a_role_that_was_not_read_may_give_it(self) -> None:
        routes = [given("ra-1", "bob", "unread-role")]
        assert explain(snapshot_of(organisation(roleAssignments=routes)), "bob", "iot.device.read").outcome == "denied"
        found = explain(partly("roles", roleAssignments=routes), "bob", "iot.device.read")
        assert (found.outcome, results(found)["AUZ4"]) == ("undetermined", "unknown")
        assert "what it gives is not known" in found.routes[0].reason
        assert (found.routes[0].result, found.routes[0].stopped_by, found.routes[0].fix) == ("unknown", "AUZ4", None)

    def test_roles_that_are_all_there_need_no_more(self) -> None:
        assert explain(partly("roles"), "gate", "iot.stream.publish").failed_check == "AUZ4"

    def test_a_permission_that_was_not_read_may_have_the_same_identifier(self) -> None:
        grant = {**given("pg-1", "bob", ""), "permissionId": "id not read"}
        del grant["roleId"]
        assert (
            explain(partly("permissions", permissionGrants=[grant]), "bob", "iot.device.read").outcome == "undetermined"
        )
        assert explain(partly("permissions"), "gate", "iot.stream.publish").outcome == "denied"

    def test_a_resource_type_that_was_not_read_may_support_hierarchy(self) -> None:
        scope = {"resourceType": "iot.site", "path": "/s-1"}
        routes = [given("ra-1", "bob", "reader", resourceScope=scope)]
        below, beside = ("iot.device", "/s-1/d-1"), ("iot.device", "/s-10")
        part = partly("resource_types", roleAssignments=routes)
        assert explain(part, "bob", "iot.device.read", below).outcome == "undetermined"
        assert explain(part, "bob", "iot.device.read", beside).failed_check == "AUZ5"
        assert explain(part, "bob", "iot.device.read").failed_check == "AUZ5"

    def test_who_cannot_authenticate_is_denied_whatever_was_not_read(self) -> None:
        found = explain(partly("role_assignments"), "gone", "iot.device.read")
        assert (found.outcome, found.failed_check, results(found)["AUZ1"]) == ("denied", "AUT2", "unknown")

    def test_a_key_that_is_not_among_those_read_is_not_known(self) -> None:
        place = ("iot.network", "/net-1")
        found = explain(partly("credentials"), "gate", "iot.device.read", place, credential="KEY2")
        checks = {check.id: check for check in found.checks}
        assert (found.outcome, found.failed_check, checks["AUT1"].result) == ("undetermined", None, "unknown")
        assert f"credentials ({WHY}) could not be read whole" in checks["AUT1"].detail
        assert {checks["AUT5"].result, checks["AUT6"].result} == {"skipped"}
        assert explain(partly("credentials"), "gate", "iot.device.read", place, credential="KEY1").outcome == "allowed"
        secret = explain(partly("credentials"), "gate", "iot.device.read", credential="hunter2")
        assert b"hunter2" not in secret.to_json()

    def test_a_key_of_another_principal_fails_all_the_same(self) -> None:
        keys = [*organisation()["credentials"], {**organisation()["credentials"][0], "id": "c-2", "keyId": "KEY2"}]
        keys[1]["principalId"] = "other"
        found = explain(partly("credentials", credentials=keys), "gate", "iot.device.read", credential="KEY2")
        assert found.failed_check == "AUT1"

    def test_a_name_that_is_unknown_may_be_in_what_was_not_read(self) -> None:
        with pytest.raises(UnknownPrincipal, match="principals could not be read whole"):
            explain(partly("principals"), "nobody", "iot.device.read")
        with pytest.raises(UnknownPermission, match="permissions could not be read whole"):
            explain(partly("permissions"), "bob", "iot.device.raed")

    def test_a_reason_is_untrusted_text(self) -> None:
        part = build(partly("roles").frames, organisation_id="org-1", incomplete={"role_assignments": "<b>\x1b[2J"})
        found = explain(part, "bob", "iot.device.read")
        assert "\x1b" not in found.to_text()
        assert "<b>" not in found._repr_html_()


@pytest.mark.parametrize(
    "unread",
    [
        "principals",
        "group_members",
        "roles",
        "role_assignments",
        "permission_grants",
        "permissions",
        "resource_types",
        "credentials",
        "organisation",
    ],
)
def test_both_ways_of_asking_agree_and_only_a_denial_is_taken_back(unread: str) -> None:
    """The laws, on random organisations: `decide` and `outcome` agree; nothing becomes allowed or denied by not reading."""
    for seed in range(25):
        random = Random(seed)
        document = random_organisation(random)
        whole = snapshot_of(document)
        part = replace(
            whole, manifest=build(whole.frames, organisation_id="org-1", as_of=AS_OF, incomplete={unread: WHY}).manifest
        )
        one, two = Explainer(whole, AS_OF), Explainer(part, AS_OF)
        for request in requests(random, document, 3):
            asked = (request["permission"], request["resource"], request["context"])
            for name in whole.principals.principal_id:
                decision, before = two.decide(name, *asked), one.outcome(name, *asked)[0]
                assert two.outcome(name, *asked)[:2] == (decision.outcome, decision.failed_check)
                assert decision.outcome == before or (before, decision.outcome) == ("denied", "undetermined")
                assert (decision.failed_check is None) == (decision.outcome != "denied")


def test_a_person_is_still_found_by_id() -> None:
    assert (
        explain(partly("principals", principals=[principal("eve", "User")]), "eve", "iot.device.read").outcome
        == "undetermined"
    )
