"""What an evidence pack is made of, read and computed once: the log, what stands, the findings, the plan, the proof."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from auditkit.access.tables import Tables
from auditkit.findings import Findings, run_rules
from auditkit.limits import Limits
from auditkit.review.accepted import Judged, apply, read_accepted
from auditkit.review.campaign import Campaign
from auditkit.review.entries import COLUMNS
from auditkit.review.plan import Plan, plan
from auditkit.review.proof import prove
from auditkit.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """A campaign and what became of it; `log` has the fields of the entries, all text, in the order of the chain.

    `standing` is `Campaign.standing()` and account (of whoever decided). `judged` is None where nothing was accepted
    beforehand, `after` and `proof` where no later snapshot was given.
    """

    campaign: Campaign
    closed_at: pd.Timestamp
    tables: Tables
    limits: Limits
    standing: pd.DataFrame
    log: pd.DataFrame
    found: Findings
    judged: Judged | None
    planned: Plan
    after: Snapshot | None
    proof: pd.DataFrame | None

    @property
    def open(self) -> pd.DataFrame:
        """The findings that nobody accepts."""
        return self.found.frame if self.judged is None else self.judged.open.frame

    @property
    def seen_at(self) -> pd.Timestamp:
        """The latest instant that the pack knows of: that of the later snapshot, or when it was made."""
        return self.closed_at if self.after is None else max(self.closed_at, self.after.as_of)


def gather(campaign: Campaign, *, closed_at: pd.Timestamp, after: Snapshot | None) -> Gathered:
    """Read a campaign, and judge what became of it by the snapshot `after`, if there is one."""
    standing, tables, limits = campaign.standing(), campaign.tables(), campaign.limits()
    with campaign.decisions() as store:
        log = pd.DataFrame([asdict(entry) for entry in store.entries()], columns=list(COLUMNS), dtype="str")
    found, path = run_rules(tables, limits), campaign.input("accepted.toml")
    return Gathered(
        campaign=campaign,
        closed_at=closed_at,
        tables=tables,
        limits=limits,
        standing=_with_account(standing, log),
        log=log,
        found=found,
        judged=None if path is None else apply(found, read_accepted(path), found.as_of),
        planned=plan(standing, tables, limits),
        after=after,
        proof=None if after is None else prove(standing, tables, Tables(after)),
    )


def _with_account(standing: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """What stands, and from which account it was entered."""
    said = log.rename(columns={"reviewer": "decided_by"})
    key = ["item", "action", "decided_by", "at"]
    accounts = said[[*key, "account"]].drop_duplicates(key, keep="last")
    whole = standing.merge(accounts, on=key, how="left", validate="one_to_one")
    return whole.assign(account=whole.account.astype("str").fillna(""))
