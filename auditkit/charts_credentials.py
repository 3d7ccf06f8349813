"""Figures of credentials: how long they live against how old they are, and one principal's on a time axis."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from auditkit.charts_drawing import INK, MUTED, RC, fit, legend, new_figure
from auditkit.findings_met import counted

_DAY = pd.Timedelta(days=1).as_unit("us")
# What has no expiry is drawn beyond every lifetime, in a band of its own.
_LONGEST, _MOST_BARS = 3650, 20


def lifetime_against_age(credentials: pd.DataFrame, *, as_of: pd.Timestamp, max_age_days: int) -> Figure:
    """Each live credential by its age and the days until it expires; those without an expiry in a band at the top.

    `credentials` has live, machine, created_at and expires_at.
    """
    live = credentials[credentials.live]
    age = live.created_at.rsub(as_of) / _DAY
    left = ((live.expires_at - as_of) / _DAY).clip(upper=_LONGEST)
    never, old = int(left.isna().sum()), int(age.gt(max_age_days).sum())
    title = f"{never:,} of {len(credentials):,} credentials are live without an expiry"
    title += f", {old:,} live and older than {max_age_days} days"
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=10)
        for name, mask, marker, colour in (
            ("people and groups", ~live.machine, "s", "#56b4e9"), ("machines", live.machine, "o", "#4a5661"),
        ):  # fmt: skip
            shown = left.fillna(_LONGEST * 2.2)[mask]
            look = {"s": 26, "marker": marker, "alpha": 0.65, "c": colour, "ec": "white", "lw": 0.5}
            if not mask.any():
                continue
            axes.scatter(age[mask].clip(lower=0), shown.clip(lower=1), label=f"{name} ({int(mask.sum()):,})", **look)
        axes.axvline(max_age_days, color="#d55e00", lw=1.6, ls="--", label=f"limit: {max_age_days} days old")
        axes.set_yscale("log")
        axes.set_ylim(0.8, _LONGEST * 3.2)
        axes.axhspan(_LONGEST * 1.5, _LONGEST * 3.2, color="#d7dde2", alpha=0.5, lw=0)
        ticks = {1: "1 day", 7: "7", 30: "30", 90: "90", 365: "1 year", 3650: "10 years", _LONGEST * 2.2: "no expiry"}
        axes.set_yticks(list(ticks), list(ticks.values()))
        axes.tick_params(which="minor", left=False)
        axes.set_xlim(left=min(-2, -0.02 * float(age.max() if len(age) else 1)))
        axes.set_xlabel("age, days since it was made")
        axes.set_ylabel("time until it expires")
        axes.grid(axis="both")
        legend(axes)
    return figure


def credential_timeline(credentials: pd.DataFrame, *, as_of: pd.Timestamp) -> Figure:
    """A bar for each credential from when it was made until it ends, with when it was last used.

    `credentials` has key_id, created_at, expires_at, revoked_at, last_used_at and live; the first twenty are drawn.
    """
    rows = credentials.sort_values("created_at", kind="stable").head(_MOST_BARS)
    live = int(credentials.live.sum())
    title = f"{live:,} of {counted(len(credentials), 'credential')} {'is' if live == 1 else 'are'} live"
    ends = rows.revoked_at.fillna(rows.expires_at)
    start, end, used = (_days(moments, as_of) for moments in (rows.created_at, ends, rows.last_used_at))
    widest = float(np.nanmax(np.r_[end, 90.0]))
    with mpl.rc_context(RC):
        figure, axes = new_figure(title, rows=max(len(rows), 2))
        places = np.arange(len(rows))
        for name, mask, colour, hatch in (
            ("live", rows.live.to_numpy(), "#56b4e9", ""), ("ended", ~rows.live.to_numpy(), "#d7dde2", "//"),
        ):  # fmt: skip
            until = np.where(np.isnan(end), widest * 1.15, end)
            look = {"color": colour, "hatch": hatch, "ec": "white", "lw": 0.6, "label": name}
            if mask.any():
                axes.barh(places[mask], (until - start)[mask], 0.6, left=start[mask], **look)
        axes.plot(used, places, "D", color=INK, ms=5, label="last used", ls="")
        open_end = np.isnan(end)
        if open_end.any():
            tips = np.full(open_end.sum(), widest * 1.15)
            axes.plot(tips, places[open_end], ">", color=MUTED, ms=7, ls="", label="no expiry")
        axes.set_ylim(-0.8, max(len(rows), 2) - 0.2)
        axes.axvline(0, color="#d55e00", lw=1.4, ls="--", label=f"as of {as_of:%Y-%m-%d}")
        axes.set_yticks(places, [fit(key) for key in rows.key_id])
        axes.set_xlabel(f"days before and after {as_of:%Y-%m-%d}")
        axes.grid(axis="x")
        legend(axes)
    return figure


def _days(moments: pd.Series, as_of: pd.Timestamp) -> np.ndarray:
    found: np.ndarray = ((moments - as_of) / _DAY).to_numpy(dtype="float64")
    return found
