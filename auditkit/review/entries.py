"""One decision as an entry of the log: what it may say, and the chain that ties it to the one before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from auditkit.access.telling import near
from auditkit.errors import DecisionRefused

ACTIONS = ("keep", "remove", "change", "rotate", "delegate", "not mine", "undo", "attest")
"""What an entry may say; `undo` takes back the entry named in `undoes`, `attest` says nothing of an item of the
population: see `review.attested`."""

DECISIONS = ACTIONS[:6]
"""What a reviewer may decide of one item."""

HANDED = ("delegate", "not mine")
"""Those of them that decide nothing: the item is handed on, and waits for somebody else."""

_ADVISED = {
    "shorten": "decide 'rotate': a new credential is issued, with an end, then this one is revoked; or 'remove' what "
               "nobody needs",
    "ask": "look at it, and decide as you know it",
}  # fmt: skip

# Nothing shortens what is issued: a new one with an end takes its place, so that to rotate is how it is done.
_FOLLOWS = {"shorten": ("shorten", "rotate")}

GENESIS = "0" * 64
"""What the first entry of a chain has before it."""

NONE_SEEN = "none"
"""What `seen` says of an entry from another copy where nothing was said of its item before."""

LONGEST_REASON = 4_000
_KEY_VALUE = re.compile(r"ik_[A-Za-z0-9_-]+\.[!-~]+")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One decision by one person on one item of a campaign; all fields are text, absent ones empty.

    `item` is the item's stable identity, `content` the digest of what the reviewer was shown, `target` the role of a
    `change` or the person of a `delegate`, `at` an RFC 3339 time, `bulk` the name of the bulk that made it, `undoes`
    the entry taken back, `resolves` "yes" where it settles a conflict. `reviewer` is claimed; `account` is the
    operating system's user and host. `seen` is empty, but where the entry was taken from another copy of the log: the
    ids of the earlier entries on the item there, or "none".
    """

    entry_id: str
    campaign: str
    item: str
    content: str
    action: str
    reviewer: str
    at: str
    reason: str = ""
    target: str = ""
    account: str = ""
    bulk: str = ""
    undoes: str = ""
    resolves: str = ""
    seen: str = ""
    previous: str = ""
    chain: str = ""


COLUMNS = tuple(field.name for field in fields(Entry))


def chained(entry: Entry, previous: str) -> Entry:
    """The entry tied to the chain value `previous` by SHA-256 over its canonical JSON."""
    tied = replace(entry, previous=previous, chain="")
    text = json.dumps(asdict(tied), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return replace(tied, chain=hashlib.sha256(text.encode()).hexdigest())


def breaks(entries: Sequence[Entry]) -> list[str]:
    """What is wrong with a log in its order: one sentence a break, none for a sound chain."""
    found, before = [], GENESIS
    for number, entry in enumerate(entries, 1):
        if entry.previous != before:
            found.append(f"entry {number} ({entry.entry_id}): does not follow the one before it: cut out or moved")
        if chained(entry, entry.previous).chain != entry.chain:
            found.append(f"entry {number} ({entry.entry_id}): its content differs from its hash")
        before = entry.chain
    return found


def no_decision(word: str, among: Sequence[str] = DECISIONS) -> str:
    """That there is no such decision, and which there are; of what is only recommended, how it is decided."""
    choose = f"se one of {', '.join(among)}"
    if meant := _ADVISED.get(word):
        return f"{word!r} is a recommendation, no decision: {meant}; u{choose}"
    close = near(word, among)
    hint = f", did you mean {', '.join(map(repr, close))}? U" if close else "; u"
    return f"no decision is called {word!r}{hint}{choose}"


def alike(mine: Entry, action: str, target: str, reason: str) -> bool:
    """Whether a decision says nothing that its reviewer's own entry does not; an empty reason takes none away."""
    same = (mine.action, mine.target) == (action, target.strip())
    return same and reason.strip() in ("", mine.reason)


def follows(action: str, recommendation: str) -> bool:
    """Whether a decision does what is recommended; to look first (`ask`) is followed by none of them."""
    return action in _FOLLOWS.get(recommendation, (recommendation,))


def check(entry: Entry, *, recommendation: str | None = None) -> None:
    """Refuse, as `DecisionRefused`, an entry that says too little, or something that must not be kept."""
    if entry.action not in ACTIONS:
        raise DecisionRefused(f"{entry.item}: {no_decision(entry.action, ACTIONS)}")
    if _KEY_VALUE.search(f"{entry.reason} {entry.target}"):
        raise DecisionRefused(f"{entry.item}: the reason holds an API key; leave it out, and revoke that key")
    if len(entry.reason) > LONGEST_REASON:
        raise DecisionRefused(f"{entry.item}: the reason is longer than {LONGEST_REASON} characters; shorten it")
    if not entry.reviewer.strip():
        raise DecisionRefused(f"{entry.item}: nobody is named as reviewer; name who decides")
    for action, want in (("change", "the role to change to"), ("delegate", "the person to delegate to")):
        if entry.action == action and not entry.target.strip():
            raise DecisionRefused(f"{entry.item}: '{action}' needs {want}")
    if entry.action == "undo" and not entry.undoes:
        raise DecisionRefused(f"{entry.item}: 'undo' needs the entry that it takes back")
    against = entry.action == "keep" and recommendation is not None and not follows("keep", recommendation)
    if not entry.reason.strip() and (against or entry.bulk):
        advice = "look at it first" if recommendation == "ask" else recommendation
        why = "many were decided at once" if entry.bulk else f"the recommendation is to {advice}"
        raise DecisionRefused(f"{entry.item}: a reason is needed, since {why}")
