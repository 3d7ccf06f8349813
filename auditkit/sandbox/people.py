"""The people of the sample company, and the groups through which they get their roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from auditkit.sandbox.draft import Draft, condition, scope

_GIVEN = """
Amara Anton Asha Bao Beatriz Bente Callum Chidi Chloe Dario Dewi Elif Elsa Emeka Esther Farah Felix Freya Gita Giulia
Hamish Hana Hugo Ines Ingrid Isla Ivo Jamal Joana Jonas Kaito Karin Kofi Leila Leon Linh Luca Lucia Maeve Magnus Mara
Mateo Mei Mikko Milan Nadia Naomi Niall Nora Olga Omar Owen Paula Petra Priya Rafael Rana Ravi Rhys Rosa Ruben Saga
Salma Sanjay Selma Simon Sofia Stefan Sunniva Tara Teodor Tess Thabo Theo Tomasz Uma Vera Viktor Wanjiru Yara Yusuf
Zoe
"""
_FAMILY = """
Abara Achterberg Adeyemi Ahlgren Almeida Andrade Bakker Banerjee Barros Bergstrom Bianchi Blom Brandt Byrne Cardoso
Chaudhry Chen Conti Costa Dahl Davies Demir Dimitrov Dubois Eklund Eriksen Farkas Ferrari Fischer Fonseca Gallagher
Garcia Gill Greco Haddad Hansen Hoang Horvat Hughes Ibrahim Ito Ivanov Jansen Joshi Kaya Keller Khumalo Kim Kowalski
Kumar Larsen Lefevre Lindqvist Lopes Marino Mbeki Mensah Meyer Moreau Morgan Murphy Nakamura Ndiaye Nguyen Nilsen
Novak Nyberg Obi Okafor Okonkwo Olsen Ortega Ozturk Park Patel Peeters Petrov Quinn Rahman Rao Reyes Ricci Romero
Rossi Santos Schmidt Sharma Silva Singh Sorensen Suzuki Tanaka Tran Vargas Visser Vogel Walsh Weber Wilson Yamada
Zhang
"""

# Key, name, the group that it is a member of, roles (those of a scope are given below), share of the staff.
_GROUPS: tuple[tuple[str, str, str | None, tuple[str, ...], int], ...] = (
    ("all", "All staff", None, ("staff",), 0),
    ("engineering", "Engineering", "all", ("telemetry-reader",), 0),
    ("field", "Field operations", "all", ("device-operator",), 0),
    ("platform", "Platform", "engineering", (), 14),
    ("north", "Field operations north", "field", (), 12),
    ("support", "Customer support", "all", ("support-agent",), 16),
    ("finance", "Finance", "all", ("billing-clerk",), 7),
    ("security", "Security", "all", ("auditor", "access-manager"), 4),
    ("administrators", "Administrators", "all", ("administrator",), 0),
    ("firmware", "Firmware", "engineering", ("firmware-engineer",), 9),
    ("firmware-approvers", "Firmware approvers", "engineering", ("firmware-approver",), 3),
    ("data", "Data science", "engineering", ("dashboard-editor", "insight-preview"), 7),
    ("integrations", "Integrations", "engineering", ("integration-manager",), 4),
    ("south", "Field operations south", "field", (), 12),
    ("west", "Field operations west", "field", (), 10),
    ("finance-approvers", "Finance approvers", "all", ("billing-approver",), 3),
    ("product", "Product", "all", ("telemetry-reader",), 6),
    ("contractors", "Field contractors", None, (), 0),
    ("on-call", "On call", None, ("incident-responder", "network-operator", "telemetry-reader"), 0),
    ("on-call-backup", "On call, backup", "on-call", (), 0),
)
# The networks that a field team looks after.
_REGIONS = {"north": range(1, 5), "south": range(5, 9), "west": range(9, 13)}
_ADMINISTRATORS = 6
_ON_CALL_EVERY = 9
CONTRACTOR_EVERY = 8
_WORKING_TIME = [
    condition("request.time", "after", "2026-01-05T06:00:00Z"),
    condition("request.time", "before", "2027-12-23T18:00:00Z"),
]


@dataclass
class Staff:
    """Who works here: the groups by key, the teams that people are spread over, names not yet given."""

    draft: Draft
    groups: dict[str, str] = field(default_factory=dict)
    teams: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    administrators: int = 0

    def person(self, *, teams: tuple[str, ...] = (), **fields: Any) -> str:
        """Add a person, who came some time ago and was here lately unless told otherwise."""
        draft = self.draft
        name, email = self._name()
        lately = {"created": draft.days(-1500, -60), "active": draft.days(-18, -0.02), "email": email}
        person = draft.principal("User", name, **{**lately, **fields})
        draft.join(person, [self.groups[team] for team in teams if team in self.groups])
        return person

    def employee(self) -> str:
        """Add an ordinary employee to one team; the first few are administrators, some are on call."""
        if not self.groups:
            person = self.person()
            self.draft.assign(person, "staff")
            return person
        number = self.draft.number("employee")
        if "administrators" in self.groups and self.administrators < _ADMINISTRATORS and number % 3 == 0:
            self.administrators += 1
            return self.person(teams=("administrators",))
        team = self.draft.random.choice(self.teams)
        on_call = ("on-call" if number % 2 else "on-call-backup",) if number % _ON_CALL_EVERY == 0 else ()
        return self.person(teams=(team, *on_call))

    def contractor(self, *, created: float = -120, expires: float = 150, **fields: Any) -> str:
        """Add a contractor: here until a date, and let in during working time only."""
        return self.person(created=created, expires=expires, teams=("contractors",), **fields)

    def _name(self) -> tuple[str, str]:
        number = self.draft.number("name") - 1
        given, family = self.names[number % len(self.names)]
        again = number // len(self.names)
        return f"{given} {family}", f"{given}.{family}{again or ''}@brookmere.example".lower()


def found_company(draft: Draft, groups: int) -> Staff:
    """Make the first so many groups, their nesting and their roles; beyond the company's own, field crews."""
    staff = Staff(draft, names=[(given, family) for family in _FAMILY.split() for given in _GIVEN.split()])
    draft.random.shuffle(staff.names)
    for key, name, parent, roles, share in _GROUPS[:groups]:
        _group(staff, key, name, parent, roles)
        staff.teams += [key] * share
    for number in range(1, groups - len(_GROUPS) + 1):
        _group(staff, f"crew-{number}", f"Field crew {number}", "field", ())
        draft.assign(staff.groups[f"crew-{number}"], "network-operator", scope=_network(number % 12 + 1))
        staff.teams.append(f"crew-{number}")
    staff.teams = staff.teams or list(staff.groups)[:1]
    _limited(staff)
    return staff


def _group(staff: Staff, key: str, name: str, parent: str | None, roles: tuple[str, ...]) -> None:
    draft = staff.draft
    group = draft.principal("Group", name, created=draft.days(-1600, -900))
    staff.groups[key] = group
    if parent is not None:
        draft.join(group, [staff.groups[parent]])
    for role in roles:
        draft.assign(group, role, created=-800)


def _limited(staff: Staff) -> None:
    """What teams may do in a part of the company only, or at some times only."""
    draft, groups = staff.draft, staff.groups
    for region in sorted(_REGIONS.keys() & groups.keys()):
        for number in _REGIONS[region]:
            draft.assign(groups[region], "network-operator", created=-700, scope=_network(number))
    if "contractors" in groups:
        draft.assign(groups["contractors"], "field-technician", created=-300, conditions=_WORKING_TIME)
    if "on-call-backup" in groups:
        # Each stands in for the other: a cycle, which is no error.
        draft.join(groups["on-call"], [groups["on-call-backup"]])


def _network(number: int) -> dict[str, Any]:
    return scope("iot.network", f"/network-{number}")
