"""What would do instead: the roles that `narrow` names for what is required and nothing that is held gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from auditkit.access.narrow import narrow_all
from auditkit.access.tables import Tables
from auditkit.access.telling import place_words
from auditkit.review import names


@dataclass(frozen=True, kw_only=True)
class Instead:
    """Assignments that would do for a principal: `entries` as `add_assignment` of a change file has them, `excess`, the
    permissions they give beyond the `wanted` ones, those required of it, and `lacking`, those of these it is denied."""

    entries: tuple[Mapping[str, Any], ...]
    excess: tuple[str, ...]
    wanted: frozenset[str]
    lacking: tuple[str, ...]

    @property
    def roles(self) -> set[str]:
        """The ids of the roles."""
        return {each["role"] for each in self.entries}

    def without(self, entries: Iterable[Mapping[str, Any]]) -> Instead:
        """The same but for some entries."""
        gone = list(entries)
        return replace(self, entries=tuple(each for each in self.entries if each not in gone))

    def told(self, tables: Tables) -> str:
        """In words: which role on what, and how much more than is required it gives."""
        roles = names.roles(pd.Series([each["role"] for each in self.entries], dtype="str"), tables)
        words = " and ".join(f"role {role} on {place(entry)}" for role, entry in zip(roles, self.entries, strict=True))
        more = f"{len(self.excess):,} permission{'' if len(self.excess) == 1 else 's'}"
        return words + (f", with {more} more than required" if self.excess else "")


def place(entry: Mapping[str, Any]) -> str:
    """Where an entry gives its role, in words."""
    return place_words(entry.get("resource_type"), entry.get("resource"))


def instead(tables: Tables, principals: Iterable[str]) -> dict[str, Instead]:
    """By principal what would give it all that it is required to have and is denied.

    Nobody is there who lacks nothing, who cannot be used at all, or for whom no role would do; without required
    permissions nobody is.
    """
    required, known = tables["required"], tables["principals"]
    if required is None:
        return {}
    gaps = tables["gaps"]
    allow = gaps.expect.eq("allow")
    lacking = allow & gaps.outcome.eq("denied")
    whom = set(principals) & set(gaps.principal_id[lacking]) & set(known.principal_id[known.usable])
    own = required.principal_id.isin(whom)
    found = narrow_all(tables.snapshot, required[own & (lacking | ~allow)], as_of=tables.as_of).each
    wanted = required[own & allow].groupby("principal_id").permission.agg(frozenset)
    denied = required[own & lacking].groupby("principal_id").permission.agg(lambda names: tuple(dict.fromkeys(names)))
    made = {
        each.principal_id: Instead(
            entries=tuple(each.change().get("add_assignment", ())),
            excess=tuple(name for name in each.excess if name not in wanted[each.principal_id]),
            wanted=wanted[each.principal_id],
            lacking=denied[each.principal_id],
        )
        for each in found
    }
    return {principal: one for principal, one in made.items() if one.entries}
