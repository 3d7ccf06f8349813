"""The panels beside the checklist: each follows its request, answers as its command does, and tells what is wrong."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from hostile import PAYLOADS
from organisations import REQUIRED, acme, hostile

from auditkit.access.changes import KEYS
from auditkit.access.compare import compare
from auditkit.access.narrow import narrow, narrow_all
from auditkit.access.symptoms import SYMPTOMS
from auditkit.access.troubleshoot import troubleshoot
from auditkit.access.who_can import WhoCan
from auditkit.errors import ChangeError, InputError
from auditkit.whatif import what_if
from auditkit.widgets.asking import Asking
from auditkit.widgets.asking_list import ASKING
from auditkit.widgets.change_form import FILE, KINDS
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.form import CHANGED, TICKED
from auditkit.widgets.names import Names, without_secret
from auditkit.widgets.why_denied import WhyDenied


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "required.csv"
    path.write_text(REQUIRED)
    return open_desk(acme(), required=path)


@pytest.fixture
def why(desk: Desk) -> WhyDenied:
    return WhyDenied(desk, principal="ann", permission="iot:device:read")


def every(widget: Any) -> list[Any]:
    """A widget with all that it holds, hidden ones left out."""
    if widget.layout.display == "none":
        return []
    return [widget, *(each for child in getattr(widget, "children", ()) for each in every(child))]


def name_of(panel: Asking, label: str) -> str:
    """The name of the field with this label that is shown."""
    form = panel.form
    fields = [each for each in form.fields if each["when"] is None or form.values[each["when"][0]] in each["when"][1]]
    (found,) = [each["name"] for each in fields if each["label"] == label]
    return str(found)


def enter(panel: Asking, label: str, word: str) -> None:
    """Type in a field, and leave it."""
    panel.form.press(CHANGED, **{name_of(panel, label): word})


def held(panel: Asking, label: str) -> str:
    """What a field holds."""
    return panel.form.values[name_of(panel, label)]


def buttons(panel: Asking) -> dict[str, str]:
    """The acts of a panel's buttons by their labels."""
    return {each["label"]: each["act"] for each in panel.form.buttons}


def markup(panel: Asking) -> str:
    return "".join(each.value for each in every(panel.widget()) if isinstance(each, ipywidgets.HTML))


def text(panel: Asking) -> str:
    """What the panel says, without its style sheets."""
    return unescape(re.sub("<style>.*?</style>", "", markup(panel), flags=re.DOTALL)) + panel.form.told["words"]


def press(panel: Asking, label: str = "", **words: str) -> None:
    """Press a button; what is typed in fields at that moment goes with it."""
    panel.form.press(buttons(panel)[label or panel.label], **words)


def test_each_answers_as_its_command_does(desk: Desk, why: WhyDenied) -> None:
    snapshot, now, rows = desk.snapshot, desk.as_of, desk.tables["required"]
    answers = {name: why.panel(name).answer.to_dict() for name in ASKING}
    given = {"principal": "ann", "permission": "iot:device:read", "as_of": now}
    assert answers == {
        "troubleshoot": troubleshoot(snapshot, "forbidden", **given).to_dict(),
        "who-can": WhoCan.ask(snapshot, "iot:device:read", as_of=now).to_dict(),
        "narrow": narrow(snapshot, "ann", rows, as_of=now).to_dict(),
        "what-if": what_if(
            snapshot, {"suspend_principal": ["ann"]}, as_of=now, limits=desk.limits, required=rows
        ).to_dict(),
        "compare": compare(snapshot, "ann", "bob", now).to_dict(),
    }
    assert why.panel("narrow").move(every=True).to_dict() == narrow_all(snapshot, rows, as_of=now).to_dict()


def test_there_is_one_of_each_and_no_other(why: WhyDenied) -> None:
    assert why.panel("compare") is why.panel("compare")
    assert why.panel("compare").widget() is why.panel("compare").widget()
    with pytest.raises(InputError, match="no panel 'explain'; choose one of troubleshoot, who-can"):
        why.panel("explain")
    with pytest.raises(InputError, match="no 'others'; it has other"):
        why.panel("compare").move(others="bob")


def test_they_follow_the_request(why: WhyDenied) -> None:
    who, beside = why.panel("who-can"), why.panel("compare")
    assert "iot:device:read on the whole organisation: 1 person can" in text(who)
    assert "A is Ann (ann), B is Bob (bob)" in text(beside)
    why.form.press(CHANGED, permission="iot:device:write")
    assert "iot:device:write on the whole organisation: nobody can" in text(who)
    why.form.press(CHANGED, principal="new")
    assert "A is Newcomer (new), B is Ann (ann)" in text(beside)
    why.move(principal="bob", permission="iot:device:read", resource=("iot:device", "/x"))
    assert "iot:device:read on iot:device /x: 1 person can" in text(who)
    assert "A is Bob (bob)" in text(beside)


def test_a_panel_asks_again_only_where_its_question_differs(why: WhyDenied, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = why.panel("compare")
    beside.widget()
    monkeypatch.setattr(why, "compare", lambda other: pytest.fail("the question is the same"))
    why.move(permission="iot:device:write")
    assert beside.fresh


def test_machines_only(why: WhyDenied) -> None:
    panel = why.panel("who-can")
    enter(panel, "API keys and service accounts only", TICKED)
    assert panel.machine_only
    assert "nobody can" in text(panel)


def test_the_other_is_chosen_and_stays_chosen(why: WhyDenied) -> None:
    panel = why.panel("compare")
    enter(panel, "Beside", "new · Newcomer")
    assert "B is Newcomer (new)" in text(panel)
    why.move(principal="bob")
    assert (panel.other, panel.answer.a, panel.answer.b) == ("new", "bob", "new")
    # What is emptied is the peer again.
    enter(panel, "Beside", "")
    assert (panel.other, held(panel, "Beside")) == ("ann", "ann · Ann")


def test_an_unknown_name_is_told_in_place_and_takes_the_old_answer_away(why: WhyDenied) -> None:
    panel = why.panel("compare")
    enter(panel, "Beside", "gatewy")
    assert "gateway" in text(panel)
    assert panel.form.told["state"] == "refused"
    assert "A is Ann" not in text(panel)
    enter(panel, "Beside", "gateway")
    assert "B is Gateway 7 (gateway)" in text(panel)
    assert panel.form.told["state"] == "done"
    why.form.press(CHANGED, permission="iot:device:raed")
    assert "iot:device:read" in text(why.panel("who-can"))


def test_narrow_for_one_and_on_a_press_for_everybody(why: WhyDenied) -> None:
    panel = why.panel("narrow")
    assert "Ann (ann, User)" in text(panel)
    enter(panel, "For", "everybody with required rows")
    assert "press 'Find the narrowest'" in text(panel)
    assert not panel.fresh
    press(panel)
    assert "2 principals with required rows: 1 would change, 2 cannot have all that is required" in text(panel)
    enter(panel, "direct grants may take part", TICKED)
    press(panel)
    assert "2 principals with required rows: 2 would change, 0 cannot" in text(panel)
    enter(panel, "For", "this principal")
    assert panel.answer.change()["add_grant"] == [{"principal": "ann", "permission": "iot:device:write"}]


def test_narrow_without_required_rows_says_what_it_lacks() -> None:
    panel = WhyDenied(open_desk(acme())).panel("narrow")
    assert "no required permissions were given" in text(panel)
    panel.put(every=True)
    press(panel)
    assert "0 principals with required rows" in text(panel)


def test_a_change_is_tried_on_a_press_only(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    # It opens with a change to begin with, which nobody has asked for yet.
    assert "suspend principal Ann (ann)" not in text(panel)
    assert "Not asked yet: press 'Try it' to ask this one." in text(panel)
    press(panel)
    assert "suspend principal Ann (ann)" in text(panel)
    enter(panel, "What changes", KINDS["remove_assignment"])
    # What the principal has is offered first, and told with its name.
    assert held(panel, "Assignment") == "a2 · Operators to Ann"
    assert panel.change == {"remove_assignment": ["a2"]}
    # The answer to the former question is put away.
    assert "suspend principal Ann (ann)" not in text(panel)
    assert "press 'Try it'" in text(panel)
    press(panel)
    assert "1 permission is lost and 0 gained" in text(panel)
    assert "press 'Try it'" not in text(panel)
    assert 'remove assignment a2 of role "Operators" (r1) to Ann (ann)' in text(panel)
    assert "breaks" in text(panel)


def test_a_panel_that_waits_is_saved_as_not_asked_until_it_was(why: WhyDenied, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = why.panel("what-if")
    with monkeypatch.context() as patched:
        patched.setattr(why, "what_if", lambda change: pytest.fail("nobody asked"))
        bundle = panel._repr_mimebundle_()
    assert bundle["text/plain"] == "What if. Not asked yet: press 'Try it' to ask this one."
    assert "What if. Not asked yet: press" in bundle["text/html"]
    press(panel)
    assert "suspend principal Ann (ann)" in panel._repr_mimebundle_()["text/html"]
    enter(panel, "What changes", KINDS[FILE])
    enter(panel, "Change file", "suspend_principal = [")
    assert "the change file: is no TOML" in panel._repr_mimebundle_()["text/html"]
    # One that asks by itself has its answer at once.
    assert "A is Ann (ann)" in why.panel("compare")._repr_mimebundle_()["text/html"]


def test_what_is_typed_goes_with_the_press(why: WhyDenied) -> None:
    tried, narrowed, beside = (why.panel(name) for name in ("what-if", "narrow", "compare"))
    press(tried, change_kind=KINDS["remove_assignment"], change_assignment="a1")
    assert tried.change == {"remove_assignment": ["a1"]}
    assert "remove assignment a1" in text(tried)
    press(narrowed, "Hand to what-if", principal="gateway")
    assert why.principal == "gateway"
    assert tried.change == {"remove_member": [{"group": "machines", "principal": "gateway"}]}
    press(narrowed, "Hand to what-if", principal="gateway", every="everybody with required rows")
    assert narrowed.answer.to_dict() == why.narrow_all().to_dict()
    press(beside, "Hand to what-if", principal="new", other="ann")
    assert (beside.answer.a, beside.answer.b) == ("new", "ann")


def test_a_press_that_meets_an_unreadable_file_tries_nothing_however_often(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    press(panel, change_kind=KINDS[FILE], change_file="suspend_principal = [")
    for _ in range(2):
        assert "the change file: is no TOML" in text(panel)
        assert "suspend principal Ann (ann)" not in text(panel)
        press(panel)


def test_what_is_tried_follows_the_principal_until_it_is_chosen(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    panel.widget()
    why.move(principal="bob")
    assert panel.change == {"suspend_principal": ["bob"]}
    assert held(panel, "Principal") == "bob · Bob"
    enter(panel, "Principal", "new")
    why.move(principal="ann")
    assert panel.change == {"suspend_principal": ["new"]}


def test_another_request_puts_the_answer_to_the_former_away_until_it_is_asked(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    press(panel)
    assert "suspend principal Ann (ann)" in text(panel)
    why.move(principal="bob")
    assert "suspend principal" not in text(panel)
    assert "lost" not in text(panel)
    assert "press 'Try it'" in text(panel)
    # Asked again, or the former one chosen again, it is back.
    why.move(principal="ann")
    assert "suspend principal Ann (ann)" in text(panel)
    why.move(principal="bob")
    press(panel)
    assert "suspend principal Bob (bob)" in text(panel)
    assert "press 'Try it'" not in text(panel)


def test_who_can_is_counted_before_its_rows(why: WhyDenied) -> None:
    html = why.who_can()._repr_html_()
    assert html.index("1 person can</p>") < html.index("<table>")


def test_a_whole_change_file_in_json_or_toml(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    enter(panel, "What changes", KINDS[FILE])
    enter(panel, "Change file", json.dumps({"delete_principal": ["machines"], "remove_assignment": ["a1"]}))
    press(panel)
    assert "delete principal All machines (machines)" in text(panel)
    enter(panel, "Change file", 'revoke_credential = ["c1"]\n')
    press(panel)
    assert "key k1 stops working" in text(panel)
    enter(panel, "Change file", '{"revoke_credential": ["c1"')
    assert "the change file: is no JSON" in text(panel)
    enter(panel, "Change file", '{"revoke_credential": ["c11"]}')
    press(panel)
    assert "did you mean" in text(panel)
    assert "stops working" not in text(panel)


def test_a_change_that_is_made_elsewhere_stands_in_the_field(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    panel.widget()
    panel.put(change={"suspend_principal": ["bob"], "direct_api_key_auth": False})
    assert json.loads(held(panel, "Change file")) == panel.change
    with pytest.raises(ChangeError, match="no known change"):
        panel.move(change={"suspend": ["bob"]})


def test_every_kind_of_change_has_fields(why: WhyDenied) -> None:
    assert set(KINDS) == {*KEYS, FILE}
    panel = why.panel("what-if")
    panel.widget()
    for key in set(KINDS) - {FILE}:
        enter(panel, "What changes", KINDS[key])
        assert set(panel.change) == {key}
    enter(panel, "What changes", KINDS["add_assignment"])
    enter(panel, "Role", "r1 · Operators")
    enter(panel, "Resource type", "iot:device")
    enter(panel, "Resource", "/x")
    assert panel.change == {
        "add_assignment": [{"principal": "ann", "role": "r1", "resource_type": "iot:device", "resource": "/x"}]
    }
    enter(panel, "What changes", KINDS["direct_api_key_auth"])
    enter(panel, "Switched", "off")
    assert panel.change == {"direct_api_key_auth": False}


def test_a_symptom_by_what_came_back(why: WhyDenied) -> None:
    panel = why.panel("troubleshoot")
    assert "Symptom: an API call returns forbidden" in text(panel)
    enter(panel, "Symptom", "what came back: a status, a body")
    enter(panel, "Status", "401")
    assert "Symptom: token exchange fails" in text(panel)
    enter(panel, "Status", "four")
    assert "status 'four' is no HTTP status" in text(panel)
    enter(panel, "Status", "")
    enter(panel, "Body", '{"error": {"code": "FORBIDDEN", "message": "no"}}')
    assert "Symptom: an API call returns forbidden" in text(panel)
    enter(panel, "API", "Infuse IoT")
    assert "do not accept IAM API keys" in text(panel)


def test_no_secret_stays_in_a_field(why: WhyDenied) -> None:
    why.move(principal="gateway")
    panel = why.panel("troubleshoot")
    panel.move(symptom="", status="401")
    enter(panel, "Body", "rejected ik_k1.verysecret")  # not a real one
    enter(panel, "Key id", "ik_k1.verysecret")
    assert (held(panel, "Key id"), panel.credential) == ("k1 · first", "k1")
    assert "verysecret" not in held(panel, "Body") + text(panel) + panel.static().fragment
    assert without_secret(" ik_k1 ") == "ik_k1"
    why.move(principal="ann")
    assert panel.credential == ""


def test_a_role_is_asked_for_only_where_it_matters(why: WhyDenied) -> None:
    panel = why.panel("troubleshoot")
    with pytest.raises(ValueError, match="not enough values"):
        name_of(panel, "Role")
    enter(panel, "Symptom", SYMPTOMS["role-not-available"].looks_like)
    enter(panel, "Role", "r1 · Operators")
    assert "supports User" in text(panel)


@pytest.mark.parametrize("name", ASKING)
def test_each_shows_itself_headless_and_alike(desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    live = WhyDenied(desk).panel(name)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in live
    monkeypatch.setenv("AUDITKIT_HEADLESS", "1")
    still = WhyDenied(open_desk(acme())).panel(name)._repr_mimebundle_()
    assert set(still) == {"text/plain", "text/html"}
    assert "<style" not in still["text/html"]


@pytest.mark.parametrize("name", ASKING)
def test_no_payload_gets_through(name: str) -> None:
    desk = open_desk(hostile(PAYLOADS))
    for principal in desk.snapshot.principals.principal_id.head(6):
        panel = WhyDenied(desk, principal=principal).panel(name)
        html = panel.static().fragment + markup(panel)
        assert not [payload for payload in PAYLOADS if "<" in payload and payload in html]


def test_names_are_offered_and_meant() -> None:
    names = Names(["a", "b", "c"], ["Ann", "", None])
    assert names.offered == ("a · Ann", "b", "c")
    assert [names.meant(each) for each in ("a · Ann", " a ", "zz")] == ["a", "a", "zz"]
    assert (names.told("a"), names.told("zz"), names.told(None), names.first) == ("a · Ann", "zz", "", "a")
    assert Names([]).first == ""


def test_a_proposal_is_handed_to_what_if(why: WhyDenied) -> None:
    panel, tried = why.panel("narrow"), why.panel("what-if")
    why.move(principal="gateway")
    press(panel, "Hand to what-if")
    assert tried.change == panel.answer.change() == {"remove_member": [{"group": "machines", "principal": "gateway"}]}
    assert "what-if: press 'Try it' there" in text(panel)
    assert json.loads(held(tried, "Change file")) == tried.change
    press(tried)
    assert "remove member: group All machines (machines), principal Gateway 7 (gateway)" in text(tried)
    why.move(principal="new")
    beside = why.panel("compare")
    press(beside, "Hand to what-if")
    assert "There is nothing to change." in text(beside)


def test_a_button_is_there_where_it_does_something(why: WhyDenied) -> None:
    assert {name: list(buttons(why.panel(name))) for name in ASKING} == {
        "troubleshoot": [], "who-can": [], "narrow": ["Hand to what-if"], "what-if": ["Try it"],
        "compare": ["Hand to what-if"],
    }  # fmt: skip
    why.panel("narrow").put(every=True)
    assert buttons(why.panel("narrow")) == {"Find the narrowest": "ask", "Hand to what-if": "hand on"}
