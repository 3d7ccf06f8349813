"""Troubleshooting by symptom: the vendor's "Common Fixes", each run on the snapshot.

A symptom comes by its name, or as the HTTP status and error body that a caller got. What is needed to go on and was not
given is asked for; what was given is judged by `explain`, and the check that fails says the fix.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from auditkit.access.explain import Decision, Explainer
from auditkit.access.hints import known_principal
from auditkit.access.instants import Instant
from auditkit.access.symptoms import ASKS, IOT, SYMPTOMS, Diagnosis, Symptom
from auditkit.access.telling import nearest, word
from auditkit.access.unread import EVERY, as_far, not_read
from auditkit.errors import InputError

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

_NONE_FAILS = (
    "no check of these fails on the snapshot: it may be older than the call, or what was sent differs from what was "
    "asked here"
)
# The API by its name; not the module of a permission that an answer names, as iot.device.read.
_IOT_API = re.compile(r"(?<![a-z])iot(?![a-z.:])")


def troubleshoot(
    snapshot: Snapshot,
    symptom: str | None = None,
    *,
    status: int | None = None,
    body: str | None = None,
    principal: str | None = None,
    permission: str | None = None,
    resource: tuple[str, str] | None = None,
    credential: str | None = None,
    role: str | None = None,
    context: Mapping[str, Any] | None = None,
    method: str = "token",
    api: str = "iam",
    as_of: Instant = None,
) -> Diagnosis:
    """What is behind a symptom: its name, or the `status` and `body` of the answer that a caller got.

    The rest is what is known of the call; what is missing is asked for. InputError for an unknown symptom.
    """
    chosen = _symptom(symptom, status, body, method, api)
    first = (IOT,) if api == "iot" or (chosen and chosen.name == "iot-rejects-key") else ()
    unread = not_read(snapshot, EVERY)
    if chosen is None:
        return _unclear(first, unread)
    if principal is not None:
        known_principal(snapshot, principal)
    given = {"principal": principal, "permission": permission, "credential": credential, "role": role}
    asks = {name: ASKS[name] for name in _needs(snapshot, chosen, principal) if given[name] is None}
    decision: Decision | None = None
    found: tuple[str, ...] = ()
    fixes: tuple[str, ...] = (chosen.fix,)
    if chosen.name == "role-not-available" and role is not None:
        found, fixes = _role(snapshot, role, principal, chosen)
    elif principal is not None:
        direct = "direct" if chosen.name == "direct-request-fails" else method
        called = "iot" if chosen.name == "iot-rejects-key" else api
        explainer = Explainer(snapshot, as_of)
        # Authentication is judged without a permission; any known one will do to ask for it.
        asked = permission or next(iter(explainer.facts.permissions), None)
        if asked is not None:
            decision = explainer.decide(principal, asked, resource, context, credential, direct, called)
            found, fixes = _judged(decision, chosen, unread, complete=not asks)
            decision = decision if permission else None
    return Diagnosis(symptom=chosen.name, looks_like=chosen.looks_like, first=first, asks=asks, checks=chosen.checks,
                     found=found, fixes=fixes, decision=decision, not_read=unread)  # fmt: skip


def _unclear(first: tuple[str, ...], unread: Mapping[str, str]) -> Diagnosis:
    """Where it is not even clear what happens: the symptoms to choose from."""
    names = {f"symptom {each.name}": f"whether {each.looks_like} ({each.name})" for each in SYMPTOMS.values()}
    asks = {"symptom": ASKS["symptom"], **names}
    return Diagnosis(symptom=None, looks_like="not yet clear", first=first, asks=asks, checks=(), found=(), fixes=(),
                     not_read=unread)  # fmt: skip


def _needs(snapshot: Snapshot, symptom: Symptom, principal: str | None) -> tuple[str, ...]:
    """What must be known; a User has no credential of its own to ask for."""
    people = snapshot.principals.loc[snapshot.principals.type.isin(["User", "Group"]), "principal_id"]
    if principal is not None and people.eq(principal).any():
        return tuple(each for each in symptom.needs if each != "credential")
    return symptom.needs


def _symptom(name: str | None, status: int | None, body: str | None, method: str, api: str) -> Symptom | None:
    if name is not None:
        if name not in SYMPTOMS:
            raise InputError(
                f"symptom {name!r} is not known; {nearest(name, SYMPTOMS)}; there are {', '.join(SYMPTOMS)}"
            )
        return SYMPTOMS[name]
    said = f"{status or ''} {_words(body)}".lower()
    if api == "iot" or _IOT_API.search(said):
        return SYMPTOMS["iot-rejects-key"]
    if "direct" in said or (method == "direct" and status == 401):
        return SYMPTOMS["direct-request-fails"]
    if status == 403 or "forbidden" in said or "permission" in said:
        return SYMPTOMS["forbidden"]
    if status == 401 or any(each in said for each in ("token", "unauthori", "credential", "key", "expired", "revoked")):
        return SYMPTOMS["token-exchange-fails"]
    return None


def _words(body: str | None) -> str:
    """What an error body says: code and message of the contract's shape, else the text itself."""
    text = (body or "").strip()
    try:
        error = json.loads(text)["error"]
        return f"{error['code']} {error['message']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return text


def _judged(
    decision: Decision, symptom: Symptom, unread: Mapping[str, str], *, complete: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the symptom's checks say, then any other that fails; and the fixes."""
    by_id = {check.id: check for check in decision.checks}
    # Without a permission, what the authorization checks say is about another question.
    authorised = complete and "permission" in symptom.needs
    others = [each for each in by_id if each not in symptom.checks and (authorised or each.startswith("AUT"))]
    told, fixes = [], []
    for name in (*symptom.checks, *others):
        check = by_id[name]
        if check.id.startswith("AUZ") and not authorised:
            continue
        if check.result in ("fail", "unknown"):
            told.append(
                f"{check.id} {check.name} {'fails' if check.result == 'fail' else 'is unknown'}: {check.detail}"
            )
            fixes += [check.fix] if check.fix else []
    if told:
        return tuple(told), tuple(dict.fromkeys(fixes)) or (symptom.fix,)
    return (as_far(_NONE_FAILS, unread),), (symptom.fix,)


def _role(
    snapshot: Snapshot, role: str, principal: str | None, symptom: Symptom
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whether a role, by id or name, supports the principal's type, ApiKey unless one is given."""
    roles = snapshot.roles
    found = roles[roles.role_id.eq(role) | roles.name.eq(role)]
    if found.empty:
        why = snapshot.incomplete.get("roles")
        more = f"; roles could not be read whole ({word(why)}), so it may exist" if why else ""
        raise InputError(f"role {role!r} is not in the snapshot; {nearest(role, [*roles.role_id, *roles.name])}{more}")
    types = snapshot.principals.set_index("principal_id").type
    kind = "ApiKey" if principal is None else str(types[principal])
    rows = zip(found.name, found.role_id, found.supported_principal_types.tolist(), strict=True)
    told = tuple(
        f'AUZ2 type-supported: role "{name}" ({role_id}) {_support(kinds, kind)}' for name, role_id, kinds in rows
    )
    return told, (symptom.fix.replace("ApiKey", kind),)


def _support(kinds: Iterable[str] | None, kind: str) -> str:
    if not isinstance(kinds, list | tuple):
        return f"declares no principal types, so whether it supports {kind} cannot be told"
    return (
        f"supports {kind}" if kind in kinds else f"does not support {kind}; it supports {', '.join(kinds) or 'no type'}"
    )
