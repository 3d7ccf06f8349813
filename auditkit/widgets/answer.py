"""The answer in words, in a few large numbers, and rule by rule."""

from __future__ import annotations

import pandas as pd

from auditkit.findings import Findings
from auditkit.findings_met import counted, evaluated_words, mixed
from auditkit.rules import RULES
from auditkit.severity import DTYPE, SEVERITIES
from auditkit.widgets.base import results
from auditkit.widgets.markup import safe_text
from auditkit.widgets.rows import UNSUPPORTED

# What a reviewer is asked first; the other rules follow in the table.
FIRST_ASKED = {
    "PRN003": "people and machines are dormant", "PRN004": "people and machines were never used",
    "CRD002": "credentials expire soon", "CRD001": "credentials have expired", "CRD003": "credentials were revoked",
    "ROL001": UNSUPPORTED,
    "PRM001": "required permissions are missing", "PRM007": "forbidden permissions are, or may be, held",
}  # fmt: skip


def verdict(found: Findings) -> str:
    """The whole audit in a sentence, which never sounds clean where something was not judged."""
    counts = found.frame.severity.value_counts()
    worst = [f"{counts[word]:,} {word}" for word in ("critical", "high") if counts[word]]
    rest = f"{counted(len(found.frame), 'finding')} in all"
    judged = evaluated_words(found.rules)
    if worst:
        number = int(counts["critical"] + counts["high"])
        return f"Act now on {' and '.join(worst)} finding{'s' if number > 1 else ''} ({rest}); {judged}."
    return f"No critical or high finding in what could be judged ({rest}); {judged}."


def answer_rows(found: Findings) -> pd.DataFrame:
    """One row a rule: worst severity found, rule, title, found in words, what to do if anything was; worst first."""
    rules = found.rules
    worst = found.frame.groupby("rule", observed=True).severity.max().reindex(rules.id)
    split = rules.id.map(mixed(found.frame)).astype("str").fillna("")
    fixes = {rule.id: rule.fix[:1].upper() + rule.fix[1:] for rule in RULES}
    frame = pd.DataFrame(
        {
            "severity": pd.Categorical(worst.to_numpy(), dtype=DTYPE),
            "rule": rules.id.to_numpy(),
            "title": rules.title.to_numpy(),
            "found": pd.Series(results(rules), dtype="str") + split.to_numpy(),
            "family": rules.family.to_numpy(),
            "count": rules["count"].to_numpy(),
            "population": rules.population.to_numpy(),
            "evaluated": rules.evaluated.to_numpy(),
            "why_not": rules.why_not.to_numpy(),
            "fix": rules.id.map(fixes).where(rules["count"].gt(0)).to_numpy(),
        }
    )
    # Found first, then what could not be judged, last what is clean.
    silent = frame.evaluated + len(SEVERITIES) + 1
    rank = frame.severity.cat.codes.rsub(len(SEVERITIES)).where(frame["count"].gt(0), silent)
    return frame.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def tiles(rules: pd.DataFrame) -> str:
    """The first questions as large numbers: "7 of 212", "7 of 212, in part", or "not evaluated"."""
    said = dict(zip(rules.id, zip(rules.evaluated, rules["count"], rules.population, strict=True), strict=True))
    tiles = "".join(_tile(label, *said[rule]) for rule, label in FIRST_ASKED.items() if rule in said)
    return f'<div class="ak-tiles">{tiles}</div>'


def _tile(label: str, evaluated: bool, count: int, population: int) -> str:
    told = evaluated or count or population
    part = "" if evaluated else ", in part"
    number = f"<strong>{count:,}</strong> of {population:,}{part}" if told else "<strong>?</strong> not evaluated"
    return f'<div class="ak-tile"><span>{number}</span><span>{safe_text(label)}</span></div>'
