"""A plan as files: Markdown to read, CSV to sort, one Markdown ticket for each decision."""

from __future__ import annotations

import re

import pandas as pd

from auditkit import findings_text
from auditkit.review.plan import Plan

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>&~$@:=])")
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def inert(text: object) -> str:
    """Text from outside as one line of Markdown that nothing is made of."""
    return _MARKS.sub(r"\\\1", _ODD.sub(" ", str(text)))


def plan_files(plan: Plan) -> dict[str, bytes]:
    """The files of a plan by name: plan.md, plan.csv, unplanned.csv, what-if.txt and ticket-NNN-….md."""
    proof = "Nothing is taken away, so nothing was tried.\n" if plan.proof is None else plan.proof.to_text()
    texts = {
        "plan.md": markdown(plan),
        "plan.csv": findings_text.to_csv(plan.steps),
        "unplanned.csv": findings_text.to_csv(plan.unplanned),
        "what-if.txt": proof,
    }
    return {name: text.encode("utf-8", "backslashreplace") for name, text in (texts | tickets(plan)).items()}


def markdown(plan: Plan) -> str:
    """The whole plan: warnings first, then the steps in their order, then what no step was made of."""
    lines = ["# Plan", "", f"{len(plan.steps):,} steps, to be carried out in this order. auditkit changes nothing.", ""]
    if plan.warnings:
        lines += ["## Look at these first", "", *(f"- {inert(told)}" for told in plan.warnings), ""]
    lines += ["## Steps", "", *_numbered(plan.steps), ""]
    if len(plan.unplanned):
        pairs = zip(plan.unplanned["item"], plan.unplanned.why, strict=True)
        lines += ["## No step was made of", "", *(f"- {inert(item)}: {inert(why)}" for item, why in pairs), ""]
    return "\n".join(lines)


def _numbered(steps: pd.DataFrame) -> list[str]:
    waits = ("; after step " + steps.after).where(steps.after.ne(""), "")
    return [
        f"{number}. {inert(words)}{wait}" for number, words, wait in zip(steps.step, steps.words, waits, strict=True)
    ]


def tickets(plan: Plan) -> dict[str, str]:
    """One ticket for each decision, by file name, in the order of their last steps."""
    last = plan.steps.groupby("item").step.max().sort_values()
    files = {}
    for number, item in enumerate(last.index, 1):
        steps = plan.steps[plan.steps["item"].eq(item)]
        slug = re.sub(r"[^a-z0-9]+", "-", str(item).lower()).strip("-")[:40]
        files[f"ticket-{number:03d}-{slug}.md"] = _ticket(str(item), steps)
    return files


def _ticket(item: str, steps: pd.DataFrame) -> str:
    first = steps.iloc[0]
    last = f"{steps.words.iloc[-1]}"
    why = inert(first.why) or "none was given"
    boxes = [f"- [ ] step {number}: {inert(words)}" for number, words in zip(steps.step, steps.words, strict=True)]
    head = [f"# {inert(last)}", "", f"Decided by {inert(first.decided_by)} about {inert(item)}. Reason: {why}.", ""]
    return "\n".join([*head, *boxes, "", "Done when the next snapshot shows it: `auditkit review prove`.", ""])
