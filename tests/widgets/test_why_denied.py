"""The panel that asks why: its decision is `explain`'s, its fields change it, and it shows itself without a kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import PAYLOADS
from organisations import REQUIRED, acme, hostile

from auditkit.access.explain import explain
from auditkit.errors import InputError
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.why_denied import WhyDenied


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "required.csv"
    path.write_text(REQUIRED)
    return open_desk(acme(), required=path)


def test_it_begins_with_a_required_permission_that_is_not_met(desk: Desk) -> None:
    why = WhyDenied(desk)
    assert (why.principal, why.permission, why.resource) == why.unmet[0]
    assert why.decision == explain(desk.snapshot, why.principal, why.permission, why.resource)
    assert why.decision.outcome != "allowed"


def test_its_fields_change_the_checklist(desk: Desk) -> None:
    why = WhyDenied(desk)
    *_, principal, permission, kind, path, context, shown = why.widget().children
    before = shown.value
    principal.value, permission.value = "ann", "iot:device:read"
    assert (why.principal, why.permission) == ("ann", "iot:device:read")
    assert shown.value != before
    kind.value, path.value, context.value = "iot:device", "/x", "request.ip=10.0.0.7, odd"
    assert why.resource == ("iot:device", "/x")
    assert why.context == {"request.ip": "10.0.0.7"}


def test_a_gap_is_opened_by_choosing_it(desk: Desk) -> None:
    why = WhyDenied(desk, principal="ann", permission="iot:device:read")
    gap = why.widget().children[0]
    gap.value = why.unmet[-1]
    assert (why.principal, why.permission, why.resource) == why.unmet[-1]


def test_an_unknown_name_is_told_where_the_panel_stands(desk: Desk) -> None:
    why = WhyDenied(desk)
    *_, principal, _, _, _, _, shown = why.widget().children
    principal.value = "gatewy"
    assert "gateway" in shown.value
    assert "ak-warn" in shown.value
    with pytest.raises(InputError, match="no 'who'"):
        why.move(who="ann")


def test_it_shows_itself_headless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = WhyDenied(desk)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "AUZ6 conditions-hold" in bundle["text/html"]
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    assert set(WhyDenied(open_desk(acme()))._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_no_payload_gets_through() -> None:
    desk = open_desk(hostile(PAYLOADS))
    for principal in desk.snapshot.principals.principal_id.head(30):
        html = WhyDenied(desk, principal=principal).static().fragment
        assert not [payload for payload in PAYLOADS if "<" in payload and payload in html]
