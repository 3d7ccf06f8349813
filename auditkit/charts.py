"""The figures: one function each, frames in, a matplotlib `Figure` out, no state shared between them.

The title of a figure states what it shows; `svg()` gives the same bytes for the same figure. Colours are from the
Okabe-Ito palette, told apart by lightness and hatching as well, so that they survive a grey printer.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

SEVERITY_COLOURS = {"critical": "#7a1f5c", "high": "#d55e00", "medium": "#e69f00", "low": "#56b4e9", "info": "#d7dde2"}
_SEVERITY_HATCHES = {"critical": "", "high": "//", "medium": "", "low": "..", "info": ""}
_SUPPORT = {"yes": ("#009e73", ""), "no": ("#d55e00", "//"), "unknown": ("#d7dde2", "..")}
_ENDINGS = {"expires": ("#e69f00", ""), "expired": ("#56b4e9", "//"), "revoked": ("#4a5661", "")}
_INK, _MUTED = "#1b2733", "#51606e"
_RC: dict[Any, Any] = {
    "svg.hashsalt": "auditkit", "svg.fonttype": "path", "text.parse_math": False, "font.family": ["DejaVu Sans"],
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": _MUTED,
    "axes.labelcolor": _MUTED, "xtick.color": _MUTED, "ytick.color": _INK, "text.color": _INK,
    "hatch.linewidth": 0.6, "hatch.color": "white", "axes.axisbelow": True, "grid.color": "#e3e8ec",
    "legend.frameon": False, "axes.unicode_minus": False,
}  # fmt: skip
_LONGEST_LABEL = 36
_WEEK = pd.Timedelta(days=7).as_unit("us")
_WEEKS_BACK, _WEEKS_AHEAD = 13, 52


def severity_by_rule(findings: pd.DataFrame, rules: pd.DataFrame) -> Figure:
    """How many findings each rule has, by severity; the fifteen rules with the most severe ones.

    `findings` has rule and severity, `rules` id, title and evaluated.
    """
    counts = pd.crosstab(findings.rule, findings.severity.astype("str"))
    counts = counts.reindex(columns=list(SEVERITY_COLOURS), fill_value=0)
    worst = counts.sort_values(list(SEVERITY_COLOURS), ascending=False, kind="stable").head(15)[::-1]
    titles = dict(zip(rules.id, rules.title, strict=True))
    high = int(counts[["critical", "high"]].to_numpy().sum())
    title = f"{high:,} of {len(findings):,} findings are critical or high, from {len(counts)} of {len(rules)} rules"
    with mpl.rc_context(_RC):
        figure, axes = _figure(title if len(findings) else "No findings", rows=max(len(worst), 2))
        series = {name: worst[name].to_numpy() for name in SEVERITY_COLOURS}
        looks = {name: (colour, _SEVERITY_HATCHES[name]) for name, colour in SEVERITY_COLOURS.items()}
        _stacked(axes, [f"{name}  {titles.get(name, '')}" for name in worst.index], series, looks)
        axes.set_xlabel("findings")
    return figure


def credential_calendar(credentials: pd.DataFrame, *, as_of: pd.Timestamp, window_days: int) -> Figure:
    """Which credentials end in which week: three months back, twelve ahead, the window shaded.

    `credentials` has expires_at, revoked_at, live, revoked and expired.
    """
    window = pd.Timedelta(days=window_days).as_unit("us")
    ahead = credentials[credentials.live & credentials.expires_at.gt(as_of)]
    soon = int(ahead.expires_at.le(as_of + window).sum())
    past = credentials.expired & ~credentials.revoked
    weeks = {
        "expires": _weeks(ahead.expires_at, as_of),
        "expired": _weeks(credentials.expires_at[past], as_of),
        "revoked": _weeks(credentials.revoked_at[credentials.revoked], as_of),
    }
    live = int(credentials.live.sum())
    title = f"{soon:,} of {live:,} live credentials expire within {window_days} days"
    with mpl.rc_context(_RC):
        figure, axes = _figure(title, rows=6)
        edges = np.arange(-_WEEKS_BACK, _WEEKS_AHEAD)
        _columns(axes, edges + 0.5, weeks, _ENDINGS)
        axes.axvspan(0, window_days / 7, color="#e69f00", alpha=0.16, lw=0)
        axes.axvline(0, color=_INK, lw=1.2)
        _month_ticks(axes, as_of)
        axes.set_xlim(-_WEEKS_BACK, _WEEKS_AHEAD)
        axes.set_ylabel("credentials a week")
        _whole_numbers(axes.yaxis)
        _legend(axes)
    return figure


def activity_age(principals: pd.DataFrame, *, as_of: pd.Timestamp, dormant_days: int) -> Figure:
    """How long ago usable principals were last active, people and machines, on a logarithmic axis.

    `principals` has usable, type, machine and last_activity.
    """
    judged = principals[principals.usable & principals.type.ne("Group")]
    days = judged.last_activity.rsub(as_of).dt.total_seconds().div(86_400).clip(lower=0.5)
    known, old = days.notna(), int(days.gt(dormant_days).sum())
    title = f"{old:,} of {len(judged):,} usable principals were last active more than {dormant_days} days ago"
    never = int((~known).sum())
    edges = np.array([0.5, 1, 2, 4, 7, 14, 30, 60, 90, 180, 365, 730, 1460, 3650])
    groups = {"people": ~judged.machine, "machines": judged.machine}
    counts = {name: np.histogram(days[known & mask].clip(upper=3649), edges)[0] for name, mask in groups.items()}
    with mpl.rc_context(_RC):
        figure, axes = _figure(title, rows=6)
        looks = {"people": ("#56b4e9", ""), "machines": ("#4a5661", "//")}
        _columns(axes, edges[:-1], counts, looks, widths=np.diff(edges), align="edge")
        axes.set_xscale("log")
        axes.set_xticks([1, 7, 30, 90, 365, 3650], ["1 day", "7", "30", "90", "1 year", "10 years"])
        axes.tick_params(which="minor", bottom=False)
        axes.axvline(max(dormant_days, 0.5), color="#d55e00", lw=1.6, ls="--", label=f"limit: {dormant_days} days")
        axes.set_xlabel(f"since the last activity ({never:,} principals show none)")
        axes.set_ylabel("principals")
        _whole_numbers(axes.yaxis)
        _legend(axes)
    return figure


def role_support(reach: pd.DataFrame) -> Figure:
    """How many (principal, role) pairs of each type of principal the role supports, does not, or does not say.

    `reach` has principal_id, principal_type and support.
    """
    held = reach[reach.principal_type.astype("str").ne("Group")]
    counts = pd.crosstab(held.principal_type.astype("str"), held.support.astype("str"))
    counts = counts.reindex(columns=list(_SUPPORT), fill_value=0).sort_index(ascending=False)
    keys = held[held.principal_type.astype("str").eq("ApiKey")]
    odd = keys.loc[keys.support.astype("str").eq("no"), "principal_id"].nunique()
    title = f"{odd:,} of {keys.principal_id.nunique():,} ApiKey principals with a role hold one that lacks ApiKey"
    with mpl.rc_context(_RC):
        figure, axes = _figure(title, rows=max(len(counts), 2))
        _stacked(axes, list(counts.index), {name: counts[name].to_numpy() for name in _SUPPORT}, _SUPPORT)
        axes.set_xlabel("(principal, role) pairs, by whether the role supports the principal's type")
    return figure


def svg(figure: Figure) -> bytes:
    """The figure as SVG: the same bytes for the same figure."""
    out = io.BytesIO()
    with mpl.rc_context(_RC):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def figure_html(figure: Figure) -> str:
    """The figure as an inert image with its title as the text for those who do not see it."""
    data = base64.b64encode(svg(figure)).decode()
    return f'<figure><img alt="{escape(alt_text(figure))}" src="data:image/svg+xml;base64,{data}"></figure>'


def alt_text(figure: Figure) -> str:
    """What the figure says, in words: its title and what is on its axes."""
    axes = figure.axes[0]
    words = [figure.get_suptitle(), axes.get_xlabel(), axes.get_ylabel()]
    return ". ".join(word for word in words if word) + "."


def _figure(title: str, *, rows: int) -> tuple[Figure, Any]:
    figure = Figure(figsize=(8.6, 1.35 + 0.26 * rows), layout="constrained", facecolor="white")
    figure.suptitle(title, x=0.008, ha="left", size=11, weight="bold")
    return figure, figure.add_subplot()


def _stacked(
    axes: Any, labels: Sequence[str], series: Mapping[str, Any], looks: Mapping[str, tuple[str, str]]
) -> None:
    """Horizontal bars, one part for each of `series`, with a legend of the parts that occur."""
    places, left = np.arange(len(labels)), np.zeros(len(labels))
    for name, values in series.items():
        if values.sum():
            colour, hatch = looks[name]
            axes.barh(places, values, 0.68, left=left, color=colour, hatch=hatch, label=name, ec="white", lw=0.6)
            left = left + values
    axes.set_yticks(places, [_fit(label) for label in labels])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    _whole_numbers(axes.xaxis)
    axes.bar_label(axes.barh(places, left * 0, left=left), [f"{int(total):,}" for total in left], padding=3)
    axes.margins(x=0.08)
    _legend(axes)


def _columns(
    axes: Any, places: Any, series: Mapping[str, Any], looks: Mapping[str, tuple[str, str]], **bars: Any
) -> None:
    """Vertical stacked bars."""
    widths, bottom = bars.pop("widths", 0.86), np.zeros(len(places))
    for name, values in series.items():
        colour, hatch = looks[name]
        look = {"color": colour, "hatch": hatch, "ec": "white", "lw": 0.5, "label": f"{name} ({int(values.sum()):,})"}
        axes.bar(places, values, widths, bottom=bottom, **look, **bars)
        bottom = bottom + values
    axes.grid(axis="y")
    axes.set_ylim(0, max(bottom.max(), 1) * 1.08)


def _weeks(moments: pd.Series, as_of: pd.Timestamp) -> Any:
    """How many moments lie in each week around `as_of`."""
    week = (moments.dropna().sub(as_of) // _WEEK).astype("int64")
    inside = week[week.between(-_WEEKS_BACK, _WEEKS_AHEAD - 1)] + _WEEKS_BACK
    return np.bincount(inside.to_numpy(), minlength=_WEEKS_BACK + _WEEKS_AHEAD)


def _month_ticks(axes: Any, as_of: pd.Timestamp) -> None:
    """A tick at each second first of a month, by its name."""
    start = (as_of - _WEEKS_BACK * _WEEK).normalize()
    months = pd.date_range(start, as_of + _WEEKS_AHEAD * _WEEK, freq="2MS")
    axes.set_xticks([(month - as_of) / _WEEK for month in months], [month.strftime("%Y-%m") for month in months])


def _legend(axes: Any) -> None:
    """The legend under the axes, where it hides nothing."""
    if axes.get_legend_handles_labels()[0]:
        axes.figure.legend(loc="outside lower left", ncols=6, handlelength=1.4, columnspacing=1.4)


def _whole_numbers(axis: Any) -> None:
    axis.get_major_locator().set_params(integer=True)


def _fit(label: str) -> str:
    """A label cut to fit, with what the font cannot draw as a replacement mark."""
    drawn = "".join(char if char.isprintable() and ord(char) in _glyphs() else "\ufffd" for char in label)
    return drawn if len(drawn) <= _LONGEST_LABEL + 8 else drawn[: _LONGEST_LABEL + 7] + "…"


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return frozenset(code for code in font.get_charmap() if code >= 32)
