"""The rules as readers meet them: which found something and how bad it is, which could judge only a part; counts in
words."""

from __future__ import annotations

import pandas as pd

from auditkit.severity import SEVERITIES


def met(frame: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """The rules that found something, worst first and then by id.

    To the columns of `rules` it adds `worst`, the worst severity among the findings in `frame`, and `by_severity`,
    such as "1 critical, 1 medium".
    """
    found = rules[rules["count"].gt(0)]
    counts = _counts(frame).reindex(index=found.id, fill_value=0)
    told = [_told(row) for row in counts.to_dict("records")]
    worst = pd.Categorical(counts.gt(0).idxmax(axis="columns"), categories=SEVERITIES, ordered=True)
    out = found.assign(worst=worst, by_severity=pd.Series(told, index=found.index, dtype="str"))
    return out.sort_values(["worst", "id"], ascending=[False, True]).reset_index(drop=True)


def mixed(frame: pd.DataFrame) -> pd.Series:
    """By rule, " (1 critical, 1 medium)" of those whose findings are not all as bad as the worst."""
    counts = _counts(frame)
    counts = counts[counts.gt(0).sum(axis="columns").gt(1)]
    told = [f" ({_told(row)})" for row in counts.to_dict("records")]
    return pd.Series(told, index=counts.index, dtype="str")


def worst(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Of findings, which come worst first, at most `most`, and unless that is all of them at most two of a rule, so
    that one rule does not hide the others."""
    return frame if len(frame) <= most else frame[frame.groupby("rule").cumcount() < 2].head(most)


def silent(rules: pd.DataFrame) -> pd.DataFrame:
    """The rules not evaluated whole, with `partly`: whether they judged what could be judged."""
    out = rules[~rules.evaluated].reset_index(drop=True)
    return out.assign(partly=out.population.gt(0) | out["count"].gt(0))


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 finding", "2 findings"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def evaluated_words(rules: pd.DataFrame) -> str:
    """How many of the rules were evaluated, and apart from them how many only in part, and how many not at all."""
    quiet, total = silent(rules), len(rules)
    part, whole = int(quiet.partly.sum()), total - len(quiet)
    none = len(quiet) - part
    if part:
        return f"{whole} of {total} rules were evaluated whole, {part} in part, {none or 'none'} not at all"
    if none:
        return f"{whole} of {total} rules were evaluated, {none} {'was' if none == 1 else 'were'} not"
    return f"all {total} rules were evaluated"


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, one column a severity, the worst first."""
    severities = list(reversed(SEVERITIES))
    return pd.crosstab(frame.rule, frame.severity.astype("str")).reindex(columns=severities, fill_value=0)


def _told(counts: dict[object, int]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
