"""What a server can do to a pull, over real loopback HTTP: each case ends in a snapshot that says what is missing, or in
one typed error; the key is nowhere, and nothing but the origin was ever connected to."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from canary import CANARY, KEY, TOKEN, leaks, sweep, sweep_error
from fake_iam import DOCUMENT, ORGANISATION, T0, FakeIam, Reply, Request, error, items, reply, token
from pulling import ROWS, Naps, hasty, profile, pulled, rows

from auditkit.errors import BadAnswer, KeyRejected, PullError, Refused, Unreachable
from auditkit.snapshot import Snapshot, load

ROLES = "/iam/roles"
ROLE = DOCUMENT["roles"][0]


def _below_the_ephemeral() -> socket.socket:
    """A listening socket on a port that no system gives out by itself: a client of another test, whose server is gone,
    may still knock at the one that it had."""
    for port in range(10_000 + os.getpid() % 10_000, 30_000):
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
    raise RuntimeError("no free port")


class Foreign:
    """A server that must never be connected to."""

    def __init__(self) -> None:
        self._socket = _below_the_ephemeral()
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._open = True
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while self._open:
            try:
                self._socket.accept()[0].close()
                self.connections += 1
            except TimeoutError:
                continue

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()


@pytest.fixture(autouse=True)
def foreign() -> Generator[Foreign]:
    """The foreign server; at the end of every test it has seen nobody."""
    found = Foreign()
    yield found
    time.sleep(0.06)
    found.close()
    assert found.connections == 0


def swept(snapshot: Snapshot, folder: Path) -> Snapshot:
    """The snapshot, after no file of it held a secret."""
    sweep(folder)
    assert not leaks(repr(snapshot.manifest) + repr(snapshot.incomplete) + str(snapshot.problems.to_dict("records")))
    return snapshot


# Retried, with the same result as without the fault


@pytest.mark.parametrize(
    "faults",
    [
        [error(429, retry_after="2")],
        [error(429), error(429), error(429), error(429), error(429), error(429)],
        [error(500), error(502), error(503), error(504)],
        [error(408)],
        [error(503, retry_after="1")],
        [Reply(b"", reset=True)],
        [Reply(items(ROLE).raw[:-5], reset=True)],
        [Reply(items(ROLE).raw[:-5], close=True)],
        [Reply(b"HTTP/1.1 200 OK\r\nContent-Type: app", close=True)],
        [Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ite", close=True)],
        [Reply(b"\x00\xff nothing like HTTP\r\n\r\n", close=True)],
        [reply(body=b'{"items": [')],
        [reply(body=b"<html>be right back</html>", content_type="text/html")],
        [reply(body=gzip.compress(b'{"items": []}')[:-4], content_encoding="gzip")],
        [reply(body=b"no gzip at all", content_encoding="gzip")],
        [error(401)],
    ],
    ids=range(16),
)  # fmt: skip
def test_a_passing_fault_changes_nothing(tmp_path: Path, faults: list[Reply]) -> None:
    with FakeIam({ROLES: list(faults)}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s"), tmp_path)
        assert iam.asked(ROLES) == len(faults) + 2
    assert snapshot.complete
    assert rows(snapshot) == ROWS
    with FakeIam() as iam:
        whole = pulled(iam)
    assert all(snapshot.frames[name].equals(whole.frames[name]) for name in ROWS)


def test_retry_after_is_waited_for() -> None:
    naps = Naps()
    with FakeIam({ROLES: [error(429, retry_after="17")]}) as iam:
        assert pulled(iam, policy=hasty(naps)).complete
    assert 17 in naps


def test_retry_after_as_a_time_is_seen_from_the_servers_clock() -> None:
    naps = Naps()
    later = "Thu, 01 Oct 2026 00:00:23 GMT"
    with FakeIam({ROLES: [error(503, retry_after=later)]}) as iam:
        assert pulled(iam, policy=hasty(naps)).complete
    assert 23 in naps


def test_a_hanging_answer_is_given_up_in_time() -> None:
    start = time.monotonic()
    with FakeIam({ROLES: [Reply(b"", before=30), Reply(items(ROLE).raw, drip=0.05)]}) as iam:
        assert pulled(iam, policy=hasty(request_seconds=0.3)).complete
        assert iam.asked(ROLES) == 4
    assert time.monotonic() - start < 5


def test_a_burst_of_errors_from_every_list() -> None:
    hits: dict[str, int] = {}

    def shaky(request: Request) -> Reply:
        hits[request.target] = hits.get(request.target, 0) + 1
        return iam.usual(request) if hits[request.target] > 2 else error(503)

    with FakeIam() as iam:
        for path in ("/iam/auth/token", "/iam/principals", ROLES, "/iam/permissions", "/iam/principals/key/api-keys"):
            iam.script[path] = shaky
        assert rows(pulled(iam)) == ROWS


# Tokens


def test_a_token_that_ends_in_mid_pull_is_renewed_and_the_same_page_repeated() -> None:
    pages = {None: ("c1", 0), "c1": ("c2", 1), "c2": (None, 2)}
    asked: list[str | None] = []

    def serve(request: Request) -> Reply:
        cursor = request.query.get("cursor")
        asked.append(cursor)
        if asked.count(cursor) == 1 and cursor == "c2":
            return error(401)
        following, at = pages[cursor]
        return items(DOCUMENT["permissions"][at], cursor=following)

    with FakeIam({"/iam/permissions": serve}) as iam:
        snapshot = pulled(iam)
        assert iam.asked("/iam/auth/token") == 2
    assert asked[:4] == [None, "c1", "c2", "c2"]
    assert snapshot.permissions.permission_id.tolist() == ["p0", "p1", "p2"]
    assert snapshot.manifest.collections["permissions"]["duplicates"] == 0


def test_many_workers_refused_at_once_buy_one_token() -> None:
    gate = threading.Event()

    def serve(request: Request) -> Reply:
        if not gate.is_set() and sum(each.method == "GET" for each in iam.seen) >= 4:
            gate.set()
        return iam.usual(request) if iam.asked("/iam/auth/token") == 2 else Reply(error(401).raw, before=0.1)

    with FakeIam() as iam:
        for path in (ROLES, "/iam/principals", "/iam/permissions", "/iam/resource-types"):
            iam.script[path] = serve
        assert pulled(iam, concurrency=8).complete
        assert iam.asked("/iam/auth/token") == 2


def test_a_key_revoked_in_mid_pull_keeps_what_was_read(tmp_path: Path) -> None:
    with FakeIam({"/iam/principals/key/api-keys": lambda request: error(401)}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s", concurrency=1), tmp_path)
    assert "refused twice in a row" in snapshot.incomplete["credentials"]
    assert len(snapshot.principals) == 5
    assert {"key"} <= {each["owner"] for each in snapshot.manifest.unread}
    assert load(tmp_path / "s").incomplete == snapshot.incomplete


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_key(tmp_path: Path, status: int) -> None:
    with FakeIam({"/iam/auth/token": lambda request: error(status)}) as iam:
        with pytest.raises(KeyRejected, match="ik_canary-key was rejected") as refused:
            pulled(iam, out=tmp_path / "s")
        assert [each.path for each in iam.seen] == ["/iam/auth/token"]
    sweep_error(refused.value)
    assert not (tmp_path / "s").exists()


def test_a_wrong_key_sent_directly() -> None:
    with FakeIam() as iam:
        for path in ("/iam/principals", ROLES, "/iam/permissions", "/iam/resource-types", "/iam/role-assignments"):
            iam.script[path] = lambda request: error(401)
        iam.script["/iam/permission-grants"] = iam.script[f"/iam/organisations/{ORGANISATION}"] = lambda request: error(401)
        with pytest.raises(KeyRejected, match="direct API-key authentication") as refused:
            pulled(iam, direct=True)
        assert iam.asked("/iam/auth/token") == 0
    sweep_error(refused.value)


def test_direct_authentication_sends_the_key_itself() -> None:
    with FakeIam() as iam:
        assert pulled(iam, direct=True).complete
        assert {each.headers["authorization"] for each in iam.seen} == {f"ApiKey {KEY}"}
        assert {each.method for each in iam.seen} == {"GET"}


@pytest.mark.parametrize(
    "changes",
    [
        {"expiresAt": None}, {"expiresAt": "soon"}, {"expiresAt": "2026-10-01T01:00:00"}, {"expiresAt": 1790812800},
        {"expiresAt": "2026-09-30T23:59:59Z"}, {"expiresAt": "2026-10-01T00:00:00Z"}, {"tokenType": "MAC"}, {"tokenType": None},
        {"accessToken": None}, {"accessToken": ""}, {"accessToken": f"{TOKEN}\r\nX-Header: y"}, {"accessToken": f"{TOKEN} x"},
        {"accessToken": f"é{TOKEN}"}, {"accessToken": [TOKEN]},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_answer_that_cannot_be_used(changes: dict[str, Any]) -> None:
    with FakeIam({"/iam/auth/token": lambda request: token(**({"expires": "2026-10-01T01:00:00Z"} | {}), **changes)}) as iam:
        with pytest.raises(BadAnswer, match="token endpoint") as refused:
            pulled(iam)
        assert len(iam.seen) == 1
    sweep_error(refused.value)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b'{"accessToken": "' + TOKEN.encode(), b"[" * 100_000])
def test_a_token_answer_that_is_none(body: bytes) -> None:
    with FakeIam({"/iam/auth/token": lambda request: reply(body=body)}) as iam, pytest.raises(BadAnswer) as refused:
        pulled(iam)
    sweep_error(refused.value)


# One list only: the others go on


@pytest.mark.parametrize(("status", "said"), [(403, "Forbidden"), (404, "Not Found"), (410, "Gone"), (400, "Bad Request")])
def test_a_refused_collection(tmp_path: Path, status: int, said: str) -> None:
    with FakeIam({ROLES: lambda request: error(status)}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s"), tmp_path)
        assert iam.asked(ROLES) == 1
    assert list(snapshot.incomplete) == ["roles"]
    assert f"GET /iam/roles, page 1: {status} {said}" in snapshot.incomplete["roles"]
    assert rows(snapshot) == ROWS | {"roles": 0}
    assert [(each["collection"], each["owner"], each["status"]) for each in snapshot.manifest.unread] == [("roles", None, status)]


def test_a_refused_list_of_one_owner() -> None:
    with FakeIam({"/iam/principals/key/api-keys": lambda request: error(403)}) as iam:
        snapshot = pulled(iam)
    assert snapshot.incomplete["credentials"].startswith("1 of 4 lists could not be read: GET /iam/principals/key/api-keys")
    assert [(each["collection"], each["owner"]) for each in snapshot.manifest.unread] == [("credentials", "key")]
    assert len(snapshot.credentials) == 3


def test_principals_that_cannot_be_read_leave_what_hangs_on_them_open() -> None:
    with FakeIam({"/iam/principals": lambda request: error(403)}) as iam:
        snapshot = pulled(iam)
    assert set(snapshot.incomplete) == {"principals", "credentials", "group_members"}
    assert "not everybody" in snapshot.incomplete["credentials"]


def test_a_list_that_is_cut_in_the_middle_keeps_its_pages_and_is_incomplete() -> None:
    with FakeIam({"/iam/permissions": [items(*DOCUMENT["permissions"][:2], cursor="c"), error(403)]}) as iam:
        snapshot = pulled(iam)
    assert "page 2: 403" in snapshot.incomplete["permissions"]
    assert len(snapshot.permissions) == 2


BAD_BODIES: dict[str, tuple[Reply, str]] = {
    "html": (reply(body=b"<!doctype html>" + KEY.encode(), content_type="text/html"), "web page"),
    "cut": (reply(body=f'{{"items": [{{"{CANARY}'.encode()), "no valid JSON"),
    "empty": (reply(body=b""), "empty"),
    "no content": (Reply(b"HTTP/1.1 204 No Content\r\n\r\n"), "204"),
    "null": (reply(body=b"null"), "no `items`"),
    "bare list": (reply(body=b"[]"), "no `items`"),
    "null items": (reply(body=b'{"items": null}'), "no list"),
    "object items": (reply(body=b'{"items": {}}'), "no list"),
    "repeated key": (reply(body=b'{"items": [], "items": [1]}'), "occurs twice"),
    "repeated cursor key": (reply(body=b'{"nextCursor": "a", "items": [], "nextCursor": null}'), "occurs twice"),
    "no number": (reply(body=b'{"items": [], "x": NaN}'), "no valid JSON"),
    "a cursor beyond all numbers": (reply(body=b'{"items": [], "nextCursor": 1e999}'), "nextCursor"),
    "half a surrogate pair in the cursor": (reply(body=b'{"items": [], "nextCursor": "\\ud800"}'), "no valid JSON"),
    "long number": (reply(body=b'{"items": [], "x": ' + b"9" * 5000 + b"}"), "cannot be read"),
    "nested": (reply(body=b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "no valid JSON"),
    "bytes": (reply(body=b'{"items": [{"id": "\xff"}]}'), "no valid JSON"),
    "odd cursor": (reply(body=b'{"items": [], "nextCursor": {"a": 1}}'), "no cursor"),
    "long cursor": (reply(body=json.dumps({"items": [], "nextCursor": "x" * 9000}).encode()), "no cursor"),
    "close-delimited": (Reply(b'HTTP/1.1 200 OK\r\n\r\n{"items": []}', close=True), "told from a cut"),
    "unasked packing": (reply(body=b"x", content_encoding="br"), "not asked for"),
    "created": (reply(201, {"items": []}), "201"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_an_answer_that_is_no_page(tmp_path: Path, name: str) -> None:
    bad, said = BAD_BODIES[name]
    with FakeIam({ROLES: lambda request: bad}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s"), tmp_path)
        assert iam.asked(ROLES) <= 2
    assert list(snapshot.incomplete) == ["roles"]
    assert "GET /iam/roles, page 1: " in snapshot.incomplete["roles"]
    assert said in snapshot.incomplete["roles"]


def test_a_byte_order_mark_is_no_fault() -> None:
    with FakeIam({ROLES: lambda request: reply(body=b"\xef\xbb\xbf" + json.dumps({"items": [ROLE]}).encode())}) as iam:
        assert rows(pulled(iam)) == ROWS


def test_a_login_page_for_everything_is_one_error() -> None:
    page = reply(body=b"<html>log in</html>", content_type="text/html")
    with FakeIam() as iam:
        iam.usual = lambda request: token() if request.method == "POST" else page  # type: ignore[method-assign]
        with pytest.raises(BadAnswer, match="web page") as refused:
            pulled(iam)
    sweep_error(refused.value)


@pytest.mark.parametrize("size", [400_000_000, 34_000_000])
def test_a_gzip_bomb(size: int) -> None:
    import resource

    packed = gzip.compress(b'{"items": ["' + b"a" * 1_000_000 + b'"]}' * 1, 9) if size < 0 else _bomb(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with FakeIam({ROLES: lambda request: reply(body=packed, content_encoding="gzip")}) as iam:
        snapshot = pulled(iam)
    assert "larger than 32 MiB" in snapshot.incomplete["roles"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


def _bomb(size: int) -> bytes:
    import zlib

    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b"a" * 1_000_000) for _ in range(size // 1_000_000)) + packer.flush()


def test_a_page_that_is_packed_is_read() -> None:
    body = gzip.compress(json.dumps({"items": [ROLE]}).encode())
    with FakeIam({ROLES: lambda request: reply(body=body, content_encoding="gzip")}) as iam:
        assert rows(pulled(iam)) == ROWS


def test_a_plain_page_over_the_cap() -> None:
    with FakeIam({ROLES: lambda request: reply(body=b'{"items": [' + b" " * 5000 + b"]}")}) as iam:
        snapshot = pulled(iam, policy=hasty(page_bytes=4096))
    assert "larger than" in snapshot.incomplete["roles"]


# Lists that never end


@pytest.mark.parametrize("cycle", [["a"], ["a", "b"], ["a", "b", "c", "b"]], ids=len)
def test_a_cursor_seen_before_stops_the_list(cycle: list[str]) -> None:
    given = iter(cycle * 9)
    with FakeIam({ROLES: lambda request: items({"id": f"r{len(iam.seen)}"}, cursor=next(given))}) as iam:
        snapshot = pulled(iam)
        assert iam.asked(ROLES) <= len(cycle) + 2
    assert "already read" in snapshot.incomplete["roles"]


def test_empty_pages_without_end_are_stopped() -> None:
    with FakeIam({ROLES: lambda request: items(cursor=str(len(iam.seen)))}) as iam:
        snapshot = pulled(iam)
        assert iam.asked(ROLES) <= 5
    assert "nothing new" in snapshot.incomplete["roles"]


def test_the_number_of_pages_is_capped() -> None:
    with FakeIam({ROLES: lambda request: items({"id": f"r{len(iam.seen)}"}, cursor=str(len(iam.seen)))}) as iam:
        snapshot = pulled(iam, policy=hasty(pages=20))
        assert iam.asked(ROLES) == 20
    assert "more than 20 pages" in snapshot.incomplete["roles"]


def test_a_list_that_is_shorter_than_its_total_is_incomplete() -> None:
    with FakeIam({ROLES: lambda request: reply(body={"items": [ROLE], "nextCursor": None, "total": 3})}) as iam:
        assert "says there are 3" in pulled(iam).incomplete["roles"]


def test_a_list_as_long_as_its_total_is_complete() -> None:
    with FakeIam({ROLES: lambda request: reply(body={"items": [ROLE], "nextCursor": None, "total": 1})}) as iam:
        assert pulled(iam).complete


# The whole pull ends


def test_an_unreachable_server() -> None:
    with FakeIam() as iam:
        url = iam.url
    iam.url = url
    with pytest.raises(Unreachable, match=r"no connection to http://127\.0\.0\.1") as refused:
        pulled(iam)
    sweep_error(refused.value)


def test_rate_limited_for_ever_ends_when_the_budget_is_spent(tmp_path: Path) -> None:
    with FakeIam({ROLES: lambda request: error(429, retry_after="1")}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s", policy=hasty(budget=7)), tmp_path)
    assert "retries of this pull are spent" in snapshot.incomplete["roles"]


def test_errors_for_ever_cost_one_list_after_five_attempts() -> None:
    with FakeIam({ROLES: lambda request: error(500)}) as iam:
        snapshot = pulled(iam)
        assert iam.asked(ROLES) == 5
    assert list(snapshot.incomplete) == ["roles"]
    assert "500 Internal Server Error (5 attempts)" in snapshot.incomplete["roles"]


def test_a_server_that_asks_to_wait_too_long() -> None:
    with FakeIam({ROLES: lambda request: error(429, retry_after="99999999999999")}) as iam:
        assert "asks to wait" in pulled(iam).incomplete["roles"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(foreign: Foreign, status: int) -> None:
    elsewhere = f"http://127.0.0.1:{foreign.port}/iam/roles"
    with FakeIam({ROLES: lambda request: reply(status, location=elsewhere)}) as iam:
        snapshot = pulled(iam, concurrency=1)
        assert iam.asked(ROLES) == 1
    assert f"unexpected redirect to http://127.0.0.1:{foreign.port}" in snapshot.incomplete["roles"]


@pytest.mark.parametrize("to", ["/iam/roles", "/elsewhere", "?again=1", "{url}/iam/roles", "https://127.0.0.1:{port}/iam/roles"])
def test_a_redirect_to_the_same_host_is_not_followed_either(to: str) -> None:
    with FakeIam() as iam:
        iam.script[ROLES] = lambda request: reply(301, location=to.format(url=iam.url, port=iam.port))
        snapshot = pulled(iam, concurrency=1)
        assert iam.asked(ROLES) == 1
        assert iam.asked("/elsewhere") == 0
    assert "unexpected redirect to " in snapshot.incomplete["roles"]


def test_a_redirect_of_the_token_post_is_not_followed(foreign: Foreign) -> None:
    elsewhere = f"http://127.0.0.1:{foreign.port}/iam/auth/token"
    redirect = reply(307, location=elsewhere)
    with (
        FakeIam({"/iam/auth/token": lambda request: redirect}) as iam,
        pytest.raises(Refused, match="unexpected redirect") as refused,
    ):
        pulled(iam)
    sweep_error(refused.value)


@pytest.mark.parametrize(
    "form",
    ["http://127.0.0.1:{port}/x", "//127.0.0.1:{port}/x", "http://{own}@127.0.0.1:{port}/x", "http://2130706433:{port}/x",
     "https://{own}/iam/roles", "http://127.1:{port}/"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["header", "body"])
def test_a_foreign_next_is_refused_before_connecting(tmp_path: Path, foreign: Foreign, form: str, where: str) -> None:
    def serve(request: Request) -> Reply:
        url = form.format(port=foreign.port, own=request.headers["host"])
        more = {"link": f'<{url}>; rel="next"'} if where == "header" else {}
        return reply(body={"items": [ROLE], "next": url if where == "body" else None}, **more)

    path = profile(tmp_path, '[roles]\npaging = "link"\nnext = "next"\n')
    with FakeIam({ROLES: serve}) as iam:
        snapshot = pulled(iam, profile=path, out=tmp_path / "s")
    assert "nothing was sent there" in snapshot.incomplete["roles"]
    sweep(tmp_path)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used_unasked(monkeypatch: pytest.MonkeyPatch, foreign: Foreign, name: str) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{foreign.port}")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    with FakeIam() as iam:
        snapshot = pulled(iam)
    assert snapshot.complete
    assert not any("proxy" in note for note in snapshot.manifest.notes)


def test_a_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with FakeIam() as iam:
        assert pulled(iam).complete
        assert {each.headers["authorization"] for each in iam.seen if each.method == "GET"} == {f"Bearer {TOKEN}"}


def test_cookies_are_ignored() -> None:
    page = items(ROLE)
    cookie = Reply(page.raw.replace(b"Content-Type", b"Set-Cookie: a=b; Path=/\r\nContent-Type"))
    with FakeIam({ROLES: lambda request: cookie, "/iam/permissions": lambda request: cookie}) as iam:
        pulled(iam, concurrency=1)
        assert not any("cookie" in each.headers for each in iam.seen)


def test_ten_thousand_headers_are_refused() -> None:
    head = "".join(f"X-{number}: {number}\r\n" for number in range(10_000))
    many = Reply(f"HTTP/1.1 200 OK\r\n{head}Content-Length: 13\r\n\r\n".encode() + b'{"items": []}')
    with FakeIam({ROLES: lambda request: many}) as iam:
        snapshot = pulled(iam)
        assert iam.asked(ROLES) == 5
    assert list(snapshot.incomplete) == ["roles"]
    assert "GET /iam/roles, page 1: the answer was cut off (5 attempts)" in snapshot.incomplete["roles"]


def test_huge_headers_are_refused() -> None:
    huge = Reply(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\nContent-Length: 0\r\n\r\n", close=True)
    with FakeIam({ROLES: lambda request: huge}) as iam:
        assert list(pulled(iam).incomplete) == ["roles"]


# Data


def test_secrets_in_answers_are_dropped_and_told(tmp_path: Path) -> None:
    leaking = DOCUMENT["credentials"][0] | {"keySecret": CANARY, "name": f"old {KEY}"}
    with FakeIam({"/iam/principals/key/api-keys": lambda request: items(leaking)}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s"), tmp_path)
    assert snapshot.complete
    assert snapshot.problems.rule.tolist().count("DAT007") >= 1
    assert len(snapshot.credentials) == 4


def test_a_secret_as_an_id_is_nowhere(tmp_path: Path) -> None:
    odd = DOCUMENT["principals"][2] | {"id": KEY}
    with FakeIam({"/iam/principals": lambda request: items(odd)}) as iam:
        snapshot = swept(pulled(iam, out=tmp_path / "s"), tmp_path)
    assert "credentials" in snapshot.incomplete


def test_the_same_record_on_two_pages_counts_once() -> None:
    pages = [items(ROLE, cursor="2"), items(ROLE, ROLE | {"id": "r2"})]
    with FakeIam({ROLES: pages}) as iam:
        found = pulled(iam)
    assert found.roles.role_id.tolist() == ["r1", "r2"]
    assert found.manifest.collections["roles"]["duplicates"] == 1


def test_a_record_that_changed_between_two_pages_is_told_and_never_two_rows() -> None:
    changed = ROLE | {"name": "Changed meanwhile"}
    with FakeIam({ROLES: [items(ROLE, cursor="2"), items(changed)]}) as iam:
        found = pulled(iam)
    assert found.roles[["role_id", "name"]].to_numpy().tolist() == [["r1", "Role"]]
    [told] = found.problems[found.problems.rule.eq("DAT002")].to_dict("records")
    assert (told["record_id"], told["set_aside"]) == ("r1", True)
    assert "Changed meanwhile" in told["raw"]
    assert found.manifest.collections["roles"]["set_aside"] == 1


def test_a_list_that_changed_meanwhile_is_noted() -> None:
    with FakeIam({ROLES: [items(ROLE)]}) as iam:
        iam.usual = _changed(iam)  # type: ignore[method-assign]
        snapshot = pulled(iam)
    assert snapshot.complete
    assert [note for note in snapshot.manifest.notes if note.startswith("roles changed")]


def _changed(iam: FakeIam) -> Any:
    usual = iam.usual
    return lambda request: items(ROLE | {"name": "New"}) if request.path == ROLES else usual(request)


def test_a_wrong_local_clock_is_measured_and_the_servers_used() -> None:
    with FakeIam() as iam:
        snapshot = pulled(iam)
    assert snapshot.as_of.timestamp() == T0
    assert snapshot.manifest.clock_skew_seconds == pytest.approx(T0 - time.time(), abs=5)


def test_a_server_without_a_date() -> None:
    with FakeIam() as iam:
        iam.usual = _undated(iam)  # type: ignore[method-assign]
        snapshot = pulled(iam)
    assert snapshot.as_of.timestamp() == pytest.approx(time.time(), abs=5)
    assert snapshot.manifest.clock_skew_seconds == 0


def _undated(iam: FakeIam) -> Any:
    usual = iam.usual

    def serve(request: Request) -> Reply:
        answer = token("2099-01-01T00:00:00Z") if request.method == "POST" else usual(request)
        head, _, body = answer.raw.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Date")]
        return Reply(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    return serve


def test_every_error_is_one_of_the_tree() -> None:
    from auditkit.source.api.faults import ONE_LIST

    assert all(issubclass(each, PullError) for each in ONE_LIST)
