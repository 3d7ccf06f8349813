"""The instant of a judgement: text with an offset, or a time with its zone; anything else is refused with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from documents import snapshot_of
from small import given, organisation

from auditkit.access.explain import explain
from auditkit.access.instants import judged_at
from auditkit.access.tables import Tables
from auditkit.access.who_can import who_can
from auditkit.errors import InputError
from auditkit.findings import audit

PULLED = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")
LATER = pd.Timestamp("2026-11-01T00:00:00Z")


@pytest.mark.parametrize(
    "given_as",
    ["2026-11-01T00:00:00Z", "2026-11-01T02:00:00+02:00", "2026-11-01T00:00:00.000000Z", LATER,
     LATER.tz_convert("Europe/Paris"), datetime(2026, 11, 1, tzinfo=UTC)],
)  # fmt: skip
def test_one_instant_in_many_ways(given_as: Any) -> None:
    assert judged_at(given_as, PULLED) == LATER
    assert Tables(snapshot_of(organisation()), as_of=given_as).as_of == LATER


def test_without_one_it_is_when_the_snapshot_was_pulled() -> None:
    assert judged_at(None, PULLED) is PULLED


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-11-01T00:00:00",
        "tomorrow",
        "",
        pd.Timestamp("2026-11-01"),
        pd.NaT,
        datetime(2026, 11, 1),
        20261101,
        "2026-13-01T00:00:00Z",
    ],
)
def test_anything_else_is_refused_with_what_to_write(wrong: Any) -> None:
    whole = snapshot_of(organisation())
    for ask in (
        lambda: Tables(whole, as_of=wrong),
        lambda: audit(whole, as_of=wrong),
        lambda: explain(whole, "ada", "iot.device.read", as_of=wrong),
        lambda: who_can(whole, "iot.device.read", as_of=wrong),
    ):
        with pytest.raises(InputError, match="write it as 2026-10-01T00:00:00Z"):
            ask()


@pytest.mark.parametrize(
    ("expires", "outcome"), [("2026-11-01T00:00:00Z", "denied"), ("2026-11-01T00:00:01Z", "allowed")]
)
def test_text_decides_as_the_time_does(expires: str, outcome: str) -> None:
    whole = snapshot_of(organisation(roleAssignments=[given("ra-1", "ada", "reader", expiresAt=expires)]))
    for as_of in ("2026-11-01T00:00:00Z", LATER):
        assert explain(whole, "ada", "iot.device.read", as_of=as_of).outcome == outcome
        assert audit(whole, as_of=as_of).as_of == LATER
