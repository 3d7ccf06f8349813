"""The bundled organisation meets every rule that a document can meet, and most of its principals meet none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from auditkit.findings import Findings, audit
from auditkit.limits import Limits
from auditkit.sandbox.maker import SAMPLE_AS_OF
from auditkit.sandbox.server import Sandbox
from auditkit.snapshot import Snapshot
from auditkit.source.api.pull import pull
from auditkit.source.document import import_document
from auditkit.source.secret import Secret

DATA = Path(__file__).parents[2] / "data"
AS_OF = pd.Timestamp(SAMPLE_AS_OF).as_unit("us")

# Rule: how many findings, by severity.
EXPECTED = {
    "PRN001": {"info": 3, "high": 2},
    "PRN002": {"info": 1, "high": 2},
    "PRN003": {"medium": 3, "high": 1},
    "PRN004": {"medium": 3},
    "PRN005": {"high": 2},
    "PRN006": {"low": 4},
    "PRN007": {"low": 1},
    "PRN008": {"medium": 3},
    "CRD001": {"low": 2, "high": 1},
    "CRD002": {"medium": 2},
    "CRD003": {"info": 3, "high": 1},
    "CRD004": {"medium": 1},
    "CRD005": {"medium": 3},
    "CRD006": {"medium": 1},
    "CRD007": {"medium": 1},
    "CRD008": {"high": 4},
    "CRD010": {"medium": 2},
    "CRD011": {"low": 1},
    "ROL001": {"high": 3},
    "ROL002": {"medium": 3},
    "ROL003": {"high": 4},
    "ROL004": {"medium": 4},
    "ROL005": {"low": 1},
    "ROL006": {"info": 2},
    "ROL007": {"medium": 1},
    "ROL008": {"high": 1},
    "ROL009": {"low": 1},
    "ROL010": {"low": 1},
    "ROL011": {"info": 2},
    "PRM001": {"high": 32},
    "PRM002": {"medium": 1, "high": 13},
    "PRM003": {"low": 4},
    "PRM004": {"info": 2},
    "PRM005": {"medium": 1},
    "PRM006": {"medium": 8},
    "PRM007": {"critical": 1, "medium": 1},
    "PRM008": {"high": 1},
    "PRM009": {"high": 2},
    "ORG001": {"info": 1},
    "ORG002": {"info": 1},
    "ORG003": {"medium": 1},
    "ORG004": {"medium": 1},
    "DAT001": {"medium": 3},
    "DAT002": {"high": 1},
    "DAT003": {"medium": 1},
    "DAT004": {"medium": 1},
    "DAT005": {"high": 1},
    "DAT007": {"critical": 1},
}
# What a document cannot meet.
OUT_OF_REACH = {"CRD009", "DAT006"}


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return import_document(DATA / "organisation.json", pulled_at=AS_OF)


@pytest.fixture(scope="module")
def findings(snapshot: Snapshot) -> Findings:
    limits = Limits.from_toml(DATA / "limits.toml")
    return audit(snapshot, limits=limits, required=DATA / "required_permissions.csv")


def counts(findings: Findings) -> dict[str, dict[str, int]]:
    frame = findings.frame
    found: dict[str, dict[str, int]] = {}
    for (rule, severity), count in Counter(zip(frame.rule, frame.severity, strict=True)).items():
        found.setdefault(rule, {})[severity] = count
    return found


def test_every_rule_in_reach_is_met_as_often_as_meant(findings: Findings) -> None:
    assert counts(findings) == EXPECTED


def test_only_what_a_document_cannot_meet_is_not_met(findings: Findings) -> None:
    assert set(findings.rules.id) - set(EXPECTED) == OUT_OF_REACH
    assert list(findings.not_evaluated.id) == ["CRD009"]
    assert list(findings.not_evaluated.why_not) == ["no scan was given"]


def principals_met(findings: Findings) -> set[str]:
    """The principals that a finding is about: themselves, their credential, assignment or grant."""
    snapshot = findings.snapshot
    owners = pd.concat(
        [
            snapshot.credentials.set_index("credential_id").principal_id,
            snapshot.role_assignments.set_index("assignment_id").principal_id,
            snapshot.permission_grants.set_index("grant_id").principal_id,
        ]
    )
    named = findings.frame.subject_id.str.split("|").explode()
    return set(named.map(owners).fillna(named)) & set(snapshot.principals.principal_id)


def test_most_principals_meet_no_rule(findings: Findings) -> None:
    met = principals_met(findings)
    assert len(findings.snapshot.principals) == 250
    assert len(met) == 65


def test_the_limits_of_the_sample_say_where_they_come_from() -> None:
    limits = Limits.from_toml(DATA / "limits.toml")
    assert list(limits.changed().name) == ["dormant_days", "administrators", "toxic_pairs"]
    assert (limits.table().source != "").all()


def test_every_check_that_can_fail_in_bulk_fails_somewhere(findings: Findings) -> None:
    missing = findings.frame[findings.frame.rule == "PRM001"]
    failed = missing.message.str.extract(r"(AU[TZ]\d)")[0]
    assert dict(Counter(failed)) == {
        "AUT2": 4, "AUT3": 4, "AUT4": 4, "AUZ1": 7, "AUZ2": 4, "AUZ3": 4, "AUZ4": 1, "AUZ5": 4,
    }  # fmt: skip


def test_most_required_rows_are_met(findings: Findings) -> None:
    rows = pd.read_csv(DATA / "required_permissions.csv", dtype=str)
    unmet = findings.frame.rule.isin(["PRM001", "PRM006", "PRM007"]).sum()
    assert len(rows) == 252
    assert unmet < len(rows) / 4


def test_gateway_seven_cannot_publish(findings: Findings) -> None:
    frame, principals = findings.frame, findings.snapshot.principals
    seven = principals.loc[principals.display_name.str.startswith("Gateway 7,"), "principal_id"].item()
    about = frame[frame.subject_id.str.startswith(f"{seven}|")]
    assert Counter(about.rule) == {"ROL001": 1, "PRM001": 4}
    assert about.subject_id.str.contains("telemetry.stream.publish|iot.device|/network-7/gateway-7/meter-1", regex=False).sum() == 1


def test_the_records_set_aside_and_the_secret_dropped_are_told(snapshot: Snapshot) -> None:
    problems = snapshot.problems
    assert sorted(problems.rule) == ["DAT002", "DAT003", "DAT004", "DAT005", "DAT007"]
    assert "not-a-real-secret" not in problems.to_csv()
    assert snapshot.complete


def test_the_sample_comes_over_http_as_it_is_read_from_the_file(snapshot: Snapshot) -> None:
    with Sandbox(DATA / "organisation.json", clock=AS_OF.timestamp, page_size=37) as sandbox:
        pulled = pull(sandbox.url, sandbox.organisation_id, Secret.parse(sandbox.key))
    assert pulled.complete
    assert pulled.as_of == AS_OF
    for name, frame in snapshot.frames.items():
        pd.testing.assert_frame_equal(pulled.frames[name], frame, check_freq=False)
    assert sorted(pulled.problems.record_id) == sorted(snapshot.problems.record_id)
