"""Roles and the types they support: what to change where a principal is on a role that does not support its type."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from auditkit.access.candidates import Catalogue, propose
from auditkit.findings import Findings
from auditkit.widgets.base import Panel, View, headline, reasons
from auditkit.widgets.markup import safe_table
from auditkit.widgets.rows import UNSUPPORTED, unsupported_words

# So many (role, type) pairs get a proposal, those that reach most principals first; a search takes its time.
MOST_PROPOSALS = 20
_SECONDS = 2.0
_CAPTION = "(principal, role) pairs by type and support"
_KEYS = ["role_id", "role_name", "principal_type", "support"]


class SupportPanel(Panel):
    """Types of principals by what the roles that reach them support; what to change, and what would do instead."""

    rules: ClassVar[tuple[str, ...]] = ("ROL001", "ROL002", "ROL010")

    def build(self, found: Findings) -> View:
        """One row a (role, type) that is reached and not supported, or not declared."""
        reach = self.desk.tables["reach"]
        held = reach[reach.principal_type.astype("str").ne("Group")]
        pairs = held.assign(principal_type=held.principal_type.astype("str"), support=held.support.astype("str"))
        grouped = pairs.groupby(_KEYS, dropna=False).principal_id.nunique().rename("principals").reset_index()
        odd = grouped[grouped.support.ne("yes")].sort_values(["principals", "role_id"], ascending=[False, True])
        frame = self._advised(odd.reset_index(drop=True))
        keys = pairs[pairs.principal_type.eq("ApiKey")]
        lacking = int(keys.support.eq("no").sum())
        return View(
            frame=frame,
            headline=headline(lacking, len(keys), UNSUPPORTED, found.rules),
            notes=[unsupported_words(reach, self.desk.tables["principals"])] if lacking else (),
            warnings=reasons(found),
            extras=(safe_table(matrix(pairs), caption=_CAPTION),) if len(pairs) else (),
            labels={"role_id": "Role id", "role_name": "Role", "principal_type": "Type", "change": "What to change",
                    "instead": "Would do instead"},
            filters=("principal_type", "support"),
        )  # fmt: skip

    def _advised(self, odd: pd.DataFrame) -> pd.DataFrame:
        """The pairs with what to change and what would do instead."""
        lacks = odd.support.eq("no")
        change = ("move them to a role that supports " + odd.principal_type + ", or let this one support it").where(
            lacks, "declare the types that the role supports"
        )
        catalogue = Catalogue(self.desk.snapshot)
        wanted = odd.index[lacks][:MOST_PROPOSALS]
        instead = {at: _instead(catalogue, odd.role_id[at], odd.principal_type[at]) for at in wanted}
        later = "`auditkit narrow` proposes one for each principal"
        told = [instead.get(at, later) if lack else None for at, lack in lacks.items()]
        return odd.assign(change=change.astype("str"), instead=pd.array(told, dtype="str"))


def matrix(pairs: pd.DataFrame) -> pd.DataFrame:
    """How many (principal, role) pairs of each type the role supports, does not support, or does not say."""
    counts = pd.crosstab(pairs.principal_type, pairs.support).reindex(columns=["yes", "no", "unknown"], fill_value=0)
    names = {"yes": "supported", "no": "not supported", "unknown": "not declared"}
    return counts.rename(columns=names).reset_index().rename(columns={"principal_type": "type"})


def _instead(catalogue: Catalogue, role_id: str, principal_type: str) -> str:
    """The roles that support the type and would give what this one holds, with the least excess; or why none does."""
    role = next((each for each in catalogue.roles if each.role_id == role_id), None)
    if role is None or not role.permissions:
        return "nothing: the role holds no permission"
    best = propose(catalogue, principal_type, [(name, None) for name in role.permissions], time_limit=_SECONDS)
    if not best.chosen:
        return f"no role that supports {principal_type} holds any of its permissions"
    names = " and ".join(dict.fromkeys(each.name for each in best.chosen))
    short = f"; {len(best.unmet):,} of {len(role.permissions):,} permissions would be missing" if best.unmet else ""
    return f"{names}, with {len(best.excess):,} excess permissions{short}"
