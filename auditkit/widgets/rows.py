"""Findings joined with who and what they are about: the frames that panels show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.findings_met import counted
from auditkit.findings_who import ids_of
from auditkit.review.advice import assign_reviewers
from auditkit.rules.text import arrow, series

if TYPE_CHECKING:
    from auditkit.access.tables import Tables

# What is counted of an ApiKey principal's roles, wherever the number stands: each principal and role once.
UNSUPPORTED = "roles given to ApiKey principals do not support ApiKey"


def proof(findings: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The findings with the given keys of their proof as text columns, null where a finding does not carry one."""
    parsed = [json.loads(text) for text in findings.related.tolist()]
    columns = {key: [_text(item.get(key)) for item in parsed] for key in keys}
    return findings.assign(**{key: pd.array(values, dtype="str") for key, values in columns.items()})


def with_principals(rows: pd.DataFrame, principals: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows that name a principal, with columns of that principal; null where the snapshot does not hold it."""
    known = principals[["principal_id", *columns]].rename(columns={"type": "principal_type"})
    return rows.merge(known, on="principal_id", how="left", validate="many_to_one")


def principal_of(findings: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The id of the principal that each finding is about: its subject, what its proof names, or whose the record is;
    null where there is none. `frames` are those of the snapshot."""
    columns = (arrow(findings[name]) for name in ("subject_type", "subject_id", "related"))
    kinds, subjects, related = columns
    return series(ids_of(kinds, subjects, related, frames), findings.index)


def owners_of(findings: pd.DataFrame, owners: pd.DataFrame | None, tables: Tables) -> pd.Series:
    """Who owns what each finding is about: its principal, else a group of it, else the role, else the module."""
    if owners is None or findings.empty:
        return pd.Series(None, index=findings.index, dtype="str")
    items = proof(findings, ["role_id", "permission_id"]).assign(
        principal_id=principal_of(findings, tables.snapshot.frames)
    )
    items["role_id"] = items.role_id.where(findings.subject_type.ne("role"), findings.subject_id)
    reviewer = assign_reviewers(items[["principal_id", "role_id", "permission_id"]], owners, tables)
    return reviewer.where(reviewer.ne(""))


def unsupported_words(reach: pd.DataFrame, principals: pd.DataFrame) -> str:
    """Whose the roles without `ApiKey` are: how many principals and how many roles those pairs are, of how many."""
    pairs = reach[reach.principal_type.eq("ApiKey")]
    odd = pairs[pairs.support.eq("no")]
    keys, with_role = int(principals.type.eq("ApiKey").sum()), pairs.principal_id.nunique()
    return (
        f"Each principal and role is counted once, however often assigned. What does not fit concerns "
        f"{odd.principal_id.nunique():,} of {counted(keys, 'ApiKey principal')} ({with_role:,} of them have a role) "
        f"and {odd.role_id.nunique():,} of {counted(pairs.role_id.nunique(), 'role')} given to them."
    )


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
