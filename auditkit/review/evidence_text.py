"""README.txt of an evidence pack, for an auditor who has never heard of auditkit."""

from __future__ import annotations

from auditkit.access.telling import DATA_NOTE
from auditkit.access.telling import word as plain
from auditkit.review.evidence_controls import unmapped
from auditkit.review.evidence_gathered import Gathered
from auditkit.review.evidence_said import accepted_lines, attested_lines, decided_lines, proof_lines
from auditkit.review.evidence_scope import read_lines, scope_lines, warnings, wrapped

_GENUINE = """\
IS IT GENUINE

  sha256sum SHA256SUMS         prints the seal of this pack: the SHA-256 of the file SHA256SUMS. Compare it with the
                               seal that was written down elsewhere when the pack was made. No other number is the
                               seal, nor is the one in the first line of SHA256SUMS.
  python3 -I verify.py         checks the pack and prints its seal. It needs Python and nothing else.
  sha256sum -c SHA256SUMS      checks the files alone, by another program.

  verify.py checks that every file is the one that SHA256SUMS lists, and that none is missing or added; that each entry
  of decisions.jsonl follows the one before; that log.csv and decisions.csv say what decisions.jsonl says; that the
  population, the snapshot and the inputs are those that campaign.json says the review began with; and that the files
  of each snapshot are those that its manifest lists.
  It makes nothing anew that was computed: what the rules found and recommended, the plan, proof.csv, controls.csv and
  this text. auditkit does, from snapshot/ and the other files that are named above.
  It cannot tell who made the pack. Whoever makes a pack anew can make all these numbers anew: only the seal that was
  written down elsewhere, or a signature, shows that nobody did. Nor can it tell whether the IAM gave true answers, or
  whether a person had the name they gave.

  If there is a file SHA256SUMS.sig, somebody signed the list:
  ssh-keygen -Y verify -f allowed_signers -I SIGNER -n auditkit -s SHA256SUMS.sig < SHA256SUMS
  where allowed_signers holds the line `SIGNER PUBLIC-KEY`, with the public key as you know it from elsewhere. To sign:
  ssh-keygen -Y sign -f KEY -n auditkit SHA256SUMS
"""

_WHO = """\
  NOBODY WAS AUTHENTICATED. `reviewer` and `decided_by` are the names that were given; the program asked for no proof.
  `account` is the user and computer that the operating system named where the decision was entered. Several names from
  one account, or one that is not the person's own, are for you to ask about.
"""

_ASKED = """\
  Each item goes to the owner of the person, machine or group that has it; if owners.csv names none, to the owner of
  the first group, by id, that it is or is in; else to the owner of its role; else to the owner of the first module, by
  name, that it opens. What nobody owns has no reviewer. reviewers.csv says for each item which of these it was.
"""

_FILES = """\
WHAT IS IN IT

  report.html        The audit of the access as it was when the review began: what the rules found, and NOT what was
                     decided of it. Open it in any browser; it loads nothing from anywhere.
  report.pdf         The same for print, if a browser was there to make it.
  population.csv     Everything that was asked about, with the recommendation and its reason, and who was asked.
  population.parquet The same as it was frozen when the review began; campaign.json holds its SHA-256.
  reviewers.csv      Who was asked about each item, and by which rule.
  decisions.csv      Every item with what stands decided, by whom, from which account, when and why.
  log.csv            Who said what, one entry a line in its order, with changes of mind, what was taken back, and what
                     was settled where reviewers disagreed.
  decisions.jsonl    The same log as it was kept. Each line holds the SHA-256 of the line before it, so that nothing
                     can be cut out or put in unseen.
  findings.json/csv  What the rules flagged. accepted.csv: what somebody accepts, until when, and why.
  unasked.csv        The findings that hang on no item, so that no reviewer was shown them.
  controls.csv       Controls of ISO 27001, SOC 2, NIST 800-53 and CIS: what in this pack is evidence for each, and what
                     it says; those for which nothing here is evidence are listed too.
  attestations.csv   What people attest of what no system tells: before the review, and during it. attested.toml: the
                     same as the next `review start --attestations` takes it.
  limits.csv         The thresholds that were judged by, each with where it comes from.
  plan/              plan.md: what was to be done, step by step, and what no step was made of, with why (unplanned.csv);
                     what-if.txt: what it would do, tried on the data beforehand; a ticket for each decision.
  proof.csv          What became of each decision by a later snapshot, if there was one.
  campaign.json      What the review began with: its scope, and the SHA-256 of the population, snapshot and inputs.
  snapshot/          The data that all this was judged by; manifest.json says when and from where it was read, what
                     could not be read, and the SHA-256 of each file. snapshot-after/: the later one, likewise.
  columns.csv        What each column and field of each of these files means. Times are in UTC.
  owners.csv, required_permissions.csv, limits.toml, accepted.toml, attestations.toml
                     What the review was begun with, where it was given, as it was given.
  versions.txt       The programs that made this.
  verify.py          A small program that checks this folder.

HOW TO READ A DECISION

  keep        the access stays            remove      the access is to be taken away
  change      another role instead        rotate      a new credential instead of this one
  delegate    somebody else is to decide  not mine    the person asked is not the one to decide
  undo        an earlier entry is taken back; it stays in the log
  attest      no decision: somebody attests what no system tells (`reason`), as seen at a time (`target`)

  `bulk` names the decisions that were made together. A cell that a spreadsheet could run has an apostrophe before it
  that belongs to the CSV alone.

HOW THE HASHES ARE MADE

  chain    of a line of decisions.jsonl: take its object, set `chain` to "", write it as JSON with its keys sorted, no
           blanks, and \\u escapes for all but ASCII, and take the SHA-256 of that. `previous` is the chain of the line
           before it, 64 zeros in the first. verify.py does it, in the function _chain.
  content  SHA-256, in UTF-8, of the id of whoever has it, then of each of these a byte 1F and the value:
           principal   type, status, organisation_id, created_at, expires_at
           credential  key_id, kind, created_at, expires_at, revoked_at
           assignment  role_id, organisation_id, scope_type, scope_path, conditions, expires_at, and the role (below)
           grant       permission_id, organisation_id, scope_type, scope_path, conditions, expires_at
           as the snapshot has them; a byte 00 for an absent one; times as 2026-10-01T00:00:00.000000Z. The role is the
           SHA-256, in hex, of the ids of its permissions, sorted, a line break between each; two line breaks; the types
           it supports, sorted, a comma between each, or ? if it does not say; two line breaks; its conditions.
"""


def readme(gathered: Gathered) -> str:
    """The text of README.txt."""
    facts, odd = gathered.campaign.facts, warnings(gathered)
    closed = f"{gathered.closed_at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"
    parts = [
        [
            f"ACCESS REVIEW {plain(facts.name)}", "",
            "This folder is the evidence of a review of who may do what in the organisation",
            f"{plain(facts.organisation_id)} on Infuse Cloud IAM, which manages its people, machines, keys and roles.",
            "It was made by auditkit, a program that reads the access of an organisation, judges it by rules, and",
            "keeps what people decide of it.", "",
            f"  Review begun  {facts.started_at}, scope: {plain(facts.scope)}",
            f"  Review before {plain(facts.previous) or 'none: this is the first'}",
            f"  Pack made     {closed}", "",
            DATA_NOTE,
        ],
        ["LOOK AT THIS FIRST", "", *(f"  !! {line}" for line in odd)] if odd else [],
        [_GENUINE.rstrip()],
        ["WHAT WAS ASKED ABOUT, AND WHAT WAS NOT", "", *scope_lines(gathered)],
        ["WHAT WAS READ", "", *read_lines(gathered)],
        ["WHO WAS ASKED", "", _ASKED.rstrip()],
        ["WHO DECIDED", "", _WHO, *decided_lines(gathered)],
        ["WHAT BECAME OF IT", "", *proof_lines(gathered), "",
         f"  To carry the decisions out the program proposed {len(gathered.planned.steps):,} steps, with "
         f"{len(gathered.planned.warnings):,} warnings: plan/plan.md."],
        ["WHAT WAS ACCEPTED BEFOREHAND", "", *accepted_lines(gathered)],
        ["WHAT WAS ATTESTED", "", *attested_lines(gathered)],
        ["WHICH CONTROLS IT IS EVIDENCE FOR", "",
         "  controls.csv lists them one by one. The review itself is evidence for ISO 27001:2022 A.5.18, SOC 2 CC6.2,",
         "  NIST 800-53 AC-2(j) and AC-6(7): population.csv, decisions.csv, log.csv, and proof.csv if there is one.",
         *wrapped(f"Rules that are evidence for no control: {', '.join(unmapped())}.", "  ")],
    ]  # fmt: skip
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n\n" + _FILES
