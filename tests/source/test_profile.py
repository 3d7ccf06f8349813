"""The endpoint profile: the contract's table, a file's rows over it, and what a file must not say."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_iam import DOCUMENT, FakeIam, Reply, Request, items, reply
from pulling import ROWS, profile, pulled, rows

from auditkit.errors import ProfileError
from auditkit.source.api.profile import read_profile


def test_the_built_in_profile_is_the_contracts_table() -> None:
    found = {name: (row.path, row.paging) for name, row in read_profile().rows.items()}
    assert found == {
        "organisation": ("/iam/organisations/{organisationId}", "none"),
        "principals": ("/iam/principals?organisationId={organisationId}", "cursor"),
        "api_key_credentials": ("/iam/principals/{principalId}/api-keys", "cursor"),
        "service_account_credentials": ("/iam/principals/{principalId}/service-account-secrets", "cursor"),
        "group_members": ("/iam/groups/{groupId}/members", "cursor"),
        "permissions": ("/iam/permissions", "cursor"),
        "resource_types": ("/iam/resource-types", "cursor"),
        "roles": ("/iam/roles?organisationId={organisationId}", "cursor"),
        "role_assignments": ("/iam/role-assignments?organisationId={organisationId}", "cursor"),
        "permission_grants": ("/iam/permission-grants?organisationId={organisationId}", "cursor"),
    }
    assert [name for name, row in read_profile().rows.items() if row.documented] == ["permissions", "resource_types"]
    assert {row.limit for name, row in read_profile().rows.items() if name != "organisation"} == {500}


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    built, found = read_profile().rows, read_profile(profile(tmp_path, '[roles]\npaging = "page"\n')).rows
    assert found["roles"].paging == "page"
    assert (found["roles"].path, found["roles"].items) == (built["roles"].path, built["roles"].items)
    assert found["principals"].paging == "cursor"


def test_defaults_reach_every_row_that_says_nothing_else(tmp_path: Path) -> None:
    text = '[defaults]\npaging = "offset"\nparameters = {limit = "size"}\n[roles]\nparameters = {offset = "skip"}\n'
    found = read_profile(profile(tmp_path, text)).rows
    assert found["principals"].paging == "offset"
    assert found["organisation"].paging == "none"
    assert found["principals"].parameters == {"limit": "size", "cursor": "cursor", "page": "page", "offset": "offset"}
    assert found["roles"].parameters == {"limit": "size", "cursor": "cursor", "page": "page", "offset": "skip"}


@pytest.mark.parametrize(
    ("owner", "path"),
    [
        ("a", "/iam/groups/a/members"),
        ("a/b?c#d", "/iam/groups/a%2Fb%3Fc%23d/members"),
        ("..", "/iam/groups/%2E%2E/members"),
        (".", "/iam/groups/%2E/members"),
        ("é\r\nX: y", "/iam/groups/%C3%A9%0D%0AX%3A%20y/members"),
        ("{organisationId}", "/iam/groups/%7BorganisationId%7D/members"),
    ],
)
def test_ids_stay_one_segment_of_the_path(owner: str, path: str) -> None:
    assert read_profile().rows["group_members"].target("org", owner) == path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rolls]\n", "no row 'rolls'; did you mean 'roles'"),
        ("[zzz]\n", "there are token, defaults, organisation"),
        ('[roles]\npagging = "page"\n', "no key 'pagging'; did you mean 'paging'"),
        ('[roles]\npaging = "cursors"\n', "did you mean 'cursor'"),
        ("[roles]\npaging = 1\n", "cursor, page, offset, link, none"),
        ('[roles]\npath = "iam/roles"\n', "begins with one `/`"),
        ('[roles]\npath = "//elsewhere.example/roles"\n', "begins with one `/`"),
        ('[roles]\npath = "https://elsewhere.example/roles"\n', "begins with one `/`"),
        ('[roles]\npath = "/a b"\n', "no space"),
        ('[roles]\npath = "/a\\r\\nX: y"\n', "no space"),
        ('[roles]\npath = "/roles/{roleId}"\n', "{roleId}; what can be filled in here: {organisationId}"),
        ('[group_members]\npath = "/members"\n', "does not name {groupId}"),
        ('[token]\npath = "/{organisationId}/token"\n', "{organisationId}; what can be filled in here: nothing"),
        ('[token]\nitems = "x"\n', "no key 'items'"),
        ('[defaults]\npath = "/x"\n', "no key 'path'"),
        ("[roles]\nlimit = -1\n", "whole number"),
        ("[roles]\nlimit = true\n", "whole number"),
        ('[roles]\nlimit = "500"\n', "whole number"),
        ("[roles]\nrenames = {a = 1}\n", "table of texts"),
        ('[roles]\nparameters = {cursr = "after"}\n', "did you mean 'cursor'"),
        ("[roles]\nitems = 7\n", "no text"),
        ('[roles]\ndocumented = "yes"\n', "neither true nor false"),
        ("roles = 1\n", "write [roles]"),
        ("[roles\n", "no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProfileError) as refused:
        read_profile(profile(tmp_path, text))
    assert said in str(refused.value)
    assert "profile.toml" in str(refused.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no-such"):
        read_profile(tmp_path / "no-such.toml")
    with pytest.raises(ProfileError, match="directory"):
        read_profile(tmp_path)
    (tmp_path / "latin").write_bytes(b'# caf\xe9\n[roles]\npaging = "page"\n')
    with pytest.raises(ProfileError, match="UTF-8"):
        read_profile(tmp_path / "latin")


# Every paging style, with names of its own, over HTTP


def _slices(request: Request, start: int, size: int) -> list[object]:
    return list(DOCUMENT["permissions"][start : start + size])


def _cursor(request: Request) -> Reply:
    assert request.query["size"] == "2"
    start = int(request.query.get("after", "0"))
    return reply(body={"data": {"rows": _slices(request, start, 2)}, "meta": {"after": start + 2 if start < 4 else None}})


def _page(request: Request) -> Reply:
    return reply(body={"data": {"rows": _slices(request, int(request.query["p"]) * 2, 2)}})


def _page_total(request: Request) -> Reply:
    return reply(body={"data": {"rows": _slices(request, int(request.query["p"]) * 2, 2)}, "total": 5})


def _offset(request: Request) -> Reply:
    return reply(body={"data": {"rows": _slices(request, int(request.query["skip"]), 2)}})


def _link(request: Request) -> Reply:
    start = int(request.query.get("at", "0"))
    url = f"http://{request.headers['host']}/iam/permissions?at={start + 2}"
    more = {"link": f'<{url}>; rel="next", <{url}>; rel="last"'} if start < 4 else {}
    return reply(body={"data": {"rows": _slices(request, start, 2)}}, **more)


def _relative_link(request: Request) -> Reply:
    start = int(request.query.get("at", "0"))
    return reply(
        body={"data": {"rows": _slices(request, start, 2)}, "meta": {"after": f"?at={start + 2}" if start < 4 else None}}
    )


def _bare(request: Request) -> Reply:
    return reply(body=DOCUMENT["permissions"])


@pytest.mark.parametrize(
    ("row", "server", "requests"),
    [
        ('paging = "cursor"\nnext = "meta.after"\nparameters = {cursor = "after", limit = "size"}', _cursor, 3),
        ('paging = "page"\nfirst_page = 0\nparameters = {page = "p"}', _page, 4),
        ('paging = "page"\nfirst_page = 0\nparameters = {page = "p"}', _page_total, 3),
        ('paging = "offset"\nparameters = {offset = "skip"}', _offset, 4),
        ('paging = "link"', _link, 3),
        ('paging = "link"\nnext = "meta.after"', _relative_link, 3),
        ('paging = "none"\nitems = ""', _bare, 1),
    ],
    ids=["cursor", "page", "page-total", "offset", "link-header", "link-body", "none"],
)
def test_every_paging_style(tmp_path: Path, row: str, server: object, requests: int) -> None:
    items_key = "" if 'items = ""' in row else 'items = "data.rows"\n'
    path = profile(tmp_path, f"[permissions]\nlimit = 2\n{items_key}{row}\n")
    with FakeIam({"/iam/permissions": server}) as iam:  # type: ignore[dict-item]
        snapshot = pulled(iam, profile=path)
    assert snapshot.complete
    assert rows(snapshot) == ROWS
    # The first page is looked at once more at the end.
    assert iam.asked("/iam/permissions") == requests + 1


def test_renames_and_owners(tmp_path: Path) -> None:
    text = """
    [roles]
    path = "/v2/roles/{organisationId}"
    renames = {title = "name", "can.do" = "permissionIds"}
    [role_assignments]
    renames = {"target.kind" = "resourceScope.resourceType", "target.at" = "resourceScope.path", who = "principalId"}
    [group_members]
    owner = "groupId"
    renames = {member = "principalId"}
    """
    role = {"id": "r1", "title": "Role", "scope": "System", "can": {"do": ["p1"]}}
    assignment = {
        "id": "a1", "who": "ann", "roleId": "r1", "organisationId": "org-1", "createdAt": "2026-01-01T00:00:00Z",
        "target": {"kind": "device", "at": "/x"},
    }  # fmt: skip
    with FakeIam() as iam:
        iam.script["/v2/roles/org-1"] = lambda request: items(role)
        iam.script["/iam/role-assignments"] = lambda request: items(assignment, {"id": 7})
        iam.script["/iam/groups/group/members"] = lambda request: items({"member": "ann"})
        snapshot = pulled(iam, profile=profile(tmp_path, text))
    assert snapshot.roles[["name", "scope"]].values.tolist() == [["Role", "System"]]
    assert snapshot.roles.permission_ids.tolist() == [["p1"]]
    assert snapshot.role_assignments[["principal_id", "scope_type", "scope_path"]].values.tolist() == [["ann", "device", "/x"]]
    assert snapshot.group_members.values.tolist() == [["group", "ann"]]
    assert snapshot.manifest.collections["role_assignments"]["set_aside"] == 1


def test_another_token_path(tmp_path: Path) -> None:
    with FakeIam() as iam:
        iam.script["/auth"] = lambda request: iam.usual(Request("POST", "/iam/auth/token", {}, request.body))
        assert pulled(iam, profile=profile(tmp_path, '[token]\npath = "/auth"\n')).complete
        assert [each.path for each in iam.seen if each.method == "POST"] == ["/auth"]
        iam.seen.clear()
