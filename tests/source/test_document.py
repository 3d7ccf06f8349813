"""An organisation document: what becomes of a whole one, of one that lacks something, and of one that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auditkit.errors import DocumentError
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, load
from auditkit.source.document import import_document
from auditkit.source.records import read_records

AT = pd.Timestamp("2026-10-01T00:00:00Z")
DOCUMENT: dict[str, Any] = {
    "organisation": {"id": "org-1", "name": "O", "settings": {"directApiKeyAuth": True}},
    "principals": [
        {
            "id": each,
            "type": "User",
            "displayName": f"N{each}",
            "status": "Active",
            "organisationId": "org-1",
            "createdAt": "2026-01-01T00:00:00Z",
        }
        for each in ("p2", "007", "1e5")
    ],
    "credentials": [],
    "groupMembers": [{"groupId": "g", "principalId": "007"}],
    "permissions": [],
    "resourceTypes": [],
    "roles": [{"id": "r", "name": "n", "scope": "System", "permissionIds": []}],
    "roleAssignments": [],
    "permissionGrants": [],
}


def imported(folder: Path, document: Any) -> Snapshot:
    """The snapshot of a document given as an object, text or bytes."""
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    file = folder / "organisation.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_document(file, pulled_at=AT)


def refused(folder: Path, document: Any) -> str:
    with pytest.raises(DocumentError) as caught:
        imported(folder, document)
    return str(caught.value)


def test_a_whole_document_is_a_complete_snapshot(tmp_path: Path) -> None:
    snapshot = imported(tmp_path, DOCUMENT)
    assert snapshot.complete
    assert snapshot.organisation_id == "org-1"
    assert snapshot.as_of == AT == snapshot.manifest.started_at
    assert snapshot.manifest.origin == "organisation.json"
    assert snapshot.principals.principal_id.tolist() == ["007", "1e5", "p2"]
    assert snapshot.organisation.direct_api_key_auth.tolist() == [True]
    assert len(snapshot.problems) == 0
    assert snapshot.manifest.notes == []
    assert snapshot.manifest.collections["principals"]["received"] == 3


def test_an_import_is_saved_and_loaded_as_it_is(tmp_path: Path) -> None:
    before = imported(tmp_path, DOCUMENT)
    after = load(before.save(tmp_path / "s"))
    assert after.id == before.id
    for name in COLLECTIONS:
        pd.testing.assert_frame_equal(after.frames[name], before.frames[name])


@pytest.mark.parametrize(
    "layout", [{}, {"indent": 2}, {"separators": (",", ":")}, {"separators": (" ,\t", "\n: ")}, {"ensure_ascii": False}]
)
def test_the_layout_of_the_json_changes_nothing(tmp_path: Path, layout: dict[str, Any]) -> None:
    snapshot = imported(tmp_path, json.dumps(DOCUMENT, **layout))
    assert snapshot.id == imported(tmp_path, DOCUMENT).id
    assert imported(tmp_path, b"\xef\xbb\xbf" + json.dumps(DOCUMENT, **layout).encode()).id == snapshot.id


def test_pages_of_items_give_the_same_frames(tmp_path: Path) -> None:
    snapshot = imported(tmp_path, DOCUMENT)
    for name, collection in COLLECTIONS.items():
        found = DOCUMENT[collection.field]
        frame, _, _ = read_records(name, found if isinstance(found, list) else [found])
        pd.testing.assert_frame_equal(frame, snapshot.frames[name])


@pytest.mark.parametrize("name", [name for name in COLLECTIONS if name != "organisation"])
def test_a_missing_collection_is_incomplete_and_not_empty(tmp_path: Path, name: str) -> None:
    field = COLLECTIONS[name].field
    snapshot = imported(tmp_path, {key: value for key, value in DOCUMENT.items() if key != field})
    assert snapshot.incomplete == {name: f'the document has no "{field}"'}
    assert len(snapshot.frames[name]) == 0


@pytest.mark.parametrize(("value", "kind"), [(None, "null"), ({}, "no list"), ("x", "no list"), (5, "no list")])
def test_a_collection_that_is_no_list_is_incomplete(tmp_path: Path, value: Any, kind: str) -> None:
    snapshot = imported(tmp_path, DOCUMENT | {"roles": value})
    assert snapshot.incomplete == {"roles": f'in the document, "roles" is {kind}, where a list belongs'}


def test_an_organisation_without_settings_is_set_aside_but_known(tmp_path: Path) -> None:
    snapshot = imported(tmp_path, DOCUMENT | {"organisation": {"id": "org-1", "name": "O"}})
    assert snapshot.organisation_id == "org-1"
    assert len(snapshot.organisation) == 0
    assert snapshot.problems[["rule", "record_id", "field"]].to_numpy().tolist() == [["DAT005", "org-1", "settings"]]
    assert snapshot.manifest.collections["organisation"]["set_aside"] == 1


def test_unknown_fields_and_collections_are_noted_once(tmp_path: Path) -> None:
    principals = [each | {"updatedAt": "x"} for each in DOCUMENT["principals"]]
    snapshot = imported(tmp_path, DOCUMENT | {"principals": principals, "widgets": [], "version": 3})
    assert snapshot.manifest.notes == [
        "schema drift: principals carried unknown fields, which were dropped: updatedAt",
        "schema drift: the document holds unknown collections, which were not read: version, widgets",
    ]
    assert len(snapshot.problems) == 0


def test_an_empty_organisation_is_one(tmp_path: Path) -> None:
    snapshot = imported(
        tmp_path, {each.field: [] for each in COLLECTIONS.values()} | {"organisation": DOCUMENT["organisation"]}
    )
    assert snapshot.complete
    assert sum(map(len, snapshot.frames.values())) == 1


@pytest.mark.parametrize("cut", [0, 1, 10, 40, 200, 500, -20, -1])
def test_a_truncated_document_is_named_as_cut(tmp_path: Path, cut: int) -> None:
    whole = json.dumps(DOCUMENT)
    says = refused(tmp_path, whole[:cut])
    assert "organisation.json is no organisation document: it ends too early (cut off?) at line 1, column" in says
    assert f"(byte {len(whole[:cut].encode())})" in says
    assert says.endswith("export the document again")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("[]", "an object was expected at line 1, column 1 (byte 0)"),
        ("null", "an object was expected"),
        ('"x"', "an object was expected"),
        ("<html>", "an object was expected"),
        ("{}", 'has no "organisation"'),
        ('{"principals": []}', 'has no "organisation"'),
        ('{"organisation": null}', '"organisation" is no readable object'),
        ('{"organisation": []}', '"organisation" is no readable object'),
        ('{"organisation": {}}', 'has no "id" that is text'),
        ('{"organisation": {"id": 5}}', 'has no "id" that is text'),
        ('{"organisation": {"id": ""}}', 'has no "id" that is text'),
        ('{"organisation": {"id": "o"},\n "roles": [1,, 2]}', "a value cannot be read at line 2, column 14 (byte 43)"),
        ('{"organisation": {"id": "é"},\n roles: []}', "a key was expected at line 2, column 2 (byte 32)"),
        ('{"organisation": {"id": "o"}} {}', "something follows the end of the object at line 1, column 31"),
        (
            '{"organisation": {"id": "o"}, "roles": [], "roles": []}',
            'the key "roles" is given twice at line 1, column 44',
        ),
        (b"\xff\xfe{\x00}\x00", "is no UTF-8 text: a wrong byte at line 1, column 1 (byte 0)"),
        ('{"organisation": {"id": "o"}, "roles": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(tmp_path: Path, document: Any, says: str) -> None:
    assert says in refused(tmp_path, document)


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "no.json", "there is no"), (tmp_path, "is a folder"), (Path("a\0b"), "cannot read")):
        with pytest.raises(DocumentError, match=says):
            import_document(path, pulled_at=AT)


@pytest.mark.parametrize("bad", ["NaN", "1e999", "9" * 5000, '"\\ud800"', '"\\udc00x"', "[" * 900 + "]" * 900])
def test_a_record_that_cannot_be_read_costs_no_other(tmp_path: Path, bad: str) -> None:
    snapshot = imported(tmp_path, json.dumps(DOCUMENT).replace('"Np2"', bad))
    assert snapshot.principals.principal_id.tolist() == ["007", "1e5"]
    assert snapshot.problems[["rule", "record_id"]].to_numpy().tolist() == [["DAT005", "p2"]]
    assert load(snapshot.save(tmp_path / "s")).id == snapshot.id


def test_a_key_in_a_document_reaches_no_file(tmp_path: Path) -> None:
    """A canary in every place a document has: no file of the snapshot holds it, in any column."""
    canary = "ik_kid.CANARY"
    document = json.loads(json.dumps(DOCUMENT))
    document["organisation"]["name"] = canary
    document["principals"][0] |= {"displayName": canary, "id": canary, "keySecret": "CANARY"}
    document["principals"][1] |= {"displayName": None, "email": canary, canary: "x"}
    document["roles"][0] |= {
        "permissionIds": [canary],
        "conditions": [{"attribute": "a", "operator": "in", "value": [canary]}],
    }
    document[canary] = []
    snapshot = imported(tmp_path, document)
    folder = snapshot.save(tmp_path / "s")
    everything = "".join(frame.to_csv() for frame in (*snapshot.frames.values(), snapshot.problems))
    assert "CANARY" not in everything + repr(snapshot) + snapshot._repr_html_()
    assert not any(b"CANARY" in path.read_bytes() for path in folder.iterdir())
    assert set(snapshot.problems.query("rule == 'DAT007'").collection) == {"organisation", "principals", "roles"}
