"""The findings for programs that read SARIF or JUnit, and as Markdown for a ticket."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pandas as pd

import auditkit
from auditkit.findings import Findings

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&$@:])")


def to_sarif(findings: Findings) -> str:
    """SARIF 2.1.0: one run; a rule for each rule, a result for each finding, a notification for what was not judged.

    `partialFingerprints` carries the finding's own, so that a reader follows it from run to run; a security severity
    of 0 to 10 stands for the five severities.
    """
    rules, frame = findings.rules, findings.frame
    unjudged = rules[~rules.evaluated]
    run = {
        "tool": {"driver": {"name": "auditkit", "version": auditkit.__version__, "rules": _sarif_rules(rules)}},
        "automationDetails": {"id": f"access-audit/{findings.snapshot.id}"},
        "invocations": [
            {
                "executionSuccessful": bool(rules.evaluated.all()),
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"{rule} was not evaluated: {why}"},
                        "associatedRule": {"id": rule},
                    }
                    for rule, why in zip(unjudged.id, unjudged.why_not, strict=True)
                ],
            }
        ],
        "results": [_sarif_result(row) for row in frame.to_dict("records")],
        "properties": {"organisationId": findings.snapshot.organisation_id, "asOf": _instant(findings.as_of)},
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=1, sort_keys=True) + "\n"


def to_junit(findings: Findings) -> str:
    """JUnit XML: a test case for each rule; its findings are the failure's text, a rule not evaluated is skipped."""
    rules, by_rule = findings.rules, dict(list(findings.frame.groupby("rule", observed=True)))
    failures = int((rules["count"] > 0).sum())
    skipped = int((~rules.evaluated).sum())
    suite = ElementTree.Element(
        "testsuite", name="auditkit", tests=str(len(rules)), failures=str(failures), skipped=str(skipped)
    )
    for rule in rules.to_dict("records"):
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"auditkit.{rule['id'][:3]}", name=f"{rule['id']} {rule['title']}"
        )
        if rule["count"]:
            rows = by_rule[rule["id"]]
            lines = rows.severity.astype(str) + "  " + rows.subject_id + "  " + rows.message
            message = f"{rule['count']} of {rule['population']}"
            ElementTree.SubElement(case, "failure", message=message).text = _NO_XML.sub("\ufffd", "\n".join(lines))
        if not rule["evaluated"]:
            ElementTree.SubElement(case, "skipped", message=_NO_XML.sub("\ufffd", str(rule["why_not"])))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def to_markdown(findings: Findings, *, most: int = 20) -> str:
    """A summary for a ticket: the verdict, counts, what was not evaluated, and the `most` worst findings."""
    frame, rules, header = findings.frame, findings.rules, findings.snapshot
    counts = frame.severity.value_counts().reindex(frame.severity.cat.categories[::-1], fill_value=0)
    met = rules[rules["count"] > 0]
    lines = [
        f"# Access audit of {_plain(header.organisation_id)} as of {_instant(findings.as_of)}",
        "",
        f"{len(frame):,} findings under {len(met)} of {len(rules)} rules: "
        + ", ".join(f"{number:,} {severity}" for severity, number in counts.items())
        + f". Snapshot {header.id}"
        + ("." if header.complete else ", **not complete**."),
        "",
        *_not_evaluated(rules),
        "| rule | title | severity | findings |",
        "|---|---|---|---|",
        *(
            f"| {row['id']} | {row['title']} | {row['severity']} | {row['count']:,} of {row['population']:,} |"
            for row in met.to_dict("records")
        ),
        "",
        f"## The {min(most, len(frame))} worst",
        "",
        *(
            f"- **{row['severity']}** {row['rule']} {_plain(row['subject_id'])}: {_plain(row['message'])}"
            for row in frame.head(most).to_dict("records")
        ),
    ]
    return "\n".join(lines) + "\n"


def _not_evaluated(rules: pd.DataFrame) -> list[str]:
    unjudged = rules[~rules.evaluated]
    if unjudged.empty:
        return []
    return [
        "Not evaluated:",
        "",
        *(f"- {rule}: {_plain(why)}" for rule, why in zip(unjudged.id, unjudged.why_not, strict=True)),
        "",
    ]


def _plain(text: str) -> str:
    """Untrusted text as Markdown that renders as itself, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def _instant(time: pd.Timestamp) -> str:
    return str(time.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _sarif_rules(rules: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "id": rule["id"],
            "name": rule["title"],
            "shortDescription": {"text": rule["title"]},
            "properties": {"security-severity": _SCORES[rule["severity"]], "tags": ["security", "access"]},
        }
        for rule in rules.to_dict("records")
    ]


def _sarif_result(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "ruleId": row["rule"],
        "level": _LEVELS[row["severity"]],
        "message": {"text": f"{row['subject_id']}: {row['message']} {row['fix']}"},
        "partialFingerprints": {"auditkit/v1": row["fingerprint"]},
        "locations": [{"logicalLocations": [{"name": row["subject_id"], "kind": row["subject_type"]}]}],
        "properties": {"severity": row["severity"], "related": json.loads(row["related"])},
    }
