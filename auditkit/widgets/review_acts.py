"""What a click does: one entry of the log, written before anything shows it, and never twice for one click."""

from __future__ import annotations

import getpass
import hashlib
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from auditkit.errors import DecisionRefused, ReviewError
from auditkit.findings_met import counted
from auditkit.review import deciding
from auditkit.review.campaign import Campaign, open_campaign
from auditkit.review.closing import closed_words
from auditkit.review.decisions import voices
from auditkit.review.entries import Entry, alike
from auditkit.review.reviewers import known, remarks, reviewers
from auditkit.review.targets import fitting
from auditkit.widgets.review_sift import ordered

# More than anybody reads through before pressing a button.
MOST_AT_ONCE = 200
# A press that comes sooner is of somebody who has not read what the one before it was answered.
READ_AFTER = pd.Timedelta(seconds=1)
_STORE = "decisions.sqlite"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An item as somebody looks at it: its content, and `seen`, the id of the last entry on it (empty: none)."""

    item: str
    content: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was pressed: an action, its target and reason, and who pressed it."""

    action: str
    reviewer: str
    reason: str = ""
    target: str = ""


class Sitting:
    """A campaign that somebody sits over. `entries`, `closed` (that it was closed, in words, if it was) and `standing`,
    which is in the order of `ordered`, are what the disk had at the last `refresh`."""

    def __init__(self, campaign: Campaign, clock: Callable[[], pd.Timestamp] | None = None) -> None:
        self.campaign = campaign
        self._clock = clock or (lambda: pd.Timestamp.now("UTC"))
        self._listeners: list[Callable[[], None]] = []
        # The order of the items is as frozen as they are.
        self._places = ordered(campaign.items.reset_index(names="place")).place.to_numpy()
        self.entries: tuple[Entry, ...] = ()
        self.closed = ""
        self.standing = pd.DataFrame()
        self._logs: dict[str, list[Entry]] = {}
        self._untold = False
        self._strange: dict[str, pd.Timestamp] = {}
        self.refresh()

    def now(self) -> pd.Timestamp:
        """The time of whoever sits here, in UTC."""
        return self._clock()

    def listen(self, told: Callable[[], None]) -> None:
        """Call `told` whenever the disk has something new."""
        self._listeners.append(told)

    def refresh(self) -> None:
        """Read the disk anew, and tell every panel of what is new. `ReviewError` if it is not what this sitting began
        on."""
        self._read()
        if self._untold:
            self._tell()

    def _tell(self) -> None:
        self._untold = False
        for told in self._listeners:
            told()

    def _read(self) -> None:
        self._same_campaign()
        with self.campaign.decisions() as store:
            log = tuple(store.entries())
        if log[: len(self.entries)] != self.entries:
            raise ReviewError(f"{self.campaign.folder.name}: decisions that were shown here are gone from the disk; "
                              "restore the folder from a copy, then run the first cell again")  # fmt: skip
        closed = closed_words(self.campaign.folder, log)
        if (log, closed) == (self.entries, self.closed) and not self.standing.empty:
            return
        self.entries, self.closed = log, closed
        self._logs = {}
        for entry in log:
            self._logs.setdefault(entry.item, []).append(entry)
        self.standing = self.campaign.standing().iloc[self._places].reset_index(drop=True)
        self._untold = True

    def shown(self, item: str) -> Shown:
        """The item as it stands now."""
        row = self.row(item)
        log = self._logs.get(item)
        return Shown(item=item, content=row["content"], seen=log[-1].entry_id if log else "")

    def said(self, item: str) -> list[Entry]:
        """What each reviewer says of an item now."""
        return voices(self._logs.get(item, [])).get(item, [])

    def own(self, item: str, reviewer: str) -> Entry | None:
        """The decision of a reviewer that stands on an item, None if none does."""
        return next((one for one in self.said(item) if one.reviewer == reviewer.strip()), None)

    def row(self, item: str) -> dict[str, str]:
        """The item's row of `standing`; `ReviewError` for one that the campaign lacks."""
        rows = self.standing[self.standing["item"].eq(item)]
        if rows.empty:
            raise ReviewError(f"{item!r} is no item of this campaign; run the first cell again")
        return {str(name): value for name, value in rows.astype("object").iloc[0].items()}

    def decide(self, shown: Shown, answer: Answer) -> str:
        """Write one decision; the sentence that says that it is on disk."""
        self._read()
        # As it is kept, so that the same role under another name is the same decision.
        answer = replace(answer, target=fitting(self.campaign, shown.item, answer.action, answer.target))
        mine = self.own(shown.item, answer.reviewer)
        if mine and alike(mine, answer.action, answer.target, answer.reason):
            self.refresh()
            return f"{shown.item}: {mine.action} is on disk already, by {mine.reviewer} at {mine.at}"
        told = self._write([shown], answer)
        entry = self._logs[shown.item][-1]
        return f"{shown.item}: {entry.action} is on disk, by {entry.reviewer} at {entry.at}{told}"

    def decide_many(self, shown: Sequence[Shown], answer: Answer) -> str:
        """Write the same decision on many items, all or none, each marked with the name of the bulk."""
        if not shown:
            raise DecisionRefused("no item is ticked; tick what is to be decided")
        if len(shown) > MOST_AT_ONCE:
            raise DecisionRefused(f"{len(shown):,} items are more than anybody looks at; tick at most {MOST_AT_ONCE}")
        self._read()
        told = self._write(shown, answer)
        return f"{answer.action} is on disk for {len(shown):,} items, marked as decided together{told}"

    def settle(self, shown: Shown, answer: Answer) -> str:
        """Write the decision that ends a conflict; it needs a reason."""
        self._read()
        if not self.row(shown.item)["conflict"]:
            self.refresh()
            return f"{shown.item}: there is no conflict any more"
        if not answer.reason.strip():
            raise DecisionRefused(f"{shown.item}: a reason is needed, since reviewers disagree")
        self._write([shown], answer, resolves=True)
        return f"{shown.item}: settled as {answer.action}, on disk{self.closed_note()}"

    def undo(self, shown: Shown, reviewer: str) -> str:
        """Take back the reviewer's own standing decision, by an entry."""
        self._read()
        mine = self.own(shown.item, reviewer)
        if mine is None:
            raise DecisionRefused(f"{shown.item}: no decision of {reviewer.strip() or 'yours'} stands; nothing to undo")
        self._unchanged(shown)
        mark = self._mark([shown], Answer(action="undo", reviewer=reviewer))
        deciding.undo(self.campaign, shown.item, reviewer=reviewer, at=self._now(), account=account(), mark=mark)
        self.refresh()
        return f"{shown.item}: {mine.action} is taken back, on disk{self.closed_note()}"

    def strange(self, name: str) -> bool:
        """Whether a press was just refused for this name."""
        now = self.now()
        return bool(now - self._strange.get(name.strip(), now - READ_AFTER) < READ_AFTER)

    def known(self, name: str) -> None:
        """Refuse, as `DecisionRefused`, a name of nobody whom the campaign knows, until somebody who has read that
        presses again: the second of two clicks at once is not by somebody who has."""
        now = self.now()
        if now - self._strange.get(name.strip(), now) >= READ_AFTER:
            return
        try:
            known(name, reviewers(self.campaign, self.entries), "Press again if the name is new")
        except DecisionRefused:
            self._strange.setdefault(name.strip(), now)
            raise

    def _write(self, shown: Sequence[Shown], answer: Answer, *, resolves: bool = False) -> str:
        """Write the entries of an answer, all or none; refused where an item is no longer as it was shown. What is to
        be said of them at once, to end a sentence with."""
        for one in shown:
            self._unchanged(one)
        self.known(answer.reviewer)
        before = self.standing
        made = deciding.decide(
            self.campaign,
            [one.item for one in shown],
            action=answer.action,
            reviewer=answer.reviewer,
            at=self._now(),
            account=account(),
            mark=self._mark(shown, answer),
            reason=answer.reason,
            target=answer.target,
            resolves=resolves,
        )
        self.refresh()
        counts = Counter(remarks(before, self.entries, made).values())
        return "".join(f"; {told}" + (f" ({counted(count, 'item')})" if len(made) > 1 else "")
                       for told, count in counts.items()) + self.closed_note()  # fmt: skip

    def closed_note(self) -> str:
        """That this review was closed, to end a sentence with; "" where it was not."""
        return f"; this review was {self.closed}" if self.closed else ""

    def _unchanged(self, shown: Shown) -> None:
        if self.shown(shown.item) == shown:
            return
        self._tell()
        last = self._logs[shown.item][-1]
        raise DecisionRefused(f"{shown.item}: decided meanwhile ({last.action} by {last.reviewer} at {last.at}); "
                              "it is shown now: look, and decide again")  # fmt: skip

    def _mark(self, shown: Sequence[Shown], answer: Answer) -> str:
        """The mark of one act: the same for the same answer to the same things shown, so that a click that comes twice
        decides once."""
        told = [text for one in shown for text in (one.item, one.content, one.seen)]
        said = (answer.action, answer.target.strip(), answer.reviewer.strip(), answer.reason.strip())
        return hashlib.sha256("\x1f".join((self.campaign.facts.population, *told, *said)).encode()).hexdigest()[:16]

    def _now(self) -> str:
        return str(self.now().strftime("%Y-%m-%dT%H:%M:%SZ"))

    def _same_campaign(self) -> None:
        folder, mine = self.campaign.folder, self.campaign.facts
        there = open_campaign(folder).facts
        if there != mine:
            raise ReviewError(f"this belongs to the campaign {mine.name!r} of {mine.started_at}, and {folder.name} now "
                              f"holds {there.name!r} of {there.started_at}: run the first cell again")  # fmt: skip
        # Opening a store makes it where it is absent: an empty log in place of a lost one.
        if not (folder / _STORE).is_file():
            raise ReviewError(f"{folder.name} has lost its decisions; restore the folder from a copy")


def account() -> str:
    """The operating system's user and host, beside the name that a reviewer claims."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
