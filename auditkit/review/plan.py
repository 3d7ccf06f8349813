"""From decisions to an ordered plan in the vendor's terms, in which nobody is locked out, tried in memory first.

auditkit writes nothing to the IAM: people carry the plan out, and `prove` sees whether they did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.access.changed import changed
from auditkit.access.tables import Tables
from auditkit.whatif import WhatIf, what_if

if TYPE_CHECKING:
    from auditkit.limits import Limits

COLUMNS = ("step", "does", "item", "principal_id", "record_id", "target", "words", "after", "why", "decided_by")
UNPLANNED = ("item", "says", "action", "why")

# For each kind of item and decision the steps, each with its phase. What is new comes before what it replaces, and
# whole principals come last, so that whoever takes over has what they need by then.
_STEPS: Mapping[tuple[str, str], tuple[tuple[int, str, str], ...]] = {
    ("credential", "rotate"): (
        (1, "issue", "Issue a new credential with an end date for {who}"),
        (2, "deploy", "Deploy the new credential wherever credential {record_id} is used"),
        (3, "confirm", "Confirm that the new credential of {who} is used, by its last use"),
        (5, "revoke credential", "Revoke credential {record_id} of {who}"),
    ),
    ("credential", "remove"): ((5, "revoke credential", "Revoke credential {record_id} of {who}"),),
    ("assignment", "change"): (
        (1, "assign", "Assign role {target} to {who}, with the scope, conditions and end of assignment {record_id}"),
        (3, "confirm", "Confirm that {who} can work with role {target}"),
        (4, "remove assignment", "Remove assignment {record_id} of role {role_id} from {who}"),
    ),
    ("assignment", "remove"): (
        (4, "remove assignment", "Remove assignment {record_id} of role {role_id} from {who}"),
    ),
    ("grant", "change"): (
        (1, "assign", "Assign role {target} to {who}, with the scope, conditions and end of grant {record_id}"),
        (3, "confirm", "Confirm that {who} can work with role {target}"),
        (4, "remove grant", "Remove grant {record_id} of permission {permission_id} from {who}"),
    ),
    ("grant", "remove"): ((4, "remove grant", "Remove grant {record_id} of permission {permission_id} from {who}"),),
    ("principal", "remove"): (
        (6, "suspend", "Suspend {who}"),
        (7, "confirm", "Confirm that nothing misses {who}"),
        (8, "revoke principal", "Revoke {who}, its live credentials, its assignments and its grants"),
    ),
}  # fmt: skip
_TABLE = pd.DataFrame(
    [(*key, *step) for key, steps in _STEPS.items() for step in steps],
    columns=["kind", "action", "phase", "does", "template"],
)
_ASKING = ("remove", "change", "rotate")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`steps` in the order to carry them out (`after` names the step to wait for), `unplanned` decisions with why,
    `warnings`, a sentence each, and the proof by `whatif`: None where nothing is taken away."""

    steps: pd.DataFrame
    unplanned: pd.DataFrame
    warnings: tuple[str, ...]
    proof: WhatIf | None


def plan(standing: pd.DataFrame, tables: Tables, limits: Limits) -> Plan:
    """Turn decisions (`Campaign.standing()`) into a plan; `tables` are those that the campaign judged, with the
    required permissions, if any were given, that must not break."""
    why_not = _why_not(standing, tables)
    asked = standing[standing.action.isin(_ASKING)]
    left_out = standing.assign(why=why_not)
    planned = asked[why_not[asked.index].eq("")]
    proof = _tried(planned, tables, limits)
    return Plan(
        steps=_ordered(planned, tables),
        unplanned=left_out.loc[why_not.ne(""), list(UNPLANNED)].reset_index(drop=True),
        warnings=tuple(_warnings(planned, tables, limits, proof)),
        proof=proof,
    )


def _why_not(standing: pd.DataFrame, tables: Tables) -> pd.Series:
    """Why a decision makes no step; empty for one that does, and for one that keeps things as they are."""
    why = pd.Series("", index=standing.index, dtype="str")
    known = pd.MultiIndex.from_tuples(list(_STEPS))
    asked = standing.action.isin(_ASKING)
    fits = pd.MultiIndex.from_frame(standing[["kind", "action"]]).isin(known)
    why = why.mask(asked & ~fits, "there is no way to " + standing.action + " a " + standing.kind)
    unknown = standing.action.eq("change") & ~standing.target.isin(tables["roles"].role_id)
    why = why.mask(asked & fits & unknown, "the role to change to, " + standing.target + ", is not in the snapshot")
    same = standing.kind.eq("assignment") & standing.target.eq(standing.role_id)
    why = why.mask(standing.action.eq("change") & same, "it gives role " + standing.target + " already")
    why = why.mask(standing.action.isin(["delegate", "not mine"]), "whoever it was passed to has not decided")
    why = why.mask(standing.stale, "it was decided about another content than the campaign holds")
    return why.mask(standing.conflict, "reviewers disagree").mask(standing.action.eq(""), "nobody has decided")


def _ordered(planned: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    steps = planned.merge(_TABLE, on=["kind", "action"]).sort_values(["phase", "item"], ignore_index=True)
    steps["step"] = range(1, len(steps) + 1)
    before = steps.groupby("item").step.shift().astype("Int64")
    who = _named(steps.principal_id, tables)
    rows = steps.assign(who=who, after=before.astype("str").fillna("")).to_dict("records")
    words = [row["template"].format_map(row) for row in rows]
    frame = steps.assign(words=pd.Series(words, dtype="str"), after=before.astype("str").fillna(""), why=steps.reason)[
        list(COLUMNS)
    ]
    return frame.astype(dict.fromkeys(COLUMNS[1:], "str"))


def _named(ids: pd.Series, tables: Tables) -> pd.Series:
    names = tables["principals"].set_index("principal_id").display_name
    return (ids.map(names).astype("str") + " (" + ids + ")").fillna(ids).astype("str")


def changes(planned: pd.DataFrame, tables: Tables) -> dict[str, Any]:
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
        "add_assignment": _replacing(changed_grants, tables),
    }
    return {name: value for name, value in asked.items() if value}


def _replacing(grants: pd.DataFrame, tables: Tables) -> list[dict[str, Any]]:
    """The assignments that take the place of grants, each in the grant's scope."""
    held = grants[["record_id", "principal_id", "target"]].merge(
        tables["grants"][["grant_id", "scope_type", "scope_path"]], left_on="record_id", right_on="grant_id"
    )
    named = {"principal_id": "principal", "target": "role", "scope_type": "resource_type", "scope_path": "resource"}
    rows = held.rename(columns=named)[list(named.values())].astype(object).to_dict("records")
    return [{str(name): value for name, value in row.items() if isinstance(value, str)} for row in rows]


def _tried(planned: pd.DataFrame, tables: Tables, limits: Limits) -> WhatIf | None:
    asked = changes(planned, tables)
    if not asked:
        return None
    return what_if(tables.snapshot, asked, as_of=tables.as_of, limits=limits, required=tables["required"])


def _warnings(planned: pd.DataFrame, tables: Tables, limits: Limits, proof: WhatIf | None) -> list[str]:
    """What would break, and who would be locked out: required rows, administrators, principals left without a key."""
    if proof is None:
        return []
    broken = proof.broken
    said = [
        f"required permission {permission} of {principal} (line {line}) would break: {why}"
        for line, principal, permission, why in zip(
            broken.line, broken.principal_id, broken.permission, broken.why, strict=True
        )
    ]
    after = Tables(changed(tables.snapshot, changes(planned, tables), tables.as_of), as_of=tables.as_of)
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
    named = _named(pd.Series(lost, dtype="str"), tables)
    return [f"{who} would be left with no live credential: issue another one first" for who in named]


def administrators(tables: Tables, limits: Limits) -> int:
    """How many usable people a live assignment gives a broad role that supports them (as rule ORG003 counts)."""
    reach, roles = tables["reach"], tables["roles"]
    wide = roles.role_id[roles.broad_share.ge(limits.broad_role_share)]
    people = reach[reach.principal_type.eq("User") & reach.usable & reach.support.ne("no") & reach.role_id.isin(wide)]
    return int(people.principal_id.nunique())
