"""The report in an evidence pack is judged by what the review was: it counts what the files beside it count."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
from companies import OLD, Q3, Q4, at, audited, company

from auditkit.findings import audit
from auditkit.review.campaign import start
from auditkit.review.evidence import close

ACCEPTED = '[[accepted]]\nrule = "CRD004"\nsubject = "c1"\nreason = "test rig"\nowner = "mara"\nuntil = 2026-12-31\n'
ATTESTED = '[[attestation]]\nkind = "legacy-token"\nwhat = "held by platform"\nwho = "Mara"\nwhen = 2026-06-01\n'
REQUIRED = "principal_id,permission\ngate,iot.device.read\n"


def test_report_and_both_files_of_findings_count_the_same(tmp_path: Path) -> None:
    inputs = {
        "required_permissions.csv": REQUIRED, "limits.toml": "dormant_days = 60\n", "accepted.toml": ACCEPTED,
        "attestations.toml": ATTESTED,
    }  # fmt: skip
    tables, findings = audited(company())
    campaign = start(
        tables, findings, name="q3", out=tmp_path / "q3", started_at=at(OLD),
        inputs={name: text.encode() for name, text in inputs.items()},
    )  # fmt: skip
    pack = close(campaign, out=tmp_path / "pack", closed_at=at(Q4), pdf=False).folder
    page = (pack / "report.html").read_text("utf-8")
    told, table = json.loads((pack / "findings.json").read_text()), pd.read_csv(pack / "findings.csv")
    (in_page,) = re.findall(r"([\d,]+) findings under", page)
    (apart,) = re.findall(r"<p>([\d,]+) accepted findings?, shown apart", page)
    assert int(in_page) == len(told["findings"]) == table.reason.isna().sum()
    assert int(apart) == len(told["accepted"]) == table.reason.notna().sum() == 1
    assert "ORG004" not in set(table.rule)
    assert "never attested" not in page
    assert "What was decided is not in it, but in decisions.csv" in page
    # Without what was accepted and attested there would be more: the counts do not agree by chance.
    plain = audit(campaign.snapshot, as_of=at(Q3), required=pack / "required_permissions.csv")
    assert len(plain) > int(in_page)
