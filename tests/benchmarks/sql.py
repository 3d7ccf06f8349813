"""The same questions in SQL, over the Parquet files of a snapshot: what the audit is timed against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit.schema import COLLECTIONS

LEVELS = ("organisation", "scoped", "undetermined")
NOW = "TIMESTAMPTZ '2026-10-01 00:00:00+00'"


def views(connection: Any, folder: Path) -> None:
    """One view a collection, over its file."""
    connection.execute("SET TimeZone = 'UTC'")
    for name in COLLECTIONS:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder / name}.parquet')")


_LIVE = f"organisation_id = 'o1' AND (expires_at IS NULL OR expires_at > {NOW})"
_LIVE_KEY = f"(expires_at IS NULL OR expires_at > {NOW}) AND (revoked_at IS NULL OR revoked_at > {NOW})"
_AGO = f"{NOW} - INTERVAL"
_AHEAD = f"{NOW} + INTERVAL"


def _rule(table: str, key: str, message: str, proof: str, where: str) -> str:
    """What a rule gives: the subject, a sentence, and the fields that prove it as JSON."""
    fields = ", ".join(f"'{name}', {name}" for name in proof.split())
    return f"SELECT {key} AS subject_id, {message} AS message, json_object({fields}) AS related FROM {table} WHERE {where}"


def _key(message: str, proof: str, where: str) -> str:
    return _rule("credentials", "credential_id", message, f"credential_id key_id principal_id {proof}", where)


def _on(words: str, column: str) -> str:
    return f"'{words} ' || strftime({column}, '%Y-%m-%d')"


_AFTER = "CASE WHEN last_used_at > {0} THEN ', and was used after that' ELSE '' END"
_EXPIRED = f"expires_at <= {NOW} AND (revoked_at IS NULL OR revoked_at > {NOW})"
_UNUSED = f"{_LIVE_KEY} AND last_used_at IS NULL AND created_at < {_AGO} 30 DAY"
_SOON = f"status = 'Active' AND {_LIVE} AND expires_at <= {_AHEAD} 30 DAY"
_GRANT = "grant_id principal_id permission_id scope_type scope_path"

ROW_RULES = {
    "CRD001": _key(f"{_on('expired on', 'expires_at')} || {_AFTER.format('expires_at')}", "expires_at last_used_at", _EXPIRED),
    "CRD002": _key(_on("expires on", "expires_at"), "expires_at", f"{_LIVE_KEY} AND expires_at <= {_AHEAD} 30 DAY"),
    "CRD003": _key(
        f"{_on('was revoked on', 'revoked_at')} || {_AFTER.format('revoked_at')}",
        "revoked_at last_used_at",
        f"revoked_at <= {NOW}",
    ),
    "CRD004": _key("'never expires'", "created_at expires_at", f"{_LIVE_KEY} AND expires_at IS NULL"),
    "CRD005": _key(_on("was created on", "created_at"), "created_at", f"{_LIVE_KEY} AND created_at < {_AGO} 90 DAY"),
    "CRD006": _key(_on("was last used on", "last_used_at"), "last_used_at", f"{_LIVE_KEY} AND last_used_at < {_AGO} 90 DAY"),
    "CRD010": _key(_on("was created on", "created_at") + " || ' and never used'", "created_at last_used_at", _UNUSED),
    "CRD011": _key(
        _on("expires only on", "expires_at"), "created_at expires_at", f"{_LIVE_KEY} AND expires_at > {_AHEAD} 365 DAY"
    ),
    "PRN005": _rule(
        "principals",
        "principal_id",
        "'belongs to the organisation ' || organisation_id",
        "principal_id type organisation_id",
        "organisation_id <> 'o1'",
    ),
    "PRN008": _rule("principals", "principal_id", _on("expires on", "expires_at"), "principal_id type expires_at", _SOON),
    "PRM003": _rule(
        "permission_grants", "grant_id", "'gives ' || permission_id || ' straight to ' || principal_id", _GRANT, _LIVE
    ),
}

EFFECTIVE = f"""
WITH RECURSIVE
usable AS (SELECT principal_id, type FROM principals WHERE status = 'Active' AND {_LIVE}),
members AS (
    SELECT m.principal_id, m.group_id FROM group_members m
    JOIN principals g ON g.principal_id = m.group_id AND g.type = 'Group'
),
above(principal_id, group_id) AS (
    SELECT principal_id, group_id FROM members
    UNION
    SELECT a.principal_id, m.group_id FROM above a JOIN members m ON m.principal_id = a.group_id
),
holders AS (
    SELECT principal_id, type, principal_id AS holder_id FROM usable
    UNION
    SELECT u.principal_id, u.type, a.group_id FROM usable u JOIN above a USING (principal_id)
),
given AS (
    SELECT a.principal_id AS holder_id, a.role_id, r.supported_principal_types AS types,
           CASE WHEN a.conditions IS NOT NULL OR r.conditions IS NOT NULL OR r.supported_principal_types IS NULL THEN 1
                WHEN a.scope_type IS NOT NULL THEN 2 ELSE 3 END AS level
    FROM role_assignments a JOIN roles r USING (role_id)
    WHERE a.organisation_id = 'o1' AND (a.expires_at IS NULL OR a.expires_at > {NOW})
),
routes AS (
    SELECT h.principal_id, g.role_id, max(g.level) AS level FROM holders h JOIN given g USING (holder_id)
    WHERE g.types IS NULL OR list_contains(g.types, h.type) GROUP BY ALL
),
held AS (SELECT DISTINCT role_id, unnest(permission_ids) AS permission_id FROM roles),
granted AS (
    SELECT h.principal_id, g.permission_id,
           CASE WHEN g.conditions IS NOT NULL THEN 1 WHEN g.scope_type IS NOT NULL THEN 2 ELSE 3 END AS level
    FROM holders h JOIN permission_grants g ON g.principal_id = h.holder_id
    WHERE g.organisation_id = 'o1' AND (g.expires_at IS NULL OR g.expires_at > {NOW})
),
pairs AS (
    SELECT principal_id, permission_id, max(level) AS level FROM (
        SELECT r.principal_id, p.permission_id, r.level FROM routes r JOIN held p USING (role_id)
        UNION ALL SELECT * FROM granted
    ) GROUP BY ALL
),
counts AS (
    SELECT principal_id, count(*) FILTER (level = 3) AS organisation, count(*) FILTER (level = 2) AS scoped,
           count(*) FILTER (level = 1) AS undetermined
    FROM pairs GROUP BY ALL
)
SELECT sum(organisation)::BIGINT, sum(scoped)::BIGINT, sum(undetermined)::BIGINT FROM counts
"""
