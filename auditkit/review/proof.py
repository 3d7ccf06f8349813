"""What became of each decision by a later snapshot: done, not done, came back, was so already, or cannot be told."""

from __future__ import annotations

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.review.proof_again import again, instead_of
from auditkit.review.proof_state import compared, left_under

STATUSES = ("not done", "came back", "cannot be told", "was so already", "done")
COLUMNS = (
    "item",
    "kind",
    "principal_id",
    "whose",
    "says",
    "action",
    "target",
    "status",
    "evidence",
    "decided_by",
    "reason",
    "used_after",
)
_LOOK = "used after its end: look into that"
_COLLECTION = {
    "principal": "principals",
    "credential": "credentials",
    "assignment": "role_assignments",
    "grant": "permission_grants",
}


def prove(standing: pd.DataFrame, before: Tables, after: Tables) -> pd.DataFrame:
    """Judge every decision that asks for something by the snapshot of `after`.

    `standing` is `Campaign.standing()`, `before` the tables that the campaign judged. Done is what has changed as was
    decided; what was given again since, where it was or wider, "came back". A record that was to go and is still there
    is not done, whether it gives anything or nothing; "was so already" is what was over at the review: a principal that
    was stopped, an assignment or grant that had expired. A principal is removed when it is not active and nothing is
    left under it; what only expired and is still used is not done. Where reviewers disagree and nobody settled it,
    nothing was to be done, so that it cannot be told. Returns `COLUMNS` (`used_after` is the day of a use after the
    end, empty where there was none), what is not done first, and of that the credentials that were to be removed and
    still work before all else; then what is done, and was used all the same.
    """
    asked = standing[standing.action.isin(["keep", "remove", "change", "rotate"])]
    going = set(asked.principal_id[asked.kind.eq("principal") & asked.action.eq("remove") & ~asked.conflict])
    parts = [_judged(asked[asked.kind.eq(kind)], kind, going, before, after) for kind in _COLLECTION]
    rows = pd.concat(parts, ignore_index=True)
    place = rows.status.map({status: 2 * number for number, status in enumerate(STATUSES)}).mask(yet_used(rows), 1)
    key = rows.kind.eq("credential") & rows.action.eq("remove") & rows.status.eq("not done")
    rows = rows.assign(_key=2 - key.astype("int64") - (key & rows.works), _place=place).sort_values(
        ["_key", "_place", "item"], ignore_index=True
    )
    return rows[list(COLUMNS)].astype("str")


def yet_used(proof: pd.DataFrame) -> pd.Series:
    """Where something was done as was decided, and was used after that: a matter to look at."""
    return proof.status.eq("done") & proof.used_after.ne("")


def counted_statuses(proof: pd.DataFrame) -> str:
    """How many decisions of each status there are, and how many of what is done was used all the same, in words."""
    counts, used = proof.status.value_counts(), int(yet_used(proof).sum())
    words = ", ".join(f"{int(counts.get(status, 0)):,} {status}" for status in STATUSES)
    return words + (f", of which {used:,} {_LOOK}" if used else "")


def _judged(asked: pd.DataFrame, kind: str, going: set[str], before: Tables, after: Tables) -> pd.DataFrame:
    asked = asked.reset_index(drop=True)
    state = compared(asked, kind, before, after)
    frame = state.assign(
        action=asked.action,
        going=asked.principal_id.isin(going),
        left=left_under(asked.record_id, after) if kind == "principal" else "",
    )
    frame = frame.join(again(asked, kind, before, after)).join(instead_of(asked, kind, before, after))
    unread = set(after.snapshot.incomplete)
    frame["unseen"] = (_COLLECTION[kind] in unread) & ~frame.there
    # Whether nothing is left under a principal, or took the place of something, cannot be told of half a list.
    beside = {"principal": ["credentials", "role_assignments", "permission_grants"], "credential": ["credentials"]}
    frame["half"] = bool(unread & set(beside.get(kind, ["role_assignments"])))
    status, evidence = _removed(frame)
    kept, kept_because = _kept(frame)
    keep = asked.action.eq("keep")
    status, evidence = kept.where(keep, status), kept_because.where(keep, evidence)
    # What a sentence of the cases above says of a record does not hold where the list was not whole.
    listed = " and ".join(sorted(unread)).replace("_", " ")
    evidence = evidence.mask(status.eq("cannot be told"), f"could not be read whole: {listed}")
    status = status.mask(asked.conflict, "cannot be told")
    evidence = evidence.mask(asked.conflict, state.now + "; reviewers disagree, and nobody settled what is to be done")
    rows = asked.assign(status=status.astype("str"), evidence=evidence.astype("str"))
    rows = rows.assign(used_after=state.used, works=state.works)
    rows["evidence"] = rows.evidence.mask(yet_used(rows), rows.evidence + "; look into that use")
    return rows


def _removed(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Status and evidence of each row as if it was to be removed, changed or rotated: the first case that fits."""
    remove, new_one = rows.action.eq("remove"), rows.action.isin(["rotate", "change"])
    lacking = new_one & ~rows.renewed & ~rows.going
    idle = rows.action.eq("rotate") & rows.same & ~rows.fresh
    cases = [
        (rows.works & ~rows.moved, "not done", rows.now),
        (rows.again.ne(""), "came back", rows.now + "; came back, as " + rows.again),
        (rows.unseen, "cannot be told", rows.now),
        (rows.used.ne("") & ~rows.revoked, "not done", rows.now),
        (remove & rows["left"].ne(""), "not done", rows.now + "; left under it: " + rows["left"]),
        (rows.half & (lacking | (remove & rows["left"].eq("") & rows.left_counts)), "cannot be told", rows.now),
        (lacking | idle, "not done", rows.now + "; but nothing took its place"),
        (rows.lingers & ~rows.moved, "not done", rows.now),
        (remove & rows.same, "was so already", rows.now),
        (rows.renewed & new_one, "done", rows.now + "; " + rows.successor + " is in its place"),
        (rows.stated, "done", rows.now + "; that was its end date at the review"),
        (rows.going & new_one, "done", rows.now + "; what has it was to be removed"),
    ]
    status, evidence = _first_of(cases, "done", rows.now)
    # Less than was taken away, or elsewhere, is no undoing, but whoever reads of it as gone is to know.
    known = rows.elsewhere.ne("") & status.isin(["done", "was so already"])
    return status, evidence.mask(known, evidence + "; " + rows.elsewhere)


def _kept(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Status and evidence of each row as if it was to be kept."""
    cases = [
        (rows.same, "done", rows.now),
        (rows.works, "done", rows.now + "; changed since the review: " + rows.differs),
        (rows.unseen, "cannot be told", rows.now),
        (rows.fresh, "done", rows.now + "; replaced by " + rows.successor + ", which is newer: the access is kept"),
        (rows.stated, "done", rows.now + "; it ended on " + rows.end + ", as was stated when it was kept"),
        (rows.going, "done", rows.now + "; what has it was to be removed"),
    ]
    return _first_of(cases, "not done", rows.now + ", though it was to be kept")


def _first_of(
    cases: list[tuple[pd.Series, str, pd.Series]], status: str, evidence: pd.Series
) -> tuple[pd.Series, pd.Series]:
    statuses, words = pd.Series(status, index=evidence.index, dtype="str"), evidence
    for fits, found, told in reversed(cases):
        statuses, words = statuses.mask(fits, found), words.mask(fits, told)
    return statuses, words
