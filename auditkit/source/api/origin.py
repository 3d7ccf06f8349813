"""The one origin that a pull talks to, and whether an address that an answer names belongs to it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from auditkit.errors import InputError, Refused

_PORTS = {"http": 80, "https": 443}
_SAFE_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
# What a URL may consist of; a space, a control character or a backslash is read differently by different programs.
_URL = re.compile(r"[!-\[\]-~]{1,8192}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port, and the path that stands before every path of the profile."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def read_base(url: str) -> Origin:
    """The origin of a base URL; InputError if it is none, Refused if it is plain http to another machine."""
    parts = _split(url) if isinstance(url, str) and _URL.fullmatch(url) else None
    if parts is None or parts.scheme not in _PORTS or not parts.hostname or not _SAFE_HOST.fullmatch(parts.hostname):
        raise InputError("--base-url is no address such as https://iam.example.com")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InputError("--base-url holds more than scheme, host, port and path: leave out names, `?` and `#`")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Refused(f"--base-url: plain http to {parts.hostname} would show the key to everybody between; use https")
    return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], parts.path.rstrip("/"))


def same_origin_target(origin: Origin, target: str, reference: str, what: str) -> str:
    """The path and query of a URL that an answer names, seen from the target asked; Refused if it leads elsewhere."""
    parts = _split(urljoin(f"{origin}{target}", reference)) if _URL.fullmatch(reference) else None
    if parts is None:
        raise Refused(f"{what} is no address; nothing was sent there")
    port = parts.port or _PORTS.get(parts.scheme, 0)
    there = (parts.scheme, parts.hostname, port)
    if there != (origin.scheme, origin.host, port if port == origin.port else -1) or parts.username is not None:
        raise Refused(f"{what} leads to {shown_host(parts)}, not to {origin}; nothing was sent there")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def redirect_host(origin: Origin, location: str) -> str:
    """Where a redirect leads, for a message."""
    parts = _split(urljoin(str(origin), location)) if _URL.fullmatch(location) else None
    return shown_host(parts) if parts else "an address that cannot be read"


def shown_host(parts: SplitResult) -> str:
    """The host of a URL if it is one, and no text in its guise."""
    host = parts.hostname or ""
    if not _SAFE_HOST.fullmatch(host):
        return "an address that cannot be read"
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
