"""The steps of a plan, in the vendor's terms and in an order in which nobody is locked out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.report.inert import code_span
from auditkit.review import names
from auditkit.review.proof_state import TABLES
from auditkit.review.replacing import Instead, place

COLUMNS = ("step", "does", "item", "principal_id", "record_id", "target", "words", "after", "why", "decided_by")

# For each kind of item and decision the steps, each with its phase. What is new comes before what it replaces, and
# whole principals come last, so that whoever takes over has what they need by then: a principal that goes loses
# nothing until it is stopped and nothing misses it.
STEPS: Mapping[tuple[str, str], tuple[tuple[int, str, str], ...]] = {
    ("credential", "rotate"): (
        (1, "issue", "Issue a new credential with an end date for {who}"),
        (2, "deploy", "Deploy the new credential of {who} wherever credential {credential} is used"),
        (3, "confirm", "Confirm that the new credential of {who} is used, by its last use"),
        (5, "revoke credential", "Revoke credential {credential} of {who}"),
    ),
    ("credential", "remove"): ((5, "revoke credential", "Revoke credential {credential} of {who}"),),
    ("assignment", "change"): (
        (1, "assign", "Assign role {new_role} to {who}, with the scope, conditions and end of assignment {record_id}"),
        (3, "confirm", "Confirm that {who} can work with role {new_role}"),
        (4, "remove assignment", "Remove assignment {record_id} of role {role} from {who}"),
    ),
    ("assignment", "remove"): ((4, "remove assignment", "Remove assignment {record_id} of role {role} from {who}"),),
    ("grant", "change"): (
        (1, "assign", "Assign role {new_role} to {who}, with the scope, conditions and end of grant {record_id}"),
        (3, "confirm", "Confirm that {who} can work with role {new_role}"),
        (4, "remove grant", "Remove grant {record_id} of permission {permission} from {who}"),
    ),
    ("grant", "remove"): ((4, "remove grant", "Remove grant {record_id} of permission {permission} from {who}"),),
    ("principal", "remove"): (
        (6, "suspend", "Suspend {who}"),
        (7, "confirm", "Confirm that nothing misses {who}"),
        (9, "revoke principal", "Revoke {who}, its live credentials, its assignments and its grants"),
    ),
}  # fmt: skip
# What a ticket is called: what was decided. What is missing here is called as its last step.
_TITLES = {
    ("credential", "rotate"): "Issue a new credential and revoke credential {credential} of {who}",
    ("assignment", "change"): "Assign role {new_role} and remove assignment {record_id} of role {role} from {who}",
    ("grant", "change"): "Assign role {new_role} and remove grant {record_id} of permission {permission} from {who}",
}
_UNDER = 8
# What lies open is revoked before all else, as soon as what replaces it is in place; that is looked at afterwards.
_OPEN = {"issue": -4, "deploy": -3, "revoke credential": -2, "confirm": -1}
_AT_ONCE = (
    "Revoke credential {credential} of {who} at once: its secret lay open in the data (DAT007), and whoever could read "
    "that can use it"
)
_BARE = "Revoke {who}, under which nothing is left by then"
_EMPTY = "See that nothing is left under {who}, which is revoked: no live credential, no assignment and no grant"
_LEFT = "Take away what is left under {who}, which is revoked: its live credentials, its assignments and its grants"
PROPOSED = "proposed, not decided: confirm first"
_FIRST = (
    "Proposed, not decided, so confirm first: assign role {new_role} to {who} on {place}: without it, what is required "
    "of {who} would be missing"
)
_TRIED = "Confirm that {who} can do what is required with what was assigned"
_TABLE = pd.DataFrame(
    [(*key, *step) for key, steps in STEPS.items() for step in steps],
    columns=["kind", "action", "phase", "does", "template"],
)
_VALUES = ("who", "credential", "role", "new_role", "permission", "place", "record_id")


def ordered(planned: pd.DataFrame, replacing: Mapping[str, Instead], tables: Tables) -> pd.DataFrame:
    """The steps that decisions ask for: `COLUMNS`, `markdown` and `title`, the words and what the decision is called
    with every name in a code span.

    `replacing` are the assignments, by principal, that are made before something of the principal's is removed: those
    nobody decided, so they say that they are proposed, and by nobody. Who is stopped already is not suspended. A
    credential whose secret lies in the data is revoked first of all.
    """
    asked = _urgent(_of_principals(planned.merge(_TABLE, on=["kind", "action"]), tables), tables)
    steps = pd.concat([asked, _before(planned, replacing)], ignore_index=True)
    steps = steps.sort_values(["phase", "item"], kind="stable", ignore_index=True)
    steps["step"] = range(1, len(steps) + 1)
    keys = pd.Series(list(zip(steps.kind, steps.action, strict=True)), index=steps.index, dtype=object)
    steps["called"] = keys.map(_TITLES).astype("str").fillna(steps.template)
    rows = steps.assign(**_values(steps, tables))[["template", "called", *_VALUES]].to_dict("records")
    plain = [row["template"].format_map(row) for row in rows]
    spans = [{name: code_span(row[name]) for name in _VALUES} for row in rows]
    words = {
        "words": plain,
        "markdown": [row["template"].format_map(span) for row, span in zip(rows, spans, strict=True)],
        "title": [row["called"].format_map(span) for row, span in zip(rows, spans, strict=True)],
    }
    proposed = steps.replaces.eq(True)
    frame = steps.assign(
        **{name: pd.Series(text, dtype="str") for name, text in words.items()}, after=_waits(steps),
        why=steps.reason.mask(proposed, PROPOSED), decided_by=steps.decided_by.mask(proposed, ""),
    )[[*COLUMNS, "markdown", "title"]]  # fmt: skip
    return frame.astype(dict.fromkeys([*COLUMNS[1:], "markdown", "title"], "str"))


def _of_principals(asked: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The steps, those of what a principal that is removed has after it was stopped; its own say what is left by
    then."""
    asked = asked[~(asked.does.eq("suspend") & asked.principal_id.isin(stopped(tables)))]
    whole = asked.does.eq("revoke principal")
    under = asked.action.eq("remove") & ~asked.kind.eq("principal") & asked.principal_id.isin(asked.principal_id[whole])
    principals = tables["principals"]
    again = whole & asked.principal_id.isin(principals.principal_id[principals.status.eq("Revoked")])
    held = []
    for kind in ("credential", "assignment", "grant"):
        rows = tables[TABLES[kind]].loc[lambda each: each.live]
        held.append(pd.DataFrame({"principal_id": rows.principal_id, "item": kind + ":" + rows[f"{kind}_id"]}))
    every = pd.concat(held, ignore_index=True)
    left = every.principal_id[~every["item"].isin(asked["item"][under])]
    bare = whole & ~asked.principal_id.isin(left)
    words = asked.template.mask(again, _LEFT).mask(bare, _BARE).mask(bare & again, _EMPTY)
    return asked.assign(phase=asked.phase.mask(under, _UNDER), template=words)


def _urgent(asked: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The steps, those of a credential whose secret lay in the data before all others, with why."""
    told = tables["problems"]
    lay_open = told.record_id[told.rule.eq("DAT007") & told.record.eq("credential")]
    urgent = asked.kind.eq("credential") & asked.record_id.isin(lay_open)
    words = asked.template.mask(urgent & asked.does.eq("revoke credential"), _AT_ONCE)
    return asked.assign(phase=asked.phase.mask(urgent, asked.does.map(_OPEN)), template=words)


def stopped(tables: Tables) -> pd.Series:
    """The ids of the principals that are suspended or revoked already."""
    rows = tables["principals"]
    return rows.principal_id[rows.status.isin(["Suspended", "Revoked"])]


def removed(planned: pd.DataFrame) -> pd.DataFrame:
    """The assignments and grants among the decisions that go, or are changed: what may leave something missing."""
    return planned[planned.kind.isin(["assignment", "grant"])]


def _before(planned: pd.DataFrame, replacing: Mapping[str, Instead]) -> pd.DataFrame:
    """The steps that give a principal what would do, as steps of the first thing that is removed from it."""
    first = removed(planned).sort_values("item").drop_duplicates("principal_id")
    first = first[first.principal_id.isin(list(replacing))]
    made = [(principal, 1, "assign", _FIRST, each["role"], place(each))
            for principal, one in replacing.items() for each in one.entries]  # fmt: skip
    made += [(principal, 3, "confirm", _TRIED, "", "") for principal in replacing]
    steps = pd.DataFrame(made, columns=["principal_id", "phase", "does", "template", "target", "place"])
    text = dict.fromkeys(["principal_id", "does", "template", "target", "place"], "str")
    both = first.drop(columns="target").merge(steps.astype(text), on="principal_id")
    return both.assign(replaces=True)


def _values(steps: pd.DataFrame, tables: Tables) -> dict[str, pd.Series]:
    """What the templates name, each with its id."""
    return {
        "who": names.principals(steps.principal_id, tables),
        "credential": names.credentials(steps.record_id, tables),
        "role": names.roles(steps.role_id, tables),
        "new_role": names.roles(steps.target, tables),
        "permission": names.permissions(steps.permission_id, tables),
        "place": steps.place.astype("str").fillna(""),
    }


def _waits(steps: pd.DataFrame) -> pd.Series:
    """The step to wait for: the one before it of the same item, else what is assigned first to the same principal,
    else, of what goes with a principal, that nothing misses it. The principal itself waits for the last of those."""
    before = steps.groupby("item").step.shift()
    tried = steps[steps.replaces.eq(True) & steps.does.eq("confirm")].set_index("principal_id").step
    taking = steps.does.isin(["remove assignment", "remove grant"])
    before = before.fillna(steps.principal_id.where(taking).map(tried))
    missed = steps[steps.kind.eq("principal") & steps.does.eq("confirm")].set_index("principal_id").step
    under = steps.phase.eq(_UNDER)
    before = before.fillna(steps.principal_id.where(under).map(missed))
    last = steps[under].groupby("principal_id").step.max()
    before = steps.principal_id.where(steps.does.eq("revoke principal")).map(last).fillna(before)
    return before.astype("Int64").astype("str").fillna("")
