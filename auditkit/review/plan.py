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
from auditkit.findings import run_rules
from auditkit.review import names
from auditkit.review.plan_steps import STEPS, ordered, removed, stopped
from auditkit.review.proof_state import left_under
from auditkit.review.replacing import Instead, instead
from auditkit.whatif import WhatIf, what_if

if TYPE_CHECKING:
    from auditkit.limits import Limits

UNPLANNED = ("item", "whose", "says", "action", "why")
_ASKING = ("remove", "change", "rotate")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`steps` in the order to carry them out (`after` names the step to wait for), `unplanned` decisions with why,
    `warnings`, a sentence each, and the proof by `whatif`: None where nothing is taken away. `already` says which steps
    are left out since they are so already, `taken` what the proof takes as done since it cannot be tried. `steps` has
    the columns of `plan_steps`."""

    steps: pd.DataFrame
    unplanned: pd.DataFrame
    warnings: tuple[str, ...]
    proof: WhatIf | None
    already: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


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
    replacing, odd = _replacing(planned, tables, limits)
    wanted = changes(planned, replacing, tables)
    rotated = planned[planned.kind.eq("credential") & planned.action.eq("rotate")]
    issued = _issued(rotated, tables)
    proof = _tried(wanted, issued, tables, limits)
    warnings = [] if proof is None else _warnings(wanted, issued, limits, proof)
    steps = ordered(planned, replacing, tables)
    halted = planned[planned.kind.eq("principal") & planned.principal_id.isin(stopped(tables))]
    return Plan(
        steps=steps,
        unplanned=left_out.loc[why_not.ne(""), list(UNPLANNED)].reset_index(drop=True),
        warnings=(*warnings, *odd),
        proof=proof,
        already=tuple(f"suspend {who}: {says}" for who, says in zip(halted.whose, halted.says, strict=True)),
        taken=_taken(rotated, steps, tables),
    )


def _taken(rotated: pd.DataFrame, steps: pd.DataFrame, tables: Tables) -> tuple[str, ...]:
    """What `whatif` cannot try: what is issued, which has the place of the old by then, and what people look at."""
    keys = zip(
        names.credentials(rotated.record_id, tables), names.principals(rotated.principal_id, tables), strict=True
    )
    other = steps[steps.does.isin(["deploy", "confirm"])]
    told = [f"issue a new credential of {who} in place of credential {key}" for key, who in keys]
    if steps.does.eq("revoke principal").any():
        told.append("whoever is revoked is tried as suspended, and all that it has as taken away")
    return (*told, *(f"step {number}: {words}" for number, words in zip(other.step, other.words, strict=True)))


def _issued(rotated: pd.DataFrame, tables: Tables) -> Tables:
    """The tables with a new credential for each that is rotated, like it but new."""
    keys = tables.snapshot.credentials
    fresh = keys[keys.credential_id.isin(rotated.record_id)]
    if fresh.empty:
        return tables
    fresh = fresh.assign(
        credential_id="new for " + fresh.credential_id, key_id="new for " + fresh.credential_id,
        created_at=tables.as_of, last_used_at=tables.as_of, expires_at=tables.as_of + pd.Timedelta(days=90),
    ).astype(keys.dtypes.to_dict())  # fmt: skip
    snapshot = tables.snapshot.replace(credentials=pd.concat([keys, fresh], ignore_index=True))
    return Tables(snapshot, as_of=tables.as_of, required=tables["required"], attestations=tables["attestations"])


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
    gone = tables["principals"].loc[lambda rows: rows.status.eq("Revoked"), "principal_id"]
    done = standing.kind.eq("principal") & standing.action.eq("remove") & standing.principal_id.isin(gone)
    empty = left_under(standing.principal_id, tables).eq("")
    why = why.mask(done & empty, "it is revoked already, and nothing is left under it")
    why = why.mask(standing.action.eq("delegate"), "it was handed on to " + standing.target + ", who has not decided")
    why = why.mask(standing.action.eq("not mine"), "whoever was asked said that it is not theirs: name somebody else")
    why = why.mask(standing.stale, "it was decided about another content than the campaign holds")
    return why.mask(standing.conflict, "reviewers disagree").mask(standing.action.eq(""), "nobody has decided")


def _replacing(planned: pd.DataFrame, tables: Tables, limits: Limits) -> tuple[dict[str, Instead], list[str]]:
    """By principal what is proposed to be assigned to it before something goes, and what is odd about that, or why
    nothing is proposed: a sentence each."""
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
        if fresh.entries and (why := _too_much(principal, fresh, tables, after, limits)):
            said.append(
                f"{who} would lack {', '.join(fresh.lacking)}, as is required; nothing is proposed in its place, since "
                f"the narrowest that would do is {fresh.told(tables)}, and {why}"
            )
        elif fresh.entries:
            replacing[principal] = fresh
    return replacing, said


def _too_much(principal: str, one: Instead, tables: Tables, after: Tables, limits: Limits) -> str:
    """Why what would do is not to be proposed; empty where it may be."""
    roles = tables["roles"]
    broad = roles.role_id[roles.broad_share.ge(limits.broad_role_share)]
    now, then = (set(each["effective"].pairs(principals=[principal]).identifier) for each in (tables, after))
    excess = set(one.excess) - then
    if excess and not one.roles.isdisjoint(broad):
        return "it is a broad role"
    if len(excess) > len(now - then - one.wanted):
        return "it gives more that is not required than what is taken away"
    return ""


def _after(wanted: Mapping[str, Any], tables: Tables) -> Tables:
    return Tables(changed(tables.snapshot, wanted, tables.as_of), as_of=tables.as_of, required=tables["required"])


def changes(planned: pd.DataFrame, replacing: Mapping[str, Instead], tables: Tables) -> dict[str, Any]:
    """What the decisions take away or put in its place, as `whatif` reads it: of a principal that is revoked, all that
    it has; a rotated credential has its replacement by then."""
    ids = {key: rows.record_id.tolist() for key, rows in planned.groupby(["kind", "action"])}
    going = ids.get(("principal", "remove"), [])
    # What is changed is no longer there as such by the time its principal is revoked.
    held = planned.record_id[planned.action.eq("change")]
    under = {kind: _under(kind, going, held, tables) for kind in ("credential", "assignment", "grant")}
    changed_grants = planned[planned.kind.eq("grant") & planned.action.eq("change")]
    changed_roles = planned[planned.kind.eq("assignment") & planned.action.eq("change")]
    asked: dict[str, Any] = {
        "revoke_credential": _with(ids, [("credential", "remove"), ("credential", "rotate")], under["credential"]),
        "remove_assignment": _with(ids, [("assignment", "remove")], under["assignment"]),
        "remove_grant": _with(ids, [("grant", "remove"), ("grant", "change")], under["grant"]),
        "suspend_principal": [each for each in going if each not in set(stopped(tables))],
        "change_assignment": [
            {"assignment": record, "role": role}
            for record, role in zip(changed_roles.record_id, changed_roles.target, strict=True)
        ],
        "add_assignment": _for_grants(changed_grants, tables)
        + [each for one in replacing.values() for each in one.entries],
    }
    return {name: value for name, value in asked.items() if value}


def _under(kind: str, going: list[str], changed: pd.Series, tables: Tables) -> list[str]:
    """The ids of what goes with the principals that are revoked."""
    rows = tables[f"{kind}s"]
    rows = rows[rows.live & rows.principal_id.isin(going) & ~rows[f"{kind}_id"].isin(changed)]
    return list(rows[f"{kind}_id"])


def _with(ids: Mapping[Any, list[str]], keys: list[tuple[str, str]], more: list[str]) -> list[str]:
    return list(dict.fromkeys([*(each for key in keys for each in ids.get(key, [])), *more]))


def _for_grants(grants: pd.DataFrame, tables: Tables) -> list[dict[str, Any]]:
    """The assignments that take the place of grants, each in the grant's scope."""
    held = grants[["record_id", "principal_id", "target"]].merge(
        tables["grants"][["grant_id", "scope_type", "scope_path"]], left_on="record_id", right_on="grant_id"
    )
    named = {"principal_id": "principal", "target": "role", "scope_type": "resource_type", "scope_path": "resource"}
    rows = held.rename(columns=named)[list(named.values())].astype(object).to_dict("records")
    return [{str(name): value for name, value in row.items() if isinstance(value, str)} for row in rows]


def _tried(wanted: Mapping[str, Any], issued: Tables, tables: Tables, limits: Limits) -> WhatIf | None:
    """The plan tried on what is there once everything new is issued; only findings that there are now can go."""
    if not wanted:
        return None
    found = what_if(issued.snapshot, wanted, as_of=tables.as_of, limits=limits, required=tables["required"])
    if issued is tables:
        return found
    now = run_rules(tables, limits).frame.fingerprint
    return replace(found, gone=found.gone[found.gone.fingerprint.isin(now)].reset_index(drop=True))


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
