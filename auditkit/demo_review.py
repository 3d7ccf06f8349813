"""The demo's second half: a review of the sample, decided, planned, and held against the quarter after."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from auditkit import findings_text
from auditkit.access.required import read_required
from auditkit.access.tables import Tables
from auditkit.attestations import read_attestations
from auditkit.bundle import NEXT_AS_OF, bundled
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.accepted import read_accepted
from auditkit.review.advice import read_owners
from auditkit.review.campaign import INPUTS, Campaign, start
from auditkit.review.deciding import decide
from auditkit.review.difference import difference
from auditkit.review.difference_text import to_text
from auditkit.review.plan import plan
from auditkit.review.plan_text import plan_files
from auditkit.review.proof import counted_statuses, prove
from auditkit.snapshot import Snapshot
from auditkit.source.document import import_document
from auditkit.store import write_folder

MADE = ("review", "plan", "snapshot_next", "difference.txt", "proof.csv")
_REQUIRED = "required_permissions.csv"
# Two snapshots alone cannot know what came back.
_FINDINGS = ("new", "still", "gone")
_STARTED = pd.Timestamp("2026-10-05T09:00:00Z")
# The sample's reviewers are made up, as is where they sat and when they had the time for it.
_DAYS = pd.Timedelta(days=1, hours=1, minutes=17)
_EACH = pd.Timedelta(minutes=3)
_REASONS = {
    "keep": "nothing speaks against it",
    "remove": "as recommended",
    "rotate": "as recommended",
}


def review(work: Path, snapshot: Snapshot) -> list[str]:
    """Do it in the demo's folder; what came of it, a line each."""
    limits = Limits.from_toml(bundled("data/limits.toml"))
    before = _tables(snapshot)
    judged = run_rules(before, limits)
    campaign = start(
        before, judged, name="2026-Q4", out=work / "review", started_at=_STARTED,
        owners=read_owners(bundled("data/owners.csv")),
        inputs={name: bundled(f"data/{name}").read_bytes() for name in INPUTS},
    )  # fmt: skip
    _decide(campaign)
    standing = campaign.standing()
    planned = plan(standing, before, limits)
    write_folder(work / "plan", plan_files(planned).items())
    later = import_document(bundled("data/organisation_next.json"), pulled_at=pd.Timestamp(NEXT_AS_OF).as_unit("us"))
    later.save(work / "snapshot_next")
    after = _tables(later)
    changes = difference(
        judged, run_rules(after, limits), before, after, csvs=(_REQUIRED, _REQUIRED),
        accepted=read_accepted(bundled("data/accepted.toml")),
    )  # fmt: skip
    (work / "difference.txt").write_text(to_text(changes), "utf-8", newline="")
    proof = prove(standing, before, after)
    (work / "proof.csv").write_text(findings_text.to_csv(proof), "utf-8", newline="")
    findings = changes.findings.status.value_counts()
    return [
        f"Review {campaign.facts.name}: {len(standing):,} items, {int(standing.action.ne('').sum()):,} decided, "
        f"{campaign.facts.without_reviewer:,} without a reviewer; {len(planned.steps):,} steps planned",
        "A quarter later, findings: " + ", ".join(f"{int(findings.get(word, 0)):,} {word}" for word in _FINDINGS),
        f"Decisions proved: {counted_statuses(proof)}",
    ]


def _tables(snapshot: Snapshot) -> Tables:
    return Tables(
        snapshot,
        required=read_required(bundled(f"data/{_REQUIRED}")),
        attestations=read_attestations(bundled("data/attestations.toml")),
    )


def _decide(campaign: Campaign) -> None:
    """Each reviewer follows what is recommended to them; what they would have to ask about is left open.

    What nothing speaks against each keeps in one act for each kind, the rest they decide item by item.
    """
    owned = campaign.items[campaign.items.reviewer.ne("") & campaign.items.recommendation.isin(list(_REASONS))]
    alone = owned["item"].where(owned.recommendation.ne("keep"), "")
    acts = list(owned.groupby(["reviewer", "recommendation", "kind", alone], sort=True))
    days = {name: number * _DAYS for number, name in enumerate(sorted(set(owned.reviewer)), 1)}
    for number, ((reviewer, action, _, _), items) in enumerate(acts):
        decide(
            campaign, items["item"].tolist(), action=action, reviewer=reviewer, reason=_REASONS[action],
            at=findings_text.instant(_STARTED + days[reviewer] + number * _EACH), account=_account(reviewer),
            mark=_mark(f"{reviewer} {number}"),
        )  # fmt: skip


def _account(reviewer: str) -> str:
    """An account and a computer such as they have in a company."""
    first, *_, last = reviewer.lower().split()
    return f"{first[0]}{last}@brookmere-{_mark(reviewer)[:4]}"


def _mark(act: str) -> str:
    """What tells one act of deciding from another, as short and odd as those that `review decide` makes."""
    return hashlib.sha256(act.encode()).hexdigest()[:16]
