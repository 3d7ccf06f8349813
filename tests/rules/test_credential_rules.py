"""CRD: for each rule what it flags, and what it must leave alone."""
# ruff: noqa: RUF012 (the tables of a test class are read, never changed)

from __future__ import annotations

import pandas as pd
from tools import (
    AS_OF,
    RuleLaws,
    ago,
    ahead,
    api_key,
    credential,
    flagged,
    judge,
    principal,
    related,
    service,
    why_not,
)

from auditkit.limits import Limits

KEY = {"principals": [api_key()]}


def one(**changes):
    return {"credentials": [credential(**changes)]}


class TestCRD001(RuleLaws):
    rule = "CRD001"
    given = KEY
    hits = {
        "at the instant": (one(expires_at=AS_OF), {"c": "low"}),
        "a second ago": (one(expires_at=ago(0, -1)), {"c": "low"}),
        "used before its expiry": (one(expires_at=ago(5), last_used_at=ago(6)), {"c": "low"}),
        "used at its expiry": (one(expires_at=ago(5), last_used_at=ago(5)), {"c": "low"}),
        "used a second after its expiry": (one(expires_at=ago(5), last_used_at=ago(5, 1)), {"c": "high"}),
        "to be revoked later": (one(expires_at=ago(5), revoked_at=ahead(1)), {"c": "low"}),
    }
    clean = {
        "in a second": one(expires_at=ahead(0, 1)),
        "no expiry": one(),
        "expired and revoked": one(expires_at=ago(5), revoked_at=ago(4)),
        "expired and revoked at the instant": one(expires_at=ago(5), revoked_at=AS_OF),
        "revoked only": one(revoked_at=ago(5)),
        "used after its expiry, and revoked": one(expires_at=ago(5), revoked_at=ago(2), last_used_at=ago(3)),
        "none": {"credentials": []},
    }

    def test_a_use_after_the_end_is_said(self) -> None:
        found = judge("CRD001", **KEY, **one(expires_at=ago(5), last_used_at=ago(1)))
        assert found.frame.message.tolist() == ["expired on 2026-09-26, and was used after that"]
        assert related(found, "c") == {
            "credential_id": "c",
            "key_id": "key-c",
            "principal_id": "k",
            "expires_at": "2026-09-26T00:00:00Z",
            "last_used_at": "2026-09-30T00:00:00Z",
        }


class TestCRD002(RuleLaws):
    rule = "CRD002"
    given = KEY
    hits = {
        "in a second": (one(expires_at=ahead(0, 1)), {"c": "medium"}),
        "one second under the limit": (one(expires_at=ahead(30, -1)), {"c": "medium"}),
        "exactly the limit": (one(expires_at=ahead(30)), {"c": "medium"}),
        "to be revoked before it": (one(expires_at=ahead(9), revoked_at=ahead(3)), {"c": "medium"}),
        "of an unknown principal": (one(expires_at=ahead(9), principal_id="gone"), {"c": "medium"}),
    }
    clean = {
        "one second over the limit": one(expires_at=ahead(30, 1)),
        "at the instant": one(expires_at=AS_OF),
        "expired": one(expires_at=ago(1)),
        "revoked": one(expires_at=ahead(9), revoked_at=ago(1)),
        "no expiry": one(),
        "year 9999": one(expires_at="9999-12-31T23:59:59Z"),
    }

    def test_the_instant_of_judgement_can_be_moved(self) -> None:
        records = KEY | one(expires_at=ahead(60))
        assert flagged(judge("CRD002", **records)) == {}
        assert flagged(judge("CRD002", as_of=ahead(30), **records)) == {"c": "medium"}
        assert flagged(judge("CRD002", as_of=ahead(60), **records)) == {}


class TestCRD003(RuleLaws):
    rule = "CRD003"
    given = KEY
    hits = {
        "at the instant": (one(revoked_at=AS_OF), {"c": "info"}),
        "a second ago": (one(revoked_at=ago(0, -1)), {"c": "info"}),
        "used at its end": (one(revoked_at=ago(5), last_used_at=ago(5)), {"c": "info"}),
        "used a second after": (one(revoked_at=ago(5), last_used_at=ago(5, 1)), {"c": "high"}),
        "expired too": (one(revoked_at=ago(5), expires_at=ago(9)), {"c": "info"}),
    }
    clean = {
        "in a second": one(revoked_at=ahead(0, 1)),
        "live": one(),
        "expired only": one(expires_at=ago(5)),
        "expired, used after": one(expires_at=ago(5), last_used_at=ago(1)),
        "none": {"credentials": []},
    }


class TestCRD004(RuleLaws):
    rule = "CRD004"
    given = KEY
    hits = {
        "no expiry": (one(), {"c": "medium"}),
        "to be revoked": (one(revoked_at=ahead(1)), {"c": "medium"}),
        "of a service account": (
            {"principals": [service()], "credentials": [credential(principal_id="s", kind="ServiceAccountSecret")]},
            {"c": "medium"},
        ),
    }
    clean = {
        "expires": one(expires_at=ahead(3)),
        "expires in 9999": one(expires_at="9999-12-31T23:59:59Z"),
        "expired": one(expires_at=ago(3)),
        "revoked": one(revoked_at=AS_OF),
    }


class TestCRD005(RuleLaws):
    rule = "CRD005"
    given = KEY
    hits = {
        "one second over": (one(created_at=ago(90, -1)), {"c": "medium"}),
        "years": (one(created_at=ago(2000), expires_at=ahead(3)), {"c": "medium"}),
        "of a suspended principal": (
            {"principals": [api_key(status="Suspended")], "credentials": [credential(created_at=ago(91))]},
            {"c": "medium"},
        ),
    }
    clean = {
        "exactly the limit": one(created_at=ago(90)),
        "one second under": one(created_at=ago(90, 1)),
        "revoked": one(created_at=ago(400), revoked_at=ago(1)),
        "expired": one(created_at=ago(400), expires_at=AS_OF),
        "creation cannot be read": one(created_at=None),
    }


class TestCRD006(RuleLaws):
    rule = "CRD006"
    given = KEY
    hits = {
        "one second over": (one(last_used_at=ago(90, -1)), {"c": "medium"}),
        "years": (one(last_used_at=ago(900)), {"c": "medium"}),
        "its principal was active since": (
            {"principals": [api_key(last_active_at=ago(1))], "credentials": [credential(last_used_at=ago(91))]},
            {"c": "medium"},
        ),
    }
    clean = {
        "exactly the limit": one(last_used_at=ago(90)),
        "one second under": one(last_used_at=ago(90, 1)),
        "revoked": one(last_used_at=ago(400), revoked_at=ago(1)),
        "expired": one(last_used_at=ago(400), expires_at=ago(1)),
        "never used": {"credentials": [credential(), credential("d", last_used_at=ago(1))]},
    }

    def test_without_any_use_it_is_not_evaluated(self) -> None:
        found = judge("CRD006", principals=[api_key(last_active_at=ago(1))], credentials=[credential()])
        assert "no credential carries lastUsedAt" in (why_not(found) or "")


def several(*created, **changes):
    return {"credentials": [credential(f"c{n}", created_at=at, **changes) for n, at in enumerate(created)]}


class TestCRD007(RuleLaws):
    rule = "CRD007"
    given = KEY
    hits = {
        "one second over": (several(ago(90), ago(7, -1)), {"k": "medium"}),
        "three": (several(ago(90), ago(80), ago(70)), {"k": "medium"}),
        "two kinds": (
            {
                "principals": [service()],
                "credentials": [
                    credential("c1", "s", created_at=ago(50)),
                    credential("c2", "s", kind="ServiceAccountSecret", created_at=ago(40)),
                ],
            },
            {"s": "medium"},
        ),
    }
    clean = {
        "exactly the limit": several(ago(90), ago(7)),
        "one second under": several(ago(90), ago(7, 1)),
        "the newest is new": several(ago(90), ago(80), ago(1)),
        "one": several(ago(90)),
        "two, one revoked": {
            "credentials": [credential("c1", created_at=ago(90)), credential("c2", created_at=ago(80), revoked_at=AS_OF)]
        },
        "two, one expired": {
            "credentials": [credential("c1", created_at=ago(90)), credential("c2", created_at=ago(80), expires_at=AS_OF)]
        },
        "one each of two": {
            "principals": [api_key(), service()],
            "credentials": [credential("c1", created_at=ago(90)), credential("c2", "s", created_at=ago(80))],
        },
        "of an unknown principal": several(ago(90), ago(80), principal_id="gone"),
    }

    def test_the_proof_names_the_credentials(self) -> None:
        found = judge("CRD007", **KEY, **several(ago(90), ago(80)))
        assert related(found, "k")["credential_ids"] == ["c0", "c1"]
        assert found.frame.message.tolist() == ["has 2 live credentials, the newest created on 2026-07-13"]


class TestCRD008(RuleLaws):
    rule = "CRD008"
    hits = {
        "suspended": ({"principals": [api_key(status="Suspended")], **one()}, {"c": "high"}),
        "revoked": ({"principals": [api_key(status="Revoked")], **one()}, {"c": "high"}),
        "expired": ({"principals": [api_key(expires_at=AS_OF)], **one()}, {"c": "high"}),
        "of another organisation": ({"principals": [api_key(organisation_id="o2")], **one()}, {"c": "high"}),
        "unknown status": ({"principals": [api_key(status="Locked")], **one()}, {"c": "high"}),
    }
    clean = {
        "usable": {**KEY, **one()},
        "expires in a second": {"principals": [api_key(expires_at=ahead(0, 1))], **one()},
        "its credential expired": {"principals": [api_key(status="Revoked")], **one(expires_at=AS_OF)},
        "its credential was revoked": {"principals": [api_key(status="Revoked")], **one(revoked_at=AS_OF)},
        "unknown principal": {**KEY, **one(principal_id="gone")},
    }


def places(*rows):
    return pd.DataFrame(list(rows), columns=["key_id", "place"]).astype("str")


class TestCRD009(RuleLaws):
    rule = "CRD009"
    given = {**KEY, **one(), "scan": places(("key-c", "repo/.env"))}
    hits = {
        "found": ({}, {"c": "critical"}),
        "in two places": ({"scan": places(("key-c", "b"), ("key-c", "a"), ("key-c", "a"))}, {"c": "critical"}),
        "nobody knows where": ({"scan": places(("key-c", None))}, {"c": "critical"}),
    }
    clean = {
        "another key": {"scan": places(("key-d", "repo/.env"))},
        "in other case": {"scan": places(("KEY-C", "repo/.env"))},
        "nothing found": {"scan": places()},
        "revoked": one(revoked_at=ago(1)),
        "expired": one(expires_at=AS_OF),
    }

    def test_without_a_scan_it_is_not_evaluated(self) -> None:
        assert why_not(judge("CRD009", **KEY, **one())) == "no scan was given"

    def test_the_places_are_proof(self) -> None:
        found = judge("CRD009", **{**self.given, "scan": places(("key-c", "b"), ("key-c", "a"))})
        assert related(found, "c")["places"] == ["a", "b"]
        assert found.frame.message.tolist() == ["its key id was found in a, b"]


class TestCRD010(RuleLaws):
    rule = "CRD010"
    given = {**KEY}
    used = credential("z", last_used_at=ago(1))
    hits = {
        "one second over": ({"credentials": [credential(created_at=ago(30, -1)), used]}, {"c": "medium"}),
        "years": ({"credentials": [credential(created_at=ago(900)), used]}, {"c": "medium"}),
    }
    clean = {
        "exactly the limit": {"credentials": [credential(created_at=ago(30)), used]},
        "one second under": {"credentials": [credential(created_at=ago(30, 1)), used]},
        "used": {"credentials": [credential(created_at=ago(400), last_used_at=ago(399))]},
        "revoked": {"credentials": [credential(created_at=ago(400), revoked_at=AS_OF), used]},
        "expired": {"credentials": [credential(created_at=ago(400), expires_at=AS_OF), used]},
        "creation cannot be read": {"credentials": [credential(created_at=None), used]},
    }

    def test_without_any_use_it_is_not_evaluated(self) -> None:
        found = judge("CRD010", principals=[principal(last_active_at=ago(1))], **one(created_at=ago(400)))
        assert flagged(found) == {}
        assert "no credential carries lastUsedAt" in (why_not(found) or "")


class TestCRD011(RuleLaws):
    rule = "CRD011"
    given = KEY
    hits = {
        "one second over": (one(expires_at=ahead(365, 1)), {"c": "low"}),
        "year 9999": (one(expires_at="9999-12-31T23:59:59Z"), {"c": "low"}),
    }
    clean = {
        "exactly the limit": one(expires_at=ahead(365)),
        "one second under": one(expires_at=ahead(365, -1)),
        "no expiry": one(),
        "revoked": one(expires_at=ahead(900), revoked_at=AS_OF),
        "expired": one(expires_at=ago(900)),
    }

    def test_the_limit_is_the_configured_one(self) -> None:
        records = KEY | one(expires_at=ahead(10))
        assert flagged(judge("CRD011", limits=Limits(credential_max_lifetime_days=9), **records)) == {"c": "low"}
        assert flagged(judge("CRD011", limits=Limits(credential_max_lifetime_days=10), **records)) == {}
