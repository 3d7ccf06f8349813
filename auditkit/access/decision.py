"""A decision: its outcome, the fourteen checks behind it, and the routes that were tried. It shows itself."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import msgspec

CHECKS = {
    "AUT1": "key-complete",
    "AUT2": "principal-active",
    "AUT3": "principal-organisation",
    "AUT4": "principal-expired",
    "AUT5": "credential-expired",
    "AUT6": "credential-revoked",
    "AUT7": "direct-auth-enabled",
    "AUT8": "api-accepts-iam-keys",
    "AUZ1": "has-route",
    "AUZ2": "type-supported",
    "AUZ3": "route-organisation",
    "AUZ4": "permission-included",
    "AUZ5": "scope-matches",
    "AUZ6": "conditions-hold",
}
_MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "skipped": "\N{EN DASH}"}
_ENCODE = msgspec.json.Encoder().encode


class Check(msgspec.Struct, frozen=True, gc=False):
    """One check: `result` is pass, fail, unknown or skipped; `fix` is there for a failed one."""

    id: str
    name: str
    result: str
    detail: str
    fix: str | None

    def to_dict(self) -> dict[str, str | None]:
        """The check as the contract writes it."""
        return {"id": self.id, "name": self.name, "result": self.result, "detail": self.detail, "fix": self.fix}


class Route(msgspec.Struct, frozen=True, gc=False):
    """One way to a permission: an assignment or a grant on the principal, or on a group that holds it.

    `through` is the chain of groups from the principal to the holder, empty when direct. `stopped_by` is the check that
    stopped it, None when none did; then `result` is pass or unknown. It is unknown also for a route that was stopped
    for lack of something that may stand in what was not read.
    """

    kind: str
    id: str
    role: str | None
    role_name: str | None
    permission: str | None
    through: tuple[str, ...]
    scope: str | None
    result: str
    stopped_by: str | None
    reason: str
    fix: str | None
    text: str

    def to_dict(self) -> dict[str, Any]:
        """The route as plain values."""
        return {
            "kind": self.kind, "id": self.id, "role": self.role, "role_name": self.role_name,
            "permission": self.permission, "through": list(self.through), "scope": self.scope, "result": self.result,
            "stopped_by": self.stopped_by, "reason": self.reason, "fix": self.fix, "text": self.text,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """`allowed`, `denied` or `undetermined`, and why. The first of `routes` is the one that came nearest."""

    outcome: str
    failed_check: str | None
    checks: tuple[Check, ...]
    routes: tuple[Route, ...]

    def to_dict(self) -> dict[str, Any]:
        """The decision as the contract writes it."""
        return {
            "outcome": self.outcome,
            "failed_check": self.failed_check,
            "checks": [check.to_dict() for check in self.checks],
            "routes": [route.to_dict() for route in self.routes],
        }

    def to_json(self) -> bytes:
        """`to_dict` as one line of JSON in UTF-8."""
        return _ENCODE(self)

    @property
    def detail(self) -> str:
        """The sentence that says most: of the failed check, else of the first unknown one, else the nearest route."""
        for check in self.checks:
            if check.id == self.failed_check or (self.failed_check is None and check.result == "unknown"):
                return check.detail
        return self.routes[0].text if self.routes else self.outcome

    @property
    def fixes(self) -> tuple[str, ...]:
        """What would help, of failed checks and then of the routes that were stopped; each once."""
        every = [check.fix for check in self.checks] + [route.fix for route in self.routes]
        return tuple(dict.fromkeys(fix for fix in every if fix))

    def to_text(self) -> str:
        """The decision as a tree for a terminal: ✓ passed, ✗ failed, ? unknown, a dash skipped."""
        failed = f" by {self.failed_check} {CHECKS[self.failed_check]}" if self.failed_check else ""
        lines = [f"{self.outcome}{failed}"]
        for check in self.checks:
            lines.append(f"├─ {_MARKS[check.result]} {check.id} {check.name}: {_line(check.detail)}")
            lines += [f"│     fix: {_line(check.fix)}"] if check.fix else []
        lines.append(f"└─ routes: {len(self.routes)}")
        for route in self.routes:
            stopped = f" {route.stopped_by}" if route.stopped_by else ""
            lines.append(f"   ├─ {_MARKS[route.result]}{stopped} {_line(route.text)}: {_line(route.reason)}")
            lines += [f"   │     fix: {_line(route.fix)}"] if route.fix else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The decision as a checklist; whatever comes from the IAM is escaped."""
        title = html.escape(f"{self.outcome}" + (f" by {self.failed_check}" if self.failed_check else ""))
        checks = "".join(
            _row(_MARKS[check.result], f"{check.id} {check.name}", check.detail, check.fix) for check in self.checks
        )
        routes = "".join(
            _row(_MARKS[route.result], route.stopped_by or "", f"{route.text}: {route.reason}", route.fix)
            for route in self.routes
        )
        head = "<thead><tr><th></th><th>check</th><th>detail</th><th>fix</th></tr></thead>"
        between = f'<tbody><tr><th colspan="4">routes: {len(self.routes)}</th></tr></tbody>'
        return f"<table><caption>{title}</caption>{head}<tbody>{checks}</tbody>{between}<tbody>{routes}</tbody></table>"


def _row(*cells: str | None) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(cell or '')}</td>" for cell in cells) + "</tr>"


def _line(text: str | None) -> str:
    """Text on one line, in which a terminal finds nothing to obey: what is not printable is written as an escape."""
    told = text or ""
    if told.isprintable():
        return told
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in told)
