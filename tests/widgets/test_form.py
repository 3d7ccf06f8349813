"""A form: one message holds the words and the press; what is not such a message does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from auditkit.errors import DecisionRefused
from auditkit.widgets.form import CHANGED, TICKED, Button, Field, Form, Name, Press

SOUND = {"act": "go", "words": {"who": "ann", "why": "so"}, "shown": {}, "press": 7}


@pytest.fixture
def pressed() -> list[Press]:
    return []


@pytest.fixture
def form(pressed: list[Press]) -> Form:
    def act(press: Press) -> str:
        pressed.append(press)
        if press.words["why"] == "broken":
            raise ValueError("no such thing")
        if not press.words["why"]:
            raise DecisionRefused("a reason is needed")
        return f"done for {press.words['why']}"

    return Form(act, label="Try", name=Name(), fields=[Field(name="why", label="Why")],
                buttons=[Button(act="go", label="Go")], needs=lambda _: "why")  # fmt: skip


def send(form: Form, message: object) -> dict[str, Any]:
    form._handle_custom_msg(message, [])
    return dict(form.told)


def test_the_words_of_the_press_are_those_in_its_message(form: Form, pressed: list[Press]) -> None:
    form.who = "somebody else"
    assert send(form, SOUND) == {"press": 7, "words": "done for so", "state": "done", "focus": ""}
    assert pressed == [Press(act="go", words={"who": "ann", "why": "so"}, shown={}, press=7)]
    assert form.who == "ann"


@pytest.mark.parametrize(
    "message",
    [
        None, "go", {}, SOUND | {"act": "stop"}, SOUND | {"act": None}, SOUND | {"words": {"who": "ann"}},
        SOUND | {"words": {"who": "ann", "why": 1}}, SOUND | {"words": {"who": "ann", "why": "so", "more": ""}},
        SOUND | {"press": "7"},
    ],
)  # fmt: skip
def test_what_is_no_press_of_this_form_does_nothing(form: Form, pressed: list[Press], message: object) -> None:
    assert send(form, message)["state"] == "refused"
    assert pressed == []


def test_what_is_refused_says_where_words_are_missing(form: Form) -> None:
    told = send(form, SOUND | {"words": {"who": "ann", "why": ""}})
    assert told == {"press": 7, "words": "a reason is needed", "state": "refused", "focus": "why"}


def test_what_breaks_is_told_and_not_raised(form: Form) -> None:
    told = send(form, SOUND | {"words": {"who": "ann", "why": "broken"}})
    assert "no such thing" in told["words"]
    assert (told["press"], told["state"], told["focus"]) == (7, "refused", "")


def test_what_is_told_meanwhile_answers_no_press(form: Form) -> None:
    send(form, SOUND)
    form.say("something else")
    assert form.told["press"] == 7


def test_what_would_turn_or_hide_text_is_shown_by_its_code(form: Form) -> None:
    told = send(form, SOUND | {"words": {"who": "ann", "why": "a\u202eb<i>" + "x" * 400}})
    assert told["words"].startswith("done for aU+202Eb<i>xxx")
    assert told["words"].endswith("more)")


def test_buttons_and_options_change_in_place(form: Form) -> None:
    form.show_buttons([Button(act="stop", label="Stop")])
    form.offer("why", ["a", "b"])
    assert [one["act"] for one in form.buttons] == ["stop"]
    assert [one["options"] for one in form.fields] == [(), ("a", "b")]
    # The button went while the press was on its way: the one who acts on presses answers it.
    assert send(form, SOUND)["state"] == "done"


def test_only_an_eager_form_hears_of_a_field_that_was_left(form: Form, pressed: list[Press]) -> None:
    assert form.press(CHANGED, why="so") == "the form has changed since; look, and press again"
    assert pressed == []
    eager = Form(lambda press: ", ".join(press.typed), label="Ask", eager=True,
                 fields=[Field(name="one", label="One", value="1"), Field(name="on", label="On", tick=True)])  # fmt: skip
    assert [one["name"] for one in eager.fields] == ["one", "on"]
    assert eager.press(CHANGED, one="2", on="") == "one"
    eager.put({"one": "2", "who": "ann"})
    assert eager.values == {"one": "2", "on": ""}
    assert eager.press(CHANGED, one="2", on=TICKED) == "on"
    message = {"act": CHANGED, "words": {"one": "1", "on": ""}, "shown": {}, "press": 9, "typed": ["two"]}
    assert send(eager, message)["state"] == "refused"
