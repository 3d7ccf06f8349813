"""Required permissions: what the CSV may say, what it may not, and the gaps and excess that follow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from documents import AS_OF, snapshot_of
from gateway import READ, WRITE, document, held, person, role, scope

from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.errors import RequiredError


def read(folder: Path, text: str | bytes) -> pd.DataFrame:
    path = folder / "required.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_required(path)


def test_ids_survive_to_the_byte_and_empty_cells_are_absent(tmp_path: Path) -> None:
    frame = read(tmp_path, "principal_id,permission,reason\n007,NA,\n1e5,null, spaced \nnan,None,x\n")
    assert frame.principal_id.tolist() == ["007", "1e5", "nan"]
    assert frame.permission.tolist() == ["NA", "null", "None"]
    assert frame.reason.isna().tolist() == [True, False, False]
    assert frame.reason[1] == " spaced "
    assert frame.expect.tolist() == ["allow"] * 3
    assert frame.resource_type.isna().all()
    assert frame.line.tolist() == [2, 3, 4]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    frame = read(tmp_path, '\ufeffpermission,principal_id,reason\r\nx,a,"two\r\nlines"\r\n\r\ny,b,\r\n,,\r\nz,c,\r\n')
    assert frame.line.tolist() == [2, 5, 7]
    assert frame.principal_id.tolist() == ["a", "b", "c"]


def test_a_header_alone_asks_nothing(tmp_path: Path) -> None:
    frame = read(tmp_path, "principal_id,permission\n")
    assert len(frame) == 0
    assert list(frame) == ["line", "principal_id", "permission", "resource_type", "resource_path", "expect", "reason"]


@pytest.mark.parametrize(("text", "said"), [
    ("", "empty"),
    ("principal_id,permision\n", "line 1: unknown column 'permision'; did you mean permission?"),
    ("principal_id\na\n", "line 1: the column permission is missing"),
    ("principal_id,permission,permission\n", "line 1: the column permission is named twice"),
    ("principal_id,permission,expect\na,x,deny\nb,y,never\n", "line 3: expect is 'never'; write allow or deny"),
    ("principal_id,permission,expect\na,x,Allow\n", "line 2: expect is 'Allow'"),
    ("principal_id,permission\na\n", "line 2: 1 cells"),
    ("principal_id,permission\na,b,c\n", "line 2: 3 cells"),
    ("principal_id,permission\n,x\n", "line 2: principal_id is empty"),
    ("principal_id,permission\na,\n", "line 2: permission is empty"),
    ("principal_id,permission,resource_type,resource_path\na,x,t,\n", "line 2: give both"),
    ("principal_id,permission,resource_type,resource_path\na,x,,/p\n", "line 2: give both"),
    ('principal_id,permission\na,"x\n', "line 2: unexpected end of data"),
    (b"principal_id,permission\na,\xff\n", "line 2: not UTF-8"),
    (b"principal_id,permission\na,\x00\n", "NUL"),
])  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(RequiredError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RequiredError, match="No such file"):
        read_required(tmp_path / "none.csv")
    with pytest.raises(RequiredError):
        read_required(tmp_path)


ORGANISATION = document(
    principals=[person("ann", "User"), person("bob", "User")],
    roles=[role("writer", ["User"], ["perm-r", "perm-w"]), role("silent", None, ["perm-w"])],
    roleAssignments=[
        held("ra-2", "ann", roleId="writer"),
        held("ra-3", "gw-7", roleId="silent"),
        held("ra-4", "bob", roleId="writer", resourceScope=scope("iot.network", "/n")),
    ],
)


def tables(folder: Path, *rows: str) -> Tables:
    head = "principal_id,permission,resource_type,resource_path,expect"
    return Tables(snapshot_of(ORGANISATION), as_of=AS_OF, required=read(folder, "\n".join([head, *rows]) + "\n"))


def test_every_row_is_decided(tmp_path: Path) -> None:
    gaps = tables(
        tmp_path, f"gw-7,{READ},,,", f"gw-7,{WRITE},,,", f"bob,{READ},,,", f"bob,{READ},iot.device,/n/d,", f"ann,{WRITE},,,deny",
        f"eve,{READ},,,", "ann,iot.device.erase,,,",
    )["gaps"]  # fmt: skip
    assert gaps.outcome.astype(object).where(gaps.outcome.notna(), None).tolist() == [
        "allowed", "undetermined", "denied", "allowed", "allowed", None, None,
    ]  # fmt: skip
    assert gaps.failed_check.dropna().to_dict() == {2: "AUZ5"}
    assert "limited to iot.network /n" in gaps.detail[2]
    assert gaps.route[2].startswith('role "writer" (writer), assignment ra-4')
    assert gaps.unjudged.notna().tolist() == [False] * 5 + [True] * 2
    assert "eve" in gaps.unjudged[5]
    assert "iot.device.erase" in gaps.unjudged[6]


def test_excess_is_what_no_allow_row_of_a_listed_principal_asks_for(tmp_path: Path) -> None:
    made = tables(tmp_path, f"ann,{READ},,,", f"ann,{WRITE},,,deny", f"bob,{WRITE},,,", f"gw-7,{READ},,,deny", f"eve,{READ},,,")
    rows = made["excess"]
    # The gateway has no row that allows; what may be undetermined is nobody's excess.
    assert rows[["principal_id", "permission"]].to_numpy().tolist() == [["ann", WRITE], ["bob", READ]]
    assert rows.level.tolist() == ["organisation", "scoped"]
    assert rows.machine.tolist() == [False, False]


def test_undetermined_is_no_excess(tmp_path: Path) -> None:
    assert tables(tmp_path, f"gw-7,{READ},,,")["excess"].empty
    (row,) = tables(tmp_path, "gw-7,iot.device.erase,,,")["excess"].to_dict("records")
    assert (row["permission"], row["machine"]) == (READ, True)


def test_without_required_rows_both_tables_are_empty() -> None:
    made = Tables(snapshot_of(ORGANISATION), as_of=AS_OF)
    assert made["required"] is None
    assert len(made["gaps"]) == len(made["excess"]) == 0
    assert "unjudged" in made["gaps"]


def test_a_line_break_within_a_cell_stays_as_it_is(tmp_path: Path) -> None:
    rows = read(tmp_path, b'principal_id,permission,reason\r\na,b.c.d,"one\rtwo\r\nthree"\r\n')
    assert rows.reason.to_list() == ["one\rtwo\r\nthree"]
