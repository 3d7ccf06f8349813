"""A referee that shares no code with auditkit: an organisation document as Cedar policies and entities.

Written from the contract alone. Each assignment and each grant becomes one `permit`, each authentication check one
`forbid`; groups and paths become Cedar's own hierarchy, which is why cycles of groups are folded into one holder each.
What cannot be judged is decided both ways, by `context.assume`: where the two answers agree, that is the answer.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import cedarpy

Record = Mapping[str, Any]

_AUTHENTICATION = """
forbid(principal, action, resource) when { principal.status != "Active" };
forbid(principal, action, resource) when { principal.organisation != context.organisation };
forbid(principal, action, resource) when { principal has expires && principal.expires <= context.now };
forbid(principal, action, resource) when { context has key && !(context.key has owner && context.key.owner == principal) };
forbid(principal, action, resource) when { context has key && context.key has expires && context.key.expires <= context.now };
forbid(principal, action, resource) when { context has key && context.key has revoked && context.key.revoked <= context.now };
forbid(principal, action, resource) when { context has key && context.method == "direct" && !context.directAllowed };
forbid(principal, action, resource) when { context has key && context.api == "iot" };
"""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Referee:
    """Cedar's view of one organisation at one instant."""

    def __init__(self, document: Record, as_of: datetime) -> None:
        self._document = document
        self._types = {each["id"]: each["type"] for each in document["principals"]}
        self._named = {each["identifier"]: each["id"] for each in document["permissions"]}
        self._credentials = {each["keyId"]: each for each in document["credentials"]}
        self._holders = _holders(document)
        roles = {each["id"]: each for each in document["roles"]}
        routes = [*document["roleAssignments"], *document["permissionGrants"]]
        hierarchical = {each["identifier"] for each in document["resourceTypes"] if each["supportsHierarchicalScope"]}
        written = [self._permit(each, roles, hierarchical) for each in routes]
        self._policies = cedarpy.PolicySet.from_str(_AUTHENTICATION + "\n".join(filter(None, written)))
        self._fixed = list(self._principal_entities()) + list(self._action_entities())
        self._now = _micros(as_of)

    def decide(self, requests: Iterable[Record]) -> list[str]:
        """The outcome of each request: allowed, denied or undetermined."""
        asked = list(requests)
        places = {each["resource"] for each in asked if each.get("resource")}
        entities = self._fixed + _places(places)
        both = [once | {"context": once["context"] | {"assume": assume}} for once in map(self._request, asked) for assume in (True, False)]
        # Cedar knows each entity by its name, so the same one may be named only once.
        handle = cedarpy.Entities.from_json_str(json.dumps(entities))
        answers = [_allowed(each) for each in cedarpy.is_authorized_batch(both, self._policies, handle)]
        return [_outcome(*pair) for pair in zip(answers[::2], answers[1::2], strict=True)]

    def _permit(self, route: Record, roles: Mapping[str, Record], hierarchical: set[str]) -> str | None:
        """One route as a policy; an assignment of a role that is not there permits nothing."""
        permission, role = route.get("permissionId"), roles.get(route.get("roleId", ""))
        if permission is None and role is None:
            return None
        action = f"action in {_name('Action', 'role ' + role['id'])}" if role else f"action == {_name('Action', 'permission ' + permission)}"
        tests = [f"context.organisation == {_text(route['organisationId'])}"]
        if route.get("expiresAt"):
            tests.append(f"context.now < {_time(route['expiresAt'])}")
        if role:
            supported = role.get("supportedPrincipalTypes")
            tests.append("context.assume" if supported is None else f"{_texts(supported)}.contains(principal.type)")
        if route.get("resourceScope"):
            tests.append(_scope(route["resourceScope"], hierarchical))
        tests += [_condition(each) for each in [*(route.get("conditions") or []), *((role or {}).get("conditions") or [])]]
        holder = _name("Holder", self._holders.get(route["principalId"], "nobody"))
        return f"permit(principal in {holder}, {action}, resource) when {{ {' && '.join(f'({test})' for test in tests)} }};"

    def _principal_entities(self) -> Iterator[Record]:
        above: dict[str, set[str]] = {holder: set() for holder in self._holders.values()}
        for member in self._document["groupMembers"]:
            group, held = self._holders[member["groupId"]], self._holders[member["principalId"]]
            above[held] |= {group} - {held}
        for holder, parents in above.items():
            yield {"uid": _uid("Holder", holder), "attrs": {}, "parents": [_uid("Holder", each) for each in sorted(parents)]}
        for each in self._document["principals"]:
            attributes = {"type": each["type"], "status": each["status"], "organisation": each["organisationId"]}
            if each.get("expiresAt"):
                attributes["expires"] = _time(each["expiresAt"])
            yield {"uid": _uid("Principal", each["id"]), "attrs": attributes, "parents": [_uid("Holder", self._holders[each["id"]])]}

    def _action_entities(self) -> Iterator[Record]:
        """Each permission as an action below the roles that hold it, and below itself by its id."""
        for each in self._document["roles"]:
            yield {"uid": _uid("Action", "role " + each["id"]), "attrs": {}, "parents": []}
        for each in self._document["permissions"]:
            roles = [role["id"] for role in self._document["roles"] if each["id"] in role["permissionIds"]]
            parents = [_uid("Action", "role " + role) for role in roles]
            yield {"uid": _uid("Action", "permission " + each["id"]), "attrs": {}, "parents": parents}

    def _request(self, request: Record) -> dict[str, Any]:
        context: dict[str, Any] = {
            "now": self._now,
            "organisation": self._document["organisation"]["id"],
            "directAllowed": self._document["organisation"]["settings"]["directApiKeyAuth"],
            "method": request.get("method", "token"),
            "api": request.get("api", "iam"),
            "given": {name: _given(value) for name, value in (request.get("context") or {}).items()},
        }
        machine = self._types[request["principal"]] not in ("User", "Group")
        if request.get("credential") is not None and machine:
            context["key"] = _key(self._credentials.get(request["credential"]))
        return {
            "principal": _uid("Principal", request["principal"]),
            "action": _uid("Action", "permission " + self._named[request["permission"]]),
            "resource": _uid("Resource", _resource(request.get("resource"))),
            "context": context,
        }


def _holders(document: Record) -> dict[str, str]:
    """For each principal, a name of its own, or the name that it shares with the groups of its cycle.

    Two principals share a cycle when each holds the other, at whatever depth.
    """
    names = [each["id"] for each in document["principals"]]
    held_by: dict[str, set[str]] = {name: set() for name in names}
    for member in document["groupMembers"]:
        held_by[member["principalId"]].add(member["groupId"])
    above = {name: _reach(name, held_by) for name in names}
    return {name: min({name, *(each for each in above[name] if name in above[each])}) for name in names}


def _reach(start: str, held_by: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        waiting += (new := held_by[waiting.pop()] - seen)
        seen |= new
    return seen


def _scope(scope: Record, hierarchical: set[str]) -> str:
    at = f"resource has place && resource.place == {_name('Place', scope['path'])} && resource.type == {_text(scope['resourceType'])}"
    if scope["resourceType"] not in hierarchical:
        return at
    # A resource is a child of the place above its own, so that `in` is never true of its own place.
    return f"({at}) || resource in {_name('Place', scope['path'])}"


def _places(resources: Iterable[tuple[str, str]]) -> list[Record]:
    """The resources that are asked for, below the places that are above them, and the whole organisation."""
    made: dict[str, Record] = {}
    resource_entities: list[Record] = [{"uid": _uid("Resource", _resource(None)), "attrs": {}, "parents": []}]
    for kind, path in sorted(resources):
        for place in (path, *_above(path)):
            made[place] = {"uid": _uid("Place", place), "attrs": {}, "parents": [_uid("Place", each) for each in _above(place)[:1]]}
        attributes = {"type": kind, "place": {"__entity": _uid("Place", path)}}
        parents = [_uid("Place", each) for each in _above(path)[:1]]
        resource_entities.append({"uid": _uid("Resource", _resource((kind, path))), "attrs": attributes, "parents": parents})
    return [*made.values(), *resource_entities]


def _above(path: str) -> list[str]:
    """The paths strictly above a canonical one, nearest first: `/a/b` lies below `/a`, which lies below `/`."""
    if path == "/":
        return []
    parent = path.rpartition("/")[0] or "/"
    return [parent, *_above(parent)]


def _resource(resource: tuple[str, str] | None) -> str:
    return json.dumps(resource)


def _condition(condition: Record) -> str:
    """One condition as an expression that is `context.assume` wherever it cannot be judged."""
    operator, value = condition["operator"], condition["value"]
    given = f"context.given[{_text(condition['attribute'])}]"
    if operator in ("equals", "notEquals", "in", "notIn"):
        among = _texts(value if isinstance(value, list) else [value])
        test, needs = f"{among}.contains({given}.text)", "text"
        test = f"!{test}" if operator.startswith("not") else test
    elif operator in ("before", "after") and _read_time(value) is not None:
        test, needs = f"{given}.time {'<' if operator == 'before' else '>'} {_read_time(value)}", "time"
    elif operator == "cidr" and _read_network(value) is not None:
        test, needs = f"{given}.address.isInRange(ip({_text(value)}))", "address"
    else:
        return "context.assume"
    known = f"context.given has {_text(condition['attribute'])} && {given} has {needs}"
    return f"if {known} then {test} else context.assume"


def _given(value: str) -> dict[str, Any]:
    """What the request says of an attribute: its text, and where it can be read so, its time and its address."""
    known: dict[str, Any] = {"text": value}
    if (time := _read_time(value)) is not None:
        known["time"] = time
    if _read_address(value) is not None:
        known["address"] = {"__extn": {"fn": "ip", "arg": value}}
    return known


def _key(credential: Record | None) -> dict[str, Any]:
    if credential is None:
        return {}
    known: dict[str, Any] = {"owner": {"__entity": _uid("Principal", credential["principalId"])}}
    if credential.get("expiresAt"):
        known["expires"] = _time(credential["expiresAt"])
    if credential.get("revokedAt"):
        known["revoked"] = _time(credential["revokedAt"])
    return known


def _allowed(answer: Any) -> bool:
    """Cedar skips a policy that errs: here that would be a mistake of the translation, so it is raised."""
    if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
        raise AssertionError(answer.diagnostics.errors)
    return bool(answer.allowed)


def _outcome(at_best: bool, at_worst: bool) -> str:
    if at_best != at_worst:
        return "undetermined"
    return "allowed" if at_best else "denied"


def _read_time(text: str) -> int | None:
    return _time(text) if _RFC3339.fullmatch(text) else None


def _read_network(text: str) -> object | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _read_address(text: str) -> object | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _time(text: str) -> int:
    return _micros(datetime.fromisoformat(text))


def _micros(time: datetime) -> int:
    return (time - _EPOCH) // (datetime.resolution)


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _name(kind: str, name: str) -> str:
    return f"{kind}::{_text(name)}"


def _text(value: str) -> str:
    return json.dumps(value)


def _texts(values: Iterable[Any]) -> str:
    return f"[{', '.join(_text(str(each)) for each in values)}]"
