"""A small, fast IAM API on loopback in a process of its own: the same answers for everybody, 20 ms late."""

from __future__ import annotations

import asyncio
import json
import sys
from email.utils import formatdate

ORGANISATION = "org-1"
PAGE = 500


class Api(asyncio.Protocol):
    """One connection. It answers GET and the token POST, one request after another."""

    def __init__(self, answers: dict[bytes, bytes], latency: float) -> None:
        self._answers, self._latency = answers, latency
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, rest = self._buffer[:end], self._buffer[end + 4 :]
            size = 0
            if head.startswith(b"POST"):
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                size = int(lengths[0].split(b":")[1]) if lengths else 0
            if len(rest) < size:
                return
            self._buffer = rest[size:]
            target = head.split(b" ", 2)[1]
            asyncio.get_running_loop().call_later(self._latency, self._answer, target)

    def _answer(self, target: bytes) -> None:
        path = target.partition(b"?")[0]
        body = self._answers.get(target) or self._answers.get(path)
        if body is None:
            name = path.split(b"/")[3]
            body = b'{"items":[%b],"nextCursor":null}' % _credential(name.decode())
        if not self._transport.is_closing():
            self._transport.write(  # type: ignore[attr-defined]
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: %b\r\nContent-Length: %d\r\n\r\n%b"
                % (formatdate(usegmt=True).encode(), len(body), body)
            )


def _credential(owner: str) -> bytes:
    return json.dumps(
        {
            "id": f"c-{owner}", "keyId": f"k-{owner}", "name": "main", "principalId": owner, "kind": "ApiKey",
            "createdAt": "2026-01-01T00:00:00Z", "lastUsedAt": "2026-09-30T12:00:00Z",
        }
    ).encode()  # fmt: skip


def _principal(number: int) -> dict[str, object]:
    return {
        "id": f"principal-{number:06}", "type": "ApiKey", "displayName": f"Gateway {number}", "status": "Active",
        "organisationId": ORGANISATION, "createdAt": "2026-01-01T00:00:00Z", "lastActiveAt": "2026-09-30T12:00:00Z",
    }  # fmt: skip


def answers(principals: int) -> dict[bytes, bytes]:
    """The answers by target, or by path where the query does not matter."""
    token = {"accessToken": "t", "tokenType": "Bearer", "expiresAt": "2099-01-01T00:00:00Z"}
    organisation = {"id": ORGANISATION, "name": "One", "settings": {"directApiKeyAuth": True}}
    found = {b"/iam/auth/token": token, f"/iam/organisations/{ORGANISATION}".encode(): organisation}
    for name in ("permissions", "resource-types", "roles", "role-assignments", "permission-grants"):
        found[f"/iam/{name}".encode()] = {"items": [], "nextCursor": None}
    for start in range(0, principals, PAGE):
        cursor = f"&cursor={start}" if start else ""
        following = str(start + PAGE) if start + PAGE < principals else None
        items = [_principal(number) for number in range(start, min(start + PAGE, principals))]
        target = f"/iam/principals?organisationId={ORGANISATION}&limit={PAGE}{cursor}"
        found[target.encode()] = {"items": items, "nextCursor": following}
    return {target: json.dumps(body).encode() for target, body in found.items()}


async def main(principals: int, latency: float) -> None:
    """Serve until killed; the port is printed."""
    every = answers(principals)
    server = await asyncio.get_running_loop().create_server(lambda: Api(every, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
