"""A small IAM API on loopback that does as a test tells it, down to broken bytes: asyncio and sockets, no HTTP library."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from canary import KEY, TOKEN

ORGANISATION = "org-1"
T0 = 1_790_812_800.0  # 2026-10-01T00:00:00Z
PHRASES = {200: "OK", 204: "No Content"}


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Reply:
    """What is sent back: bytes as they are, then perhaps a close, a reset, a pause, or a drip of a byte at a time."""

    raw: bytes
    close: bool = False
    reset: bool = False
    before: float = 0.0
    drip: float = 0.0


def reply(status: int = 200, body: Any = None, *, date: float | None = T0, **headers: str) -> Reply:
    """A proper answer; a body that is no bytes is sent as JSON. `retry_after` becomes `Retry-After`."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    lines |= {} if date is None else {"Date": formatdate(date, usegmt=True)}
    lines |= {name.replace("_", "-").title(): text for name, text in headers.items()}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return Reply(f"HTTP/1.1 {status} {PHRASES.get(status, 'X')}\r\n{head}\r\n".encode() + data)


def items(*records: Any, cursor: str | None = None) -> Reply:
    """A page of the contract."""
    return reply(body={"items": list(records), "nextCursor": cursor})


def error(status: int, **headers: str) -> Reply:
    """An error of the contract, whose text repeats the key, as some servers do."""
    return reply(status, {"error": {"code": "no", "message": f"you sent {KEY} and {TOKEN}"}}, **headers)


def token(expires: str = "2026-10-01T01:00:00Z", **changes: Any) -> Reply:
    """An answer of the token endpoint."""
    return reply(body={"accessToken": TOKEN, "tokenType": "Bearer", "expiresAt": expires} | changes)


Script = Callable[[Request], Reply]


@dataclass
class FakeIam:
    """A server in a thread. `script[path]` is a list of replies to give first, or a function of the request."""

    script: dict[str, list[Reply] | Script] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    seen: list[Request] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        wrong = {(each.method, each.path) for each in self.seen} - {("POST", "/iam/auth/token")}
        assert {method for method, _ in wrong} <= {"GET"}, wrong

    def _run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connection, self.host, 0, limit=2**20, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"
        started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await self._read(reader)) is not None and await self._answer(request, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, target, headers, body)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self.seen.append(request)
        answer = self._reply(request)
        await asyncio.sleep(answer.before)
        if answer.drip:
            for byte in answer.raw:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(answer.drip)
        writer.write(b"" if answer.drip else answer.raw)
        await writer.drain()
        if answer.reset:
            # A linger of nought makes the close a reset.
            found = writer.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        return not (answer.close or answer.reset)

    def _reply(self, request: Request) -> Reply:
        script = self.script.get(request.path)
        if callable(script):
            return script(request)
        if script:
            return script.pop(0)
        return self.usual(request)

    def usual(self, request: Request) -> Reply:
        """What a healthy server says: the small organisation below."""
        if request.path == "/iam/auth/token":
            return token() if request.body == json.dumps({"apiKey": KEY}).encode() else error(401)
        if request.headers.get("authorization") not in (f"Bearer {TOKEN}", f"ApiKey {KEY}"):
            return error(401)
        if request.path == f"/iam/organisations/{ORGANISATION}":
            return reply(body=DOCUMENT["organisation"])
        found = LISTS.get(request.path)
        return error(404) if found is None else items(*found)

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(each.path == path for each in self.seen)


def _principal(name: str, kind: str) -> dict[str, Any]:
    return {
        "id": name, "type": kind, "displayName": name.title(), "status": "Active", "organisationId": ORGANISATION,
        "createdAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip


def credential(name: str, owner: str, kind: str) -> dict[str, Any]:
    """A credential of the contract."""
    return {
        "id": name, "keyId": f"key-{name}", "name": name, "principalId": owner, "kind": kind,
        "createdAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip


DOCUMENT: dict[str, Any] = {
    "organisation": {"id": ORGANISATION, "name": "One", "settings": {"directApiKeyAuth": True}},
    "principals": [
        _principal("ann", "User"), _principal("group", "Group"), _principal("key", "ApiKey"),
        _principal("service", "ServiceAccount"), _principal("robot", "Robot"),
    ],
    "credentials": [
        credential("c-key", "key", "ApiKey"), credential("c-service", "service", "ServiceAccountSecret"),
        credential("c-robot-1", "robot", "ApiKey"), credential("c-robot-2", "robot", "ServiceAccountSecret"),
    ],
    "groupMembers": [{"groupId": "group", "principalId": "ann"}],
    "permissions": [
        {
            "id": f"p{number}", "identifier": f"iam:thing:{number}", "module": "iam", "feature": "thing", "action": "read",
            "name": f"Thing {number}", "isPreview": False,
        }
        for number in range(5)
    ],
    "resourceTypes": [
        {
            "id": "t1", "identifier": "device", "module": "iot", "type": "device", "supportsOrganisationScope": True,
            "supportsHierarchicalScope": True,
        }
    ],
    "roles": [
        {"id": "r1", "name": "Role", "scope": "Organisation", "supportedPrincipalTypes": ["User"], "permissionIds": ["p1"]}
    ],
    "roleAssignments": [
        {
            "id": "a1", "principalId": "ann", "roleId": "r1", "organisationId": ORGANISATION,
            "createdAt": "2026-01-01T00:00:00Z",
        }
    ],
    "permissionGrants": [],
}  # fmt: skip

LISTS: dict[str, list[Any]] = {
    "/iam/principals": DOCUMENT["principals"],
    "/iam/permissions": DOCUMENT["permissions"],
    "/iam/resource-types": DOCUMENT["resourceTypes"],
    "/iam/roles": DOCUMENT["roles"],
    "/iam/role-assignments": DOCUMENT["roleAssignments"],
    "/iam/permission-grants": [],
    "/iam/groups/group/members": DOCUMENT["groupMembers"],
    "/iam/principals/key/api-keys": [DOCUMENT["credentials"][0]],
    "/iam/principals/service/service-account-secrets": [DOCUMENT["credentials"][1]],
    "/iam/principals/robot/api-keys": [DOCUMENT["credentials"][2]],
    "/iam/principals/robot/service-account-secrets": [DOCUMENT["credentials"][3]],
}
