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
from auditkit.access.troubleshoot import troubleshoot
from auditkit.access.who_can import WhoCan
from auditkit.errors import ChangeError, InputError
from auditkit.whatif import what_if
from auditkit.widgets.asking import Asking
from auditkit.widgets.asking_list import ASKING
from auditkit.widgets.change_form import FILE, KINDS
from auditkit.widgets.desk import Desk, open_desk
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


def field(panel: Asking, label: str) -> Any:
    (found,) = [each for each in every(panel.widget()) if getattr(each, "description", "") == label]
    return found


def markup(panel: Asking) -> str:
    return "".join(each.value for each in every(panel.widget()) if isinstance(each, ipywidgets.HTML))


def text(panel: Asking) -> str:
    """What the panel says, without its style sheets."""
    return unescape(re.sub("<style>.*?</style>", "", markup(panel), flags=re.DOTALL))


def press(panel: Asking) -> None:
    field(panel, panel.label).click()


def test_each_answers_as_its_command_does(desk: Desk, why: WhyDenied) -> None:
    snapshot, now, rows = desk.snapshot, desk.as_of, desk.tables["required"]
    answers = {name: why.panel(name).answer.to_dict() for name in ASKING}
    given = {"principal": "ann", "permission": "iot:device:read", "as_of": now}
    assert answers == {
        "troubleshoot": troubleshoot(snapshot, "forbidden", **given).to_dict(),
        "who-can": WhoCan.ask(snapshot, "iot:device:read", as_of=now).to_dict(),
        "narrow": narrow(snapshot, "ann", rows, as_of=now).to_dict(),
        "what-if": what_if(snapshot, {"suspend_principal": ["ann"]}, as_of=now, limits=desk.limits, required=rows).to_dict(),
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
    why.fields.permission.value = "iot:device:write"
    assert "iot:device:write on the whole organisation: nobody can" in text(who)
    why.fields.principal.value = "new"
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
    field(panel, "API keys and service accounts only").value = True
    assert panel.machine_only
    assert "nobody can" in text(panel)


def test_the_other_is_chosen_and_stays_chosen(why: WhyDenied) -> None:
    panel = why.panel("compare")
    field(panel, "Beside").value = "new · Newcomer"
    assert "B is Newcomer (new)" in text(panel)
    why.move(principal="bob")
    assert (panel.other, panel.answer.a, panel.answer.b) == ("new", "bob", "new")
    # What is emptied is the peer again.
    field(panel, "Beside").value = ""
    assert (panel.other, field(panel, "Beside").value) == ("ann", "ann · Ann")


def test_an_unknown_name_is_told_in_place_and_takes_the_old_answer_away(why: WhyDenied) -> None:
    panel = why.panel("compare")
    field(panel, "Beside").value = "gatewy"
    assert "gateway" in text(panel)
    assert "ak-warn" in text(panel)
    assert "A is Ann" not in text(panel)
    field(panel, "Beside").value = "gateway"
    assert "B is Gateway 7 (gateway)" in text(panel)
    assert "ak-warn" not in text(panel)
    why.fields.permission.value = "iot:device:raed"
    assert "iot:device:read" in text(why.panel("who-can"))


def test_narrow_for_one_and_on_a_press_for_everybody(why: WhyDenied) -> None:
    panel = why.panel("narrow")
    assert "Ann (ann, User)" in text(panel)
    field(panel, "For").value = True
    assert "press 'Find the narrowest'" in text(panel)
    assert not panel.fresh
    press(panel)
    assert "2 principals with required rows: 1 would change, 2 cannot have all that is required" in text(panel)
    assert not field(panel, "Find the narrowest").disabled
    field(panel, "direct grants may take part").value = True
    press(panel)
    assert "2 principals with required rows: 2 would change, 0 cannot" in text(panel)
    field(panel, "For").value = False
    assert panel.answer.change()["add_grant"] == [{"principal": "ann", "permission": "iot:device:write"}]


def test_narrow_without_required_rows_says_what_it_lacks() -> None:
    panel = WhyDenied(open_desk(acme())).panel("narrow")
    assert "no required permissions were given" in text(panel)
    panel.put(every=True)
    press(panel)
    assert "0 principals with required rows" in text(panel)


def test_a_change_is_tried_on_a_press_only(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    assert "suspend principal ann" in text(panel)
    field(panel, "What changes").value = "remove_assignment"
    # What the principal has is offered first, and told with its name.
    assert field(panel, "Assignment").value == "a2 · Operators to Ann"
    assert panel.change == {"remove_assignment": ["a2"]}
    # The answer to the former question is put away.
    assert "suspend principal ann" not in text(panel)
    assert "press 'Try it'" in text(panel)
    press(panel)
    assert "1 permission is lost and 0 gained" in text(panel)
    assert "press 'Try it'" not in text(panel)
    assert "remove assignment a2" in text(panel)
    assert "breaks" in text(panel)


def test_what_is_tried_follows_the_principal_until_it_is_chosen(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    panel.widget()
    why.move(principal="bob")
    assert panel.change == {"suspend_principal": ["bob"]}
    assert field(panel, "Principal").value == "bob · Bob"
    field(panel, "Principal").value = "new"
    why.move(principal="ann")
    assert panel.change == {"suspend_principal": ["new"]}


def test_another_request_puts_the_answer_to_the_former_away_until_it_is_asked(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    assert "suspend principal ann" in text(panel)
    why.move(principal="bob")
    assert "suspend principal" not in text(panel)
    assert "lost" not in text(panel)
    assert "press 'Try it'" in text(panel)
    # Asked again, or the former one chosen again, it is back.
    why.move(principal="ann")
    assert "suspend principal ann" in text(panel)
    why.move(principal="bob")
    press(panel)
    assert "suspend principal bob" in text(panel)
    assert "press 'Try it'" not in text(panel)


def test_who_can_is_counted_before_its_rows(why: WhyDenied) -> None:
    html = why.who_can()._repr_html_()
    assert html.index("1 person can, and nobody possibly can") < html.index("<table>")


def test_a_whole_change_file_in_json_or_toml(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    field(panel, "What changes").value = FILE
    field(panel, "Change file").value = json.dumps({"delete_principal": ["machines"], "remove_assignment": ["a1"]})
    press(panel)
    assert "delete principal machines" in text(panel)
    field(panel, "Change file").value = 'revoke_credential = ["c1"]\n'
    press(panel)
    assert "key k1 stops working" in text(panel)
    field(panel, "Change file").value = '{"revoke_credential": ["c1"'
    assert "the change file: cannot be read as JSON" in text(panel)
    field(panel, "Change file").value = '{"revoke_credential": ["c11"]}'
    press(panel)
    assert "did you mean" in text(panel)
    assert "stops working" not in text(panel)


def test_a_change_that_is_made_elsewhere_stands_in_the_field(why: WhyDenied) -> None:
    panel = why.panel("what-if")
    panel.widget()
    panel.put(change={"suspend_principal": ["bob"], "direct_api_key_auth": False})
    assert json.loads(field(panel, "Change file").value) == panel.change
    with pytest.raises(ChangeError, match="no known change"):
        panel.move(change={"suspend": ["bob"]})


def test_every_kind_of_change_has_fields(why: WhyDenied) -> None:
    assert set(KINDS) == {*KEYS, FILE}
    panel = why.panel("what-if")
    panel.widget()
    for key in set(KINDS) - {FILE}:
        field(panel, "What changes").value = key
        assert set(panel.change) == {key}
    field(panel, "What changes").value = "add_assignment"
    field(panel, "Role").value = "r1 · Operators"
    field(panel, "Resource type").value = "iot:device"
    field(panel, "Resource").value = "/x"
    assert panel.change == {
        "add_assignment": [{"principal": "ann", "role": "r1", "resource_type": "iot:device", "resource": "/x"}]
    }
    field(panel, "What changes").value = "direct_api_key_auth"
    field(panel, "Switched").value = False
    assert panel.change == {"direct_api_key_auth": False}


def test_a_symptom_by_what_came_back(why: WhyDenied) -> None:
    panel = why.panel("troubleshoot")
    assert "Symptom: an API call returns forbidden" in text(panel)
    field(panel, "Symptom").value = ""
    field(panel, "Status").value = "401"
    assert "Symptom: token exchange fails" in text(panel)
    field(panel, "Status").value = "four"
    assert "status 'four' is no HTTP status" in text(panel)
    field(panel, "Status").value = ""
    field(panel, "Body").value = '{"error": {"code": "FORBIDDEN", "message": "no"}}'
    assert "Symptom: an API call returns forbidden" in text(panel)
    field(panel, "API").value = "iot"
    assert "do not accept IAM API keys" in text(panel)


def test_no_secret_stays_in_a_field(why: WhyDenied) -> None:
    why.move(principal="gateway")
    panel = why.panel("troubleshoot")
    panel.move(symptom="", status="401")
    field(panel, "Body").value = "rejected ik_k1.verysecret"  # not a real one
    field(panel, "Key id").value = "ik_k1.verysecret"
    assert (field(panel, "Key id").value, panel.credential) == ("k1 · first", "k1")
    assert "verysecret" not in field(panel, "Body").value + text(panel) + panel.static().fragment
    assert without_secret(" ik_k1 ") == "ik_k1"
    why.move(principal="ann")
    assert panel.credential == ""


def test_a_role_is_asked_for_only_where_it_matters(why: WhyDenied) -> None:
    panel = why.panel("troubleshoot")
    assert "Role" not in [getattr(each, "description", "") for each in every(panel.widget())]
    field(panel, "Symptom").value = "role-not-available"
    field(panel, "Role").value = "r1 · Operators"
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
    field(panel, "Hand to what-if").click()
    assert tried.change == panel.answer.change() == {"remove_member": [{"group": "machines", "principal": "gateway"}]}
    assert "what-if: press 'Try it' there" in text(panel)
    assert json.loads(field(tried, "Change file").value) == tried.change
    press(tried)
    assert "remove member: group machines, principal gateway" in text(tried)
    why.move(principal="new")
    beside = why.panel("compare")
    field(beside, "Hand to what-if").click()
    assert "There is nothing to change." in text(beside)


def test_a_button_is_there_where_it_does_something(why: WhyDenied) -> None:
    shown = {name: [each.description for each in every(why.panel(name).widget()) if isinstance(each, ipywidgets.Button)]
             for name in ASKING}  # fmt: skip
    assert {name: [each for each in shown[name] if each not in ("Previous", "Next")] for name in shown} == {
        "troubleshoot": [], "who-can": [], "narrow": ["Hand to what-if"], "what-if": ["Try it"],
        "compare": ["Hand to what-if"],
    }  # fmt: skip
    why.panel("narrow").put(every=True)
    assert field(why.panel("narrow"), "Find the narrowest")
