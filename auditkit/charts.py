"""The figures: one function each, frames in, a matplotlib `Figure` out, no state shared between them.

The title of a figure states what it shows; `svg()` gives the same bytes for the same figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from auditkit.charts_access import principal_routes, required_against_effective, role_breadth
from auditkit.charts_credentials import credential_timeline, lifetime_against_age
from auditkit.charts_drawing import (
    INK,
    RC,
    SEVERITY_COLOURS,
    SEVERITY_HATCHES,
    SUPPORT,
    alt_text,
    columns,
    figure_html,
    legend,
    new_figure,
    say_below,
    stacked,
    svg,
    whole_numbers,
)
from auditkit.findings_met import counted

__all__ = [
    "activity_age", "alt_text", "credential_calendar", "credential_timeline", "figure_html", "findings_by_quarter",
    "lifetime_against_age", "principal_routes", "required_against_effective", "role_breadth", "role_support",
    "severity_by_family", "severity_by_rule", "svg",
]  # fmt: skip

_ENDINGS = {"expires": ("#e69f00", ""), "expired": ("#56b4e9", "//"), "revoked": ("#4a5661", "")}
_SUPPORTED = {"yes": "supported", "no": "not supported", "unknown": "not declared"}
_WEEK = pd.Timedelta(days=7).as_unit("us")
_WEEKS_BACK, _WEEKS_AHEAD = 13, 52


def severity_by_rule(findings: pd.DataFrame, rules: pd.DataFrame) -> Figure:
    """How many findings each rule has, by severity: every rule with a critical or high one, and up to fifteen in all.

    `findings` has rule and severity, `rules` id, title and evaluated.
    """
    counts = pd.crosstab(findings.rule, findings.severity.astype("str"))
    counts = counts.reindex(columns=list(SEVERITY_COLOURS), fill_value=0)
    severe = counts[["critical", "high"]].gt(0).any(axis=1)
    shown = max(15, int(severe.sum()))
    order = counts.assign(severe=severe).sort_values(["severe", *SEVERITY_COLOURS], ascending=False, kind="stable")
    worst, left_out = order.head(shown)[::-1], max(len(counts) - shown, 0)
    titles = dict(zip(rules.id, rules.title, strict=True))
    high = int(counts[["critical", "high"]].to_numpy().sum())
    found = f"{len(counts)} of {len(rules)} rules have findings"
    title = f"{high:,} of {len(findings):,} findings are critical or high; {found}"
    with mpl.rc_context(RC):
        figure, axes = new_figure(title if len(findings) else "No findings", rows=max(len(worst), 2))
        series = {name: worst[name].to_numpy() for name in SEVERITY_COLOURS}
        looks = {name: (colour, SEVERITY_HATCHES[name]) for name, colour in SEVERITY_COLOURS.items()}
        stacked(axes, [f"{name}  {titles.get(name, '')}" for name in worst.index], series, looks)
        more = f" (and {left_out} more rules, whose findings are medium or lower)" if left_out else ""
        silent = int((~rules.evaluated).sum())
        say_below(axes, f"findings{more}" + (f"; rules not evaluated, or not whole: {silent}" if silent else ""))
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
    title = f"{soon:,} of {len(credentials):,} credentials are live and expire within {window_days} days"
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=6)
        edges = np.arange(-_WEEKS_BACK, _WEEKS_AHEAD)
        columns(axes, edges + 0.5, weeks, _ENDINGS)
        axes.axvspan(0, window_days / 7, color="#e69f00", alpha=0.16, lw=0)
        axes.axvline(0, color=INK, lw=1.2)
        _month_ticks(axes, as_of)
        axes.set_xlim(-_WEEKS_BACK, _WEEKS_AHEAD)
        axes.set_ylabel("credentials a week")
        beyond = _beyond([ahead.expires_at, credentials.revoked_at, credentials.expires_at[past]], as_of)
        axes.set_xlabel(f"week in which they end{beyond}")
        whole_numbers(axes.yaxis)
        legend(axes)
    return figure


def activity_age(principals: pd.DataFrame, *, as_of: pd.Timestamp, dormant_days: int) -> Figure:
    """How long ago usable principals were last active, people and machines, on a logarithmic axis.

    `principals` has usable, type, machine and last_activity.
    """
    judged = principals[principals.usable & principals.type.ne("Group")]
    days = judged.last_activity.rsub(as_of).dt.total_seconds().div(86_400).clip(lower=0.5)
    known, old = days.notna(), int(days.gt(dormant_days).sum())
    whole = int(principals.type.ne("Group").sum())
    title = f"{old:,} of {whole:,} people and machines are usable and were last active over {dormant_days} days ago"
    never = int((~known).sum())
    edges = np.array([0.5, 1, 2, 4, 7, 14, 30, 60, 90, 180, 365, 730, 1460, 3650])
    groups = {"people": ~judged.machine, "machines": judged.machine}
    counts = {name: np.histogram(days[known & mask].clip(upper=3649), edges)[0] for name, mask in groups.items()}
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=6)
        looks = {"people": ("#56b4e9", ""), "machines": ("#4a5661", "//")}
        columns(axes, edges[:-1], counts, looks, widths=np.diff(edges), align="edge")
        axes.set_xscale("log")
        axes.set_xticks([1, 7, 30, 90, 365, 3650], ["1 day", "7", "30", "90", "1 year", "10 years"])
        axes.tick_params(which="minor", bottom=False)
        axes.axvline(max(dormant_days, 0.5), color="#d55e00", lw=1.6, ls="--", label=f"limit: {dormant_days} days")
        unseen = f"; not drawn: {never:,} usable ones without any" if never else ""
        axes.set_xlabel(f"time since the last activity{unseen}")
        axes.set_ylabel("usable principals")
        whole_numbers(axes.yaxis)
        legend(axes)
    return figure


def role_support(reach: pd.DataFrame) -> Figure:
    """How many (principal, role) pairs of each type of principal the role supports, does not, or does not say.

    `reach` has principal_id, principal_type and support.
    """
    held = reach[reach.principal_type.astype("str").ne("Group")]
    counts = pd.crosstab(held.principal_type.astype("str"), held.support.astype("str"))
    counts = counts.rename(columns=_SUPPORTED).reindex(columns=list(SUPPORT), fill_value=0).sort_index(ascending=False)
    keys = held.loc[held.principal_type.astype("str").eq("ApiKey"), "support"].astype("str")
    title = f"{int(keys.eq('no').sum()):,} of {len(keys):,} roles given to ApiKey principals do not support ApiKey"
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=max(len(counts), 2))
        stacked(axes, list(counts.index), {name: counts[name].to_numpy() for name in SUPPORT}, SUPPORT)
        say_below(axes, "(principal, role) pairs, by whether the role supports the principal's type")
    return figure


def findings_by_quarter(history: pd.DataFrame) -> Figure:
    """How many findings each audit had, by severity, oldest first; `history` is the frame of `review.history`."""
    last = history.iloc[-1]
    changes = f"{int(last.new):,} new, {int(last.gone):,} gone"
    title = f"{int(last.findings):,} findings as of {last.as_of:%Y-%m-%d}: {changes}"
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=8)
        series = {name: history[name].to_numpy() for name in SEVERITY_COLOURS}
        looks = {name: (colour, SEVERITY_HATCHES[name]) for name, colour in SEVERITY_COLOURS.items()}
        places = np.arange(len(history))
        columns(axes, places, series, looks, widths=0.6)
        marks = history.as_of.dt.strftime("%Y-%m-%d") + history.complete.map({True: "", False: " (incomplete)"})
        axes.set_xticks(places, list(marks))
        axes.set_xlabel("audit, by the day that it judged")
        axes.set_ylabel("findings")
        whole_numbers(axes.yaxis)
        legend(axes)
    return figure


def severity_by_family(findings: pd.DataFrame, rules: pd.DataFrame) -> Figure:
    """How many findings each family of rules has, by severity, and of which families rules were not evaluated.

    `findings` has family and severity, `rules` family and evaluated.
    """
    judged = list(rules.family[rules.evaluated].unique())
    counts = pd.crosstab(findings.family, findings.severity.astype("str"))
    counts = counts.reindex(index=counts.index.union(judged), columns=list(SEVERITY_COLOURS), fill_value=0)
    counts = counts.sort_values(list(SEVERITY_COLOURS), kind="stable")
    title = "No findings"
    if len(findings):
        severe, whole = int(counts[["critical", "high"]].iloc[-1].sum()), int(counts.iloc[-1].sum())
        bad = f"{severe:,} of its {counted(whole, 'finding')} {'is' if severe == 1 else 'are'} critical or high"
        title = f"Worst is the family {counts.index[-1]}: {bad}"
        if not severe:
            title = f"No finding is critical or high; the worst are of the family {counts.index[-1]}"
    quiet = (~rules.evaluated).groupby(rules.family).agg(["sum", "size"])
    quiet = quiet[quiet["sum"].gt(0)]
    told = [
        f"{name} {count} of {size}" for name, count, size in zip(quiet.index, quiet["sum"], quiet["size"], strict=True)
    ]
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=max(len(counts), 2))
        series = {name: counts[name].to_numpy() for name in SEVERITY_COLOURS}
        looks = {name: (colour, SEVERITY_HATCHES[name]) for name, colour in SEVERITY_COLOURS.items()}
        stacked(axes, [str(name) for name in counts.index], series, looks)
        say_below(axes, "findings" + ("; rules not evaluated, or not whole: " + ", ".join(told) if told else ""))
    return figure


def _weeks(moments: pd.Series, as_of: pd.Timestamp) -> Any:
    """How many moments lie in each week around `as_of`."""
    week = (moments.dropna().sub(as_of) // _WEEK).astype("int64")
    inside = week[week.between(-_WEEKS_BACK, _WEEKS_AHEAD - 1)] + _WEEKS_BACK
    return np.bincount(inside.to_numpy(), minlength=_WEEKS_BACK + _WEEKS_AHEAD)


def _beyond(ends: Sequence[pd.Series], as_of: pd.Timestamp) -> str:
    """What lies outside the weeks drawn, in words, so that the numbers add up."""
    week = pd.concat([moments.dropna().sub(as_of) // _WEEK for moments in ends])
    before, after = int(week.lt(-_WEEKS_BACK).sum()), int(week.ge(_WEEKS_AHEAD).sum())
    return f"; not drawn: {before:,} earlier, {after:,} later" if before or after else ""


def _month_ticks(axes: Any, as_of: pd.Timestamp) -> None:
    """A tick at each second first of a month, by its name."""
    start = (as_of - _WEEKS_BACK * _WEEK).normalize()
    months = pd.date_range(start, as_of + _WEEKS_AHEAD * _WEEK, freq="2MS")
    axes.set_xticks([(month - as_of) / _WEEK for month in months], [month.strftime("%Y-%m") for month in months])
