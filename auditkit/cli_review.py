"""The commands of the quarterly review: `review` and what is under it."""

from __future__ import annotations

import getpass
import secrets
import socket
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from auditkit.errors import ReviewError
from auditkit.terminal import columns, counted, visible, visible_lines

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.review.campaign import Campaign

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `review start` wrote.")]
Reviewer = Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
_Out = Annotated[Path, typer.Option("--out", metavar="DIR2", help="The folder to write.")]


class Action(StrEnum):
    """What may be decided of an item."""

    keep = "keep"
    remove = "remove"
    change = "change"
    rotate = "rotate"
    delegate = "delegate"
    not_mine = "not mine"


@app.callback()
def review() -> None:
    """The quarterly review: who decides about which access, what they decided, and what became of it.

    \b
    Example:
      auditkit review status ./2026-q4
    """


@app.command()
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
    """Freeze what is to be reviewed, with a recommendation and a reviewer for each item."""
    from auditkit.access.required import read_required
    from auditkit.access.tables import Tables
    from auditkit.attestations import read_attestations
    from auditkit.findings import run_rules
    from auditkit.review.accepted import read_accepted
    from auditkit.review.advice import read_owners
    from auditkit.review.campaign import INPUTS, open_campaign
    from auditkit.review.campaign import start as begin

    if accepted is not None:
        read_accepted(accepted)
    tables = Tables(
        opened(snapshot), as_of=instant(as_of),
        required=None if required is None else read_required(required),
        attestations=None if attestations is None else read_attestations(attestations),
    )  # fmt: skip
    given = dict(zip(INPUTS, (required, config, accepted, attestations, owners), strict=True))
    campaign = begin(
        tables, run_rules(tables, limits(config)), name=name, out=fresh(out), started_at=_now(), scope=scope,
        owners=None if owners is None else read_owners(owners),
        previous=None if previous is None else open_campaign(previous),
        inputs={name: path.read_bytes() for name, path in given.items() if path is not None},
    )  # fmt: skip
    facts = campaign.facts
    say(f"wrote {out}: {counted(len(campaign.items), 'item')}, {facts.without_reviewer:,} without a reviewer")


@app.command()
def status(
    folder: Folder,
    items: Annotated[bool, typer.Option("--items", help="Every item with what stands decided.")] = False,
) -> None:
    """Print how far a review is: by reviewer and severity, or item by item."""
    campaign = _campaign(folder)
    if items:
        shown = campaign.standing()
        head = ("item", "reviewer", "recommendation", "action", "decided_by", "reason", "says")
        emit("\n".join(_table(shown, head)))
        return
    parts = [_table(campaign.progress(by).replace({by: {"": "(nobody)"}})) for by in ("reviewer", "severity", "kind")]
    emit("\n\n".join("\n".join(part) for part in parts))
    odd = campaign.standing()
    for item in odd["item"][odd.conflict]:
        emit(f"reviewers disagree: {visible(item)}; one of them decides with --settle")


@app.command()
def decide(
    folder: Folder,
    items: Annotated[list[str], typer.Argument(metavar="ITEM...", help="The items; several need a reason.")],
    action: Annotated[Action, typer.Option("--action", help="What is decided.")],
    reviewer: Reviewer,
    reason: Reason = "",
    target: Annotated[str, typer.Option("--target", help="The role of a change, the person of a delegate.")] = "",
    settle: Annotated[bool, typer.Option("--settle", help="Settle what reviewers disagree about.")] = False,
) -> None:
    """Decide about one item, or about several at once."""
    from auditkit.review.deciding import decide as write

    made = write(
        _campaign(folder), items, action=action.value, reviewer=reviewer, at=_stamp(), account=_account(),
        mark=secrets.token_hex(8), reason=reason, target=target, resolves=settle,
    )  # fmt: skip
    emit("\n".join(f"{visible(entry.item)}: {entry.action}" for entry in made))


@app.command()
def undo(
    folder: Folder,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The item.")],
    reviewer: Reviewer,
    reason: Reason = "",
) -> None:
    """Take back the last decision of a reviewer on an item; the log keeps both."""
    from auditkit.review.deciding import undo as write

    made = write(
        _campaign(folder), item, reviewer=reviewer, at=_stamp(), account=_account(), mark=secrets.token_hex(8),
        reason=reason,
    )  # fmt: skip
    emit(f"{visible(made.item)}: taken back")


@app.command()
def verify(folder: Folder) -> None:
    """Check the chain of decisions, the population, and the snapshot."""
    found = _campaign(folder).verify()
    if found:
        emit("\n".join(visible(line) for line in found))
        raise typer.Exit(2)
    emit("sound: the chain of decisions, the population, the snapshot")


@app.command(name="hand-out")
def hand_out(folder: Folder, out: _Out) -> None:
    """Write one workbook a reviewer."""
    from auditkit.review.handout import hand_out as make
    from auditkit.store import write_folder

    files = make(_campaign(folder))
    write_folder(fresh(out), files.items())
    say(f"wrote {counted(len(files), 'workbook')} into {out}")


@app.command()
def collect(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Workbooks that came back.")],
) -> None:
    """Take the decisions of workbooks that came back: all of them, or none."""
    from auditkit.review.collect import collect as read

    campaign = _campaign(folder)
    found = read(campaign, {str(path): path.read_bytes() for path in files}, at=_stamp(), account=_account())
    for line in (*found.problems, *found.told):
        emit(visible(line))
    if found.problems:
        raise ReviewError(f"nothing was taken: {counted(len(found.problems), 'line is', 'lines are')} to be mended")
    with campaign.decisions() as store:
        count = store.append(found.entries)
    say(f"took {counted(count, 'decision')}")


@app.command()
def plan(folder: Folder, out: _Out) -> None:
    """Write the plan that the decisions make: steps in order, tickets, and what it would do."""
    from auditkit.review.plan import plan as make
    from auditkit.review.plan_text import plan_files
    from auditkit.store import write_folder

    campaign = _campaign(folder)
    made = make(campaign.standing(), campaign.tables(), campaign.limits())
    write_folder(fresh(out), plan_files(made).items())
    for warning in made.warnings:
        say(f"look at this first: {warning}")
    say(f"wrote {counted(len(made.steps), 'step')} into {out}; no step for {counted(len(made.unplanned), 'item')}")


@app.command()
def prove(
    folder: Folder,
    after: Annotated[Path, typer.Argument(metavar="SNAPSHOT2", help="A later snapshot.")],
) -> None:
    """Say what became of each decision, by a later snapshot: what is not done comes first."""
    from auditkit.access.tables import Tables
    from auditkit.review.proof import prove as judge

    campaign = _campaign(folder)
    rows = judge(campaign.standing(), campaign.tables(), Tables(opened(after)))
    emit("\n".join(_table(rows, ("status", "item", "action", "evidence", "decided_by", "says"))))


@app.command()
def close(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="PACK", help="The folder of the pack; the zip gets its name.")],
    after: Annotated[
        Path | None, typer.Option("--after", metavar="SNAPSHOT2", help="The snapshot that shows what was done.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Print the report as PDF, if a browser is there.")] = True,
) -> None:
    """Write the evidence pack: a folder and a zip that can be checked years later."""
    from auditkit.review.evidence import close as make

    pack = make(
        _campaign(folder), out=out, closed_at=_now(), after=None if after is None else opened(after), pdf=pdf
    )
    say(f"wrote {pack.folder} and {pack.archive}; write this down elsewhere, it seals the pack")
    emit(pack.seal)


def register(root: typer.Typer) -> None:
    """Put `review` into the command line."""
    root.add_typer(app, name="review")


def _campaign(folder: Path) -> Campaign:
    from auditkit.review.campaign import open_campaign

    return open_campaign(folder)


def _table(frame: pd.DataFrame, head: tuple[str, ...] | None = None) -> list[str]:
    names = tuple(map(str, frame.columns)) if head is None else head
    rows = frame[list(names)].astype("str").to_numpy().tolist()
    return [visible_lines(line) for line in columns(rows, head=names)]


def _now() -> pd.Timestamp:
    import pandas as pd

    return pd.Timestamp.now("UTC").as_unit("us")


def _stamp() -> str:
    return str(_now().strftime("%Y-%m-%dT%H:%M:%SZ"))


def _account() -> str:
    """The account and computer, beside the name that is only claimed."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
