"""The house rules of the rules: each is listed, documented, tested, and declares what it reads."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path

import pytest
from tools import RULE

from auditkit.access.tables import LINEAGE
from auditkit.rules import RULES, controls, credentials, data, organisation, permissions, principals, roles
from auditkit.rules.base import FAMILIES, Rule
from auditkit.rules.listing import rules_json, rules_markdown, rules_table
from auditkit.rules.populations import COUNTS
from auditkit.schema import COLLECTIONS
from auditkit.severity import SEVERITIES

HERE = Path(__file__).parent
IDS = [
    *(f"CRD{n:03}" for n in range(1, 12)),
    *(f"DAT{n:03}" for n in range(1, 8)),
    *(f"ORG{n:03}" for n in range(1, 5)),
    *(f"PRM{n:03}" for n in range(1, 10)),
    *(f"PRN{n:03}" for n in range(1, 9)),
    *(f"ROL{n:03}" for n in range(1, 12)),
]
FAMILY_MODULES = (credentials, data, organisation, permissions, principals, roles)


def test_all_rules_are_there_in_order() -> None:
    assert [rule.id for rule in RULES] == IDS


def test_every_rule_of_a_family_is_listed() -> None:
    made = {each.id for module in FAMILY_MODULES for each in vars(module).values() if isinstance(each, Rule)}
    assert made == set(IDS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_why_and_how_to_mend(rule: Rule) -> None:
    assert rule.title
    assert rule.why.endswith(".")
    assert rule.fix.endswith(".")
    assert "Fix:" not in rule.why
    assert rule.severity in SEVERITIES
    assert FAMILIES[rule.id[:3]] == rule.family


def test_the_families_by_name() -> None:
    assert FAMILIES == {
        "CRD": "credentials",
        "DAT": "data",
        "ORG": "organisation",
        "PRM": "permissions",
        "PRN": "principals",
        "ROL": "roles",
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_reads_what_it_declares(rule: Rule) -> None:
    asked = list(inspect.signature(rule.function).parameters)
    assert [name for name in asked if name not in ("as_of", "limits")] == list(rule.reads)
    assert set(rule.reads) <= set(LINEAGE)
    assert rule.of in COUNTS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_its_test_with_more_to_leave_than_to_flag(rule: Rule) -> None:
    """At least as many cases say what must not be flagged, unless there are not that many ways to be clean."""
    source = "".join(path.read_text("utf-8") for path in HERE.glob("test_*_rules.py"))
    assert f"class Test{rule.id}(" in source
    assert f'rule = "{rule.id}"' in source


def test_rules_hold_no_loop_and_call_no_other_rule() -> None:
    for module in FAMILY_MODULES:
        tree = ast.parse(inspect.getsource(module))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.While)], module.__name__
        others = {each.function.__name__ for each in vars(module).values() if isinstance(each, Rule)}
        called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        assert not called & others


def test_every_table_comes_from_collections() -> None:
    for name, bases in LINEAGE.items():
        assert set(bases) <= set(COLLECTIONS), name


def test_controls_are_those_of_the_standards() -> None:
    assert RULE["PRN003"].controls == {
        "ISO 27001:2022": ("A.5.16", "A.5.18"),
        "SOC 2": ("CC6.2",),
        "NIST 800-53 r5": ("AC-2(3)", "AC-2(j)"),
        "CIS": ("AWS 1.11", "Controls 5.3"),
    }
    assert RULE["CRD009"].controls["ISO 27001:2022"] == ("A.5.17",)
    assert RULE["ROL001"].controls["NIST 800-53 r5"] == ("AC-3", "AC-6")
    assert RULE["ROL011"].controls["SOC 2"] == ("CC6.2",)
    assert RULE["ORG003"].controls["CIS"] == ("AWS 1.15",)
    assert RULE["PRM003"].controls["CIS"] == ("AWS 1.14",)
    assert RULE["PRM009"].controls["ISO 27001:2022"] == ("A.5.3",)


def test_rules_that_are_evidence_for_no_control_name_none() -> None:
    without = [rule.id for rule in RULES if not rule.controls]
    assert without == [
        "DAT001", "DAT002", "DAT003", "DAT004", "DAT005", "DAT006", "DAT007",
        "ORG001", "ORG002", "ORG004",
        "PRM001", "PRM004", "PRM005", "PRM006", "PRM007",
    ]  # fmt: skip
    assert all(set(rule.controls) <= set(controls.STANDARDS) for rule in RULES)


def test_the_listing_has_a_row_a_rule() -> None:
    table = rules_table()
    assert list(table.id) == IDS
    assert table.set_index("id").loc["CRD001", "severity"] == "low; high if it was used after its expiry"
    assert list(table.columns) == ["id", "title", "subject", "flags", "severity", "fix"]


def test_the_markdown_listing_is_a_table() -> None:
    lines = rules_markdown().splitlines()
    assert len(lines) == len(IDS) + 2
    assert all(line.startswith("| ") for line in lines[2:])
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}


def test_the_json_listing_can_be_read() -> None:
    rows = json.loads(rules_json())
    assert [row["id"] for row in rows] == IDS
    assert rows[0]["controls"]["SOC 2"] == ["CC6.1"]
    assert rows[0]["reads"] == ["credentials"]
