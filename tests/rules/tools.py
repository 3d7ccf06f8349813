"""How a rule is tested: literal records, the audit of that one rule, and what it must and must not say.

A test class of a rule names it and gives two tables: `hits`, case by case the records and what is flagged with which
severity, and `clean`, case by case the records of which nothing is flagged. The laws below run over both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from auditkit.access.tables import LINEAGE, Tables
from auditkit.findings import Findings, run_rules
from auditkit.limits import Limits
from auditkit.rules import RULES
from auditkit.schema import frame
from auditkit.snapshot import build

AS_OF = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")
RULE = {rule.id: rule for rule in RULES}
SECOND = 1
Records = list[dict[str, Any]]


def ago(days: float, seconds: float = 0) -> pd.Timestamp:
    """So many days before the instant of judgement, and so many seconds after that."""
    return AS_OF - pd.Timedelta(days=days) + pd.Timedelta(seconds=seconds)


def ahead(days: float, seconds: float = 0) -> pd.Timestamp:
    """So many days after the instant of judgement, and so many seconds more."""
    return AS_OF + pd.Timedelta(days=days) + pd.Timedelta(seconds=seconds)


def organisation(**changes: Any) -> dict[str, Any]:
    return {"organisation_id": "o1", "name": "Acme", "direct_api_key_auth": False} | changes


def principal(principal_id: str = "p", kind: str = "User", **changes: Any) -> dict[str, Any]:
    usual = {"status": "Active", "display_name": principal_id, "organisation_id": "o1", "created_at": ago(20)}
    return {"principal_id": principal_id, "type": kind} | usual | changes


def api_key(principal_id: str = "k", **changes: Any) -> dict[str, Any]:
    return principal(principal_id, "ApiKey", **changes)


def service(principal_id: str = "s", **changes: Any) -> dict[str, Any]:
    return principal(principal_id, "ServiceAccount", **changes)


def group(principal_id: str = "g", **changes: Any) -> dict[str, Any]:
    return principal(principal_id, "Group", **changes)


def credential(credential_id: str = "c", principal_id: str = "k", **changes: Any) -> dict[str, Any]:
    usual = {"key_id": f"key-{credential_id}", "name": "main", "kind": "ApiKey", "created_at": ago(20)}
    return {"credential_id": credential_id, "principal_id": principal_id} | usual | changes


def member(group_id: str = "g", principal_id: str = "p") -> dict[str, Any]:
    return {"group_id": group_id, "principal_id": principal_id}


def permission(permission_id: str = "x", **changes: Any) -> dict[str, Any]:
    usual = {"identifier": f"id.{permission_id}", "module": "iot", "feature": "devices", "action": "read", "name": "X"}
    return {"permission_id": permission_id, "is_preview": False} | usual | changes


def resource_type(identifier: str = "iot.device", **changes: Any) -> dict[str, Any]:
    usual = {"identifier": identifier, "module": "iot", "type": "device", "supports_hierarchical_scope": True}
    return {"resource_type_id": f"rt-{identifier}"} | usual | changes


ALL_TYPES = ["User", "Group", "ApiKey", "ServiceAccount"]


def role(role_id: str = "r", permission_ids: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    usual = {"name": role_id, "scope": "Organisation", "supported_principal_types": ALL_TYPES}
    return {"role_id": role_id, "permission_ids": permission_ids or []} | usual | changes


def assignment(
    assignment_id: str = "a", principal_id: str = "p", role_id: str = "r", **changes: Any
) -> dict[str, Any]:
    usual = {"organisation_id": "o1", "created_at": ago(20)}
    return {"assignment_id": assignment_id, "principal_id": principal_id, "role_id": role_id} | usual | changes


def grant(grant_id: str = "d", principal_id: str = "p", permission_id: str = "x", **changes: Any) -> dict[str, Any]:
    usual = {"organisation_id": "o1", "created_at": ago(20)}
    return {"grant_id": grant_id, "principal_id": principal_id, "permission_id": permission_id} | usual | changes


def required(*rows: dict[str, Any]) -> pd.DataFrame:
    """Required permissions, as the reader of the CSV gives them; the first row is line 2."""
    columns = ["principal_id", "permission", "resource_type", "resource_path", "expect", "reason"]
    table = pd.DataFrame([{"expect": "allow"} | row for row in rows], columns=columns).astype("str")
    return table.assign(line=range(2, len(rows) + 2))[["line", *columns]]


def need(principal_id: str = "p", permission: str = "id.x", **changes: Any) -> dict[str, Any]:
    return {"principal_id": principal_id, "permission": permission} | changes


def problem(rule: str, record: str = "principal", record_id: str = "p", **changes: Any) -> dict[str, Any]:
    usual = {"collection": "principals", "field": "status", "reason": "is odd", "set_aside": False}
    return {"rule": rule, "record": record, "record_id": record_id} | usual | changes


def snapshot_of(
    *, problems: Records | None = None, incomplete: Mapping[str, str] | None = None, **collections: Records
):
    """A snapshot of literal records; the organisation is `o1` unless given."""
    given = {"organisation": [organisation()]} | collections
    frames = {name: frame(name, columns_of(rows)) for name, rows in given.items()}
    told = pd.DataFrame(problems) if problems else None
    return build(frames, organisation_id="o1", as_of=AS_OF, problems=told, incomplete=incomplete)


def columns_of(rows: Records) -> dict[str, list[Any]]:
    names = {name: None for row in rows for name in row}
    return {name: [row.get(name) for row in rows] for name in names}


def judge(
    rule_id: str,
    *,
    limits: Limits | None = None,
    required: pd.DataFrame | None = None,
    scan: pd.DataFrame | None = None,
    attestations: pd.DataFrame | None = None,
    as_of: pd.Timestamp | None = None,
    **records: Any,
) -> Findings:
    """What one rule says of these records."""
    tables = Tables(snapshot_of(**records), as_of=as_of, required=required, scan=scan, attestations=attestations)
    return run_rules(tables, limits or Limits(), [rule_id])


def flagged(findings: Findings) -> dict[str, str]:
    """The subjects and their severities."""
    return dict(zip(findings.frame.subject_id, findings.frame.severity.astype("str"), strict=True))


def why_not(findings: Findings) -> str | None:
    """Why the one rule was not evaluated; None if it was."""
    row = findings.rules.iloc[0]
    assert row.evaluated == pd.isna(row.why_not)
    return None if row.evaluated else row.why_not


def related(findings: Findings, subject_id: str) -> dict[str, Any]:
    """What proves the finding of a subject."""
    rows = findings.frame[findings.frame.subject_id.eq(subject_id)]
    return json.loads(rows.related.iloc[0])


class RuleLaws:
    """What holds for every rule; a test class adds `rule`, `given`, `hits`, `clean`."""

    rule = ""
    given: Mapping[str, Any] = {}
    hits: Mapping[str, tuple[dict[str, Any], dict[str, str]]] = {}
    clean: Mapping[str, dict[str, Any]] = {}

    def pytest_generate_tests(self, metafunc: Any) -> None:
        reads = RULE[self.rule].reads
        tables = {
            "hit": list(self.hits),
            "other": list(self.clean),
            "unread": sorted({base for name in reads for base in LINEAGE[name]} - set(RULE[self.rule].spares)),
        }
        for name, values in tables.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values)

    def test_flags(self, hit: str) -> None:
        records, expected = self.hits[hit]
        found = judge(self.rule, **{**self.given, **records})
        assert flagged(found) == expected
        assert found.rules["count"].tolist() == [len(expected)]
        assert found.rules.population.iloc[0] >= len(expected)
        assert found.frame.fix.eq(RULE[self.rule].fix).all()
        assert found.frame.fingerprint.str.fullmatch("[0-9a-f]{32}").all()
        assert found.frame.fingerprint.is_unique
        assert not found.frame.message.str.contains("[{}]|nan|None").any()
        for text in found.frame.related:
            proof = json.loads(text)
            assert list(proof) == sorted(proof)
            assert proof

    def test_leaves(self, other: str) -> None:
        found = judge(self.rule, **{**self.given, **self.clean[other]})
        assert flagged(found) == {}

    def test_is_judged_without_what_it_spares(self, hit: str) -> None:
        """Proof that the rule looks at nothing of those collections: without them, the same is found."""
        records, expected = self.hits[hit]
        spared = RULE[self.rule].spares
        lacking = {**records.get("incomplete", {}), **dict.fromkeys(spared, "refused with 403")}
        without = {**self.given, **records, **{name: [] for name in spared}, "incomplete": lacking}
        found = judge(self.rule, **without)
        assert why_not(found) is None
        assert flagged(found) == expected

    def test_says_so_when_its_input_is_missing(self, unread: str) -> None:
        records = next(iter(self.hits.values()))[0]
        found = judge(self.rule, **{**self.given, **records}, incomplete={unread: "refused with 403"})
        reason = why_not(found)
        if self.rule == "DAT006":
            assert reason is None
            return
        assert reason is not None
        assert f"{unread} could not be read whole (refused with 403)" in reason
        if not RULE[self.rule].partial:
            assert flagged(found) == {}
            assert found.rules["count"].tolist() == [0]
