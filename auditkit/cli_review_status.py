"""How far a review is, as the terminal shows it: counts under a line that says what is counted, or item by item."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from auditkit.cli_review_tools import table
from auditkit.terminal import counted, visible

if TYPE_CHECKING:
    import pandas as pd

_WIDE, _INDENT = 110, "    "


def counts_text(standing: pd.DataFrame) -> str:
    """What is counted, in a line, and then by reviewer, severity and kind how many there are, and how far they are."""
    from auditkit.review.progress import progress

    head = textwrap.fill(
        f"{counted(len(standing), 'item')}, each something to decide about. An item is no finding: its severity is "
        "that of the worst finding on it, and one finding may touch several items, or an item have several.",
        _WIDE,
    )
    nobody = {"": "(nobody)"}
    parts = [table(progress(standing, by).replace({by: nobody})) for by in ("reviewer", "severity", "kind")]
    return "\n\n".join([head, *("\n".join(part) for part in parts)])


def items_text(standing: pd.DataFrame) -> str:
    """Each item in a line, with what is recommended and what stands decided, each with its target; under it, set in,
    what it is, why that is recommended, and the reason of what was decided."""
    short = standing.assign(
        recommended=_with_target(standing.recommendation, standing.instead),
        decided=_with_target(standing.action, standing.target).mask(standing.conflict, "(reviewers disagree)"),
    )
    head, *lines = table(short, ("item", "severity", "asked_of", "recommended", "decided", "decided_by"))
    why = ("because " + standing.because).where(standing.severity.ne("none"), "")
    reason = ("reason: " + standing.reason).where(standing.reason.ne(""), "")
    # A principal is its own, and its line says what it is called.
    what = (standing.whose + ": ").where(standing.kind.ne("principal"), "") + standing.says
    told = zip(lines, what, why, reason, strict=True)
    return "\n".join([head, *("\n".join([line, *map(_under, filter(None, under))]) for line, *under in told)])


def _with_target(word: pd.Series, target: pd.Series) -> pd.Series:
    """`change to reader`; the word alone where there is no target."""
    return word + (" to " + target).where(target.ne(""), "")


def _under(text: str) -> str:
    return textwrap.fill(
        visible(text), _WIDE, initial_indent=_INDENT, subsequent_indent=_INDENT + _INDENT, break_on_hyphens=False
    )
