"""ROL: for each rule what it flags, and what it must leave alone."""
# ruff: noqa: RUF012 (the tables of a test class are read, never changed)

from __future__ import annotations

from tools import (
    AS_OF,
    RuleLaws,
    ago,
    ahead,
    api_key,
    assignment,
    flagged,
    grant,
    group,
    judge,
    member,
    permission,
    principal,
    related,
    resource_type,
    role,
    service,
    why_not,
)

from auditkit.limits import Limits

USERS_ONLY = role(supported_principal_types=["User"])
KEYS_ONLY = role(supported_principal_types=["ApiKey"])


class TestROL001(RuleLaws):
    rule = "ROL001"
    given = {"principals": [api_key()], "roles": [USERS_ONLY], "role_assignments": [assignment(principal_id="k")]}
    through_group = {
        "principals": [api_key(), group()],
        "group_members": [member("g", "k")],
        "role_assignments": [assignment(principal_id="g")],
    }
    hits = {
        "its own": ({}, {"k|r": "high"}),
        "through a group": (through_group, {"k|r": "high"}),
        "through nested groups with a cycle": (
            {
                "principals": [api_key(), group(), group("h")],
                "group_members": [member("g", "k"), member("h", "g"), member("g", "h")],
                "role_assignments": [assignment(principal_id="h")],
            },
            {"k|r": "high"},
        ),
        "its own and a group's, once": (
            through_group | {"role_assignments": [assignment(principal_id="g"), assignment("b", "k")]},
            {"k|r": "high"},
        ),
        "the role supports nothing": ({"roles": [role(supported_principal_types=[])]}, {"k|r": "high"}),
        "a suspended key": ({"principals": [api_key(status="Suspended")]}, {"k|r": "high"}),
        "scoped": (
            {"role_assignments": [assignment(principal_id="k", scope_type="iot.device", scope_path="/a")]},
            {"k|r": "high"},
        ),
    }
    clean = {
        "supported": {"roles": [KEYS_ONLY]},
        "supported among others": {"roles": [role()]},
        "no types declared": {"roles": [role(supported_principal_types=None)]},
        "expired": {"role_assignments": [assignment(principal_id="k", expires_at=AS_OF)]},
        "of another organisation": {"role_assignments": [assignment(principal_id="k", organisation_id="o2")]},
        "a user": {"principals": [principal("k")], "roles": [KEYS_ONLY]},
        "a service account": {"principals": [service("k")]},
        "the group itself": {"principals": [group("k")]},
        "not a member": {
            "principals": [api_key(), group()],
            "role_assignments": [assignment(principal_id="g")],
        },
        "unknown role": {"role_assignments": [assignment(principal_id="k", role_id="gone")]},
    }

    def test_the_proof_names_the_group(self) -> None:
        found = judge("ROL001", **{**self.given, **self.through_group})
        proof = related(found, "k|r")
        assert proof["through"] == "g"
        assert proof["assignment_id"] == "a"
        assert found.frame.subject_type.tolist() == ["principal|role"]
        assert found.frame.message.tolist() == ["r does not support ApiKey"]


class TestROL002(RuleLaws):
    rule = "ROL002"
    given = {"principals": [principal()], "roles": [KEYS_ONLY], "role_assignments": [assignment()]}
    hits = {
        "a user": ({}, {"p|r": "medium"}),
        "a service account": ({"principals": [service("p")]}, {"p|r": "medium"}),
        "an unknown type": ({"principals": [principal(type="Robot")]}, {"p|r": "medium"}),
        "through a group": (
            {
                "principals": [principal(), group()],
                "group_members": [member()],
                "role_assignments": [assignment(principal_id="g")],
            },
            {"p|r": "medium"},
        ),
    }
    clean = {
        "supported": {"roles": [USERS_ONLY]},
        "no types declared": {"roles": [role(supported_principal_types=None)]},
        "a key": {"principals": [api_key("p")], "roles": [USERS_ONLY]},
        "a group": {"principals": [group("p")]},
        "expired": {"role_assignments": [assignment(expires_at=ago(1))]},
        "of another organisation": {"role_assignments": [assignment(organisation_id="o2")]},
        "unknown principal": {"principals": []},
    }


HOLDING = {
    "principals": [principal()],
    "roles": [role()],
    "permissions": [permission()],
    "resource_types": [resource_type()],
}


def held(**changes):
    """An assignment and a grant that differ in the same way from the usual."""
    return {"role_assignments": [assignment(**changes)], "permission_grants": [grant(**changes)]}


class TestROL003(RuleLaws):
    rule = "ROL003"
    given = HOLDING
    hits = {
        "both": (held(organisation_id="o2"), {"a": "high", "d": "high"}),
        "expired too": (held(organisation_id="o2", expires_at=ago(1)), {"a": "high", "d": "high"}),
        "unknown principal": (held(organisation_id="o2", principal_id="gone"), {"a": "high", "d": "high"}),
    }
    clean = {
        "of this organisation": held(),
        "expired": held(expires_at=ago(1)),
        "its principal is foreign": {"principals": [principal(organisation_id="o2")], **held()},
        "none": {},
    }

    def test_the_subject_says_which_of_the_two(self) -> None:
        found = judge("ROL003", **{**HOLDING, **held(organisation_id="o2")})
        assert dict(zip(found.frame.subject_id, found.frame.subject_type, strict=True)) == {
            "a": "assignment",
            "d": "grant",
        }

    def test_an_assignment_and_a_grant_may_have_the_same_id(self) -> None:
        found = judge(
            "ROL003",
            **HOLDING,
            role_assignments=[assignment("x", organisation_id="o2")],
            permission_grants=[grant("x", organisation_id="o2")],
        )
        assert found.frame.subject_type.tolist() == ["assignment", "grant"]
        assert found.frame.fingerprint.is_unique


class TestROL004(RuleLaws):
    rule = "ROL004"
    given = HOLDING
    hits = {
        "suspended": ({"principals": [principal(status="Suspended")], **held()}, {"a": "medium", "d": "medium"}),
        "expired": ({"principals": [principal(expires_at=AS_OF)], **held()}, {"a": "medium", "d": "medium"}),
        "foreign": ({"principals": [principal(organisation_id="o2")], **held()}, {"a": "medium", "d": "medium"}),
        "a suspended group": ({"principals": [group("p", status="Suspended")], **held()}, {"a": "medium", "d": "medium"}),
    }
    clean = {
        "usable": held(),
        "expired holding": {"principals": [principal(status="Suspended")], **held(expires_at=AS_OF)},
        "foreign holding": {"principals": [principal(status="Suspended")], **held(organisation_id="o2")},
        "unknown principal": held(principal_id="gone"),
        "expires in a second": {"principals": [principal(expires_at=ahead(0, 1))], **held()},
    }


class TestROL005(RuleLaws):
    rule = "ROL005"
    hits = {
        "none": ({"roles": [role()]}, {"r": "low"}),
        "a system role": ({"roles": [role(scope="System")]}, {"r": "low"}),
    }
    clean = {
        "one": {"roles": [role("r", ["x"])], "permissions": [permission()]},
        "one that the catalogue lacks": {"roles": [role("r", ["gone"])]},
        "no roles": {},
    }


class TestROL006(RuleLaws):
    rule = "ROL006"
    given = {"principals": [principal()], "roles": [role()]}
    hits = {
        "never": ({}, {"r": "info"}),
        "expired": ({"role_assignments": [assignment(expires_at=AS_OF)]}, {"r": "info"}),
        "foreign": ({"role_assignments": [assignment(organisation_id="o2")]}, {"r": "info"}),
        "another role": ({"role_assignments": [assignment(role_id="q")]}, {"r": "info"}),
    }
    clean = {
        "assigned": {"role_assignments": [assignment()]},
        "expires in a second": {"role_assignments": [assignment(expires_at=ahead(0, 1))]},
        "to a suspended principal": {
            "principals": [principal(status="Suspended")],
            "role_assignments": [assignment()],
        },
        "a system role": {"roles": [role(scope="System")]},
        "an unknown scope": {"roles": [role(scope="Tenant")]},
        "to an unknown principal": {"role_assignments": [assignment(principal_id="gone")]},
    }


class TestROL007(RuleLaws):
    rule = "ROL007"
    given = HOLDING
    hits = {
        "unknown": (held(scope_type="iot.drone", scope_path="/a"), {"a": "medium", "d": "medium"}),
        "in other case": (held(scope_type="IOT.device", scope_path="/a"), {"a": "medium", "d": "medium"}),
        "expired": (held(scope_type="x", scope_path="/a", expires_at=ago(1)), {"a": "medium", "d": "medium"}),
    }
    clean = {
        "known": held(scope_type="iot.device", scope_path="/a"),
        "no scope": held(),
        "no scope, no catalogue": {"resource_types": [], **held()},
        "none": {},
    }


def catalogue(count, previews=0):
    return [permission(f"x{n}", is_preview=n >= count) for n in range(count + previews)]


class TestROL008(RuleLaws):
    rule = "ROL008"
    given = {
        "principals": [api_key()],
        "permissions": catalogue(4),
        "roles": [role("r", ["x0", "x1"])],
        "role_assignments": [assignment(principal_id="k")],
    }
    hits = {
        "exactly the share": ({}, {"k|r": "high"}),
        "all": ({"roles": [role("r", ["x0", "x1", "x2", "x3"])]}, {"k|r": "high"}),
        "a service account": ({"principals": [service("k")]}, {"k|r": "high"}),
        "a role that does not support it": (
            {"roles": [role("r", ["x0", "x1"], supported_principal_types=["User"])]},
            {"k|r": "high"},
        ),
        "through a group": (
            {
                "principals": [api_key(), group()],
                "group_members": [member("g", "k")],
                "role_assignments": [assignment(principal_id="g")],
            },
            {"k|r": "high"},
        ),
        "previews do not widen the catalogue": ({"permissions": catalogue(4, previews=9)}, {"k|r": "high"}),
    }
    clean = {
        "one permission fewer": {"roles": [role("r", ["x0"])]},
        "the same one twice": {"roles": [role("r", ["x0", "x0"])]},
        "previews do not count": {
            "permissions": catalogue(4, previews=4),
            "roles": [role("r", ["x0", "x4", "x5", "x6", "x7"])],
        },
        "unknown ids do not count": {"roles": [role("r", ["x0", "y1", "y2"])]},
        "a user": {"principals": [principal("k")]},
        "a group": {"principals": [group("k")]},
        "expired": {"role_assignments": [assignment(principal_id="k", expires_at=AS_OF)]},
    }

    def test_the_share_is_the_configured_one(self) -> None:
        assert flagged(judge("ROL008", limits=Limits(broad_role_share=0.51), **self.given)) == {}
        found = judge("ROL008", limits=Limits(broad_role_share=0.25), **self.given)
        assert found.frame.message.tolist() == ["ApiKey holds r, which has 50% of the catalogue"]

    def test_without_a_catalogue_it_is_not_evaluated(self) -> None:
        assert "no role's breadth can be told" in (why_not(judge("ROL008", **{**self.given, "permissions": []})) or "")


def twins(**changes):
    return {"role_assignments": [assignment("a1"), assignment("a2", **changes)]}


IP = '[{"attribute":"request.ip","operator":"cidr","value":"10.0.0.0/8"}]'
BOTH = '[{"attribute":"a","operator":"equals","value":"1"},{"attribute":"b","operator":"equals","value":"2"}]'
SWAPPED = '[{"value":"2","operator":"equals","attribute":"b"},{"attribute":"a","operator":"equals","value":"1"}]'


class TestROL009(RuleLaws):
    rule = "ROL009"
    given = {"principals": [principal(), principal("q")], "roles": [role(), role("r2")]}
    hits = {
        "the same": (twins(), {"a2": "low"}),
        "three": ({"role_assignments": [assignment(f"a{n}") for n in (3, 1, 2)]}, {"a2": "low", "a3": "low"}),
        "the other ends later": (twins(expires_at=ahead(9)), {"a2": "low"}),
        "the same scope": (
            {"role_assignments": [assignment(name, scope_type="t", scope_path="/a") for name in ("a1", "a2")]},
            {"a2": "low"},
        ),
        "the same conditions": (
            {"role_assignments": [assignment("a1", conditions=IP), assignment("a2", conditions=IP)]},
            {"a2": "low"},
        ),
        "the same conditions in another order": (
            {"role_assignments": [assignment("a1", conditions=BOTH), assignment("a2", conditions=SWAPPED)]},
            {"a2": "low"},
        ),
        "ids are compared as text": ({"role_assignments": [assignment("9"), assignment("10")]}, {"9": "low"}),
    }
    clean = {
        "another role": twins(role_id="r2"),
        "another principal": twins(principal_id="q"),
        "another scope": twins(scope_type="t", scope_path="/a"),
        "another path": {
            "role_assignments": [
                assignment("a1", scope_type="t", scope_path="/a"),
                assignment("a2", scope_type="t", scope_path="/ab"),
            ]
        },
        "a condition": twins(conditions=IP),
        "the other expired": twins(expires_at=AS_OF),
        "the first expired": {"role_assignments": [assignment("a1", expires_at=AS_OF), assignment("a2")]},
        "the other is foreign": twins(organisation_id="o2"),
        "only one": {"role_assignments": [assignment()]},
        "one role, its own and a group's": {
            "principals": [principal(), group()],
            "group_members": [member()],
            "role_assignments": [assignment("a1"), assignment("a2", "g")],
        },
    }

    def test_the_proof_names_the_first(self) -> None:
        found = judge("ROL009", **{**self.given, "role_assignments": [assignment(f"a{n}") for n in (3, 1, 2)]})
        assert related(found, "a3")["repeats"] == "a1"


SILENT = role(supported_principal_types=None)


class TestROL010(RuleLaws):
    rule = "ROL010"
    given = {"principals": [api_key()], "roles": [SILENT], "role_assignments": [assignment(principal_id="k")]}
    hits = {
        "a key": ({}, {"r": "low"}),
        "a service account": ({"principals": [service("k")]}, {"r": "low"}),
        "through a group": (
            {
                "principals": [api_key(), group()],
                "group_members": [member("g", "k")],
                "role_assignments": [assignment(principal_id="g")],
            },
            {"r": "low"},
        ),
    }
    clean = {
        "types declared": {"roles": [role()]},
        "no type supported": {"roles": [role(supported_principal_types=[])]},
        "a user": {"principals": [principal("k")]},
        "a group without machines": {"principals": [group("k")]},
        "expired": {"role_assignments": [assignment(principal_id="k", expires_at=AS_OF)]},
        "not assigned": {"role_assignments": []},
    }


class TestROL011(RuleLaws):
    rule = "ROL011"
    given = HOLDING
    hits = {
        "at the instant": (held(expires_at=AS_OF), {"a": "info", "d": "info"}),
        "a second ago": (held(expires_at=ago(0, -1)), {"a": "info", "d": "info"}),
        "foreign too": (held(expires_at=ago(9), organisation_id="o2"), {"a": "info", "d": "info"}),
    }
    clean = {
        "in a second": held(expires_at=ahead(0, 1)),
        "no expiry": held(),
        "its principal expired": {"principals": [principal(expires_at=ago(1))], **held()},
    }
