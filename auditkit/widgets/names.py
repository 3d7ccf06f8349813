"""Ids with what they are called: what a field offers while an id is typed, and which id was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditkit.source.masking import mask
from auditkit.widgets.form import Field

# A browser lists so many at once without stopping to think; any other id can be typed all the same.
MOST_OFFERED = 5_000


class Names:
    """Ids in the order in which they are offered, each with its name; a name that is missing or the id is left out.

    `own` says that the first of them belongs to who is asked about.
    """

    def __init__(self, ids: Iterable[Any], names: Iterable[Any] = (), *, own: bool = False) -> None:
        self.own = own
        told = {str(each): str(each) for each in ids}
        for each, name in zip(list(told), names, strict=False):
            told[each] = each if name != name or name in (None, "", each) else f"{each} · {name}"
        self._told = told
        self._meant = {words: each for each, words in told.items()}

    @property
    def offered(self) -> tuple[str, ...]:
        """What a field lists."""
        return tuple(self._told.values())[:MOST_OFFERED]

    @property
    def first(self) -> str:
        """The id that is offered first; an empty text where there is none."""
        return next(iter(self._told), "")

    def told(self, each: str | None) -> str:
        """An id with its name; as it is where it is not known."""
        return self._told.get(each or "", each or "")

    def meant(self, words: str) -> str:
        """The id that was chosen or typed."""
        text = words.strip()
        return self._meant.get(words) or self._meant.get(text) or text


def id_field(name: str, label: str, names: Names, value: str | None = "", hint: str = "") -> Field:
    """A field in which an id is chosen from what is offered, or typed."""
    hint = hint or "an id, or part of a name"
    return Field(name=name, label=label, hint=hint, value=names.told(value), options=names.offered)


def without_secret(text: str) -> str:
    """A key id out of what was pasted: of a full key its public part, so that no secret stays in a field."""
    public = mask(text)
    return text.strip() if public == text else public.strip().removeprefix("ik_")
