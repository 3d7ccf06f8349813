"""How far a review is: what is decided, what is handed on and waits, what nobody has looked at."""

from __future__ import annotations

import pandas as pd

NOBODY = "somebody to take them (said to be not theirs)"


def progress(standing: pd.DataFrame, by: str) -> pd.DataFrame:
    """How many items of `Campaign.standing()` each reviewer (or severity, kind) has: items, and of them decided,
    waiting (handed on to somebody who has not decided) and left (nobody has said anything of what they are now);
    beside that conflicts."""
    said = standing.action.ne("") & ~standing.stale
    parts = {"decided": said & ~standing.waiting, "waiting": standing.waiting, "left": ~said,
             "conflicts": standing.conflict}  # fmt: skip
    rows = pd.DataFrame({by: standing[by], "items": 1} | {name: rows.astype(int) for name, rows in parts.items()})
    return rows.groupby(by, sort=True).sum().reset_index()


def unfinished(standing: pd.DataFrame) -> list[str]:
    """What a review still lacks: a few words each, such as `3 undecided (1 of them handed on)`; none where all of it is
    decided."""
    open_ = standing.action.eq("") | standing.stale | standing.waiting
    counts = {"undecided": open_, "in conflict": standing.conflict,
              "undecided and asked of nobody": open_ & standing.asked_of.eq("")}  # fmt: skip
    handed = int(standing.waiting.sum())
    more = {"undecided": f" ({handed:,} of them handed on)"} if handed else {}
    return [f"{int(rows.sum()):,} {words}{more.get(words, '')}" for words, rows in counts.items() if rows.any()]


def waiting(standing: pd.DataFrame) -> list[str]:
    """For whom what was handed on waits: a line each, such as `waiting for Gil Osei: 3`."""
    names = standing.asked_of[standing.waiting].replace({"": NOBODY})
    counts = names.groupby(names).size()
    return [f"waiting for {name}: {count:,}" for name, count in counts.items()]
