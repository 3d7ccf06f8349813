"""What was meant by a name that is not known: the nearest ids, and the ids of what is called so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from auditkit.access.telling import near, word
from auditkit.errors import UnknownPermission, UnknownPrincipal

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

_TOLD, _SHORTEST, _LONGEST = 3, 2, 200


def known_principal(snapshot: Snapshot, principal: str) -> None:
    """Raise `UnknownPrincipal`, with the nearest known, unless the snapshot holds it."""
    table = snapshot.principals
    if not table.principal_id.eq(principal).any():
        pairs = zip(table.principal_id, table.display_name, strict=True)
        raise unknown_principal(principal, pairs, snapshot.incomplete.get("principals"))


def known_permission(snapshot: Snapshot, permission: str) -> str:
    """The id of the permission with this identifier; `UnknownPermission`, with the nearest, if there is none."""
    table = snapshot.permissions
    found = table.loc[table.identifier.eq(permission), "permission_id"]
    if found.empty:
        pairs = zip(table.identifier, table.name, strict=True)
        raise unknown_permission(permission, pairs, snapshot.incomplete.get("permissions"))
    return str(found.iloc[0])


def unknown_principal(principal: str, known: Iterable[tuple[str, str]], unread: str | None) -> UnknownPrincipal:
    """The error for an id that is none of those known, given with their names; `unread` is why there may be more."""
    told = f"no principal {principal!r} in the snapshot; {_meant(principal, known)}"
    return UnknownPrincipal(told + _more("principals", unread))


def unknown_permission(permission: str, known: Iterable[tuple[str, str]], unread: str | None) -> UnknownPermission:
    """The error for an identifier that is none of those known, given with their names."""
    told = f"no permission {permission!r} in the catalogue; {_meant(permission, known)}"
    return UnknownPermission(told + _more("permissions", unread))


def _more(collection: str, unread: str | None) -> str:
    return "" if unread is None else f"; {collection} could not be read whole ({word(unread)}), so it may exist"


def _meant(wanted: str, known: Iterable[tuple[str, str]]) -> str:
    """A hint: ids of what is called so, then ids written nearly so, then ids of what is called nearly so."""
    names = dict(known)
    if not names:
        return "it holds none"
    found = dict.fromkeys([*_called(wanted, names), *near(wanted, names)]) or _nearly(wanted, names)
    if not found:
        return f"it holds {len(names):,}, and none is called anything like it"
    told = [f"{word(each)} ({word(names[each])})" if _shows(each, wanted, names) else word(each) for each in found]
    return f"did you mean {' or '.join(told[:_TOLD])}?"


def _shows(each: str, wanted: str, names: dict[str, str]) -> bool:
    """Whether it was found by its name, which then is told beside its id."""
    return bool(names[each]) and each not in near(wanted, [each])


def _called(wanted: str, names: dict[str, str]) -> list[str]:
    """The ids whose name holds what was wanted as whole words: those called exactly so first, then the shortest."""
    text = wanted.strip().casefold()
    if not _SHORTEST <= len(text) <= _LONGEST:
        return []
    holding = [(each, name.casefold()) for each, name in names.items() if text in name.casefold()]
    whole = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
    found = [(not name.startswith(text), len(name), each) for each, name in holding if whole.search(name)]
    return [each for *_, each in sorted(found)]


def _nearly(wanted: str, names: dict[str, str]) -> list[str]:
    """The ids of what is called nearly as wanted."""
    alike = near(wanted, dict.fromkeys(name.casefold() for name in names.values()))
    return [each for each, name in names.items() if name.casefold() in alike]
