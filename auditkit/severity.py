"""How bad a finding is: five words in one order."""

from __future__ import annotations

import pandas as pd

from auditkit.errors import InputError

SEVERITIES = ("info", "low", "medium", "high", "critical")
DTYPE = pd.CategoricalDtype(SEVERITIES, ordered=True)


def at_least(severities: pd.Series, floor: str) -> pd.Series:
    """Which severities are `floor` or worse; an unknown word for the floor raises `InputError`."""
    if floor not in SEVERITIES:
        raise InputError(f"{floor!r} is no severity; choose one of {', '.join(SEVERITIES)}")
    return severities.ge(floor)
