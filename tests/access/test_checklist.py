"""The vendor's own checklist: a test named after each of its sentences, passing and failing, at each boundary."""

from __future__ import annotations

import pytest
from gateway import (
    AFTER,
    BEFORE,
    NOW,
    READ,
    WRITE,
    check,
    condition,
    decide,
    document,
    held,
    person,
    result,
    role,
    scope,
)

AUT = [f"AUT{number}" for number in range(1, 9)]
AUZ = [f"AUZ{number}" for number in range(1, 7)]
FULL = "ik_KEY1.s3cretPart"


def test_all_is_well() -> None:
    decision = decide(document(), credential="KEY1")
    assert decision.outcome == "allowed"
    assert decision.failed_check is None
    assert [each.id for each in decision.checks] == AUT + AUZ
    assert {each.result for each in decision.checks} == {"pass"}


class TestAuthentication:
    @pytest.mark.parametrize("given", [FULL, "KEY1"])
    def test_the_api_key_is_the_full_value(self, given: str) -> None:
        assert result(decide(document(), credential=given), "AUT1") == "pass"

    @pytest.mark.parametrize(
        "given", ["ik_KEY1", "ik_KEY1.", "ik_KEY1.two words", "ik_KEY1.tab\there", "ik_KEY1.é", "ik_KEY1.\n"]
    )
    def test_the_api_key_is_not_the_full_value(self, given: str) -> None:
        decision = decide(document(), credential=given)
        assert (decision.outcome, decision.failed_check) == ("denied", "AUT1")
        # The key id is known and its own, so what follows is judged all the same.
        assert [result(decision, name) for name in ("AUT5", "AUT6")] == ["pass", "pass"]

    @pytest.mark.parametrize("given", ["KEY9", "ik_KEY9.secret", "key1", "ik_.secret", "KEY1.secret", "", "ik_", "nonsense"])
    def test_the_key_id_is_unknown(self, given: str) -> None:
        decision = decide(document(), credential=given)
        assert (decision.outcome, decision.failed_check) == ("denied", "AUT1")
        assert [result(decision, name) for name in ("AUT5", "AUT6", "AUT7", "AUT8")] == ["skipped", "skipped", "pass", "pass"]

    def test_the_key_id_belongs_to_another_principal(self) -> None:
        other = document(credential={"principalId": "gw-8"}, principals=[person("gw-8", "ApiKey")])
        decision = decide(other, credential="KEY1")
        assert (decision.outcome, decision.failed_check) == ("denied", "AUT1")
        assert "gw-8" in check(decision, "AUT1").detail
        assert [result(decision, name) for name in ("AUT5", "AUT6")] == ["skipped", "skipped"]

    @pytest.mark.parametrize("given", [FULL, "ik_KEY9.s3cretPart", "s3cretPart", "KEY1.s3cretPart"])
    def test_no_secret_is_told(self, given: str) -> None:
        decision = decide(document(), credential=given)
        assert "s3cretPart" not in decision.to_text() + repr(decision) + decision._repr_html_()

    @pytest.mark.parametrize("status", ["Suspended", "Revoked", "Dormant"])
    def test_the_api_key_principal_is_active(self, status: str) -> None:
        decision = decide(document(principal={"status": status}))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUT2")
        assert status in check(decision, "AUT2").detail

    def test_the_principal_belongs_to_the_organisation_expected(self) -> None:
        decision = decide(document(principal={"organisationId": "other"}))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUT3")

    @pytest.mark.parametrize(("expires", "expected"), [(BEFORE, "fail"), (NOW, "fail"), (AFTER, "pass"), (None, "pass")])
    def test_the_principal_has_not_expired(self, expires: str | None, expected: str) -> None:
        assert result(decide(document(principal={"expiresAt": expires})), "AUT4") == expected

    @pytest.mark.parametrize(("expires", "expected"), [(BEFORE, "fail"), (NOW, "fail"), (AFTER, "pass"), (None, "pass")])
    def test_the_credential_has_not_expired(self, expires: str | None, expected: str) -> None:
        decision = decide(document(credential={"expiresAt": expires}), credential="KEY1")
        assert result(decision, "AUT5") == expected
        assert decision.failed_check == ("AUT5" if expected == "fail" else None)

    @pytest.mark.parametrize(("revoked", "expected"), [(BEFORE, "fail"), (NOW, "fail"), (AFTER, "pass"), (None, "pass")])
    def test_the_credential_has_not_been_revoked(self, revoked: str | None, expected: str) -> None:
        decision = decide(document(credential={"revokedAt": revoked}), credential="KEY1")
        assert result(decision, "AUT6") == expected
        assert decision.failed_check == ("AUT6" if expected == "fail" else None)

    @pytest.mark.parametrize(
        ("method", "direct", "expected"),
        [("token", False, "pass"), ("token", True, "pass"), ("direct", True, "pass"), ("direct", False, "fail")],
    )
    def test_with_direct_api_key_auth_the_organisations_setting_allows_it(
        self, method: str, direct: bool, expected: str
    ) -> None:
        decision = decide(document(direct=direct), credential="KEY1", method=method)
        assert result(decision, "AUT7") == expected
        if expected == "fail":
            assert "bearer token" in str(check(decision, "AUT7").fix)

    def test_infuse_iot_rejects_an_iam_api_key(self) -> None:
        decision = decide(document(), credential="KEY1", api="iot")
        assert (decision.outcome, decision.failed_check) == ("denied", "AUT8")
        found = check(decision, "AUT8")
        assert found.detail == "current Infuse IoT APIs do not accept IAM API keys, whatever their roles"
        assert str(found.fix).startswith("Use the legacy organisation-level admin token from /admin/developer")

    @pytest.mark.parametrize(
        ("kind", "api", "said"),
        [
            ("ApiKey", "iot", "no credential was given, and none would do: current Infuse IoT APIs do not accept IAM API keys, whatever their roles"),
            ("ApiKey", "iam", "no credential was given"),
            ("User", "iot", "no credential was given"),
        ],
    )
    def test_infuse_iot_would_reject_any_key_and_no_credential_is_needed_to_say_so(self, kind: str, api: str, said: str) -> None:
        found = check(decide(document(principal={"type": kind}), api=api), "AUT8")
        assert (found.result, found.detail, found.fix) == ("skipped", said, None)

    def test_without_a_credential_nothing_about_one_is_judged(self) -> None:
        decision = decide(document(), method="direct", api="iot")
        assert decision.outcome == "allowed"
        assert [result(decision, name) for name in AUT] == ["skipped", *["pass"] * 3, *["skipped"] * 4]

    @pytest.mark.parametrize("kind", ["User", "Group"])
    def test_people_and_groups_have_no_credential_to_judge(self, kind: str) -> None:
        changed = document(principal={"type": kind}, role={"supportedPrincipalTypes": [kind]})
        decision = decide(changed, credential="KEY9", method="direct", api="iot")
        assert decision.outcome == "allowed"
        assert [result(decision, name) for name in AUT] == ["skipped", *["pass"] * 3, *["skipped"] * 4]

    def test_the_first_failing_check_is_named_and_the_others_shown(self) -> None:
        decision = decide(document(principal={"status": "Revoked", "expiresAt": BEFORE}), permission=WRITE)
        assert decision.failed_check == "AUT2"
        assert [each.id for each in decision.checks if each.result == "fail"] == ["AUT2", "AUT4", "AUZ4"]


class TestAuthorization:
    def test_the_principal_has_a_role_assignment(self) -> None:
        decision = decide(document(assignment={"principalId": "gw-8"}))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ1")
        assert [result(decision, name) for name in AUZ] == ["fail", *["skipped"] * 5]
        assert decision.routes == ()

    @pytest.mark.parametrize(("expires", "failed"), [(BEFORE, "AUZ1"), (NOW, "AUZ1"), (AFTER, None)])
    def test_an_expired_assignment_is_none(self, expires: str, failed: str | None) -> None:
        decision = decide(document(assignment={"expiresAt": expires}))
        assert decision.failed_check == failed
        assert [route.stopped_by for route in decision.routes] == [failed]

    def test_the_assigned_role_supports_the_principals_type(self) -> None:
        decision = decide(document(role={"supportedPrincipalTypes": ["User", "Group"]}))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ2")
        assert 'role "Gateway operator" (role-12), assignment ra-1' in check(decision, "AUZ2").detail
        assert "a role that supports ApiKey principals" in str(check(decision, "AUZ2").fix)

    def test_a_role_that_lists_no_type_supports_none(self) -> None:
        assert decide(document(role={"supportedPrincipalTypes": []})).failed_check == "AUZ2"

    def test_a_role_that_declares_no_types_is_unknown(self) -> None:
        decision = decide(document(role={"supportedPrincipalTypes": None}))
        assert (decision.outcome, decision.failed_check) == ("undetermined", None)
        assert [result(decision, name) for name in AUZ] == ["pass", "unknown", "pass", "pass", "pass", "pass"]

    def test_the_type_is_that_of_the_caller_not_of_the_group(self) -> None:
        changed = document(
            assignment={"principalId": "g-1"}, role={"supportedPrincipalTypes": ["Group"]},
            principals=[person("g-1", "Group", "on-call")], groupMembers=[{"groupId": "g-1", "principalId": "gw-7"}],
        )  # fmt: skip
        assert decide(changed).failed_check == "AUZ2"
        assert decide(changed, principal="g-1").outcome == "allowed"

    def test_the_assignment_belongs_to_the_correct_organisation(self) -> None:
        decision = decide(document(assignment={"organisationId": "other"}))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ3")
        assert "other" in check(decision, "AUZ3").detail

    def test_the_role_includes_a_permission_for_the_action(self) -> None:
        decision = decide(document(), permission=WRITE)
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ4")
        assert WRITE in check(decision, "AUZ4").detail

    def test_a_role_that_is_not_there_gives_nothing(self) -> None:
        decision = decide(document(assignment={"roleId": "gone"}))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ4")
        assert result(decision, "AUZ2") == "unknown"

    def test_a_resource_scope_on_the_role_matches_the_request(self) -> None:
        changed = document(assignment={"resourceScope": scope("iot.device", "/network-7/device-42")})
        allowed = decide(changed, resource=("iot.device", "/network-7/device-42"))
        assert allowed.outcome == "allowed"
        told = "limited to iot.device /network-7/device-42, which the request names"
        assert check(allowed, "AUZ5").detail.endswith(told)
        decision = decide(changed, resource=("iot.device", "/network-7/device-43"))
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ5")

    def test_a_condition_on_the_role_matches_the_request(self) -> None:
        changed = document(role={"conditions": [condition("request.ip", "cidr", "10.0.0.0/8")]})
        assert decide(changed, context={"request.ip": "10.1.2.3"}).outcome == "allowed"
        decision = decide(changed, context={"request.ip": "192.168.0.1"})
        assert (decision.outcome, decision.failed_check) == ("denied", "AUZ6")
        assert decide(changed).outcome == "undetermined"

    def test_a_direct_grant_gives_its_one_permission_to_any_type(self) -> None:
        granted = document(permissionGrants=[held("pg-4", "gw-7", permissionId="perm-w")])
        assert decide(granted, permission=WRITE).outcome == "allowed"
        assert decide(document(assignment={"principalId": "x"}, permissionGrants=[held("pg-4", "gw-7", permissionId="perm-w")]),
                      permission=READ).failed_check == "AUZ4"  # fmt: skip


class TestWhatOneCheckSays:
    """`pass` if one route passes this check, whatever an earlier one left unknown; `unknown` if none does."""

    def test_a_certain_route_wins_over_one_that_may(self) -> None:
        changed = document(roles=[role("silent", None, ["perm-r"])], roleAssignments=[held("ra-0", "gw-7", roleId="silent")])
        decision = decide(changed)
        assert decision.outcome == "allowed"
        assert [(route.id, route.result) for route in decision.routes] == [("ra-1", "pass"), ("ra-0", "unknown")]

    def test_two_routes_each_with_a_doubt_pass_every_check_and_stay_undetermined(self) -> None:
        doubtful = condition("request.place", "equals", "lab")
        changed = document(
            assignment={"conditions": [doubtful]}, roles=[role("silent", None, ["perm-r"])],
            roleAssignments=[held("ra-2", "gw-7", roleId="silent")],
        )  # fmt: skip
        decision = decide(changed)
        assert [result(decision, name) for name in AUZ] == ["pass"] * 6
        assert (decision.outcome, decision.failed_check) == ("undetermined", None)

    def test_every_route_names_the_check_that_stopped_it(self) -> None:
        changed = document(
            roles=[role("people", ["User"], ["perm-w"]), role("writer", ["ApiKey"], ["perm-w"])],
            roleAssignments=[
                held("ra-2", "gw-7", roleId="people"),
                held("ra-3", "gw-7", roleId="writer", organisationId="other"),
                held("ra-4", "gw-7", roleId="writer", resourceScope=scope("iot.device", "/a")),
                held("ra-5", "gw-7", roleId="writer", expiresAt=BEFORE),
            ],
        )
        decision = decide(changed, permission=WRITE)
        assert decision.failed_check == "AUZ5"
        assert [(route.id, route.stopped_by) for route in decision.routes] == [
            ("ra-4", "AUZ5"), ("ra-1", "AUZ4"), ("ra-3", "AUZ3"), ("ra-2", "AUZ2"), ("ra-5", "AUZ1"),
        ]  # fmt: skip
        assert all(route.reason and route.fix for route in decision.routes)

    def test_the_way_through_groups_is_told(self) -> None:
        changed = document(
            assignment={"principalId": "g-2"},
            principals=[person("g-1", "Group", "on-call"), person("g-2", "Group", "field")],
            groupMembers=[{"groupId": "g-1", "principalId": "gw-7"}, {"groupId": "g-2", "principalId": "g-1"}],
        )
        (route,) = decide(changed).routes
        assert route.through == ("g-1", "g-2")
        assert route.text == 'role "Gateway operator" (role-12), assignment ra-1, through group "on-call" (g-1) in group "field" (g-2)'

    def test_a_groups_own_status_and_expiry_play_no_part(self) -> None:
        changed = document(
            assignment={"principalId": "g-1"},
            principals=[person("g-1", "Group", status="Revoked", expiresAt=BEFORE, organisationId="other")],
            groupMembers=[{"groupId": "g-1", "principalId": "gw-7"}],
        )
        assert decide(changed).outcome == "allowed"

    @pytest.mark.parametrize("broken", [{"groupId": "gone", "principalId": "gw-7"}, {"groupId": "g-1", "principalId": "gone"},
                                        {"groupId": "u-1", "principalId": "gw-7"}])  # fmt: skip
    def test_a_membership_that_names_no_group_gives_nothing(self, broken: dict[str, str]) -> None:
        changed = document(
            assignment={"principalId": broken["groupId"]}, principals=[person("g-1", "Group"), person("u-1", "User")],
            groupMembers=[broken],
        )  # fmt: skip
        assert decide(changed).failed_check == "AUZ1"


