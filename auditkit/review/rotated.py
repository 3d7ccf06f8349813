"""The plain rotations between two snapshots: a credential that went, and a new one of the same principal."""

from __future__ import annotations

import pandas as pd

from auditkit.review.difference import Difference

ROTATION_COLUMNS = ("kind", "principal_id", "old", "new", "how")
# Of a principal's credentials of one kind, the first that went is told with the first that came, and so on.
_PAIR = ["principal_id", "kind", "nth"]


def rotations(found: Difference) -> pd.DataFrame:
    """One row a rotation, columns `ROTATION_COLUMNS`: the ids of the credential that went and of the one that came;
    `how` the old one went: removed, or revoked.

    What has no counterpart, or changed in more than being revoked, is no plain rotation.
    """
    records = found.records[found.records.collection.eq("credentials")]
    revoked = records.change.eq("changed") & records.fields.eq("revoked_at")
    went = records[records.change.eq("removed") | revoked].assign(how=records.change.map({"changed": "revoked"}))
    was = _numbered(went, found.old.credentials).fillna({"how": "removed"})
    is_now = _numbered(records[records.change.eq("added")], found.new.credentials)
    pairs = was.merge(is_now[[*_PAIR, "record_id"]], on=_PAIR, suffixes=("", "_new"))
    # A revocation that was taken back is none.
    dead = found.new.credentials.set_index("credential_id").revoked_at.reindex(pairs.record_id).notna().to_numpy()
    pairs = pairs[pairs.how.eq("removed") | dead].rename(columns={"record_id": "old", "record_id_new": "new"})
    return pairs[list(ROTATION_COLUMNS)].astype("str").reset_index(drop=True)


def _numbered(records: pd.DataFrame, credentials: pd.DataFrame) -> pd.DataFrame:
    """Records of credentials, with whose and of what kind each is, and its number among those."""
    facts = credentials[["credential_id", "principal_id", "kind"]].rename(columns={"credential_id": "record_id"})
    rows = records.merge(facts.astype("str"), on="record_id")
    return rows.assign(nth=rows.groupby(["principal_id", "kind"]).cumcount())
