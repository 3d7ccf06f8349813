"""ApiKey principals on roles that do not support ApiKey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from auditkit.findings import Findings
from auditkit.widgets.base import Panel, View, drawn, headline, reasons
from auditkit.widgets.markup import safe_table
from auditkit.widgets.rows import UNSUPPORTED, proof, unsupported_words, with_principals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = (
    "severity", "rule", "role_id", "role_name", "principal_id", "display_name", "through", "group_name",
    "assignment_id",
)  # fmt: skip
_MOST_GROUPS = 3
_ROLE = {"role_id": "Role id", "role_name": "Role"}
_PROOF = ("principal_id", "role_id", "role_name", "assignment_id", "through")


class RolePanel(Panel):
    """Which ApiKey principals a role reaches that does not support them, by role and through which group."""

    rules: ClassVar[tuple[str, ...]] = ("ROL001",)

    def build(self, found: Findings) -> View:
        """One row a (principal, role), with the assignment and the group that it comes through."""
        tables = self.desk.tables
        principals = tables["principals"]
        rows = with_principals(proof(found.frame, _PROOF), principals, ["display_name"])
        groups = principals[["principal_id", "display_name"]].set_axis(["through", "group_name"], axis="columns")
        rows = rows.merge(groups, on="through", how="left", validate="many_to_one")
        frame = rows.sort_values(["role_name", "role_id", "principal_id"], ignore_index=True)[list(_COLUMNS)]
        reach = tables["reach"]
        return View(
            frame=frame,
            headline=headline(len(frame), int(reach.principal_type.eq("ApiKey").sum()), UNSUPPORTED, found.rules),
            notes=() if frame.empty else [unsupported_words(reach, principals)],
            warnings=reasons(found),
            extras=() if frame.empty else (safe_table(by_role(frame), caption="By role", labels=_ROLE),),
            draw=drawn(found, "ROL001", self._draw),
            labels={**_ROLE, "principal_id": "Principal", "display_name": "Name",
                    "through": "Group id", "group_name": "Through group", "assignment_id": "Assignment"},
            filters=("role_name", "group_name"),
            hidden=("rule",),
        )  # fmt: skip

    def _draw(self) -> Figure:
        from auditkit.charts import role_support

        return role_support(self.desk.tables["reach"])


def by_role(rows: pd.DataFrame) -> pd.DataFrame:
    """For each role: how many principals it reaches in vain, how many of them directly, and through which groups."""
    named = rows.group_name.fillna("") + " (" + rows.through + ")"
    told = rows.assign(direct=rows.through.isna(), named=named.str.strip())
    grouped = told.groupby(["role_id", "role_name"], sort=True, dropna=False)
    groups = grouped.named.agg(lambda names: _listed(sorted(names.dropna().unique())))
    out = pd.DataFrame({"principals": grouped.principal_id.nunique(), "direct": grouped.direct.sum(), "groups": groups})
    return out.reset_index()


def _listed(names: Sequence[str]) -> str | None:
    """The first of the names, and how many more there are."""
    more = len(names) - _MOST_GROUPS
    return ", ".join(names[:_MOST_GROUPS]) + (f" and {more:,} more" if more > 0 else "") or None
