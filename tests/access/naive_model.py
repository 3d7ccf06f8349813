"""The contract's decision, written as plainly as possible, with switches that plant one bug each.

It exists to test the referee: without a bug it agrees with Cedar everywhere, and with any one of them it does not.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Record = Mapping[str, Any]

BUGS = {
    "prefix": "a path is below another if its text begins so, whatever the segments",
    "cycle": "members of a group that is part of a cycle are lost",
    "group's type": "the role must support the type of the group, not of the caller",
    "expired route": "an expired assignment or grant is kept",
    "foreign route": "an assignment or grant of another organisation is kept",
    "flat": "hierarchical scopes are ignored",
    "unknown first": "a condition that cannot be judged outweighs one that fails",
    "boundary": "a thing that expires exactly now is not yet expired",
    "unscoped request": "a scoped route answers a request for the whole organisation",
    "role conditions": "the conditions of the role are forgotten",
    "absent types": "a role that declares no types supports all of them",
    "typed hierarchy": "what lies below a hierarchical scope must be of the scope's type",
    "one level": "a group within a group does not count",
    "certain hidden": "a route that may pass hides one that certainly passes",
    "text times": "times are compared as text",
    "anyone's key": "a key id of another principal is accepted",
    "everyone's key": "the credential checks are made for a User and a Group, too",
    "itself below": "a resource lies below its own path, whatever its type",
}


class Naive:
    """One organisation, judged by loops; `bug` names a switch of `BUGS`."""

    def __init__(self, document: Record, as_of: datetime, bug: str | None = None) -> None:
        self.document, self.as_of, self.bug = document, as_of, bug
        self.principals = {each["id"]: each for each in document["principals"]}
        self.roles = {each["id"]: each for each in document["roles"]}

    def decide(self, request: Record) -> str:
        """The outcome of one request: allowed, denied or undetermined."""
        judged = list(self._routes(request))
        if not self._authenticated(request) or all(result is False for result in judged):
            return "denied"
        if self.bug == "certain hidden" and None in judged:
            return "undetermined"
        return "allowed" if True in judged else "undetermined"

    def _authenticated(self, request: Record) -> bool:
        caller = self.principals[request["principal"]]
        if caller["status"] != "Active" or caller["organisationId"] != self.document["organisation"]["id"]:
            return False
        if self._past(caller.get("expiresAt")):
            return False
        exempt = caller["type"] in ("User", "Group") and self.bug != "everyone's key"
        return request.get("credential") is None or exempt or self._key_works(request)

    def _key_works(self, request: Record) -> bool:
        found = [each for each in self.document["credentials"] if each["keyId"] == request["credential"]]
        own = [each for each in found if each["principalId"] == request["principal"] or self.bug == "anyone's key"]
        if not own or self._past(own[0].get("expiresAt")) or self._past(own[0].get("revokedAt")):
            return False
        direct = request.get("method") == "direct"
        if direct and not self.document["organisation"]["settings"]["directApiKeyAuth"]:
            return False
        return bool(request.get("api") != "iot")

    def _routes(self, request: Record) -> Iterator[bool | None]:
        holders = self._holders(request["principal"])
        for route in (*self.document["roleAssignments"], *self.document["permissionGrants"]):
            if route["principalId"] in holders:
                yield _all([self._live(route), *self._given(route, request), self._scope(route, request["resource"]),
                            self._conditions(route, request)], self.bug)  # fmt: skip

    def _holders(self, principal: str) -> set[str]:
        found, waiting = {principal}, [principal]
        while waiting:
            member = waiting.pop()
            for each in self.document["groupMembers"]:
                if each["principalId"] == member and each["groupId"] not in found:
                    found.add(each["groupId"])
                    waiting += [] if self.bug == "one level" else [each["groupId"]]
        if self.bug == "cycle":
            return {each for each in found if each == principal or not self._in_cycle(each)}
        return found

    def _in_cycle(self, group: str) -> bool:
        above = {each["groupId"] for each in self.document["groupMembers"] if each["principalId"] == group}
        return any(group in Naive(self.document, self.as_of)._holders(each) for each in above)

    def _live(self, route: Record) -> bool:
        expired = self._past(route.get("expiresAt")) and self.bug != "expired route"
        foreign = route["organisationId"] != self.document["organisation"]["id"] and self.bug != "foreign route"
        return not expired and not foreign

    def _given(self, route: Record, request: Record) -> list[bool | None]:
        wanted = next(each["id"] for each in self.document["permissions"] if each["identifier"] == request["permission"])
        if "permissionId" in route:
            return [route["permissionId"] == wanted]
        role = self.roles.get(route["roleId"])
        if role is None:
            return [False]
        caller = route["principalId"] if self.bug == "group's type" else request["principal"]
        types = role.get("supportedPrincipalTypes")
        absent = True if self.bug == "absent types" else None
        supported = absent if types is None else self.principals[caller]["type"] in types
        return [supported, wanted in role["permissionIds"]]

    def _scope(self, route: Record, resource: tuple[str, str] | None) -> bool:
        scope = route.get("resourceScope")
        if scope is None:
            return True
        if resource is None:
            return self.bug == "unscoped request"
        kind, path = resource
        if kind == scope["resourceType"] and path == scope["path"]:
            return True
        types = {each["identifier"]: each["supportsHierarchicalScope"] for each in self.document["resourceTypes"]}
        if not types.get(scope["resourceType"], False) or self.bug == "flat":
            return False
        if self.bug == "typed hierarchy" and kind != scope["resourceType"]:
            return False
        return self._below(path, scope["path"])

    def _below(self, path: str, top: str) -> bool:
        if self.bug == "prefix":
            return path != top and path.startswith(top)
        if self.bug == "itself below" and path == top:
            return True
        below, above = [each for each in path.split("/") if each], [each for each in top.split("/") if each]
        return len(below) > len(above) and below[: len(above)] == above

    def _conditions(self, route: Record, request: Record) -> bool | None:
        role = self.roles.get(route.get("roleId", ""), {})
        own = [] if self.bug == "role conditions" else role.get("conditions") or []
        results = [self._condition(each, request["context"]) for each in [*(route.get("conditions") or []), *own]]
        return _all(results, self.bug)

    def _condition(self, condition: Record, context: Record) -> bool | None:
        operator, value, given = condition["operator"], condition["value"], context.get(condition["attribute"])
        if given is None:
            return None
        try:
            return self._compare(operator, given, value)
        except ValueError:
            return None

    def _compare(self, operator: str, given: str, value: Any) -> bool | None:
        if operator in ("equals", "in"):
            return given in value if operator == "in" else given == value
        if operator in ("notEquals", "notIn"):
            return given not in value if operator == "notIn" else given != value
        if operator == "cidr":
            return ipaddress.ip_address(given) in ipaddress.ip_network(value)
        if operator not in ("before", "after"):
            return None
        left, right = _instant(given), _instant(value)
        if self.bug == "text times":
            return given < value if operator == "before" else given > value
        return left < right if operator == "before" else left > right

    def _past(self, time: str | None) -> bool:
        if time is None:
            return False
        moment = datetime.fromisoformat(time)
        return moment < self.as_of if self.bug == "boundary" else moment <= self.as_of


def _all(results: list[bool | None], bug: str | None) -> bool | None:
    """Whether all hold: one that fails outweighs one that is unknown."""
    if bug == "unknown first" and None in results:
        return None
    if False in results:
        return False
    return None if None in results else True


def _instant(text: str) -> datetime:
    if not re.search(r"(Z|[+-]\d\d:\d\d)$", text):
        raise ValueError(text)
    return datetime.fromisoformat(text)
