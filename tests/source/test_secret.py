"""The key: never shown, never copied, found in the three places, refused when malformed."""

from __future__ import annotations

import copy
import getpass
import importlib
import json
import pickle
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import msgspec
import pytest
from canary import CANARY, KEY, leaks, sweep_error

import auditkit
from auditkit import errors
from auditkit.errors import InputError, KeyFormatError
from auditkit.source import secret as secret_module
from auditkit.source.key import find_key
from auditkit.source.secret import Hidden, Secret


@pytest.fixture(params=[Secret(KEY), Hidden(KEY)], ids=["secret", "hidden"])
def hidden(request: pytest.FixtureRequest) -> Hidden:
    found: Hidden = request.param
    return found


def test_a_key_shows_its_public_part_only() -> None:
    secret = Secret.parse(f" {KEY}\r\n")
    assert secret.key_id == "canary-key"
    assert repr(secret) == str(secret) == "<secret ik_canary-key>"
    assert secret.reveal() == KEY


@pytest.mark.parametrize("show", [repr, str, lambda each: "%s %r" % (each, each), lambda each: repr([each]), dir], ids=range(5))  # noqa: UP031
def test_whatever_shows_it_masks_it(hidden: Hidden, show: Any) -> None:
    assert not leaks(str(show(hidden)))


@pytest.mark.parametrize(
    "use",
    [
        copy.copy, copy.deepcopy, pickle.dumps, lambda each: pickle.dumps(each, 0), json.dumps, msgspec.json.encode,
        format, lambda each: f"{each:>20}", "{}".format, vars,
    ],
    ids=["copy", "deepcopy", "pickle", "pickle-0", "json", "msgspec", "format", "f-string", "str.format", "vars"],
)  # fmt: skip
def test_what_would_carry_it_away_is_refused(hidden: Hidden, use: Any) -> None:
    with pytest.raises(TypeError) as refused:
        use(hidden)
    sweep_error(refused.value)


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Secret(KEY).key_id = "other"


@pytest.mark.parametrize(
    "text",
    [
        "", "ik_", "ik_a", "ik_a.", f"ik_.{CANARY}", CANARY, f"sk_a.{CANARY}", f"IK_a.{CANARY}", f"ik_a b.{CANARY}",
        f"ik_a.{CANARY} x", f"ik_a.{CANARY}\nX-Header: y", f"ik_a.{CANARY}\x00", f"ik_a.{CANARY}\u200b", f"ik_a.{CANARY}é",
        f"ik_ä.{CANARY}", f"\u00a0ik_a.{CANARY}",
    ],
)  # fmt: skip
def test_a_malformed_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(KeyFormatError, match="keySecret") as refused:
        Secret.parse(text)
    sweep_error(refused.value)


@pytest.mark.parametrize("text", ["ik_a.b", "ik_A-9_z.!~", f"ik_0.{'x' * 500}", "ik_a.b.c.d", 'ik_a."quoted"\\'])
def test_a_well_formed_key_is_taken(text: str) -> None:
    assert Secret.parse(text).reveal() == text


def test_loaded_anew_a_key_is_still_one_and_hidden_and_every_error_is_caught() -> None:
    """What importlib.reload does to modules that others have imported from: the keys and errors of before still count."""
    before, tree = Secret(KEY), dict(vars(errors))
    for module in (errors, secret_module, auditkit):
        importlib.reload(module)
    assert auditkit.Secret is Secret
    assert isinstance(before, auditkit.Secret)
    assert isinstance(auditkit.Secret(KEY), Secret)
    assert isinstance(auditkit.Secret(KEY), Hidden)
    assert {name: vars(errors)[name] for name in tree if name in auditkit.__all__} == {
        name: each for name, each in tree.items() if name in auditkit.__all__
    }
    assert repr(before) == "<secret ik_canary-key>"
    assert before.reveal() == KEY
    assert not leaks(str(dir(before)) + str(vars(secret_module)))
    with pytest.raises(KeyFormatError) as refused:
        secret_module.Secret.parse(CANARY)
    assert isinstance(refused.value, auditkit.AuditkitError)
    sweep_error(refused.value)


# Where it is found


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No environment, no keyring."""
    monkeypatch.delenv("AUDITKIT_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    return monkeypatch


def _keyring(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]

    def get_password(service: str, account: str) -> str | None:
        assert (service, account) == ("auditkit", "api-key")
        if answer is Exception:
            raise errors.KeyringError("locked")
        found: str | None = answer
        return found

    module = types.ModuleType("keyring")
    module.get_password = get_password  # type: ignore[attr-defined]
    module.errors = errors  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_the_environment_comes_first(nowhere: pytest.MonkeyPatch) -> None:
    _keyring(nowhere, "ik_ring.x")
    nowhere.setenv("AUDITKIT_API_KEY", KEY)
    assert find_key().key_id == "canary-key"


def test_the_keyring_comes_second(nowhere: pytest.MonkeyPatch) -> None:
    _keyring(nowhere, "ik_ring.x")
    assert find_key().key_id == "ring"


@pytest.mark.parametrize("answer", [None, "", Exception])
def test_without_either_it_is_asked_for(nowhere: pytest.MonkeyPatch, answer: Any) -> None:
    _keyring(nowhere, answer)
    nowhere.setattr(getpass, "getpass", lambda prompt: KEY)
    assert find_key().key_id == "canary-key"


@pytest.mark.parametrize("where", ["environment", "keyring", "prompt"])
def test_a_malformed_key_is_refused_wherever_it_comes_from(nowhere: pytest.MonkeyPatch, where: str) -> None:
    if where == "environment":
        nowhere.setenv("AUDITKIT_API_KEY", CANARY)
    if where == "keyring":
        _keyring(nowhere, CANARY)
    nowhere.setattr(getpass, "getpass", lambda prompt: CANARY)
    with pytest.raises(KeyFormatError) as refused:
        find_key()
    sweep_error(refused.value)


def _echo(prompt: str) -> str:
    warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
    return KEY


def _nobody(prompt: str) -> str:
    raise EOFError


def _no_frontend(prompt: str) -> str:
    raise NotImplementedError("getpass was called, but this frontend does not support input requests.")


@pytest.mark.parametrize("ask", [_echo, _nobody, _no_frontend])
def test_where_nobody_can_be_asked_in_secret_it_says_what_to_do(nowhere: pytest.MonkeyPatch, ask: Any) -> None:
    nowhere.setattr(getpass, "getpass", ask)
    with pytest.raises(InputError, match="AUDITKIT_API_KEY"):
        find_key()


def test_no_widget_takes_a_key() -> None:
    """A field for passwords keeps what is typed into it in the notebook's file, with the state of the widgets."""
    package = Path(auditkit.__file__).parent
    sources = {path: path.read_text("utf-8") for path in package.rglob("*.py")}
    assert len(sources) > 100
    # The report's flattening names it, to leave it out.
    assert [path.name for path, text in sources.items() if re.search(r"\bPassword\b", text)] == ["flatten.py"]
