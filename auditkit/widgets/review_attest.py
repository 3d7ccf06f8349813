"""A form for what no API tells: who holds the legacy admin token, when it was last changed, break-glass accounts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets
import pandas as pd

from auditkit.attestations import EMPTY, KINDS, attestations_text, read_attestations
from auditkit.errors import InputError
from auditkit.widgets.base import View
from auditkit.widgets.form import Button, Field, Form, Press
from auditkit.widgets.kept import write_whole
from auditkit.widgets.review_fields import panel_html
from auditkit.widgets.table import PagedTable

if TYPE_CHECKING:
    from auditkit.widgets.review import Review

NAME = "attestations.toml"
# What every attestation says.
_SAID = ("what", "who")


def attested(review: Review) -> pd.DataFrame:
    """What the file of the working folder attests; where there is none, what the campaign began with."""
    path = Path.cwd() / NAME
    began = review.campaign.input(NAME)
    source = path if path.exists() else began
    return EMPTY if source is None else read_attestations(source)


def attest_view(review: Review) -> View:
    """Every attestation, the latest first, and which kinds are to be asked again."""
    rows = attested(review).sort_values("when", ascending=False, kind="stable", ignore_index=True)
    oldest = review.sitting.now() - review.desk.limits.attestation
    recent = set(rows.kind[rows.when.ge(oldest)])
    days = review.desk.limits.attestation_days
    asked = [f"{kind}: nobody has attested it within {days} days" for kind in KINDS if kind not in recent]
    state = rows.when.ge(oldest).map({True: "holds", False: "asked again"}).astype("str")
    told = f"To be attested: {', '.join(kind for kind in KINDS if kind not in recent)}" if asked else "All is attested"
    return View(frame=rows.assign(state=state), headline=told, notes=asked)


class AttestForm:
    """`box` is the widget. Writing adds to attestations.toml in the working folder; nothing there is taken away."""

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
                Field(name="what", label="What", hint="who holds it, when it was last changed; no key, no secret"),
                Field(name="note", label="Note", hint="if wanted"),
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
        before = attested(self._review)
        row = {name: press.words[name].strip() for name in ("kind", "what", "who", "note")}
        if missing := [name for name in _SAID if not row[name]]:
            raise InputError(f"an attestation says {missing[0]}; fill it in")
        day = press.words["when"].strip()
        try:
            when = pd.Timestamp(day).tz_localize("UTC").as_unit("us")
        except (ValueError, TypeError):
            raise InputError(f"{day!r} is no day; write it as 2026-10-01") from None
        if when is pd.NaT or when > self._review.sitting.now():
            raise InputError("an attestation tells what was seen, on a day that has come; write it as 2026-10-01")
        fresh = pd.DataFrame([row | {"when": when}])[list(EMPTY.columns)].astype(before.dtypes)
        if len(before.merge(fresh, on=list(EMPTY.columns))):
            return "this is attested already"
        _save(pd.concat([before, fresh], ignore_index=True))
        self._show(attest_view(self._review))
        return (f"written to {NAME}; the next `auditkit audit` or `review start` here takes it by "
                f"--attestations {NAME}")  # fmt: skip


def _save(rows: pd.DataFrame) -> None:
    """Write the file once what it would hold can be read back: what is refused there is refused here."""
    data = attestations_text(rows).encode()
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / NAME
        tried.write_bytes(data)
        read_attestations(tried)
    write_whole(Path.cwd() / NAME, data)
