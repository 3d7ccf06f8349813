"""A decision as text: the vendor's checklist with a mark for each check, and every route with what stopped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.terminal import columns, visible

_MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "skipped": "·"}


def decision_text(decision: Mapping[str, Any]) -> str:
    """A decision of the contract (`Decision.to_dict()`) as a checklist."""
    head = ("", "check", "", "")
    rows = [
        (_MARKS[check["result"]], check["id"], check["name"], check["detail"] or check["result"])
        for check in decision["checks"]
    ]
    lines = [headline(decision), "", *columns(rows, head=head)[1:], *_fixes(decision["checks"])]
    return "\n".join([*lines, *_routes(decision["routes"])])


def headline(decision: Mapping[str, Any]) -> str:
    """`denied: AUZ4 permission-included`, or the outcome alone."""
    failed = next((check for check in decision["checks"] if check["id"] == decision["failed_check"]), None)
    return f"{decision['outcome']}" + (f": {failed['id']} {failed['name']}" if failed else "")


def _fixes(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [f"  {check['id']}  {visible(check['fix'])}" for check in checks if check["fix"]]
    return ["", "What to do:", *told] if told else []


def _routes(routes: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [
        "  " + ", ".join(f"{name} {visible(value)}" for name, value in route.items() if value not in (None, "", []))
        for route in routes
    ]
    return ["", "Routes:", *told] if told else []
