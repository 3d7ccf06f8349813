"""From a symptom to the check: every line of the vendor's "Common Fixes" has a test named after it."""

from __future__ import annotations

import pytest
from documents import snapshot_of
from small import given, organisation, principal

from auditkit.access.symptoms import IOT, SYMPTOMS
from auditkit.access.troubleshoot import troubleshoot
from auditkit.errors import InputError, UnknownPrincipal

WHOLE = snapshot_of(organisation())


def test_token_exchange_fails() -> None:
    document = organisation()
    document["credentials"][0]["expiresAt"] = "2026-10-01T00:00:00Z"
    found = troubleshoot(snapshot_of(document), "token-exchange-fails", principal="gate", credential="KEY1")
    assert found.found == ("AUT5 credential-expired fails: the credential c-1 expired on 2026-10-01T00:00:00Z",)
    assert "Issue a new credential" in found.fixes[0]
    assert found.decision is None


def test_infuse_iot_rejects_an_iam_api_key() -> None:
    found = troubleshoot(WHOLE, "iot-rejects-key")
    assert found.to_text().startswith(IOT)
    assert "/admin/developer" in found.fixes[0]


def test_a_direct_api_key_request_fails() -> None:
    document = organisation()
    document["organisation"]["settings"]["directApiKeyAuth"] = False
    found = troubleshoot(snapshot_of(document), "direct-request-fails", principal="gate", credential="KEY1")
    assert found.found[0].startswith("AUT7 direct-auth-enabled fails")
    assert "bearer token" in found.fixes[0]


def test_an_api_call_returns_forbidden() -> None:
    found = troubleshoot(WHOLE, "forbidden", principal="gate", permission="iam.key.create")
    assert found.found[0].startswith("AUZ4 permission-included fails")
    assert found.decision is not None
    assert found.decision.outcome == "denied"


def test_an_api_key_role_is_not_available() -> None:
    found = troubleshoot(WHOLE, "role-not-available", role="People")
    assert found.found == ('AUZ2 type-supported: role "People" (people) does not support ApiKey; it supports User',)
    assert not found.asks


def test_a_member_cannot_access_a_workflow() -> None:
    document = organisation()
    document["principals"].append(principal("eve", "User", organisationId="org-2"))
    found = troubleshoot(snapshot_of(document), "member-cannot-access", principal="eve", permission="iot.device.read")
    assert [each[:4] for each in found.found] == ["AUT3", "AUZ1"]


def test_the_six_symptoms_are_the_vendors() -> None:
    assert [each.looks_like for each in SYMPTOMS.values()] == [
        "token exchange fails",
        "Infuse IoT rejects an IAM API key",
        "a direct API-key request fails",
        "an API call returns forbidden",
        "an API-key role is not available",
        "a member cannot access a workflow",
    ]


def test_what_helps_with_each_is_said_so_to_the_letter() -> None:
    assert {name: each.fix for name, each in SYMPTOMS.items()} == {
        "token-exchange-fails": "Send the full ik_<keyId>.<keySecret> value of a live credential of an Active principal.",
        "iot-rejects-key": "Current Infuse IoT APIs do not accept IAM API keys, whatever their roles: use the legacy "
        "organisation-level admin token from /admin/developer. Rotating an IAM credential does not rotate that token.",
        "direct-request-fails": "Switch on Direct API key authentication under Settings > Organisation Details, or "
        "exchange the key for a bearer token (POST /iam/auth/token).",
        "forbidden": "Assign a role that includes the required permission, as narrow as the workflow allows.",
        "role-not-available": "Choose a role that supports ApiKey principals, or have this one support them.",
        "member-cannot-access": "Invite the member into this organisation, and give it, or a group that it is in, the "
        "required role.",
    }


@pytest.mark.parametrize(
    ("given", "symptom"),
    [
        ({"status": 403}, "forbidden"),
        ({"status": 403, "body": '{"error": {"code": "forbidden", "message": "missing permission"}}'}, "forbidden"),
        ({"status": 401}, "token-exchange-fails"),
        ({"body": '{"error": {"code": "invalid_api_key", "message": "expired"}}'}, "token-exchange-fails"),
        ({"status": 401, "body": "direct API key authentication is off"}, "direct-request-fails"),
        ({"status": 401, "method": "direct"}, "direct-request-fails"),
        # The letter case of what is pasted says nothing.
        ({"body": "FORBIDDEN"}, "forbidden"),
        ({"body": "Missing PERMISSION iot.device.read"}, "forbidden"),
        ({"body": '{"error": {"code": "INVALID_TOKEN", "message": "Signature Expired"}}'}, "token-exchange-fails"),
        ({"body": "This Credential Was REVOKED"}, "token-exchange-fails"),
        ({"status": 401, "body": "DIRECT API Key Authentication Is Off"}, "direct-request-fails"),
        ({"status": 403, "body": "iot.device.read is needed"}, "forbidden"),
        ({"body": "Infuse IoT answered: Unauthorised"}, "iot-rejects-key"),
        ({"status": 401, "api": "iot"}, "iot-rejects-key"),
        ({"status": 500, "body": "oops"}, None),
        ({"body": "[" * 5000}, None),
        ({}, None),
    ],
)
def test_an_answer_pasted_in(given: dict[str, object], symptom: str | None) -> None:
    found = troubleshoot(WHOLE, **given)  # type: ignore[arg-type]
    assert found.symptom == symptom
    assert found.asks or symptom == "iot-rejects-key"


def test_the_limitation_is_said_first_whatever_the_symptom() -> None:
    for name in SYMPTOMS:
        assert troubleshoot(WHOLE, name, api="iot").to_text().startswith(IOT)
        assert troubleshoot(WHOLE, name).to_text().startswith(IOT) == (name == "iot-rejects-key")


def test_it_asks_for_what_it_needs_and_not_for_a_users_key() -> None:
    assert list(troubleshoot(WHOLE, "token-exchange-fails").asks) == ["principal", "credential"]
    assert list(troubleshoot(WHOLE, "token-exchange-fails", principal="gate").asks) == ["credential"]
    assert list(troubleshoot(WHOLE, "token-exchange-fails", principal="ada").asks) == []
    assert list(troubleshoot(WHOLE, "forbidden", principal="ada").asks) == ["permission"]


def test_where_nothing_fails_it_says_so() -> None:
    whole = snapshot_of(organisation(roleAssignments=[given("ra-1", "gate", "wide")]))
    found = troubleshoot(whole, "forbidden", principal="gate", permission="iam.key.create", credential="KEY1")
    assert "no check of these fails" in found.found[0]


def test_a_secret_that_was_pasted_is_not_repeated() -> None:
    pasted = "ik_KEY1.very-secret"  # not a real one
    found = troubleshoot(WHOLE, status=401, body=f"rejected {pasted}", principal="gate", credential=pasted)
    assert "very-secret" not in found.to_text() + found._repr_html_() + str(found.to_dict())


def test_bad_input() -> None:
    with pytest.raises(InputError, match="forbidden"):
        troubleshoot(WHOLE, "forbiden")
    with pytest.raises(UnknownPrincipal, match="gate"):
        troubleshoot(WHOLE, "forbidden", principal="gat")
    with pytest.raises(InputError, match="people"):
        troubleshoot(WHOLE, "role-not-available", role="peopel")


def test_as_json_the_decision_is_that_of_explain() -> None:
    found = troubleshoot(WHOLE, "forbidden", principal="gate", permission="iam.key.create", credential="KEY1")
    assert found.to_dict()["decision"] == found.decision.to_dict()  # type: ignore[union-attr]
    assert found.to_dict()["decision"]["outcome"] == "denied"
    assert troubleshoot(WHOLE, "forbidden", principal="gate").to_dict()["decision"] is None
