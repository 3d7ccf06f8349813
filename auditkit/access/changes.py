"""A change file: what an analyst thinks of doing, read, checked against a snapshot, and applied to its frames.

Nothing is written anywhere. A file that names an unknown id, or says something else that cannot be understood, is
refused whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.conditions import instant
from auditkit.access.telling import near, nearest, place_words, word
from auditkit.errors import ChangeError
from auditkit.given import SETTINGS, parsed_toml, read_text

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

# Says an id of a collection, or another value, in words.
Tell = Callable[[str, Any], str]
_PLACE = {"resource_type": "text", "resource": "text"}
_LATER = {"expires_at": "time"}
# What each entry of a table holds: an id of a collection, a text or a time. Those in the first part are needed.
_TABLES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "change_assignment": (
        {"assignment": "assignment"},
        {"principal": "principal", "role": "role", "whole_organisation": "bool", **_PLACE, **_LATER},
    ),
    "take_from_role": ({"role": "role", "permission": "permission"}, {}),
    "remove_member": ({"group": "principal", "principal": "principal"}, {}),
    "add_assignment": ({"principal": "principal", "role": "role"}, {**_PLACE, **_LATER}),
    "add_grant": ({"principal": "principal", "permission": "permission"}, {**_PLACE, **_LATER}),
}
_LISTS = {
    "revoke_credential": "credential",
    "suspend_principal": "principal",
    "delete_principal": "principal",
    "remove_assignment": "assignment",
    "remove_grant": "grant",
}
_SINGLE = {"as_of": "time", "direct_api_key_auth": "bool"}
KEYS = (*_SINGLE, *_LISTS, *_TABLES)
# What is written for a change by the name of what it is done to; a group is a principal too.
_ALSO = {
    "delete_principal": ("remove_group", "delete_group", "disband_group", "remove_principal", "remove_user"),
    "suspend_principal": ("suspend_group", "suspend_user", "disable_principal", "disable_user"),
    "revoke_credential": ("remove_credential", "delete_credential", "revoke_key", "remove_key", "delete_key"),
    "remove_member": ("delete_member", "leave_group", "take_from_group"),
    "remove_assignment": ("remove_role", "delete_assignment"),
}
_MEANT = {word: key for key, words in _ALSO.items() for word in words}


def read_changes(changes: Mapping[str, Any] | str | Path, snapshot: Snapshot) -> dict[str, Any]:
    """A change file (TOML, or JSON if its name ends so), or the same as a mapping, checked against a snapshot.

    ChangeError says everything that is wrong with it.
    """
    where, written = ("the changes", changes) if isinstance(changes, Mapping) else _file(Path(changes))
    wrong = list(_wrong(written, _Known(snapshot)))
    if wrong:
        more = f" (and {len(wrong) - 5} more)" if len(wrong) > 5 else ""
        raise ChangeError(f"{where}: nothing was tried, since {'; '.join(wrong[:5])}{more}")
    if not written:
        raise ChangeError(f"{where}: it changes nothing; it may hold {', '.join(KEYS)}")
    return dict(written)


def _file(path: Path) -> tuple[str, Mapping[str, Any]]:
    text = read_text(path, "a change file in TOML or JSON", ChangeError, at_most=SETTINGS)
    return str(path), parsed(text, str(path), "JSON" if path.suffix.lower() == ".json" else "TOML")


def parsed(text: str, where: str, kind: str) -> dict[str, Any]:
    """The text of a change file, JSON or TOML, not yet checked; `where` names it in a ChangeError."""
    try:
        written = json.loads(text) if kind == "JSON" else parsed_toml(text, where, ChangeError)
    except (ValueError, RecursionError) as error:
        raise ChangeError(f"{where}: is no {kind}: {error}") from None
    if not isinstance(written, dict):
        raise ChangeError(f"{where}: a change file is a table with the keys {', '.join(KEYS)}")
    return written


def parts(key: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a change of this key needs, and what else it may say: names with an id's collection, text, time or bool.

    The name is empty where the key has one value, or a list of such.
    """
    return _TABLES[key] if key in _TABLES else ({"": _SINGLE.get(key) or _LISTS[key]}, {})


def composed(key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The change file that says one change, of values by the names of `parts`; those that are None or "" are left out
    of a table.
    """
    if key in _TABLES:
        return {key: [{name: value for name, value in values.items() if value not in (None, "")}]}
    return {key: values[""] if key in _SINGLE else [values[""]]}


class _Known:
    """The ids of a snapshot, by what they name."""

    def __init__(self, snapshot: Snapshot) -> None:
        credentials = snapshot.credentials
        self._ids = {
            "principal": set(snapshot.principals.principal_id),
            "credential": set(credentials.credential_id) | set(credentials.key_id),
            "assignment": set(snapshot.role_assignments.assignment_id),
            "grant": set(snapshot.permission_grants.grant_id),
            "role": set(snapshot.roles.role_id),
            "permission": set(snapshot.permissions.identifier),
        }
        self.members = set(zip(snapshot.group_members.group_id, snapshot.group_members.principal_id, strict=True))

    def wrong(self, kind: str, value: Any) -> str | None:
        """What is wrong with a value of this kind, None if nothing is."""
        if kind == "bool":
            return None if isinstance(value, bool) else f"{value!r} is neither true nor false"
        if kind == "time":
            return None if _time(value) is not None else f"{value!r} is no RFC 3339 time with an offset"
        if not isinstance(value, str):
            return f"{value!r} is no text"
        if kind == "text" or value in self._ids[kind]:
            return None
        return f"{kind} {value!r} is not in the snapshot, {nearest(value, sorted(self._ids[kind]))}"


def _wrong(written: Mapping[str, Any], known: _Known) -> Iterator[str]:
    for key, value in written.items():
        if key in _SINGLE:
            problems: Iterator[str | None] = iter([known.wrong(_SINGLE[key], value)])
        elif key in _LISTS:
            problems = _wrong_list(_LISTS[key], value, known)
        elif key in _TABLES:
            problems = _wrong_tables(key, value, known)
        else:
            problems = iter([f"it is no known change, {_meant(key)}"])
        yield from (f"{word(key)}: {problem}" for problem in problems if problem)


def _meant(key: str) -> str:
    """The change that was meant, or all of them: they are few enough to be read."""
    found = [_MEANT[key]] if key in _MEANT else near(key, KEYS)
    return f"did you mean {', '.join(map(repr, found))}?" if found else f"the known are {', '.join(KEYS)}"


def _wrong_list(kind: str, value: Any, known: _Known) -> Iterator[str | None]:
    if not isinstance(value, list):
        yield "it must be a list of ids"
        return
    yield from (known.wrong(kind, each) for each in value)


def _wrong_tables(key: str, value: Any, known: _Known) -> Iterator[str | None]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        yield "it must be a list of tables"
        return
    needed, allowed = _TABLES[key]
    for each in value:
        yield from (f"it needs {name}" for name in needed if name not in each)
        yield from (f"it has no key {name!r}, {nearest(name, [*needed, *allowed])}"
                    for name in each if name not in needed and name not in allowed)  # fmt: skip
        yield from (known.wrong(kind, each[name]) for name, kind in (needed | allowed).items() if name in each)
        if ("resource_type" in each) != ("resource" in each):
            yield "give both resource_type and resource, or neither"
        if each.get("whole_organisation") and "resource" in each:
            yield "give whole_organisation or a resource, not both"
        if key == "change_assignment" and len(each) == 1:
            yield f"it says nothing that changes {each.get('assignment')!r}"
        if key == "remove_member" and (each.get("group"), each.get("principal")) not in known.members:
            yield f"{each.get('principal')!r} is no member of {each.get('group')!r}"


def _time(value: Any) -> pd.Timestamp | None:
    try:
        return pd.Timestamp(instant(value)).as_unit("us")
    except (ValueError, OverflowError):
        return None


def moved(changes: Mapping[str, Any], as_of: pd.Timestamp) -> pd.Timestamp:
    """The instant at which the changed organisation is judged."""
    found = _time(changes["as_of"]) if "as_of" in changes else None
    return as_of if found is None else found


def expiry(change: Mapping[str, Any]) -> pd.Timestamp | None:
    """When what is added or changed expires."""
    return _time(change["expires_at"]) if "expires_at" in change else None


def _plainly(_: str, value: Any) -> str:
    return word(value)


def sentences(changes: Mapping[str, Any], tell: Tell = _plainly) -> list[str]:
    """The changes in words; `tell` says what an id of a collection names, else ids are told as they are."""
    told = [f"the date is {word(changes['as_of'])}"] if "as_of" in changes else []
    if "direct_api_key_auth" in changes:
        told.append(f"direct API key authentication is {'on' if changes['direct_api_key_auth'] else 'off'}")
    told += [
        f"{key.replace('_', ' ')} {tell(kind, each)}" for key, kind in _LISTS.items() for each in changes.get(key, ())
    ]
    return told + [_told(key, each, tell) for key in _TABLES for each in changes.get(key, ())]


def _told(key: str, change: Mapping[str, Any], tell: Tell) -> str:
    place = place_words(change["resource_type"], change["resource"]) if "resource" in change else ""
    needed, allowed = _TABLES[key]
    kinds = needed | allowed
    rest = [
        f"{name.replace('_', ' ')} {tell(kinds[name], value)}"
        for name, value in change.items()
        if not name.startswith("resource")
    ]
    return f"{key.replace('_', ' ')}: {', '.join(rest)}{f', on {place}' if place else ''}"
