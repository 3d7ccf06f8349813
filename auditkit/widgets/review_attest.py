"""A form for what no API tells: who holds the legacy admin token, when it was last changed, break-glass accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets
import pandas as pd

from auditkit.attestations import KINDS
from auditkit.errors import InputError
from auditkit.review.deciding import attest
from auditkit.widgets.base import View
from auditkit.widgets.form import Button, Field, Form, Press
from auditkit.widgets.live import panel_html
from auditkit.widgets.review_acts import account
from auditkit.widgets.table import PagedTable

if TYPE_CHECKING:
    from auditkit.widgets.review import Review

# What every attestation says.
_SAID = ("what", "who")


def attest_view(review: Review) -> View:
    """Every attestation, the latest first, and which kinds are to be asked again."""
    rows = review.campaign.attestations().sort_values("when", ascending=False, kind="stable", ignore_index=True)
    oldest = review.sitting.now() - review.desk.limits.attestation
    recent = set(rows.kind[rows.when.ge(oldest)])
    days = review.desk.limits.attestation_days
    asked = [f"{kind}: nobody has attested it within {days} days" for kind in KINDS if kind not in recent]
    state = rows.when.ge(oldest).map({True: "holds", False: "asked again"}).astype("str")
    told = f"To be attested: {', '.join(kind for kind in KINDS if kind not in recent)}" if asked else "All is attested"
    return View(frame=rows.assign(state=state), headline=told, notes=asked)


class AttestForm:
    """`box` is the widget. Writing adds an entry to the log of the campaign; the attestations that the campaign began
    with are frozen, and stay as they are."""

    def __init__(self, review: Review) -> None:
        self._review = review
        view = attest_view(review)
        self.head, self.table = ipywidgets.HTML(), PagedTable(view)
        today = f"{review.sitting.now():%Y-%m-%d}"
        self.form = Form(
            self._write,
            label="Attest",
            name=review.name,
            fields=(
                Field(name="kind", label="Kind", choice=True, options=tuple(KINDS), wide=False),
                Field(name="when", label="When", hint="seen on this day", value=today, wide=False),
                Field(name="what", label="What", hint="who holds it, when last changed; no secret"),
            ),
            buttons=(Button(act="write", label="Write attestation"),),
            needs=lambda press: next((name for name in _SAID if not press.words[name].strip()), ""),
        )
        self.box = ipywidgets.VBox([self.head, self.table.box, self.form])
        self._show(view)

    def _show(self, view: View) -> None:
        self.head.value = panel_html(view.head())
        self.table.show(view)

    def _write(self, press: Press) -> str:
        row = {name: press.words[name].strip() for name in ("kind", "what", "who")}
        if missing := [name for name in _SAID if not row[name]]:
            raise InputError(f"an attestation says {missing[0]}; fill it in")
        day = press.words["when"].strip()
        try:
            when = pd.Timestamp(day).tz_localize("UTC").as_unit("us")
        except (ValueError, TypeError):
            raise InputError(f"{day!r} is no day; write it as 2026-10-01") from None
        if when is pd.NaT or when > self._review.sitting.now():
            raise InputError("an attestation tells what was seen, on a day that has come; write it as 2026-10-01")
        sitting, facts = self._review.sitting, self._review.campaign.facts
        seen, now = (f"{point:%Y-%m-%dT%H:%M:%SZ}" for point in (when, sitting.now()))
        if not attest(self._review.campaign, **row, when=seen, at=now, account=account()):
            return "this is attested already"
        self._review.judge_anew()
        self.form.clear()
        self._show(attest_view(self._review))
        counts = "counts it" if when <= pd.Timestamp(facts.as_of) else f"counts it as of {when:%Y-%m-%d} and later"
        told = f"attested, on disk in the log of the campaign; ORG004, judged as of {facts.as_of[:10]} here, {counts}"
        return told + sitting.closed_note()
