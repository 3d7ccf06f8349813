"""The IAM API of the contract as an ASGI application over an organisation document."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auditkit.errors import InputError
from auditkit.sandbox.gate import Bucket, Gate, retry_after
from auditkit.sandbox.keys import Clock, Keys, NotRecognised
from auditkit.sandbox.paging import MOST, STYLES, Asked, BadRequest
from auditkit.sandbox.shelves import Shelves, filtered, shelve
from auditkit.schema import COLLECTIONS

_LARGEST_BODY = 65_536
_PERMISSION_FILTERS = {"module": "module", "namespace": "module", "feature": "feature", "isPreview": "isPreview"}
_TYPE_FILTERS = {
    "module": "module", "type": "type", "supportsOrganisationScope": "supportsOrganisationScope",
    "supportsHierarchicalScope": "supportsHierarchicalScope",
}  # fmt: skip
_FILTERS = {"permissions": _PERMISSION_FILTERS, "resource_types": _TYPE_FILTERS}
# By path: the collection, and what it is cut out by.
_LISTS = {
    "/iam/principals": "principals", "/iam/permissions": "permissions", "/iam/resource-types": "resource_types",
    "/iam/roles": "roles", "/iam/role-assignments": "role_assignments", "/iam/permission-grants": "permission_grants",
}  # fmt: skip
_OWNED = {
    "/iam/principals/{owner:id}/api-keys": ("credentials", "api_keys"),
    "/iam/principals/{owner:id}/service-account-secrets": ("credentials", "secrets"),
    "/iam/groups/{owner:id}/members": ("group_members", "members"),
}
Endpoint = Callable[[Request], Awaitable[Response]]


class _Id(Convertor[str]):
    """An opaque id in a path: unlike Starlette's `path`, it may hold line ends too."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("id", _Id())


def app(
    document: Mapping[str, Any],
    *,
    keys: Keys | None = None,
    clock: Clock = time.time,
    latency: float = 0.0,
    rate: float | None = None,
    paging: str | Mapping[str, str] = "cursor",
    page_size: int = MOST,
    forbid: Collection[str] = (),
) -> Gate:
    """The ASGI application for a document.

    `clock` gives seconds since 1970: tokens end and `Date` is written by it. `latency` is in seconds, `rate` in
    requests a second. `paging` is one style, or one by collection; `page_size` is the most items of a page. The
    collections of `forbid` are answered 403.
    """
    keys = keys or Keys(shelves=shelve(document), clock=clock)
    api = _Api(keys.shelves, keys, _styles(paging), page_size, frozenset(_known(forbid)))
    routes = [
        Route("/iam/auth/token", api.token, methods=["POST"]),
        Route("/iam/organisations/{organisation:id}", api.organisation),
        *(Route(path, api.list_of(name)) for path, name in _LISTS.items()),
        *(Route(path, api.owned(name, shelf)) for path, (name, shelf) in _OWNED.items()),
    ]
    served = Starlette(routes=routes, exception_handlers={HTTPException: _http_error})
    served.router.redirect_slashes = False
    return Gate(served, _too_many, clock, latency, Bucket(rate) if rate else None)


@dataclass(frozen=True, slots=True)
class _Api:
    """The endpoints."""

    shelves: Shelves
    keys: Keys
    styles: Mapping[str, str]
    page_size: int
    forbid: frozenset[str]

    async def token(self, request: Request) -> Response:
        body = await request.body()
        try:
            key = msgspec.json.decode(body)["apiKey"] if len(body) <= _LARGEST_BODY else None
        except (msgspec.DecodeError, KeyError, TypeError):
            key = None
        if not isinstance(key, str):
            return error(400, "bad_request", 'the body must be {"apiKey": "ik_<keyId>.<keySecret>"}')
        try:
            return _json(msgspec.json.encode(self.keys.exchange(key)))
        except NotRecognised as refused:
            return _unauthorised(refused)

    async def organisation(self, request: Request) -> Response:
        refused = self._refused(request, "organisation", request.path_params["organisation"])
        return refused or _json(self.shelves.organisation)

    def list_of(self, name: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            if refused := self._refused(request, name):
                return refused
            lines = self.shelves.lists[name]
            if name in _FILTERS:
                lines = filtered(self.shelves.raw[name], lines, request.query_params, _FILTERS[name])
            return self._page(request, name, lines)

        return endpoint

    def owned(self, name: str, shelf: str) -> Endpoint:
        by_owner = getattr(self.shelves, shelf)

        async def endpoint(request: Request) -> Response:
            owner = request.path_params["owner"]
            if refused := self._refused(request, name):
                return refused
            if not self._has(owner, shelf):
                return error(404, "not_found", "there is no such principal")
            return self._page(request, name, by_owner.get(owner, ()))

        return endpoint

    def _has(self, owner: str, shelf: str) -> bool:
        principal = self.shelves.principals.get(owner)
        return principal is not None and (shelf != "members" or principal.get("type") == "Group")

    def _refused(self, request: Request, name: str, organisation: str | None = None) -> Response | None:
        """Who is calling, and for whose organisation."""
        try:
            self.keys.recognise(request.headers.get("authorization", ""))
        except NotRecognised as refused:
            return _unauthorised(refused)
        asked = organisation or request.query_params.get("organisationId", self.shelves.organisation_id)
        if asked != self.shelves.organisation_id:
            return error(403, "other_organisation", "the key does not belong to this organisation")
        if name in self.forbid:
            return error(403, "forbidden", f"the key may not list {COLLECTIONS[name].field}")
        return None

    def _page(self, request: Request, name: str, lines: Any) -> Response:
        url = str(request.url.replace(query=""))
        asked = Asked(name=request.url.path, url=url, query=request.query_params, most=self.page_size)
        try:
            page = STYLES[self.styles[name]](lines, asked)
        except BadRequest as bad:
            return error(400, bad.code, str(bad))
        return _json(page.body, page.headers)


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as the API words it."""
    body = msgspec.json.encode({"error": {"code": code, "message": message}})
    return Response(body, status, headers, media_type="application/json")


def _json(body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, 200, headers, media_type="application/json")


def _unauthorised(refused: NotRecognised) -> Response:
    return error(401, refused.code, str(refused), {"WWW-Authenticate": "Bearer"})


def _too_many(wait: float) -> Response:
    return error(429, "too_many_requests", "slow down", retry_after(wait))


def _http_error(request: Request, raised: Exception) -> Response:
    """What Starlette itself refuses: an unknown path, a method that a path does not have."""
    assert isinstance(raised, HTTPException)  # noqa: S101 — registered for nothing else
    code = {404: "not_found", 405: "method_not_allowed"}.get(raised.status_code, "error")
    return error(raised.status_code, code, raised.detail, raised.headers)


def _known(names: Collection[str]) -> Collection[str]:
    if unknown := sorted(set(names) - set(COLLECTIONS)):
        raise InputError(f"there is no collection {unknown[0]!r}; there are {', '.join(COLLECTIONS)}")
    return names


def _styles(paging: str | Mapping[str, str]) -> dict[str, str]:
    chosen = dict.fromkeys(COLLECTIONS, paging) if isinstance(paging, str) else dict(paging)
    if unknown := sorted(set(chosen.values()) - set(STYLES)):
        raise InputError(f"there is no paging style {unknown[0]!r}; there are {', '.join(STYLES)}")
    return dict.fromkeys(COLLECTIONS, "cursor") | {name: chosen[name] for name in _known(chosen)}
