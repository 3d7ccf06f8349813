"""Names beside the points of a figure: each where it covers no other name and no point, the others left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditkit.charts_drawing import fit, inches_wide

# In points of type: the letters, the height of a line, how far from its point a name stands, and from all else.
_SIZE, _HIGH, _OFF, _APART = 8, 11.0, 6.0, 3.0
_SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
Box = tuple[float, float, float, float]


def name_points(axes: Any, points: Any, wanted: Sequence[int], names: Sequence[str], *, inches: float) -> list[int]:
    """Write the names of the wanted points beside them, the first ones first; answers which of them found room.

    `points` has a row (x, y) for each point that is drawn, named or not. The axes must be as they will be: what is
    written later above or below them, if it takes more lines, moves the points.
    """
    axes.figure.draw_without_rendering()
    # In points of type, as the sizes of letters are: the same whatever the figure is drawn into.
    spots = axes.transData.transform(points) * 72 / axes.figure.dpi
    edge = axes.bbox.extents * 72 / axes.figure.dpi
    taken: list[Box] = []
    named: list[int] = []
    for place, name in zip(wanted, names, strict=True):
        told = fit(name, inches)
        boxes = [_box(spots[place], inches_wide(told, size=_SIZE) * 72, *side) for side in _SIDES]
        box = next((box for box in boxes if _free(box, spots, taken, edge)), None)
        if box is not None:
            taken.append(box)
            named.append(place)
            off = (box[0] - spots[place][0], (box[1] + box[3]) / 2 - spots[place][1])
            axes.annotate(told, points[place], xytext=off, textcoords="offset points", size=_SIZE,
                          va="center_baseline").set_in_layout(False)  # fmt: skip
    return named


def _box(spot: Any, width: float, across: int, up: int) -> Box:
    """Left, bottom, right and top of a name on one side of a point."""
    left = spot[0] + across * _OFF - (0.5 - across / 2) * width
    middle = spot[1] + up * (_OFF + _HIGH / 2) * (0.8 if across else 1.0)
    return (float(left), float(middle - _HIGH / 2), float(left + width), float(middle + _HIGH / 2))


def _free(box: Box, spots: Any, taken: Sequence[Box], edge: Any) -> bool:
    """Whether a name there lies inside the axes, meets no other name and covers no point."""
    left, low, right, high = box[0] - _APART, box[1] - _APART, box[2] + _APART, box[3] + _APART
    inside = box[0] >= edge[0] and box[1] >= edge[1] and box[2] <= edge[2] and box[3] <= edge[3]
    alone = all(right < x0 or x1 < left or high < y0 or y1 < low for x0, y0, x1, y1 in taken)
    x, y = spots[:, 0], spots[:, 1]
    return inside and alone and not ((x > left) & (x < right) & (y > low) & (y < high)).any()
