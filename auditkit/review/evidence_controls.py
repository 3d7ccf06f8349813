"""controls.csv of a pack: each control of access, by name, what in the pack is evidence for it, and what that says."""

from __future__ import annotations

import re

import pandas as pd

from auditkit.review.evidence_gathered import Gathered
from auditkit.review.evidence_scope import by_severity
from auditkit.rules import RULES
from auditkit.rules.controls import CIS, ISO, NIST, SOC, STANDARDS

COLUMNS = ("standard", "control", "name", "rules", "evidence", "result")
NAMES = {
    ISO: {
        "A.5.3": "Segregation of duties", "A.5.15": "Access control", "A.5.16": "Identity management",
        "A.5.17": "Authentication information", "A.5.18": "Access rights", "A.8.2": "Privileged access rights",
        "A.8.3": "Information access restriction", "A.8.4": "Access to source code", "A.8.5": "Secure authentication",
        "A.8.15": "Logging", "A.8.18": "Use of privileged utility programs",
    },
    SOC: {
        "CC6.1": "Logical access security", "CC6.2": "Registration and removal of users",
        "CC6.3": "Access by role, least privilege, segregation of duties", "CC6.4": "Physical access",
        "CC6.5": "Disposal of assets", "CC6.6": "Threats from outside the boundary", "CC6.7": "Transmission of data",
        "CC6.8": "Malicious software",
    },
    NIST: {
        "AC-2(j)": "Account management: review of accounts", "AC-2(1)": "Automated account management",
        "AC-2(3)": "Disable accounts", "AC-2(4)": "Automated audit actions",
        "AC-2(12)": "Account monitoring for atypical usage", "AC-3": "Access enforcement",
        "AC-5": "Separation of duties", "AC-6": "Least privilege",
        "AC-6(2)": "Non-privileged access for nonsecurity functions", "AC-6(5)": "Privileged accounts",
        "AC-6(7)": "Review of user privileges", "AC-6(9)": "Log use of privileged functions",
        "AC-7": "Unsuccessful logon attempts", "IA-2": "Identification and authentication of users",
        "IA-5": "Authenticator management",
    },
    CIS: {
        "AWS 1.11": "Credentials unused for 45 days are disabled", "AWS 1.12": "One active access key for each user",
        "AWS 1.13": "Access keys are rotated every 90 days", "AWS 1.14": "Permissions only through groups",
        "AWS 1.15": "No policies of full administrative privileges", "Controls 5.1": "Inventory of accounts",
        "Controls 5.3": "Disable dormant accounts", "Controls 5.4": "Restrict administrator privileges",
        "Controls 6.5": "Multi-factor authentication for administrative access",
    },
}  # fmt: skip
"""The controls of access that the standards have, by their short names; CIS items marked AWS are those of the AWS
Foundations Benchmark, the nearest, since none is written for this IAM."""

REVIEWED = ((ISO, "A.5.18"), (SOC, "CC6.2"), (NIST, "AC-2(j)"), (NIST, "AC-6(7)"))
"""The controls that the review itself is evidence for, whatever the rules found."""


def controls(gathered: Gathered) -> pd.DataFrame:
    """One row a control: `COLUMNS`; the rules that gave evidence, by id, and in words what they and the review say."""
    by_rule = [(standard, one, rule.id) for rule in RULES for standard, ids in rule.controls.items() for one in ids]
    every = dict.fromkeys([(standard, one) for standard, one, _ in by_rule], "")
    every |= {(standard, one): name for standard, names in NAMES.items() for one, name in names.items()}
    rows = []
    for standard, one in sorted(every, key=_place):
        rules = [rule for system, control, rule in by_rule if (system, control) == (standard, one)]
        reviewed = (standard, one) in REVIEWED
        rows.append((standard, one, every[standard, one], " ".join(rules), *_told(gathered, rules, reviewed)))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def unmapped() -> list[str]:
    """The ids of the rules that are evidence for no control."""
    return [rule.id for rule in RULES if not rule.controls]


def _place(control: tuple[str, str]) -> tuple[int, list[tuple[str, int]]]:
    """The order of a standard's own list: A.5.3 before A.5.15."""
    parts = re.findall(r"([^0-9]*)([0-9]*)", control[1])
    return STANDARDS.index(control[0]), [(text, int(number or -1)) for text, number in parts]


def _told(gathered: Gathered, rules: list[str], reviewed: bool) -> tuple[str, str]:
    if not rules and not reviewed:
        return "none", "nothing in this pack is evidence for it"
    files, said = [], []
    if rules:
        files.append("findings.csv")
        said.append(_of_rules(gathered, rules))
    if reviewed:
        files += ["population.csv", "decisions.csv", "log.csv"] + (["proof.csv"] if gathered.proof is not None else [])
        said.append(_of_review(gathered))
    return " ".join(files), "; ".join(said)


def _of_rules(gathered: Gathered, rules: list[str]) -> str:
    judged = gathered.found.rules.set_index("id").loc[rules]
    flagged = gathered.open[gathered.open.rule.isin(rules)]
    silent = judged.index[~judged.evaluated.astype(bool)]
    told = f"{len(flagged):,} open findings" + (f" ({by_severity(flagged.severity)})" if len(flagged) else "")
    return told + (f"; not judged whole: {' '.join(silent)}" if len(silent) else "")


def _of_review(gathered: Gathered) -> str:
    standing, proof = gathered.standing, gathered.proof
    decided = int((standing.action.ne("") & ~standing.stale & ~standing.waiting).sum())
    told = f"reviewed: {decided:,} of {len(standing):,} items decided"
    if proof is None:
        return told + "; no later snapshot"
    return told + "; " + ", ".join(f"{count:,} {status}" for status, count in proof.status.value_counts().items())
