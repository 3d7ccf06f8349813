"""What a decision says, to the letter: sentences.jsonl, a line for each check that did not pass and each route, and the whole as text."""
# ruff: noqa: RUF001 (a skipped check is marked with an en dash)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gateway import BEFORE, NOW, WRITE, check, condition, decide, document, held, person, role, scope

SENTENCES = [json.loads(line) for line in (Path(__file__).parent / "sentences.jsonl").read_text("utf-8").splitlines()]
LOCAL = [condition("request.ip", "cidr", "10.0.0.0/8")]
PEOPLE = role("people", ["User"], ["perm-r"])
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "all is well": ({}, {"credential": "KEY1"}),
    "key id unknown": ({}, {"credential": "KEY9"}),
    "key not whole": ({}, {"credential": "ik_KEY1"}),
    "key of another": (
        {"credential": {"principalId": "gw-8"}, "principals": [person("gw-8", "ApiKey")]},
        {"credential": "KEY1"},
    ),
    "revoked": ({"principal": {"status": "Revoked"}}, {}),
    "expired principal": ({"principal": {"expiresAt": NOW}}, {}),
    "foreign principal": ({"principal": {"organisationId": "other"}}, {}),
    "key expired": ({"credential": {"expiresAt": BEFORE}}, {"credential": "KEY1"}),
    "key revoked": ({"credential": {"revokedAt": BEFORE}}, {"credential": "KEY1"}),
    "direct authentication off": ({"direct": False}, {"credential": "KEY1", "method": "direct"}),
    "no assignment": ({"assignment": {"principalId": "x"}}, {}),
    "expired assignment": ({"assignment": {"expiresAt": BEFORE}}, {}),
    "wrong type": ({"role": {"supportedPrincipalTypes": ["User", "Group"]}}, {}),
    "no type": ({"role": {"supportedPrincipalTypes": []}}, {}),
    "types not declared": ({"role": {"supportedPrincipalTypes": None}}, {}),
    "foreign assignment": ({"assignment": {"organisationId": "other"}}, {}),
    "permission not held": ({}, {"permission": WRITE}),
    "no role": ({"assignment": {"roleId": "gone"}}, {}),
    "grant of another permission": (
        {"assignment": {"principalId": "x"}, "permissionGrants": [held("pg-4", "gw-7", permissionId="perm-w")]},
        {},
    ),
    "scoped": ({"assignment": {"resourceScope": scope("iot.device", "/a")}}, {}),
    "scoped elsewhere": (
        {"assignment": {"resourceScope": scope("iot.device", "/a")}},
        {"resource": ("iot.device", "/b")},
    ),
    "unknown resource type": (
        {"assignment": {"resourceScope": scope("iot.ghost", "/a")}},
        {"resource": ("iot.ghost", "/b")},
    ),
    "condition does not hold": ({"role": {"conditions": LOCAL}}, {"context": {"request.ip": "192.168.0.1"}}),
    "condition cannot be judged": ({"role": {"conditions": LOCAL}}, {}),
    "two ways": ({"roleAssignments": [held("ra-2", "gw-7", roleId="role-12")]}, {"credential": "KEY1"}),
    "a grant": (
        {"assignment": {"principalId": "x"}, "permissionGrants": [held("pg-4", "gw-7", permissionId="perm-r")]},
        {},
    ),
    "through groups": (
        {"assignment": {"principalId": "g-2"},
         "principals": [person("g-1", "Group", "on-call"), person("g-2", "Group", "field")],
         "groupMembers": [{"groupId": "g-1", "principalId": "gw-7"}, {"groupId": "g-2", "principalId": "g-1"}]},
        {},
    ),
    "three routes": (
        {"assignment": {"roleId": "people"}, "roles": [PEOPLE],
         "roleAssignments": [held(f"ra-{number}", "gw-7", roleId="people") for number in (2, 3)]},
        {},
    ),
    "four routes": (
        {"assignment": {"roleId": "people"}, "roles": [PEOPLE],
         "roleAssignments": [held(f"ra-{number}", "gw-7", roleId="people") for number in (2, 3, 4)]},
        {},
    ),
}  # fmt: skip


def said(case: str) -> list[dict[str, Any]]:
    """What the checks of a case say, without those that pass unless all do, and then its routes."""
    changed, asked = CASES[case]
    decision = decide(document(**changed), **asked)
    checks = [each.to_dict() for each in decision.checks]
    told = [each for each in checks if each["result"] in ("fail", "unknown")] or checks
    return told + [each.to_dict() for each in decision.routes]


@pytest.mark.parametrize("case", CASES)
def test_what_checks_and_routes_say(case: str) -> None:
    assert said(case) == [each["said"] for each in SENTENCES if each["case"] == case]


def test_a_decision_as_text() -> None:
    decision = decide(document(assignment={"expiresAt": BEFORE}), permission=WRITE)
    assert decision.to_text().splitlines() == [
        "denied by AUZ1 has-route",
        "├─ – AUT1 key-complete: no credential was given",
        "├─ ✓ AUT2 principal-active: the status is Active",
        "├─ ✓ AUT3 principal-organisation: it belongs to the organisation org-1",
        "├─ ✓ AUT4 principal-expired: it has no expiry date",
        "├─ – AUT5 credential-expired: no credential was given",
        "├─ – AUT6 credential-revoked: no credential was given",
        "├─ – AUT7 direct-auth-enabled: no credential was given",
        "├─ – AUT8 api-accepts-iam-keys: no credential was given",
        f"├─ ✗ AUZ1 has-route: {check(decision, 'AUZ1').detail}",
        f"│     fix: {check(decision, 'AUZ1').fix}",
        "├─ – AUZ2 type-supported: no route is left after AUZ1",
        "├─ – AUZ3 route-organisation: no route is left after AUZ1",
        "├─ – AUZ4 permission-included: no route is left after AUZ1",
        "├─ – AUZ5 scope-matches: no route is left after AUZ1",
        "├─ – AUZ6 conditions-hold: no route is left after AUZ1",
        "└─ routes: 1",
        '   ├─ ✗ AUZ1 role "Gateway operator" (role-12), assignment ra-1: expired on 2026-09-30T23:59:59Z',
        "   │     fix: Set a later expiry date if it is still needed, or assign the role again.",
    ]
    assert decide(document()).to_text().splitlines()[0] == "allowed"


def test_a_decision_as_html() -> None:
    html = decide(document(assignment={"expiresAt": BEFORE}))._repr_html_()
    assert html.startswith(
        "<table><caption>denied by AUZ1</caption><thead><tr><th></th><th>check</th><th>detail</th><th>fix</th></tr>"
        "</thead><tbody><tr><td>–</td><td>AUT1 key-complete</td><td>no credential was given</td><td></td></tr><tr>"
    )
    assert html.endswith(
        '<td></td></tr></tbody><tbody><tr><th colspan="4">routes: 1</th></tr></tbody><tbody><tr><td>✗</td><td>AUZ1</td>'
        "<td>role &quot;Gateway operator&quot; (role-12), assignment ra-1: expired on 2026-09-30T23:59:59Z</td>"
        "<td>Set a later expiry date if it is still needed, or assign the role again.</td></tr></tbody></table>"
    )
    assert decide(document())._repr_html_().startswith("<table><caption>allowed</caption>")


def test_what_would_help_is_told_once_checks_before_routes() -> None:
    decision = decide(document(assignment={"expiresAt": BEFORE}))
    assert decision.fixes == (
        "Assign the narrowest role that lets the workflow succeed, to the principal or to a group that holds it.",
        "Set a later expiry date if it is still needed, or assign the role again.",
    )
    assert decide(document()).fixes == ()
