"""What `narrow` answers for a principal: what to give, take and leave, with the proof; as text, HTML and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditkit.access.authentication import iam_alone
from auditkit.access.candidates import Choice, Need, Unmet, extra_words
from auditkit.access.telling import Place, columns, html_lines, html_table, numbered, place_words, word
from auditkit.access.unread import as_far, first_line

CHOICE_HEAD = ("give", "name", "id", "where", "held by")
EVERY_HEAD = (
    "principal", "name", "would do", "instead of", "excess", "wanted, wider than asked", "added", "taken away",
    "cannot be met", "proof",
)  # fmt: skip
_LISTED = 12


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """The narrowest access of one principal. `excess`, `added` and `taken` are permissions by identifier; `wider` is
    that part of the excess which is wanted, only on no place as wide as this one. `beyond` says which choices reach
    further than what the principal has now. `named` are assignments, grants and groups in words, by their kind and id.
    """

    principal_id: str
    type: str
    display_name: str
    chosen: tuple[Choice, ...]
    removed_assignments: tuple[str, ...]
    removed_grants: tuple[str, ...]
    left_groups: tuple[str, ...]
    excess: tuple[str, ...]
    added: tuple[str, ...]
    taken: tuple[str, ...]
    unmet: tuple[Unmet, ...]
    proven: bool
    proof: str
    notes: tuple[str, ...] = ()
    wider: tuple[Need, ...] = ()
    beyond: tuple[str, ...] = ()
    named: Mapping[tuple[str, str], str] = field(default_factory=dict)
    not_read: Mapping[str, str] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """Whether the principal has exactly this already."""
        return not (self.removed_assignments or self.removed_grants or self.left_groups or self._new())

    def change(self) -> dict[str, Any]:
        """The proposal as a change file for `what_if`."""
        roles = [each for each in self._new() if each.kind == "role"]
        grants = [each for each in self._new() if each.kind == "grant"]
        parts = {
            "remove_assignment": list(self.removed_assignments),
            "remove_grant": list(self.removed_grants),
            "remove_member": [{"group": group, "principal": self.principal_id} for group in self.left_groups],
            "add_assignment": [{"principal": self.principal_id, "role": each.id, **_at(each.place)} for each in roles],
            "add_grant": [
                {"principal": self.principal_id, "permission": each.id, **_at(each.place)} for each in grants
            ],
        }
        return {name: part for name, part in parts.items() if part}

    def to_dict(self) -> dict[str, Any]:
        """The answer as `narrow --format json` prints it."""
        return {
            "not_read": dict(self.not_read),
            "principal_id": self.principal_id,
            "type": self.type,
            "display_name": self.display_name,
            "chosen": [choice_dict(each) for each in self.chosen],
            "removed_assignments": list(self.removed_assignments),
            "removed_grants": list(self.removed_grants),
            "left_groups": list(self.left_groups),
            "excess": list(self.excess),
            "added": list(self.added),
            "taken": list(self.taken),
            "unmet": [
                {"permission": each.permission, **_resource(each.place), "reason": each.reason} for each in self.unmet
            ],
            "proven": self.proven,
            "proof": self.proof,
            "notes": list(self.notes),
            "change": self.change(),
        }

    def to_text(self) -> str:
        """The answer for a reader."""
        return "\n".join([*first_line(self.not_read), *self.lines(), *iam_alone([self.type])]) + "\n"

    def lines(self) -> list[str]:
        """The answer without the lines that say what was not read, and for which APIs it holds."""
        lines = [self.headline(), *(f"  note: {note}" for note in self.notes), *columns(CHOICE_HEAD, self.rows())]
        return [*lines, *(f"  {what}" for what in self.told())]

    def _repr_html_(self) -> str:
        lines, told = first_line(self.not_read), [*self.notes, *self.told()]
        return html_lines(lines) + html_table(CHOICE_HEAD, self.rows(), self.headline()) + html_lines(told)

    def headline(self) -> str:
        """The principal, and the answer in a sentence."""
        who = f"{word(self.display_name)} ({word(self.principal_id)}, {self.type})"
        return f"{who}: {as_far(self._answer(), self.not_read)}"

    def rows(self) -> list[tuple[object, ...]]:
        """What to give, under `CHOICE_HEAD`."""
        return [
            (each.kind, each.name, each.id, place_words(*(each.place or (None, None))), each.held or "new")
            for each in self.chosen
        ]

    def told(self) -> list[str]:
        """The rest in sentences: what to take and to leave, what would come and go, what cannot be met, the proof."""
        wider = (f"wider than now: {word(each)}" for each in self.beyond)
        return [*wider, *self._sentences(), *(f"cannot be met: {_unmet(each)}" for each in self.unmet), self.proof]

    def instead(self) -> tuple[str, ...]:
        """What goes, in words: the assignments and grants that are removed, the groups that are left."""
        groups = [f"group {each}" for each in self._told("group", self.left_groups)]
        return (*self._told("assignment", self.removed_assignments), *self._told("grant", self.removed_grants), *groups)

    def _told(self, kind: str, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.named.get((kind, each), each) for each in ids)

    def _new(self) -> list[Choice]:
        return [each for each in self.chosen if each.held is None]

    def _answer(self) -> str:
        if not self.chosen:
            return "nothing that can be given would meet what is required"
        lack = f"; {numbered(len(self.unmet), 'required row')} cannot be met" if self.unmet else ""
        if self.unchanged:
            return f"already the narrowest{lack}"
        wider, more = len(self.wider), len(self._unwanted())
        told = [numbered(more, "excess permission")] if more or not wider else []
        if wider:
            told.append(f"{numbered(wider, 'wanted permission')} on a wider place than asked")
        return f"{self._given()} would do, with {' and '.join(told)}{lack}"

    def _given(self) -> str:
        """How many assignments and direct grants it is, in words."""
        roles = sum(each.kind == "role" for each in self.chosen)
        kinds = (("assignment", roles), ("direct grant", len(self.chosen) - roles))
        return " and ".join(numbered(count, kind) for kind, count in kinds if count)

    def _unwanted(self) -> tuple[str, ...]:
        """The excess that nobody asked for anywhere."""
        wider = set(map(extra_words, self.wider))
        return tuple(each for each in self.excess if each not in wider)

    def _sentences(self) -> list[str]:
        parts = (
            ("remove the assignments", self._told("assignment", self.removed_assignments)),
            ("remove the direct grants", self._told("grant", self.removed_grants)),
            ("leave the groups", self._told("group", self.left_groups)),
            ("excess permissions", self._unwanted()),
            ("wanted permissions on a wider place than asked", tuple(map(_on, self.wider))),
            ("permissions added", self.added),
            ("permissions taken away", self.taken),
        )
        return [f"{what} ({len(names)}): {_listed(names)}" for what, names in parts if names]


@dataclass(frozen=True, kw_only=True)
class Narrowings:
    """The narrowest access of several principals; `unknown` are required of, and not in the snapshot."""

    each: tuple[Narrowing, ...]
    unknown: tuple[str, ...] = ()
    not_read: Mapping[str, str] = field(default_factory=dict)

    def change(self) -> dict[str, Any]:
        """All proposals as one change file for `what_if`."""
        whole: dict[str, Any] = {}
        for narrowing in self.each:
            for name, part in narrowing.change().items():
                whole.setdefault(name, []).extend(part)
        return whole

    def to_dict(self) -> dict[str, Any]:
        """The answer as `narrow --all --format json` prints it."""
        principals = [each.to_dict() for each in self.each]
        return {"not_read": dict(self.not_read), "principals": principals, "unknown": list(self.unknown)}

    def to_text(self) -> str:
        """The answer for a reader."""
        unknown = [f"not in the snapshot: {word(each)}" for each in self.unknown]
        each = ("\n".join(each.lines()) + "\n" for each in self.each)
        lines = "\n".join([*first_line(self.not_read), *each, *unknown]).rstrip("\n")
        return "\n".join([lines, *iam_alone(one.type for one in self.each)]) + "\n"

    def rows(self) -> list[tuple[object, ...]]:
        """A row a principal, under `EVERY_HEAD`."""
        return [
            (each.principal_id, each.display_name, ", ".join(map(_called, each.chosen)) or None,
             ", ".join(each.instead()) or None,
             len(each._unwanted()), len(each.wider), len(each.added), len(each.taken), len(each.unmet), each.proof)
            for each in self.each
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        title = as_far("the narrowest access", self.not_read).capitalize()
        unknown = html_lines(f"not in the snapshot: {each}" for each in self.unknown)
        return html_lines(first_line(self.not_read)) + html_table(EVERY_HEAD, self.rows(), title) + unknown


def _called(choice: Choice) -> str:
    return choice.name if choice.name == choice.id else f"{choice.name} ({choice.id})"


def choice_dict(choice: Choice) -> dict[str, Any]:
    return {"kind": choice.kind, "id": choice.id, "name": choice.name, **_resource(choice.place), "held": choice.held}


def _resource(place: Place) -> dict[str, str | None]:
    return {"resource_type": place[0] if place else None, "resource_path": place[1] if place else None}


def _at(place: Place) -> dict[str, str]:
    return {} if place is None else {"resource_type": place[0], "resource": place[1]}


def _on(need: Need) -> str:
    return f"{need[0]} on {place_words(*(need[1] or (None, None)))}"


def _unmet(unmet: Unmet) -> str:
    where = "" if unmet.place is None else f" on {place_words(*unmet.place)}"
    return f"{word(unmet.permission)}{where}: {word(unmet.reason)}"


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(map(word, names[:_LISTED])) + more
