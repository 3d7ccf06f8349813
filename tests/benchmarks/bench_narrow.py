"""How soon the narrowest roles are found, and proven, in a large catalogue: 100 permissions drawn from 5 roles.

The catalogue is a file of the caller, `{"permissions": [...], "roles": {id: {"permissions": [index, ...]}}}`, maybe
gzipped: the argument, or the environment's `AUDITKIT_ROLE_CATALOGUE`. Without one, one of a like shape is made.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from pathlib import Path
from random import Random

from auditkit.access.cover import choose

VARIABLE = "AUDITKIT_ROLE_CATALOGUE"
DRAWS, ROLES, PERMISSIONS, GOAL = 5, 5, 100, 30.0


def catalogue(path: str | None) -> list[frozenset[int]]:
    """The permissions of each role, by number."""
    if path is None:
        return made(Random(1))
    data = Path(path).read_bytes()
    whole = json.loads(gzip.decompress(data) if path.endswith(".gz") else data)
    return [frozenset(role["permissions"]) for role in whole["roles"].values()]


def made(random: Random) -> list[frozenset[int]]:
    """2,400 roles over 13,000 permissions: services of 40, each with readers, writers and owners, and a few wide roles."""
    services = [range(start, start + 40) for start in range(0, 13_000, 40)]
    roles = [frozenset(random.sample(each, size)) for each in services for size in (5, 8, 11, 15, 25, 40, 40)]
    for size in (6, 20, 60, 200):
        roles += [frozenset().union(*random.sample(services, size)) for _ in range(30)]
    return roles


def draw(roles: list[frozenset[int]], random: Random) -> frozenset[int]:
    """100 permissions of five roles that are large enough to give twenty each."""
    drawn = random.sample([role for role in roles if 20 <= len(role) <= 400], ROLES)
    return frozenset().union(*(random.sample(sorted(role), PERMISSIONS // ROLES) for role in drawn))


def main(path: str | None = None) -> list[tuple[str, float, float]]:
    """Rows of (name, seconds, goal): the slowest of several draws, each proven."""
    roles = catalogue(path or os.environ.get(VARIABLE))
    slowest = 0.0
    for number in range(DRAWS):
        wanted = draw(roles, Random(number))
        start = time.perf_counter()
        useful = [role for role in roles if role & wanted]
        found = choose([role & wanted for role in useful], [role - wanted for role in useful], [1.0] * len(useful),
                       time_limit=4 * GOAL)  # fmt: skip
        if not found.proven:
            raise SystemExit(f"draw {number} was not proven: {found}")
        slowest = max(slowest, time.perf_counter() - start)
    return [(f"`narrow`: {PERMISSIONS} permissions of {ROLES} roles among {len(roles):,}, proven (seconds)", slowest, GOAL)]


if __name__ == "__main__":
    for row in main(*sys.argv[1:2]):
        print(*row)
