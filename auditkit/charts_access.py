"""Figures of access: how broad roles are, what is required and what is effective, and the routes of one principal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from auditkit.charts_drawing import INK, MUTED, RC, fit, legend, new_figure, stacked, whole_numbers
from auditkit.charts_names import name_points
from auditkit.findings_met import counted

_OUTCOMES = {"allowed": ("#009e73", ""), "undetermined": ("#d7dde2", ".."), "denied": ("#d55e00", "//"),
             "not judged": ("#4a5661", "xx")}  # fmt: skip
_ASKED = ["principal_id", "permission", "resource_type", "resource_path"]
_MOST_ROWS, _MOST_NODES, _MOST_NAMES = 15, 12, 12
_SHARE = "share of the catalogue that the role holds, %"
_LAYERS = ("principal", "through group", "role or grant", "module")


def role_breadth(roles: pd.DataFrame, reach: pd.DataFrame, *, broad_share: float) -> Figure:
    """Each role by the share of the catalogue that it holds and by how many principals it reaches.

    `roles` has role_id, name and broad_share; `reach` principal_id, principal_type and role_id.
    """
    held = reach[reach.principal_type.astype("str").ne("Group")]
    members = roles.role_id.map(held.groupby("role_id").principal_id.nunique()).fillna(0).astype("int64")
    share = roles.broad_share.astype("float64").fillna(0)
    broad = share.ge(broad_share)
    reached = counted(held.principal_id[held.role_id.isin(roles.role_id[broad])].nunique(), "principal")
    holds, they = ("holds", "it reaches") if broad.sum() == 1 else ("hold", "they reach")
    title = f"{int(broad.sum()):,} of {counted(len(roles), 'role')} {holds} {broad_share:.0%} or more of the catalogue"
    title += f"; {they} {reached}" if broad.any() else ""
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=10)
        for name, mask, colour, marker in (("broad", broad, "#d55e00", "D"), ("others", ~broad, "#56b4e9", "o")):
            look = {"s": 34, "c": colour, "marker": marker, "ec": "white", "lw": 0.5, "alpha": 0.8}
            axes.scatter(share[mask] * 100, members[mask], label=f"{name} ({int(mask.sum()):,})", **look)
        axes.axvline(broad_share * 100, color="#d55e00", lw=1.4, ls="--", label=f"limit: {broad_share:.0%}")
        axes.set_xlim(-2, 118)
        most = max(int(members.max()) if len(members) else 0, 1)
        axes.set_ylim(-0.04 * most, 1.08 * most)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel(_SHARE)
        axes.set_ylabel("principals reached")
        axes.grid(axis="both")
        whole_numbers(axes.yaxis)
        legend(axes)
        wanted = _worth_a_name(share, members, broad)
        points = np.column_stack([share * 100, members])
        named = name_points(axes, points, wanted, [str(roles.name.iloc[at]) for at in wanted], inches=1.7)
        silent = int(broad.sum()) - int(broad.iloc[named].sum())
        if silent:
            axes.set_xlabel(f"{_SHARE}; {silent:,} of the {int(broad.sum()):,} broad ones without their names")
    return figure


def _worth_a_name(share: pd.Series, members: pd.Series, broad: pd.Series) -> list[int]:
    """Which roles to name, those first that give the most to the most: the broad ones, or three where none is broad."""
    order = np.lexsort((-share, -(share * members), ~broad))
    return [int(place) for place in order[: min(int(broad.sum()), _MOST_NAMES) or 3]]


def required_against_effective(gaps: pd.DataFrame) -> Figure:
    """Of each required permission, how many rows that ask for it are allowed, undetermined, denied and not judged.

    `gaps` has principal_id, permission, resource_type, resource_path, expect and outcome; a row given twice counts
    once, as in the rules. The fifteen permissions with the most denied rows.
    """
    asked = gaps[gaps.expect.eq("allow")].drop_duplicates(_ASKED)
    asked = asked.assign(outcome=asked.outcome.fillna("not judged"))
    counts = pd.crosstab(asked.permission, asked.outcome).reindex(columns=list(_OUTCOMES), fill_value=0)
    counts = counts.sort_values(["denied", "undetermined"], kind="stable").tail(_MOST_ROWS)
    denied, unclear = int(asked.outcome.eq("denied").sum()), int(asked.outcome.eq("undetermined").sum())
    title = f"{denied:,} of {len(asked):,} required permissions are missing, {unclear:,} undetermined"
    with mpl.rc_context(RC):
        figure, axes = new_figure(title if len(asked) else "No permission is required", rows=max(len(counts), 2))
        series = {name: counts[name].to_numpy() for name in _OUTCOMES}
        stacked(axes, [str(name) for name in counts.index], series, _OUTCOMES)
        axes.set_xlabel("required rows, by what the decision is")
    return figure


def principal_routes(ways: pd.DataFrame, *, principal: str) -> Figure:
    """The ways from a principal through groups and roles to modules; a dashed line is one that gives nothing.

    `ways` has through (names of groups, outermost last, or null), what (the role or the grant), gives (whether it
    certainly gives anything) and modules (a list).
    """
    lines = _lines(ways, principal)
    counted = f"{len(ways):,} route{'' if len(ways) == 1 else 's'}"
    modules = {name for names in ways.modules for name in names}
    dead = int((~ways.gives).sum())
    title = f"{fit(principal)} has {counted} to {len(modules):,} module{'' if len(modules) == 1 else 's'}"
    title += f"; {dead:,} of them give nothing for certain" if dead else ""
    with mpl.rc_context(RC):
        layers = [_nodes(lines, number) for number in range(len(_LAYERS))]
        figure, axes = new_figure(title, rows=2 + 2 * max(map(len, layers)))
        places = [_spread(layer) for layer in layers]
        for layer, one, other, gives in lines:
            if one in places[layer[0]] and other in places[layer[1]]:
                ends = ((layer[0], layer[1]), (places[layer[0]][one], places[layer[1]][other]))
                axes.plot(*ends, color=INK if gives else MUTED, lw=1.2, ls="-" if gives else (0, (4, 3)), zorder=1)
        for number, spots in enumerate(places):
            for name, height in spots.items():
                box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": MUTED}
                axes.text(number, height, fit(name, 1.75), ha="center", va="center", size=8, bbox=box, zorder=2)
        axes.set_xticks(range(len(_LAYERS)), _LAYERS)
        axes.set_yticks([])
        axes.set_xlim(-0.45, len(_LAYERS) - 0.55)
        axes.set_ylim(-0.08, 1.08)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
    routes = [_told(*way) for way in zip(ways.through, ways.what, ways.modules, strict=True)]
    figure.set_label("; ".join(routes[:_MOST_NODES]))
    return figure


Line = tuple[tuple[int, int], str, str, bool]


def _lines(ways: pd.DataFrame, principal: str) -> list[Line]:
    """Each line of the drawing once: the layers it joins, its two ends, whether anything certain comes along it."""
    found: dict[tuple[tuple[int, int], str, str], bool] = {}
    for through, what, gives, modules in zip(ways.through, ways.what, ways.gives, ways.modules, strict=True):
        direct = not isinstance(through, str)
        steps = [((0, 2), principal, what)] if direct else [((0, 1), principal, through), ((1, 2), through, what)]
        steps += [((2, 3), what, module) for module in modules]
        for step in steps:
            found[step] = found.get(step, False) or bool(gives)
    return [(*step, gives) for step, gives in found.items()]


def _nodes(lines: Sequence[Line], layer: int) -> list[str]:
    """The names of a layer in the order in which they come, the first dozen of them."""
    named = [name for ends, one, other, _ in lines for at, name in zip(ends, (one, other), strict=True) if at == layer]
    return list(dict.fromkeys(named))[:_MOST_NODES]


def _spread(names: Sequence[str]) -> dict[str, Any]:
    """Heights from the top for a layer's nodes; a single one stands in the middle."""
    heights = np.linspace(1, 0, len(names)) if len(names) > 1 else np.array([0.5])
    return dict(zip(names, heights.tolist(), strict=False))


def _told(through: Any, what: str, modules: Sequence[str]) -> str:
    middle = f" through {through}" if isinstance(through, str) else ""
    return f"{what}{middle} to {', '.join(modules) or 'nothing'}"
