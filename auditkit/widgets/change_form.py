"""What is changed, for `what-if`: a choice of the kinds of change with the ids that each needs, or a whole file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.changes import composed, parsed, parts
from auditkit.widgets.form import Field, Form
from auditkit.widgets.names import Names, id_field

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
# The panel shows none of the request's own fields, but its own must not be taken for them.
_KIND_FIELD, _FILE_FIELD = "change_kind", "change_file"


@dataclass(frozen=True)
class Part:
    """One thing that a change says: its name in a change file, of which kind it is, and whether it must be said."""

    part: str
    kind: str
    needed: bool

    @property
    def field(self) -> str:
        """The name of its field, the same in every kind of change that says it alike."""
        return f"change_{'' if self.needed else 'new_'}{self.part or self.kind}"

    @property
    def named(self) -> bool:
        """Whether its field offers ids."""
        return self.kind not in ("bool", "time") and self.part != "resource"


def _parts(key: str) -> tuple[Part, ...]:
    needed, more = parts(key)
    return (*(Part(name, kind, True) for name, kind in needed.items()),
            *(Part(name, kind, False) for name, kind in more.items()))  # fmt: skip


def _only(*keys: str) -> tuple[str, tuple[str, ...]]:
    """Where a field is shown: for changes of these keys."""
    return _KIND_FIELD, tuple(KINDS[key] for key in keys)


_PARTS = {key: _parts(key) for key in KINDS if key != FILE}


class ChangeFields:
    """The fields of a change, those of its kind shown, and the change that they say.

    What is needed follows the request of `why` until something is typed in its field.
    """

    def __init__(self, why: WhyDenied) -> None:
        self._why = why
        self._kind = _FIRST
        self._given: Mapping[str, Any] | None = None
        self._words: dict[str, str] = {}
        self._names: dict[str, Names] = {}
        self._whose = why.principal

    @property
    def change(self) -> Mapping[str, Any]:
        """The change as a change file; ChangeError if what was typed as one is none."""
        if self._kind != FILE:
            return composed(self._kind, {each.part: self._value(each) for each in _PARTS[self._kind]})
        if self._given is not None:
            return self._given
        text = self._words.get(_FILE_FIELD, "").strip()
        return parsed(text, "the change file", "JSON" if text.startswith("{") else "TOML")

    def give(self, change: Mapping[str, Any]) -> None:
        """Have a change that was chosen elsewhere, as the file that says it."""
        self._kind, self._given = FILE, change
        self._words[_FILE_FIELD] = json.dumps(change, indent=1, ensure_ascii=False, default=str)

    def all(self) -> list[Field]:
        """The fields of every kind of change."""
        kinds = Field(name=_KIND_FIELD, label="What changes", choice=True, options=tuple(KINDS.values()))
        file = Field(name=_FILE_FIELD, label="Change file", hint=_FILE_HINT, lines=6, when=_only(FILE))
        every = {each.field: each for parts_ in _PARTS.values() for each in parts_}
        # What must be said comes first, then what something is given instead, then where and until when.
        order = sorted(every.values(), key=lambda each: (not each.needed, each.kind not in ("principal", "role")))
        return [kinds, *map(self._declared, order), file]

    def words(self) -> dict[str, str]:
        """What the fields hold that are shown, each id with its name."""
        shown = {each.field: self._told(each) for each in _PARTS.get(self._kind, ())}
        return {_KIND_FIELD: KINDS[self._kind], _FILE_FIELD: self._words.get(_FILE_FIELD, ""), **shown}

    def typed(self, words: Mapping[str, str]) -> None:
        """Take what was typed in some of the fields."""
        if _KIND_FIELD in words:
            self._kind = next((key for key, told in KINDS.items() if told == words[_KIND_FIELD]), self._kind)
        if _FILE_FIELD in words:
            self._given = None
        self._words |= words

    def follow(self, form: Form) -> None:
        """Offer what may be meant in the fields that are shown, that of the principal of the request first."""
        if self._whose != self._why.principal:
            self._whose, self._names = self._why.principal, {}
        for each in _PARTS.get(self._kind, ()):
            if each.named:
                form.offer(each.field, self._known(each).offered)

    def _declared(self, each: Part) -> Field:
        # What an assignment is given instead is not what another change is done to.
        other = "new " if not each.needed and each.kind in ("principal", "role") else ""
        label = f"{other}{each.part or each.kind}".replace("_", " ").capitalize()
        when = _only(*(key for key, parts_ in _PARTS.items() if each.field in {one.field for one in parts_}))
        wanted = "" if each.needed else "if wanted"
        if each.kind == "bool" and each.needed:
            return Field(name=each.field, label="Switched", choice=True, options=("on", "off"), when=when)
        if each.kind == "bool":
            return Field(name=each.field, label=label.lower(), tick=True, when=when)
        if each.kind == "time":
            hint = "2026-12-31T00:00:00Z" + ("" if each.needed else ", if wanted")
            return Field(name=each.field, label=label if each.part else "At", hint=hint, when=when)
        if not each.named:
            return Field(name=each.field, label=label, hint="a path, if wanted", when=when)
        return replace(id_field(each.field, label, Names(()), hint=wanted), when=when)

    def _known(self, each: Part) -> Names:
        kind = each.part or each.kind
        if kind not in self._names:
            self._names[kind] = names_of(kind, self._why)
        return self._names[kind]

    def _told(self, each: Part) -> str:
        word = self._words.get(each.field, "") or self._begin(each)
        return self._known(each).told(self._known(each).meant(word)) if each.named else word

    def _begin(self, each: Part) -> str:
        """What a needed field begins with: what the request names, or what its principal has."""
        if not each.needed or each.kind == "time":
            return ""
        if each.kind == "bool":
            return "off" if self._why.desk.tables["organisation"].direct_api_key_auth.any() else "on"
        asked = {"principal": self._why.principal, "permission": self._why.permission}
        names = self._known(each)
        return asked.get(each.part or each.kind) or (names.first if names.own else "")

    def _value(self, each: Part) -> Any:
        word = self._told(each)
        if each.kind == "bool":
            return word == "on" if each.needed else (bool(word) or None)
        return self._known(each).meant(word) if each.named else word.strip()


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
