"""What of the review is written or read as files: workbooks, the plan, the proof, the evidence pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditkit.cli_options import fresh, opened
from auditkit.cli_output import emit, say
from auditkit.cli_review_tools import Folder, account, campaign_of, now, say_closed, stamp, table
from auditkit.errors import ReviewError
from auditkit.terminal import counted, visible

_Out = Annotated[Path, typer.Option("--out", metavar="DIR2", help="The folder to write.")]


def hand_out(folder: Folder, out: _Out) -> None:
    """Write one workbook a reviewer.

    \b
    Example:
      auditkit review hand-out ./review --out ./workbooks
    """
    from auditkit.review.handout import hand_out as make
    from auditkit.store import write_folder

    files = make(campaign_of(folder))
    write_folder(fresh(out), files.items())
    say(f"wrote {counted(len(files), 'workbook')} into {out}")


def collect(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Workbooks that came back.")],
) -> None:
    """Take the decisions of workbooks that came back: all of them, or none.

    \b
    Example:
      auditkit review collect ./review ./workbooks/*.xlsx
    """
    from auditkit.review.collect import collect as read

    campaign = campaign_of(folder)
    found = read(campaign, {str(path): path.read_bytes() for path in files}, at=stamp(), account=account())
    for line in (*found.problems, *found.told):
        emit(visible(line))
    if found.problems:
        raise ReviewError(f"nothing was taken: {counted(len(found.problems), 'line is', 'lines are')} to be mended")
    with campaign.decisions() as store:
        count = store.append(found.entries)
    say(f"took {counted(count, 'decision')}; {counted(found.empty, 'line is', 'lines are')} without a decision")
    say_closed(campaign)


def merge(
    folder: Folder,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="A copy of it that was decided on elsewhere.")],
) -> None:
    """Take the decisions of another copy of the same review: those that are missing here, in the order of their chain.

    A second time changes nothing, and either way the same stands. Who decided apart, and not alike, disagrees until
    somebody settles it.

    \b
    Example:
      auditkit review merge ./review ./review-of-the-laptop
    """
    from auditkit.review.merge import merge as join

    campaign, copy = campaign_of(folder), campaign_of(other)
    found = join(campaign, copy)
    with campaign.decisions() as store:
        count = store.append(found.entries)
    for line in found.told:
        emit(visible(line))
    say(f"took {counted(count, 'decision')}")
    for each in (campaign, copy):
        say_closed(each)


def plan(folder: Folder, out: _Out) -> None:
    """Write the plan that the decisions make: steps in order, tickets, and what it would do.

    \b
    Example:
      auditkit review plan ./review --out ./steps
    """
    from auditkit.review.plan import plan as make
    from auditkit.review.plan_text import plan_files
    from auditkit.store import write_folder

    campaign = campaign_of(folder)
    made = make(campaign.standing(), campaign.tables(), campaign.limits())
    write_folder(fresh(out), plan_files(made).items())
    for warning in made.warnings:
        say(f"look at this first: {warning}")
    say(f"wrote {counted(len(made.steps), 'step')} into {out}; no step for {counted(len(made.unplanned), 'item')}")


def prove(
    folder: Folder,
    after: Annotated[Path, typer.Argument(metavar="SNAPSHOT2", help="A later snapshot.")],
) -> None:
    """Say what became of each decision, by a later snapshot: what is not done comes first.

    \b
    Example:
      auditkit review prove ./review ./snapshot_next
    """
    from auditkit.access.tables import Tables
    from auditkit.review.proof import counted_statuses
    from auditkit.review.proof import prove as judge

    campaign = campaign_of(folder)
    rows = judge(campaign.standing(), campaign.tables(), Tables(opened(after)))
    emit("\n".join(table(rows, ("status", "item", "whose", "says", "action", "evidence", "decided_by"))))
    say(counted_statuses(rows))


def close(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="PACK", help="The folder of the pack; the zip gets its name.")],
    after: Annotated[
        Path | None, typer.Option("--after", metavar="SNAPSHOT2", help="The snapshot that shows what was done.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Print the report as PDF, if a browser is there.")] = True,
) -> None:
    """Write the evidence pack: a folder and a zip that can be checked years later.

    \b
    Example:
      auditkit review close ./review --out ./evidence --after ./snapshot_next
    """
    from auditkit.review.closing import closings
    from auditkit.review.evidence import close as make
    from auditkit.review.progress import unfinished

    campaign = campaign_of(folder)
    before = closings(folder)
    pack = make(campaign, out=out, closed_at=now(), after=None if after is None else opened(after), pdf=pdf)
    say(f"wrote {pack.folder} and {pack.archive}; write this down elsewhere, it seals the pack")
    if lacks := unfinished(campaign.standing()):
        say(f"this review was closed unfinished: of its {counted(len(campaign.items), 'item')} {', '.join(lacks)}")
    if before:
        say(f"it was closed before, on {before[-1].at} into pack {before[-1].seal}: this pack is the later one")
    emit(pack.seal)
