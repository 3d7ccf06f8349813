"""The steps of a plan, in the vendor's terms and in an order in which nobody is locked out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.report.inert import code_span
from auditkit.review import names
from auditkit.review.replacing import Instead, place

COLUMNS = ("step", "does", "item", "principal_id", "record_id", "target", "words", "after", "why", "decided_by")

# For each kind of item and decision the steps, each with its phase. What is new comes before what it replaces, and
# whole principals come last, so that whoever takes over has what they need by then.
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
        (8, "revoke principal", "Revoke {who}, its live credentials, its assignments and its grants"),
    ),
}  # fmt: skip
# What a ticket is called: what was decided. What is missing here is called as its last step.
_TITLES = {
    ("credential", "rotate"): "Issue a new credential and revoke credential {credential} of {who}",
    ("assignment", "change"): "Assign role {new_role} and remove assignment {record_id} of role {role} from {who}",
    ("grant", "change"): "Assign role {new_role} and remove grant {record_id} of permission {permission} from {who}",
}
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
    nobody decided, so they say that they are proposed, and by nobody. Who is stopped already is not suspended.
    """
    asked = planned.merge(_TABLE, on=["kind", "action"])
    asked = asked[~(asked.does.eq("suspend") & asked.principal_id.isin(stopped(tables)))]
    revoked = tables["principals"].loc[lambda rows: rows.status.eq("Revoked"), "principal_id"]
    again = asked.does.eq("revoke principal") & asked.principal_id.isin(revoked)
    asked = asked.assign(template=asked.template.mask(again, _LEFT))
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
    """The step to wait for: the one before it of the same item, else what is assigned first to the same principal."""
    before = steps.groupby("item").step.shift()
    tried = steps[steps.replaces.eq(True) & steps.does.eq("confirm")].set_index("principal_id").step
    taking = steps.does.isin(["remove assignment", "remove grant"])
    before = before.fillna(steps.principal_id.where(taking).map(tried))
    return before.astype("Int64").astype("str").fillna("")
