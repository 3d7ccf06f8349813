"""A file of requests: a decision or an error for each line, in their order."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from documents import snapshot_of
from gateway import AS_OF, READ, WRITE, condition, document, scope

from auditkit.access.decision import Decision
from auditkit.access.requests import answers
from auditkit.errors import InputError, UnknownPrincipal

SCOPED = document(assignment={"resourceScope": scope("iot.network", "/net-1"), "expiresAt": "2026-10-02T00:00:00Z"})


def asked(*requests: dict[str, Any] | bytes, **changes: Any) -> list[Decision | InputError]:
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in requests]
    return list(answers(snapshot_of(changes or SCOPED), lines, as_of=AS_OF, instant=pd.Timestamp))


def request(**changes: Any) -> dict[str, Any]:
    return {"principal": "gw-7", "permission": READ} | changes


def outcomes(answered: list[Decision | InputError]) -> list[tuple[str, str | None]]:
    assert all(isinstance(each, Decision) for each in answered)
    return [(each.outcome, each.failed_check) for each in answered]


def test_the_resource_is_judged() -> None:
    there, elsewhere = (
        request(resource_type="iot.network", resource="/net-1"),
        request(resource_type="iot.network", resource="/net-2"),
    )
    answered = asked(there, elsewhere, request(), request(permission=WRITE))
    assert outcomes(answered) == [("allowed", None), ("denied", "AUZ5"), ("denied", "AUZ5"), ("denied", "AUZ4")]


def test_a_line_has_its_own_instant() -> None:
    there = request(resource_type="iot.network", resource="/net-1")
    answered = asked(there, there | {"as_of": "2026-10-02T00:00:00Z"}, there | {"as_of": "2026-10-01T23:59:59Z"})
    assert outcomes(answered) == [("allowed", None), ("denied", "AUZ1"), ("allowed", None)]


def test_credential_method_and_api_are_judged() -> None:
    closed = document(direct=False)
    answered = asked(
        request(credential="KEY1"), request(credential="KEY9"), request(credential="KEY1", direct=True),
        request(credential="KEY1", direct=False), request(credential="KEY1", api="iot"), **closed,
    )  # fmt: skip
    assert outcomes(answered) == [
        ("allowed", None),
        ("denied", "AUT1"),
        ("denied", "AUT7"),
        ("allowed", None),
        ("denied", "AUT8"),
    ]


def test_the_context_is_judged() -> None:
    local = document(role={"conditions": [condition("request.ip", "cidr", "10.0.0.0/8")]})
    answered = asked(
        request(context={"request.ip": "10.1.1.1"}), request(context={"request.ip": "11.1.1.1"}), request(), **local
    )
    assert outcomes(answered) == [("allowed", None), ("denied", "AUZ6"), ("undetermined", None)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "line 3: is no request: "),
        (b'{"principal": "gw-7"}', "line 3: is no request: "),
        (b"\xff\xfe", "line 3: is no request: "),
        (request(resourse="/net-1"), "line 3: is no request: "),
        (request(resource="/net-1"), "line 3: give both resource_type and resource, or neither"),
        (request(resource_type="iot.network"), "line 3: give both resource_type and resource, or neither"),
        (request(principal="gw-9"), "line 3: "),
    ],
)
def test_a_bad_line_is_an_error_with_its_number_and_the_others_are_answered(
    line: dict[str, Any] | bytes, told: str
) -> None:
    good = request(resource_type="iot.network", resource="/net-1")
    first, second, third = asked(good, b" \n", line, good)
    assert outcomes([first, third]) == [("allowed", None)] * 2
    assert isinstance(second, InputError)
    assert str(second).startswith(told)


def test_an_unknown_principal_names_the_nearest() -> None:
    (error,) = asked(request(principal="gw-8"))
    assert issubclass(UnknownPrincipal, InputError)
    assert str(error) == "line 1: no principal 'gw-8' in the snapshot; did you mean gw-7?"
