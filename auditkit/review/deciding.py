"""A decision made: from what somebody chose to entries of the log, on disk before it is shown as done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from auditkit.attestations import KINDS
from auditkit.errors import DecisionRefused
from auditkit.review.attested import PREFIX
from auditkit.review.campaign import Campaign
from auditkit.review.decisions import voices
from auditkit.review.entries import Entry, alike
from auditkit.review.targets import fitting

MOST_AT_ONCE = 1_000
"""So many items may be decided in one bulk: a list that a person can still have looked at."""


def decide(
    campaign: Campaign,
    items: Sequence[str],
    *,
    action: str,
    reviewer: str,
    at: str,
    account: str,
    mark: str,
    reason: str = "",
    target: str = "",
    resolves: bool = False,
) -> tuple[Entry, ...]:
    """Decide about items of a campaign and write it, all or nothing; gives the entries. What the reviewer has decided
    just so already makes no entry, and keeps its reason.

    `mark` is new for each act of deciding: the same mark again decides nothing twice. More than one item is a bulk,
    which needs a reason. `resolves` settles what reviewers disagreed about. Raises `DecisionRefused`.
    """
    asked = list(dict.fromkeys(items))
    known = campaign.items[campaign.items["item"].isin(asked)].set_index("item")
    if unknown := [item for item in asked if item not in known.index]:
        raise DecisionRefused(f"{unknown[0]!r} is no item of this campaign; `review status --items` lists them")
    if not 0 < len(asked) <= MOST_AT_ONCE:
        raise DecisionRefused(f"{len(asked):,} items at once; name 1 to {MOST_AT_ONCE:,}")
    made = tuple(
        Entry(
            entry_id=entry_id(mark, item),
            campaign=campaign.facts.name,
            item=item,
            content=known.content[item],
            action=action,
            reviewer=reviewer.strip(),
            at=at,
            reason=reason.strip(),
            target=fitting(campaign, item, action, target),
            account=account,
            bulk=f"{mark} ({len(asked)} items)" if len(asked) > 1 else "",
            resolves="yes" if resolves else "",
        )
        for item in asked
    )
    with campaign.decisions() as store:
        own = own_of(store.entries(), reviewer)
    fresh = made if resolves else tuple(
        one
        for one in made
        if (mine := own.get(one.item)) is None
        or mine.content != one.content
        or not alike(mine, one.action, one.target, one.reason)
    )  # fmt: skip
    _write(campaign, fresh)
    return fresh


def own_of(log: Sequence[Entry], reviewer: str) -> dict[str, Entry]:
    """By item what stands of the decisions of one reviewer."""
    return {item: one for item, said in voices(log).items() for one in said if one.reviewer == reviewer.strip()}


def attest(campaign: Campaign, *, kind: str, what: str, who: str, when: str, at: str, account: str) -> bool:
    """Write what somebody attests, seen at `when` (RFC 3339), into the log; False where it attests just that already.

    Raises `DecisionRefused`.
    """
    if kind not in KINDS:
        raise DecisionRefused(f"there is no kind of attestation {kind!r}; use one of {', '.join(KINDS)}")
    item = PREFIX + kind
    made = Entry(
        entry_id=entry_id("\n".join((campaign.facts.population, who.strip(), when, what.strip())), item),
        campaign=campaign.facts.name, item=item, content="", action="attest", reviewer=who.strip(), at=at,
        reason=what.strip(), target=when, account=account,
    )  # fmt: skip
    with campaign.decisions() as store:
        return store.append([made]) == 1


def undo(campaign: Campaign, item: str, *, reviewer: str, at: str, account: str, mark: str, reason: str = "") -> Entry:
    """Take back the last decision of this reviewer on an item, by an entry of its own."""
    with campaign.decisions() as store:
        log = store.entries()
    undone = {entry.undoes for entry in log}
    own = [
        entry
        for entry in log
        if entry.item == item and entry.reviewer == reviewer.strip() and entry.action != "undo"
        and entry.entry_id not in undone
    ]  # fmt: skip
    if not own:
        raise DecisionRefused(f"{item}: {reviewer!r} has decided nothing about it that could be taken back")
    last = own[-1]
    made = Entry(
        entry_id=entry_id(mark, item), campaign=campaign.facts.name, item=item, content=last.content, action="undo",
        reviewer=last.reviewer, at=at, reason=reason.strip(), account=account, undoes=last.entry_id,
    )  # fmt: skip
    _write(campaign, (made,))
    return made


def entry_id(mark: str, item: str) -> str:
    """The id of the entry that one act of deciding makes about an item."""
    return hashlib.sha256(f"{mark}\n{item}".encode()).hexdigest()[:32]


def _write(campaign: Campaign, entries: tuple[Entry, ...]) -> None:
    known = campaign.items[campaign.items["item"].isin([entry.item for entry in entries])]
    recommendations = dict(zip(known["item"], known.recommendation, strict=True))
    with campaign.decisions() as store:
        store.append(entries, recommendations=recommendations)
