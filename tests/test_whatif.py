"""What if: every kind of change, what it does to access, keys, required rows and findings, and that nothing is written."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent / "access"))

from documents import snapshot_of
from small import given, organisation

from auditkit.access.changed import changed
from auditkit.access.changes import read_changes
from auditkit.errors import ChangeError
from auditkit.snapshot import Snapshot
from auditkit.whatif import WhatIf, what_if


def required(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["principal_id", "permission", "expect"]).assign(line=range(2, len(rows) + 2))
    return frame.assign(**dict.fromkeys(["resource_type", "resource_path", "reason"])).astype(
        dict.fromkeys(["principal_id", "permission", "expect", "resource_type", "resource_path", "reason"], "str")
    )


def tried(changes: dict[str, Any], **more: Any) -> WhatIf:
    return what_if(snapshot_of(organisation(**more)), changes)


def differences(found: WhatIf) -> list[tuple[str, str, str]]:
    return list(zip(found.access.change, found.access.principal_id, found.access.permission, strict=True))


ADA = ("lost", "ada", "iot.device.read")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"remove_assignment": ["ra-1"]}, [ADA]),
        ({"delete_principal": ["outer"]}, [ADA]),
        ({"delete_principal": ["inner"]}, [ADA]),
        ({"delete_principal": ["ada"]}, [ADA]),
        ({"suspend_principal": ["ada"]}, [ADA]),
        ({"suspend_principal": ["outer"]}, []),
        ({"remove_member": [{"group": "outer", "principal": "inner"}]}, [ADA]),
        ({"take_from_role": [{"role": "reader", "permission": "iot.device.read"}]}, [ADA]),
        ({"change_assignment": [{"assignment": "ra-1", "role": "writer"}]}, [("gained", "ada", "iot.device.write")]),
        ({"change_assignment": [{"assignment": "ra-1", "principal": "bob"}]}, [ADA, ("gained", "bob", "iot.device.read")]),
        ({"change_assignment": [{"assignment": "ra-1", "resource_type": "iot.network", "resource": "/"}]},
         [("narrowed", "ada", "iot.device.read")]),
        ({"change_assignment": [{"assignment": "ra-2", "whole_organisation": True}]},
         [("widened", "gate", "iot.device.read"), ("widened", "gate", "iot.device.write")]),
        ({"change_assignment": [{"assignment": "ra-1", "expires_at": "2026-10-01T00:00:00Z"}]}, [ADA]),
        ({"change_assignment": [{"assignment": "ra-1", "expires_at": "2026-10-01T00:00:01Z"}]}, []),
        ({"add_assignment": [{"principal": "bob", "role": "reader"}]}, [("gained", "bob", "iot.device.read")]),
        ({"add_grant": [{"principal": "bob", "permission": "iam.key.create"}]}, [("gained", "bob", "iam.key.create")]),
        ({"revoke_credential": ["KEY1"]}, []),
        ({"direct_api_key_auth": False}, []),
    ],
)  # fmt: skip
def test_who_loses_or_gains_what(changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert differences(tried(changes)) == expected


def test_text_and_html_name_what_json_tells_by_id() -> None:
    rows = required(("ada", "iot.device.read", "allow"))
    changes = {"remove_assignment": ["ra-1"], "revoke_credential": ["c-1"]}
    found = what_if(snapshot_of(organisation()), changes, required=rows)
    told = 'remove assignment ra-1 of role "Reader" (reader) to Outer (outer)'
    lines = [" ".join(line.split()) for line in found.to_text().splitlines()]
    assert told in lines
    assert "change line principal_id name permission before after why" in lines
    assert "breaks 2 ada Ada iot.device.read allowed denied" in " ".join(lines)
    assert "lost ada Ada 1 iot.device.read" in lines
    assert any(line.startswith("CRD003 info c-1 Gate") for line in lines)
    assert told.replace('"', "&quot;") in found._repr_html_()
    assert found.to_dict()["changes"] == ["revoke credential c-1", "remove assignment ra-1"]
    assert set(found.to_dict()["access"][0]) == {"principal_id", "permission", "before", "after", "change"}
    assert "name" not in found.to_dict()["required"][0]


def test_moving_the_date_lets_things_expire() -> None:
    routes = [given("ra-1", "outer", "reader", expiresAt="2027-01-01T00:00:00Z")]
    assert differences(tried({"as_of": "2027-01-01T00:00:00Z"}, roleAssignments=routes)) == [ADA]
    assert differences(tried({"as_of": "2026-12-31T23:59:59Z"}, roleAssignments=routes)) == []


def test_a_revoked_key_says_what_is_left() -> None:
    found = tried({"revoke_credential": ["c-1"]})
    assert found.authentication == ("key KEY1 stops working; Gate (gate) is left with no live credential",)
    assert "CRD003" in found.come.rule.to_list()
    assert "PRN007" in found.come.rule.to_list()


def test_switching_direct_authentication_off() -> None:
    found = tried({"direct_api_key_auth": False})
    assert found.gone.rule.to_list() == ["ORG001"]
    assert found.authentication[0].startswith("1 principals with a live credential could no longer send their key")


def test_required_rows_break_and_are_mended() -> None:
    rows = required(
        ("ada", "iot.device.read", "allow"), ("gate", "iam.key.create", "deny"), ("bob", "iot.device.read", "allow")
    )
    changes = {
        "remove_assignment": ["ra-1"],
        "add_assignment": [{"principal": "gate", "role": "wide"}, {"principal": "bob", "role": "reader"}],
    }
    found = what_if(snapshot_of(organisation()), changes, required=rows)
    assert list(zip(found.required.line, found.required.change, found.required.after, strict=True)) == [
        (2, "breaks", "denied"), (3, "breaks", "allowed"), (4, "mended", "allowed"),
    ]  # fmt: skip
    assert found.broken.line.to_list() == [2, 3]
    assert {"PRM001", "PRM007"} <= set(found.come.rule)


def test_deleting_leaves_no_reference_behind() -> None:
    found = tried({"delete_principal": ["gate", "outer", "ada"]})
    assert "DAT001" not in found.come.rule.to_list()


def test_the_headline_counts_one_as_one_and_speaks_of_required_rows_only_where_there_were_any() -> None:
    change = {"take_from_role": [{"role": "writer", "permission": "iot.device.write"}]}
    assert tried(change).headline().startswith("1 permission is lost and 0 gained, by 1 principal in all; ")
    assert "; no required rows were given; " in tried(change).headline()
    rows = required(("gate", "iam.key.create", "deny"))
    assert (
        "; 0 required rows break and 0 are mended; "
        in what_if(snapshot_of(organisation()), change, required=rows).headline()
    )


def test_a_group_is_not_told_to_authenticate_no_longer() -> None:
    assert tried({"delete_principal": ["outer"]}).authentication == ()
    assert tried({"suspend_principal": ["outer"]}).authentication == ()
    assert any(each.startswith("Ada") for each in tried({"delete_principal": ["outer", "ada"]}).authentication)


def test_an_incomplete_collection_stays_incomplete() -> None:
    whole = snapshot_of(organisation())
    broken = dict(whole.manifest.collections)
    broken["role_assignments"] = {**broken["role_assignments"], "complete": False, "reason": "403"}
    partial = replace(whole, manifest=replace(whole.manifest, collections=broken))
    found = what_if(partial, {"remove_assignment": ["ra-1"]})
    assert "ROL004" not in {*found.come.rule, *found.gone.rule}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"suspend_principal": ["adda"]}, "did you mean 'ada'"),
        ({"suspend_principal": ["ada", "nobody-like-it"]}, "nobody-like-it"),
        ({"remove_assignment": ["ra-7"], "revoke_credential": ["KEY9"]}, "ra-7.*KEY9"),
        ({"take_from_role": [{"role": "reader", "permission": "iot.device.raed"}]}, r"iot\.device\.read"),
        ({"take_from_role": [{"role": "reader"}]}, "it needs permission"),
        ({"suspend_principals": ["ada"]}, "no known change.*suspend_principal"),
        ({"suspend_principal": ["ADA"]}, "did you mean 'ada'"),
        ({"change_role": ["reader"]}, r"^the changes: nothing was tried, since change_role: it is no known change, the known "
         "are as_of, direct_api_key_auth, revoke_credential, suspend_principal, delete_principal, remove_assignment, "
         "remove_grant, change_assignment, take_from_role, remove_member, add_assignment, add_grant$"),
        ({"remove_group": ["outer"]}, r"no known change, did you mean 'delete_principal'\?$"),
        ({"disable_user": ["ada"]}, r"no known change, did you mean 'suspend_principal'\?$"),
        ({"suspend_principal": "ada"}, "must be a list"),
        ({"suspend_principal": [7]}, "no text"),
        ({"add_assignment": ["ada"]}, "list of tables"),
        ({"add_assignment": [{"principal": "ada", "role": "wide", "resource": "/net-1"}]}, "give both"),
        ({"add_assignment": [{"principal": "ada", "role": "wide", "expires_at": "tomorrow"}]}, "no RFC 3339 time"),
        ({"change_assignment": [{"assignment": "ra-1"}]}, "nothing that changes"),
        ({"remove_member": [{"group": "outer", "principal": "ada"}]}, "no member"),
        ({"as_of": "2027-01-01"}, "no RFC 3339 time"),
        ({"direct_api_key_auth": "off"}, "neither true nor false"),
        ({}, "changes nothing"),
    ],
)
def test_a_change_that_is_not_understood_is_refused_whole(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ChangeError, match=message):
        tried(changes)


def test_files_in_toml_and_json(tmp_path: Path) -> None:
    whole = snapshot_of(organisation())
    toml, json = tmp_path / "change.toml", tmp_path / "change.json"
    toml.write_text('remove_assignment = ["ra-1"]\nas_of = 2026-10-02T00:00:00Z\n', "utf-8")
    json.write_text('{"remove_assignment": ["ra-1"], "as_of": "2026-10-02T00:00:00Z"}', "utf-8")
    assert differences(what_if(whole, toml)) == differences(what_if(whole, json)) == [ADA]
    for name, text in (("a.toml", "x ="), ("b.json", "{"), ("c.json", "[" * 9999), ("d.json", "[]")):
        (tmp_path / name).write_text(text, "utf-8")
        with pytest.raises(ChangeError, match=name):
            what_if(whole, tmp_path / name)
    with pytest.raises(ChangeError, match="No such file"):
        what_if(whole, tmp_path / "none.toml")


def test_nothing_is_changed() -> None:
    whole: Snapshot = snapshot_of(organisation())
    before = {name: frame.copy() for name, frame in whole.frames.items()}
    found = what_if(whole, {
        "suspend_principal": ["ada"], "revoke_credential": ["KEY1"], "direct_api_key_auth": False,
        "take_from_role": [{"role": "reader", "permission": "iot.device.read"}],
        "change_assignment": [{"assignment": "ra-1", "role": "wide"}], "delete_principal": ["bob"],
    })  # fmt: skip
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, whole.frames[name])
    assert "Nothing was changed" in found.to_text()
    assert found.to_dict()["changes"]


def test_names_are_escaped() -> None:
    document = organisation()
    document["principals"][0]["displayName"] = "<b>\x07"
    found = what_if(snapshot_of(document), {"suspend_principal": ["ada"]})
    assert "<b>" not in found._repr_html_()
    assert "\x07" not in found.to_text()


def test_an_assignment_is_moved_to_the_place_that_is_named() -> None:
    moved = {"assignment": "ra-2", "resource_type": "iot.network", "resource": "/net-2"}
    whole = snapshot_of(organisation())
    after = changed(whole, read_changes({"change_assignment": [moved]}, whole), whole.as_of)
    row = after.role_assignments.set_index("assignment_id").loc["ra-2"]
    assert (row.scope_type, row.scope_path) == ("iot.network", "/net-2")


@pytest.mark.parametrize(("name", "kind"), [("a.json", "JSON"), ("a.JSON", "JSON"), ("a.toml", "TOML"), ("a", "TOML")])
def test_a_file_is_read_as_what_its_name_says(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_text("= {", "utf-8")
    with pytest.raises(ChangeError, match=f"is no {kind}"):
        what_if(snapshot_of(organisation()), tmp_path / name)


GROUP = (
    "Outer (outer) is a group: its own status and expiry play no part in the access of its members, so suspended it "
    "still gives them what it gave, and only the group itself has less; delete_principal disbands it, which takes that "
    "from them"
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"suspend_principal": ["ada", "outer"]}, True),
        ({"suspend_principal": ["ada"]}, False),
        ({"delete_principal": ["outer"]}, False),
    ],
)
def test_of_a_group_that_is_suspended_it_is_said_that_its_members_keep_what_it_gives(
    changes: dict[str, Any], said: bool
) -> None:
    found = tried(changes)
    assert found.notes == ((GROUP,) if said else ())
    assert (f"  {GROUP}" in found.to_text().splitlines(), GROUP in found._repr_html_()) == (said, said)
    assert "is a group" not in str(found.to_dict())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"remove_assignment": ["ra-2"]}, True),
        ({"take_from_role": [{"role": "writer", "permission": "iot.device.write"}]}, True),
        ({"remove_assignment": ["ra-1"]}, False),
    ],
)
def test_a_change_to_what_an_api_key_may_ends_with_the_apis_it_holds_for(changes: dict[str, Any], said: bool) -> None:
    last = tried(changes).to_text().splitlines()[-1]
    assert last.startswith("judged for APIs that take IAM API keys; ") == said
    assert "AUT8" not in str(tried(changes).to_dict())
