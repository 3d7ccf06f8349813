"""PRM: for each rule what it flags, and what it must leave alone."""
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
    need,
    permission,
    principal,
    related,
    required,
    resource_type,
    role,
    service,
    why_not,
)

from auditkit.limits import Limits

IP = '[{"attribute":"request.ip","operator":"cidr","value":"10.0.0.0/8"}]'
HOLDS = {
    "principals": [principal()],
    "permissions": [permission(), permission("y")],
    "resource_types": [resource_type()],
    "roles": [role("r", ["x"])],
    "role_assignments": [assignment()],
}
UNTYPED = {"roles": [role("r", ["x"], supported_principal_types=None)]}
SCOPED = {"role_assignments": [assignment(scope_type="iot.device", scope_path="/a")]}
BELOW = need(resource_type="iot.device", resource_path="/a/b")


class TestPRM001(RuleLaws):
    rule = "PRM001"
    given = {**HOLDS, "required": required(need())}
    hits = {
        "not held": ({"required": required(need(permission="id.y"))}, {"p|id.y": "high"}),
        "expired": ({"role_assignments": [assignment(expires_at=AS_OF)]}, {"p|id.x": "high"}),
        "suspended": ({"principals": [principal(status="Suspended")]}, {"p|id.x": "high"}),
        "type not supported": (
            {"roles": [role("r", ["x"], supported_principal_types=["ApiKey"])]},
            {"p|id.x": "high"},
        ),
        "only scoped": (SCOPED, {"p|id.x": "high"}),
        "scoped elsewhere": (
            {**SCOPED, "required": required(need(resource_type="iot.device", resource_path="/ab"))},
            {"p|id.x|iot.device|/ab": "high"},
        ),
        "required twice": ({"role_assignments": [], "required": required(need(), need())}, {"p|id.x": "high"}),
    }
    clean = {
        "held": {},
        "granted": {"role_assignments": [], "permission_grants": [grant()]},
        "through a group": {
            "principals": [principal(), group()],
            "group_members": [member()],
            "role_assignments": [assignment(principal_id="g")],
        },
        "scoped, below": {**SCOPED, "required": required(BELOW)},
        "undetermined": UNTYPED,
        "expects deny": {"required": required(need(permission="id.y", expect="deny"))},
        "nothing is required": {"required": required()},
    }

    def test_without_required_permissions_it_is_not_evaluated(self) -> None:
        assert why_not(judge("PRM001", **HOLDS)) == "no required permissions were given (--required CSV)"

    def test_the_proof_is_the_failed_check(self) -> None:
        proof = related(judge("PRM001", **{**HOLDS, "required": required(need(permission="id.y"))}), "p|id.y")
        assert proof["failed_check"] == "AUZ4"
        assert proof["line"] == 2

    def test_a_row_that_cannot_be_judged_is_told_and_the_others_kept(self) -> None:
        rows = required(need(permission="id.y"), need("gone"), need(permission="id.gone"))
        found = judge("PRM001", **{**HOLDS, "required": rows})
        assert flagged(found) == {"p|id.y": "high"}
        told = why_not(found) or ""
        assert told.startswith("2 of the required rows could not be judged: line 3 (")
        assert "line 4 (" in told

    def test_a_row_that_expects_deny_is_no_doubt_here(self) -> None:
        assert why_not(judge("PRM001", **{**HOLDS, "required": required(need("gone", expect="deny"))})) is None


class TestPRM002(RuleLaws):
    rule = "PRM002"
    given = {**HOLDS, "roles": [role("r", ["x", "y"])], "required": required(need())}
    hits = {
        "one more": ({}, {"p|id.y": "medium"}),
        "a machine": ({"principals": [api_key("p")]}, {"p|id.y": "high"}),
        "scoped": (
            {
                "roles": [role("r", ["x"]), role("r2", ["y"])],
                "role_assignments": [
                    assignment(),
                    assignment("b", role_id="r2", scope_type="iot.device", scope_path="/a"),
                ],
            },
            {"p|id.y": "medium"},
        ),
        "granted": (
            {"roles": [role("r", ["x"])], "permission_grants": [grant(permission_id="y")]},
            {"p|id.y": "medium"},
        ),
    }
    clean = {
        "all required": {"required": required(need(), need(permission="id.y"))},
        "required on a resource": {
            "required": required(need(), need(permission="id.y", resource_type="iot.device", resource_path="/a"))
        },
        "undetermined": {"roles": [role("r", ["x", "y"], supported_principal_types=None)]},
        "no row names the principal": {"required": required()},
        "only a deny row names the principal": {"required": required(need(expect="deny"))},
        "not usable": {"principals": [principal(status="Suspended")]},
        "type not supported": {"roles": [role("r", ["x", "y"], supported_principal_types=["ApiKey"])]},
    }

    def test_without_required_permissions_it_is_not_evaluated(self) -> None:
        assert why_not(judge("PRM002", **HOLDS)) == "no required permissions were given (--required CSV)"


class TestPRM003(RuleLaws):
    rule = "PRM003"
    given = {**HOLDS, "permission_grants": [grant()]}
    hits = {
        "live": ({}, {"d": "low"}),
        "expires in a second": ({"permission_grants": [grant(expires_at=ahead(0, 1))]}, {"d": "low"}),
        "to a group": ({"principals": [group("p")]}, {"d": "low"}),
        "to a suspended principal": ({"principals": [principal(status="Suspended")]}, {"d": "low"}),
    }
    clean = {
        "at the instant": {"permission_grants": [grant(expires_at=AS_OF)]},
        "a second ago": {"permission_grants": [grant(expires_at=ago(0, -1))]},
        "of another organisation": {"permission_grants": [grant(organisation_id="o2")]},
        "an assignment": {"permission_grants": []},
    }


class TestPRM004(RuleLaws):
    rule = "PRM004"
    given = {**HOLDS, "permissions": [permission(is_preview=True), permission("y")]}
    hits = {
        "an assigned role": ({}, {"r": "info"}),
        "a grant": ({"role_assignments": [], "permission_grants": [grant()]}, {"d": "info"}),
        "both": ({"permission_grants": [grant()]}, {"d": "info", "r": "info"}),
        "two previews, once": (
            {
                "permissions": [permission(is_preview=True), permission("y", is_preview=True)],
                "roles": [role("r", ["x", "y"])],
            },
            {"r": "info"},
        ),
    }
    clean = {
        "no preview": {"permissions": [permission()]},
        "not assigned": {"role_assignments": []},
        "expired": {"role_assignments": [assignment(expires_at=AS_OF)]},
        "grant expired": {"role_assignments": [], "permission_grants": [grant(expires_at=AS_OF)]},
        "another permission": {"roles": [role("r", ["y"])]},
        "unknown permission": {"roles": [role("r", ["gone"])]},
    }


class TestPRM005(RuleLaws):
    rule = "PRM005"
    given = {"permissions": [permission()]}
    hits = {
        "unknown": ({"roles": [role("r", ["x", "gone"])]}, {"r": "medium"}),
        "two unknown, once": ({"roles": [role("r", ["gone", "lost"])]}, {"r": "medium"}),
        "in other case": ({"roles": [role("r", ["X"])]}, {"r": "medium"}),
    }
    clean = {
        "known": {"roles": [role("r", ["x"])]},
        "none": {"roles": [role()]},
        "a grant of an unknown one": {"permission_grants": [grant(permission_id="gone")]},
    }

    def test_the_proof_names_the_ids(self) -> None:
        found = judge("PRM005", permissions=[], roles=[role("r", ["b", "a", "b"])])
        assert related(found, "r")["permission_ids"] == ["a", "b"]


class TestPRM006(RuleLaws):
    rule = "PRM006"
    given = {**HOLDS, "required": required(need())}
    hits = {
        "no types declared": (UNTYPED, {"p|id.x": "medium"}),
        "a condition": ({"role_assignments": [assignment(conditions=IP)]}, {"p|id.x": "medium"}),
        "a condition of the role": ({"roles": [role("r", ["x"], conditions=IP)]}, {"p|id.x": "medium"}),
    }
    clean = {
        "allowed": {},
        "denied": {"role_assignments": []},
        "another way is open": {**UNTYPED, "permission_grants": [grant()]},
        "expects deny": {**UNTYPED, "required": required(need(expect="deny"))},
    }

    def test_a_row_that_cannot_be_judged_is_told(self) -> None:
        found = judge("PRM006", **{**HOLDS, **UNTYPED, "required": required(need(), need("gone"))})
        assert flagged(found) == {"p|id.x": "medium"}
        assert "line 3 (" in (why_not(found) or "")

    def test_without_required_permissions_it_is_not_evaluated(self) -> None:
        assert why_not(judge("PRM006", **HOLDS)) == "no required permissions were given (--required CSV)"


class TestPRM007(RuleLaws):
    rule = "PRM007"
    given = {**HOLDS, "required": required(need(expect="deny"))}
    hits = {
        "allowed": ({}, {"p|id.x": "critical"}),
        "undetermined": (UNTYPED, {"p|id.x": "medium"}),
        "on a resource": (
            {**SCOPED, "required": required(BELOW | {"expect": "deny"})},
            {"p|id.x|iot.device|/a/b": "critical"},
        ),
        "said twice": ({"required": required(need(expect="deny"), need(expect="deny"))}, {"p|id.x": "critical"}),
    }
    clean = {
        "denied": {"role_assignments": []},
        "expects allow": {"required": required(need())},
        "another permission": {"required": required(need(permission="id.y", expect="deny"))},
        "only scoped": SCOPED,
        "not usable": {"principals": [principal(status="Revoked")]},
    }

    def test_a_row_that_cannot_be_judged_is_told(self) -> None:
        rows = required(need(expect="deny"), need("gone", expect="deny"))
        found = judge("PRM007", **{**HOLDS, "required": rows})
        assert flagged(found) == {"p|id.x": "critical"}
        assert "line 3 (" in (why_not(found) or "")

    def test_without_required_permissions_it_is_not_evaluated(self) -> None:
        assert why_not(judge("PRM007", **HOLDS)) == "no required permissions were given (--required CSV)"


def power(**changes):
    return {"permissions": [permission(**({"module": "iam", "action": "assign"} | changes)), permission("y")]}


class TestPRM008(RuleLaws):
    rule = "PRM008"
    given = {**HOLDS, "principals": [api_key("p")], **power()}
    hits = {
        "organisation-wide": ({}, {"p|id.x": "high"}),
        "scoped": (SCOPED, {"p|id.x": "high"}),
        "a service account": ({"principals": [service("p")]}, {"p|id.x": "high"}),
        "granted": ({"role_assignments": [], "permission_grants": [grant()]}, {"p|id.x": "high"}),
        "through a group": (
            {
                "principals": [api_key("p"), group()],
                "group_members": [member()],
                "role_assignments": [assignment(principal_id="g")],
            },
            {"p|id.x": "high"},
        ),
        "reading spelled otherwise": (power(action="Read"), {"p|id.x": "high"}),
    }
    clean = {
        "read": power(action="read"),
        "list": power(action="list"),
        "get": power(action="get"),
        "view": power(action="view"),
        "another module": power(module="iot"),
        "a user": {"principals": [principal()]},
        "not usable": {"principals": [api_key("p", status="Suspended")]},
        "type not supported": {"roles": [role("r", ["x"], supported_principal_types=["User"])]},
        "undetermined": UNTYPED,
        "a condition": {"role_assignments": [assignment(conditions=IP)]},
        "expired": {"role_assignments": [assignment(expires_at=AS_OF)]},
    }


class TestPRM009(RuleLaws):
    rule = "PRM009"
    given = {
        **HOLDS,
        "roles": [role("r", ["x", "y"])],
        "limits": Limits(toxic_pairs=(("id.x", "id.y"),)),
    }
    hits = {
        "one role": ({}, {"p|id.x+id.y": "high"}),
        "a role and a grant": (
            {"roles": [role("r", ["x"])], "permission_grants": [grant(permission_id="y")]},
            {"p|id.x+id.y": "high"},
        ),
        "scoped": (SCOPED, {"p|id.x+id.y": "high"}),
        "as configured": ({"limits": Limits(toxic_pairs=(("id.y", "id.x"),))}, {"p|id.y+id.x": "high"}),
        "a machine": ({"principals": [api_key("p")]}, {"p|id.x+id.y": "high"}),
    }
    clean = {
        "one of the two": {"roles": [role("r", ["x"])]},
        "one is undetermined": {
            "roles": [role("r", ["x"])],
            "permission_grants": [grant(permission_id="y", conditions=IP)],
        },
        "one each": {
            "principals": [principal(), principal("q")],
            "roles": [role("r", ["x"])],
            "permission_grants": [grant(permission_id="y", principal_id="q")],
        },
        "not usable": {"principals": [principal(status="Suspended")]},
        "expired": {"role_assignments": [assignment(expires_at=AS_OF)]},
    }

    def test_without_pairs_it_is_not_evaluated(self) -> None:
        assert why_not(judge("PRM009", **HOLDS)) == "no toxic_pairs are configured"

    def test_a_pair_that_the_catalogue_lacks_is_told_and_the_others_judged(self) -> None:
        limits = Limits(toxic_pairs=(("id.x", "id.y"), ("id.x", "id.gone")))
        found = judge("PRM009", **{**self.given, "limits": limits})
        assert flagged(found) == {"p|id.x+id.y": "high"}
        assert why_not(found) == "toxic_pairs names what the catalogue lacks: id.gone"
