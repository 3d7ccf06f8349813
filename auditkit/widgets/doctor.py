"""What the notebooks work on: what is read, how complete and how old it is, and what to open next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from auditkit.findings import Findings
from auditkit.findings_met import evaluated_words
from auditkit.rules import RULES
from auditkit.widgets.base import Panel, Static, View
from auditkit.widgets.coverage import unread
from auditkit.widgets.markup import safe_table

if TYPE_CHECKING:
    from auditkit.widgets.desk import Desk

# After so many days a snapshot says little of today's organisation.
STALE_DAYS = 30
NOTEBOOKS = (
    ("01_connect_and_pull", "How do I read my organisation?"),
    ("02_findings", "What was found, and what proves it?"),
    ("03_principals", "Who is inactive, unused or foreign?"),
    ("04_credentials", "Which credentials end, age or wait for their rotation?"),
    ("05_roles_and_api_keys", "Which roles do not fit who holds them?"),
    ("06_access_and_gaps", "Who lacks what is required, or holds more?"),
    ("07_quarterly_review", "Who decides what is kept and what is removed?"),
    ("why_denied", "Why is this one request denied?"),
    ("quarterly_access_review", "All of it on one page, as the report shows it"),
)


class DoctorPanel(Panel):
    """Each thing that the notebooks need: what it is, whether it is good, what would mend it."""

    rules: ClassVar[tuple[str, ...]] = tuple(rule.id for rule in RULES)

    def build(self, found: Findings) -> View:
        """One row a thing that was looked at; a note says which notebook to open next."""
        frame = examined(self.desk, found)
        wrong = frame[frame.good.eq("no")]
        words = f"{len(frame) - len(wrong)} of {len(frame)} things are as they should be"
        return View(
            frame=frame,
            headline=words if len(wrong) else f"{words}: all is well",
            warnings=unread(self.desk.snapshot),
            warned="Not read whole",
            notes=[f"Open next: {next_notebook(self.desk, found)}"],
            labels={"to_mend": "How to mend it"},
        )


def notebooks() -> Static:
    """The notebooks, each with the question that it answers."""
    books = pd.DataFrame(list(NOTEBOOKS), columns=["notebook", "question"])
    return Static(safe_table(books, caption="The notebooks"), text=f"{len(books)} notebooks")


def next_notebook(desk: Desk, found: Findings) -> str:
    """The notebook to open next, and why."""
    if not desk.snapshot.complete:
        return "01_connect_and_pull, since this snapshot is not complete; a pull into its folder resumes it"
    severe = found.frame.severity.ge("high")
    if severe.any():
        return f"02_findings, since {int(severe.sum()):,} findings are high or critical"
    return "02_findings" if len(found.frame) else "quarterly_access_review, since nothing was found"


def examined(desk: Desk, found: Findings) -> pd.DataFrame:
    """The things looked at: what, result, good (yes or no), to_mend."""
    snapshot, manifest = desk.snapshot, desk.snapshot.manifest
    whole = len(manifest.collections) - len(snapshot.incomplete)
    kept = sum(len(frame) for frame in snapshot.frames.values())
    changed = len(desk.limits.changed())
    # A report is the same whenever it is made; a person at a notebook wants to know of today.
    age = None if desk.headless else (pd.Timestamp.now("UTC") - manifest.finished_at).days
    old = "pulled " + f"{manifest.finished_at:%Y-%m-%d %H:%M} UTC" + ("" if age is None else _ago(age))
    rows = [
        ("snapshot", f"{snapshot.id}, {kept:,} records from {manifest.origin}", True, ""),
        ("completeness", f"{whole} of {len(manifest.collections)} collections read whole", snapshot.complete,
         "pull again into the same folder: it reads what is missing"),
        ("age", old, age is None or age <= STALE_DAYS, "pull anew, by 01_connect_and_pull"),
        ("problems", f"{len(snapshot.problems):,} problems in the records read", not len(snapshot.problems),
         "02_findings, family data, says which records and why"),
        ("rules", evaluated_words(found.rules), bool(found.rules.evaluated.all()),
         "`desk.answer()` says what each lacks"),
        ("required permissions", desk.required_words, desk.tables["required"] is not None,
         "required_permissions.csv in this folder: principal_id, permission, expect"),
        ("limits", f"{changed:,} of {len(desk.limits.table()):,} differ from their defaults", True, ""),
        ("owners", "none were given" if desk.owners is None else f"{len(desk.owners):,} rows", desk.owners is not None,
         "owners.csv in this folder: kind, id, reviewer"),
    ]  # fmt: skip
    told = [(what, result, "yes" if good else "no", None if good else mend) for what, result, good, mend in rows]
    return pd.DataFrame(told, columns=["what", "result", "good", "to_mend"]).astype("str")


def _ago(days: int) -> str:
    return f", {days:,} days ago" if days >= 0 else ", which is in the future of this machine's clock"
