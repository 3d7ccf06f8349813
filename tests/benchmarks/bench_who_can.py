"""Who can do this, of 100,000 principals, with the shortest route of each, against the bare answer in DuckDB's SQL."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb
from organisations import dense
from sql import NOW, views

from auditkit.access.who_can import who_can
from auditkit.snapshot import load

SIZE, ROUNDS, GOAL = 100_000, 3, 1.5

WHO_CAN = f"""
WITH RECURSIVE
usable AS (
    SELECT principal_id, type FROM principals
    WHERE status = 'Active' AND organisation_id = 'o1' AND (expires_at IS NULL OR expires_at > {NOW})
),
given AS (
    SELECT a.principal_id, r.supported_principal_types AS types,
           a.conditions IS NULL AND r.conditions IS NULL AND r.supported_principal_types IS NOT NULL AS certain
    FROM role_assignments a JOIN roles r USING (role_id)
    WHERE a.organisation_id = 'o1' AND (a.expires_at IS NULL OR a.expires_at > {NOW}) AND a.scope_type IS NULL
      AND list_contains(r.permission_ids, $permission)
    UNION ALL
    SELECT principal_id, ['User', 'Group', 'ApiKey', 'ServiceAccount'], conditions IS NULL FROM permission_grants
    WHERE organisation_id = 'o1' AND (expires_at IS NULL OR expires_at > {NOW}) AND scope_type IS NULL
      AND permission_id = $permission
),
reached(principal_id, types, certain) AS (
    SELECT DISTINCT * FROM given
    UNION
    SELECT m.principal_id, r.types, r.certain FROM reached r
    JOIN group_members m ON m.group_id = r.principal_id
    JOIN principals g ON g.principal_id = m.group_id AND g.type = 'Group'
)
SELECT u.principal_id, bool_or(r.certain) AS certain FROM usable u JOIN reached r USING (principal_id)
WHERE r.types IS NULL OR list_contains(r.types, u.type) GROUP BY ALL
"""


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    with tempfile.TemporaryDirectory() as folder:
        path = dense(SIZE).save(Path(folder) / "snapshot")
        whole = load(path)
        permission, identifier = whole.permissions.permission_id.iloc[7], whole.permissions.identifier.iloc[7]
        connection = duckdb.connect()
        views(connection, path)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            found = who_can(whole, identifier)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            expected = connection.execute(WHO_CAN, {"permission": permission}).fetchall()
            theirs.append(time.perf_counter() - start)
    said = dict(zip(found.principal_id, found.certainty.eq("certain"), strict=True))
    if said != dict(expected):
        raise SystemExit(f"the answers differ: {len(said)} and {len(expected)}")
    label = f"`who-can` at {SIZE:,} principals ({len(said):,} found), with routes, against DuckDB SQL without"
    return [(label, min(ours) / min(theirs), GOAL)]


if __name__ == "__main__":
    for row in main():
        print(*row)
