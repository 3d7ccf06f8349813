"""What a rule cannot be judged without, each as a function that answers None or the sentence that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from auditkit.access.tables import Tables
    from auditkit.limits import Limits

# So many lines or names are spelled out in a sentence; of more only the number is told.
_TOLD = 5


def activity(tables: Tables, _: Limits) -> str | None:
    """Some principal or credential must say when it was last active."""
    used = tables["credentials"].last_used_at.notna().any()
    if used or tables["principals"].last_active_at.notna().any():
        return None
    return "no principal carries lastActiveAt and no credential lastUsedAt: inactivity cannot be told"


def credential_use(tables: Tables, _: Limits) -> str | None:
    """Some credential must say when it was last used."""
    if tables["credentials"].last_used_at.notna().any():
        return None
    return "no credential carries lastUsedAt: whether one is used cannot be told"


def required(tables: Tables, _: Limits) -> str | None:
    """Required permissions must have been given."""
    return "no required permissions were given (--required CSV)" if tables["required"] is None else None


def scan(tables: Tables, _: Limits) -> str | None:
    """A scan for leaked key ids must have been given."""
    return "no scan was given" if tables["scan"] is None else None


def toxic_pairs(_: Tables, limits: Limits) -> str | None:
    """The configuration must name toxic pairs."""
    return None if limits.toxic_pairs else "no toxic_pairs are configured"


def catalogue(tables: Tables, _: Limits) -> str | None:
    """The catalogue must hold a permission to measure a role's breadth by."""
    if (~tables["permissions"].is_preview).any():
        return None
    return "the catalogue holds no permission, or previews alone: no role's breadth can be told"


def toxic_pairs_known(tables: Tables, limits: Limits) -> str | None:
    """Every permission of a toxic pair must be in the catalogue: of one that is not, nobody holds anything."""
    named = sorted({name for pair in limits.toxic_pairs for name in pair})
    unknown = pd.Index(named).difference(pd.Index(tables["permissions"].identifier))
    if unknown.empty:
        return None
    return f"toxic_pairs names what the catalogue lacks: {_listed(list(unknown))}"


def rows_judged_allow(tables: Tables, _: Limits) -> str | None:
    """Every required row that expects `allow` must name a principal and a permission that exist."""
    return _unjudged(tables["gaps"], "allow")


def rows_judged_deny(tables: Tables, _: Limits) -> str | None:
    """Every required row that expects `deny` must name a principal and a permission that exist."""
    return _unjudged(tables["gaps"], "deny")


def _unjudged(gaps: pd.DataFrame, expect: str) -> str | None:
    odd = gaps[gaps.unjudged.notna() & gaps.expect.eq(expect)]
    if odd.empty:
        return None
    told = [f"line {line} ({why})" for line, why in zip(odd.line.head(_TOLD), odd.unjudged.head(_TOLD), strict=True)]
    return f"{len(odd)} of the required rows could not be judged: {_listed(told, len(odd))}"


def _listed(names: list[str], count: int | None = None) -> str:
    more = (count or len(names)) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {more} more" if more > 0 else "")
