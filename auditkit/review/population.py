"""What a campaign asks about: principals, credentials, assignments and grants, each with its identity and content.

The identity of an item (`assignment:ra-12`) stays from quarter to quarter; its content digest changes when the access
that it stands for does, and then it is asked again.
"""

from __future__ import annotations

import hashlib
import re

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.access.tables import Tables
from auditkit.errors import ReviewError
from auditkit.limits import Limits
from auditkit.review import names
from auditkit.rules.base import among
from auditkit.rules.text import arrow, concat, series

KINDS = ("principal", "credential", "assignment", "grant")
SCOPES = ("everything", "machine", "privileged", "changed", "group:ID")
COLUMNS = ("item", "kind", "record_id", "principal_id", "whose", "role_id", "permission_id", "says", "content")

_CONTENT = {
    # The day it was made tells a principal from an earlier one of the same id.
    "principal": ("type", "status", "organisation_id", "created_at", "expires_at"),
    "credential": ("key_id", "kind", "created_at", "expires_at", "revoked_at"),
    "assignment": (
        "role_id",
        "organisation_id",
        "scope_type",
        "scope_path",
        "conditions",
        "expires_at",
        "role_content",
    ),
    "grant": ("permission_id", "organisation_id", "scope_type", "scope_path", "conditions", "expires_at"),
}


def population(
    tables: Tables, limits: Limits, scope: str = "everything", previous: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The items in scope, in item order: `COLUMNS`, all text.

    Scopes: everything; machine (API keys and service accounts); privileged (whom a broad role reaches, or who may
    change access); changed (new, or of another content than in the `previous` population); group:ID (a group and all
    in it). What has ended already (a revoked credential, an expired assignment) is no longer asked about.
    Raises `ReviewError` for an unknown scope or group, or for "changed" without a previous campaign.
    """
    items = pd.concat([_principals(tables), _credentials(tables), _assignments(tables), _grants(tables)])
    items = items.assign(whose=names.principals(items.principal_id, tables))[list(COLUMNS)]
    items = items.sort_values("item", ignore_index=True)
    return items[_in_scope(items, tables, limits, scope, previous)].reset_index(drop=True)


def _in_scope(
    items: pd.DataFrame, tables: Tables, limits: Limits, scope: str, previous: pd.DataFrame | None
) -> pd.Series:
    principals = tables["principals"]
    if scope == "everything":
        return pd.Series(True, index=items.index)
    if scope == "machine":
        return among(items.principal_id, principals.principal_id[principals.machine])
    if scope == "privileged":
        return among(items.principal_id, privileged(tables, limits))
    if scope == "changed":
        return _changed(items, previous)
    group = re.fullmatch(r"group:(.+)", scope, re.DOTALL)
    if group is None:
        raise ReviewError(f"there is no scope {scope!r}; use one of {', '.join(SCOPES)}")
    return items.principal_id.isin(_inside(tables["group_members"], principals, group[1]))


def privileged(tables: Tables, limits: Limits) -> pd.Series:
    """The ids of the principals whom a broad role reaches, or who may change access through module `iam`."""
    reach, roles, permissions = tables["reach"], tables["roles"], tables["permissions"]
    broad = reach.principal_id[reach.role_id.isin(roles.role_id[roles.broad_share.ge(limits.broad_role_share)])]
    changing = permissions[permissions.module.eq("iam") & ~permissions.action.isin(["read", "list", "get", "view"])]
    pairs = tables["effective"].pairs(permissions=changing.permission_id)
    return pd.concat([broad, pairs.principal_id[pairs.level.ne("undetermined")]]).drop_duplicates()


def _changed(items: pd.DataFrame, previous: pd.DataFrame | None) -> pd.Series:
    if previous is None:
        raise ReviewError("the scope 'changed' needs the last campaign to compare with; name it, or use 'everything'")
    before = previous.set_index("item").content
    return items.content.ne(items.item.map(before).astype("str"))


def _inside(members: pd.DataFrame, principals: pd.DataFrame, group: str) -> set[str]:
    """The ids of a group and of everybody in it, at any depth."""
    if group not in set(principals.principal_id[principals.type.eq("Group")]):
        raise ReviewError(f"there is no group {group!r} in the snapshot; name a group by its id")
    found, fresh = {group}, {group}
    while fresh:
        fresh = set(members.principal_id[members.group_id.isin(fresh)]) - found
        found |= fresh
    return found


def _principals(tables: Tables) -> pd.DataFrame:
    rows = tables["principals"]
    says = rows.type.astype("str") + " " + rows.display_name + " is " + rows.status.astype("str").str.lower()
    return _items("principal", rows, rows.principal_id, says + _until(rows.expires_at))


def _credentials(tables: Tables) -> pd.DataFrame:
    rows = tables["credentials"]
    rows = rows[~rows.revoked]
    says = "Credential " + rows.name + " (" + rows.key_id + ")" + _until(rows.expires_at)
    return _items("credential", rows, rows.credential_id, says)


def _assignments(tables: Tables) -> pd.DataFrame:
    rows = tables["assignments"]
    rows = rows[~rows.expired]
    known = rows.role_id.isin(tables["roles"].role_id)
    rows = rows.assign(role_content=rows.role_id.map(_role_content(tables)).astype("str"))
    named = names.roles(rows.role_id, tables).where(known, "unknown role " + rows.role_id)
    says = "Role " + named + " on " + _where(rows) + _until(rows.expires_at)
    return _items("assignment", rows, rows.assignment_id, says)


def _grants(tables: Tables) -> pd.DataFrame:
    rows = tables["grants"]
    rows = rows[~rows.expired]
    identifiers = tables["permissions"].set_index("permission_id").identifier
    given = rows.permission_id.map(identifiers).astype("str").fillna("unknown permission " + rows.permission_id)
    says = "Direct grant of " + given + " on " + _where(rows) + _until(rows.expires_at)
    return _items("grant", rows, rows.grant_id, says)


def _role_content(tables: Tables) -> pd.Series:
    """A digest of what each role gives: its permissions, types and conditions, by role id."""
    roles = tables["roles"].set_index("role_id")
    rows = tables["role_permissions"].sort_values("permission_id")
    held = joined_by(rows.role_id, rows.permission_id, "\n")
    types = roles.supported_principal_types.map(lambda kinds: ",".join(sorted(kinds)), na_action="ignore")
    texts = roles.index.map(held).fillna("").astype("str") + "\n\n" + types.fillna("?").astype("str")
    return pd.Series(digests(arrow(texts + "\n\n" + roles.conditions.fillna(""))), index=roles.index)


def joined_by(keys: pd.Series, texts: pd.Series, between: str) -> pd.Series:
    """The texts of each key, in their order, as one text by the key."""
    codes, known = pd.factorize(keys)
    table = pa.table({"key": codes, "text": pa.array(texts, pa.large_string())})
    # The codes come in the order in which each was met first, as the keys do.
    lists = table.group_by("key", use_threads=False).aggregate([("text", "list")])
    whole = pc.binary_join(lists["text_list"].combine_chunks(), pa.scalar(between, pa.large_string()))
    return pd.Series(pd.array(whole, dtype="str"), index=pd.Index(known))


def digests(texts: pa.Array) -> list[str]:
    """SHA-256 of each text, in hex."""
    return [hashlib.sha256(text).hexdigest() for text in texts.cast(pa.large_binary()).to_pylist()]


def _items(kind: str, rows: pd.DataFrame, ids: pd.Series, says: pd.Series) -> pd.DataFrame:
    parts = [part for column in _CONTENT[kind] for part in ("\x1f", _text(rows[column]))]
    content = concat(arrow(rows.principal_id.fillna("")), *parts, count=len(rows))
    return pd.DataFrame(
        {
            "item": kind + ":" + ids,
            "kind": pd.Series(kind, index=rows.index, dtype="str"),
            "record_id": ids,
            "principal_id": rows.principal_id,
            **{
                name: rows.get(name, pd.Series(None, index=rows.index, dtype="str"))
                for name in ("role_id", "permission_id")
            },
            "says": says,
            "content": pd.Series(digests(content), index=rows.index, dtype="str"),
        }
    )


def _text(column: pd.Series) -> pa.Array:
    """A column as text that tells an absent value from an empty one."""
    times = isinstance(column.dtype, pd.DatetimeTZDtype)
    texts = arrow(_clock(column, pa.timestamp("us")) + "Z") if times else arrow(column).cast(pa.large_string())
    return pc.fill_null(texts, "\x00")


def _where(rows: pd.DataFrame) -> pd.Series:
    scoped = rows.scope_type + " " + rows.scope_path
    return scoped.fillna("the whole organisation")


def _until(times: pd.Series) -> pd.Series:
    return (", until " + _clock(times, pa.date32())).fillna(", without an end date")


def _clock(times: pd.Series, unit: pa.DataType) -> pd.Series:
    """Times in UTC as RFC 3339 to the microsecond, without a zone, or as dates; an absent one is missing."""
    plain = arrow(times).cast(pa.timestamp("us")).cast(unit, safe=False).cast(pa.large_string())
    return series(pc.replace_substring(plain, " ", "T"), times.index)
