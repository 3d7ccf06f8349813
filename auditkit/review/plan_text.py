"""A plan as files: Markdown to read, CSV to sort, one Markdown ticket for each decision."""

from __future__ import annotations

import re

import pandas as pd

from auditkit import findings_text
from auditkit.access.telling import DATA_NOTE, numbered
from auditkit.report.inert import code_sentence, code_span
from auditkit.review.plan import Plan
from auditkit.review.plan_steps import COLUMNS


def plan_files(plan: Plan) -> dict[str, bytes]:
    """The files of a plan by name: plan.md, plan.csv, unplanned.csv, what-if.txt and ticket-NNN-….md."""
    proof = "Nothing is taken away, so nothing was tried.\n"
    if plan.proof is not None:
        # In full, for it is evidence; what cannot be tried in memory is named above it.
        head = ["Taken as done, for it cannot be tried in memory", *(f"  {each}" for each in plan.taken), ""]
        proof = "\n".join([*(head if plan.taken else []), plan.proof.to_text(whole=True)])
    texts = {
        "plan.md": markdown(plan),
        "plan.csv": findings_text.to_csv(plan.steps[list(COLUMNS)]),
        "unplanned.csv": findings_text.to_csv(plan.unplanned),
        "what-if.txt": proof,
    }
    return {name: text.encode("utf-8", "backslashreplace") for name, text in (texts | tickets(plan)).items()}


def markdown(plan: Plan) -> str:
    """The whole plan: warnings first, then the steps in their order, then what no step was made of.

    Every text of the IAM and of a reviewer stands in a code span, as in the ticket of an audit.
    """
    head = f"{numbered(len(plan.steps), 'step')}, to be carried out in this order. auditkit changes nothing."
    lines = ["# Plan", "", head, "", DATA_NOTE, ""]
    if plan.warnings:
        lines += ["## Look at these first", "", *(f"- {code_sentence(told)}" for told in plan.warnings), ""]
    lines += ["## Steps", "", *_numbered(plan.steps), ""]
    if plan.already:
        lines += ["## Left out, for it is so already", "", *(f"- {code_sentence(told)}" for told in plan.already), ""]
    if len(plan.unplanned):
        lines += ["## No step was made of", "", *_unplanned(plan.unplanned), ""]
    return "\n".join(lines)


def _numbered(steps: pd.DataFrame) -> list[str]:
    waits = ("; after step " + steps.after).where(steps.after.ne(""), "")
    return [f"{number}. {words}{wait}" for number, words, wait in zip(steps.step, steps.markdown, waits, strict=True)]


def _unplanned(rows: pd.DataFrame) -> list[str]:
    """What is left, under why: whose it is, what it is, and its id."""
    lines = []
    for why, several in rows.groupby("why", sort=True):
        told = zip(several.whose, several.says, several["item"], strict=True)
        lines += [f"- {code_sentence(why)} ({len(several):,}):"]
        lines += [f"  - {code_span(whose)}: {code_sentence(says)}, {code_span(item)}" for whose, says, item in told]
    return lines


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
    # Its own last step: a first one may be a proposal.
    own = steps.iloc[-1]
    why = code_sentence(own.why) if own.why else "none was given"
    # A step that waits for one of another ticket says so; within the ticket the order does.
    away = steps.after.ne("") & ~steps.after.isin(steps.step.astype("str"))
    waits = ("; wait for step " + steps.after + " of the plan").where(away, "")
    boxes = [f"- [ ] step {number}: {words}{wait}"
             for number, words, wait in zip(steps.step, steps.markdown, waits, strict=True)]  # fmt: skip
    head = [
        f"# {own.title}", "",
        f"Decided by {code_span(own.decided_by)} about {code_span(item)}. Reason: {why}.", "", DATA_NOTE, "",
    ]  # fmt: skip
    fill = ["Done by: ____________________", "", "On: ____________________", "", "Ticket: ____________________"]
    shown = "Shown by the next snapshot: `auditkit review prove`."
    return "\n".join([*head, *boxes, "", *fill, "", shown, ""])
