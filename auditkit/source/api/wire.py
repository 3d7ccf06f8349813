"""An httpx transport of one connection, over asyncio's streams and h11, for one origin.

It does what httpx's own transport does for a single connection, at a third of the processor time: no pool is searched,
no lock taken. A worker has one to itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import h11
import httpx

from auditkit.source.api.origin import Origin

_HEADER_BYTES = 100 * 1024
_CHUNK = 64 * 1024
_DONE = {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}


class OneConnection(httpx.AsyncBaseTransport):
    """One HTTP/1.1 connection, opened when it is needed; requests on it go one after another.

    The target of a request is taken from its extension `target`, as httpx's own transport does.
    """

    def __init__(self, origin: Origin, tls: ssl.SSLContext, connect_seconds: float) -> None:
        self._origin, self._connect_seconds = origin, connect_seconds
        self._tls = tls if origin.scheme == "https" else None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader
        self._state: h11.Connection

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the head of the answer; its body is read from the answer's stream."""
        await self._connect()
        try:
            self._send(request)
            head = await self._event()
        except BaseException:
            # Also when cancelled: what is left on the connection belongs to nobody.
            self._drop()
            raise
        if not isinstance(head, h11.Response):
            self._drop()
            raise httpx.RemoteProtocolError("no answer")
        headers = [(name, value) for name, value in head.headers]
        return httpx.Response(head.status_code, headers=headers, stream=_Body(self))

    async def aclose(self) -> None:
        """Close the connection."""
        self._drop()

    async def _connect(self) -> None:
        if self._writer is not None and not self._reader.at_eof():
            return
        self._drop()
        failed: httpx.TransportError
        try:
            async with asyncio.timeout(self._connect_seconds):
                self._reader, self._writer = await asyncio.open_connection(
                    self._origin.host, self._origin.port, ssl=self._tls, limit=_CHUNK
                )
        except TimeoutError:
            failed = httpx.ConnectTimeout("no connection in time")
        except OSError as error:
            failed = httpx.ConnectError("no connection")
            # Why a certificate was refused is looked for there; the error itself is ours.
            failed.__context__ = error
        else:
            self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADER_BYTES)
            return
        raise failed

    def _send(self, request: httpx.Request) -> None:
        assert self._writer is not None  # noqa: S101 - connected just now
        head = h11.Request(method=request.method, target=request.extensions["target"], headers=request.headers.raw)
        data = self._state.send(head) or b""
        if request.content:
            data += self._state.send(h11.Data(data=request.content)) or b""
        self._writer.write(data + (self._state.send(h11.EndOfMessage()) or b""))

    async def _event(self) -> object:
        """The next event that is not a mere interim answer."""
        failed: httpx.TransportError
        try:
            while True:
                event = self._state.next_event()
                if event is h11.NEED_DATA:
                    self._state.receive_data(await self._reader.read(_CHUNK))
                elif not isinstance(event, h11.InformationalResponse):
                    return event
        except h11.RemoteProtocolError:
            failed = httpx.RemoteProtocolError("no whole HTTP answer")
        except OSError:
            failed = httpx.ReadError("the connection broke")
        raise failed

    async def body(self) -> AsyncIterator[bytes]:
        """The parts of the answer's body; the connection is free for the next request after the last."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)
        # What follows an answer unasked must never be taken for the answer to the next request.
        if self._state.states == _DONE and not self._state.trailing_data[0]:
            self._state.start_next_cycle()
        else:
            self._drop()

    def finish(self) -> None:
        """Give the connection up unless it stands ready for the next request."""
        if self._writer is not None and self._state.our_state is not h11.IDLE:
            self._drop()

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None


class _Body(httpx.AsyncByteStream):
    """The body of an answer."""

    def __init__(self, connection: OneConnection) -> None:
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._connection.body():
            yield part

    async def aclose(self) -> None:
        """Let go of the connection."""
        self._connection.finish()
