"""What each rule declares and says, to the letter: declared.jsonl and said.jsonl, one line for each rule and finding."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools import RULE, RuleLaws, judge

from auditkit.rules import RULES

HERE = Path(__file__).parent
FAMILIES = ("credential", "data", "organisation", "permission", "principal", "role")


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def laws() -> Iterator[type[RuleLaws]]:
    for family in FAMILIES:
        for each in vars(importlib.import_module(f"test_{family}_rules")).values():
            if isinstance(each, type) and issubclass(each, RuleLaws) and each.rule:
                yield each


# Of the cases that are flagged, at least one of each rule, and one for each way to word it.
SAID: dict[tuple[str, str], list[dict[str, Any]]] = {}
for _line in lines("said.jsonl"):
    SAID.setdefault((_line.pop("rule"), _line.pop("case")), []).append(_line)
CASES = {(each.rule, case): {**each.given, **records} for each in laws() for case, (records, _) in each.hits.items()}


@pytest.mark.parametrize("declared", lines("declared.jsonl"), ids=lambda declared: declared[0])
def test_what_a_rule_declares(declared: list[Any]) -> None:
    """Its id, title, subject, severities, what it is counted against, whether what it finds is kept where a collection
    is missing, the collections it can be judged without, and the controls it is evidence for."""
    rule = RULE[declared[0]]
    told = [rule.id, rule.title, rule.subject, rule.severities, rule.of, rule.partial, list(rule.spares)]
    assert [*told, {standard: list(names) for standard, names in rule.controls.items()}] == declared


def test_every_rule_declares_and_says_something() -> None:
    ids = [rule.id for rule in RULES]
    assert [declared[0] for declared in lines("declared.jsonl")] == ids
    assert sorted({rule for rule, _ in SAID}) == ids


@pytest.mark.parametrize(("rule", "case"), SAID, ids=lambda name: name)
def test_what_a_rule_says(rule: str, case: str) -> None:
    findings = judge(rule, **CASES[rule, case])
    found, among = findings.frame, int(findings.rules.population.iloc[0])
    assert [
        {"subject": f"{kind} {name}", "among": among, "message": message, "related": json.loads(proof)}
        for kind, name, message, proof in zip(
            found.subject_type, found.subject_id, found.message, found.related, strict=True
        )
    ] == SAID[rule, case]
