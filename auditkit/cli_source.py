"""The commands that bring a snapshot, and the one that serves an organisation to try them on: pull, import, sandbox."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_options import Paging, fresh, instant
from auditkit.cli_output import emit, say
from auditkit.terminal import moment, snapshot_lines, visible

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

SOMETHING_UNREAD = 3
# What is asked for by the organisation's id; credentials and members are asked for by principals that came.
_ITS_OWN = {"organisation", "principals", "roles", "role_assignments", "permission_grants"}
_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The snapshot folder to write.")]


def pull(
    base_url: Annotated[str, typer.Option("--base-url", metavar="URL", help="Where the API is, without /iam.")],
    organisation: Annotated[str, typer.Option("--organisation", metavar="ID", help="The organisation's id.")],
    out: _Out,
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", help="The rows in which the API differs, as TOML.")
    ] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=256, help="Requests at one time.")] = 16,
    direct: Annotated[bool, typer.Option("--direct", help="Send the key itself, exchange no token.")] = False,
    env_proxy: Annotated[bool, typer.Option("--env-proxy", help="Use the proxy that the environment names.")] = False,
    ca_bundle: Annotated[
        Path | None,
        typer.Option("--ca-bundle", metavar="FILE", help="The authorities to trust, as PEM; default: the public ones."),
    ] = None,
) -> None:
    """Read an organisation from the IAM API into a snapshot; into the same folder again, what was missing.

    The key comes from AUDITKIT_API_KEY, the system keyring or a hidden prompt. Where the API's certificate is by your
    organisation's own authority, --ca-bundle names the PEM file of that authority: verifying is never switched off.

    \b
    Example:
      auditkit pull --base-url https://iam.example.com --organisation org-1 --out ./snapshot
    """
    from auditkit.source.api.pull import pull as read
    from auditkit.source.key import find_key
    from auditkit.source.progress import progress_on

    snapshot = read(
        base_url, organisation, find_key(), out=out, profile=profile, concurrency=concurrency, direct=direct,
        env_proxy=env_proxy, ca_bundle=ca_bundle, progress=progress_on(sys.stderr),
    )  # fmt: skip
    if _all_refused(snapshot):
        say("everything of this organisation was refused: check --organisation, and that the key belongs to it")
    _tell(snapshot, out)


def _all_refused(snapshot: Snapshot) -> bool:
    """Whether the API would give nothing that belongs to the organisation, whatever it gave of the catalogue."""
    refused = {each["collection"] for each in snapshot.manifest.unread if each["status"] in (403, 404)}
    return refused >= _ITS_OWN


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An organisation document, JSON.")],
    out: _Out,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="T",
            help="When the document was exported: RFC 3339 with an offset, or a date, meaning its midnight UTC. "
            "Default: now.",
        ),
    ] = None,
) -> None:
    """Read an organisation document into a snapshot.

    A document does not say when it was exported, and a snapshot is judged as of then: --as-of tells it.

    \b
    Example:
      auditkit import organisation.json --out ./imported --as-of 2026-10-01T00:00:00Z
    """
    import pandas as pd

    from auditkit.cli_notes import instant_notes
    from auditkit.source.document import import_document

    fresh(out)
    exported = instant(as_of)
    snapshot = import_document(file, pulled_at=exported or pd.Timestamp.now("UTC").as_unit("us"))
    snapshot.save(out)
    if exported is None:
        say(f"dated {moment(snapshot.as_of)}, which is now: if it was exported earlier, say when by --as-of T")
    for line in instant_notes(snapshot, snapshot.as_of):
        say(line)
    _tell(snapshot, out)


def _tell(snapshot: Snapshot, out: Path) -> None:
    """Say what came; where something is missing, end with the status that says so."""
    for line in snapshot_lines(snapshot):
        say(line)
    say(f"snapshot {snapshot.id} in {out}")
    if not snapshot.complete:
        raise typer.Exit(SOMETHING_UNREAD)


def sandbox(
    document: Annotated[
        Path | None, typer.Option("--document", metavar="FILE", help="The organisation; default: the sample.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="0: a free one.")] = 0,
    host: Annotated[str, typer.Option("--host", help="Where to listen; anything but loopback is open to others.")] = (
        "127.0.0.1"
    ),
    latency: Annotated[float, typer.Option("--latency", min=0, metavar="MS", help="Wait before each answer.")] = 0,
    rate: Annotated[float | None, typer.Option("--rate", min=0.1, help="Requests a second before a 429.")] = None,
    paging: Annotated[Paging, typer.Option("--paging", help="How its lists are paged.")] = Paging.cursor,
) -> None:
    """Serve an organisation document as the IAM API, with a key of its own, until it is interrupted.

    \b
    Example:
      auditkit sandbox --document organisation.json --port 8765
    """
    from auditkit.bundle import bundled
    from auditkit.sandbox.server import Sandbox

    served = document or bundled("data/organisation.json")
    served_by = Sandbox(served, host=host, port=port, latency=latency / 1000, rate=rate, paging=paging.value)
    with served_by as running:
        emit(f"url {running.url}\norganisation {visible(running.organisation_id)}\nkey {running.key}")
        sys.stdout.flush()
        running.wait()
