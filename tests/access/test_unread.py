"""What was not read is not clean: where another route or a missing fact may stand there, nothing is denied for good."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pandas as pd
import pytest
from documents import AS_OF, snapshot_of
from random_organisations import organisation as random_organisation
from random_organisations import requests
from small import given, organisation, principal

from auditkit.access.compare import compare
from auditkit.access.decision import Decision
from auditkit.access.explain import Explainer, explain
from auditkit.access.narrow import narrow, narrow_all
from auditkit.access.troubleshoot import troubleshoot
from auditkit.access.who_can import WhoCan
from auditkit.errors import InputError, UnknownPermission, UnknownPrincipal
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, build
from auditkit.whatif import what_if

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
    for seed in range(8):
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
                decision, before = two.decide(name, *asked), one.decide(name, *asked).outcome
                assert decision.outcome == before or (before, decision.outcome) == ("denied", "undetermined")
                assert (decision.failed_check is None) == (decision.outcome != "denied")


def test_a_person_is_still_found_by_id() -> None:
    assert (
        explain(partly("principals", principals=[principal("eve", "User")]), "eve", "iot.device.read").outcome
        == "undetermined"
    )


DECIDING = [
    "principals",
    "group_members",
    "roles",
    "role_assignments",
    "permission_grants",
    "permissions",
    "resource_types",
]


class TestWhoCan:
    @pytest.mark.parametrize("unread", DECIDING)
    def test_of_everybody_without_a_certain_route_it_is_not_known(self, unread: str) -> None:
        answer = WhoCan.ask(partly(unread), "iot.device.read")
        first, headline = answer.to_text().splitlines()[:2]
        assert first == f"not read whole: {unread} ({WHY}); what is missing there may change this answer"
        assert headline == (
            "iot.device.read on the whole organisation: 1 person can for certain; "
            "whether anybody else (1 person, 1 machine, 2 groups) can is not known"
        )
        assert "possibly" not in answer.to_text() + answer._repr_html_()
        assert answer.to_dict()["not_read"] == {unread: WHY}
        assert [each["principal_id"] for each in answer.to_dict()["certain"]] == ["ada"]

    def test_machines_only(self) -> None:
        told = WhoCan.ask(partly("roles"), "iot.device.read", machine_only=True).to_text()
        assert "nobody can for certain; whether anybody else (1 machine) can is not known" in told

    def test_what_decides_nothing_changes_nothing(self) -> None:
        for unread in ("organisation", "credentials"):
            answer = WhoCan.ask(partly(unread), "iot.device.read")
            assert (answer.to_dict()["not_read"], "not known" in answer.to_text()) == ({}, False)


def needing(*permissions: str) -> pd.DataFrame:
    rows = {"line": [*range(2, 2 + len(permissions))], "principal_id": ["gate"] * len(permissions),
            "permission": list(permissions), "resource_type": None, "resource_path": None, "expect": "allow", "reason": None}  # fmt: skip
    return pd.DataFrame(rows)


class TestNarrow:
    @pytest.mark.parametrize("unread", DECIDING)
    def test_nothing_is_proven(self, unread: str) -> None:
        found = narrow(partly(unread), "gate", needing("iot.device.write", "no.such.permission"))
        told = found.to_text()
        assert told.startswith(f"not read whole: {unread} ({WHY})")
        assert not found.proven
        for each in (told, found._repr_html_(), found.to_dict()["proof"]):
            assert "proven" not in each
        assert "as far as could be read, no other choice has less excess" in told
        assert found.unmet[0].reason == "as far as could be read, the catalogue has no such permission"
        assert found.to_dict()["not_read"] == {unread: WHY}

    def test_no_role_that_was_read(self) -> None:
        roles = [each for each in organisation()["roles"] if each["id"] == "reader"]
        found = narrow(partly("roles", roles=roles), "gate", needing("iot.device.write"))
        assert found.unmet[0].reason == "as far as could be read, no role holds it"
        assert "as far as could be read, nothing that can be given would meet" in found.to_text()

    def test_all_at_once_says_it_once(self) -> None:
        found = narrow_all(partly("roles"), needing("iot.device.write"))
        assert found.to_text().count("not read whole") == 1
        assert "proven" not in found.to_text() + found._repr_html_()
        assert found.to_dict()["not_read"] == {"roles": WHY}
        assert narrow_all(partly("roles"), None).not_read == {"roles": WHY}

    def test_a_whole_snapshot_proves(self) -> None:
        found = narrow(snapshot_of(organisation()), "gate", needing("iot.device.write"))
        assert found.proven
        assert found.proof.startswith("proven: ")
        assert (found.to_dict()["not_read"], "could be read" in found.to_text()) == ({}, False)


class TestCompare:
    @pytest.mark.parametrize("unread", DECIDING)
    def test_it_says_no_more_than_was_read(self, unread: str) -> None:
        found = compare(partly(unread), "bob", "ada")
        first, headline = found.to_text().splitlines()[:2]
        assert first.startswith(f"not read whole: {unread} ({WHY})")
        assert "as far as could be read, 0 permissions alike" in headline
        assert found.to_text().endswith("As far as could be read, B has all that A certainly has.\n")
        assert found.to_dict()["not_read"] == {unread: WHY}

    def test_what_is_proposed_is_not_proven(self) -> None:
        found = compare(partly("roles"), "ada", "bob")
        assert "proven" not in found.to_text() + found._repr_html_() + found.to_dict()["proof"]

    def test_a_whole_snapshot_is_told_as_before(self) -> None:
        told = compare(snapshot_of(organisation()), "bob", "ada").to_text()
        assert told.startswith("A is Bob")
        assert told.endswith("\nB has all that A certainly has.\n")


@pytest.mark.parametrize("unread", list(COLLECTIONS))
class TestTheRest:
    def test_what_if(self, unread: str) -> None:
        found = what_if(partly(unread), {"remove_assignment": ["ra-2"]})
        assert found.to_text().startswith(f"not read whole: {unread} ({WHY})")
        assert "\nas far as could be read, " in found.to_text()
        assert found.to_dict()["not_read"] == {unread: WHY}
        assert "not read whole" in found._repr_html_()

    def test_troubleshoot(self, unread: str) -> None:
        found = troubleshoot(partly(unread), "member-cannot-access", principal="ada", permission="iot.device.read")
        assert found.to_text().startswith(f"not read whole: {unread} ({WHY})")
        assert found.found[0].startswith("as far as could be read, no check of these fails")
        assert found.to_dict()["not_read"] == {unread: WHY}
        asked = troubleshoot(partly(unread))
        assert asked.to_dict()["not_read"] == {unread: WHY}


def test_troubleshooting_says_that_a_check_is_unknown_not_that_it_fails() -> None:
    found = troubleshoot(partly("role_assignments"), "forbidden", principal="bob", permission="iot.device.read")
    assert found.found[0].startswith("AUZ1 has-route is unknown: of what was read")
    with pytest.raises(InputError, match=r"roles could not be read whole \(403 from the IAM\), so it may exist"):
        troubleshoot(partly("roles"), "role-not-available", role="unread")


def test_a_whole_snapshot_leaves_nothing_unread() -> None:
    whole = snapshot_of(organisation())
    for found in (what_if(whole, {"remove_assignment": ["ra-2"]}), troubleshoot(whole, "forbidden")):
        assert found.to_dict()["not_read"] == {}
        assert "read whole" not in found.to_text()
