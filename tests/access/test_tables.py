"""The named tables: what each record is at one instant, a second before, at and after each boundary."""

from __future__ import annotations

import pandas as pd
import pytest
from documents import AS_OF, snapshot_of
from gateway import AFTER, BEFORE, NOW, document, held, permission, person, role

from auditkit.access.tables import LINEAGE, Tables
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import build


def tables(changed: dict[str, object]) -> Tables:
    return Tables(snapshot_of(changed), as_of=AS_OF)


def one(table: pd.DataFrame, key: str, value: str) -> pd.Series:
    (row,) = table[table[key].eq(value)].index
    return table.loc[row]


def gateway(**changes: object) -> pd.Series:
    return one(tables(document(principal=changes))["principals"], "principal_id", "gw-7")


@pytest.mark.parametrize(("expires", "expired"), [(BEFORE, True), (NOW, True), (AFTER, False), (None, False)])
def test_a_principal_expires_at_the_instant_itself(expires: str | None, expired: bool) -> None:
    found = gateway(expiresAt=expires)
    assert (found.expired, found.usable) == (expired, not expired)


@pytest.mark.parametrize(("changes", "usable"), [
    ({}, True), ({"status": "Suspended"}, False), ({"status": "Revoked"}, False), ({"status": "Odd"}, False),
    ({"organisationId": "other"}, False),
])  # fmt: skip
def test_a_usable_principal(changes: dict[str, str], usable: bool) -> None:
    assert gateway(**changes).usable == usable


@pytest.mark.parametrize(("kind", "machine"), [("User", False), ("Group", False), ("ApiKey", True), ("ServiceAccount", True), ("Odd", False)])
def test_a_machine(kind: str, machine: bool) -> None:
    assert gateway(type=kind).machine == machine


@pytest.mark.parametrize(("active", "used", "last"), [
    (None, None, None), (BEFORE, None, BEFORE), (None, AFTER, AFTER), (BEFORE, AFTER, AFTER), (AFTER, BEFORE, AFTER),
])  # fmt: skip
def test_last_activity_is_the_latest_of_its_own_and_its_credentials(active: str | None, used: str | None, last: str | None) -> None:
    found = tables(document(principal={"lastActiveAt": active}, credential={"lastUsedAt": used}))["principals"]
    assert found.last_activity.dtype == "datetime64[us, UTC]"
    moment = one(found, "principal_id", "gw-7").last_activity
    assert moment is pd.NaT if last is None else moment == pd.Timestamp(last)


@pytest.mark.parametrize(("changes", "expired", "revoked"), [
    ({}, False, False), ({"expiresAt": BEFORE}, True, False), ({"expiresAt": NOW}, True, False), ({"expiresAt": AFTER}, False, False),
    ({"revokedAt": BEFORE}, False, True), ({"revokedAt": NOW}, False, True), ({"revokedAt": AFTER}, False, False),
    ({"expiresAt": NOW, "revokedAt": NOW}, True, True),
])  # fmt: skip
def test_a_live_credential(changes: dict[str, str], expired: bool, revoked: bool) -> None:
    made = tables(document(credential=changes))
    (found,) = made["credentials"].to_dict("records")
    assert (found["expired"], found["revoked"], found["live"]) == (expired, revoked, not expired and not revoked)
    assert one(made["principals"], "principal_id", "gw-7").live_credentials == int(found["live"])


def test_what_a_credential_says_of_its_principal() -> None:
    (found,) = tables(document(principal={"status": "Revoked"}))["credentials"].to_dict("records")
    assert (found["principal_known"], found["principal_type"], found["principal_usable"], found["machine"]) == (True, "ApiKey", False, True)
    (lost,) = tables(document(credential={"principalId": "nobody"}))["credentials"].to_dict("records")
    assert (lost["principal_known"], lost["principal_usable"], lost["machine"]) == (False, False, False)
    assert pd.isna(lost["principal_type"])


@pytest.mark.parametrize(("changes", "expired", "ours"), [
    ({}, False, True), ({"expiresAt": BEFORE}, True, True), ({"expiresAt": NOW}, True, True), ({"expiresAt": AFTER}, False, True),
    ({"organisationId": "other"}, False, False),
])  # fmt: skip
@pytest.mark.parametrize("name", ["assignments", "grants"])
def test_a_live_assignment_or_grant(name: str, changes: dict[str, str], expired: bool, ours: bool) -> None:
    granted = [held("pg-1", "gw-7", permissionId="perm-r") | changes]
    (found,) = tables(document(assignment=changes, permissionGrants=granted))[name].to_dict("records")
    assert (found["expired"], found["organisation_ok"], found["live"]) == (expired, ours, ours and not expired)
    assert (found["principal_known"], found["principal_usable"]) == (True, True)


def test_a_holding_of_nobody() -> None:
    (found,) = tables(document(assignment={"principalId": "nobody"}))["assignments"].to_dict("records")
    assert (found["live"], found["principal_known"], found["principal_usable"]) == (True, False, False)


def test_roles_are_measured_against_the_catalogue_without_previews() -> None:
    made = document(
        permissions=[permission("perm-p", "iot.device.peek") | {"isPreview": True}],
        roles=[role("broad", ["User"], ["perm-r", "perm-w", "perm-p", "perm-r"]), role("odd", None, ["gone"]), role("none", [], [])],
        roleAssignments=[held("ra-2", "gw-7", roleId="broad", expiresAt=NOW), held("ra-3", "nobody", roleId="odd")],
    )
    roles = tables(made)["roles"].set_index("role_id")
    assert roles.n_permissions.to_dict() == {"broad": 3, "none": 0, "odd": 1, "role-12": 1}
    assert roles.broad_share.to_dict() == {"broad": 1.0, "none": 0.0, "odd": 0.0, "role-12": 0.5}
    assert roles.holds_preview.to_dict() == {"broad": True, "none": False, "odd": False, "role-12": False}
    assert roles.assigned.to_dict() == {"broad": False, "none": False, "odd": True, "role-12": True}
    assert len(tables(made)["role_permissions"]) == 5


GROUPED = document(
    principals=[person("ann", "User"), person("bob", "User", status="Suspended"), person("g-1", "Group"), person("g-2", "Group")],
    groupMembers=[
        {"groupId": "g-1", "principalId": "gw-7"}, {"groupId": "g-1", "principalId": "g-1"}, {"groupId": "g-2", "principalId": "g-1"},
        {"groupId": "g-1", "principalId": "g-2"}, {"groupId": "g-2", "principalId": "bob"}, {"groupId": "gone", "principalId": "ann"},
    ],
    roles=[role("people", ["User"], ["perm-w"]), role("silent", None, ["perm-w"])],
    roleAssignments=[
        held("ra-0", "g-2", roleId="role-12"), held("ra-3", "g-1", roleId="people"), held("ra-2", "g-2", roleId="people"),
        held("ra-4", "gw-7", roleId="silent", organisationId="other"), held("ra-5", "ann", roleId="gone"),
        held("ra-6", "gone", roleId="silent"), held("ra-7", "ann", roleId="silent", expiresAt=NOW),
    ],
)  # fmt: skip


def test_reach_names_a_direct_assignment_first_and_then_the_smallest() -> None:
    reach = tables(GROUPED)["reach"]
    rows = [tuple(None if pd.isna(cell) else cell for cell in row) for row in reach.drop(columns="role_name").to_numpy()]
    assert rows == [
        ("ann", "User", False, True, "gone", "unknown", "ra-5", None),
        ("bob", "User", False, False, "people", "yes", "ra-2", "g-2"),
        ("bob", "User", False, False, "role-12", "no", "ra-0", "g-2"),
        ("g-1", "Group", False, True, "people", "no", "ra-3", None),
        ("g-1", "Group", False, True, "role-12", "no", "ra-0", "g-2"),
        ("g-2", "Group", False, True, "people", "no", "ra-2", None),
        ("g-2", "Group", False, True, "role-12", "no", "ra-0", None),
        ("gw-7", "ApiKey", True, True, "people", "no", "ra-2", "g-2"),
        ("gw-7", "ApiKey", True, True, "role-12", "yes", "ra-1", None),
    ]


def test_own_access_and_what_reaches() -> None:
    found = tables(GROUPED)["principal_access"].set_index("principal_id")
    assert found.own_access.to_dict() == {"ann": True, "bob": False, "g-1": True, "g-2": True, "gw-7": True}
    assert found.reached.all()
    lonely = tables(document(assignment={"expiresAt": NOW}, principals=[person("ann", "User")],
                             permissionGrants=[held("pg-1", "ann", permissionId="gone")]))["principal_access"]  # fmt: skip
    assert lonely.set_index("principal_id").reached.to_dict() == {"ann": True, "gw-7": False}


def test_every_table_of_an_empty_organisation_is_there() -> None:
    made = Tables(build({}))
    assert set(made) == set(LINEAGE)
    assert len(made) == len(LINEAGE)
    for name in set(LINEAGE) - {"required", "scan", "effective"}:
        assert len(made[name]) == 0
    assert made["effective"].counts().empty
    assert made["effective"].pairs().empty
    with pytest.raises(KeyError):
        made["nothing"]


def test_every_table_names_collections_that_there_are() -> None:
    assert {collection for names in LINEAGE.values() for collection in names} <= set(COLLECTIONS)


def test_what_could_not_be_read_is_a_table() -> None:
    made = Tables(build({}, incomplete={"roles": "forbidden"}))
    assert made["unread"].to_dict("records") == [{"collection": "roles", "reason": "forbidden"}]
    assert made.as_of == made.snapshot.as_of


def test_a_table_is_made_once() -> None:
    made = tables(document())
    assert made["principals"] is made["principals"]
