"""Who is reached by what: groups closed over any depth and any cycle, and the roles that live assignments bring."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from auditkit.access.codes import Bools, Ints, arrow, codes, incidence, lengths_to_rows, lists, ranges
from auditkit.knots import knots

SUPPORT = ("no", "unknown", "yes")
_SLICE_BITS = 1 << 28


class Memberships:
    """Which principals are in which groups, by code: a group is a principal of type Group, numbered on its own.

    A membership counts where its group is a Group of the snapshot and its member a principal of the snapshot.
    """

    def __init__(self, principals: pd.DataFrame, group_members: pd.DataFrame) -> None:
        self.count = len(principals)
        self.groups = np.flatnonzero(principals.type.eq("Group").to_numpy())
        number = np.full(self.count + 1, -1, dtype=np.int64)
        number[self.groups] = np.arange(len(self.groups))
        ids = arrow(principals.principal_id)
        # Code -1, an unknown id, reads the last place, which no group has.
        holder = number[codes(group_members.group_id, ids)]
        member = codes(group_members.principal_id, ids)
        known = (holder >= 0) & (member >= 0)
        self.holder, self.member, self.number = holder[known], member[known], number[:-1]

    @cached_property
    def direct(self) -> Any:
        """Principals x groups: true where the principal is itself a member."""
        return incidence(self.member, self.holder, (self.count, len(self.groups)))

    def reach(self, holding: Bools) -> Any:
        """Principals x groups: true where the group, one of `holding` (a mask over principals), holds the principal at
        any depth.
        """
        return self.direct @ self.above(holding[self.groups])

    def above(self, wanted: Bools) -> Any:
        """Groups x groups: true where the second, one of those wanted, is the first or holds it at any depth."""
        inner = self.number[self.member]
        nested = inner >= 0
        return closure(inner[nested], self.holder[nested], wanted)


def closure(inner: Ints, outer: Ints, wanted: Bools) -> Any:
    """Reachability from each node to the wanted ones, along edges from `inner` to `outer`, each node reaching itself.

    Cycles are melted into one node each; over what is left, sets of bits are handed down from the outermost groups, so
    that a chain of any length costs one step a group.
    """
    nodes = len(wanted)
    count, knot = knots(nodes, inner, outer)
    columns = np.flatnonzero(wanted)
    bits = [0] * count
    for place, node in enumerate(columns.tolist()):
        bits[knot[node]] |= 1 << place
    above: dict[int, set[int]] = {each: set() for each in range(count)}
    for low, high in zip(knot[inner].tolist(), knot[outer].tolist(), strict=True):
        if low != high:
            above[low].add(high)
    for each in TopologicalSorter(above).static_order():
        for high in above[each]:
            bits[each] |= bits[high]
    rows, places = _unpacked(bits, len(columns))
    melted = incidence(rows, columns[places], (count, nodes))
    return melted[knot] if nodes else melted


def _unpacked(bits: list[int], width: int) -> tuple[Ints, Ints]:
    """The row and place of every bit that is set."""
    pieces = list(_slices(bits, width)) if width else []
    if not pieces:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate([rows for rows, _ in pieces]), np.concatenate([places for _, places in pieces])


def _slices(bits: list[int], width: int) -> Iterator[tuple[Ints, Ints]]:
    size = (width + 7) // 8
    step = max(1, _SLICE_BITS // (size * 8))
    for start in range(0, len(bits), step):
        packed = b"".join(each.to_bytes(size, "little") for each in bits[start : start + step])
        table = np.frombuffer(packed, dtype=np.uint8).reshape(-1, size)
        rows, places = np.nonzero(np.unpackbits(table, axis=1, count=width, bitorder="little"))
        yield rows + start, places


def support_matrix(types: pd.Index, roles: pd.DataFrame) -> Any:
    """Types x roles: 2 where the role lists the type, 1 where it declares none, else 0 (the places of `SUPPORT`)."""
    rows, items = lists(roles.supported_principal_types)
    kinds = codes(items, pd.Series(types, dtype="str"))
    known = kinds >= 0
    matrix = np.zeros((len(types), len(roles)), dtype=np.int8)
    matrix[kinds[known], rows[known]] = 2
    matrix[:, roles.supported_principal_types.isna().to_numpy()] = 1
    return matrix


def access(
    principals: pd.DataFrame, memberships: Memberships, assignments: pd.DataFrame, grants: pd.DataFrame
) -> pd.DataFrame:
    """For each principal: `own_access`, a live assignment or grant of its own, and `reached`, one that reaches it."""
    live = [frame.loc[frame.live & frame.principal_known, "principal_id"] for frame in (assignments, grants)]
    holders = np.concatenate([codes(ids, principals.principal_id) for ids in live])
    own = np.zeros(len(principals), dtype=bool)
    own[holders] = True
    through = np.diff(memberships.reach(own).indptr) > 0
    return pd.DataFrame({"principal_id": principals.principal_id, "own_access": own, "reached": own | through})


def reach(
    principals: pd.DataFrame, memberships: Memberships, assignments: pd.DataFrame, roles: pd.DataFrame
) -> pd.DataFrame:
    """One row for each principal and role that a live assignment brings together, itself or through a group.

    Of several assignments a direct one is named, and the one with the smallest id.
    """
    live = assignments[assignments.live & assignments.principal_known]
    every = pd.concat([roles.role_id, live.role_id]).drop_duplicates()
    holder = codes(live.principal_id, principals.principal_id)
    role = codes(live.role_id, every)
    who, row = _spread(holder, memberships)
    owner = np.concatenate([holder, who])
    place = np.concatenate([np.arange(len(live)), row])
    indirect = np.arange(len(owner)) >= len(live)
    # One number a row, that sorts by principal, role, direct before indirect, assignment: a sort of plain integers.
    pair, width = owner * max(len(every), 1) + role[place], 2 * max(len(live), 1)
    keys = np.sort(pair * width + indirect * len(live) + place)
    pairs = keys // width
    keys = keys[np.r_[True, pairs[1:] != pairs[:-1]]] if len(keys) else keys
    chosen = keys % width
    kept = keys // width // max(len(every), 1)
    return _reach_frame(principals, live, roles, kept, chosen % max(len(live), 1), chosen >= len(live))


def _spread(holder: Ints, memberships: Memberships) -> tuple[Ints, Ints]:
    """Who is reached through a group: principals, each with the place of the holding (they are grouped by holder)."""
    mask = np.zeros(memberships.count, dtype=bool)
    mask[holder] = True
    found = memberships.reach(mask).tocoo()
    groups = memberships.groups[found.col] if len(found.col) else np.empty(0, dtype=np.int64)
    order = np.argsort(holder, kind="stable")
    starts = np.searchsorted(holder[order], groups)
    lengths = np.searchsorted(holder[order], groups, side="right") - starts
    return found.row.astype(np.int64)[lengths_to_rows(lengths)], order[ranges(starts, lengths)]


def _reach_frame(
    principals: pd.DataFrame, live: pd.DataFrame, roles: pd.DataFrame, owner: Ints, place: Ints, indirect: Bools
) -> pd.DataFrame:
    """The table `reach` from places: `owner` in principals, `place` in the live assignments."""
    who = principals[["principal_id", "type", "machine", "usable"]].take(owner)
    role = codes(live.role_id, roles.role_id)
    names = pd.Series(roles.name.array.take(role, allow_fill=True), dtype="str")
    kinds, role = who.type.cat.codes.to_numpy(), role[place]
    grades = support_matrix(who.type.cat.categories, roles)
    support = np.where((role < 0) | (kinds < 0), 1, grades[kinds, role] if len(roles) else 1)
    return pd.DataFrame(
        {
            "principal_id": who.principal_id.array,
            "principal_type": who.type.array,
            "machine": who.machine.array,
            "usable": who.usable.array,
            "role_id": live.role_id.array.take(place),
            "role_name": names.array.take(place),
            "support": pd.Series(SUPPORT, dtype="str").array.take(support),
            "assignment_id": live.assignment_id.array.take(place),
            "through": live.principal_id.array.take(np.where(indirect, place, -1), allow_fill=True),
        }
    )
