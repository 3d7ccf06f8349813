"""What is changed, for `what-if`: a choice of the kinds of change with the ids that each needs, or a whole file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from auditkit.access.changes import composed, parsed, parts
from auditkit.widgets.live import Told
from auditkit.widgets.names import WIDE, Names, id_field, text_field, tick_box

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot
    from auditkit.widgets.why_denied import WhyDenied

# What a change file may hold, in the order of how often it is asked, and the file itself.
FILE = "file"
KINDS = {
    "suspend_principal": "suspend a principal",
    "delete_principal": "delete a principal, or disband a group",
    "revoke_credential": "revoke a credential",
    "remove_assignment": "remove a role assignment",
    "remove_grant": "remove a direct grant",
    "remove_member": "take a member out of a group",
    "take_from_role": "take a permission out of a role",
    "add_assignment": "assign a role",
    "add_grant": "grant a permission",
    "change_assignment": "change a role assignment",
    "direct_api_key_auth": "switch direct API key authentication",
    "as_of": "move the date",
    FILE: "all that a change file says",
}
_FIRST = "suspend_principal"
_FILE_HINT = '{"remove_assignment": ["asg-00090"], ...}, or the same as TOML'


class ChangeForm:
    """The fields of a change. `box` is the widget; whatever is chosen is given to `changed` as a change file."""

    def __init__(self, why: WhyDenied, told: Told, changed: Callable[[Mapping[str, Any]], None]) -> None:
        self._why, self._told, self._changed = why, told, changed
        self._names: dict[str, Names] = {}
        self._fields: dict[str, Any] = {}
        # What was typed here is not to be written here again; what was chosen is not to follow the request.
        self._typing = self._touched = False
        options = [(words, key) for key, words in KINDS.items()]
        self._kind = ipywidgets.Dropdown(description="What changes", options=options, value=_FIRST, **WIDE)
        self._file = ipywidgets.Textarea(
            description="Change file", placeholder=_FILE_HINT, rows=6, continuous_update=False, **WIDE
        )
        self._part = ipywidgets.VBox()
        self.box = ipywidgets.VBox([self._kind, self._part])
        self._build()
        self._kind.observe(told.guard(lambda _: self._chosen()), "value")
        self._file.observe(told.guard(lambda _: self._filed()), "value")

    def show(self, change: Mapping[str, Any]) -> None:
        """Show a change that was chosen elsewhere, as the file that says it."""
        if self._typing:
            return
        self._typing = self._touched = True
        self._file.value = json.dumps(change, indent=1, ensure_ascii=False, default=str)
        self._kind.value = FILE
        self._part.children = [self._file]
        self._typing = False

    def follow(self) -> None:
        """Begin again with what the principal of the request has, unless something was chosen here."""
        if not self._touched:
            self._build()
            self._say()

    def _chosen(self) -> None:
        if self._typing:
            return
        self._touched = self._kind.value == FILE
        if self._kind.value == FILE:
            self._part.children = [self._file]
            self._filed()
        else:
            self._build()
            self._say()

    def _build(self) -> None:
        """The fields of the kind that is chosen."""
        key = self._kind.value
        needed, more = parts(key)
        self._names = {}
        wanted = {name: self._field(name, kind, True) for name, kind in needed.items()}
        self._fields = wanted | {name: self._field(name, kind, False) for name, kind in more.items()}
        for field in self._fields.values():
            field.observe(self._told.guard(lambda _: self._typed()), "value")
        self._part.children = list(self._fields.values())

    def _field(self, name: str, kind: str, needed: bool) -> Any:
        label = (name or kind).replace("_", " ").capitalize()
        if kind == "bool":
            return self._switch(name, label)
        if kind == "time":
            return text_field(label if name else "At", hint="2026-12-31T00:00:00Z" + ("" if needed else ", if wanted"))
        if name == "resource":
            return text_field(label, hint="a path, if wanted")
        names = names_of("resource_type" if name == "resource_type" else name or kind, self._why)
        self._names[name] = names
        return id_field(label, names, self._begin(name or kind, names) if needed else "", "" if needed else "if wanted")

    def _switch(self, name: str, label: str) -> Any:
        if name:
            return tick_box(label.lower())
        now = bool(self._why.desk.tables["organisation"].direct_api_key_auth.any())
        return ipywidgets.Dropdown(
            description="Switched", options=[("on", True), ("off", False)], value=not now, **WIDE
        )

    def _begin(self, name: str, names: Names) -> str:
        """The id that a needed field begins with: what the request names, or what its principal has."""
        asked = {"principal": self._why.principal, "permission": self._why.permission}
        return asked.get(name) or (names.first if names.own else "")

    def _typed(self) -> None:
        if self._typing:
            return
        self._touched = self._typing = True
        for name, names in self._names.items():
            self._fields[name].value = names.told(self._value(name, self._fields[name]))
        self._typing = False
        self._say()

    def _say(self) -> None:
        values = {name: self._value(name, field) for name, field in self._fields.items()}
        self._give(composed(self._kind.value, values))

    def _filed(self) -> None:
        text = self._file.value.strip()
        if text and not self._typing:
            self._give(parsed(text, "the change file", "JSON" if text.startswith("{") else "TOML"))

    def _give(self, change: Mapping[str, Any]) -> None:
        self._typing = True
        try:
            self._changed(change)
        finally:
            self._typing = False

    def _value(self, name: str, field: Any) -> Any:
        if isinstance(field, ipywidgets.Checkbox):
            return field.value or None
        if name in self._names:
            return self._names[name].meant(field.value)
        return field.value.strip() if isinstance(field.value, str) else field.value


def names_of(kind: str, why: WhyDenied) -> Names:
    """What may be meant by an id of this kind, each with its name; what the principal of the request has, first."""
    snapshot = why.desk.snapshot
    people = snapshot.principals.set_index("principal_id").display_name
    if kind in ("credential", "assignment", "grant"):
        return _held(kind, snapshot, people, why.principal)
    if kind == "group":
        members = snapshot.group_members
        own = members.group_id[members.principal_id.eq(why.principal)]
        groups = snapshot.principals[snapshot.principals.type.eq("Group")]
        groups = groups.iloc[(~groups.principal_id.isin(own)).argsort(kind="stable")]
        return Names(groups.principal_id, groups.display_name, own=len(own) > 0)
    frames = {
        "principal": (snapshot.principals.principal_id, snapshot.principals.display_name),
        "role": (snapshot.roles.role_id, snapshot.roles.name),
        "permission": (snapshot.permissions.identifier, snapshot.permissions.name),
        "resource_type": (snapshot.resource_types.identifier, ()),
    }
    return Names(*frames[kind])


def _held(kind: str, snapshot: Snapshot, people: pd.Series, principal: str) -> Names:
    """Credentials, assignments or grants, each with what it is and whose."""
    frame, key = {
        "credential": (snapshot.credentials, "credential_id"),
        "assignment": (snapshot.role_assignments, "assignment_id"),
        "grant": (snapshot.permission_grants, "grant_id"),
    }[kind]
    own = frame.principal_id.eq(principal)
    frame = frame.iloc[(~own).argsort(kind="stable")]
    roles = snapshot.roles.drop_duplicates("role_id").set_index("role_id").name
    permissions = snapshot.permissions.drop_duplicates("permission_id").set_index("permission_id").identifier
    what = {
        "credential": lambda: frame.key_id.astype("str"),
        "assignment": lambda: frame.role_id.map(roles).astype("str"),
        "grant": lambda: frame.permission_id.map(permissions).astype("str"),
    }[kind]()
    whose = frame.principal_id.map(people[~people.index.duplicated()]).fillna(frame.principal_id).astype("str")
    return Names(
        frame[key], what.fillna("?") + (" of " if kind == "credential" else " to ") + whose, own=bool(own.any())
    )
