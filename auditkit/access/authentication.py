"""The eight authentication checks: is the caller recognised?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from auditkit.access.decision import CHECKS, Check
from auditkit.access.facts import Credential, Facts, Principal
from auditkit.access.telling import word

_FULL = re.compile(r"ik_([A-Za-z0-9_-]+)\.[\x21-\x7e]+")
_BEGUN = re.compile(r"ik_([A-Za-z0-9_-]+)(?:\..*)?", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYLESS = ("User", "Group")
_OWN_KEYS = "a {} does not call with a credential of its own"
_NONE_GIVEN = "no credential was given"
_NO_KEYS = "current Infuse IoT APIs do not accept IAM API keys, whatever their roles"
_NOT_FOUND = "the credential could not be looked up"
_ROTATE = "Issue a new credential, deploy it, confirm that it is used, then revoke the old one."

FIXES = {
    "AUT1": "Send the full ik_<keyId>.<keySecret> value, as it was shown once when this principal's key was issued.",
    "AUT2": "Set the principal to Active if it may authenticate again; if it was Revoked for good, call with another.",
    "AUT3": "Call with a principal that belongs to this organisation, or create one in it.",
    "AUT4": "Give the principal a later expiry date after a review, or create a new principal.",
    "AUT5": _ROTATE,
    "AUT6": "Issue a new credential and deploy it; one that was revoked does not come back.",
    "AUT7": "Exchange the key for a bearer token (POST /iam/auth/token), or switch on Direct API key authentication "
    "under Settings > Organisation Details.",
    "AUT8": "Use the legacy organisation-level admin token from /admin/developer; rotating an IAM credential does not "
    "rotate that token.",
}

# What ends the text of an answer that does not ask which API is called.
IAM_ALONE = (
    "judged for APIs that take IAM API keys; those of Infuse IoT do not (AUT8): see auditkit explain with --api iot"
)


def iam_alone(types: Iterable[str]) -> list[str]:
    """That an answer about principals of these types is for APIs that take keys; no line where none has an API key."""
    return [IAM_ALONE] if "ApiKey" in set(types) else []


def moment(micros: int) -> str:
    """An instant as text, in UTC."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def authentication(
    facts: Facts, principal: Principal, now: int, credential: str | None, method: str, api: str
) -> tuple[Check, ...]:
    """All eight checks of one caller; `now` in microseconds since 1970."""
    own = _own(facts, principal, now)
    if credential is None or principal.type in _KEYLESS:
        why = _NONE_GIVEN if credential is None else _OWN_KEYS.format(principal.type)
        rest = [_check(name, "skipped", why) for name in ("AUT1", "AUT5", "AUT6", "AUT7")]
        # This one does not depend on which credential it would be.
        none = f"{why}, and none would do: {_NO_KEYS}" if api == "iot" and principal.type not in _KEYLESS else why
        return (rest[0], *own, *rest[1:], _check("AUT8", "skipped", none))
    complete, found = _looked_up(facts, principal, credential)
    return (complete, *own, *_credential(found, now), _direct(facts, method), _api(api))


def _check(name: str, result: str, detail: str) -> Check:
    return Check(name, CHECKS[name], result, detail, FIXES[name] if result == "fail" else None)


def _judged(name: str, holds: bool, good: str, bad: str) -> Check:
    return _check(name, "pass", good) if holds else _check(name, "fail", bad)


def _own(facts: Facts, principal: Principal, now: int) -> tuple[Check, ...]:
    """AUT2 to AUT4: what the principal itself must be."""
    status, home = principal.status, principal.organisation
    until = "it has no expiry date" if principal.expires is None else f"it expires on {moment(principal.expires)}"
    gone = "" if principal.expires is None else f"it expired on {moment(principal.expires)}"
    return (
        _judged("AUT2", status == "Active", "the status is Active", f"the status is {status}, not Active"),
        _judged("AUT3", home == facts.organisation, f"it belongs to the organisation {home}",
                f"it belongs to the organisation {home}, and the call is judged in {facts.organisation}"),
        _judged("AUT4", principal.expires is None or principal.expires > now, until, gone),
    )  # fmt: skip


def _looked_up(facts: Facts, principal: Principal, credential: str) -> tuple[Check, Credential | None]:
    """AUT1, and the credential if it is this principal's.

    What was given is told only where it is known to be a key id: anything else might be a secret.
    """
    full, bare = _FULL.fullmatch(credential), facts.credentials(credential)
    begun = full or _BEGUN.fullmatch(credential)
    key = credential if bare or begun is None else begun[1]
    found = facts.credentials(key)
    own = next((each for each in found if each.principal == principal.id), None)
    if not found:
        name = f"the key id {key}" if begun else "the key id given"
        if "credentials" in facts.incomplete:
            why = f"credentials ({word(facts.incomplete['credentials'])}) could not be read whole, so it cannot be told"
            return _check("AUT1", "unknown", f"{name} is not among the credentials that were read; {why}"), None
        return _check("AUT1", "fail", f"{name} is not in the snapshot"), None
    if own is None:
        return _check("AUT1", "fail", f"the key id {key} belongs to the principal {found[0].principal}"), None
    if not bare and full is None:
        return _check("AUT1", "fail", f"the value given for the key id {key} is not a full ik_<keyId>.<keySecret>"), own
    return _check("AUT1", "pass", f"the key id {key} is one of this principal's (credential {own.id})"), own


def _credential(found: Credential | None, now: int) -> tuple[Check, Check]:
    """AUT5 and AUT6."""
    if found is None:
        return _check("AUT5", "skipped", _NOT_FOUND), _check("AUT6", "skipped", _NOT_FOUND)
    until = "it has no expiry date" if found.expires is None else f"it expires on {moment(found.expires)}"
    gone = "" if found.expires is None else f"the credential {found.id} expired on {moment(found.expires)}"
    later = "it is not revoked" if found.revoked is None else f"it is revoked only from {moment(found.revoked)}"
    taken = "" if found.revoked is None else f"the credential {found.id} was revoked on {moment(found.revoked)}"
    return (
        _judged("AUT5", found.expires is None or found.expires > now, until, gone),
        _judged("AUT6", found.revoked is None or found.revoked > now, later, taken),
    )


def _direct(facts: Facts, method: str) -> Check:
    """AUT7."""
    if method == "token":
        return _check("AUT7", "pass", "the key is exchanged for a bearer token")
    if facts.direct is None:
        return _check("AUT7", "unknown", "the organisation's settings are not in the snapshot")
    return _judged("AUT7", facts.direct, "Direct API key authentication is on",
                   "the key is sent directly, and the organisation's Direct API key authentication is off")  # fmt: skip


def _api(api: str) -> Check:
    """AUT8."""
    return _judged("AUT8", api != "iot", "the API accepts IAM API keys", _NO_KEYS)
