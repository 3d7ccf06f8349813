"""What the machines of a sample company need, as the rows of a file of required permissions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditkit.sandbox import catalogue
from auditkit.sandbox.draft import ORGANISATION, gateway_path

Row = dict[str, str]
COLUMNS = ("principal_id", "permission", "resource_type", "resource_path", "expect", "reason")
# Kind of service: permissions, whether asked for in its own network only, why.
_NEEDS: dict[str, tuple[str, bool, str]] = {
    "Ingestion service": (catalogue.INGESTION, True, "Takes readings in for one utility"),
    "Customer dashboard": (catalogue.DASHBOARD, True, "Shows one utility its readings"),
    "Firmware rollout ring": (catalogue.ROLLOUT, False, "Brings firmware to the gateways of its ring"),
    "Alarm relay": (catalogue.RELAY, True, "Passes alarms on"),
    "Archive job": (catalogue.ARCHIVE, False, "Moves old readings to the archive"),
    "Registry sync": (catalogue.SYNC, False, "Compares the register of devices with stock"),
    "Billing export": (catalogue.EXPORT, False, "Nightly export to the ledger"),
    "Data export": ("telemetry.series.export", False, "Monthly open data"),
    "Device provisioning": ("iot.device.create iot.device.provision iot.certificate.issue", False, "Brings devices in"),
    "Pager bridge": (catalogue.RELAY, False, "Wakes whoever is on call"),
    "Reporting job": ("telemetry.series.read telemetry.series.query telemetry.stream.list telemetry.stream.read "
                      "telemetry.dashboard.read", False, "Quarterly figures"),
}  # fmt: skip
_NEVER = {
    "Billing export": ("billing.invoice.approve", "An export approves nothing"),
    "Data export": ("telemetry.archive.read", "The archive holds customers' data"),
    "Device provisioning": ("iam.apikey.create", "Machines make no keys"),
    "Pager bridge": ("iot.device.command", "It carries messages only"),
    "Firmware rollout ring": ("iot.firmware.approve", "Approval is a person's"),
}
_GATEWAY = re.compile(r"Gateway (\d+),")
_SERVICE = re.compile(r"(.+) (\d+)")
_GATEWAY_EVERY = 3


def make_required(document: Mapping[str, Any]) -> list[Row]:
    """The rows for a document of the maker: every service, every third gateway and those that are not as usual, and
    whoever lives on direct grants."""
    usual = _usual_gateways(document["roleAssignments"])
    machines = [row for principal in document["principals"] for row in _rows(principal, usual)]
    return [*machines, *_expert_rows(document["permissionGrants"])]


def _usual_gateways(assignments: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Who is a field gateway at which place."""
    return {
        (given["principalId"], given["resourceScope"]["path"])
        for given in assignments
        if (given["roleId"], given["organisationId"]) == ("role-field-gateway", ORGANISATION)
    }


def _rows(principal: Mapping[str, Any], usual: set[tuple[str, str]]) -> Iterator[Row]:
    name, id_ = principal["displayName"], principal["id"]
    if found := _GATEWAY.match(name):
        path = gateway_path(int(found[1]))
        fine = (id_, path) in usual and principal["status"] == "Active" and "expiresAt" not in principal
        # One that was taken down properly needs nothing any more.
        if principal["status"] != "Suspended" and (not fine or int(found[1]) % _GATEWAY_EVERY == 1):
            yield from _gateway_rows(id_, path)
    elif (found := _SERVICE.fullmatch(name)) and found[1] in _NEEDS:
        yield from _service_rows(id_, found[1], int(found[2]))


def _expert_rows(grants: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """What people with several direct grants were meant to have: all but the last, which came on top."""
    names = {record["id"]: record["identifier"] for record in catalogue.permissions()}
    held: dict[str, list[str]] = defaultdict(list)
    for grant in grants:
        if grant["principalId"].startswith("usr-") and "permissionId" in grant:
            held[grant["principalId"]].append(names[grant["permissionId"]])
    for person, permissions in held.items():
        for permission in permissions[:-1]:
            yield _row(person, permission, reason="Agreed in the approval of the exception")


def _gateway_rows(gateway: str, path: str) -> Iterator[Row]:
    yield _row(gateway, "telemetry.stream.publish", "iot.device", f"{path}/meter-1", reason="Sends readings")
    for permission in ("iot.config.read", "iot.firmware.download", "iot.gateway.heartbeat"):
        yield _row(gateway, permission, "iot.gateway", path, reason="Keeps itself up to date")
    yield _row(gateway, "iam.apikey.create", expect="deny", reason="Stands in the open")


def _service_rows(service: str, kind: str, number: int) -> Iterator[Row]:
    permissions, network, reason = _NEEDS[kind]
    where = ("iot.network", f"/network-{(number - 1) % 12 + 1}") if network else ("", "")
    for permission in permissions.split():
        yield _row(service, permission, *where, reason=reason)
    if kind in _NEVER:
        permission, reason = _NEVER[kind]
        yield _row(service, permission, expect="deny", reason=reason)
    if kind == "Customer dashboard" and number == 2:
        yield _row(service, "telemetry.dashboard.share", *where, reason="Asked for by the customer")


def _row(principal: str, permission: str, type_: str = "", path: str = "", *, expect: str = "allow",
         reason: str = "") -> Row:  # fmt: skip
    return dict(zip(COLUMNS, (principal, permission, type_, path, expect, reason), strict=True))
