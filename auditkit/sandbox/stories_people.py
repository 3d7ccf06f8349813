"""What goes wrong with people's access: each story adds the people that it is about."""

from __future__ import annotations

from collections.abc import Callable

from auditkit.sandbox.draft import ORGANISATION, PARTNER, condition, scope
from auditkit.sandbox.people import Staff

Story = Callable[[Staff], None]


def leavers(staff: Staff) -> None:
    """Two who left and lost everything, one suspended who kept a role of his own."""
    for status in ("Revoked", "Suspended"):
        staff.person(status=status, active=-95)
    left = staff.person(status="Suspended", active=-70)
    staff.draft.assign(left, "billing-clerk")


def ended_contracts(staff: Staff) -> None:
    """Contractors whose time is over: one with nothing left, one who still has a role; two whose time ends soon."""
    staff.person(created=-400, expires=-40, active=-41)
    still = staff.person(created=-300, expires=-9, active=-12)
    staff.draft.assign(still, "field-technician", scope=scope("iot.network", "/network-3"))
    for days in (6, 24):
        staff.contractor(expires=days)


def silent(staff: Staff) -> None:
    """People who have not been here for long, and people who never came."""
    for days in (75, 130, 210):
        staff.person(active=-days, teams=("support",))
    for days in (45, 160):
        staff.person(created=-days, active=None, teams=("product",))


def without_a_place(staff: Staff) -> None:
    """Somebody from the partner's organisation, with a role left over; a newcomer whom nobody put into a team."""
    guest = staff.person(organisation=PARTNER, active=-30)
    staff.draft.assign(guest, "network-operator", organisation=PARTNER, scope=scope("iot.network", "/network-9"))
    staff.person(created=-12, active=-1)


def direct_grants(staff: Staff) -> None:
    """A specialist who lives on direct grants, one of them of a preview; a grant that has ended."""
    draft = staff.draft
    expert = staff.person(active=-2)
    draft.grant(expert, "telemetry.series.export")
    draft.grant(expert, "iot.maintenance.approve", conditions=[condition("request.ip", "cidr", "198.51.100.0/24")])
    draft.grant(expert, "iot.twin.simulate")
    draft.grant(staff.person(teams=("platform",)), "telemetry.archive.restore", expires=-14)


def two_duties(staff: Staff) -> None:
    """Two leads who hold what was meant to be two persons' work."""
    staff.person(teams=("firmware", "firmware-approvers"))
    staff.person(teams=("finance", "finance-approvers"))


def odd_assignments(staff: Staff) -> None:
    """A role that is no person's, one given twice, one that has ended, one at a place of a kind that is gone."""
    draft = staff.draft
    draft.assign(staff.person(teams=("data",)), "archive")
    twice = staff.person(teams=("north",))
    for days in (-260, -90):
        draft.assign(twice, "field-technician", created=days, scope=scope("iot.network", "/network-2"))
    draft.assign(staff.person(teams=("platform",)), "incident-responder", created=-150, expires=-30)
    draft.assign(staff.person(teams=("west",)), "field-technician", scope=scope("iot.site", "/site-4"))


def partner_assignment(staff: Staff) -> None:
    """A colleague whom the partner's organisation gave a role, which means nothing here."""
    colleague = staff.person(teams=("integrations",))
    staff.draft.assign(colleague, "network-operator", organisation=PARTNER)


def key_maker(staff: Staff) -> None:
    """The integration lead, who can create API keys for anybody; nothing is wrong with it, an analyst should see it."""
    lead = staff.person(teams=("platform",))
    staff.draft.assign(lead, "integration-manager", organisation=ORGANISATION)


def unclear_terms(staff: Staff) -> None:
    """An inspector let in under a condition that auditkit does not know, on a role with a withdrawn permission."""
    inspector = staff.person(active=-4)
    staff.draft.assign(
        inspector, "camera-inspection", conditions=[condition("request.shift", "matches", "early|late")]
    )


PEOPLE: tuple[Story, ...] = (
    leavers, ended_contracts, silent, without_a_place, direct_grants, two_duties, odd_assignments, partner_assignment,
    key_maker, unclear_terms,
)  # fmt: skip
