"""The client's parts: Retry-After, the budget, the pace, origins, tokens and their end."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from canary import KEY, TOKEN, leaks, sweep_error
from fake_iam import ORGANISATION, FakeIam, Reply, Request, error, token
from pulling import Naps, hasty, pulled

from auditkit.cli import run
from auditkit.errors import InputError, Refused, Unreachable
from auditkit.snapshot import load
from auditkit.source.api.auth import Keeper, Pass
from auditkit.source.api.faults import Cut
from auditkit.source.api.origin import read_base, same_origin_target
from auditkit.source.api.pull import pull
from auditkit.source.api.retry import Patience, retry_after
from auditkit.source.api.transport import Answer, quiet_loggers
from auditkit.source.secret import Hidden, Secret

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def http(when: datetime) -> str:
    return format_datetime(when, usegmt=True)


# Retry-After


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        (None, None), ("0", 0), ("2", 2), (" 7 ", 7), ("120", 120), ("99999999999999", 99999999999999), ("-5", None),
        ("1.5", None), ("inf", None), ("nan", None), ("", None), ("soon", None), ("1e3", None), ("9" * 5000, None), ("٣", None),
        (http(NOW + timedelta(seconds=30)), 30), (http(NOW), 0), (http(NOW - timedelta(seconds=1)), None),
        ("Thu, 99 Oct 2026 00:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_as_seen_from_the_answers_own_date(text: str | None, wait: float | None) -> None:
    assert retry_after(text, http(NOW)) == wait


def test_a_time_without_a_date_to_see_it_from_is_ignored() -> None:
    assert retry_after(http(NOW), None) is None
    assert retry_after(http(NOW), "yesterday") is None
    assert retry_after("3", None) == 3


def again(patience: Patience, cut: Cut, attempt: int = 1) -> None:
    asyncio.run(patience.again(cut, attempt, time.monotonic(), "GET /x, page 1"))


def test_waits_grow_to_a_limit() -> None:
    naps = Naps()
    patience = Patience(hasty(naps))
    for attempt in range(1, 9):
        again(patience, Cut("x"), attempt)
    assert naps == [0.5, 1, 2, 4, 8, 16, 20, 20]


def test_jitter_is_full() -> None:
    naps = Naps()
    again(Patience(hasty(naps, chance=lambda: 0.25)), Cut("x"), 2)
    assert naps == [0.25]


def test_the_longer_of_jitter_and_retry_after_counts() -> None:
    naps = Naps()
    again(Patience(hasty(naps)), Cut("x", wait=7), 1)
    again(Patience(hasty(naps)), Cut("x", wait=1), 4)
    assert naps == [7, 4]


@pytest.mark.parametrize(("wait", "stops"), [(119, False), (120, False), (121, True)])
def test_a_server_that_asks_for_too_long_ends_the_pull(wait: float, stops: bool) -> None:
    if stops:
        with pytest.raises(Unreachable, match="asks to wait 121 s"):
            again(Patience(hasty()), Cut("x", wait=wait))
    else:
        again(Patience(hasty()), Cut("x", wait=wait))


def test_the_budget_is_for_the_whole_pull_and_recovers_with_success() -> None:
    patience = Patience(hasty(budget=3))
    for _ in range(3):
        again(patience, Cut("no answer"))
    patience.success()
    again(patience, Cut("no answer"))
    with pytest.raises(Unreachable, match="no answer, and the 3 retries of this pull are spent"):
        again(patience, Cut("no answer"))


def test_refusals_of_requests_sent_before_the_first_one_cost_once() -> None:
    async def burst() -> None:
        patience = Patience(hasty(budget=1))
        sent = time.monotonic()
        for _ in range(16):
            await patience.again(Cut("429", limited=True), 1, sent, "x")
        with pytest.raises(Unreachable):
            await patience.again(Cut("429", limited=True), 1, time.monotonic(), "x")

    asyncio.run(burst())


def test_a_rate_limit_slows_the_pace_and_success_quickens_it() -> None:
    async def run() -> Naps:
        naps = Naps()
        patience = Patience(hasty(naps))
        await patience.turn()
        assert naps == []
        await patience.again(Cut("429", limited=True), 1, time.monotonic(), "x")
        naps.clear()
        for _ in range(5):
            await patience.turn()
        spaced = Naps(naps)
        for _ in range(500):
            patience.success()
        naps.clear()
        await patience.turn()
        assert naps == []
        return spaced

    spaced = asyncio.run(run())
    assert spaced == sorted(spaced)
    assert spaced[-1] == pytest.approx(4 / 64, abs=0.01)


# One origin


@pytest.mark.parametrize(
    ("url", "shown", "prefix"),
    [
        ("https://iam.example.com", "https://iam.example.com", ""),
        ("https://IAM.example.com:443/", "https://iam.example.com", ""),
        ("https://iam.example.com:8443/v1/", "https://iam.example.com:8443", "/v1"),
        ("http://127.0.0.1:80", "http://127.0.0.1", ""),
        ("http://localhost:8000", "http://localhost:8000", ""),
        ("http://[::1]:8000", "http://[::1]:8000", ""),
    ],
)
def test_a_base_url(url: str, shown: str, prefix: str) -> None:
    origin = read_base(url)
    assert (str(origin), origin.prefix) == (shown, prefix)


@pytest.mark.parametrize(
    "url",
    [
        "", "iam.example.com", "ftp://iam.example.com", "https://", "https://user@iam.example.com",
        "https://user:word@iam.example.com", "https://iam.example.com/?x=1", "https://iam.example.com/#x",
        "https://iam.example.com:99999", "https://iam.exa mple.com", "https://iam.example.com\\@evil", "https://[::1",
    ],
)  # fmt: skip
def test_a_base_url_that_is_none(url: str) -> None:
    with pytest.raises(InputError, match="--base-url"):
        read_base(url)


@pytest.mark.parametrize(
    "url", ["http://iam.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://0.0.0.0", "http://128.0.0.1"]
)
def test_plain_http_is_for_loopback(url: str) -> None:
    with pytest.raises(Refused, match="use https"):
        read_base(url)


ORIGIN = read_base("https://iam.example.com")


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("/iam/x?cursor=2", "/iam/x?cursor=2"),
        ("?cursor=2", "/iam/roles?cursor=2"),
        ("https://iam.example.com/iam/x", "/iam/x"),
        ("https://iam.example.com:443/iam/x#part", "/iam/x"),
        ("https://IAM.EXAMPLE.COM", "/"),
        ("//iam.example.com/y", "/y"),
    ],
)
def test_an_address_of_the_same_origin(reference: str, target: str) -> None:
    assert same_origin_target(ORIGIN, "/iam/roles?limit=5", reference, "the next page") == target


@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.example/x", "//evil.example/x", "https://iam.example.com:8443/x", "http://iam.example.com/x",
        "http://iam.example.com:443/x", "https://iam.example.com@evil.example/x", "https://user@iam.example.com/x",
        "https://iam.example.com.evil.example/x", "https://[::1]/x", "https://0x7f000001/x", "file:///etc/passwd", "javascript:x",
        "https:\\\\evil.example/x", "/\\evil.example", "https://iam.example.com\r\n.evil.example/", "https://iam.example.com /x",
        "https://\u0131am.example.com/x", "https://iam.example.com:port/x", "",
        "https://iam.example.com\u3002evil.example/", "x" * 9000,
    ],
)  # fmt: skip
def test_an_address_of_another_origin_is_refused(reference: str) -> None:
    with pytest.raises(Refused):
        same_origin_target(ORIGIN, "/iam/roles", reference, "the next page")


# Tokens


def answers(*lives: float) -> tuple[Keeper, list[int]]:
    """A keeper whose tokens live as long as told, one after the other, and how many it bought."""
    bought: list[int] = []

    async def exchange(body: Hidden) -> Answer:
        assert "apiKey" in body.reveal()
        bought.append(1)
        await asyncio.sleep(0)
        until = (NOW + timedelta(seconds=lives[len(bought) - 1])).isoformat()
        found = token(until).raw.partition(b"\r\n\r\n")[2]
        return Answer(200, {"date": http(NOW)}, found)

    return Keeper(Secret(KEY), "origin", exchange), bought


@pytest.mark.parametrize(("life", "due"), [(3600, 3240), (600, 540), (300, 240), (120, 60), (100, 50), (2, 1)])
def test_a_token_is_due_before_it_ends(life: float, due: float) -> None:
    keeper, _ = answers(life)
    before = time.monotonic()
    found = asyncio.run(keeper.current())
    assert found.due - before == pytest.approx(due, abs=0.5)


def test_one_of_many_workers_buys_the_token() -> None:
    async def run() -> None:
        keeper, bought = answers(3600, 3600)
        every = await asyncio.gather(*(keeper.current() for _ in range(32)))
        assert len(bought) == 1
        await asyncio.gather(*(keeper.renewed(found) for found in every))
        assert len(bought) == 2

    asyncio.run(run())


def test_a_token_that_is_due_is_bought_anew() -> None:
    async def run() -> None:
        keeper, bought = answers(0.02, 3600)
        first = await keeper.current()
        await asyncio.sleep(0.02)
        second = await keeper.current()
        assert (first.number, second.number, len(bought)) == (0, 1, 2)

    asyncio.run(run())


def test_a_pass_and_an_answer_show_nothing() -> None:
    shown = repr(Pass(Hidden(f"Bearer {TOKEN}"), 1)) + repr(Answer(200, {"x": TOKEN}, TOKEN.encode()))
    assert not leaks(shown)


def test_short_lived_tokens_last_a_whole_pull() -> None:
    """A token whose life is over in a second, as the server sees it, is renewed and not refused."""

    def recognise(request: Request) -> Reply:
        return token("2026-10-01T00:00:02Z")

    with FakeIam({"/iam/auth/token": recognise}) as iam:
        assert pulled(iam).complete
        assert iam.asked("/iam/auth/token") == 1


# Logging


def test_httpx_is_quiet_and_clean(caplog: pytest.LogCaptureFixture) -> None:
    quiet_loggers()
    logger = logging.getLogger("httpx")
    assert logger.getEffectiveLevel() == logging.WARNING
    logging.getLogger("httpcore.http11").warning("sent %s %s", KEY, f"authorization: Bearer {TOKEN}")
    logger.warning("headers [(b'authorization', b'ApiKey %s')]", KEY)
    assert len(caplog.records) == 2
    assert not leaks(caplog.text)


def test_a_pull_logs_no_secret_even_at_debug(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet_loggers()
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    with FakeIam({"/iam/roles": [error(500)]}) as iam, through(iam) as proxy:
        pulled(iam)
        caplog.set_level(logging.DEBUG, logger="httpcore")
        monkeypatch.setenv("http_proxy", proxy.url)
        pulled(iam, env_proxy=True)
    assert "httpcore.http11" in {record.name for record in caplog.records}
    assert not leaks(caplog.text)


# A proxy, TLS


def through(iam: FakeIam) -> FakeIam:
    """A forward proxy to the fake API."""

    def forward(request: Request) -> Reply:
        assert request.target.startswith(f"{iam.url}/")
        target = request.target.removeprefix(iam.url)
        inner = Request(request.method, target, request.headers, request.body)
        return iam.usual(inner)

    proxy = FakeIam()
    proxy.usual = forward  # type: ignore[method-assign]
    return proxy


def test_a_proxy_that_was_asked_for_is_used_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeIam() as iam, through(iam) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:word@"))
        snapshot = pulled(iam, env_proxy=True)
        assert iam.connections == 0
    assert snapshot.complete
    assert f"read through the proxy http://127.0.0.1:{proxy.port}" in snapshot.manifest.notes
    assert "word" not in str(snapshot.manifest.notes)


def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with FakeIam() as iam:
        assert pulled(iam, env_proxy=True).complete


PEM = Path(__file__).with_name("loopback.pem")


def tls() -> ssl.SSLContext:
    """A server's side, with a certificate for loopback that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def test_https_with_an_authority_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with FakeIam(tls=tls()) as iam:
        assert pulled(iam, ca_bundle=PEM).complete
    assert not (tmp_path / "keys").exists()


def test_a_certificate_that_cannot_be_verified_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    naps = Naps()
    with FakeIam(tls=tls()) as iam:
        with pytest.raises(Unreachable, match=r"certificate cannot be verified .*--ca-bundle") as refused:
            pulled(iam, policy=hasty(naps))
        assert iam.seen == []
    assert naps == []
    sweep_error(refused.value)


def test_the_command_takes_an_authority_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDITKIT_API_KEY", KEY)
    with FakeIam(tls=tls()) as iam:
        words = ["pull", "--base-url", iam.url, "--organisation", ORGANISATION, "--out", str(tmp_path / "snapshot")]
        assert run(words) == 3
        assert "name its PEM file by --ca-bundle" in capsys.readouterr().err
        assert iam.seen == []
        assert run([*words, "--ca-bundle", str(tmp_path / "missing.pem")]) == 2
        assert "--ca-bundle: cannot read certificates from" in capsys.readouterr().err
        assert run([*words, "--ca-bundle", str(PEM)]) == 0
    assert load(tmp_path / "snapshot").complete
    assert not leaks(capsys.readouterr().err)


def test_a_certificate_for_another_name_is_refused() -> None:
    with FakeIam(tls=tls(), host="127.0.0.2") as iam:
        with pytest.raises(Unreachable, match="certificate cannot be verified"):
            pulled(iam, ca_bundle=PEM)
        assert iam.seen == []


def test_a_certificate_that_has_expired_is_refused() -> None:
    """An authority that was named vouches for it, its name is right, and its last day was in 2020."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM.with_name("expired.pem"))
    naps = Naps()
    with FakeIam(tls=context) as iam:
        with pytest.raises(Unreachable, match=r"certificate cannot be verified .*expired") as refused:
            pulled(iam, ca_bundle=PEM.with_name("expired.pem"), policy=hasty(naps))
        assert iam.seen == []
    assert naps == []
    sweep_error(refused.value)


def test_a_server_that_does_not_speak_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            caller = server.accept()[0]
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            caller.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unreachable, match="no TLS connection") as refused:
            pull(f"https://127.0.0.1:{server.getsockname()[1]}", "org-1", Secret(KEY), policy=hasty())
        thread.join()
    sweep_error(refused.value)
