"""The findings for programs that read SARIF or JUnit."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pandas as pd

import auditkit
from auditkit.findings import Findings
from auditkit.findings_text import instant
from auditkit.report.inert import one_line, sarif_text
from auditkit.review.accepted import last_day
from auditkit.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}


def to_sarif(findings: Findings, accepted: pd.DataFrame | None = None) -> str:
    """SARIF 2.1.0: one run; a rule for each rule, a result for each finding, a notification for what was not judged.

    `partialFingerprints` carries the finding's own, so that a reader follows it from run to run; a security severity
    of 0 to 10 stands for the five severities. An accepted finding (`Judged.accepted`) is a result that is suppressed.
    """
    rules, snapshot = findings.rules, findings.snapshot
    places = {name: place for place, name in enumerate(rules.id)}
    driver = {"name": "auditkit", "version": auditkit.__version__, "rules": _sarif_rules(rules)}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"access-audit/{snapshot.id}"},
        "invocations": [
            {"executionSuccessful": snapshot.complete, "toolExecutionNotifications": _notifications(findings)}
        ],
        "results": [
            *(_sarif_result(row, places[row["rule"]]) for row in findings.frame.to_dict("records")),
            *([] if accepted is None else _suppressed(accepted, places)),
        ],
        "properties": {"organisationId": one_line(snapshot.organisation_id), "asOf": instant(findings.as_of)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, sort_keys=True) + "\n"


def to_junit(findings: Findings, accepted: pd.DataFrame | None = None) -> str:
    """JUnit XML: a test case for each rule; its findings are the failure's text, a rule not evaluated is skipped.

    A rule that found something on what it could judge has failed, and its text says that it was not judged whole.
    An accepted finding (`Judged.accepted`) fails nothing: the case's output names it.
    """
    rules, by_rule = findings.rules, dict(list(findings.frame.groupby("rule")))
    apart = {} if accepted is None else dict(list(accepted.groupby("rule")))
    met = rules["count"].gt(0)
    counts = {
        "tests": str(len(rules)),
        "failures": str(int(met.sum())),
        "errors": "0",
        "skipped": str(int((~rules.evaluated & ~met).sum())),
    }
    root = ElementTree.Element("testsuites", {"name": "auditkit"} | counts)
    stamp = instant(findings.as_of.floor("s")).removesuffix("Z")
    suite = ElementTree.SubElement(root, "testsuite", {"name": "access audit", "timestamp": stamp} | counts)
    for rule in rules.to_dict("records"):
        names = {"classname": f"auditkit.{rule['family']}", "name": f"{rule['id']} {rule['title']}"}
        case = ElementTree.SubElement(suite, "testcase", names)
        if rule["count"]:
            _fail(case, rule, by_rule[rule["id"]])
        elif not rule["evaluated"]:
            ElementTree.SubElement(case, "skipped", message=f"not evaluated: {one_line(rule['why_not'])}")
        if rule["id"] in apart:
            _accept(case, apart[rule["id"]])
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _accept(case: ElementTree.Element, rows: pd.DataFrame) -> None:
    told = rows.subject_id + " " + rows.message + ", accepted by " + rows.owner + " to the end of "
    told = told + last_day(rows.until) + ": " + rows.reason
    out = ElementTree.SubElement(case, "system-out")
    out.text = "\n".join(["accepted, counted apart:", *map(one_line, told)])


def _fail(case: ElementTree.Element, rule: dict[str, Any], rows: pd.DataFrame) -> None:
    lines = (rows.severity.astype("str") + " " + rows.subject_id + " " + rows.message).map(one_line).tolist()
    if not rule["evaluated"]:
        lines.append(f"partly evaluated: {one_line(rule['why_not'])}")
    of = f" of {rule['population']:,}" if rule["evaluated"] else ""
    failure = ElementTree.SubElement(case, "failure", type=str(rule["severity"]), message=f"{rule['count']:,}{of}")
    failure.text = "\n".join(lines)


def _notifications(findings: Findings) -> list[dict[str, Any]]:
    """What was not read and what was not evaluated: neither counts as passed."""
    silent = findings.not_evaluated
    unread = [
        {"level": "error", "message": {"text": f"{name} was not read whole: {sarif_text(reason)}"}}
        for name, reason in findings.snapshot.incomplete.items()
    ]
    unjudged = [
        {
            "level": "warning",
            "message": {"text": f"{rule} was {'partly' if partly else 'not'} evaluated: {sarif_text(why)}"},
            "associatedRule": {"id": rule},
        }
        for rule, partly, why in zip(silent.id, silent.partly, silent.why_not, strict=True)
    ]
    return unread + unjudged


def _sarif_rules(rules: pd.DataFrame) -> list[dict[str, Any]]:
    known = {rule.id: rule for rule in RULES}
    return [
        {
            "id": rule["id"],
            "name": rule["title"],
            "shortDescription": {"text": sarif_text(rule["title"])},
            "fullDescription": {"text": sarif_text(known[rule["id"]].why)},
            "help": {"text": sarif_text(known[rule["id"]].fix)},
            "defaultConfiguration": {"level": _LEVELS[rule["severity"]]},
            "properties": {
                "security-severity": _SCORES[rule["severity"]],
                "tags": ["security", "access", *_controls(known[rule["id"]].controls)],
            },
        }
        for rule in rules.to_dict("records")
    ]


def _controls(controls: Any) -> list[str]:
    return [f"{standard} {control}" for standard, ids in controls.items() for control in ids]


def _suppressed(accepted: pd.DataFrame, places: dict[str, int]) -> list[dict[str, Any]]:
    """The accepted findings as results, each with who accepts it, why, and until when."""
    rows = accepted.assign(day=last_day(accepted.until)).to_dict("records")
    return [
        _sarif_result(row, places[row["rule"]])
        | {
            "suppressions": [
                {
                    "kind": "external",
                    "status": "accepted",
                    "justification": one_line(f"{row['reason']} ({row['owner']}, to the end of {row['day']})"),
                }
            ]
        }
        for row in rows
    ]


def _sarif_result(row: dict[str, Any], place: int) -> dict[str, Any]:
    words = f"{row['subject_id']}: {row['message']}. {row['fix']}"
    name, kind = one_line(row["subject_id"]), one_line(row["subject_type"])
    return {
        "ruleId": row["rule"],
        "ruleIndex": place,
        "level": _LEVELS[row["severity"]],
        "message": {"text": sarif_text(words)},
        "partialFingerprints": {"auditkit/v1": row["fingerprint"]},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": name, "kind": kind}]}],
        "properties": {"severity": row["severity"], "related": json.loads(row["related"])},
    }
