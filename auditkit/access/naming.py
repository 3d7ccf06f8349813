"""Ids with the names that people know them by, as sentences about a change or a proposal tell them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.access.telling import word

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot


class Naming:
    """What the ids of a snapshot name: `Gateway 7 (key-0043)`, `"Field gateway" (role-12)`, `ra-1 of role ...`.

    `people` are the names of the principals by their ids.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.people = _by(snapshot.principals, "principal_id").display_name
        self._roles = _by(snapshot.roles, "role_id").name
        self._identifiers = _by(snapshot.permissions, "permission_id").identifier
        self._assigned = _by(snapshot.role_assignments, "assignment_id")
        self._granted = _by(snapshot.permission_grants, "grant_id")
        credentials = snapshot.credentials
        # A credential is named by its own id or by its key's.
        self._keys = pd.concat([_by(credentials, "credential_id"), _by(credentials, "key_id")])
        self._tell: dict[str, Callable[[str], str]] = {
            "principal": self.principal,
            "role": self.role,
            "assignment": lambda each: f"{self.assignment(each)}{self._whose(self._assigned, each, ' to ')}",
            "grant": lambda each: f"{self.grant(each)}{self._whose(self._granted, each, ' to ')}",
            "credential": self._credential,
        }

    def tell(self, kind: str, each: str) -> str:
        """An id of a collection in words, with whose it is; what is no id as it is."""
        return self._tell.get(kind, word)(each)

    def principal(self, each: str) -> str:
        """A principal as `Gateway 7 (key-0043)`; the id alone where it has no name."""
        name = _known(self.people, each)
        return word(each) if name is None else f"{word(name)} ({word(each)})"

    def role(self, each: str) -> str:
        """A role as `"Field gateway" (role-12)`."""
        name = _known(self._roles, each)
        return word(each) if name is None else f'"{word(name)}" ({word(each)})'

    def assignment(self, each: str) -> str:
        """An assignment as `ra-1 of role "Field gateway" (role-12)`."""
        given = self._assigned.role_id.get(each)
        return word(each) if given is None else f"{word(each)} of role {self.role(str(given))}"

    def grant(self, each: str) -> str:
        """A grant as `g-1 of iot.device.read`."""
        given = self._granted.permission_id.get(each)
        return word(each) if given is None else f"{word(each)} of {word(self._identifiers.get(given, given))}"

    def _credential(self, each: str) -> str:
        key = _known(self._keys.key_id, each)
        named = word(each) if key in (None, each) else f"{word(each)}, key {word(key)}"
        return f"{named}{self._whose(self._keys, each, ' of ')}"

    def _whose(self, frame: pd.DataFrame, each: str, joined: str) -> str:
        holder = _known(frame.principal_id, each)
        return "" if holder is None else f"{joined}{self.principal(holder)}"


def _by(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows by an id, of those that bear the same the first."""
    kept = frame[frame[key].notna() & ~frame[key].duplicated()]
    return kept.set_index(key, drop=False)


def _known(names: pd.Series, each: str) -> str | None:
    """A name that says something."""
    found = names.get(each)
    if isinstance(found, pd.Series):
        found = found.iloc[0]
    return None if found is None or pd.isna(found) or not str(found).strip() else str(found)
