"""The commands of the quarterly review: `review` and what is under it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit import cli_review_files as files
from auditkit.cli_options import (
    Accepted,
    AsOf,
    Attestations,
    Config,
    Required,
    SnapshotPath,
    fresh,
    instant,
    limits,
    opened,
)
from auditkit.cli_output import emit, say
from auditkit.cli_review_status import counts_text, items_text
from auditkit.cli_review_tools import (
    Folder,
    account,
    begun,
    campaign_of,
    closed_note,
    not_reviewed,
    now,
    say_closed,
    stamp,
    warn_of_network,
)
from auditkit.terminal import visible

if TYPE_CHECKING:
    from auditkit.review.entries import Entry

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Reviewer = Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


def _action(word: str) -> str:
    from auditkit.review.entries import DECISIONS, no_decision

    if word not in DECISIONS:
        raise typer.BadParameter(no_decision(word))
    return word


_ACTIONS = "[keep|remove|change|rotate|delegate|not mine]"


@app.callback()
def review() -> None:
    """The quarterly review: who decides about which access, what they decided, and what became of it.

    \b
    Example:
      auditkit review status ./2026-q4
    """


def start(
    snapshot: SnapshotPath,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the review is called.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write.")],
    scope: Annotated[
        str, typer.Option("--scope", help="everything, machine, privileged, changed or group:ID.")
    ] = "everything",
    owners: Annotated[
        Path | None, typer.Option("--owners", metavar="CSV", help="Who is asked: columns kind,id,reviewer.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", metavar="DIR", help="The folder of the review before.")
    ] = None,
    required: Required = None,
    config: Config = None,
    accepted: Accepted = None,
    attestations: Attestations = None,
    as_of: AsOf = None,
) -> None:
    """Freeze what is to be reviewed, with a recommendation and a reviewer for each item.

    \b
    Example:
      auditkit review start ./snapshot_next --name 2027-Q1 --out ./2027-q1 --previous ./review
    """
    from auditkit.access.required import read_required
    from auditkit.access.tables import Tables
    from auditkit.attestations import read_attestations
    from auditkit.findings import run_rules
    from auditkit.review.accepted import read_accepted
    from auditkit.review.advice import read_owners
    from auditkit.review.campaign import INPUTS, open_campaign
    from auditkit.review.campaign import start as begin
    from auditkit.store import clear_leftovers

    for left in clear_leftovers(fresh(out).absolute().parent):
        say(f"removed {left.name}, which a killed run had left half written")
    warn_of_network(out)
    if accepted is not None:
        read_accepted(accepted)
    tables = Tables(
        opened(snapshot), as_of=instant(as_of),
        required=None if required is None else read_required(required),
        attestations=None if attestations is None else read_attestations(attestations),
    )  # fmt: skip
    last = None if previous is None else open_campaign(previous)
    given = dict(zip(INPUTS, (required, config, accepted, attestations, owners), strict=True))
    campaign = begin(
        tables, run_rules(tables, limits(config)), name=name, out=out, started_at=now(), scope=scope,
        owners=None if owners is None else read_owners(owners),
        previous=last,
        inputs={name: path.read_bytes() for name, path in given.items() if path is not None},
    )  # fmt: skip
    for line in begun(campaign, last):
        say(line)


def status(
    folder: Folder,
    items: Annotated[bool, typer.Option("--items", help="Every item with what stands decided.")] = False,
) -> None:
    """Print how far a review is: by reviewer and severity, or item by item.

    \b
    Example:
      auditkit review status ./review --items
    """
    from auditkit.review.decisions import disagreements
    from auditkit.review.progress import waiting

    campaign = campaign_of(folder)
    standing = campaign.standing()
    if items:
        say_closed(campaign)
        emit(items_text(standing))
        return
    emit(counts_text(standing))
    lines = [*filter(None, [closed_note(campaign)]), *not_reviewed(campaign), *waiting(standing)]
    with campaign.decisions() as store:
        said = disagreements(store.entries())
    odd = standing[standing.conflict]
    lines += [
        f"reviewers disagree: {item}, {says}, of {whose}: {said.get(item, '')}; one of them decides with --settle"
        for item, whose, says in zip(odd["item"], odd.whose, odd.says, strict=True)
    ]
    for line in lines:
        emit(visible(line))


def decide(
    folder: Folder,
    items: Annotated[list[str], typer.Argument(metavar="ITEM...", help="The items; several need a reason.")],
    action: Annotated[str, typer.Option("--action", parser=_action, metavar=_ACTIONS, help="What is decided.")],
    reviewer: Reviewer,
    reason: Reason = "",
    target: Annotated[str, typer.Option("--target", help="The role of a change, the person of a delegate.")] = "",
    settle: Annotated[bool, typer.Option("--settle", help="Settle what reviewers disagree about.")] = False,
    new_reviewer: Annotated[bool, typer.Option("--new-reviewer", help="The name is of somebody new.")] = False,
) -> None:
    """Decide about one item, or about several at once.

    \b
    Example:
      auditkit review decide ./review principal:usr-0003 --action remove --reviewer "Gil Osei" --reason "has left"
    """
    from auditkit.review.deciding import decide as write
    from auditkit.review.deciding import own_of
    from auditkit.review.reviewers import known, remarks, reviewers

    campaign = campaign_of(folder)
    before = campaign.standing()
    with campaign.decisions() as store:
        if not new_reviewer:
            among = reviewers(campaign, store.entries())
            known(reviewer, among, "Add --new-reviewer if the name is new")
    made = write(
        campaign, items, action=action, reviewer=reviewer, at=stamp(), account=account(),
        mark=secrets.token_hex(8), reason=reason, target=target, resolves=settle,
    )  # fmt: skip
    with campaign.decisions() as store:
        log = store.entries()
    own, new = own_of(log, reviewer), {entry.item for entry in made}
    emit("\n".join(visible(_said(own[item], item in new)) for item in dict.fromkeys(items)))
    for item, told in remarks(before, log, made).items():
        say(f"{item}: {told}")
    say_closed(campaign)


def _said(entry: Entry, new: bool) -> str:
    """What a decision comes to: with its target as it was found."""
    told = f"{entry.action} to {entry.target}" if entry.target else entry.action
    if new:
        return f"{entry.item}: {told}"
    why = f" ({entry.reason})" if entry.reason else ""
    return f"{entry.item}: is decided so already, and stays: {told}, by {entry.reviewer} at {entry.at}{why}"


def undo(
    folder: Folder,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The item.")],
    reviewer: Reviewer,
    reason: Reason = "",
) -> None:
    """Take back the last decision of a reviewer on an item; the log keeps both.

    \b
    Example:
      auditkit review undo ./review principal:usr-0003 --reviewer "Gil Osei"
    """
    from auditkit.review.deciding import undo as write

    campaign = campaign_of(folder)
    made = write(
        campaign, item, reviewer=reviewer, at=stamp(), account=account(), mark=secrets.token_hex(8),
        reason=reason,
    )  # fmt: skip
    emit(f"{visible(made.item)}: taken back")
    say_closed(campaign)


def verify(folder: Folder) -> None:
    """Check the chain of decisions, the population, and the snapshot.

    \b
    Example:
      auditkit review verify ./review
    """
    campaign = campaign_of(folder)
    found = campaign.verify()
    if found:
        emit("\n".join(visible(line) for line in found))
        raise typer.Exit(2)
    emit("sound: the chain of decisions, the population, the snapshot")
    if note := closed_note(campaign):
        emit(note)


def register(root: typer.Typer) -> None:
    """Put `review` into the command line, its commands in the order in which a person meets them."""
    later = (files.hand_out, files.collect, files.merge, files.plan, files.prove, files.close)
    for command in (start, status, decide, undo, verify, *later):
        app.command(name=command.__name__.replace("_", "-"))(command)
    root.add_typer(app, name="review")
