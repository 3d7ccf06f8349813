"""The panel that asks why: its decision is `explain`'s, its fields change it, and it shows itself without a kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import PAYLOADS
from organisations import REQUIRED, acme, hostile

from auditkit.access.explain import explain
from auditkit.errors import InputError
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.form import CHANGED
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
    shown = why.widget().children[-1]
    before = shown.value
    why.form.press(CHANGED, principal="ann", permission="iot:device:read")
    assert (why.principal, why.permission) == ("ann", "iot:device:read")
    assert shown.value != before
    why.form.press(CHANGED, kind="iot:device", path="/x")
    why.form.press(CHANGED, context="request.ip=10.0.0.7, odd")
    assert why.resource == ("iot:device", "/x")
    assert why.context == {"request.ip": "10.0.0.7"}
    assert (why.principal, why.permission) == ("ann", "iot:device:read")


def test_a_gap_is_opened_by_choosing_it_and_no_gap_stands_where_another_request_does(desk: Desk) -> None:
    why = WhyDenied(desk, principal="ann", permission="iot:device:read")
    none, *gaps = why.fields["gap"].options
    why.widget()
    assert why.form.values["gap"] == none
    why.form.press(CHANGED, gap=gaps[-1])
    assert (why.principal, why.permission, why.resource) == why.unmet[-1]
    assert why.form.values["gap"] == gaps[-1]
    why.form.press(CHANGED, principal="new")
    assert (why.principal, why.form.values["gap"]) == ("new", none)


def test_what_must_not_be_held_is_offered_apart_and_last_each_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "required.csv"
    path.write_text(
        "principal_id,permission,expect\nann,iot:device:read,deny\nann,iot:device:write,allow\nbob,iot:device:write,deny\n"
    )
    why = WhyDenied(open_desk(acme(), required=path))
    assert (why.unmet, why.forbidden) == ([("ann", "iot:device:write", None)], [("ann", "iot:device:read", None)])
    assert list(why.fields["gap"].options) == [
        "choose a required row that is not met",
        "Ann (ann): iot:device:write",
        "must not be held, but is, or may be: Ann (ann): iot:device:read",
    ]
    assert why.permission == "iot:device:write"
    why.form.press(CHANGED, gap="must not be held, but is, or may be: Ann (ann): iot:device:read")
    assert (why.permission, why.decision.outcome) == ("iot:device:read", "allowed")


def test_where_only_what_must_not_be_held_is_wrong_the_panel_begins_with_that(tmp_path: Path) -> None:
    path = tmp_path / "required.csv"
    path.write_text("principal_id,permission,expect\nann,iot:device:read,deny\n")
    why = WhyDenied(open_desk(acme(), required=path))
    assert (why.principal, why.permission, len(why.fields.all)) == ("ann", "iot:device:read", 6)


def test_an_unknown_name_is_told_where_the_panel_stands(desk: Desk) -> None:
    why = WhyDenied(desk)
    shown = why.widget().children[-1]
    why.form.press(CHANGED, principal="gatewy")
    assert "gateway" in shown.value
    assert "ak-warn" in shown.value
    with pytest.raises(InputError, match="no 'who'"):
        why.move(who="ann")


def test_a_name_that_is_offered_means_its_id(desk: Desk) -> None:
    why = WhyDenied(desk, principal="bob", permission="iot:device:read")
    why.widget()
    assert "gateway · Gateway 7" in why.fields["principal"].options
    assert why.form.values["principal"] == "bob · Bob"
    why.form.press(CHANGED, principal="gateway · Gateway 7")
    assert why.principal == "gateway"
    why.form.press(CHANGED, principal=" ann ")
    assert (why.principal, why.form.values["principal"]) == ("ann", "ann · Ann")


def test_its_fields_follow_a_call(desk: Desk) -> None:
    why = WhyDenied(desk)
    shown = why.widget().children[-1]
    before = shown.value
    why.move(
        principal="ann", permission="iot:device:read", resource=("iot:device", "/x"), context={"request.ip": "::1"}
    )
    names = ("principal", "permission", "kind", "path", "context")
    values = [why.form.values[name] for name in names]
    assert values == ["ann · Ann", "iot:device:read · Read", "iot:device", "/x", "request.ip=::1"]
    assert shown.value != before


def test_what_was_not_typed_is_asked_as_it_stands_by_now(desk: Desk) -> None:
    why = WhyDenied(desk, principal="bob", permission="iot:device:read")
    why.widget()
    words = {**why.form.values, "permission": "iot:device:write"}
    why.move(principal="ann")
    # The browser still showed bob when the permission was typed.
    why.form._handle_custom_msg({"act": CHANGED, "words": words, "shown": {}, "press": 3, "typed": ["permission"]}, [])
    assert (why.principal, why.permission) == ("ann", "iot:device:write")
    assert why.form.values["principal"] == "ann · Ann"


def test_it_shows_itself_headless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = WhyDenied(desk)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "AUZ6 " in bundle["text/html"]
    assert "conditions-hold" in bundle["text/html"]
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    assert set(WhyDenied(open_desk(acme()))._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_no_payload_gets_through() -> None:
    desk = open_desk(hostile(PAYLOADS))
    for principal in desk.snapshot.principals.principal_id.head(30):
        html = WhyDenied(desk, principal=principal).static().fragment
        assert not [payload for payload in PAYLOADS if "<" in payload and payload in html]
