"""Required permissions against what is: each row decided, and what is held though no row asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from auditkit.access.codes import codes
from auditkit.access.explain import Explainer
from auditkit.errors import UnknownPermission, UnknownPrincipal

if TYPE_CHECKING:
    from auditkit.access.effective import Effective

_ASKED = ("principal_id", "permission", "resource_type", "resource_path")
_FOUND = ("outcome", "failed_check", "detail", "route", "unjudged")
_Found = tuple[str | None, str | None, str | None, str | None, str | None]


def gaps(required: pd.DataFrame, explainer: Explainer) -> pd.DataFrame:
    """Every required row with `outcome`, `failed_check`, `detail`, the nearest `route`, all null where `unjudged` says
    why there is no decision. The request is one without a credential and with an empty context.
    """
    columns = [required[name].astype(object).where(required[name].notna(), None) for name in _ASKED]
    found = [_decided(explainer, *row) for row in zip(*columns, strict=True)]
    table = pd.DataFrame(found, columns=list(_FOUND), index=required.index, dtype="str")
    kept = ["line", *_ASKED, "expect", "reason"]
    return pd.concat([required[kept], table], axis="columns")


def _decided(explainer: Explainer, principal: str, permission: str, kind: str | None, path: str | None) -> _Found:
    resource = None if kind is None or path is None else (kind, path)
    try:
        decision = explainer.decide(principal, permission, resource)
    except (UnknownPrincipal, UnknownPermission) as error:
        return None, None, None, None, str(error)
    route = decision.routes[0].text if decision.routes else None
    return decision.outcome, decision.failed_check, decision.detail, route, None


def excess(required: pd.DataFrame, principals: pd.DataFrame, effective: Effective) -> pd.DataFrame:
    """What principals with a row that expects `allow` hold, organisation-wide or scoped, though no such row asks it."""
    asked = required[required.expect.eq("allow")]
    held = effective.pairs(asked.principal_id.drop_duplicates())
    held = held[held.level.isin(["organisation", "scoped"])]
    wanted = pd.MultiIndex.from_frame(asked[["principal_id", "permission"]])
    extra = held[~pd.MultiIndex.from_frame(held[["principal_id", "identifier"]]).isin(wanted)]
    machine = principals.machine.to_numpy()[codes(extra.principal_id, principals.principal_id)]
    named = extra.rename(columns={"identifier": "permission"}).assign(machine=machine)
    return named[["principal_id", "machine", "permission", "level"]].reset_index(drop=True)
