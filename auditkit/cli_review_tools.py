"""What the commands of the review share: the campaign, tables as text, and who is sitting here when."""

from __future__ import annotations

import getpass
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_output import say
from auditkit.terminal import columns, counted, visible, visible_lines

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.review.campaign import Campaign

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `review start` wrote.")]


def campaign_of(folder: Path) -> Campaign:
    """The campaign of a folder; on a network drive, with a warning."""
    from auditkit.review.campaign import open_campaign

    warn_of_network(folder)
    return open_campaign(folder)


def warn_of_network(folder: Path) -> None:
    """Say it where a campaign lies, or is to lie, on a network drive."""
    from auditkit.review.drive import network_note

    if note := network_note(folder):
        say(note)


def closed_note(campaign: Campaign) -> str:
    """That a campaign was closed, and into what; "" where it was not."""
    from auditkit.review.closing import closed_words

    with campaign.decisions() as store:
        return closed_words(campaign.folder, store.entries())


def say_closed(campaign: Campaign) -> None:
    """Say it on the side where a campaign was closed: what is decided in it now is in no pack."""
    if note := closed_note(campaign):
        say(f"{campaign.folder}: {note}")


def table(frame: pd.DataFrame, head: tuple[str, ...] | None = None) -> list[str]:
    """Some columns of a frame (default: all) as lines."""
    names = tuple(map(str, frame.columns)) if head is None else head
    rows = frame[list(names)].astype("str").to_numpy().tolist()
    return [visible_lines(line) for line in columns(rows, head=names)]


def now() -> pd.Timestamp:
    """What the clock says."""
    import pandas as pd

    return pd.Timestamp.now("UTC").as_unit("us")


def stamp() -> str:
    """The same as RFC 3339."""
    return str(now().strftime("%Y-%m-%dT%H:%M:%SZ"))


def account() -> str:
    """The account and computer, beside the name that is only claimed."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def not_reviewed(campaign: Campaign) -> list[str]:
    """What of the snapshot was not read, so that what is in it is no item: nobody is asked about it."""
    told = campaign.snapshot.incomplete.items()
    return [f"not read whole, and what is missing is no item: {name}: {visible(why)}" for name, why in told]


def begun(campaign: Campaign, previous: Campaign | None) -> list[str]:
    """What is said of a review that was just begun: its size, what of the snapshot was not read, and that the review
    before, if there is one, went on after it was closed, so that no pack holds all of it."""
    from auditkit.review.closing import decided_after

    alone = f"{campaign.facts.without_reviewer:,} without a reviewer"
    lines = [f"wrote {campaign.folder}: {counted(len(campaign.items), 'item')}, {alone}", *not_reviewed(campaign)]
    if previous is None:
        return lines
    with previous.decisions() as store:
        told = decided_after(previous.folder, store.entries())
    return [*lines, f"the review before, {previous.facts.name!r}, {told}"] if told else lines
