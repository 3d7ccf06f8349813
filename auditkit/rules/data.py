"""DAT: what the data itself gets wrong, so that no other rule is clean by accident."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from auditkit.rules.base import NO_HITS, Hits, among, hits, rule
from auditkit.rules.text import arrow, concat, gather, joined
from auditkit.schema import COLLECTIONS

_REFERRING = ("credentials", "group_members", "assignments", "grants", "role_permissions")
_REFERRED = ("principals", "roles", "permissions")


@rule("DAT001", "Reference to nothing", subject="any record", severity="medium", reads=(*_REFERRING, *_REFERRED))
def dangling(
    credentials: pd.DataFrame,
    group_members: pd.DataFrame,
    assignments: pd.DataFrame,
    grants: pd.DataFrame,
    role_permissions: pd.DataFrame,
    principals: pd.DataFrame,
    roles: pd.DataFrame,
    permissions: pd.DataFrame,
) -> Hits:
    """A record that refers to a principal, group, role or permission that is not in the snapshot: whatever it gives or
    takes cannot be judged. An organisation's id is not meant: PRN005 and ROL003 say when it is another's.

    Fix: remove the record, or find out why what it refers to was not listed.
    """
    there = {
        "principal_id": principals.principal_id,
        "group_id": principals.principal_id,
        "role_id": roles.role_id,
        "permission_id": permissions.permission_id,
    }
    missing = [
        _missing(credentials, "credential", ["credential_id"], "principal_id", there),
        _missing(group_members, "membership", ["group_id", "principal_id"], "group_id", there),
        _missing(group_members, "membership", ["group_id", "principal_id"], "principal_id", there),
        _missing(assignments, "assignment", ["assignment_id"], "principal_id", there),
        _missing(assignments, "assignment", ["assignment_id"], "role_id", there),
        _missing(grants, "grant", ["grant_id"], "principal_id", there),
        _missing(grants, "grant", ["grant_id"], "permission_id", there),
        _missing(role_permissions, "role", ["role_id"], "permission_id", there),
    ]
    return hits(
        gather(pa.concat_tables(missing), ["record", "record_id"], "reference"),
        subject=["record_id"],
        kind="record",
        message="refers to what is not in the snapshot: {reference}",
        related={"id": "record_id", "missing": "reference"},
    )


@rule("DAT002", "Id used twice", subject="any record", severity="high", reads=("problems",), partial=True)
def twice(problems: pd.DataFrame) -> Hits:
    """A record whose id occurs twice with different content: the first is kept, and may be the wrong one.

    Fix: find out which of the two is right, and have the other removed.
    """
    return _told(problems, "DAT002")


@rule("DAT003", "Unknown value", subject="any record", severity="medium", reads=("problems",), partial=True)
def unknown_value(problems: pd.DataFrame) -> Hits:
    """A record with an unknown value where the known ones are listed: the record is kept, and the value judged as none
    of them.

    Fix: correct the value; if the vendor added it, update auditkit.
    """
    return _told(problems, "DAT003")


@rule("DAT004", "Time that cannot be read", subject="any record", severity="medium", reads=("problems",), partial=True)
def unreadable_time(problems: pd.DataFrame) -> Hits:
    """A record with a time that cannot be read, or has no offset: it is judged as absent, so an expiry may be missed.

    Fix: correct the time; it must be RFC 3339 with an offset, such as 2026-10-01T00:00:00Z.
    """
    return _told(problems, "DAT004")


@rule("DAT005", "Record set aside", subject="any record", severity="high", reads=("problems",), partial=True)
def set_aside(problems: pd.DataFrame) -> Hits:
    """A record that lacks a field which every such record must have: it is set aside, and no other rule sees it.

    Fix: complete the record; if the API names the field otherwise, rename it in the endpoint profile.
    """
    return _told(problems, "DAT005")


@rule("DAT006", "Collection not read whole", subject="collection", severity="high", reads=("unread",))
def not_whole(unread: pd.DataFrame) -> Hits:
    """A collection that could not be pulled whole: every rule that reads it is not evaluated, and says so.

    Fix: give the key the permission to list it, or mend its row in the endpoint profile; then pull into the same
    folder.
    """
    fields = {name: collection.field for name, collection in COLLECTIONS.items()}
    return hits(
        unread.assign(field=unread.collection.map(fields).astype("str")),
        subject=["field"],
        message="could not be read whole: {reason}",
        related={"collection": "field", "reason": "reason"},
    )


@rule("DAT007", "Secret in the data", subject="any record", severity="critical", reads=("problems",), partial=True)
def secret(problems: pd.DataFrame) -> Hits:
    """A record that carried a secret; the secret was dropped, and whoever could read this record could read it too.

    Fix: revoke the credential at once and issue a replacement; then find out how its secret came into the record.
    """
    return _told(problems, "DAT007")


def _missing(rows: pd.DataFrame, record: str, key: list[str], column: str, there: dict[str, pd.Series]) -> pa.Table:
    """The records whose `column` names nothing that is there, as `record`, `record_id`, `reference`."""
    found = among(rows[column], there[column])
    lost = rows.loc[~found, list(dict.fromkeys([*key, column]))] if not found.all() else rows.iloc[:0]
    columns = {
        "record": concat(record, count=len(lost)),
        "record_id": joined(lost, key),
        "reference": concat(column.removesuffix("id").replace("_", " "), arrow(lost[column]), count=len(lost)),
    }
    return pa.table(columns)


def _told(problems: pd.DataFrame, rule_id: str) -> Hits:
    """One hit for each record that the reader of the data told of under this rule."""
    told = problems[problems.rule.eq(rule_id)]
    if told.empty:
        return NO_HITS
    told = told.assign(said=told.field.fillna("record") + ": " + told.reason, field=told.field.fillna(""))
    return hits(
        gather(told, ["record", "record_id"], "field", "said"),
        subject=["record_id"],
        kind="record",
        message="{said}",
        related={"id": "record_id", "fields": "field", "said": "said"},
    )
