"""What goes wrong with machines and their credentials: each story adds the machines that it is about."""

from __future__ import annotations

from collections.abc import Callable

from auditkit.sandbox.draft import PARTNER, Draft, gateway_path, scope
from auditkit.sandbox.machines import RESERVED, gateway, issue, service
from auditkit.sandbox.people import Staff

Story = Callable[[Staff], None]
# A credential story: created, expires, used, revoked, in days; None where absent.
Life = tuple[float, float | None, float | None, float | None]
_GOOD: Life = (-20, 160, -0.1, None)
# What happens to the credentials of a gateway that is otherwise as it should be.
_LIVES: tuple[tuple[Life, ...], ...] = (
    ((-81, 9, -0.2, None),),
    ((-62, 28, -0.1, None),),
    ((-88, None, -0.3, None),),
    ((-140, 40, -0.1, None),),
    ((-410, 320, -0.4, None),),
    ((-70, 120, -0.2, None), (-33, 147, -0.2, None)),
    ((-15, 740, -0.1, None),),
    ((-200, -20, -21, None), _GOOD),
    ((-190, -10, -3, None), _GOOD),
    ((-120, 60, -22, -20), _GOOD),
    ((-120, 60, -22, -19), _GOOD),
    ((-120, 60, -4, -20), _GOOD),
    ((-40, 140, None, None), (-5, 175, -0.1, None)),
)


def lives_of_keys(staff: Staff) -> None:
    """Keys that end soon, never end, are old, unused, not revoked, or used after their end; rotations not finished."""
    for lives in _LIVES:
        machine = gateway(staff.draft, keys=False)
        for life in lives:
            _credential(staff.draft, machine, life)


def gateway_seven(staff: Staff) -> None:
    """The gateway that cannot publish: it was given the role from before API keys, which does not support them."""
    if staff.draft.number("gateway seven") == 1:
        gateway(staff.draft, number=RESERVED, role="field-gateway-v1")


def gateways_gone(staff: Staff) -> None:
    """A gateway that was taken down with its key left, one taken down properly, one whose time is over."""
    gateway(staff.draft, status="Revoked", active=-35)
    gone = gateway(staff.draft, status="Suspended", active=-50, role=None, keys=False)
    _credential(staff.draft, gone, (-100, 80, -51, -50))
    gateway(staff.draft, expires=-3, active=-3.5)


def gateways_quiet(staff: Staff) -> None:
    """A gateway that fell silent, one that was never connected, one that ends soon."""
    quiet = gateway(staff.draft, active=-102, keys=False)
    _credential(staff.draft, quiet, (-170, 60, -101, None))
    never = gateway(staff.draft, created=-47, active=None, keys=False)
    _credential(staff.draft, never, (-47, 133, None, None))
    gateway(staff.draft, expires=19)


def gateways_misplaced(staff: Staff) -> None:
    """A gateway put where another one hung, one of the partner's, one with the partner's assignment, one with none."""
    draft = staff.draft
    gateway(draft, path=gateway_path(1))
    gateway(draft, organisation=PARTNER, role=None)
    foreign = gateway(draft, role=None)
    draft.assign(foreign, "field-gateway", organisation=PARTNER, scope=scope("iot.network", "/network-1"))
    gateway(draft, role=None)


def trial_fleet(staff: Staff) -> None:
    """Two gateways of a trial, which a group gives a role for service accounts on top of their own."""
    draft = staff.draft
    number = draft.number("trial fleet")
    fleet = draft.principal("Group", "Trial fleet" + (f" {number}" if number > 1 else ""), created=-200)
    draft.assign(fleet, "ingestion", created=-180, scope=scope("iot.network", "/network-11"))
    for _ in range(2):
        draft.join(gateway(draft), [fleet])


def pager_bridge(staff: Staff) -> None:
    """A service in the on-call group: it gets all that the group gives, as far as those roles support it."""
    bridge = service(staff.draft, "Pager bridge", "ServiceAccount", "alarm-relay")
    staff.draft.join(bridge, [staff.groups["on-call"]])


def services_too_strong(staff: Staff) -> None:
    """A migration that is long over, a service that can make itself keys, a job on a role that holds too much."""
    service(staff.draft, "Migration worker", "ServiceAccount", "migration")
    service(staff.draft, "Device provisioning", "ServiceAccount", "provisioning")
    service(staff.draft, "Reporting job", "ServiceAccount", "telemetry-reader")


def services_unclear(staff: Staff) -> None:
    """Services on roles of which nobody can tell whether they help: no types declared, or a condition."""
    service(staff.draft, "Data export", "ServiceAccount", "data-export")
    for kind in ("ApiKey", "ServiceAccount"):
        service(staff.draft, "Billing export", kind, "billing-export")


def services_without(staff: Staff) -> None:
    """A service with a key that has ended and none in its place, and one whose role was taken away."""
    lost = service(staff.draft, "Archive job", "ServiceAccount", "archive", keys=False, active=-8)
    _credential(staff.draft, lost, (-188, -8, -8.1, None))
    service(staff.draft, "Registry sync", "ApiKey", None)


def granted_directly(staff: Staff) -> None:
    """A dashboard that got one more permission directly, for a customer's test, from the partner and from us."""
    board = service(staff.draft, "Customer dashboard", "ApiKey", "dashboard-feed", network=True, keys=False)
    issue(staff.draft, board)
    staff.draft.grant(board, "telemetry.series.export", scope=scope("iot.network", "/network-2"))
    staff.draft.grant(board, "telemetry.archive.read", organisation=PARTNER)


def _credential(draft: Draft, machine: str, life: Life) -> None:
    created, expires, used, revoked = life
    draft.credential(machine, created=created, expires=expires, used=used, revoked=revoked)


MACHINES: tuple[Story, ...] = (
    lives_of_keys, gateway_seven, gateways_gone, gateways_quiet, gateways_misplaced, trial_fleet, pager_bridge,
    services_too_strong, services_unclear, services_without, granted_directly,
)  # fmt: skip
