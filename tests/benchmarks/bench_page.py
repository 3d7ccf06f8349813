"""A report of 50,000 findings: how large its file is, how soon it opens, how fast its search answers."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from auditkit.report import make_report
from auditkit.schema import frame
from auditkit.snapshot import Snapshot, build

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ROUNDS = 5
EACH = 8_334
_OPENED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
# The slowest of the page's tables, laid out anew.
_SEARCHED = """text => Math.max(...Array.from(document.querySelectorAll("input[type=search]"), field => {
  const start = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input"));
  field.getBoundingClientRect();
  return performance.now() - start;
}))"""


def organisation() -> Snapshot:
    """Idle people without access, and old keys without expiry on a role that does not support them: six findings a pair."""
    people, keys = ([f"{kind}-{number:06d}" for number in range(EACH)] for kind in ("usr", "key"))
    days = [f"2026-0{1 + number % 6}-{1 + number % 28:02d}T00:00:00Z" for number in range(EACH)]
    long_ago, same = ["2025-01-01T00:00:00Z"] * EACH, ["org"] * EACH
    return build(
        {
            "organisation": frame("organisation", {"organisation_id": ["org"], "name": ["Fifty thousand"]}),
            "principals": frame("principals", {
                "principal_id": people + keys, "type": ["User"] * EACH + ["ApiKey"] * EACH, "display_name": people + keys,
                "status": ["Active"] * 2 * EACH, "organisation_id": same * 2, "created_at": long_ago * 2,
                "last_active_at": days + ["2026-09-30T00:00:00Z"] * EACH,
            }),
            "credentials": frame("credentials", {
                "credential_id": [f"crd-{number:06d}" for number in range(EACH)], "key_id": [f"{number:012x}" for number in range(EACH)],
                "name": ["main"] * EACH, "principal_id": keys, "kind": ["ApiKey"] * EACH, "created_at": long_ago,
                "last_used_at": ["2026-09-30T00:00:00Z"] * EACH,
            }),
            "permissions": frame("permissions", {
                "permission_id": ["p1", "p2"], "identifier": ["iot.a.read", "iot.a.write"], "module": ["iot"] * 2,
                "feature": ["a"] * 2, "action": ["read", "write"], "name": ["Read", "Write"],
            }),
            "roles": frame("roles", {
                "role_id": ["r1"], "name": ["Operators"], "scope": ["Organisation"], "supported_principal_types": [["User"]],
                "permission_ids": [["p1"]],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": [f"asg-{number:06d}" for number in range(EACH)], "principal_id": keys, "role_id": ["r1"] * EACH,
                "organisation_id": same, "created_at": long_ago,
            }),
        },
        as_of="2026-10-01T00:00:00Z",
    )  # fmt: skip


def seen(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds until the page can be used, and milliseconds of the slowest of some searches."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        opened = float(page.evaluate(_OPENED)) / 1000
        # What a reader does before typing takes longer than the index does.
        page.wait_for_timeout(1_000)
        return opened, max(float(page.evaluate(_SEARCHED, text)) for text in ("usr-004242", "expiry", "no such", ""))


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, measured, goal)."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        target = make_report(organisation(), out=Path(folder) / "report.html")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-gpu"])
        opened, searched = (min(each) for each in zip(*(seen(browser, target.as_uri()) for _ in range(ROUNDS)), strict=True))
        browser.close()
        size = target.stat().st_size / 1e6
    return [
        ("a report of 50,000 findings, in MB", size, 5.0),
        ("the same, until it can be used, in s", opened, 0.5),
        ("the same, its search, in ms", searched, 50.0),
    ]


if __name__ == "__main__":
    for row in main():
        print(*row)
