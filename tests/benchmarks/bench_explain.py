"""A hundred thousand requests explained in full, by the command, against Cedar's bare answers to the same requests."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import cedarpy

sys.path.insert(0, str(Path(__file__).parents[1] / "access"))

from cedar_referee import Referee, _places
from documents import snapshot_of
from gateway import condition, held, permission, person, resource_type, role, scope

ASKED, REFEREED = 100_000, 10_000
PEOPLE, GROUPS, ROUTES, ROLES, PERMISSIONS = 5_000, 200, 200, 30, 120
NOW = datetime(2026, 10, 1, tzinfo=UTC)


def organisation(random: Random) -> dict[str, Any]:
    """5,000 principals in 200 nested groups, 200 assignments, most of them to groups, many scoped or conditional."""
    groups = [f"g-{number}" for number in range(GROUPS)]
    people = [f"p-{number}" for number in range(PEOPLE)]
    catalogue = [permission(f"perm-{number}", f"iot.f{number % 9}.act{number}") for number in range(PERMISSIONS)]
    nested = [{"groupId": f"g-{number // 4}", "principalId": f"g-{number}"} for number in range(1, GROUPS)]
    joined = [{"groupId": random.choice(groups), "principalId": name} for name in people]
    kinds = ("User", "ApiKey", "ServiceAccount")
    return {
        "organisation": {"id": "org-1", "name": "One", "settings": {"directApiKeyAuth": False}},
        "principals": [person(name, "Group") for name in groups] + [person(name, random.choice(kinds)) for name in people],
        "credentials": [],
        "groupMembers": nested + joined,
        "permissions": catalogue,
        "resourceTypes": [resource_type("iot.network", True), resource_type("iot.device", False)],
        "roles": [_role(random, f"r-{number}") for number in range(ROLES)],
        "roleAssignments": [_assignment(random, f"ra-{number}") for number in range(ROUTES)],
        "permissionGrants": [],
    }


def _role(random: Random, name: str) -> dict[str, Any]:
    types = None if random.random() < 0.1 else random.sample(["User", "ApiKey", "ServiceAccount", "Group"], 3)
    return role(name, types, [f"perm-{number}" for number in random.sample(range(PERMISSIONS), random.choice((5, 20, 70)))])


def _assignment(random: Random, name: str) -> dict[str, Any]:
    holder = f"g-{random.randrange(GROUPS)}" if random.random() < 0.9 else f"p-{random.randrange(PEOPLE)}"
    made = held(name, holder, roleId=f"r-{random.randrange(ROLES)}")
    if random.random() < 0.4:
        made["resourceScope"] = scope("iot.network", f"/network-{random.randrange(20)}")
    if random.random() < 0.2:
        made["conditions"] = [condition("request.ip", "cidr", "10.0.0.0/8")]
    return made


def request(random: Random) -> dict[str, Any]:
    """One request: half of them name a resource, most say where they come from."""
    number = random.randrange(PERMISSIONS)
    place = ("iot.device", f"/network-{random.randrange(20)}/device-{random.randrange(50)}") if random.random() < 0.5 else None
    context = {"request.ip": f"{random.choice((10, 192))}.0.0.{random.randrange(250)}"} if random.random() < 0.8 else {}
    return {
        "principal": f"p-{random.randrange(PEOPLE)}", "permission": f"iot.f{number % 9}.act{number}", "resource": place,
        "context": context,
    }  # fmt: skip


def cedar(document: dict[str, Any], asked: list[dict[str, Any]]) -> float:
    """Decisions a second; policies, entities and requests are ready before the clock starts."""
    referee = Referee(document, NOW)
    entities = referee._fixed + _places({each["resource"] for each in asked if each["resource"]})
    handle = cedarpy.Entities.from_json_str(json.dumps(entities))
    ready = [referee._request(each, False) for each in asked]
    start = time.perf_counter()
    cedarpy.is_authorized_batch(ready, referee._policies, handle)
    return len(asked) / (time.perf_counter() - start)


def auditkit(document: dict[str, Any], asked: list[dict[str, Any]]) -> float:
    """Decisions a second of the whole command: start, snapshot from disk, every check, sentence and route as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = snapshot_of(document).save(Path(folder) / "snapshot")
        lines = Path(folder) / "requests.jsonl"
        with lines.open("w", encoding="utf-8") as file:
            for each in asked:
                kind, path = each["resource"] or (None, None)
                file.write(json.dumps(each | {"resource_type": kind, "resource": path}) + "\n")
        words = ["-m", "auditkit", "explain", str(snapshot), "--requests", str(lines), "--format", "json"]
        start = time.perf_counter()
        with (Path(folder) / "decisions.jsonl").open("wb") as out:
            subprocess.run([sys.executable, *words], check=True, stdout=out)
        return len(asked) / (time.perf_counter() - start)


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    random = Random(20260101)
    document = organisation(random)
    asked = [request(random) for _ in range(ASKED)]
    name = "at least: 100,000 requests explained, start included, against Cedar's answers, in decisions a second"
    return [(name, auditkit(document, asked) / cedar(document, asked[:REFEREED]), 2.0)]


if __name__ == "__main__":
    for row in main():
        print(*row)
