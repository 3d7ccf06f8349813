"""Everything about one principal, as frames: who it is, its credentials, groups, ways to access, modules, findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.access.sieve import Way, ways
from auditkit.errors import UnknownPrincipal
from auditkit.findings_met import counted
from auditkit.widgets.rotation import unread_owners
from auditkit.widgets.rows import principal_of

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk

_SUPPORTS = {True: "yes", False: "no", None: "not declared"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """One principal. `ways` has one row an assignment or grant that reaches it, with the groups on the way; `unread`
    names the collections of which it is not known whether all of its records were read."""

    principal_id: str
    name: str
    status: str
    credentials: pd.DataFrame
    groups: pd.DataFrame
    ways: pd.DataFrame
    modules: pd.DataFrame
    findings: pd.DataFrame
    unread: frozenset[str]


def page_of(desk: Desk, principal_id: str) -> Page:
    """The page of a principal; UnknownPrincipal if the snapshot does not hold it."""
    principals = desk.tables["principals"]
    found = principals[principals.principal_id.eq(principal_id)]
    if found.empty:
        raise UnknownPrincipal(f"there is no principal {principal_id!r} in this snapshot; choose one of the list")
    row = found.iloc[0]
    credentials = desk.tables["credentials"]
    every = desk.findings.frame
    about = every[principal_of(every, desk.snapshot.frames).eq(principal_id).fillna(False)]
    facts = desk.tables.explainer.facts
    above = [group for group, _ in facts.above(principal_id)]
    names = principals.set_index("principal_id").display_name
    unread = _unread(desk, principal_id)
    return Page(
        principal_id=principal_id,
        name=str(row.display_name),
        status=status_words(row, desk.as_of, desk.snapshot.organisation_id, unread="credentials" in unread),
        credentials=credentials[credentials.principal_id.eq(principal_id)].reset_index(drop=True),
        groups=pd.DataFrame({"group_id": above, "name": [names.get(group) for group in above]}).astype("str"),
        ways=_ways(desk, principal_id),
        modules=_modules(desk, principal_id),
        findings=about[["severity", "rule", "title", "subject_id", "message"]].reset_index(drop=True),
        unread=unread,
    )


def _unread(desk: Desk, principal_id: str) -> frozenset[str]:
    """The collections that may hold more about a principal than was read."""
    owners = unread_owners(desk.snapshot)
    read = {"credentials"} if owners is not None and principal_id not in owners else set()
    return frozenset(desk.snapshot.incomplete) - read


def status_words(row: pd.Series, as_of: pd.Timestamp, organisation: str, *, unread: bool = False) -> str:
    """Who it is and whether it can act, in one sentence; `unread` where its credentials, which tell when it was last
    active, were not read."""
    parts = [f"{row.type}, {str(row.status).lower()}"]
    if pd.notna(row.expires_at):
        parts.append(f"{'expired' if row.expires_at <= as_of else 'expires'} on {row.expires_at:%Y-%m-%d}")
    if row.organisation_id != organisation:
        parts.append(f"of another organisation ({row.organisation_id})")
    if pd.isna(row.last_activity):
        parts.append("no activity is known" if unread else "never active")
    else:
        days = (as_of - row.last_activity).days
        ago = f"{days:,} day{'' if days == 1 else 's'} ago" if days else "within the last day"
        parts.append(f"last active {ago}")
    parts.append("its credentials were not read" if unread else counted(int(row.live_credentials), "live credential"))
    return f"{'It can act' if row.usable else 'It cannot act'}: {', '.join(parts)}."


def _ways(desk: Desk, principal_id: str) -> pd.DataFrame:
    """How each role and grant arrives: what, through, where, when it ends, whether it supports the type, modules."""
    facts = desk.tables.explainer.facts
    principal = facts.principal(principal_id)
    module = dict(zip(desk.snapshot.permissions.permission_id, desk.snapshot.permissions.module, strict=True))
    ends = pd.concat([desk.tables[name].set_index(key).expires_at for name, key in
                      (("assignments", "assignment_id"), ("grants", "grant_id"))])  # fmt: skip
    found = [_way(way, principal.type, module, facts.name) for way in ways(facts, principal)]
    frame = pd.DataFrame(found, columns=["what", "through", "where", "id", "supports", "conditions", "ours", "modules"])
    frame["expires_at"] = pd.Series(ends[~ends.index.duplicated()].reindex(frame.id).array, index=frame.index)
    ours = frame.pop("ours").eq(desk.snapshot.organisation_id)
    expired = frame.expires_at.le(desk.as_of)
    frame["gives"] = frame.supports.eq("yes") & ~frame.conditions & ours & ~expired
    frame["arrives"] = _arrival(frame, expired, ours)
    texts = dict.fromkeys(["what", "through", "where", "id", "supports", "arrives"], "str")
    return frame.astype({**texts, "conditions": "bool", "gives": "bool"})


def _way(way: Way, kind: str, module: dict[str, str], name: object) -> tuple[object, ...]:
    holding = way.holding
    role = holding.role
    if holding.kind == "grant":
        supports: bool | None = True
    else:
        supports = None if role is None or role.types is None else kind in role.types
    held = role.permissions if role is not None else {holding.given} if holding.kind == "grant" else ()
    through = " in ".join(name(group) for group in way.through) or None  # type: ignore[operator]
    where = " ".join(holding.scope) if holding.scope else "whole organisation"
    what = role.name if role is not None else holding.text
    modules, doubt = sorted({module[each] for each in held if each in module}), bool(holding.conditions)
    return what, through, where, holding.id, _SUPPORTS[supports], doubt, holding.organisation, modules


def _arrival(frame: pd.DataFrame, expired: pd.Series, ours: pd.Series) -> pd.Series:
    """Why a way gives nothing for certain, in words; "it gives" where it does."""
    words = pd.Series("it gives", index=frame.index, dtype="str")
    words = words.mask(frame.conditions, "only under conditions")
    words = words.mask(frame.supports.eq("not declared"), "the role declares no types")
    words = words.mask(frame.supports.eq("no"), "gives nothing: the role does not support its type")
    return words.mask(~ours, "gives nothing: of another organisation").mask(expired, "gives nothing: expired")


def _modules(desk: Desk, principal_id: str) -> pd.DataFrame:
    """Its effective permissions counted by module and level."""
    pairs = desk.tables["effective"].pairs(principals=[principal_id])
    permissions = desk.snapshot.permissions.set_index("permission_id")[["module"]]
    held = pairs.join(permissions, on="permission_id")
    counts = pd.crosstab(held.module, held.level.astype("str"))
    counts = counts.reindex(columns=["organisation", "scoped", "undetermined"], fill_value=0).reset_index()
    totals = desk.snapshot.permissions.module.value_counts()
    return counts.assign(in_catalogue=counts.module.map(totals).astype("int64"))
