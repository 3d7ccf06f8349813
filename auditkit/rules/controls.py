"""Which controls of which standard a rule gives evidence for, so that a report can be read control by control."""

from __future__ import annotations

from collections.abc import Mapping

ISO, SOC, NIST, CIS = "ISO 27001:2022", "SOC 2", "NIST 800-53 r5", "CIS"
STANDARDS = (ISO, SOC, NIST, CIS)

Controls = Mapping[str, tuple[str, ...]]

_PRINCIPALS: Controls = {
    ISO: ("A.5.16", "A.5.18"), SOC: ("CC6.2",), NIST: ("AC-2(3)", "AC-2(j)"), CIS: ("AWS 1.11", "Controls 5.3"),
}  # fmt: skip
_CREDENTIALS: Controls = {
    ISO: ("A.5.17",), SOC: ("CC6.1",), NIST: ("AC-2(1)", "IA-5"), CIS: ("AWS 1.11", "AWS 1.12", "AWS 1.13"),
}  # fmt: skip
_FIT: Controls = {ISO: ("A.5.15", "A.5.18"), SOC: ("CC6.1", "CC6.3"), NIST: ("AC-3", "AC-6")}
_LEFT_OVERS: Controls = {ISO: ("A.5.18",), SOC: ("CC6.2",), NIST: ("AC-2(3)",)}
_TOO_MUCH: Controls = {ISO: ("A.8.2", "A.5.18"), SOC: ("CC6.3",), NIST: ("AC-6", "AC-6(2)"), CIS: ("AWS 1.15",)}
_DIRECT: Controls = {ISO: ("A.5.15", "A.5.18"), SOC: ("CC6.3",), NIST: ("AC-6",), CIS: ("AWS 1.14",)}
_DUTIES: Controls = {ISO: ("A.5.3",), SOC: ("CC6.3",), NIST: ("AC-5",)}

_BY_RULE: Mapping[str, Controls] = {
    **dict.fromkeys(("ROL001", "ROL002", "ROL003", "ROL007", "ROL010"), _FIT),
    **dict.fromkeys(("ROL004", "ROL005", "ROL006", "ROL009", "ROL011"), _LEFT_OVERS),
    **dict.fromkeys(("ROL008", "ORG003", "PRM002", "PRM008"), _TOO_MUCH),
    "PRM003": _DIRECT,
    "PRM009": _DUTIES,
}
_BY_FAMILY: Mapping[str, Controls] = {"PRN": _PRINCIPALS, "CRD": _CREDENTIALS}


def controls_of(rule_id: str) -> Controls:
    """The controls of one rule, by standard; empty for a rule that is evidence for none."""
    return _BY_RULE.get(rule_id, _BY_FAMILY.get(rule_id[:3], {}))
