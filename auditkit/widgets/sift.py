"""A choice among the findings, and the findings that it leaves: pure, the same for a panel and a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.rules import RULES
from auditkit.rules.text import arrow
from auditkit.severity import SEVERITIES, at_least

# The columns that a search for a text looks through.
SEARCHED = ("rule", "title", "subject_id", "principal", "owner", "message", "fix", "fingerprint")
STATES = ("open", "accepted")
WORSE = " and worse"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What to look at; an empty text leaves everything. `severity` is one of them, or "high and worse",
    `state` open or accepted.

    `principal` is part of a principal's name or id, `text` words that all occur, `sort` a column, "-" before it
    for descending.
    """

    severity: str = ""
    state: str = ""
    rule: str = ""
    family: str = ""
    control: str = ""
    owner: str = ""
    principal: str = ""
    text: str = ""
    sort: str = ""

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Choice:
        """The choice that was saved as texts; what it does not know is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in texts.items() if name in known})

    def texts(self) -> dict[str, str]:
        """The choice as texts, to be saved; without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}


def severities() -> list[str]:
    """What `severity` may be, worst first."""
    worst = list(reversed(SEVERITIES))
    return [*worst, *(word + WORSE for word in worst[1:-1])]


def controls() -> dict[str, set[str]]:
    """Each control, named with its standard, and the rules that are evidence for it."""
    pairs = [(f"{standard}: {name}", rule.id) for rule in RULES for standard, names in rule.controls.items()
             for name in names]  # fmt: skip
    return {control: {rule for name, rule in pairs if name == control} for control in sorted(dict(pairs))}


def judging(choice: Choice) -> tuple[str, ...]:
    """The rules that a choice looks at, whatever they found."""
    of = controls().get(choice.control, set()) if choice.control else {rule.id for rule in RULES}
    return tuple(
        rule.id for rule in RULES
        if rule.id in of and choice.rule in ("", rule.id) and choice.family in ("", rule.family)
    )  # fmt: skip


def haystack(frame: pd.DataFrame) -> pd.Series:
    """What a search looks through: the texts of each finding, in lower case, with the index of the frame."""
    told = [arrow(frame[name].astype("str").fillna("")) for name in SEARCHED]
    joined = pc.utf8_lower(pc.binary_join_element_wise(*told, pa.scalar("\n", pa.large_string())))
    return pd.Series(joined.to_pandas().to_numpy(), index=frame.index, dtype="str")


def sift(frame: pd.DataFrame, choice: Choice, searched: pd.Series | None = None) -> pd.DataFrame:
    """The findings that a choice leaves, sorted; `searched` is the frame's `haystack`, if it was made before."""
    kept = pd.Series(True, index=frame.index)
    if choice.severity:
        word = choice.severity.removesuffix(WORSE)
        kept &= at_least(frame.severity, word) if word != choice.severity else frame.severity.eq(word)
    for name in ("state", "rule", "family", "owner"):
        if wanted := getattr(choice, name):
            kept &= frame[name].eq(wanted).fillna(False)
    if choice.control:
        kept &= frame.rule.isin(controls().get(choice.control, set()))
    if choice.principal:
        kept &= frame.principal.str.contains(choice.principal, case=False, regex=False).fillna(False).astype(bool)
    if choice.text:
        hay = haystack(frame) if searched is None else searched
        for word in choice.text.lower().split():
            kept &= hay.str.contains(word, regex=False)
    return _sorted(frame[kept], choice.sort)


def _sorted(rows: pd.DataFrame, sort: str) -> pd.DataFrame:
    name = sort.removeprefix("-")
    if name not in rows.columns:
        return rows
    return rows.sort_values(name, ascending=not sort.startswith("-"), kind="stable")
