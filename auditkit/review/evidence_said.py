"""README.txt of a pack: who decided and how, what became of it, what is accepted, what is attested."""

from __future__ import annotations

import pandas as pd

from auditkit.access.telling import columns
from auditkit.access.telling import word as plain
from auditkit.review.accepted import last_day
from auditkit.review.advice import OWNER_KINDS, assign_reviewers, read_owners
from auditkit.review.entries import HANDED, follows
from auditkit.review.evidence_gathered import Gathered
from auditkit.review.evidence_scope import by_severity
from auditkit.review.progress import progress
from auditkit.review.proof import STATUSES, yet_used

_NOBODY = "(nobody)"
_NO_DECISIONS = ("undo", "attest")
_AS = {
    "principal": "owns the person, machine or group",
    "group": "owns a group that it is, or is in",
    "role": "owns the role",
    "module": "owns a module that the role or permission opens",
}


def reviewers(gathered: Gathered) -> pd.DataFrame:
    """For each item who was asked, and by which rule: item, whose, reviewer, because."""
    items, path = gathered.campaign.items, gathered.campaign.input("owners.csv")
    because = pd.Series("", index=items.index, dtype="str")
    if path is not None:
        owners = read_owners(path)
        for kind in OWNER_KINDS:
            owned = assign_reviewers(items, owners[owners.kind.eq(kind)], gathered.tables).ne("")
            because = because.mask(owned & because.eq(""), _AS[kind])
    nobody = "owners.csv names nobody for it" if path is not None else "no owners.csv was given"
    return items[["item", "whose", "reviewer"]].assign(because=because.mask(because.eq(""), nobody))


def decided_lines(gathered: Gathered) -> list[str]:
    """How many were decided, by whom, in bulk, against what was recommended, taken back; and what is left, by whom."""
    standing, log = gathered.standing, gathered.log
    far = progress(standing.assign(whole="all"), "whole").iloc[0]
    said = log[~log.action.isin(_NO_DECISIONS)]
    bulk = said[said.bulk.ne("")]
    odd = against(standing)
    left = by_severity(_left(standing).severity) or "none"
    told = [
        ("Items", len(standing), ""),
        ("Decided", far.decided, ""),
        ("Handed on", far.waiting, "to somebody who has not decided: decided by nobody"),
        ("Left undecided", far.left, f"{left}; plan/unplanned.csv lists them"),
        ("Reviewers disagree", int(far.conflicts), "counted as decided above, and carried out by nobody"),
        ("On other content", int(standing.stale.sum()), "decided about something else than the item is"),
        ("Nobody to be asked", int(standing.reviewer.eq("").sum()), _nobody(standing)),
        ("Not as recommended", int(odd.sum()), f"of these kept: {int((odd & standing.action.eq('keep')).sum()):,}"),
        ("In bulk", len(bulk), f"of {len(said):,} entries, in {bulk.bulk.nunique():,} acts on several at once"),
        ("Taken back", int(log.action.eq("undo").sum()), "entries `undo` of the log"),
    ]  # fmt: skip
    lines = [f"  {name:19}{count:>7,}{'  (' + note + ')' if note else ''}" for name, count, note in told]
    waiting, open_ = _undecided(standing) or ["  none"], int(far.left + far.waiting)
    lines += ["", "  By person who decided:", *_people(gathered)]
    return [*lines, "", f"  Left undecided or handed on, {open_:,} together, by whom they wait for:", *waiting]


def _left(standing: pd.DataFrame) -> pd.DataFrame:
    return standing[standing.action.eq("") | standing.stale]


def _nobody(standing: pd.DataFrame) -> str:
    """How many of those that nobody is named for are left, and how many others wait for nobody beside."""
    alone = standing.asked_of.eq("")
    left, handed = (
        int((alone & standing["item"].isin(_left(standing)["item"])).sum()),
        int((alone & standing.waiting).sum()),
    )
    beside = f"; with {handed:,} said to be not theirs, {left + handed:,} wait for {_NOBODY} below" if handed else ""
    return f"no owner is named; {left:,} of them are left undecided{beside}"


def against(standing: pd.DataFrame) -> pd.Series:
    """Where something else was decided than the program recommends; where it recommends to ask, nothing is against."""
    decided = standing.action.ne("") & ~standing.action.isin(HANDED) & ~standing.stale
    done = [follows(*pair) for pair in zip(standing.action, standing.recommendation, strict=True)]
    return decided & standing.recommendation.ne("ask") & ~pd.Series(done, standing.index, dtype="bool")


def _people(gathered: Gathered) -> list[str]:
    standing, log = gathered.standing, gathered.log
    known = set(gathered.campaign.snapshot.principals.display_name.dropna().str.strip().str.casefold())
    # Counted as above, so that the people make up the whole.
    parts = progress(standing, "decided_by").set_index("decided_by")[["decided", "waiting"]]
    stands = parts.assign(odd=against(standing).groupby(standing.decided_by).sum())
    rows = []
    for name, said in log.groupby("reviewer", sort=True):
        own = stands.reindex([name]).fillna(0).iloc[0]
        there = "yes" if str(name).strip().casefold() in known else "NO"
        accounts = ", ".join(sorted(said.account.replace("", "(none)").unique()))
        rows.append((name, len(said), int(own.decided), int(own.waiting), int(said.bulk.ne("").sum()), int(own["odd"]),
                     int(said.action.eq("undo").sum()), there, accounts))  # fmt: skip
    head = (
        "name given",
        "entries",
        "items decided",
        "handed on",
        "in bulk",
        "not as recommended",
        "taken back",
        "in the data",
        "accounts",
    )
    lines = columns(head, rows)
    strangers = sum(row[7] == "NO" for row in rows)
    if strangers:
        lines += [
            "",
            f"  {strangers} of these {len(rows)} names are the name of nobody in the data of this organisation.",
        ]
    return lines


def _undecided(standing: pd.DataFrame) -> list[str]:
    left = standing[standing.action.eq("") | standing.stale | standing.waiting]
    rows = [(name or _NOBODY, len(rows), by_severity(rows.severity)) for name, rows in left.groupby("asked_of")]
    return columns(("who", "items", "by severity of the worst finding on each"), rows)


def proof_lines(gathered: Gathered) -> list[str]:
    """What became of the decisions, by action and status."""
    proof = gathered.proof
    if proof is None:
        return ["  Not judged: no later snapshot was given."]
    statuses = [*STATUSES, *sorted(set(proof.status) - set(STATUSES))]
    counts = pd.crosstab(proof.action, proof.status).reindex(columns=statuses, fill_value=0)
    rows = [(action, sum(row), *row) for action, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)]
    lines = columns(("decided", "items", *statuses), rows)
    used = int(yet_used(proof).sum())
    if used:
        lines += ["", f"  {used:,} of what is done {'was' if used == 1 else 'were'} used after that: look into it; "
                  "proof.csv has it right behind what is not done."]  # fmt: skip
    return [*lines, "", "  `keep` is done where the access is still there; what was to go, only where it is gone."]


def accepted_lines(gathered: Gathered) -> list[str]:
    """What is accepted beforehand, until when, and what of it had lapsed when the pack was made, or later data read."""
    judged = gathered.judged
    if judged is None:
        return ["  Nothing: no accepted.toml was given."]
    frame, seen = judged.accepted, gathered.seen_at
    days = last_day(frame.until)
    rows = [
        (rule, plain(one), severity, until, plain(owner), "LAPSED" if over else "stands")
        for rule, one, severity, until, owner, over in zip(
            frame.rule, frame.subject_id, frame.severity, days, frame.owner, frame.until.le(seen), strict=True
        )
    ]
    state = f"on {seen.tz_convert('UTC'):%Y-%m-%d}"
    lines = columns(("rule", "subject", "severity", "last day", "accepted by", state), rows) or ["  Nothing."]
    lapsed = frame[frame.until.le(seen)]
    if len(lapsed):
        lines += ["", f"  {len(lapsed):,} had lapsed by then: they are findings again, and to be decided anew."]
    shown = gathered.standing.set_index("item").fingerprints.str.split().explode()
    on = sorted(set(shown.index[shown.isin(frame.fingerprint)]))
    named = ", ".join(map(plain, on))
    lines += ["", f"  Items with an accepted finding on them: {named or 'none'}."]
    return lines + [f"  Note: {plain(warning)}" for warning in judged.warnings]


def attested_lines(gathered: Gathered) -> list[str]:
    """What people attest of what no system tells."""
    frame = gathered.tables["attestations"]
    if frame is None or frame.empty:
        return ["  Nothing."]
    days = frame["when"].dt.strftime("%Y-%m-%d").fillna("-")
    return columns(("what", "said", "by", "on"), zip(frame.kind, frame.what, frame.who, days, strict=True))
