"""README.txt of an evidence pack, for an auditor who has never heard of auditkit."""

from __future__ import annotations

import re

import pandas as pd

from auditkit.findings_text import instant
from auditkit.review.campaign import Campaign
from auditkit.review.plan import Plan
from auditkit.review.progress import progress
from auditkit.review.proof import STATUSES
from auditkit.snapshot import Snapshot

_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_FILES = """\
WHAT IS IN IT

  report.html        The audit of the access as it was: open it in any browser; it loads nothing from anywhere.
  report.pdf         The same for print, if a browser was there to make it.
  population.csv     Everything that was asked about, with the recommendation and its reason, and who was asked.
  population.parquet The same as it was frozen when the review began; campaign.json holds its SHA-256.
  decisions.csv      Every item with what stands decided, by whom, when and why.
  log.csv            Who said what, one entry a line in its order, with changes of mind, what was taken back, and what
                     was settled where reviewers disagreed.
  decisions.jsonl    The same log as it was kept. Each line holds the SHA-256 of the line before it, so that nothing
                     can be cut out or put in unseen.
  findings.json/csv  What the rules flagged. accepted.csv: what somebody accepts, until when, and why.
  attestations.csv   What people attest of what no system tells: before the review, and during it. attested.toml: the
                     same as the next `review start --attestations` takes it.
  limits.csv         The thresholds that were judged by, each with where it comes from.
  plan/              plan.md: what was to be done, step by step, and what no step was made of, with why (unplanned.csv);
                     what-if.txt: what it would do, tried on the data beforehand; a ticket for each decision.
  proof.csv          What became of each decision by a later snapshot, if there was one: done, not done, came back,
                     cannot be told.
  snapshot/          The data that all this was judged by; manifest.json says when and from where it was read, what
                     could not be read, and the SHA-256 of each file. snapshot-after/: the later one, likewise.
  columns.csv        What each column of each of these tables means. Times are in UTC.
  owners.csv, required_permissions.csv, limits.toml, accepted.toml, attestations.toml
                     What the review was begun with, where it was given, as it was given.
  versions.txt       The programs that made this.
  verify.py          A small program that checks this folder. It needs Python and nothing else.

HOW TO CHECK IT

  python3 verify.py            checks every file, that none is missing or added, and the chain of decisions.
  sha256sum -c SHA256SUMS      checks the files alone, by another program.

  Both show that the folder is as it was made; not who made it. If the SHA-256 of SHA256SUMS was written down
  elsewhere when the pack was made, compare it. If there is a file SHA256SUMS.sig, somebody signed it:

  ssh-keygen -Y verify -f allowed_signers -I SIGNER -n auditkit -s SHA256SUMS.sig < SHA256SUMS

  where allowed_signers holds the line `SIGNER PUBLIC-KEY`, with the public key as you know it from elsewhere. To sign:

  ssh-keygen -Y sign -f KEY -n auditkit SHA256SUMS

HOW TO READ A DECISION

  keep        the access stays            remove      the access is to be taken away
  change      another role instead        rotate      a new credential instead of this one
  delegate    somebody else is to decide  not mine    the person asked is not the one to decide
  undo        an earlier entry is taken back; it stays in the log
  attest      no decision: somebody attests what no system tells (`reason`), as seen at a time (`target`)

  `reviewer` is the name that was given; `account` is the account and computer on which it was entered. `content` is
  the SHA-256 of what the reviewer was shown. `bulk` names the decisions that were made together.
"""


def readme(
    campaign: Campaign,
    standing: pd.DataFrame,
    planned: Plan,
    proof: pd.DataFrame | None,
    closed_at: pd.Timestamp,
    after: Snapshot | None = None,
) -> str:
    """The text of README.txt; `after` is the snapshot that `proof` was made by."""
    facts, manifest = campaign.facts, campaign.snapshot.manifest
    far = progress(standing.assign(whole="all"), "whole").iloc[0]
    stale, unowned = int(standing.stale.sum()), int(standing.reviewer.eq("").sum())
    kinds = ", ".join(f"{count:,} {kind}s" for kind, count in facts.counts.items())
    lines = [
        f"ACCESS REVIEW {_line(facts.name)}", "",
        "This folder is the evidence of a review of who may do what on Infuse Cloud IAM in the organisation",
        f"{_line(facts.organisation_id)}.",
        "It was made by auditkit, a program that reads an organisation's access and judges it.", "",
        f"  Data as of         {facts.as_of}, read from {_line(manifest.origin)}",
        f"  Review begun       {facts.started_at}, scope: {_line(facts.scope)}",
        f"  Pack made          {closed_at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}",
        f"  Items              {len(standing):,} ({kinds})",
        f"  Decided            {far.decided:,}",
        f"  Handed on          {far.waiting:,} (to somebody who has not decided: decided by nobody)",
        f"  Left undecided     {far.left:,} (plan/unplanned.csv lists them)",
        f"  Reviewers disagree {far.conflicts:,} (counted as decided above, and carried out by nobody)",
        f"  On other content   {stale:,} (decided about something else than the item is: to be decided again)",
        f"  Without an owner   {unowned:,} (nobody was named to be asked)",
        f"  Planned steps      {len(planned.steps):,}, {len(planned.warnings):,} warnings",
        f"  What became of it  {_proven(proof)}{_seen(after)}",
        f"  Data complete      {_complete(campaign)}", "",
    ]  # fmt: skip
    return "\n".join(lines) + "\n" + _FILES


def _proven(proof: pd.DataFrame | None) -> str:
    if proof is None:
        return "not judged: no later snapshot was given"
    counts = proof.status.value_counts()
    return ", ".join(f"{int(counts.get(status, 0)):,} {status}" for status in STATUSES)


def _seen(after: Snapshot | None) -> str:
    return "" if after is None else f" (seen on {instant(after.as_of)})"


def _complete(campaign: Campaign) -> str:
    missing = campaign.snapshot.incomplete
    return "yes" if not missing else "no: " + _line("; ".join(f"{name} ({why})" for name, why in missing.items()))


def _line(text: str) -> str:
    return _ODD.sub(" ", text)
