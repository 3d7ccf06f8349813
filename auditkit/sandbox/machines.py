"""The machines of the sample company: field gateways at pumping stations, and the services behind them."""

from __future__ import annotations

from typing import Any

from auditkit.sandbox.draft import Draft, gateway_path, scope

_WATER = "Alder Ash Beck Brook Carr Dale Eddy Fern Glen Heron Ings Kell Lode Marsh Otter Pike Reed Sedge Tarn Willow"
_PLACE = "Weir Lock Bridge Reservoir Sluice Mill Cross Hill Ford Quay"
# Kind, type, role, whether it works in one network only.
KINDS: tuple[tuple[str, str, str, bool], ...] = (
    ("Ingestion service", "ServiceAccount", "ingestion", True),
    ("Customer dashboard", "ApiKey", "dashboard-feed", True),
    ("Firmware rollout ring", "ServiceAccount", "firmware-rollout", False),
    ("Customer dashboard", "ApiKey", "dashboard-feed", True),
    ("Alarm relay", "ServiceAccount", "alarm-relay", True),
    ("Ingestion service", "ServiceAccount", "ingestion", True),
    ("Archive job", "ServiceAccount", "archive", False),
    ("Registry sync", "ApiKey", "registry-sync", False),
)
_ROTATING_EVERY = 9
# Gateway 7 has a story of its own.
RESERVED = 7


def gateway(draft: Draft, *, number: int | None = None, role: str | None = "field-gateway", keys: bool = True,
            path: str | None = None, **fields: Any) -> str:  # fmt: skip
    """Add a field gateway, which may do its four things below its own place in the network."""
    number = number or _next_gateway(draft)
    machine = draft.principal("ApiKey", _gateway_name(number), **{**_busy(draft), **fields})
    if role is not None:
        draft.assign(machine, role, scope=scope("iot.gateway", path or gateway_path(number)))
    if keys:
        issue(draft, machine)
    return machine


def service(draft: Draft, kind: str, type_: str, role: str | None, *, network: bool = False, keys: bool = True,
            **fields: Any) -> str:  # fmt: skip
    """Add a service of a kind, with the one role that it needs."""
    number = draft.number(kind)
    machine = draft.principal(type_, f"{kind} {number}", **{**_busy(draft), **fields})
    if role is not None:
        where = scope("iot.network", f"/network-{(number - 1) % 12 + 1}") if network else None
        draft.assign(machine, role, scope=where)
    if keys:
        issue(draft, machine)
    return machine


def ordinary_service(draft: Draft) -> str:
    """Add the next of the usual services."""
    kind, type_, role, network = KINDS[(draft.number("service") - 1) % len(KINDS)]
    return service(draft, kind, type_, role, network=network)


def issue(draft: Draft, machine: str) -> None:
    """Give a machine a credential as the standard wants it; some are in the middle of a rotation."""
    age = draft.days(8, 84)
    rotating = draft.number("issued") % _ROTATING_EVERY == 0
    if rotating:
        draft.credential(machine, created=-88, expires=92, used=-draft.days(0.01, 1))
        age = draft.days(1, 6)
    draft.credential(machine, created=-age, expires=180 - age, used=None if rotating else -draft.days(0.001, 2))


def _busy(draft: Draft) -> dict[str, float]:
    return {"created": draft.days(-1100, -120), "active": -draft.days(0.001, 0.5)}


def _next_gateway(draft: Draft) -> int:
    number = draft.number("gateway")
    return draft.number("gateway") if number == RESERVED else number


def _gateway_name(number: int) -> str:
    water, place = _WATER.split(), _PLACE.split()
    return f"Gateway {number}, {water[number * 7 % len(water)]} {place[number * 3 % len(place)]}"
