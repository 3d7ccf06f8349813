"""AUZ5 and AUZ6 to the letter: paths by segments, nothing decoded; conditions in three values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway import AFTER, BEFORE, NOW, check, condition, decide, document, result, scope

from auditkit.access.conditions import FAIL, PASS, UNKNOWN, judge, parse
from auditkit.access.sieve import below

NETWORK, DEVICE, GHOST = "iot.network", "iot.device", "iot.ghost"


@pytest.mark.parametrize(("top", "path"), [
    ("/", "/a"), ("/", "/a/b"), ("/a", "/a/b"), ("/a", "/a/b/c"), ("/a/b", "/a/b/c"), ("/", "a"), ("/a", "/a/"), ("/a", "/a//b"),
    ("/a", "/a/.."),
])  # fmt: skip
def test_what_lies_below(top: str, path: str) -> None:
    assert below(path, top)


@pytest.mark.parametrize(("top", "path"), [
    ("/proj1", "/proj10"), ("/a", "/a"), ("/", "/"), ("/a/b", "/a"), ("/a", "/A/b"), ("/a/b", "/a%2Fb/c"), ("/a", "a/b"),
    ("/b", "/a/../b/c"), ("/a/b", "/a//b/c"), ("/a/", "/a/b"), ("", "/a"), ("/a", "/ab/c"), ("/a", ""), ("/a/./b", "/a/b/c"),
])  # fmt: skip
def test_what_does_not_lie_below(top: str, path: str) -> None:
    assert not below(path, top)


@pytest.mark.parametrize(("granted", "asked", "outcome"), [
    ((NETWORK, "/n-7"), (NETWORK, "/n-7"), "allowed"),
    ((NETWORK, "/n-7"), (NETWORK, "/n-7/d-42"), "allowed"),
    ((NETWORK, "/n-7"), (DEVICE, "/n-7/d-42"), "allowed"),
    ((NETWORK, "/n-7"), (GHOST, "/n-7/d-42"), "allowed"),
    ((NETWORK, "/"), (DEVICE, "/n-7"), "allowed"),
    ((GHOST, "/n-7"), (GHOST, "/n-7"), "allowed"),
    ((NETWORK, "/n-7"), (DEVICE, "/n-7"), "denied"),
    ((NETWORK, "/n-7"), (DEVICE, "/n-70"), "denied"),
    ((NETWORK, "/n-7/d-42"), (NETWORK, "/n-7"), "denied"),
    ((DEVICE, "/n-7"), (DEVICE, "/n-7/d-42"), "denied"),
    ((GHOST, "/n-7"), (GHOST, "/n-7/d-42"), "denied"),
    ((NETWORK, "/n-7"), None, "denied"),
    ((NETWORK, "/"), None, "denied"),
])  # fmt: skip
def test_a_scope_and_a_resource(granted: tuple[str, str], asked: tuple[str, str] | None, outcome: str) -> None:
    decision = decide(document(assignment={"resourceScope": scope(*granted)}), resource=asked)
    assert decision.outcome == outcome
    assert decision.failed_check == ("AUZ5" if outcome == "denied" else None)


def test_a_longer_scope_path_never_gives_more() -> None:
    paths = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/a/", "/A"]
    for asked in paths:
        for top in paths:
            if below(asked, top.rstrip("/") + "/more"):
                assert below(asked, top)


def test_a_resource_of_an_unknown_type_is_judged_and_told_with_the_nearest() -> None:
    decision = decide(document(), resource=("iot.devise", "/a"))
    assert decision.outcome == "allowed"
    assert "lacks the resource type iot.devise" in check(decision, "AUZ5").detail
    assert "did you mean iot.device" in check(decision, "AUZ5").detail
    assert "lacks" not in check(decide(document(), resource=(DEVICE, "/a")), "AUZ5").detail


@pytest.mark.parametrize(("operator", "value", "given", "expected"), [
    ("equals", "lab", "lab", PASS), ("equals", "lab", "Lab", FAIL), ("equals", "5", 5, PASS), ("equals", 5, "5", PASS),
    ("equals", True, "true", PASS), ("equals", "lab", ["lab"], UNKNOWN), ("equals", ["lab"], "lab", UNKNOWN),
    ("equals", None, "lab", UNKNOWN), ("equals", "lab", None, UNKNOWN), ("equals", "", "", PASS),
    ("notEquals", "lab", "field", PASS), ("notEquals", "lab", "lab", FAIL), ("notEquals", "lab", None, UNKNOWN),
    ("in", ["lab", "field"], "lab", PASS), ("in", [], "lab", FAIL), ("in", ["lab"], "la", FAIL), ("in", "lab", "la", UNKNOWN),
    ("in", [5], "5", PASS), ("in", [{}], "5", UNKNOWN),
    ("notIn", ["lab"], "field", PASS), ("notIn", ["lab"], "lab", FAIL), ("notIn", "lab", "field", UNKNOWN),
    ("notIn", [], "field", PASS),
    ("before", NOW, BEFORE, PASS), ("before", NOW, NOW, FAIL), ("before", NOW, AFTER, FAIL),
    ("after", NOW, AFTER, PASS), ("after", NOW, NOW, FAIL), ("after", NOW, BEFORE, FAIL),
    ("before", NOW, "2026-10-01T01:59:59+02:00", PASS), ("after", NOW, "2026-10-01T02:00:01+02:00", PASS),
    ("before", NOW, "2026-09-30T23:59:59", UNKNOWN), ("before", "soon", BEFORE, UNKNOWN), ("before", NOW, "2026-02-30T00:00:00Z", UNKNOWN),
    ("before", NOW, 5, UNKNOWN), ("before", NOW, "0001-01-01T00:00:00+23:59", UNKNOWN), ("before", NOW, "2026-09-30T23:59:59.5Z", PASS),
    ("cidr", "10.0.0.0/8", "10.1.2.3", PASS), ("cidr", "10.0.0.0/8", "11.1.2.3", FAIL), ("cidr", "10.0.0.5/8", "10.1.2.3", PASS),
    ("cidr", "10.0.0.1", "10.0.0.1", PASS), ("cidr", "2001:db8::/32", "2001:db8::7", PASS), ("cidr", "10.0.0.0/8", "2001:db8::7", FAIL),
    ("cidr", "10.0.0.0/8", "here", UNKNOWN), ("cidr", "nowhere", "10.1.2.3", UNKNOWN), ("cidr", "10.0.0.0/8", 167772161, UNKNOWN),
    ("matches", "l.*", "lab", UNKNOWN), ("Equals", "lab", "lab", UNKNOWN), ("", "lab", "lab", UNKNOWN),
])  # fmt: skip
def test_one_condition(operator: str, value: Any, given: Any, expected: int) -> None:
    (one,) = parse(json.dumps([condition("request.x", operator, value)]))
    assert judge([one], {"request.x": given})[0] == expected


@pytest.mark.parametrize("text", ["nonsense", "{}", "[1]", '[{"attribute": "a", "operator": "equals"}]', "[null]",
                                  '[{"attribute": 1, "operator": "equals", "value": "x"}]', "[" * 3000])  # fmt: skip
def test_what_is_no_condition_is_unknown(text: str) -> None:
    assert judge(parse(text), {"a": "x"})[0] == UNKNOWN


def test_no_conditions_hold() -> None:
    assert parse(None) == parse("[]") == ()
    assert judge((), {})[0] == PASS


PASSES, FAILS = condition("request.x", "equals", "here"), condition("request.x", "equals", "there")
OPEN = condition("request.x", "resembles", "here")


@pytest.mark.parametrize(("own", "roles", "outcome"), [
    ([PASSES], [PASSES], "allowed"), ([PASSES], [FAILS], "denied"), ([FAILS], [PASSES], "denied"), ([OPEN], [PASSES], "undetermined"),
    ([PASSES], [OPEN], "undetermined"), ([OPEN], [FAILS], "denied"), ([FAILS], [OPEN], "denied"), ([OPEN, FAILS], [], "denied"),
    ([FAILS, OPEN], [], "denied"), ([], [], "allowed"),
])  # fmt: skip
def test_all_must_hold_and_one_that_fails_outweighs_one_that_is_unknown(own: list[Any], roles: list[Any], outcome: str) -> None:
    changed = document(assignment={"conditions": own}, role={"conditions": roles})
    decision = decide(changed, context={"request.x": "here"})
    assert decision.outcome == outcome
    assert result(decision, "AUZ6") == {"allowed": "pass", "denied": "fail", "undetermined": "unknown"}[outcome]


def test_the_time_of_a_request_is_what_its_context_says() -> None:
    changed = document(assignment={"conditions": [condition("request.time", "before", AFTER)]})
    assert decide(changed).outcome == "undetermined"
    assert decide(changed, context={"request.time": NOW}).outcome == "allowed"


def test_an_instant_may_say_utc_by_a_small_letter() -> None:
    (one,) = parse(json.dumps([condition("request.x", "before", "2026-10-01T00:00:00z")]))
    assert judge([one], {"request.x": "2026-09-30T23:59:59z"})[0] == PASS
    assert judge([one], {"request.x": "2026-10-01T00:00:00z"})[0] == FAIL
