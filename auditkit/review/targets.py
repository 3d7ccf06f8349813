"""What a decision may ask of an item: a kind that it fits, and a role that is there."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from auditkit.access.telling import nearest
from auditkit.errors import DecisionRefused
from auditkit.review.campaign import Campaign

FITS: Mapping[str, tuple[str, ...]] = {"change": ("assignment", "grant"), "rotate": ("credential",)}
"""The kinds of items that a decision makes sense of; those that are not named here fit every kind."""


def fitting(campaign: Campaign, item: str, action: str, target: str) -> str:
    """The target of a decision on an item as it is kept: a role by its id, whether it was named by that, by its name or
    as `name (id)`. `DecisionRefused` where the decision does not fit the item, or there is no such role."""
    kind, wanted = item.split(":", 1)[0], target.strip()
    if kind not in FITS.get(action, (kind,)):
        raise DecisionRefused(f"{item}: {action!r} is for {' and '.join(FITS[action])} items")
    return _role(campaign.snapshot.roles, item, wanted) if action == "change" and wanted else wanted


def _role(roles: pd.DataFrame, item: str, written: str) -> str:
    ids, names = roles.role_id, roles.name
    for meant in (ids, names + " (" + ids + ")", names):
        found = ids[meant.eq(written)]
        if len(found) > 1:
            raise DecisionRefused(f"{item}: several roles are called {written!r}; name one by its id")
        if len(found):
            return str(found.iloc[0])
    raise DecisionRefused(f"{item}: there is no role {written!r}, {nearest(written, [*ids, *names])}")
