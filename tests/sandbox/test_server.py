"""The sandbox answers as the contract says: codes, pages, tokens, limits, the clock."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from auditkit.errors import DocumentError, InputError
from auditkit.sandbox.gate import Bucket, ticking
from auditkit.sandbox.server import Sandbox

START = "2026-10-01T00:00:00Z"
EPOCH = 1_790_812_800.0


def document(**more: Any) -> dict[str, Any]:
    """Seven principals, credentials of every kind, one group."""
    principals = [{"id": f"p{number}", "type": "ApiKey", "status": "Active", "organisationId": "org-1"} for number in range(5)]
    return {
        "organisation": {"id": "org-1", "name": "One", "settings": {"directApiKeyAuth": True}},
        "principals": [*principals, {"id": "s/1 ü", "type": "ServiceAccount"}, {"id": "g", "type": "Group"}],
        "credentials": [
            {"id": "c0", "keyId": "k0", "principalId": "p0", "kind": "ApiKey"},
            {"id": "c1", "keyId": "k1", "principalId": "s/1 ü", "kind": "ServiceAccountSecret"},
            {"id": "c2", "keyId": "k2", "principalId": "s/1 ü", "kind": "ApiKey"},
            {"id": "c3", "keyId": "k3", "principalId": "s/1 ü", "kind": "Certificate"},
            {"id": "c4", "keyId": "k4", "principalId": "p1", "kind": "Certificate"},
        ],
        "groupMembers": [{"groupId": "g", "principalId": "p0"}, {"groupId": "g", "principalId": "p1"}],
        "permissions": [
            {"id": "1", "identifier": "iot.device.read", "module": "iot", "feature": "device", "isPreview": False},
            {"id": "2", "identifier": "iot.twin.read", "module": "iot", "feature": "twin", "isPreview": True},
            {"id": "3", "identifier": "iam.role.list", "module": "iam", "feature": "role", "isPreview": False},
        ],
        "resourceTypes": [
            {"id": "t1", "identifier": "iot.network", "type": "network", "supportsHierarchicalScope": True},
            {"id": "t2", "identifier": "iot.device", "type": "device", "supportsHierarchicalScope": False},
        ],
        "roles": [], "roleAssignments": [], "permissionGrants": [], **more,
    }  # fmt: skip


class Caller(httpx.Client):
    """A client of a sandbox, with a token of its own."""

    def __init__(self, sandbox: Sandbox, **more: Any) -> None:
        super().__init__(base_url=sandbox.url, trust_env=False, **more)
        self.sandbox = sandbox

    def exchange(self, key: str | None = None) -> httpx.Response:
        return self.post("/iam/auth/token", json={"apiKey": key or self.sandbox.key})

    def enter(self) -> Caller:
        self.headers["authorization"] = "Bearer " + self.exchange().json()["accessToken"]
        return self

    def all(self, path: str, **query: str) -> list[Any]:
        """Every item of a list that is paged by cursors."""
        items, more = [], dict(query)
        while True:
            body = self.get(path, params=more).json()
            items += body["items"]
            if body["nextCursor"] is None:
                return items
            more = {**query, "cursor": body["nextCursor"]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(document(), start=START) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Iterator[Caller]:
    with Caller(sandbox) as client:
        yield client.enter()


def code(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an error body, which holds nothing else."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    return answer.status_code, body["error"]["code"]


def test_a_key_is_exchanged_for_a_token(sandbox: Sandbox, caller: Caller) -> None:
    answer = caller.exchange()
    assert answer.status_code == 200
    assert set(answer.json()) == {"accessToken", "tokenType", "expiresAt"}
    assert answer.json()["tokenType"] == "Bearer"
    assert answer.json()["expiresAt"].startswith("2026-10-01T01:00:")
    assert sandbox.key.startswith("ik_sandbox")


@pytest.mark.parametrize("key", ["ik_x.y", "", "ik_é.ü", "nothing"])
def test_a_wrong_key_is_refused(caller: Caller, key: str) -> None:
    assert code(caller.post("/iam/auth/token", json={"apiKey": key})) == (401, "invalid_key")


def test_the_key_id_alone_is_no_key(sandbox: Sandbox, caller: Caller) -> None:
    assert code(caller.exchange(sandbox.key.split(".")[0])) == (401, "invalid_key")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"apiKey": 7}', b"not json", b'{"apiKey": "' + b"x" * 70_000 + b'"}'])
def test_a_token_request_that_cannot_be_read(caller: Caller, body: bytes) -> None:
    assert code(caller.post("/iam/auth/token", content=body)) == (400, "bad_request")


def test_the_organisation_is_the_object_itself(caller: Caller) -> None:
    assert caller.get("/iam/organisations/org-1").json() == document()["organisation"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/iam/principals", "principals"), ("/iam/permissions", "permissions"), ("/iam/roles", "roles"),
        ("/iam/resource-types", "resourceTypes"), ("/iam/role-assignments", "roleAssignments"),
        ("/iam/permission-grants", "permissionGrants"),
    ],
)  # fmt: skip
def test_every_list_is_served_as_the_document_has_it(caller: Caller, path: str, field: str) -> None:
    assert caller.all(path, organisationId="org-1") == document()[field]


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/iam/principals/p0/api-keys", ["c0"]),
        ("/iam/principals/p0/service-account-secrets", []),
        ("/iam/principals/p1/api-keys", ["c4"]),
        ("/iam/principals/s%2F1%20%C3%BC/api-keys", ["c2"]),
        ("/iam/principals/s%2F1%20%C3%BC/service-account-secrets", ["c1", "c3"]),
        ("/iam/principals/p4/api-keys", []),
    ],
)
def test_credentials_are_listed_once_at_their_principal(caller: Caller, path: str, ids: list[str]) -> None:
    assert [item["id"] for item in caller.all(path)] == ids


def test_members_are_listed_by_group(caller: Caller) -> None:
    assert caller.all("/iam/groups/g/members") == document()["groupMembers"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/iam/roles?organisationId=org-2", (403, "other_organisation")),
        ("GET", "/iam/organisations/org-2", (403, "other_organisation")),
        ("GET", "/iam/nothing", (404, "not_found")),
        ("GET", "/", (404, "not_found")),
        ("GET", "/iam/principals/p9/api-keys", (404, "not_found")),
        ("GET", "/iam/groups/p0/members", (404, "not_found")),
        ("GET", "/iam/groups/g9/members", (404, "not_found")),
        ("DELETE", "/iam/roles", (405, "method_not_allowed")),
        ("POST", "/iam/principals/p0/api-keys", (405, "method_not_allowed")),
        ("GET", "/iam/auth/token", (405, "method_not_allowed")),
        ("GET", "/iam/roles?limit=0", (400, "bad_limit")),
        ("GET", "/iam/roles?limit=501", (400, "bad_limit")),
        ("GET", "/iam/roles?limit=-1", (400, "bad_limit")),
        ("GET", "/iam/roles?limit=ten", (400, "bad_limit")),
        ("GET", "/iam/roles?limit=%D9%A1", (400, "bad_limit")),
        ("GET", "/iam/roles?limit=" + "9" * 5000, (400, "bad_limit")),
        ("GET", "/iam/roles?cursor=nonsense", (400, "bad_cursor")),
        ("GET", "/iam/roles?cursor=%C3%BC", (400, "bad_cursor")),
    ],
)
def test_what_is_refused(caller: Caller, method: str, path: str, expected: tuple[int, str]) -> None:
    assert code(caller.request(method, path)) == expected


def test_a_cursor_is_good_for_its_own_list_only(caller: Caller) -> None:
    cursor = caller.get("/iam/principals", params={"limit": 2}).json()["nextCursor"]
    assert caller.get("/iam/principals", params={"limit": 2, "cursor": cursor}).status_code == 200
    assert code(caller.get("/iam/permissions", params={"limit": 2, "cursor": cursor})) == (400, "bad_cursor")


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, "missing_authorization"), ("", "missing_authorization"), ("Basic eDp5", "missing_authorization"),
        ("Bearer nonsense", "invalid_token"), ("Bearer", "invalid_token"), ("ApiKey ik_a.b", "invalid_key"),
    ],
)  # fmt: skip
def test_who_is_not_recognised(sandbox: Sandbox, authorization: str | None, expected: str) -> None:
    with Caller(sandbox) as client:
        answer = client.get("/iam/roles", headers={} if authorization is None else {"Authorization": authorization})
    assert code(answer) == (401, expected)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("allowed", "expected"), [(True, 200), (False, 401), ("true", 401), (None, 401)])
def test_direct_authentication_follows_the_setting(allowed: object, expected: int) -> None:
    served = document(organisation={"id": "org-1", "name": "One", "settings": {"directApiKeyAuth": allowed}})
    with Sandbox(served) as sandbox, Caller(sandbox) as client:
        answer = client.get("/iam/roles", headers={"Authorization": f"ApiKey {sandbox.key}"})
    assert answer.status_code == expected
    if expected == 401:
        assert code(answer)[1] == "direct_auth_disabled"


# Paging ------------------------------------------------------------------------------------------------------------


def many(count: int = 23) -> dict[str, Any]:
    return document(roles=[{"id": f"r{number}"} for number in range(count)])


def paged(client: Caller, style: str, limit: int = 5) -> list[list[str]]:
    """The ids of each page, asked for as the style wants it."""
    pages: list[list[str]] = []
    url, query = "/iam/roles", {"limit": limit, "organisationId": "org-1"}
    for number in range(100):
        if style == "page":
            query["page"] = number + 1
        elif style == "offset":
            query["offset"] = number * limit
        answer = client.get(url, params=query or None)
        pages.append([item["id"] for item in answer.json()["items"]])
        following = {
            "cursor": answer.json().get("nextCursor"), "link": answer.json().get("next"), "none": None,
            "page": number + 1 < answer.json().get("pages", 0), "offset": (number + 1) * limit < answer.json().get("total", 0),
        }[style]  # fmt: skip
        if not following:
            return pages
        if style == "cursor":
            query["cursor"] = following
        elif style == "link":
            assert answer.headers["Link"] == f'<{following}>; rel="next"'
            url, query = following, {}
    raise AssertionError("it never ends")


@pytest.mark.parametrize("style", ["cursor", "page", "offset", "link", "none"])
def test_every_paging_style_brings_all_once_in_order(style: str) -> None:
    with Sandbox(many(), paging=style) as sandbox, Caller(sandbox) as client:
        pages = paged(client.enter(), style)
    assert [id_ for page in pages for id_ in page] == [f"r{number}" for number in range(23)]
    assert [len(page) for page in pages] == ([23] if style == "none" else [5, 5, 5, 5, 3])


@pytest.mark.parametrize("style", ["cursor", "page", "offset", "link", "none"])
@pytest.mark.parametrize("count", [0, 5, 6])
def test_pages_end_where_the_list_does(style: str, count: int) -> None:
    with Sandbox(many(count), paging=style) as sandbox, Caller(sandbox) as client:
        pages = paged(client.enter(), style)
    expected = [count] if style == "none" else {0: [0], 5: [5], 6: [5, 1]}[count]
    assert [len(page) for page in pages] == expected


def test_a_style_by_collection() -> None:
    with Sandbox(many(), paging={"roles": "offset"}) as sandbox, Caller(sandbox) as client:
        client.enter()
        assert client.get("/iam/roles").json()["total"] == 23
        assert client.get("/iam/principals").json()["nextCursor"] is None


def test_a_link_keeps_the_rest_of_the_query() -> None:
    with Sandbox(many(), paging="link") as sandbox, Caller(sandbox) as client:
        following = client.enter().get("/iam/roles?organisationId=org-1&limit=2").json()["next"]
        assert following.startswith(f"{sandbox.url}/iam/roles?organisationId=org-1&limit=2&cursor=")


def test_a_server_may_answer_fewer_than_were_asked_for() -> None:
    with Sandbox(many(), page_size=4) as sandbox, Caller(sandbox) as client:
        assert len(client.enter().get("/iam/roles?limit=500").json()["items"]) == 4
        assert len(client.all("/iam/roles", limit="500")) == 23


@pytest.mark.parametrize(
    ("style", "query", "expected"),
    [
        ("page", "page=0", "bad_page"), ("page", "page=x", "bad_page"), ("offset", "offset=-1", "bad_offset"),
        ("offset", "offset=1.5", "bad_offset"), ("link", "cursor=x", "bad_cursor"),
    ],
)  # fmt: skip
def test_a_bad_position_is_refused(style: str, query: str, expected: str) -> None:
    with Sandbox(many(), paging=style) as sandbox, Caller(sandbox) as client:
        assert code(client.enter().get(f"/iam/roles?{query}")) == (400, expected)


@pytest.mark.parametrize(("style", "query"), [("page", "page=99"), ("offset", "offset=99")])
def test_beyond_the_end_is_empty(style: str, query: str) -> None:
    with Sandbox(many(), paging=style) as sandbox, Caller(sandbox) as client:
        assert client.enter().get(f"/iam/roles?{query}").json()["items"] == []


# Filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/iam/permissions?module=iot", ["1", "2"]),
        ("/iam/permissions?module=iot&isPreview=true", ["2"]),
        ("/iam/permissions?feature=role", ["3"]),
        ("/iam/permissions?search=TWIN", ["2"]),
        ("/iam/permissions?module=none", []),
        ("/iam/resource-types?supportsHierarchicalScope=false", ["t2"]),
        ("/iam/resource-types?type=network", ["t1"]),
    ],
)
def test_documented_filters(caller: Caller, path: str, ids: list[str]) -> None:
    assert [item["id"] for item in caller.get(path).json()["items"]] == ids


# Time, tokens, limits ----------------------------------------------------------------------------------------------


def test_the_date_is_the_clocks_and_the_only_one(caller: Caller) -> None:
    dates = caller.get("/iam/roles").headers.get_list("date")
    assert len(dates) == 1
    assert dates[0].startswith("Thu, 01 Oct 2026 00:0")
    assert "server" not in caller.get("/iam/roles").headers


@pytest.mark.parametrize(("later", "expected"), [(59, 200), (60, 401), (61, 401)])
def test_a_token_ends_with_its_lifetime(later: float, expected: int) -> None:
    now = [EPOCH]
    with Sandbox(document(), clock=lambda: now[0], token_lifetime=60) as sandbox, Caller(sandbox) as client:
        assert client.exchange().json()["expiresAt"] == "2026-10-01T00:01:00.000Z"
        client.enter()
        now[0] += later
        answer = client.get("/iam/roles")
        assert answer.status_code == expected
        if expected == 401:
            assert code(answer)[1] == "token_expired"
            assert client.enter().get("/iam/roles").status_code == 200


def test_a_token_may_be_good_for_a_few_requests_only() -> None:
    with Sandbox(document(), token_uses=2) as sandbox, Caller(sandbox) as client:
        client.enter()
        assert [client.get("/iam/roles").status_code for _ in range(3)] == [200, 200, 401]


def test_a_clock_starts_where_it_is_told_and_ticks_on() -> None:
    seconds = iter([100.0, 100.0, 107.5])
    clock = ticking(EPOCH, lambda: next(seconds))
    assert [clock(), clock()] == [EPOCH, EPOCH + 7.5]


@pytest.mark.parametrize(
    ("principal", "credential", "expected"),
    [
        ({}, {}, None),
        ({"expiresAt": "2026-10-01T00:00:01Z"}, {"expiresAt": "2026-10-01T00:00:01Z", "revokedAt": "2026-10-01T00:00:01Z"}, None),
        ({}, {"expiresAt": "no time"}, None),
        ({"status": "Suspended"}, {}, "principal_not_active"),
        ({"organisationId": "org-2"}, {}, "principal_other_organisation"),
        ({"expiresAt": START}, {}, "principal_expired"),
        ({}, {"expiresAt": START}, "credential_expired"),
        ({}, {"revokedAt": START}, "credential_revoked"),
        ({"status": "Revoked"}, {"revokedAt": START}, "principal_not_active"),
    ],
)
def test_a_key_of_the_document_shares_its_fate(
    principal: dict[str, str], credential: dict[str, str], expected: str | None
) -> None:
    served = document()
    served["principals"][0] |= principal
    served["credentials"][0] |= credential
    with Sandbox(served, key_id="k0", clock=lambda: EPOCH) as sandbox, Caller(sandbox) as client:
        assert sandbox.key.startswith("ik_k0.")
        answer = client.exchange()
        assert (answer.status_code, None) == (200, None) if expected is None else code(answer) == (401, expected)


def test_a_key_that_ends_takes_its_tokens_with_it() -> None:
    now = [EPOCH]
    served = document()
    served["credentials"][0]["expiresAt"] = "2026-10-01T00:00:10Z"
    with Sandbox(served, key_id="k0", clock=lambda: now[0]) as sandbox, Caller(sandbox) as client:
        client.enter()
        assert client.get("/iam/roles").status_code == 200
        now[0] += 10
        assert code(client.get("/iam/roles")) == (401, "credential_expired")


def test_the_rate_is_limited_and_the_wait_is_told() -> None:
    with Sandbox(document(), rate=2, clock=lambda: EPOCH) as sandbox, Caller(sandbox) as client:
        client.enter()
        answers = [client.get("/iam/roles") for _ in range(4)]
        assert answers[0].status_code == 200
        assert code(answers[-1]) == (429, "too_many_requests")
        assert answers[-1].headers["Retry-After"] == "1"
        assert answers[-1].headers["Date"] == "Thu, 01 Oct 2026 00:00:00 GMT"


def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    bucket = Bucket(2.0, lambda: now[0])
    assert [bucket.wait(), bucket.wait(), bucket.wait()] == [0.0, 0.0, 0.5]
    now[0] = 0.5
    assert [bucket.wait(), bucket.wait()] == [0.0, 0.5]
    slow = Bucket(0.1, lambda: now[0])
    assert [slow.wait(), slow.wait()] == [0.0, 10.0]


def test_latency_is_waited_for_by_many_at_once() -> None:
    with Sandbox(document(), latency=0.2) as sandbox, Caller(sandbox) as client:
        client.enter()
        begun = time.monotonic()
        threads = [threading.Thread(target=client.get, args=("/iam/roles",)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0.2 <= time.monotonic() - begun < 0.9


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("credentials", "/iam/principals/p0/api-keys"), ("credentials", "/iam/principals/p0/service-account-secrets"),
        ("group_members", "/iam/groups/g/members"), ("organisation", "/iam/organisations/org-1"),
        ("roles", "/iam/roles"),
    ],
)  # fmt: skip
def test_a_forbidden_collection_leaves_the_others(name: str, path: str) -> None:
    with Sandbox(document(), forbid={name}) as sandbox, Caller(sandbox) as client:
        assert code(client.enter().get(path)) == (403, "forbidden")
        assert client.get("/iam/permissions").status_code == 200


# The context manager -----------------------------------------------------------------------------------------------


def test_requests_are_remembered_by_method_and_path() -> None:
    with Sandbox(document()) as sandbox, Caller(sandbox) as client:
        client.enter().get("/iam/roles?limit=7")
        client.delete("/iam/roles")
        assert sandbox.requests == [("POST", "/iam/auth/token"), ("GET", "/iam/roles"), ("DELETE", "/iam/roles")]


def test_the_key_is_in_no_log_output_or_repr(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG), Sandbox(document()) as sandbox, Caller(sandbox) as client:
        client.enter().get("/iam/roles", headers={"Authorization": f"ApiKey {sandbox.key}"})
        client.exchange(sandbox.key + "x")
    captured = capfd.readouterr()
    secret = sandbox.key.split(".")[1]
    for text in (caplog.text, captured.out, captured.err, repr(sandbox), repr(sandbox._app), str(vars(sandbox._app))):
        assert secret not in text


def test_every_sandbox_has_a_key_of_its_own() -> None:
    assert len({Sandbox(document()).key for _ in range(5)}) == 5


def test_it_listens_on_loopback_and_stops() -> None:
    with Sandbox(document()) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert sandbox.organisation_id == "org-1"
        url = sandbox.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_port_in_use_is_told() -> None:
    with Sandbox(document()) as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(InputError, match=f"port {port}"), Sandbox(document(), port=port):
            pass


def test_a_document_may_be_a_path(tmp_path: Path) -> None:
    path = tmp_path / "organisation.json"
    path.write_text(json.dumps(document()), "utf-8")
    with Sandbox(path) as sandbox, Caller(sandbox) as client:
        assert len(client.enter().all("/iam/principals")) == 7


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"organisation": []}', '{"organisation": {"name": "x"}}'])
def test_what_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "organisation.json"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError, match=r"organisation\.json"):
        Sandbox(path)


def test_a_missing_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="none"):
        Sandbox(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"forbid": {"role"}}, "'role'"), ({"paging": "pages"}, "'pages'"), ({"paging": {"role": "page"}}, "'role'"),
        ({"key_id": "k9"}, "'k9'"), ({"host": "no.such.host.invalid"}, "no.such.host.invalid"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named), Sandbox(document(), **options):
        pass


@pytest.mark.parametrize("odd", [None, 7, "text", [], {"id": None}, {"id": "x", "name": "\ud800"}])
def test_odd_records_are_served_as_they_are(odd: Any) -> None:
    served = document(principals=[odd], credentials=[odd], groupMembers=[odd], permissions=[odd])
    with Sandbox(served) as sandbox, Caller(sandbox) as client:
        answer = client.enter().get("/iam/principals")
        assert json.loads(answer.content)["items"] == [odd]
        assert client.get("/iam/permissions?search=zzz").json()["items"] == []


def test_a_document_without_lists_is_an_empty_organisation() -> None:
    with Sandbox({"organisation": {"id": "org-1"}}) as sandbox, Caller(sandbox) as client:
        assert client.enter().all("/iam/principals") == []
