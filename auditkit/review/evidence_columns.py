"""What the columns of an evidence pack's tables mean, for somebody who has nothing but the pack."""

from __future__ import annotations

import csv
from collections.abc import Mapping

import pandas as pd

from auditkit.review.campaign import POPULATION_COLUMNS
from auditkit.review.evidence_records import ENTRY, records

_ITEM = {
    "item": "the kind and id of what was asked about; the same from quarter to quarter",
    "kind": "principal (a person, machine or group), credential, assignment (of a role) or grant (of a permission)",
    "record_id": "its id in the IAM",
    "principal_id": "the id of the person, machine or group that has it",
    "whose": "the name of that person, machine or group, and its id",
    "role_id": "the id of the role, where a role is concerned; else empty (null in population.parquet)",
    "permission_id": "the id of the permission, where one is granted; else empty (null in population.parquet)",
    "says": "what it is, in words, as the reviewers saw it",
    "content": "SHA-256 of what it gives (README.txt: how it is made); another one means that the access has changed",
    "recommendation": "what the program recommends: keep, remove, change, rotate, shorten (give it an end) or ask",
    "instead": "the id of the role that would do instead, where one is known",
    "because": "the reason of the recommendation: the worst finding on it",
    "severity": "how bad that finding is: info, low, medium, high or critical; none if there is none",
    "fingerprints": "the findings on it, by the fingerprint that findings.csv and report.html give each",
    "reviewer": "who was to be asked about it, by the rule in README.txt; empty where nobody is named as its owner",
    "previous_action": "what was decided of it last quarter",
    "previous_reason": "the reason of that",
    "asked_again": "why it is asked again",
    "action": "what stands decided; empty if nothing does",
    "target": "the id of the role of a change, or the person of a delegate",
    "decided_by": "the name given by whoever decided; nobody was authenticated",
    "account": "the account and computer on which it was entered, as the operating system has them",
    "at": "when, in UTC",
    "reason": "why, in the words of whoever decided",
    "bulk": "the name of the act in which several were decided together; empty for one decided by itself",
    "conflict": "True where reviewers disagree",
    "stale": "True where the decision was about another content than the item has",
    "waiting": "True where it was handed on, and nobody has decided yet",
    "asked_of": "for whom it waits, or who was asked",
    "status": "what became of the decision: done, not done, came back, was so already, or cannot be told",
    "evidence": "the record of the later snapshot that shows it",
    "used_after": "the day on which it was used after its end; empty if it was not; look into each",
}
_MEANS: Mapping[str, Mapping[str, str]] = {
    "population.csv": _ITEM,
    "decisions.csv": _ITEM,
    "proof.csv": _ITEM,
    "plan/unplanned.csv": _ITEM | {"why": "why no step was made of it"},
    "log.csv": _ITEM
    | {
        "number": "the place in the log, and the line of decisions.jsonl that seals it",
        **{name: ENTRY[name] for name in ("action", "reviewer", "account", "undoes", "resolves", "entry_id")},
    },
    "reviewers.csv": _ITEM | {"because": "the rule, of those in README.txt, by which this person was asked"},
    "controls.csv": {
        "standard": "the standard",
        "control": "the control, by its number there",
        "name": "its short name",
        "rules": "the rules that are evidence for it, by id; empty if none is",
        "evidence": "the files of this pack to look into; none if nothing here is evidence for it",
        "result": "what they say, in numbers",
    },
    "plan/plan.csv": _ITEM
    | {
        "step": "its place in the plan",
        "does": "the kind of step",
        "words": "what is to be done",
        "after": "the step to wait for",
        "why": "the reason given for the decision",
    },
    "findings.csv": {
        "rule": "the id of the rule, which report.html explains",
        "title": "what the rule is called",
        "family": "what the rule is about",
        "severity": "info, low, medium, high or critical",
        "subject_type": "of what kind the subject is",
        "subject_id": "the id, or ids, of what was found",
        "who": "the name of the person, machine or group concerned",
        "message": "what was found",
        "fix": "what to do about it",
        "related": "the values that prove it, as JSON",
        "fingerprint": "the identity of the finding, the same in every audit that finds it",
        "reason": "where somebody accepts it: why",
        "owner": "where somebody accepts it: who",
        "until": "where somebody accepts it: the last day, in UTC; from the next on it is a finding again",
    },
    "attestations.csv": {
        "kind": "what is attested of",
        "what": "what is attested",
        "who": "by whom",
        "when": "when, in UTC",
        "note": "what else was written",
    },
    "limits.csv": {
        "name": "the threshold",
        "value": "what was judged by",
        "default": "what is judged by where nothing is set",
        "source": "where the value comes from",
    },
    "owners.csv": {
        "kind": "what is owned: a principal, group, role or module",
        "id": "its id",
        "reviewer": "who is asked about it",
    },
    "required_permissions.csv": {
        "principal_id": "the id of who must, or must never, have it",
        "permission": "the permission, by its identifier",
        "resource_type": "on which type of resource; empty for the whole organisation",
        "resource_path": "on which resource",
        "expect": "allow: it must be allowed; deny: it must never be",
        "reason": "why",
    },
}  # fmt: skip


def columns_of(files: Mapping[str, bytes]) -> pd.DataFrame:
    """The columns and fields of each table among the files of a pack: file, column, means (empty for a column of
    somebody's own)."""
    heads = {name: next(csv.reader([data.decode("utf-8-sig", "replace").split("\n", 1)[0].rstrip("\r")]), [])
             for name, data in sorted(files.items()) if name.endswith(".csv")}  # fmt: skip
    known = dict(_MEANS) | dict.fromkeys(("accepted.csv", "unasked.csv"), _MEANS["findings.csv"])
    rows = [(name, column, known.get(name, {}).get(column, "")) for name, head in heads.items() for column in head]
    frozen = {name: _ITEM[name] for name in POPULATION_COLUMNS}
    return pd.DataFrame([*rows, *records(files, frozen)], columns=["file", "column", "means"], dtype="str")
