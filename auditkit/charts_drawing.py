"""What the figures share: colours, bars, legends, and how a figure becomes bytes, HTML and words.

Colours are from the Okabe-Ito palette, told apart by lightness and hatching as well, so that they survive a grey
printer.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

SEVERITY_COLOURS = {"critical": "#7a1f5c", "high": "#d55e00", "medium": "#e69f00", "low": "#56b4e9", "info": "#d7dde2"}
SEVERITY_HATCHES = {"critical": "", "high": "//", "medium": "", "low": "..", "info": ""}
SUPPORT = {"supported": ("#009e73", ""), "not supported": ("#d55e00", "//"), "not declared": ("#d7dde2", "..")}
INK, MUTED = "#1b2733", "#51606e"
RC: dict[Any, Any] = {
    "svg.hashsalt": "auditkit", "svg.fonttype": "path", "text.parse_math": False, "font.family": ["DejaVu Sans"],
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED, "xtick.color": MUTED, "ytick.color": INK, "text.color": INK,
    "hatch.linewidth": 0.6, "hatch.color": "white", "axes.axisbelow": True, "grid.color": "#e3e8ec",
    "legend.frameon": False, "axes.unicode_minus": False,
}  # fmt: skip
_WIDTH, _LONGEST_LABEL = 8.6, 36
_NO_DRAWING = re.compile(rb"<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
# Coordinates; what ends a bracket, such as a scale, is left as it is.
_FINE = re.compile(rb'(?<=[ "])-?\d+\.\d{3,}(?=[ "\n])')


def svg(figure: Figure) -> bytes:
    """The figure as SVG: the same bytes for the same figure."""
    out = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def figure_html(figure: Figure) -> str:
    """The figure as an inert image with its title as the text for those who do not see it."""
    data = base64.b64encode(_lean(svg(figure))).decode()
    return f'<figure><img alt="{escape(alt_text(figure))}" src="data:image/svg+xml;base64,{data}"></figure>'


def _lean(drawn: bytes) -> bytes:
    """The same drawing in fewer bytes: no head, no comments, no indents, and hundredths of a point."""
    body = _NO_DRAWING.sub(b"", drawn[drawn.index(b"<svg") :])
    fine = _FINE.sub(lambda found: b"%.2f" % float(found[0]), body)
    return re.sub(rb"\n\s*", b"\n", fine)


def alt_text(figure: Figure) -> str:
    """What the figure says, in words: its title and what is on its axes."""
    axes = figure.axes[0]
    words = [figure.get_suptitle(), axes.get_xlabel(), axes.get_ylabel(), str(figure.get_label())]
    return ". ".join(" ".join(word.split("\n")) for word in words if word) + "."


def new_figure(title: str, *, rows: int) -> tuple[Figure, Any]:
    """A figure with room for so many bars, under its title, which takes as many lines as it needs."""
    lines = _broken(title, _WIDTH - 0.15, size=11, weight="bold")
    height = 1.35 + 0.28 * rows + 0.19 * lines.count("\n")
    figure = Figure(figsize=(_WIDTH, height), layout="constrained", facecolor="white")
    figure.suptitle(lines, x=0.008, ha="left", size=11, weight="bold")
    return figure, figure.add_subplot()


def say_below(axes: Any, words: str) -> None:
    """The words under the axes, on as many lines as they need there beside the names of the bars."""
    names = [line for label in axes.get_yticklabels() for line in label.get_text().split("\n")]
    lines = _broken(words, _WIDTH - 0.6 - max((inches_wide(name, size=8.5) for name in names), default=0), size=9)
    axes.figure.set_figheight(axes.figure.get_figheight() + 0.16 * lines.count("\n"))
    axes.set_xlabel(lines)


def stacked(axes: Any, labels: Sequence[str], series: Mapping[str, Any], looks: Mapping[str, tuple[str, str]]) -> None:
    """Horizontal bars, one part for each of `series`, with a legend of the parts that occur."""
    places, left = np.arange(len(labels)), np.zeros(len(labels))
    for name, values in series.items():
        if values.sum():
            colour, hatch = looks[name]
            axes.barh(places, values, 0.68, left=left, color=colour, hatch=hatch, label=name, ec="white", lw=0.6)
            left = left + values
    axes.set_yticks(places, [folded(label) for label in labels], size=8.5, linespacing=1.0)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    whole_numbers(axes.xaxis)
    axes.bar_label(axes.barh(places, left * 0, left=left), [f"{int(total):,}" for total in left], padding=3)
    axes.margins(x=0.08)
    axes.set_ylim(-0.6, max(len(labels), 2) - 0.4)
    if not left.any():
        axes.set_xlim(0, 1)
        axes.set_xticks([0])
    legend(axes)


def columns(
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


def legend(axes: Any) -> None:
    """The legend under the axes, where it hides nothing."""
    if axes.get_legend_handles_labels()[0]:
        axes.figure.legend(loc="outside lower left", ncols=6, handlelength=1.4, columnspacing=1.4)


def whole_numbers(axis: Any) -> None:
    """Ticks at whole numbers only, their digits grouped as in every text."""
    axis.get_major_locator().set_params(integer=True)
    axis.set_major_formatter("{x:,.0f}")


def folded(label: str) -> str:
    """A label on up to two lines, cut only where it needs more."""
    lines = wrap(_drawn(label), _LONGEST_LABEL + 8, max_lines=2, placeholder="…", break_on_hyphens=False)
    return "\n".join(lines)


def _broken(text: str, inches: float, **look: Any) -> str:
    """The text on as few lines as hold it, each no wider than so many inches unless it is one word."""
    lines, left = [""], inches
    for word in text.split():
        wide = inches_wide(f"{word} ", **look)
        if wide > left and lines[-1]:
            lines.append("")
            left = inches
        lines[-1] += f" {word}" if lines[-1] else word
        left -= wide
    return "\n".join(lines)


def inches_wide(line: str, **look: Any) -> float:
    """How many inches a line takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=["DejaVu Sans"], **look)
    wide: float = text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
    return wide / 72


def fit(label: str, inches: float = _WIDTH) -> str:
    """A label cut to fit, also into so many inches of small type, with what the font cannot draw as a replacement
    mark."""
    drawn = _drawn(label)
    kept = drawn if len(drawn) <= _LONGEST_LABEL + 8 else drawn[: _LONGEST_LABEL + 7] + "…"
    while len(kept) > 1 and inches_wide(kept, size=8) > inches:
        kept = kept.removesuffix("…")[:-1] + "…"
    return kept


def _drawn(label: str) -> str:
    return "".join(char if char.isprintable() and ord(char) in _glyphs() else "\ufffd" for char in label)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return frozenset(code for code in font.get_charmap() if code >= 32)
