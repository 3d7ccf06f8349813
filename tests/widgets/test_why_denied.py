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
    *_, principal, permission, kind, path, context, _, shown = why.widget().children
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


def test_what_must_not_be_held_is_offered_apart_and_last_each_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "required.csv"
    path.write_text("principal_id,permission,expect\nann,iot:device:read,deny\nann,iot:device:write,allow\nbob,iot:device:write,deny\n")
    why = WhyDenied(open_desk(acme(), required=path))
    assert (why.unmet, why.forbidden) == ([("ann", "iot:device:write", None)], [("ann", "iot:device:read", None)])
    gap = why.widget().children[0]
    assert [label for label, _ in gap.options] == [
        "choose a required row that is not met",
        "Ann (ann): iot:device:write",
        "must not be held, but is, or may be: Ann (ann): iot:device:read",
    ]
    assert why.permission == "iot:device:write"
    gap.value = why.forbidden[0]
    assert (why.permission, why.decision.outcome) == ("iot:device:read", "allowed")


def test_where_only_what_must_not_be_held_is_wrong_the_panel_begins_with_that(tmp_path: Path) -> None:
    path = tmp_path / "required.csv"
    path.write_text("principal_id,permission,expect\nann,iot:device:read,deny\n")
    why = WhyDenied(open_desk(acme(), required=path))
    assert (why.principal, why.permission, len(why.fields.all)) == ("ann", "iot:device:read", 6)


def test_an_unknown_name_is_told_where_the_panel_stands(desk: Desk) -> None:
    why = WhyDenied(desk)
    *_, principal, _, _, _, _, _, shown = why.widget().children
    principal.value = "gatewy"
    assert "gateway" in shown.value
    assert "ak-warn" in shown.value
    with pytest.raises(InputError, match="no 'who'"):
        why.move(who="ann")


def test_a_name_that_is_offered_means_its_id(desk: Desk) -> None:
    why = WhyDenied(desk, principal="bob", permission="iot:device:read")
    fields = why.fields
    assert "gateway · Gateway 7" in fields.principal.options
    assert fields.principal.value == "bob · Bob"
    fields.principal.value = "gateway · Gateway 7"
    assert why.principal == "gateway"
    fields.principal.value = " ann "
    assert (why.principal, fields.principal.value) == ("ann", "ann · Ann")


def test_its_fields_follow_a_call(desk: Desk) -> None:
    why = WhyDenied(desk)
    shown = why.widget().children[-1]
    before = shown.value
    why.move(principal="ann", permission="iot:device:read", resource=("iot:device", "/x"), context={"request.ip": "::1"})
    fields = [each.value for each in why.fields.all[1:]]
    assert fields == ["ann · Ann", "iot:device:read · Read", "iot:device", "/x", "request.ip=::1"]
    assert shown.value != before


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
