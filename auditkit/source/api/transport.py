"""One connection to the origin, and one exchange on it: the only module that knows httpx.

Every request goes to the one origin, by construction. A transport of httpx, used without its client, follows no
redirect, keeps no cookie, and reads neither `.netrc` nor the environment.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import ssl
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import certifi
import httpx

from auditkit import __version__
from auditkit.errors import BadAnswer, InputError, Refused, Unreachable
from auditkit.source.api.faults import Capped, Cut
from auditkit.source.api.origin import Origin
from auditkit.source.api.policy import Policy
from auditkit.source.api.wire import OneConnection
from auditkit.source.secret import Hidden

_ERROR_BYTES = 64 * 1024
_LOGGERS = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")
_SECRET = re.compile(r"ik_[^\s\"']+|(?i:bearer|apikey)\s+[^\s\"',)]+")


class _Redacting(logging.Filter):
    """Takes keys and tokens out of what httpx may log, should someone turn its log on."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _SECRET.sub("<hidden>", record.getMessage()), ()
        return True


_REDACTING = _Redacting()


def quiet_loggers() -> None:
    """Keep the loggers below us quiet, and clean if someone makes them talk."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if _REDACTING not in logger.filters:
            logger.addFilter(_REDACTING)
            if logger.level == logging.NOTSET and "." not in name:
                logger.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as far as it is looked at; its body is in no repr."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wire:
    """What all connections of a pull share: the origin, one TLS context, a proxy if asked for, the one POST path."""

    origin: Origin
    token_path: str
    policy: Policy
    tls: ssl.SSLContext
    proxy: httpx.Proxy | None = None


def make_wire(
    origin: Origin, token_path: str, policy: Policy, *, env_proxy: bool, ca_bundle: str | os.PathLike[str] | None
) -> Wire:
    """The shared parts; InputError for a CA bundle that cannot be read."""
    # Not `create_default_context`: that one obeys SSL_CERT_FILE and SSLKEYLOGFILE of the environment.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if origin.scheme == "https":
        bundle = certifi.where() if ca_bundle is None else ca_bundle
        try:
            tls.load_verify_locations(bundle)
        except (OSError, ssl.SSLError):
            raise InputError(f"--ca-bundle: cannot read certificates from {Path(bundle)}; name a PEM file") from None
    proxy = _proxy(origin) if env_proxy else None
    return Wire(origin=origin, token_path=token_path, policy=policy, tls=tls, proxy=proxy)


def _proxy(origin: Origin) -> httpx.Proxy | None:
    """The proxy that the environment names for the origin."""
    if urllib.request.proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    every = urllib.request.getproxies()
    url = every.get(origin.scheme) or every.get("all")
    try:
        return httpx.Proxy(url) if url else None
    except (ValueError, httpx.InvalidURL):
        raise InputError("the environment names a proxy that is no address; mend HTTPS_PROXY") from None


class Line:
    """One connection, used by one worker. A pool shared by many workers is several times slower."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        origin, policy = wire.origin, wire.policy
        self._transport = _transport(wire)
        self._base = httpx.URL(f"{origin}/")
        waits = ("read", "write", "pool")
        self._timeout = {"connect": policy.connect_seconds} | dict.fromkeys(waits, policy.request_seconds)
        self._headers = {
            "Host": str(origin).partition("://")[2],
            "User-Agent": f"auditkit/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }

    async def get(self, target: str, authorization: Hidden) -> Answer:
        """GET a path and query of the origin. Cut for what may be tried again."""
        return await self._exchange(lambda: self._request("GET", target, authorization))

    async def post_token(self, body: Hidden) -> Answer:
        """POST to the token path, the only thing that is ever posted."""
        return await self._exchange(lambda: self._request("POST", self._wire.token_path, body))

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.aclose()

    def _request(self, method: str, target: str, hidden: Hidden) -> httpx.Request:
        """The only place where a hidden value is shown to anything: no local here holds it.

        httpx keeps it in its headers, whose repr masks it, and in the stream of the body.
        """
        path = f"{self._wire.origin.prefix}{target}".encode("ascii")
        if self._wire.proxy is None:
            # Parsing a URL anew for each request takes longer than all else here.
            url, extensions = self._base, {"timeout": self._timeout, "target": path}
        else:
            url, extensions = self._base.copy_with(raw_path=path), {"timeout": self._timeout}
        if method == "GET":
            request = httpx.Request("GET", url, headers=self._headers, extensions=extensions)
            request.headers["Authorization"] = hidden.reveal()
            return request
        headers = {**self._headers, "Content-Type": "application/json"}
        return httpx.Request("POST", url, headers=headers, content=hidden.reveal(), extensions=extensions)

    async def _exchange(self, make: Callable[[], httpx.Request]) -> Answer:
        seconds = self._wire.policy.request_seconds
        fault: Exception
        try:
            async with asyncio.timeout(seconds):
                response = await self._transport.handle_async_request(make())
                try:
                    return await self._read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            fault = Cut(f"no whole answer within {seconds:g} s")
        except httpx.TransportError as error:
            fault = _fault(error, self._wire.origin)
        # Raised out here, so that it has no httpx error, and so no request, in its context.
        raise fault

    async def _read(self, response: httpx.Response) -> Answer:
        headers = response.headers
        framed = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
        empty = response.status_code in (204, 304)
        if response.status_code != 200:
            body = await self._drain(response) if framed and not empty else b""
            return Answer(response.status_code, headers, body)
        if not framed:
            raise BadAnswer("the end of the answer cannot be told from a cut: it has no Content-Length and no chunks")
        return Answer(200, headers, await self._body(response, headers.get("content-encoding", "identity").lower()))

    async def _drain(self, response: httpx.Response) -> bytes:
        """Read a short error body away, so that the connection can be used again; nobody looks at it."""
        size = 0
        async for part in _raw(response):
            size += len(part)
            if size > _ERROR_BYTES:
                break
        return b""

    async def _body(self, response: httpx.Response, encoding: str) -> bytes:
        """The body, never more of it in memory than the cap allows, whatever it unpacks to."""
        if encoding not in ("identity", "gzip"):
            raise BadAnswer("the answer is packed in a way that was not asked for")
        cap, size, raw, parts = self._wire.policy.page_bytes, 0, 0, []
        unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        async for part in _raw(response):
            raw += len(part)
            try:
                data = part if unpack is None else unpack.decompress(part, cap - size + 1)
            except zlib.error:
                raise Cut("the packed answer is damaged") from None
            size += len(data)
            if max(size, raw) > cap:
                raise Capped(f"the page is larger than {cap // 1024 // 1024} MiB; ask for fewer records with `limit`")
            parts.append(data)
        if unpack is not None and not unpack.eof:
            raise Cut("the packed answer ends too early")
        return b"".join(parts)


def _transport(wire: Wire) -> httpx.AsyncBaseTransport:
    """One connection: our own, or through a proxy httpx's."""
    if wire.proxy is None:
        return OneConnection(wire.origin, wire.tls, wire.policy.connect_seconds)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30)
    return httpx.AsyncHTTPTransport(verify=wire.tls, trust_env=False, limits=limits, proxy=wire.proxy)


def proxy_note(wire: Wire) -> list[str]:
    """The proxy that is used, for the record; never its name and password."""
    if wire.proxy is None:
        return []
    url = wire.proxy.url
    return [f"read through the proxy {url.scheme}://{url.host}" + (f":{url.port}" if url.port else "")]


def _raw(response: httpx.Response) -> httpx.AsyncByteStream:
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise Refused("the connection gave no stream")
    return stream


def _fault(error: httpx.TransportError, origin: Origin) -> Exception:
    """What a failed exchange is called; certificates are not tried again."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(
                f"{origin}: its certificate cannot be verified ({cause.verify_message}); "
                "if your organisation has its own authority, name its PEM file by --ca-bundle (in Python: ca_bundle)"
            )
        if isinstance(cause, ssl.SSLError) and isinstance(error, httpx.ConnectError):
            return Unreachable(f"{origin}: no TLS connection ({cause.reason or 'TLS failure'}); check --base-url")
        cause = cause.__context__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Cut(f"no connection to {origin}", refused=True)
    if isinstance(error, httpx.ProxyError):
        return Unreachable(f"the proxy refused to connect to {origin}; check HTTPS_PROXY")
    if isinstance(error, httpx.TimeoutException):
        return Cut("the server does not answer")
    return Cut("the answer was cut off")
