"""PRN: for each rule what it flags, and what it must leave alone."""
# ruff: noqa: RUF012 (the tables of a test class are read, never changed)

from __future__ import annotations

from tools import (
    AS_OF,
    RuleLaws,
    ago,
    ahead,
    api_key,
    assignment,
    credential,
    flagged,
    grant,
    group,
    judge,
    member,
    permission,
    principal,
    related,
    role,
    service,
    why_not,
)

from auditkit.limits import Limits


class TestPRN001(RuleLaws):
    rule = "PRN001"
    hits = {
        "suspended, nothing left": ({"principals": [principal(status="Suspended")]}, {"p": "info"}),
        "revoked, nothing left": ({"principals": [principal(status="Revoked")]}, {"p": "info"}),
        "a group too": ({"principals": [group(status="Suspended")]}, {"g": "info"}),
        "live credential": (
            {"principals": [api_key(status="Revoked")], "credentials": [credential()]},
            {"k": "high"},
        ),
        "live assignment of its own": (
            {"principals": [principal(status="Suspended")], "roles": [role()], "role_assignments": [assignment()]},
            {"p": "high"},
        ),
        "live grant of its own": (
            {
                "principals": [principal(status="Suspended")],
                "permissions": [permission()],
                "permission_grants": [grant()],
            },
            {"p": "high"},
        ),
        "access through a group is not its own": (
            {
                "principals": [principal(status="Suspended"), group()],
                "group_members": [member()],
                "roles": [role()],
                "role_assignments": [assignment(principal_id="g")],
            },
            {"p": "info"},
        ),
        "what is left has expired": (
            {
                "principals": [api_key(status="Suspended")],
                "credentials": [credential(expires_at=AS_OF)],
                "roles": [role()],
                "role_assignments": [assignment(principal_id="k", expires_at=AS_OF)],
            },
            {"k": "info"},
        ),
        "what is left is another organisation's": (
            {
                "principals": [principal(status="Suspended")],
                "roles": [role()],
                "role_assignments": [assignment(organisation_id="o2")],
            },
            {"p": "info"},
        ),
    }
    clean = {
        "active": {"principals": [principal()]},
        "active group": {"principals": [group()]},
        "active and expired": {"principals": [principal(expires_at=ago(1))]},
        "active of another organisation": {"principals": [principal(organisation_id="o2")]},
        "active with a live credential": {"principals": [api_key()], "credentials": [credential()]},
        "active with a revoked credential": {
            "principals": [api_key()],
            "credentials": [credential(revoked_at=ago(1))],
        },
        "status in other case": {"principals": [principal(status="suspended")]},
        "status with a space": {"principals": [principal(status="Revoked ")]},
        "unknown status": {"principals": [principal(status="Locked")]},
        "nobody": {},
    }

    def test_proof_names_what_remains(self) -> None:
        found = judge(
            "PRN001",
            principals=[api_key(status="Suspended")],
            credentials=[credential()],
            roles=[role()],
            role_assignments=[assignment(principal_id="k")],
        )
        assert found.frame.message.tolist() == [
            "is Suspended and still has live credentials and a live assignment or grant of its own"
        ]
        assert related(found, "k") == {
            "principal_id": "k",
            "type": "ApiKey",
            "status": "Suspended",
            "live_credentials": 1,
            "own_access": True,
        }


class TestPRN002(RuleLaws):
    rule = "PRN002"
    hits = {
        "long ago": ({"principals": [principal(expires_at=ago(400))]}, {"p": "info"}),
        "one second ago": ({"principals": [principal(expires_at=ago(0, -1))]}, {"p": "info"}),
        "at the instant": ({"principals": [principal(expires_at=AS_OF)]}, {"p": "info"}),
        "suspended and expired": ({"principals": [principal(status="Suspended", expires_at=AS_OF)]}, {"p": "info"}),
        "with a live credential": (
            {"principals": [api_key(expires_at=ago(1))], "credentials": [credential()]},
            {"k": "high"},
        ),
        "with a live assignment": (
            {"principals": [principal(expires_at=ago(1))], "roles": [role()], "role_assignments": [assignment()]},
            {"p": "high"},
        ),
    }
    clean = {
        "no expiry": {"principals": [principal()]},
        "in one second": {"principals": [principal(expires_at=ahead(0, 1))]},
        "next year": {"principals": [principal(expires_at=ahead(365))]},
        "year 9999": {"principals": [principal(expires_at="9999-12-31T23:59:59Z")]},
        "suspended, not expired": {"principals": [principal(status="Suspended")]},
        "its credential expired": {"principals": [api_key()], "credentials": [credential(expires_at=ago(1))]},
        "nobody": {},
    }


class TestPRN003(RuleLaws):
    rule = "PRN003"
    hits = {
        "a user, one second over": ({"principals": [principal(last_active_at=ago(90, -1))]}, {"p": "medium"}),
        "a key, long ago": ({"principals": [api_key(last_active_at=ago(400))]}, {"k": "high"}),
        "a service account": ({"principals": [service(last_active_at=ago(91))]}, {"s": "high"}),
        "an unknown type": ({"principals": [principal(type="Robot", last_active_at=ago(91))]}, {"p": "medium"}),
        "its credential was used long ago": (
            {"principals": [api_key()], "credentials": [credential(last_used_at=ago(91))]},
            {"k": "high"},
        ),
        "the latest of both is too old": (
            {"principals": [api_key(last_active_at=ago(95))], "credentials": [credential(last_used_at=ago(120))]},
            {"k": "high"},
        ),
    }
    clean = {
        "exactly the limit": {"principals": [principal(last_active_at=ago(90))]},
        "one second under": {"principals": [principal(last_active_at=ago(90, 1))]},
        "yesterday": {"principals": [principal(last_active_at=ago(1))]},
        "in the future": {"principals": [principal(last_active_at=ahead(1))]},
        "a group": {"principals": [group(last_active_at=ago(400))]},
        "suspended": {"principals": [principal(status="Suspended", last_active_at=ago(400))]},
        "expired": {"principals": [principal(expires_at=AS_OF, last_active_at=ago(400))]},
        "of another organisation": {"principals": [principal(organisation_id="o2", last_active_at=ago(400))]},
        "no activity of its own": {"principals": [principal(), principal("q", last_active_at=ago(1))]},
        "its credential was used since": {
            "principals": [api_key(last_active_at=ago(400))],
            "credentials": [credential(last_used_at=ago(5))],
        },
        "a revoked credential was used since": {
            "principals": [api_key(last_active_at=ago(400))],
            "credentials": [credential(last_used_at=ago(5), revoked_at=ago(4))],
        },
    }

    def test_the_limit_is_the_configured_one(self) -> None:
        records = {"principals": [principal(last_active_at=ago(60, -1)), principal("q", last_active_at=ago(60))]}
        assert flagged(judge("PRN003", limits=Limits(dormant_days=60), **records)) == {"p": "medium"}

    def test_without_any_activity_it_is_not_evaluated(self) -> None:
        found = judge("PRN003", principals=[principal()], credentials=[credential()])
        assert "no principal carries lastActiveAt and no credential lastUsedAt" in (why_not(found) or "")

    def test_activity_of_one_credential_is_evidence(self) -> None:
        found = judge("PRN003", principals=[principal()], credentials=[credential(last_used_at=ago(1))])
        assert why_not(found) is None


class TestPRN004(RuleLaws):
    rule = "PRN004"
    given = {"credentials": [credential("z", "other", last_used_at=ago(1))]}
    hits = {
        "one second over": ({"principals": [principal(created_at=ago(30, -1))]}, {"p": "medium"}),
        "a key with an unused credential": (
            {"principals": [api_key(created_at=ago(40))]},
            {"k": "medium"},
        ),
        "a service account": ({"principals": [service(created_at=ago(400))]}, {"s": "medium"}),
    }
    clean = {
        "exactly the limit": {"principals": [principal(created_at=ago(30))]},
        "one second under": {"principals": [principal(created_at=ago(30, 1))]},
        "active once, long ago": {"principals": [principal(created_at=ago(400), last_active_at=ago(399))]},
        "a group": {"principals": [group(created_at=ago(400))]},
        "revoked": {"principals": [principal(status="Revoked", created_at=ago(400))]},
        "expired": {"principals": [principal(created_at=ago(400), expires_at=AS_OF)]},
        "of another organisation": {"principals": [principal(created_at=ago(400), organisation_id="o2")]},
        "its credential was used": {
            "principals": [principal("other", "ApiKey", created_at=ago(400))],
        },
        "creation cannot be read": {"principals": [principal(created_at=None)]},
    }

    def test_without_any_activity_it_is_not_evaluated(self) -> None:
        found = judge("PRN004", principals=[principal(created_at=ago(400))])
        assert flagged(found) == {}
        assert "inactivity cannot be told" in (why_not(found) or "")


class TestPRN005(RuleLaws):
    rule = "PRN005"
    hits = {
        "a user": ({"principals": [principal(organisation_id="o2")]}, {"p": "high"}),
        "a group": ({"principals": [group(organisation_id="o2")]}, {"g": "high"}),
        "a suspended key": ({"principals": [api_key(organisation_id="o2", status="Suspended")]}, {"k": "high"}),
        "in other case": ({"principals": [principal(organisation_id="O1")]}, {"p": "high"}),
    }
    clean = {
        "of this organisation": {"principals": [principal()]},
        "suspended": {"principals": [principal(status="Suspended")]},
        "its assignment is foreign": {
            "principals": [principal()],
            "roles": [role()],
            "role_assignments": [assignment(organisation_id="o2")],
        },
        "nobody": {},
    }


REACHED = {"roles": [role()], "permissions": [permission()]}


class TestPRN006(RuleLaws):
    rule = "PRN006"
    given = REACHED
    hits = {
        "nothing at all": ({"principals": [principal()]}, {"p": "low"}),
        "a key": ({"principals": [api_key()]}, {"k": "low"}),
        "its assignment expired": (
            {"principals": [principal()], "role_assignments": [assignment(expires_at=AS_OF)]},
            {"p": "low"},
        ),
        "its grant is foreign": (
            {"principals": [principal()], "permission_grants": [grant(organisation_id="o2")]},
            {"p": "low"},
        ),
        "in a group that has nothing": (
            {"principals": [principal(), group()], "group_members": [member()]},
            {"p": "low"},
        ),
    }
    clean = {
        "an assignment": {"principals": [principal()], "role_assignments": [assignment()]},
        "a grant": {"principals": [principal()], "permission_grants": [grant()]},
        "expires in a second": {
            "principals": [principal()],
            "role_assignments": [assignment(expires_at=ahead(0, 1))],
        },
        "through a group": {
            "principals": [principal(), group()],
            "group_members": [member()],
            "role_assignments": [assignment(principal_id="g")],
        },
        "through nested groups": {
            "principals": [principal(), group(), group("h")],
            "group_members": [member(), member("h", "g")],
            "permission_grants": [grant(principal_id="h")],
        },
        "through a cycle of groups": {
            "principals": [principal(), group(), group("h")],
            "group_members": [member(), member("h", "g"), member("g", "h")],
            "role_assignments": [assignment(principal_id="h")],
        },
        "a group without access": {"principals": [group()]},
        "suspended": {"principals": [principal(status="Suspended")]},
        "expired": {"principals": [principal(expires_at=AS_OF)]},
        "of another organisation": {"principals": [principal(organisation_id="o2")]},
    }


class TestPRN007(RuleLaws):
    rule = "PRN007"
    hits = {
        "a key": ({"principals": [api_key()]}, {"k": "low"}),
        "a service account": ({"principals": [service()]}, {"s": "low"}),
        "its credential expired": (
            {"principals": [api_key()], "credentials": [credential(expires_at=AS_OF)]},
            {"k": "low"},
        ),
        "its credential was revoked": (
            {"principals": [api_key()], "credentials": [credential(revoked_at=AS_OF)]},
            {"k": "low"},
        ),
        "another's credential": (
            {"principals": [api_key()], "credentials": [credential(principal_id="s")]},
            {"k": "low"},
        ),
    }
    clean = {
        "a live credential": {"principals": [api_key()], "credentials": [credential()]},
        "one of two is live": {
            "principals": [api_key()],
            "credentials": [credential(), credential("c2", revoked_at=ago(1))],
        },
        "revoked in a second": {
            "principals": [api_key()],
            "credentials": [credential(revoked_at=ahead(0, 1))],
        },
        "a user": {"principals": [principal()]},
        "a group": {"principals": [group()]},
        "suspended": {"principals": [api_key(status="Suspended")]},
        "expired": {"principals": [api_key(expires_at=AS_OF)]},
        "of another organisation": {"principals": [api_key(organisation_id="o2")]},
    }


class TestPRN008(RuleLaws):
    rule = "PRN008"
    hits = {
        "in a second": ({"principals": [principal(expires_at=ahead(0, 1))]}, {"p": "medium"}),
        "one second under the limit": ({"principals": [api_key(expires_at=ahead(30, -1))]}, {"k": "medium"}),
        "exactly the limit": ({"principals": [service(expires_at=ahead(30))]}, {"s": "medium"}),
        "a group": ({"principals": [group(expires_at=ahead(3))]}, {"g": "medium"}),
    }
    clean = {
        "one second over the limit": {"principals": [principal(expires_at=ahead(30, 1))]},
        "at the instant": {"principals": [principal(expires_at=AS_OF)]},
        "a second ago": {"principals": [principal(expires_at=ago(0, -1))]},
        "no expiry": {"principals": [principal()]},
        "suspended": {"principals": [principal(status="Suspended", expires_at=ahead(3))]},
        "of another organisation": {"principals": [principal(organisation_id="o2", expires_at=ahead(3))]},
        "its credential expires": {"principals": [api_key()], "credentials": [credential(expires_at=ahead(3))]},
    }
