"""ORG: for each rule what it flags, and what it must leave alone."""
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
    group,
    judge,
    member,
    organisation,
    permission,
    principal,
    related,
    role,
    service,
    why_not,
)

from auditkit.attestations import attestations
from auditkit.limits import Limits


class TestORG001(RuleLaws):
    rule = "ORG001"
    hits = {"on": ({"organisation": [organisation(direct_api_key_auth=True)]}, {"o1": "info"})}
    clean = {"off": {}, "off, with keys": {"principals": [api_key()]}}


class TestORG002(RuleLaws):
    rule = "ORG002"
    hits = {
        "one": ({"principals": [api_key()]}, {"o1": "info"}),
        "a revoked one": ({"principals": [api_key(status="Revoked")]}, {"o1": "info"}),
    }
    clean = {
        "nobody": {},
        "others": {"principals": [principal(), service(), group()]},
    }


PEOPLE = [principal(f"p{n}") for n in range(6)]


def admins(count, **changes):
    return {"role_assignments": [assignment(f"a{n}", f"p{n}", **changes) for n in range(count)]}


class TestORG003(RuleLaws):
    rule = "ORG003"
    given = {
        "principals": PEOPLE,
        "permissions": [permission("x0"), permission("x1")],
        "roles": [role("r", ["x0"]), role("narrow")],
    }
    hits = {
        "none": ({}, {"o1": "medium"}),
        "one": (admins(1), {"o1": "medium"}),
        "five": (admins(5), {"o1": "medium"}),
        "two, expired": (admins(2, expires_at=AS_OF), {"o1": "medium"}),
        "two, on a narrow role": (admins(2, role_id="narrow"), {"o1": "medium"}),
        "two, not usable": (
            {"principals": [principal(f"p{n}", status="Suspended") for n in range(2)], **admins(2)},
            {"o1": "medium"},
        ),
        "two, on a role that does not support them": (
            {"roles": [role("r", ["x0"], supported_principal_types=["ApiKey"])], **admins(2)},
            {"o1": "medium"},
        ),
        "two machines": ({"principals": [service("p0"), api_key("p1")], **admins(2)}, {"o1": "medium"}),
    }
    clean = {
        "the fewest": admins(2),
        "three": admins(3),
        "the most": admins(4),
        "through a group": {
            "principals": [*PEOPLE, group()],
            "group_members": [member("g", "p0"), member("g", "p1")],
            "role_assignments": [assignment(principal_id="g")],
        },
        "no types declared": {"roles": [role("r", ["x0"], supported_principal_types=None)], **admins(2)},
        "the same people twice": {
            "role_assignments": [assignment(f"a{n}", f"p{n % 4}") for n in range(8)],
        },
        "two broad roles": {
            "roles": [role("r", ["x0"]), role("r2", ["x1"])],
            "role_assignments": [assignment(f"a{n}", f"p{n % 4}", "r" if n < 4 else "r2") for n in range(8)],
        },
        "machines are not counted": {
            "principals": [*PEOPLE, service()],
            "role_assignments": [*admins(4)["role_assignments"], assignment("z", "s")],
        },
    }

    def test_the_numbers_are_the_configured_ones(self) -> None:
        records = {**self.given, **admins(1)}
        assert flagged(judge("ORG003", limits=Limits(administrators=(1, 1)), **records)) == {}
        found = judge("ORG003", limits=Limits(administrators=(0, 0)), **records)
        assert found.frame.message.tolist() == ["administrators: 1, too many (0 to 0 are wanted)"]
        assert related(found, "o1")["administrators"] == 1
        assert related(found, "o1")["principal_ids"] == ["p0"]

    def test_where_no_organisation_was_listed_nothing_is_said_of_one(self) -> None:
        found = judge("ORG003", **self.given, **admins(1), organisation=[])
        assert why_not(found) is None
        assert flagged(found) == {}

    def test_without_a_catalogue_it_is_not_evaluated(self) -> None:
        assert "no role's breadth can be told" in (why_not(judge("ORG003", principals=PEOPLE)) or "")


def attested(when, kind="legacy-token"):
    return attestations([{"kind": kind, "what": "held by Mara", "who": "Mara", "when": when, "note": ""}])


class TestORG004(RuleLaws):
    rule = "ORG004"
    given = {"principals": [api_key()]}
    hits = {
        "none at all": ({}, {"o1": "medium"}),
        "older": ({"attestations": attested(ago(90, -1))}, {"o1": "medium"}),
        "only break-glass": ({"attestations": attested(ago(1), "break-glass")}, {"o1": "medium"}),
        "made later than it is judged": ({"attestations": attested(ahead(0, 1))}, {"o1": "medium"}),
    }
    clean = {
        "at the limit": {"attestations": attested(ago(90))},
        "a second younger": {"attestations": attested(ago(90, 1))},
        "just now": {"attestations": attested(AS_OF)},
        "an old and a young one": {"attestations": attested(ago(400)).merge(attested(ago(1)), how="outer")},
        "no API key": {"principals": [principal(), service(), group()]},
    }

    def test_it_tells_when_it_was_last_attested(self):
        found = judge("ORG004", principals=[api_key()], attestations=attested(ago(120)))
        assert found.frame.message.tolist() == ["API-key principals: 1; the legacy admin token was last attested on 2026-06-03"]
        assert related(found, "o1")["last_attested"] == "2026-06-03T00:00:00Z"

    def test_the_limit_is_configured(self):
        given = {"principals": [api_key()], "attestations": attested(ago(120))}
        assert flagged(judge("ORG004", limits=Limits(attestation_days=120), **given)) == {}
