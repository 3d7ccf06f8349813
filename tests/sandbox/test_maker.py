"""The maker of organisations: any size, the same each time, nothing that hangs in the air unless it is meant to."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditkit import bundle
from auditkit.errors import InputError
from auditkit.sandbox import maker
from auditkit.sandbox.maker import document_text, make_organisation, make_required, required_text
from auditkit.sandbox.needs import COLUMNS
from auditkit.schema import COLLECTIONS

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def company() -> dict[str, Any]:
    return make_organisation()


def ids(document: dict[str, Any], field: str) -> set[str]:
    return {record["id"] for record in document[field]}


def test_the_bundled_sample_is_up_to_date(tmp_path: Path) -> None:
    for path in maker.write_sample(tmp_path):
        assert path.read_bytes() == (DATA / path.name).read_bytes(), f"run python -m auditkit.sandbox.maker for {path.name}"


def test_the_instant_of_the_sample_is_the_one_that_everything_is_judged_at() -> None:
    assert maker.SAMPLE_AS_OF == bundle.SAMPLE_AS_OF == "2026-10-01T00:00:00Z"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 12, 29, 60, 119, 149, 150, 151, 250, 499, 500, 1000])
def test_a_size_is_met_exactly(size: int) -> None:
    document = make_organisation(size)
    assert len(document["principals"]) == len(ids(document, "principals")) == size


@pytest.mark.parametrize("size", [0, -1])
def test_no_organisation_is_empty(size: int) -> None:
    with pytest.raises(InputError, match=str(size)):
        make_organisation(size)


def test_the_same_seed_gives_the_same_document() -> None:
    assert document_text(make_organisation(300, 7)) == document_text(make_organisation(300, 7))
    assert make_organisation(300, 7) != make_organisation(300, 8)


@pytest.mark.parametrize("size", [1, 4, 20, 149])
def test_a_small_company_is_tidy(size: int) -> None:
    document = make_organisation(size)
    principals, roles = ids(document, "principals"), ids(document, "roles")
    assert {record["status"] for record in document["principals"]} == {"Active"}
    assert {record["principalId"] for record in document["credentials"]} <= principals
    assert {record["principalId"] for record in document["roleAssignments"]} <= principals
    assert {record["roleId"] for record in document["roleAssignments"]} <= roles
    assert {record[end] for record in document["groupMembers"] for end in ("groupId", "principalId")} <= principals


def test_a_document_has_the_collections_of_the_contract(company: dict[str, Any]) -> None:
    assert list(company) == [collection.field for collection in COLLECTIONS.values()]


def test_credentials_hang_on_machines_and_are_of_their_kind(company: dict[str, Any]) -> None:
    types = {record["id"]: record["type"] for record in company["principals"]}
    pairs = {(types[record["principalId"]], record["kind"]) for record in company["credentials"]}
    assert pairs == {("ApiKey", "ApiKey"), ("ServiceAccount", "ServiceAccountSecret")}
    assert len({record["keyId"] for record in company["credentials"]}) == len(company["credentials"])


def test_no_secret_but_the_one_that_is_none(company: dict[str, Any]) -> None:
    odd = [record for record in company["credentials"] if "keySecret" in record]
    assert [record["keySecret"] for record in odd] == ["not-a-real-secret"]
    assert not re.search(r"ik_[\w-]+\.", json.dumps(company))


def test_permissions_are_120_over_four_modules(company: dict[str, Any]) -> None:
    permissions = company["permissions"]
    assert len(permissions) == len(ids(company, "permissions")) == len({each["identifier"] for each in permissions}) == 120
    assert Counter(each["module"] for each in permissions) == {"iam": 30, "iot": 44, "billing": 20, "telemetry": 26}
    assert sum(each["isPreview"] for each in permissions) == 6
    assert all(each["identifier"] == f"{each['module']}.{each['feature']}.{each['action']}" for each in permissions)


def test_roles_support_what_they_should(company: dict[str, Any]) -> None:
    roles = {role["id"]: role for role in company["roles"]}
    assert 25 <= len(roles) <= 35
    assert [role["id"] for role in roles.values() if "supportedPrincipalTypes" not in role] == ["role-data-export"]
    assert "ApiKey" not in roles["role-field-gateway-v1"]["supportedPrincipalTypes"]
    assert [role["id"] for role in roles.values() if not role["permissionIds"]] == ["role-partner-portal"]
    assert len(roles["role-administrator"]["permissionIds"]) > 57
    assert {role["scope"] for role in roles.values()} == {"Organisation", "System"}


def test_the_company_is_one_that_an_analyst_knows(company: dict[str, Any]) -> None:
    types = Counter(record["type"] for record in company["principals"])
    assert types == {"User": 118, "ApiKey": 93, "Group": 21, "ServiceAccount": 17, "Workload": 1}
    names = [record["displayName"] for record in company["principals"]]
    assert len(set(names)) == len(names)
    assert sum(name.startswith("Gateway 7,") for name in names) == 1
    emails = [record["email"] for record in company["principals"] if record["type"] == "User"]
    assert len(set(emails)) == len(emails)


def test_groups_nest_with_one_cycle(company: dict[str, Any]) -> None:
    groups = {record["id"] for record in company["principals"] if record["type"] == "Group"}
    edges = {(each["principalId"], each["groupId"]) for each in company["groupMembers"] if each["principalId"] in groups}
    assert len(edges) == 18
    cycles = {frozenset(edge) for edge in edges if edge[::-1] in edges}
    assert len(cycles) == 1
    assert not [edge for edge in edges if edge[0] == edge[1]]


def test_scopes_and_conditions_are_in_use(company: dict[str, Any]) -> None:
    given = [*company["roleAssignments"], *company["permissionGrants"], *company["roles"]]
    conditions = [condition for each in given for condition in each.get("conditions", [])]
    assert {condition["operator"] for condition in conditions} == {"cidr", "after", "before", "matches"}
    scopes = {each["resourceScope"]["resourceType"] for each in given if "resourceScope" in each}
    assert scopes == {"iot.network", "iot.gateway", "iot.site"}
    assert "iot.site" not in {each["identifier"] for each in company["resourceTypes"]}
    assert {each["supportsHierarchicalScope"] for each in company["resourceTypes"]} == {True, False}


def test_required_rows_name_what_is_there(company: dict[str, Any]) -> None:
    rows = make_required(company)
    assert {row["principal_id"] for row in rows} <= ids(company, "principals")
    assert {row["permission"] for row in rows} <= {each["identifier"] for each in company["permissions"]}
    assert 30 <= len({row["principal_id"] for row in rows}) <= 65
    assert {row["expect"] for row in rows} == {"allow", "deny"}
    keys = [tuple(row[name] for name in COLUMNS[:4]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert all(bool(row["resource_type"]) == bool(row["resource_path"]) for row in rows)
    assert sum(bool(row["resource_path"]) for row in rows) > 50


@pytest.mark.parametrize("size", [1, 100, 1000])
def test_required_rows_come_in_any_size(size: int) -> None:
    assert all(set(row) == set(COLUMNS) for row in make_required(make_organisation(size)))


def test_required_text_is_csv() -> None:
    row = dict.fromkeys(COLUMNS, "") | {"principal_id": "p", "permission": "a.b.c", "reason": 'says "no", twice'}
    assert required_text([row]) == (
        'principal_id,permission,resource_type,resource_path,expect,reason\np,a.b.c,,,,"says ""no"", twice"\n'
    )


def test_a_document_is_written_a_record_a_line() -> None:
    text = document_text({"organisation": {"id": "o"}, "principals": [{"id": "é"}, {"id": "2"}], "roles": []})
    assert text == '{\n"organisation": {"id": "o"},\n"principals": [\n{"id": "é"},\n{"id": "2"}\n],\n"roles": []\n}\n'
    assert json.loads(text)["principals"] == [{"id": "é"}, {"id": "2"}]
