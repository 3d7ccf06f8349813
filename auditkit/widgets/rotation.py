"""Rotation: which machine principals replace their credentials in time, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from auditkit.findings import Findings
from auditkit.limits import Limits
from auditkit.widgets.base import Panel, Slider, View, headline, reasons
from auditkit.widgets.markup import safe_table

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

STATES = ("overdue", "unfinished", "overlapping", "single", "no live credential", "not read")
_DAY = pd.Timedelta(days=1).as_unit("us")
_NEXT = {
    "overdue": "Issue a new credential, deploy it, confirm that it is used, then revoke the old one.",
    "deploy": "Deploy the new credential and confirm that it is used; then revoke the old one.",
    "revoke": "The new credential is used: revoke the old one. Revoking one leaves the others working.",
    "single": "Nothing to do until it is due.",
    "no live credential": "It cannot call: issue a credential, or revoke the principal if it is no longer needed.",
    "not read": "Whether it has any is not known: pull again into the same folder, with a key that may read them.",
}


class RotationPanel(Panel):
    """Each usable machine principal's state of rotation, and the next step in the vendor's words."""

    rules: ClassVar[tuple[str, ...]] = ("CRD005", "CRD007", "PRN007")
    sliders: ClassVar[tuple[Slider, ...]] = (
        Slider(limit="rotation_overlap_days", label="Rotation may take (days)", most=90),
        Slider(limit="credential_max_age_days", label="Credential's greatest age (days)"),
    )

    def build(self, found: Findings) -> View:
        """One row a usable machine principal, the overdue ones first."""
        tables = self.desk.tables
        unread = unread_owners(self.desk.snapshot)
        told = tables["principals"], tables["credentials"]
        frame = rotation(*told, as_of=tables.as_of, limits=self.limits, unread=unread or frozenset())
        # Where it is not known whose credentials were read, nobody is known to have none.
        frame = frame if unread is not None else frame.iloc[:0]
        counts = frame.state.value_counts().reindex(list(STATES), fill_value=0)
        late = int(counts["overdue"] + counts["unfinished"])
        words = "usable machine principals are overdue or in an unfinished rotation"
        summary = pd.DataFrame({"state": list(STATES), "principals": counts.to_numpy()})
        return View(
            frame=frame,
            headline=headline(late, len(frame) - int(counts["not read"]), words, found.rules),
            warnings=reasons(found),
            extras=(safe_table(summary, caption="By state"),) if len(frame) else (),
            labels={"principal_id": "Principal", "display_name": "Name", "since_days": "Since (days)",
                    "live_credentials": "Live", "next_step": "Next step"},
            filters=("state", "type"),
        )  # fmt: skip


def unread_owners(snapshot: Snapshot) -> frozenset[str] | None:
    """The principals whose credentials were not read; None where it is not known whose those are."""
    if "credentials" not in snapshot.incomplete:
        return frozenset()
    owners = {entry["owner"] or "" for entry in snapshot.manifest.unread if entry["collection"] == "credentials"}
    whole = owners and owners <= set(snapshot.principals.principal_id) and "principals" not in snapshot.incomplete
    return frozenset(owners) if whole else None


def rotation(
    principals: pd.DataFrame,
    credentials: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    limits: Limits,
    unread: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """One row a usable machine principal: state, since_days, its live credentials' times, the next step.

    Of those whose credentials are `unread`, nothing is said but that.

    Overdue: its only live credential is older than the greatest age. Overlapping: several, the newest no older than
    the overlap; unfinished: several, and older. `since_days` counts from the newest, or from when it was due.
    """
    who = principals[principals.usable & principals.machine]
    live = credentials[credentials.live].groupby("principal_id")
    newest = credentials[credentials.live].sort_values(["created_at", "credential_id"]).groupby("principal_id").tail(1)
    frame = who[["principal_id", "display_name", "type", "live_credentials"]].reset_index(drop=True)
    frame["oldest"] = _of(frame.principal_id, live.created_at.min())
    frame["newest"] = _of(frame.principal_id, live.created_at.max())
    used = _of(frame.principal_id, newest.set_index("principal_id").last_used_at).notna()
    several = frame.live_credentials.gt(1)
    late = several & frame.newest.lt(as_of - limits.rotation_overlap)
    overdue = frame.live_credentials.eq(1) & frame.oldest.lt(as_of - limits.credential_max_age)
    none = frame.live_credentials.eq(0)
    blind = frame.principal_id.isin(list(unread))
    frame["state"] = np.select([blind, overdue, late, several, none],
                               [STATES[5], "overdue", "unfinished", "overlapping", STATES[4]], "single")  # fmt: skip
    frame["live_credentials"] = frame.live_credentials.astype("Int64").mask(blind)
    start = frame.newest.where(~overdue, frame.oldest + limits.credential_max_age)
    frame["since_days"] = ((as_of - start) / _DAY).round().astype("Int64").mask(blind)
    step = frame.state.mask(several & used & ~blind, "revoke").mask(several & ~used & ~blind, "deploy")
    frame["next_step"] = step.map(_NEXT).astype("str")
    rank = frame.state.map({state: place for place, state in enumerate(STATES)})
    columns = ["state", "since_days", "principal_id", "display_name", "type", "live_credentials", "oldest", "newest",
               "next_step"]  # fmt: skip
    order = frame.assign(rank=rank).sort_values(["rank", "since_days", "principal_id"], ascending=[True, False, True])
    return order[columns].astype({"state": "str"}).reset_index(drop=True)


def _of(ids: pd.Series, values: pd.Series) -> pd.Series:
    """The value of each id, absent where it has none; a time stays a time also where no id has one."""
    return pd.Series(values.reindex(ids).array, index=ids.index)
