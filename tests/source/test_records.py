"""Records: what is kept, merged, set aside and told, for each rule of the data, and that nothing is lost."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.schema import COLLECTIONS
from auditkit.source.masking import clean, mask, names_a_secret
from auditkit.source.records import decode_records, drift_note, read_records

PRINCIPAL = {
    "id": "p1",
    "type": "User",
    "displayName": "Ann",
    "status": "Active",
    "organisationId": "org-1",
    "createdAt": "2026-01-01T00:00:00Z",
}
ASSIGNMENT = {
    "id": "a1",
    "principalId": "p1",
    "roleId": "r1",
    "organisationId": "org-1",
    "createdAt": "2026-01-01T00:00:00Z",
}
GOOD: dict[str, dict[str, Any]] = {
    "organisation": {"id": "org-1", "name": "O", "settings": {"directApiKeyAuth": False}},
    "principals": PRINCIPAL,
    "credentials": {
        "id": "c1",
        "keyId": "k",
        "name": "n",
        "principalId": "p1",
        "kind": "ApiKey",
        "createdAt": "2026-01-01T00:00:00Z",
    },
    "group_members": {"groupId": "g1", "principalId": "p1"},
    "permissions": {
        "id": "q1",
        "identifier": "iot.x.read",
        "module": "iot",
        "feature": "x",
        "action": "read",
        "name": "n",
        "isPreview": False,
    },
    "resource_types": {
        "id": "t1",
        "identifier": "iot.d",
        "module": "iot",
        "type": "d",
        "supportsOrganisationScope": True,
        "supportsHierarchicalScope": False,
    },
    "roles": {"id": "r1", "name": "n", "scope": "System", "permissionIds": ["q1"]},
    "role_assignments": ASSIGNMENT,
    "permission_grants": {
        "id": "x1",
        "principalId": "p1",
        "permissionId": "q1",
        "organisationId": "org-1",
        "createdAt": "2026-01-01T00:00:00Z",
    },
}
REQUIRED = [(name, field) for name, record in GOOD.items() for field in record]
SECRET = "s3cr3tpart"


def read(collection: str, *items: Any) -> tuple[pd.DataFrame, list[dict[str, Any]], Any]:
    """The frame, the problems as plain rows without nulls, the counts; the equation of P1 holds."""
    frame, problems, counts = read_records(collection, list(items))
    assert counts["received"] == len(items) == counts["kept"] + counts["set_aside"] + counts["duplicates"]
    assert counts["kept"] == len(frame)
    assert not problems.duplicated(["rule", "record_id"]).any()
    return frame, [{k: v for k, v in row.items() if not pd.isna(v)} for row in problems.to_dict("records")], counts


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_good_record_is_kept_and_nothing_is_told(collection: str) -> None:
    frame, problems, counts = read(collection, GOOD[collection])
    assert (len(frame), problems) == (1, [])
    assert counts == {"received": 1, "kept": 1, "set_aside": 0, "duplicates": 0, "complete": True, "reason": None}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_no_records_are_an_empty_frame(collection: str) -> None:
    frame, problems, counts = read(collection)
    assert (len(frame), problems, counts["received"]) == (0, [], 0)


@pytest.mark.parametrize(("collection", "field"), REQUIRED)
def test_a_required_field_that_is_missing_or_null_sets_the_record_aside(collection: str, field: str) -> None:
    missing = {key: value for key, value in GOOD[collection].items() if key != field}
    for bad, word in ((missing, "missing"), (GOOD[collection] | {field: None}, "null")):
        frame, [problem], _ = read(collection, bad)
        assert len(frame) == 0
        assert (problem["rule"], problem["field"], problem["set_aside"]) == ("DAT005", field, True)
        assert problem["reason"] == f"set aside: `{field}` is {word}"
        assert json.loads(problem["raw"]) == bad


@pytest.mark.parametrize(("collection", "field"), [each for each in REQUIRED if not each[1].endswith("At")])
def test_a_field_of_the_wrong_type_sets_the_record_aside(collection: str, field: str) -> None:
    frame, [problem], _ = read(collection, GOOD[collection] | {field: 7})
    assert len(frame) == 0
    assert (problem["rule"], problem["field"]) == ("DAT005", field)


def test_all_faults_of_a_record_are_one_problem() -> None:
    _, [problem], _ = read(
        "principals", {"id": "p1", "type": None, "displayName": 7, "status": "Active", "organisationId": "o"}
    )
    assert problem["field"] == "type, displayName, createdAt"
    assert problem["record_id"] == "p1"
    assert problem["record"] == "principal"


def test_a_record_without_an_id_is_named_by_the_hash_of_its_content() -> None:
    nameless = {key: value for key, value in PRINCIPAL.items() if key != "id"}
    _, [one], _ = read("principals", nameless)
    _, [other], _ = read("principals", dict(reversed(nameless.items())))
    assert one["record_id"] == other["record_id"]
    assert one["record_id"].startswith("record-")
    assert len(one["record_id"]) == len("record-") + 12


@pytest.mark.parametrize(
    "scope",
    [
        {"resourceType": "t"},
        {"path": "/"},
        {"resourceType": "t", "path": None},
        {"resourceType": 1, "path": "/"},
        "x",
        5,
        [],
    ],
)
def test_a_broken_scope_sets_the_record_aside_and_never_widens_it(scope: Any) -> None:
    frame, [problem], _ = read("role_assignments", ASSIGNMENT | {"resourceScope": scope})
    assert len(frame) == 0
    assert problem["rule"] == "DAT005"
    assert problem["field"].startswith("resourceScope")


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        "x",
        [5],
        [None],
        [{}],
        [{"attribute": "a", "operator": "in"}],
        [{"attribute": "a", "operator": "in", "value": None}],
        [{"attribute": 1, "operator": "in", "value": 1}],
    ],
)
def test_broken_conditions_set_the_record_aside(conditions: Any) -> None:
    frame, [problem], _ = read("role_assignments", ASSIGNMENT | {"conditions": conditions})
    assert len(frame) == 0
    assert (problem["rule"], problem["field"]) == ("DAT005", "conditions")


def test_scopes_and_conditions_are_kept_as_columns() -> None:
    condition = {"operator": "in", "attribute": "request.ip", "value": ["1", 2, True, {"b": 1, "a": None}]}
    whole = {"resourceScope": {"path": "/a/b", "resourceType": "iot.device"}, "conditions": [condition]}
    frame, problems, _ = read(
        "role_assignments", ASSIGNMENT | whole, ASSIGNMENT | {"id": "a2", "resourceScope": None, "conditions": []}
    )
    assert problems == []
    assert frame.scope_type.tolist()[0] == "iot.device"
    assert frame.scope_path.tolist()[0] == "/a/b"
    assert frame.conditions[0] == '[{"attribute":"request.ip","operator":"in","value":["1",2,true,{"a":null,"b":1}]}]'
    assert frame.loc[1, ["scope_type", "scope_path", "conditions"]].isna().all()


def test_empty_text_is_not_absent_and_null_is() -> None:
    frame, problems, _ = read(
        "principals", PRINCIPAL | {"email": ""}, PRINCIPAL | {"id": "p2", "email": None}, PRINCIPAL | {"id": "p3"}
    )
    assert frame.email.isna().tolist() == [False, True, True]
    assert frame.email[0] == ""
    assert problems == []


def test_absent_and_empty_supported_types_differ() -> None:
    roles = [
        GOOD["roles"] | more
        for more in (
            {"id": "a"},
            {"id": "b", "supportedPrincipalTypes": None},
            {"id": "c", "supportedPrincipalTypes": []},
        )
    ]
    frame, _, _ = read("roles", *roles)
    assert frame.supported_principal_types.isna().tolist() == [True, True, False]


def test_unknown_values_are_kept_and_told() -> None:
    frame, [problem], _ = read(
        "principals", PRINCIPAL | {"type": "ROBOT", "status": "active"}, PRINCIPAL | {"id": "p2"}
    )
    assert frame.type.tolist() == ["ROBOT", "User"]
    assert (problem["rule"], problem["record_id"], problem["field"], problem["set_aside"]) == (
        "DAT003",
        "p1",
        "type, status",
        False,
    )
    assert '`type` holds "ROBOT" and `status` holds "active"' in problem["reason"]


def test_an_unknown_supported_type_is_told_and_an_unknown_operator_is_not() -> None:
    condition = {"attribute": "a", "operator": "resembles", "value": "x"}
    _, [problem], _ = read(
        "roles", GOOD["roles"] | {"supportedPrincipalTypes": ["User", "Robot"], "conditions": [condition]}
    )
    assert (problem["rule"], problem["field"]) == ("DAT003", "supportedPrincipalTypes")
    assert "Robot" in problem["reason"]


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-01T00:00:00",
        "01/02/2026",
        "",
        1770000000,
        1.5,
        True,
        {},
        [],
        "2026-01-01T00:00:60Z",
        "10000-01-01T00:00:00Z",
    ],
)
def test_a_time_that_cannot_be_read_is_absent_and_told(time: Any) -> None:
    for field in ("expiresAt", "createdAt"):
        frame, [problem], counts = read("principals", PRINCIPAL | {field: time})
        assert counts["kept"] == 1
        assert frame[{"expiresAt": "expires_at", "createdAt": "created_at"}[field]].isna().all()
        assert (problem["rule"], problem["field"], problem["set_aside"]) == ("DAT004", field, False)


def test_times_are_read_to_the_microsecond_in_utc() -> None:
    frame, problems, _ = read(
        "principals",
        PRINCIPAL | {"expiresAt": "9999-12-31T23:59:59.123456789Z", "lastActiveAt": "0001-01-01T02:00:00+02:00"},
    )
    assert problems == []
    assert frame.expires_at[0] == pd.Timestamp("9999-12-31T23:59:59.123456Z")
    assert frame.last_active_at[0] == pd.Timestamp("0001-01-01T00:00:00Z")


def test_the_same_record_twice_is_merged_and_counted() -> None:
    frame, problems, counts = read(
        "principals", PRINCIPAL, dict(reversed(PRINCIPAL.items())), PRINCIPAL | {"email": None}
    )
    assert (len(frame), problems, counts["duplicates"]) == (1, [], 2)


def test_an_id_with_other_content_keeps_the_first_and_tells_the_second() -> None:
    frame, [problem], counts = read("principals", PRINCIPAL, PRINCIPAL | {"displayName": "Eve"}, PRINCIPAL)
    assert frame.display_name.tolist() == ["Ann"]
    assert (counts["duplicates"], counts["set_aside"]) == (1, 1)
    assert (problem["rule"], problem["record_id"], problem["set_aside"]) == ("DAT002", "p1", True)
    assert json.loads(problem["raw"])["displayName"] == "Eve"
    assert problem["field"] == "id"
    assert problem["reason"] == "the id occurs again with different content, in displayName; the first was kept"
    assert "Eve" not in problem["reason"]


def test_many_conflicts_of_one_id_are_one_problem_with_every_record() -> None:
    _, [problem], counts = read(
        "principals", PRINCIPAL, *(PRINCIPAL | {"displayName": name} for name in ("B", "C", "B"))
    )
    assert counts["set_aside"] == 3
    assert [json.loads(line)["displayName"] for line in problem["raw"].split("\n")] == ["B", "C"]


def test_the_fields_in_which_any_copy_differs_are_named_each_once() -> None:
    copies = [PRINCIPAL | {"email": "b@example.com"}, PRINCIPAL | {"displayName": "B", "email": "c@example.com"}]
    _, [problem], _ = read("principals", PRINCIPAL, *copies)
    told = "the id occurs again with different content, in displayName, email; the first was kept"
    assert problem["reason"] == told
    # Of two ids, each is told what differs in its own copies.
    other = PRINCIPAL | {"id": "p2"}
    _, both, _ = read("principals", PRINCIPAL, other, PRINCIPAL | {"status": "Revoked"}, other | {"displayName": "B"})
    assert {row["record_id"]: row["reason"].split(", in ")[1] for row in both} == {
        "p1": "status; the first was kept", "p2": "displayName; the first was kept",
    }  # fmt: skip


def test_memberships_are_identified_by_both_ids() -> None:
    pairs = [
        {"groupId": "g", "principalId": "a"},
        {"groupId": "g", "principalId": "b"},
        {"groupId": "g", "principalId": "a"},
    ]
    frame, problems, counts = read("group_members", *pairs)
    assert (len(frame), problems, counts["duplicates"]) == (2, [], 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"keySecret": SECRET}, "keySecret"),
        ({"passwordHash": SECRET}, "passwordHash"),
        ({"meta": {"apiToken": SECRET}}, "meta.apiToken"),
        ({"displayName": f"ik_kid.{SECRET}"}, "displayName"),
        ({"displayName": f"see <ik_kid.{SECRET}> in the mail"}, "displayName"),
        ({"displayName": f"https://x.example/?k=%2Fik_kid.{SECRET}"}, "displayName"),
        ({"note": f"ik_kid.{SECRET}"}, "note"),
        ({"id": f"ik_kid.{SECRET}"}, "id"),
        ({"type": f"ik_kid.{SECRET}"}, "type"),
        ({"expiresAt": f"ik_kid.{SECRET}"}, "expiresAt"),
        ({"tags": [{"x": [f"ik_kid.{SECRET}"]}]}, "tags.x"),
    ],
)
def test_a_secret_is_dropped_and_told_wherever_it_stood(change: dict[str, Any], field: str) -> None:
    frame, problems, counts = read("principals", PRINCIPAL | change)
    [told] = [problem for problem in problems if problem["rule"] == "DAT007"]
    assert told["field"] == field
    assert counts["kept"] == 1
    assert SECRET not in frame.to_csv() + json.dumps(problems)


def test_a_secret_in_a_condition_or_a_list_is_dropped() -> None:
    for value in (f"ik_kid.{SECRET}", {"password": SECRET}, [f"ik_kid.{SECRET}"]):
        frame, [problem], _ = read(
            "role_assignments", ASSIGNMENT | {"conditions": [{"attribute": "a", "operator": "in", "value": value}]}
        )
        assert problem["rule"] == "DAT007"
        assert SECRET not in str(frame.conditions[0])
        assert json.loads(frame.conditions[0])[0]["attribute"] == "a"
    frame, [problem], _ = read("roles", GOOD["roles"] | {"permissionIds": ["q1", f"ik_kid.{SECRET}"]})
    assert frame.permission_ids[0] == ["q1", "ik_kid"]


def test_an_escaped_secret_is_seen() -> None:
    raw = json.dumps(PRINCIPAL).replace("Ann", f"\\u0069k_kid.{SECRET}").encode()
    frame, [problem], _ = read("principals", raw)
    assert (problem["rule"], frame.display_name[0]) == ("DAT007", "ik_kid")


def test_a_record_set_aside_keeps_no_secret() -> None:
    bad = PRINCIPAL | {"displayName": 5, "keySecret": SECRET, "note": f"ik_kid.{SECRET}"}
    for item in (
        bad,
        json.dumps(bad).replace('"status"', '"id": "p1", "status"').encode(),
        f'"ik_kid.{SECRET}"'.encode(),
    ):
        _, problems, _ = read("principals", item)
        assert {problem["rule"] for problem in problems} == {"DAT005", "DAT007"}
        assert SECRET not in json.dumps(problems)


def test_a_secret_in_a_merged_or_conflicting_record_is_told() -> None:
    _, problems, _ = read(
        "principals", PRINCIPAL, PRINCIPAL | {"displayName": f"ik_kid.{SECRET}"}, PRINCIPAL | {"keySecret": SECRET}
    )
    assert {problem["rule"] for problem in problems} == {"DAT002", "DAT007"}
    assert SECRET not in json.dumps(problems)


@pytest.mark.parametrize(
    "text",
    ["erik_holm.dev@example.com", "tik_tok.com", "ik_kid", "ik_kid. Next", "ik_.x", "IK_kid.x", "public_key.pem"],
)
def test_what_is_no_key_is_left_alone(text: str) -> None:
    assert mask(text) == text
    frame, problems, _ = read("principals", PRINCIPAL | {"displayName": text})
    assert (frame.display_name[0], problems) == (text, [])


def test_a_field_about_a_secret_is_none() -> None:
    assert [names_a_secret(name) for name in ("keySecret", "API_TOKEN", "hash", "hashedPassword")] == [True] * 4
    assert [names_a_secret(name) for name in ("secretId", "tokenType", "passwordChangedAt", "displayName")] == [
        False
    ] * 4
    assert clean({"keySecret": None, "hasSecret": True, "token": ""}) == (
        {"keySecret": None, "hasSecret": True, "token": ""},
        [],
    )


def test_unknown_fields_are_dropped_and_listed_once() -> None:
    items = [PRINCIPAL | {"id": f"p{i}", "updatedAt": "2026-01-01T00:00:00Z", "tags": [{"a:": 1}]} for i in range(3)]
    decoded = decode_records("principals", items)
    assert decoded.unknown == ("tags", "updatedAt")
    assert (len(decoded.frame), len(decoded.problems)) == (3, 0)
    assert drift_note("principals", decoded.unknown).endswith(
        "principals carried unknown fields, which were dropped: tags, updatedAt"
    )
    inside = decode_records(
        "role_assignments", [ASSIGNMENT | {"resourceScope": {"resourceType": "t", "path": "/", "zone": 1}}]
    )
    assert inside.unknown == ("resourceScope.zone",)


def broken() -> Iterator[tuple[str, bytes]]:
    """Records whose JSON is broken, or that only look like records."""
    good = json.dumps(PRINCIPAL)
    yield "repeated key", good.replace('"type"', '"id": "p2", "type"').encode()
    yield "repeated key with a space", good.replace('"type"', '"id" : "p2", "type"').encode()
    yield "repeated unknown key", good.replace('"type"', '"x": 1, "x": 2, "type"').encode()
    yield "NaN", good.replace('"Ann"', "NaN").encode()
    yield "5,000 digits", good.replace('"Ann"', "9" * 5000).encode()
    yield "beyond all bounds", good.replace('"Ann"', "1e999").encode()
    yield "half a surrogate pair", good.replace("Ann", "\\ud800").encode()
    yield "wrong bytes", good.replace("Ann", "\xe9").encode("latin-1")
    yield "deeply nested", good.replace('"Ann"', "[" * 100_000 + "]" * 100_000).encode()
    yield "cut", good[:-5].encode()
    yield "no object", b"5"
    yield "null", b"null"
    yield "list", b"[]"


@pytest.mark.parametrize(("what", "raw"), list(broken()), ids=[what for what, _ in broken()])
def test_a_broken_record_is_set_aside_alone(what: str, raw: bytes) -> None:
    frame, [problem], counts = read("principals", PRINCIPAL | {"id": "good"}, raw)
    assert frame.principal_id.tolist() == ["good"]
    assert (problem["rule"], problem["set_aside"], counts["set_aside"]) == ("DAT005", True, 1)


def test_text_that_looks_like_keys_is_only_text() -> None:
    """A colon after a quote or a space in a name costs a second look, and changes nothing."""
    names = ['Note : "x": y', '": {"id": "p9"}', ":", " :", "\t:\n:", '\\":']
    items = [PRINCIPAL | {"id": f"p{i}", "displayName": name} for i, name in enumerate(names)]
    frame, problems, _ = read("principals", *items)
    assert (frame.display_name.tolist(), problems) == (names, [])
    frame, problems, _ = read("principals", *items, PRINCIPAL | {"id": 1})
    assert (frame.display_name.tolist(), len(problems)) == (names, 1)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["User", "Active", "p1", "2026-01-01T00:00:00Z", f"ik_k.{SECRET}", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "path", "attribute", "operator", "value", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@st.composite
def items(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """Records of one collection with some fields replaced by anything, in any order, some twice."""
    name = draw(st.sampled_from(sorted(COLLECTIONS)))
    fields = sorted({column.field.split(".")[0] for column in COLLECTIONS[name].columns} | {"keySecret", "extra"})
    made = []
    for _ in range(draw(st.integers(0, 6))):
        record = copy.deepcopy(GOOD[name]) | draw(st.dictionaries(st.sampled_from(fields), JSON, max_size=2))
        made.append(draw(st.sampled_from([record, record, record, draw(JSON)])))
    return name, made


@given(items())
@settings(max_examples=100, deadline=None)
def test_nothing_is_lost_and_bytes_and_values_read_alike(case: tuple[str, list[Any]]) -> None:
    """P1: received = kept + set aside + merged, whatever is thrown at it; P3: no secret survives."""
    name, values = case
    frame, problems, counts = read_records(name, values)
    assert counts["received"] == len(values) == counts["kept"] + counts["set_aside"] + counts["duplicates"]
    assert counts["kept"] == len(frame)
    assert SECRET not in frame.to_csv() + problems.to_csv()
    again = read_records(name, [json.dumps(value, indent=1).encode() for value in values])
    pd.testing.assert_frame_equal(frame, again[0])
    pd.testing.assert_frame_equal(problems, again[1])


@given(
    st.permutations([PRINCIPAL | {"id": each, "displayName": each} for each in ("007", "1e5", "NA", "null", "é", "")])
)
def test_the_order_of_records_changes_nothing(records: list[dict[str, Any]]) -> None:
    frame, problems, _ = read("principals", *records)
    assert frame.principal_id.tolist() == ["", "007", "1e5", "NA", "null", "é"]
    assert frame.display_name.tolist() == frame.principal_id.tolist()
    assert problems == []
