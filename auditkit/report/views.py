"""The findings counted by what a reader asks for: by family, control, principal, owner and rule. Pure frames."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from auditkit.findings import Findings
from auditkit.findings_met import mixed
from auditkit.rules import RULES
from auditkit.rules.base import Rule
from auditkit.rules.controls import STANDARDS
from auditkit.severity import DTYPE, SEVERITIES

# Stands where a rule has no finding to link to.
NO_ANCHOR = "-"
_WORST_FIRST = tuple(reversed(SEVERITIES))


def by_family(findings: Findings) -> pd.DataFrame:
    """One row a family: severity (the worst found), family, evaluated and found in words, and the counts; worst first,
    by how many findings there are of each severity, and last the families without any."""
    told = _told(_judged(findings), ["family"]).drop(columns=["rules", "anchors", "result"])
    places = {name: place for place, name in enumerate(by_key(findings.frame, "family").family)}
    return told.iloc[told.family.map(places).fillna(len(places)).argsort(kind="stable")].reset_index(drop=True)


def by_control(findings: Findings) -> pd.DataFrame:
    """One row a control: severity, standard, control, result, evaluated, found, rules, anchors and the counts.

    `anchors` names the worst finding of each of `rules`, or says that there is none. What a rule found counts for each
    control that it gives evidence for.
    """
    pairs = [
        (rule.id, standard, control)
        for rule in RULES
        for standard, controls in rule.controls.items()
        for control in controls
    ]
    ties = pd.DataFrame(pairs, columns=["id", "standard", "control"])
    told = _told(ties.merge(_judged(findings), on="id"), ["standard", "control"])
    order = told.assign(place=told.standard.map(STANDARDS.index)).sort_values(["place", "control"])
    return told.loc[order.index].reset_index(drop=True)


def by_rule(findings: Findings) -> pd.DataFrame:
    """One row a rule, family by family: severity, family, rule, title, found, why, fix, controls, anchors."""
    told = _told(_judged(findings), ["family", "id"]).rename(columns={"id": "rule"})
    told["found"] += told["rule"].map(mixed(findings.frame)).astype("str").fillna("")
    words = pd.DataFrame(
        [(rule.id, rule.title, rule.why, rule.fix[:1].upper() + rule.fix[1:], _controls(rule)) for rule in RULES],
        columns=["rule", "title", "why", "fix", "controls"],
    )
    columns = ["severity", "family", "rule", "title", "found", "why", "fix", "controls", "anchors"]
    return told.merge(words, on="rule", how="left", validate="one_to_one")[columns]


def by_key(frame: pd.DataFrame, key: str, *, most: int | None = None) -> pd.DataFrame:
    """One row a value of `key`, at most `most`: severity (the worst), it, findings, a count a severity, rules, anchors.

    The worst come first. Findings whose key is null are left out: whoever shows the rows says how many those are.
    """
    keyed = frame[frame[key].notna()]
    counts = pd.crosstab(keyed[key], keyed.severity).reindex(columns=list(_WORST_FIRST), fill_value=0)
    counts = counts.rename_axis(columns=None).reset_index()
    counts = counts.sort_values([*_WORST_FIRST, key], ascending=[False] * len(_WORST_FIRST) + [True])
    rows = (counts if most is None else counts.head(most)).reset_index(drop=True)
    firsts = keyed[keyed[key].isin(rows[key])].drop_duplicates([key, "rule"]).groupby(key, sort=False)
    worst = rows[list(_WORST_FIRST)].gt(0).idxmax(axis="columns") if len(rows) else []
    told = rows.assign(
        severity=pd.Categorical(worst, dtype=DTYPE),
        findings=rows[list(_WORST_FIRST)].sum(axis="columns"),
        rules=rows[key].map(firsts.rule.agg(" ".join)).astype("str"),
        anchors=rows[key].map(firsts.fingerprint.agg(" ".join)).astype("str"),
    )
    return told[["severity", key, "findings", *_WORST_FIRST, "rules", "anchors"]]


def _judged(findings: Findings) -> pd.DataFrame:
    """The rules with their worst finding: its severity and its anchor. Findings come worst first."""
    firsts = findings.frame.drop_duplicates("rule").set_index("rule")
    rules = findings.rules.drop(columns="severity")
    severity = pd.Categorical(rules.id.map(firsts.severity.astype("str")), dtype=DTYPE)
    anchors = rules.id.map(firsts.fingerprint).astype("str").fillna(NO_ANCHOR)
    return rules.assign(severity=severity, anchors=anchors)


def _told(rules: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The rules added up by `keys`, in the order in which those first occur, with what came of them in words."""
    groups = rules.assign(rank=rules.severity.cat.codes, rule=rules.id).groupby(list(keys), sort=False)
    sums = groups.agg(
        judged=("evaluated", "sum"), of_rules=("evaluated", "size"), count=("count", "sum"),
        population=("population", "sum"), rank=("rank", "max"), rules=("rule", " ".join), anchors=("anchors", " ".join),
    ).reset_index()  # fmt: skip
    rows = zip(sums.judged, sums.of_rules, sums["count"], sums.population, strict=True)
    words = [
        (_result(judged, of, count), f"{judged} of {of} rules", _found(judged, count, looked))
        for judged, of, count, looked in rows
    ]
    told = pd.DataFrame(words, columns=["result", "evaluated", "found"]).astype("str")
    severity = pd.Categorical.from_codes(sums["rank"].to_numpy(), dtype=DTYPE)
    front = pd.DataFrame({"severity": severity}).join([sums[list(keys)], told, sums[["rules", "anchors"]]])
    return front.join(sums[["judged", "of_rules", "count", "population"]])


def _result(judged: int, of: int, count: int) -> str:
    """What the evidence says; never that a control is met, which is a person's to say."""
    if judged == of:
        return "findings" if count else "nothing found"
    if judged or count:
        return "findings, evaluated in part" if count else "nothing found, evaluated in part"
    return "not evaluated"


def _found(judged: int, count: int, population: int) -> str:
    return f"{count:,} of {population:,}" if judged or count else "not evaluated"


def _controls(rule: Rule) -> str:
    return "; ".join(f"{standard}: {', '.join(ids)}" for standard, ids in rule.controls.items())
