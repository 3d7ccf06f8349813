"""The maker of sample organisations: a company that runs field gateways for water utilities, in any size.

`python -m auditkit.sandbox.maker` writes the sample that comes with auditkit into `data/`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from auditkit.bundle import SAMPLE_AS_OF
from auditkit.errors import InputError
from auditkit.sandbox import catalogue
from auditkit.sandbox.draft import ORGANISATION, Draft
from auditkit.sandbox.machines import gateway, ordinary_service
from auditkit.sandbox.needs import COLUMNS, Row, make_required
from auditkit.sandbox.next_quarter import next_quarter
from auditkit.sandbox.people import CONTRACTOR_EVERY, Staff, found_company
from auditkit.sandbox.stories_data import DATA
from auditkit.sandbox.stories_machines import MACHINES
from auditkit.sandbox.stories_people import PEOPLE

__all__ = ["SAMPLE_AS_OF", "make_organisation", "make_required", "write_sample"]

_GROUPS = 20
# Of so many principals one is a group, as long as the company has not all its groups.
_A_GROUP_EVERY = 6
# Things go wrong once in so many principals, and not at all in a company too small for them.
_STORIES_EVERY = 250
_TOO_SMALL = 150
# Who comes next: a person, a gateway, a service.
_NEXT = "UGUUGUSUGUUGUGUGUSUG"


def make_organisation(size: int = 250, seed: int = 2026) -> dict[str, Any]:
    """An organisation document of `size` principals; the same size and seed give the same document.

    From 150 principals on it holds what goes wrong in a company, once for every 250; a smaller one is just tidy.
    """
    if size < 1:
        raise InputError(f"an organisation has at least one principal, not {size}")
    draft = Draft(Random(seed))  # noqa: S311 — a sample must be the same every time; nothing here is secret
    staff = found_company(draft, _groups(size))
    _fill(staff, len(draft.principals) + (size - len(draft.principals)) // 3)
    for _ in range(_times(size)):
        for story in (*PEOPLE, *MACHINES, *DATA):
            story(staff)
    _fill(staff, size)
    return _document(draft)


def _groups(size: int) -> int:
    return min(_GROUPS, size // _A_GROUP_EVERY) + max(0, size // _STORIES_EVERY - 1) * 4


def _times(size: int) -> int:
    return 0 if size < _TOO_SMALL else max(1, size // _STORIES_EVERY)


def _fill(staff: Staff, size: int) -> None:
    """Add ordinary people and machines until there are so many principals."""
    draft = staff.draft
    while len(draft.principals) < size:
        kind = _NEXT[(draft.number("next") - 1) % len(_NEXT)]
        if kind == "G":
            gateway(draft)
        elif kind == "S":
            ordinary_service(draft)
        elif draft.number("person") % CONTRACTOR_EVERY == 0 and "contractors" in staff.groups:
            staff.contractor(created=-draft.days(30, 300), expires=draft.days(60, 300))
        else:
            staff.employee()


def _document(draft: Draft) -> dict[str, Any]:
    return {
        "organisation": {"id": ORGANISATION, "name": "Brookmere Telemetry", "settings": {"directApiKeyAuth": True}},
        "principals": draft.principals,
        "credentials": draft.credentials,
        "groupMembers": draft.members,
        "permissions": catalogue.permissions(),
        "resourceTypes": catalogue.resource_types(),
        "roles": catalogue.roles(),
        "roleAssignments": draft.assignments,
        "permissionGrants": draft.grants,
    }


def document_text(document: Mapping[str, Any]) -> str:
    """A document as it is kept: a record a line, so that a change is seen."""
    parts = []
    for name, value in document.items():
        lines = [_line(record) for record in value] if isinstance(value, list) else None
        text = _line(value) if lines is None else "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"
        parts.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def required_text(rows: Iterable[Row]) -> str:
    """Rows of required permissions as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_sample(folder: Path) -> list[Path]:
    """Write the bundled organisation and its required permissions into a folder; the paths come back."""
    document = make_organisation()
    rows = make_required(document)
    texts = {
        "organisation.json": document_text(document),
        "organisation_next.json": document_text(next_quarter(document)),
        "required_permissions.csv": required_text(rows),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    return [folder / name for name in texts]


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    for path in write_sample(Path(__file__).parents[2] / "data"):
        print(path)  # noqa: T201 — run by hand
