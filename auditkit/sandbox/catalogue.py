"""What the sample company may allow: 120 permissions, its resource types, its roles."""

from __future__ import annotations

from fnmatch import fnmatchcase

from auditkit.sandbox.draft import Record, condition, permission_id

# Module, feature, actions. An action in brackets is a preview.
_FEATURES = """
iam organisation read update
iam principal read list create update suspend delete
iam apikey list create rotate revoke
iam serviceaccount list create rotate delete
iam group list create update delete
iam role read list create update assign
iam grant list create delete
iam audit read export
iot network read list create update delete
iot gateway read list create update decommission heartbeat restart
iot device read list create update delete command provision
iot config read write deploy rollback
iot firmware list download upload approve rollout rollback
iot alarm read list acknowledge escalate silence
iot certificate read issue revoke
iot maintenance read schedule approve close
iot twin (read) (update) (simulate)
billing account read update
billing invoice read list create approve void
billing payment read list refund
billing usage read export
billing tariff read create update approve
billing contract read create update
billing forecast (read)
telemetry stream read list publish create delete
telemetry series read query export annotate delete
telemetry dashboard read list create update share delete
telemetry rule read create update delete
telemetry retention read update
telemetry archive read restore
telemetry anomaly (read) (train)
"""

# Identifier, whether a scope reaches below its path, description.
_TYPES = (
    ("iot.network", True, "The network of one water utility"),
    ("iot.gateway", True, "A field gateway, and the devices behind it"),
    ("iot.device", False, "A meter, pump or valve"),
    ("iot.firmware-channel", False, "A ring of a firmware rollout"),
    ("telemetry.stream", True, "A stream of readings, and its partitions"),
    ("telemetry.dashboard", False, "A dashboard"),
    ("billing.account", False, "The account of one customer"),
)

_PEOPLE = ("User", "Group")
_MACHINES = ("ApiKey", "ServiceAccount")
_OFFICE = condition("request.ip", "cidr", "203.0.113.0/24")
GATEWAY = "iot.config.read iot.firmware.download iot.gateway.heartbeat telemetry.stream.publish"
INGESTION = "telemetry.stream.read telemetry.stream.list telemetry.stream.publish"
DASHBOARD = "telemetry.series.query telemetry.series.read telemetry.dashboard.read"
ROLLOUT = "iot.firmware.list iot.firmware.download iot.firmware.rollout iot.gateway.list"
RELAY = "iot.alarm.read iot.alarm.list iot.alarm.escalate"
ARCHIVE = "telemetry.archive.read telemetry.series.export telemetry.retention.read"
SYNC = "iot.device.list iot.device.read iot.network.list"
EXPORT = "billing.usage.read billing.usage.export billing.invoice.list"
PROVISION = "iot.device.create iot.device.provision iot.certificate.issue iam.apikey.create"

# Key, name, scope, supported principal types (None: the role declares none), permissions with `*` as in a shell.
_ROLES: tuple[tuple[str, str, str, tuple[str, ...] | None, str], ...] = (
    ("administrator", "Organisation administrator", "System", ("User", "Group", "ServiceAccount"),
     "iam.* iot.[!ft]* iot.firmware.[dlru]* telemetry.[!a]* billing.account.read"),
    ("auditor", "IAM auditor", "System", (*_PEOPLE, *_MACHINES), "iam.*.read iam.*.list"),
    ("access-manager", "Access manager", "System", _PEOPLE,
     "iam.principal.* iam.group.* iam.role.assign iam.role.list"),
    ("staff", "Staff basics", "Organisation", _PEOPLE,
     "iam.organisation.read telemetry.dashboard.read telemetry.dashboard.list"),
    ("integration-manager", "Integration manager", "Organisation", _PEOPLE, "iam.apikey.* iam.serviceaccount.list"),
    ("telemetry-reader", "Telemetry reader", "Organisation", (*_PEOPLE, *_MACHINES),
     "telemetry.[!a]*.read telemetry.[!a]*.list telemetry.series.query"),
    ("dashboard-editor", "Dashboard editor", "Organisation", _PEOPLE,
     "telemetry.dashboard.* telemetry.series.annotate"),
    ("firmware-engineer", "Firmware engineer", "Organisation", _PEOPLE,
     "iot.firmware.list iot.firmware.download iot.firmware.upload iot.gateway.read"),
    ("firmware-approver", "Firmware approver", "Organisation", _PEOPLE, "iot.firmware.list iot.firmware.approve"),
    ("device-operator", "Device operator", "Organisation", _PEOPLE, "iot.device.[clru]* iot.gateway.read iot.alarm.*"),
    ("network-operator", "Network operator", "Organisation", _PEOPLE,
     "iot.network.read iot.network.update iot.gateway.* iot.config.*"),
    ("incident-responder", "Incident responder", "Organisation", _PEOPLE,
     "iot.alarm.* iot.gateway.* iot.device.* iot.config.* iot.network.* telemetry.series.* telemetry.rule.*"),
    ("support-agent", "Support agent", "Organisation", _PEOPLE, "iot.device.read iot.alarm.read billing.account.read"),
    ("billing-clerk", "Billing clerk", "Organisation", _PEOPLE,
     "billing.account.* billing.invoice.read billing.invoice.list billing.invoice.create billing.payment.*"),
    ("billing-approver", "Billing approver", "Organisation", _PEOPLE,
     "billing.invoice.read billing.invoice.approve billing.invoice.void billing.tariff.approve"),
    ("field-technician", "Field technician", "Organisation", _PEOPLE,
     "iot.gateway.read iot.gateway.restart iot.device.read iot.maintenance.*"),
    ("insight-preview", "Insight preview", "Organisation", _PEOPLE, "iot.twin.* telemetry.anomaly.*"),
    ("field-gateway", "Field gateway", "Organisation", ("ApiKey",), GATEWAY),
    ("field-gateway-v1", "Field gateway (before API keys)", "Organisation", ("User", "ServiceAccount"), GATEWAY),
    ("ingestion", "Telemetry ingestion", "Organisation", ("ServiceAccount",), INGESTION),
    ("dashboard-feed", "Dashboard feed", "Organisation", _MACHINES, DASHBOARD),
    ("firmware-rollout", "Firmware rollout", "Organisation", ("ServiceAccount",), ROLLOUT),
    ("alarm-relay", "Alarm relay", "Organisation", _MACHINES, RELAY),
    ("archive", "Archive job", "Organisation", ("ServiceAccount",), ARCHIVE),
    ("registry-sync", "Device registry sync", "Organisation", _MACHINES, SYNC),
    ("billing-export", "Billing export", "Organisation", _MACHINES, EXPORT),
    ("data-export", "Data export", "Organisation", None, "telemetry.series.export telemetry.archive.read"),
    ("provisioning", "Device provisioning", "Organisation", _MACHINES, PROVISION),
    ("migration", "Platform migration 2024", "Organisation", ("ServiceAccount",),
     "iot.[!ft]* iot.firmware.[dlru]* telemetry.[!a]*"),
    ("camera-inspection", "Camera inspection", "Organisation", _PEOPLE, "iot.device.read"),
    ("partner-portal", "Partner portal", "Organisation", _PEOPLE, ""),
    ("tender-2023", "Tender 2023", "Organisation", _PEOPLE, "billing.contract.* billing.tariff.read"),
)  # fmt: skip


def permissions() -> list[Record]:
    """The catalogue of permissions."""
    return [
        _permission(module, feature, action.strip("()"), preview=action.startswith("("))
        for module, feature, *actions in (line.split() for line in _FEATURES.split("\n") if line)
        for action in actions
    ]


def _permission(module: str, feature: str, action: str, *, preview: bool) -> Record:
    identifier = f"{module}.{feature}.{action}"
    return {
        "id": permission_id(identifier), "identifier": identifier, "module": module, "feature": feature,
        "action": action, "name": f"{action.capitalize()} {feature}", "isPreview": preview,
        "description": f"Allows to {action} in the feature {feature} of module {module}.",
    }  # fmt: skip


def resource_types() -> list[Record]:
    """The catalogue of resource types."""
    return [
        {
            "id": "type-" + identifier.replace(".", "-"), "identifier": identifier, "module": identifier.split(".")[0],
            "type": identifier.split(".")[1], "description": description, "supportsOrganisationScope": True,
            "supportsHierarchicalScope": hierarchical,
        }
        for identifier, hierarchical, description in _TYPES
    ]  # fmt: skip


def roles() -> list[Record]:
    """The roles; one is limited to the office network, one holds a permission that the vendor has withdrawn."""
    names = [record["identifier"] for record in permissions()]
    found = {key: _role(key, name, scope, types, _chosen(names, held)) for key, name, scope, types, held in _ROLES}
    found["billing-export"]["conditions"] = [_OFFICE]
    found["camera-inspection"]["permissionIds"].append("perm-iot-camera-view")
    return list(found.values())


def _chosen(names: list[str], patterns: str) -> list[str]:
    wanted = patterns.split()
    return [permission_id(name) for name in names if any(fnmatchcase(name, pattern) for pattern in wanted)]


def _role(key: str, name: str, scope: str, types: tuple[str, ...] | None, held: list[str]) -> Record:
    record: Record = {"id": f"role-{key}", "name": name, "scope": scope, "permissionIds": held}
    return record if types is None else {**record, "supportedPrincipalTypes": list(types)}
