"""Routes followed downwards: from the groups that hold them to the members, level by level, the shortest way kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditkit.access.codes import Bools, Ints
from auditkit.access.routes import Memberships


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Who is reached (rows of principals), each by the place of a route and through a group (its number, -1: none).

    `parent` gives, for each group's number, the group through which it was reached, -1 where it holds the route.
    """

    who: Ints
    route: Ints
    group: Ints
    parent: Ints

    def chain(self, group: int) -> list[int]:
        """The groups from this one to the one that holds the route."""
        found = [group]
        while (above := int(self.parent[found[-1]])) >= 0:
            found.append(above)
        return found


def spread(memberships: Memberships, holder: Ints, routes: Ints, wanted: Bools) -> Spread:
    """The wanted principals that these routes reach (places in `holder`), each by the one with the fewest groups.

    Of equally short ones, the first group and the first route win.
    """
    own = _first(holder[routes], routes, memberships.count)
    route, depth, parent = _down(memberships, own[memberships.groups])
    group = _nearest(memberships, depth)
    direct = own >= 0
    who = np.flatnonzero(wanted & (direct | (group >= 0)))
    mine = direct[who]
    through = np.where(mine, -1, group[who])
    by_group = route[through] if len(route) else through
    return Spread(who=who, route=np.where(mine, own[who], by_group), group=through, parent=parent)


def _first(places: Ints, values: Ints, size: int) -> Ints:
    """For each place the first value given for it, -1 where there is none."""
    found = np.full(size, -1, dtype=np.int64)
    found[places[::-1]] = values[::-1]
    return found


def _down(memberships: Memberships, route: Ints) -> tuple[Ints, Ints, Ints]:
    """For each group its route, how many groups lie between (-1: not reached), and the group above on the way."""
    route = route.copy()
    depth = np.where(route >= 0, 0, -1)
    parent = np.full(len(route), -1, dtype=np.int64)
    inner = memberships.number[memberships.member]
    nested = inner >= 0
    order = np.lexsort((memberships.holder[nested], inner[nested]))
    inner, outer = inner[nested][order], memberships.holder[nested][order]
    level = 0
    while True:
        fresh = np.flatnonzero((depth[outer] == level) & (depth[inner] < 0))
        if not len(fresh):
            return route, depth, parent
        level += 1
        above = _first(inner[fresh], outer[fresh], len(route))
        new = np.flatnonzero(above >= 0)
        route[new], parent[new], depth[new] = route[above[new]], above[new], level


def _nearest(memberships: Memberships, depth: Ints) -> Ints:
    """For each principal that group, of those that it is directly in, with the shortest way; -1 where there is none."""
    found = np.full(memberships.count, -1, dtype=np.int64)
    reached = depth[memberships.holder] >= 0
    member, group = memberships.member[reached], memberships.holder[reached]
    order = np.lexsort((group, depth[group], member))
    found[member[order][::-1]] = group[order][::-1]
    return found
