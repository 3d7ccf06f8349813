"""The sandbox's own key and the tokens it exchanges it for. The secret is made here, and only ever in memory."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from auditkit.errors import InputError
from auditkit.sandbox.shelves import Shelves

Clock = Callable[[], float]


class NotRecognised(Exception):
    """The caller is not recognised: answered 401 with this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Token:
    ends: float
    left: int | None


@dataclass(kw_only=True)
class Keys:
    """One key, and the tokens given for it.

    `key_id` names a credential of the document: then the key works exactly as long as that credential and its
    principal do. Without it, the key is the sandbox's own. `lifetime` is a token's, in seconds; `uses`, how many
    requests it is good for.
    """

    shelves: Shelves
    clock: Clock
    key_id: str | None = None
    lifetime: float = 3600.0
    uses: int | None = None
    key: str = field(init=False, repr=False)
    _tokens: dict[str, _Token] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.key_id is not None and self.key_id not in self.shelves.keys:
            raise InputError(f"the document has no credential with the key id {self.key_id!r}")
        # Hexadecimal: no character that a shell, a URL or a log would treat in a way of its own.
        self.key = f"ik_{self.key_id or 'sandbox' + secrets.token_hex(4)}.{secrets.token_hex(24)}"

    def exchange(self, key: str) -> dict[str, str]:
        """The answer to a token request."""
        self._check(key)
        now = self.clock()
        self._tokens = {text: token for text, token in self._tokens.items() if token.ends > now}
        text = secrets.token_urlsafe(32)
        self._tokens[text] = _Token(now + self.lifetime, self.uses)
        return {"accessToken": text, "tokenType": "Bearer", "expiresAt": moment(now + self.lifetime)}

    def recognise(self, authorization: str) -> None:
        """Let a request pass, or raise `NotRecognised`."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer":
            self._bearer(value.strip())
        elif scheme.lower() == "apikey":
            self._check(value.strip())
            if not self.shelves.direct:
                raise NotRecognised("direct_auth_disabled", "direct API key authentication is off")
        else:
            raise NotRecognised("missing_authorization", "send Authorization: Bearer with an access token")

    def _bearer(self, text: str) -> None:
        token = self._tokens.get(text)
        if token is None:
            raise NotRecognised("invalid_token", "the access token is not known")
        if token.ends <= self.clock() or token.left == 0:
            raise NotRecognised("token_expired", "the access token has expired")
        if token.left is not None:
            token.left -= 1
        self._usable()

    def _check(self, key: str) -> None:
        if not hmac.compare_digest(key.encode("utf-8", "replace"), self.key.encode()):
            raise NotRecognised("invalid_key", "the API key is not known")
        self._usable()

    def _usable(self) -> None:
        """The vendor's checklist, in its order, for a key that is a credential of the document."""
        if self.key_id is None:
            return
        credential = self.shelves.keys[self.key_id]
        principal: Mapping[str, Any] = self.shelves.principals.get(credential.get("principalId", ""), {})
        now = self.clock()
        failed = {
            "principal_not_active": principal.get("status") != "Active",
            "principal_other_organisation": principal.get("organisationId") != self.shelves.organisation_id,
            "principal_expired": _past(principal.get("expiresAt"), now),
            "credential_expired": _past(credential.get("expiresAt"), now),
            "credential_revoked": _past(credential.get("revokedAt"), now),
        }
        if code := next((code for code, fails in failed.items() if fails), None):
            raise NotRecognised(code, f"the key does not authenticate: {code.replace('_', ' ')}")


def moment(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _past(text: object, now: float) -> bool:
    """Whether an instant has come; one that cannot be read is judged as absent."""
    try:
        when = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return when is not None and when.tzinfo is not None and when.timestamp() <= now
