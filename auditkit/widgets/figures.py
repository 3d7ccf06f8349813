"""Figures of a desk by name, each shown with its words for those who do not see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from auditkit.errors import InputError
from auditkit.findings_met import silent
from auditkit.widgets.base import Static, reasons
from auditkit.widgets.markup import bullets, sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from auditkit.widgets.desk import Desk


def _severity_by_family(desk: Desk) -> Figure:
    from auditkit.charts import severity_by_family

    return severity_by_family(desk.findings.frame, desk.findings.rules)


def _lifetime_against_age(desk: Desk) -> Figure:
    from auditkit.charts import lifetime_against_age

    most = desk.limits.credential_max_age_days
    return lifetime_against_age(desk.tables["credentials"], as_of=desk.as_of, max_age_days=most)


def _role_breadth(desk: Desk) -> Figure:
    from auditkit.charts import role_breadth

    return role_breadth(desk.tables["roles"], desk.tables["reach"], broad_share=desk.limits.broad_role_share)


def _required_against_effective(desk: Desk) -> Figure:
    from auditkit.charts import required_against_effective

    return required_against_effective(desk.tables["gaps"])


FIGURES: Mapping[str, Callable[[Desk], Figure]] = {
    "lifetime_against_age": _lifetime_against_age,
    "required_against_effective": _required_against_effective,
    "role_breadth": _role_breadth,
    "severity_by_family": _severity_by_family,
}
# The rule that counts the same: where it could not be evaluated, the figure would take what is not known for none.
_COUNTED_BY = {"lifetime_against_age": "CRD005", "required_against_effective": "PRM001", "role_breadth": "ROL008"}
_SHOWS = {"lifetime_against_age": "credentials", "role_breadth": "roles"}


class Picture(Static):
    """A figure of a desk; `figure` is what matplotlib knows, None where what it shows was not read or not given."""

    def __init__(self, desk: Desk, name: str) -> None:
        from auditkit.charts import alt_text, figure_html

        if name not in FIGURES:
            raise InputError(f"there is no figure {name!r}; choose one of {', '.join(FIGURES)}")
        self.figure: Figure | None = None
        judged = desk.among((_COUNTED_BY[name],)) if name in _COUNTED_BY else None
        if judged is not None and not silent(judged.rules).partly.all():
            why = reasons(judged)
            super().__init__(
                f'<div class="ak-warn"><strong>No figure</strong>{bullets(why)}</div>', text="; ".join(why)
            )
            return
        shown = desk.tables[_SHOWS[name]] if name in _SHOWS else None
        if shown is not None and shown.empty:
            told = f"No figure: there are no {_SHOWS[name]} to show."
            super().__init__(sentence(told), text=told)
            return
        self.figure = FIGURES[name](desk)
        super().__init__(figure_html(self.figure), text=alt_text(self.figure))
