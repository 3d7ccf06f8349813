"""How a permission that somebody holds arrives: by its own assignment, by a group's, by a grant."""

from __future__ import annotations

import io
import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from organisations import AS_OF, LONG_AGO, REQUIRED, acme

from auditkit.report.workbook import workbook
from auditkit.schema import frame
from auditkit.snapshot import Snapshot
from auditkit.widgets.desk import Desk, open_desk
from auditkit.widgets.ways import ways_of


def given(**roles: object) -> Snapshot:
    """Acme, whose role supports ApiKey too, with a grant to the gateway and one to its group."""
    return acme().replace(
        roles=frame("roles", {"role_id": ["r1"], "name": ["Operators"], "scope": ["Organisation"],
                              "supported_principal_types": [["User", "ApiKey"]], "permission_ids": [["p1"]], **roles}),
        permission_grants=frame("permission_grants", {
            "grant_id": ["g1", "g2"], "principal_id": ["gateway", "machines"], "permission_id": ["p1", "p2"],
            "organisation_id": ["org", "org"], "created_at": [LONG_AGO, LONG_AGO],
        }),
    )  # fmt: skip


def told(snapshot: Snapshot, *pairs: tuple[str, str]) -> list[str]:
    rows = pd.DataFrame(list(pairs), columns=["principal_id", "permission"], dtype="str")
    return list(ways_of(rows, open_desk(snapshot).tables))


def test_a_role_by_its_assignment_and_group_and_how_many_ways_besides() -> None:
    assert told(given(), ("ann", "iot:device:read"), ("gateway", "iot:device:read")) == [
        'role "Operators" (r1), assignment a2',
        'role "Operators" (r1), assignment a1, through group "All machines" (machines); ways besides: 1',
    ]


def test_a_role_that_does_not_support_the_type_is_no_way() -> None:
    rows = given(supported_principal_types=[["User"]])
    assert told(rows, ("gateway", "iot:device:read")) == ["grant g1 of iot:device:read"]


def test_a_grant_to_a_group_is_told_as_one() -> None:
    assert told(given(), ("gateway", "iot:device:write")) == ["a grant to a group"]


def test_of_nothing_there_is_no_way() -> None:
    assert told(given()) == []


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setitem(os.environ, "AUDITKIT_HEADLESS", "1")
    (tmp_path / "required.csv").write_text(REQUIRED.replace("gateway,iot:device:read", "gateway,iot:device:write"))
    return open_desk(given(), required=tmp_path / "required.csv", as_of=AS_OF)


def test_an_excess_says_in_panel_and_report_how_it_arrives(desk: Desk) -> None:
    way = 'role "Operators" (r1), assignment a1, through group "All machines" (machines); ways besides: 1'
    gaps = desk.gaps()
    assert gaps.loc[gaps.kind.eq("excess"), "way"].tolist() == [way]
    assert gaps.loc[gaps.kind.eq("missing"), "way"].isna().all()
    found = desk.panel("findings").frame
    assert found.loc[found.rule.eq("PRM002"), "proof"].tolist() == [f"way: {way}"]
    assert not found.loc[found.rule.ne("PRM002"), "proof"].fillna("").str.contains("way: ").any()
    assert gaps.loc[gaps.kind.eq("excess"), "finding"].tolist() == [
        f"is held (organisation) and required by no row: {way}"
    ]
    assert gaps.loc[gaps.kind.eq("missing"), "finding"].eq(gaps.loc[gaps.kind.eq("missing"), "message"]).all()


def test_the_workbook_says_how_an_excess_arrives_and_of_nothing_else(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(desk.findings)))
    heads = {sheet.title: [cell.value for cell in sheet[1]] for sheet in book.worksheets}
    assert [name for name, titles in heads.items() if "how it arrives" in titles] == ["Permissions"]
    column = heads["Permissions"].index("how it arrives")
    told = {row[1]: row[column] for row in book["Permissions"].iter_rows(min_row=2, values_only=True)}
    assert str(told.pop("PRM002")).startswith('role "Operators" (r1), assignment a1, through group "All machines"')
    assert told
    assert set(told.values()) == {None}
