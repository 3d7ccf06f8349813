"""An organisation document served as the IAM API of the contract, in a thread of this process."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import uvicorn

from auditkit.errors import DocumentError, InputError
from auditkit.sandbox.api import app
from auditkit.sandbox.gate import ticking
from auditkit.sandbox.keys import Clock, Keys
from auditkit.sandbox.paging import MOST
from auditkit.sandbox.shelves import shelve

__all__ = ["Sandbox", "app"]

_START_SECONDS = 10.0


class Sandbox:
    """A context manager that serves a document (or the path of one) until it is left.

    Inside it, `url` is the base URL, `key` the API key it made (text; keep it out of logs), `organisation_id` the
    document's, `requests` the (method, path) of every request so far. Options, besides those of `app`:
    `start`, an RFC 3339 instant at which its clock begins instead of now (or `clock`, seconds since 1970);
    `key_id`, a credential of the document whose fate the key shares; `token_lifetime` in seconds; `token_uses`, how
    many requests a token is good for. It listens on loopback, on a free port, unless told otherwise.
    """

    def __init__(
        self,
        document: Mapping[str, Any] | str | Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock = time.time,
        start: str | None = None,
        key_id: str | None = None,
        token_lifetime: float = 3600.0,
        token_uses: int | None = None,
        latency: float = 0.0,
        rate: float | None = None,
        paging: str | Mapping[str, str] = "cursor",
        page_size: int = MOST,
        forbid: Collection[str] = (),
    ) -> None:
        served = document if isinstance(document, Mapping) else _read(Path(document))
        clock = clock if start is None else ticking(datetime.fromisoformat(start).timestamp())
        keys = Keys(shelves=shelve(served), clock=clock, key_id=key_id, lifetime=token_lifetime, uses=token_uses)
        self._app = app(
            served, keys=keys, clock=clock, latency=latency, rate=rate, paging=paging, page_size=page_size,
            forbid=forbid,
        )  # fmt: skip
        self.key = keys.key
        self.organisation_id = keys.shelves.organisation_id
        self._where = (host, port)

    @property
    def requests(self) -> list[tuple[str, str]]:
        """The method and path of every request so far, oldest first."""
        return list(self._app.log)

    def __repr__(self) -> str:
        return f"<Sandbox of {self.organisation_id!r}>"

    def __enter__(self) -> Self:
        listener = _listen(*self._where)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        # Quiet on purpose: uvicorn's access log would hold what callers send, and its Date another clock's time.
        config = uvicorn.Config(
            self._app, log_config=None, log_level="critical", access_log=False, date_header=False, server_header=False,
            lifespan="off", ws="none", loop="asyncio", timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="auditkit-sandbox", daemon=True
        )
        self._thread.start()
        self._await_start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    def wait(self) -> None:
        """Serve until the caller is interrupted."""
        while self._thread.is_alive():
            self._thread.join(timeout=0.5)

    def _await_start(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._server.should_exit = True
                raise InputError(f"the sandbox could not start on {self.url}")
            time.sleep(0.005)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as failed:
        raise DocumentError(f"{path}: cannot be read ({failed.strerror})") from None
    except ValueError:
        raise DocumentError(f"{path}: is no JSON") from None
    organisation = document.get("organisation") if isinstance(document, dict) else None
    if not isinstance(organisation, dict) or not isinstance(organisation.get("id"), str):
        raise DocumentError(f"{path}: is no organisation document, JSON with an organisation and its id")
    found: Mapping[str, Any] = document
    return found


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as failed:
        raise InputError(f"cannot listen on {host}: {failed.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as failed:
        listener.close()
        raise InputError(f"cannot listen on {host} port {port}: {failed.strerror}; choose another port") from None
    return listener
