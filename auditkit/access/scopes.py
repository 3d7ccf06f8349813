"""Where a scope reaches: the comparison of check AUZ5, for one scope and one place."""

from __future__ import annotations

from collections.abc import Container

# A resource type and a path, or None for the whole organisation.
Place = tuple[str, str] | None


def below(path: str, top: str) -> bool:
    """Whether a path lies strictly below another, segment by segment; `/` is above everything else."""
    lower, upper = segments(path), segments(top)
    return len(lower) > len(upper) and lower[: len(upper)] == upper


def segments(path: str) -> list[str]:
    """The segments of a path."""
    return [each for each in path.split("/") if each]


def covers(scope: Place, place: Place, hierarchical: Container[str]) -> bool:
    """Whether what is given at `scope` holds at `place`."""
    if scope is None:
        return True
    if place is None:
        return False
    same = scope[0] == place[0] and segments(scope[1]) == segments(place[1])
    return same or (scope[0] in hierarchical and below(place[1], scope[1]))
