"""From decisions to an ordered plan in the vendor's terms, in which nobody is locked out, tried in memory first.

auditkit writes nothing to the IAM: people carry the plan out, and `prove` sees whether they did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.changed import changed
from auditkit.access.tables import Tables
from auditkit.review import names
from auditkit.review.plan_steps import STEPS, ordered, removed
from auditkit.review.replacing import Instead, instead
from auditkit.whatif import WhatIf, what_if

if TYPE_CHECKING:
    from auditkit.limits import Limits

UNPLANNED = ("item", "whose", "says", "action", "why")
_ASKING = ("remove", "change", "rotate")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`steps` in the order to carry them out (`after` names the step to wait for), `unplanned` decisions with why,
    `warnings`, a sentence each, and the proof by `whatif`: None where nothing is taken away. `steps` has the columns
    of `plan_steps`."""

    steps: pd.DataFrame
    unplanned: pd.DataFrame
    warnings: tuple[str, ...]
    proof: WhatIf | None


def plan(standing: pd.DataFrame, tables: Tables, limits: Limits) -> Plan:
    """Turn decisions (`Campaign.standing()`) into a plan; `tables` are those that the campaign judged, with the
    required permissions, if any were given, that must not break.

    Where what is removed would leave a required row unmet, or never met one since its role does not support the type
    of the principal, the roles that `narrow` names are assigned first.
    """
    why_not = _why_not(standing, tables)
    asked = standing[standing.action.isin(_ASKING)]
    left_out = standing.assign(why=why_not)
    planned = asked[why_not[asked.index].eq("")]
    replacing, odd = _replacing(planned, tables)
    wanted = changes(planned, replacing, tables)
    proof = _tried(wanted, tables, limits)
    warnings = [] if proof is None else _warnings(wanted, tables, limits, proof)
    return Plan(
        steps=ordered(planned, replacing, tables),
        unplanned=left_out.loc[why_not.ne(""), list(UNPLANNED)].reset_index(drop=True),
        warnings=(*warnings, *odd),
        proof=proof,
    )


def _why_not(standing: pd.DataFrame, tables: Tables) -> pd.Series:
    """Why a decision makes no step; empty for one that does, and for one that keeps things as they are."""
    why = pd.Series("", index=standing.index, dtype="str")
    known = pd.MultiIndex.from_tuples(list(STEPS))
    asked = standing.action.isin(_ASKING)
    fits = pd.MultiIndex.from_frame(standing[["kind", "action"]]).isin(known)
    why = why.mask(asked & ~fits, "there is no way to " + standing.action + " a " + standing.kind)
    unknown = standing.action.eq("change") & ~standing.target.isin(tables["roles"].role_id)
    why = why.mask(asked & fits & unknown, "the role to change to, " + standing.target + ", is not in the snapshot")
    same = standing.kind.eq("assignment") & standing.target.eq(standing.role_id)
    why = why.mask(standing.action.eq("change") & same, "it gives role " + standing.target + " already")
    why = why.mask(standing.action.eq("delegate"), "it was handed on to " + standing.target + ", who has not decided")
    why = why.mask(standing.action.eq("not mine"), "whoever was asked said that it is not theirs: name somebody else")
    why = why.mask(standing.stale, "it was decided about another content than the campaign holds")
    return why.mask(standing.conflict, "reviewers disagree").mask(standing.action.eq(""), "nobody has decided")


def _replacing(planned: pd.DataFrame, tables: Tables) -> tuple[dict[str, Instead], list[str]]:
    """By principal what is assigned to it before something goes, and what is odd about that: a sentence each."""
    taken = removed(planned)
    if tables["required"] is None or taken.empty:
        return {}, []
    after = _after(changes(planned, {}, tables), tables)
    now, then = tables["gaps"], after["gaps"]
    broken = now.principal_id[now.expect.eq("allow") & now.outcome.eq("allowed") & then.outcome.ne("allowed")]
    reach = tables["reach"]
    useless = taken.principal_id[taken.record_id.isin(reach.assignment_id[reach.support.eq("no")])]
    held = tables["assignments"].loc[lambda rows: rows.assignment_id.isin(taken.record_id)]
    scopes = (column.astype(object).where(column.notna(), None) for column in (held.scope_type, held.scope_path))
    going = set(zip(held.principal_id, held.role_id, *scopes, strict=True))
    replacing: dict[str, Instead] = {}
    said = []
    for principal, one in instead(after, [*set(taken.principal_id) & set(broken), *useless]).items():
        same = [each for each in one.entries
                if (principal, each["role"], each.get("resource_type"), each.get("resource")) in going]  # fmt: skip
        who = names.principals(pd.Series([principal], dtype="str"), tables)[0]
        if same:
            said.append(f"{who} needs {replace(one, entries=tuple(same)).told(tables)}, and that is to be taken away: "
                        "decide again, or take back what is required")  # fmt: skip
        fresh = one.without(same)
        if fresh.entries:
            replacing[principal] = fresh
        if fresh.entries and fresh.broad:
            said.append(f"{who} is assigned {fresh.told(tables)}: no narrower role would do, so look whether one is to "
                        "be made")  # fmt: skip
    return replacing, said


def _after(wanted: Mapping[str, Any], tables: Tables) -> Tables:
    return Tables(changed(tables.snapshot, wanted, tables.as_of), as_of=tables.as_of, required=tables["required"])


def changes(planned: pd.DataFrame, replacing: Mapping[str, Instead], tables: Tables) -> dict[str, Any]:
    """What the decisions take away or put in its place, as `whatif` reads it; a rotated credential has its
    replacement by then, and so changes nothing."""
    ids = {key: rows.record_id.tolist() for key, rows in planned.groupby(["kind", "action"])}
    changed_grants = planned[planned.kind.eq("grant") & planned.action.eq("change")]
    changed_roles = planned[planned.kind.eq("assignment") & planned.action.eq("change")]
    asked: dict[str, Any] = {
        "revoke_credential": ids.get(("credential", "remove"), []),
        "remove_assignment": ids.get(("assignment", "remove"), []),
        "remove_grant": ids.get(("grant", "remove"), []) + ids.get(("grant", "change"), []),
        "suspend_principal": ids.get(("principal", "remove"), []),
        "change_assignment": [
            {"assignment": record, "role": role}
            for record, role in zip(changed_roles.record_id, changed_roles.target, strict=True)
        ],
        "add_assignment": _for_grants(changed_grants, tables)
        + [each for one in replacing.values() for each in one.entries],
    }
    return {name: value for name, value in asked.items() if value}


def _for_grants(grants: pd.DataFrame, tables: Tables) -> list[dict[str, Any]]:
    """The assignments that take the place of grants, each in the grant's scope."""
    held = grants[["record_id", "principal_id", "target"]].merge(
        tables["grants"][["grant_id", "scope_type", "scope_path"]], left_on="record_id", right_on="grant_id"
    )
    named = {"principal_id": "principal", "target": "role", "scope_type": "resource_type", "scope_path": "resource"}
    rows = held.rename(columns=named)[list(named.values())].astype(object).to_dict("records")
    return [{str(name): value for name, value in row.items() if isinstance(value, str)} for row in rows]


def _tried(wanted: Mapping[str, Any], tables: Tables, limits: Limits) -> WhatIf | None:
    if not wanted:
        return None
    return what_if(tables.snapshot, wanted, as_of=tables.as_of, limits=limits, required=tables["required"])


def _warnings(wanted: Mapping[str, Any], tables: Tables, limits: Limits, proof: WhatIf) -> list[str]:
    """What would break, and who would be locked out: required rows, administrators, principals left without a key."""
    broken = proof.broken
    whose = names.principals(broken.principal_id, tables)
    said = [
        f"required permission {permission} of {who} (line {line}) would break: {why}"
        for line, who, permission, why in zip(broken.line, whose, broken.permission, broken.why, strict=True)
    ]
    after = _after(wanted, tables)
    fewest, left = limits.administrators[0], administrators(after, limits)
    if left < fewest and left < administrators(tables, limits):
        said.append(f"{left} administrators would be left, and {fewest} are wanted at least: name another one first")
    return said + _without_key(tables, after)


def _without_key(tables: Tables, after: Tables) -> list[str]:
    """The principals in use that would lose their last live credential."""
    now, then = (each["principals"].set_index("principal_id") for each in (tables, after))
    held = now.usable & now.live_credentials.gt(0)
    left = then.usable & then.live_credentials.eq(0)
    lost = held.index[held & left.reindex(held.index, fill_value=False)]
    named = names.principals(pd.Series(lost, dtype="str"), tables)
    return [f"{who} would be left with no live credential: issue another one first" for who in named]


def administrators(tables: Tables, limits: Limits) -> int:
    """How many usable people a live assignment gives a broad role that supports them (as rule ORG003 counts)."""
    reach, roles = tables["reach"], tables["roles"]
    wide = roles.role_id[roles.broad_share.ge(limits.broad_role_share)]
    people = reach[reach.principal_type.eq("User") & reach.usable & reach.support.ne("no") & reach.role_id.isin(wide)]
    return int(people.principal_id.nunique())
