"""A pull that fails in a real kernel, at each stage: no traceback that prints variables shows the key or the token.

Three printers are tried that show more than a name and a line: IPython's `%xmode Verbose`, rich's `show_locals` without
limits, and pytest's `--showlocals`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from canary import CANARY, KEY, TOKEN, leaks
from fake_iam import DOCUMENT, FakeIam, Reply, error, reply, token
from jupyter_client.manager import KernelManager

PLACE = "/iam/auth/token"
ROLES = "/iam/roles"
# A repr that is cut short shows a piece of a secret: every run of so many characters counts.
PIECE = 10
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ECHO = f"you sent {KEY} and {TOKEN}"
LEAKING = {"id": f"{KEY}", "displayName": CANARY, "keySecret": CANARY}


def shown(text: str) -> set[Any]:
    """What of the secrets a text shows, whole and encoded, or in pieces."""
    text = COLOUR.sub("", text)
    pieces = {secret[at : at + PIECE] for secret in (CANARY, TOKEN) for at in range(len(secret) - PIECE + 1)}
    return leaks(text) | {piece for piece in pieces if piece in text}


def html(words: str) -> Reply:
    return reply(body=f"<html>{words}</html>".encode(), content_type="text/html")


def everything(page: Reply) -> Callable[[FakeIam], None]:
    """The same answer to everything but the request for a token."""

    def set_up(iam: FakeIam) -> None:
        iam.usual = lambda request: token() if request.method == "POST" else page  # type: ignore[method-assign]

    return set_up


def bought(*answers: Reply) -> Callable[[FakeIam], None]:
    """These answers to the request for a token, the last for ever."""

    def set_up(iam: FakeIam) -> None:
        given = list(answers)
        iam.script[PLACE] = lambda request: given.pop(0) if len(given) > 1 else given[0]

    return set_up


def plain(iam: FakeIam) -> None:
    """A healthy server."""


PULL = "auditkit.pull(URL, 'org-1', find_key()"
# What is done to the server, the cell that is run against it, and the error that it ends in, if it ends in one.
STAGES: dict[str, tuple[Callable[[FakeIam], None], str, str]] = {
    "malformed key": (plain, f"os.environ['AUDITKIT_API_KEY'] = 'k' + key(); {PULL})", "KeyFormatError"),
    "malformed key, parsed": (plain, "auditkit.Secret.parse(key()[1:])", "KeyFormatError"),
    "no Secret": (plain, "auditkit.pull(URL, 'org-1', None)", "InputError"),
    "wrong key": (bought(error(401)), f"{PULL})", "KeyRejected"),
    "wrong key, direct": (everything(error(401)), f"{PULL}, direct=True)", "KeyRejected"),
    "token refused twice": (everything(error(401)), f"{PULL})", "KeyRejected"),
    "plain http": (plain, "auditkit.pull('http://192.0.2.1', 'org-1', find_key())", "Refused"),
    "nobody there": (plain, "auditkit.pull('http://127.0.0.1:9', 'org-1', find_key(), policy=hasty)", "Unreachable"),
    "no TLS": (plain, "auditkit.pull(URL.replace('http:', 'https:'), 'org-1', find_key(), policy=hasty)", "Unreachable"),
    "redirect": (bought(reply(307, location="http://127.0.0.1:9/")), f"{PULL})", "Refused"),
    "token as a page": (bought(html(ECHO)), f"{PULL})", "BadAnswer"),
    "token as a list": (bought(reply(body=[ECHO])), f"{PULL})", "BadAnswer"),
    "token cut": (bought(reply(body=f'{{"accessToken": "{TOKEN}'.encode())), f"{PULL})", "BadAnswer"),
    "token for ever": (bought(token(expires="never")), f"{PULL})", "BadAnswer"),
    "token of the past": (bought(token(expires="2001-01-01T00:00:00Z")), f"{PULL})", "BadAnswer"),
    "token of another type": (bought(token(tokenType=f"MAC {TOKEN}")), f"{PULL})", "BadAnswer"),
    "token with a space": (bought(token(accessToken=f"{TOKEN} {KEY}")), f"{PULL})", "BadAnswer"),
    "page of HTML": (everything(html(ECHO)), f"{PULL})", "NotJson"),
    "page that is cut": (everything(reply(body=f'{{"items": [{{"x": "{ECHO}'.encode())), f"{PULL})", "NotJson"),
    "page without a list": (everything(reply(body={"items": ECHO, ECHO: ECHO})), f"{PULL})", ""),
    "server error for ever": (everything(error(500)), f"{PULL}, policy=hasty)", "Exhausted"),
    "place taken": (plain, f"{PULL}, out='file/taken')", "SnapshotError"),
    "progress that breaks": (everything(html(ECHO)), f"{PULL}, progress=Breaks())", "RuntimeError"),
}  # fmt: skip
# Those that end before a pull has a key.
EARLY = {"malformed key", "malformed key, parsed", "no Secret"}


def hangs(path: str) -> Callable[[FakeIam], None]:
    """A server that answers everything but this path, once it is asked for it."""

    def set_up(iam: FakeIam) -> None:
        iam.script[path] = lambda request: Reply(reply(body=ECHO).raw, before=60)

    return set_up


def leaking(iam: FakeIam) -> None:
    """Principals that carry secrets, and then a list that hangs."""
    iam.script["/iam/principals"] = lambda request: reply(body={"items": [*DOCUMENT["principals"], LEAKING]})
    hangs(ROLES)(iam)


def drips(iam: FakeIam) -> None:
    """A body that never ends."""
    iam.script[ROLES] = lambda request: Reply(reply(body={"items": [LEAKING] * 500}).raw, drip=0.01)


def busy(iam: FakeIam) -> None:
    """A server that asks to wait, so that the pull sleeps."""
    iam.script[ROLES] = lambda request: error(429, retry_after="60")


# Where the pull stands when it is interrupted: the path that must have been asked for by then.
INTERRUPTED: dict[str, tuple[Callable[[FakeIam], None], str]] = {
    "buying the token": (hangs(PLACE), PLACE),
    "in a list": (leaking, ROLES),
    "in a body": (drips, ROLES),
    "asleep": (busy, ROLES),
}

SETUP = """
import os, auditkit
from auditkit.source.key import find_key
from auditkit.source.api.policy import Policy
hasty = Policy(first_wait=0.001, connect_seconds=0.2)
open('file', 'w').close()
def key(): return open('key').read()
class Breaks:
    def show(self, tally): pass
    def close(self, tally): raise RuntimeError('broken')
"""
FRESH = "import os; URL = {url!r}; os.environ['AUDITKIT_API_KEY'] = key()"
VERBOSE = "%xmode Verbose"
RICH = """
import sys
from rich.console import Console
from rich.traceback import Traceback
def rich(shell, kind, error, trace, tb_offset=None):
    wide = Console(file=sys.stdout, width=500, force_jupyter=False, color_system=None)
    wide.print(Traceback.from_exception(kind, error, trace, show_locals=True, locals_max_length=None, locals_max_string=None))
get_ipython().set_custom_exc((BaseException,), rich)
"""


class Kernel:
    """A real kernel, the cells that it is given, and all that it says of them."""

    def __init__(self, folder: Path) -> None:
        (folder / "key").write_text(KEY)
        self._manager = KernelManager(kernel_name="python3")
        quiet = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        self._manager.start_kernel(
            cwd=str(folder), env=os.environ | quiet, extra_arguments=["--HistoryManager.enabled=False"]
        )
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def end(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(
        self, code: str, *, typed: str | None = None, meanwhile: Callable[[], None] = lambda: None
    ) -> tuple[str, str]:
        """The name of the error of a cell, and everything said, tracebacks included."""
        sent = self._client.execute(code, store_history=False, allow_stdin=typed is not None)
        said = []
        if typed is not None:
            self._client.get_stdin_msg(timeout=60)
            self._client.input(typed)
        meanwhile()
        while (message := self._of(sent, self._client.get_iopub_msg))["content"] != {"execution_state": "idle"}:
            content = message["content"]
            if message["msg_type"] not in ("status", "execute_input"):
                said.append("\n".join(content["traceback"]) if "traceback" in content else json.dumps(content))
        answer = self._of(sent, self._client.get_shell_msg)["content"]
        return answer.get("ename", ""), "\n".join([*said, *answer.get("traceback", [])])

    def _of(self, sent: str, receive: Callable[..., dict[str, Any]]) -> dict[str, Any]:
        """The next message that answers the cell."""
        while (message := receive(timeout=60))["parent_header"].get("msg_id") != sent:
            pass
        return message

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()


@pytest.fixture(scope="module", params=[VERBOSE, RICH], ids=["verbose", "rich"])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel whose tracebacks print variables."""
    found = Kernel(tmp_path_factory.mktemp("kernel"))
    assert found.run(SETUP)[0] == found.run(request.param)[0] == ""
    yield found
    found.end()


def test_the_printers_do_print_variables(kernel: Kernel) -> None:
    """What these tests look for would be found."""
    name, said = kernel.run("def fails(held): raise ValueError(len(held))\nfails(key())")
    assert name == "ValueError"
    assert leaks(said, CANARY)


@pytest.mark.parametrize("stage", STAGES)
def test_a_pull_that_fails_shows_no_secret(kernel: Kernel, stage: str) -> None:
    set_up, cell, expected = STAGES[stage]
    with FakeIam() as iam:
        set_up(iam)
        assert kernel.run(FRESH.format(url=iam.url)) == ("", "")
        name, said = kernel.run(cell)
    assert name == expected
    assert stage in EARLY or not expected or "<secret ik_canary-key>" in said, "the variables of the pull are shown"
    assert shown(said) == set()


@pytest.mark.parametrize("text", [f"{KEY} x", CANARY, f"ik_a.{CANARY}\u200b"])
def test_a_malformed_key_typed_into_the_prompt_is_not_shown(kernel: Kernel, text: str) -> None:
    name, said = kernel.run("os.environ.pop('AUDITKIT_API_KEY', None); find_key()", typed=text)
    assert name == "KeyFormatError"
    assert shown(said) == set()


@pytest.mark.parametrize("where", INTERRUPTED)
def test_a_pull_that_is_interrupted_shows_no_secret(kernel: Kernel, where: str) -> None:
    set_up, path = INTERRUPTED[where]
    with FakeIam() as iam:
        set_up(iam)
        kernel.run(FRESH.format(url=iam.url))

        def stop() -> None:
            until = time.monotonic() + 30
            while not iam.asked(path) and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(0.3)
            kernel.interrupt()

        name, said = kernel.run(f"{PULL})", meanwhile=stop)
        assert iam.asked(path) == 1
    assert name == "KeyboardInterrupt"
    assert "<secret ik_canary-key>" in said
    assert shown(said) == set()


CHILD = """
import os
from pathlib import Path
import auditkit, pytest
from auditkit.source.key import find_key

@pytest.mark.parametrize('url', os.environ['URLS'].split())
def test_it(url):
    auditkit.pull(url, 'org-1', find_key())
"""


def test_the_locals_that_pytest_prints_show_no_secret(tmp_path: Path) -> None:
    (tmp_path / "test_child.py").write_text(CHILD)
    names = ["wrong key", "redirect", "token for ever", "token with a space", "page of HTML", "page that is cut"]
    servers = [FakeIam() for _ in names]
    with ExitStack() as stack:
        for name, iam in zip(names, servers, strict=True):
            STAGES[name][0](stack.enter_context(iam))
        environment = os.environ | {"URLS": " ".join(iam.url for iam in servers), "AUDITKIT_API_KEY": KEY}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-vv",
            "-p",
            "no:cacheprovider",
            "--showlocals",
            "--tb=long",
            "test_child.py",
        ]
        told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert f"{len(names)} failed" in told.stdout
    assert "secret     = <secret ik_canary-key>" in told.stdout
    assert shown(told.stdout + told.stderr) == set()
