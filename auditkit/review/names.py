"""Ids with the names that people know them by: nobody knows whose a key is by its id."""

from __future__ import annotations

import pandas as pd
import pyarrow.compute as pc

from auditkit.access.tables import Tables
from auditkit.rules.text import arrow, concat, series


def principals(ids: pd.Series, tables: Tables) -> pd.Series:
    """Principals as `Gateway 7 (key-0043)`."""
    return _named(ids, tables["principals"].set_index("principal_id").display_name)


def roles(ids: pd.Series, tables: Tables) -> pd.Series:
    """Roles as `Field gateway (role-field-gateway)`."""
    return _named(ids, tables["roles"].set_index("role_id").name)


def permissions(ids: pd.Series, tables: Tables) -> pd.Series:
    """Permissions as `iot.device.read (perm-7)`."""
    return _named(ids, tables["permissions"].set_index("permission_id").identifier)


def credentials(ids: pd.Series, tables: Tables) -> pd.Series:
    """Credentials as `main, key 78f0ea5e9366 (crd-00046)`: the key id is what whoever uses the key can see of it."""
    rows = tables["credentials"].set_index("credential_id")
    return _named(ids, rows.name + ", key " + rows.key_id)


def _named(ids: pd.Series, names: pd.Series) -> pd.Series:
    """Name and id; the id alone where nothing bears it, or what bears it has no name."""
    names = names[~names.index.duplicated()]
    texts = arrow(ids)
    found = arrow(names).take(pc.index_in(texts, value_set=arrow(names.index.to_series())))
    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(found), ""), True)
    return series(pc.if_else(blank, texts, concat(found, " (", texts, ")", count=len(ids))), ids.index)
