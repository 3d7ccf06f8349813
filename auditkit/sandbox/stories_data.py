"""Records that are wrong in themselves, as a directory grown over years has them."""

from __future__ import annotations

from collections.abc import Callable

from auditkit.sandbox.machines import gateway
from auditkit.sandbox.people import Staff

Story = Callable[[Staff], None]
# What stands where a secret would: enough to be found, and plainly none.
FAKE_SECRET = "not-a-real-secret"  # noqa: S105


def dangling(staff: Staff) -> None:
    """A member and an assignment of principals that were deleted."""
    gone = f"usr-gone-{staff.draft.number('gone')}"
    staff.draft.join(gone, [staff.groups["platform"]])
    staff.draft.assign(gone, "support-agent")


def same_id_twice(staff: Staff) -> None:
    """Two assignments under one id: the directory was restored from a backup while people worked on it."""
    draft = staff.draft
    draft.assign(staff.person(teams=("finance",)), "staff", created=-300)
    first = draft.assignments[-1]
    draft.assignments.append({**first, "roleId": "role-support-agent"})


def unknown_type(staff: Staff) -> None:
    """A principal of a type that the vendor added lately."""
    workload = staff.draft.principal("Workload", "Edge runtime", created=-20, active=-1)
    staff.draft.assign(workload, "data-export", created=-20)


def time_without_offset(staff: Staff) -> None:
    """Somebody whose last activity was written by a program that knew no time zones."""
    staff.person(created=-15, teams=("support",))
    staff.draft.principals[-1]["lastActiveAt"] = "2026-09-14 08:12"


def half_a_grant(staff: Staff) -> None:
    """A grant that does not say of what."""
    staff.draft.grant(staff.person(teams=("south",)), "iot.alarm.silence")
    del staff.draft.grants[-1]["permissionId"]


def secret_in_the_open(staff: Staff) -> None:
    """A credential that somebody exported together with its secret."""
    machine = gateway(staff.draft, keys=False)
    staff.draft.credential(machine, created=-30, expires=150, used=-0.2, keySecret=FAKE_SECRET)


DATA: tuple[Story, ...] = (
    dangling, same_id_twice, unknown_type, time_without_offset, half_a_grant, secret_in_the_open,
)  # fmt: skip
