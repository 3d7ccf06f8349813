"""The options that several commands share, and how their words become values."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.limits import Limits
    from auditkit.snapshot import Snapshot


class Severity(StrEnum):
    """How bad a finding is."""

    info = "info"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


class AuditFormat(StrEnum):
    """How `audit` prints."""

    table = "table"
    json = "json"
    csv = "csv"
    sarif = "sarif"
    junit = "junit"


class RulesFormat(StrEnum):
    """How `rules` prints."""

    text = "text"
    json = "json"
    markdown = "markdown"


class ExplainFormat(StrEnum):
    """How `explain` prints."""

    text = "text"
    json = "json"


class WhoCanFormat(StrEnum):
    """How `who-can` prints."""

    text = "text"
    json = "json"
    csv = "csv"


class HistoryFormat(StrEnum):
    """How `history` prints."""

    text = "text"
    csv = "csv"
    json = "json"
    svg = "svg"


class Api(StrEnum):
    """Which of the vendor's APIs is called."""

    iam = "iam"
    iot = "iot"


class Paging(StrEnum):
    """How the sandbox pages its lists."""

    cursor = "cursor"
    page = "page"
    offset = "offset"
    link = "link"
    none = "none"


SnapshotPath = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="The folder that pull or import wrote.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="T",
        help="Judge at this instant: RFC 3339 with an offset, or a date, meaning its midnight UTC. "
        "Default: when the snapshot was pulled.",
    ),
]
Required = Annotated[
    Path | None, typer.Option("--required", metavar="CSV", help="The permissions that each principal must have.")
]
Accepted = Annotated[
    Path | None,
    typer.Option("--accepted", metavar="FILE", help="Findings accepted until a day, as TOML: shown apart."),
]
Attestations = Annotated[
    Path | None, typer.Option("--attestations", metavar="FILE", help="What people attest, as TOML.")
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Limits, as TOML.")]

_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)


def instant(text: str | None) -> pd.Timestamp | None:
    """`--as-of` as a time; a text that is none raises `InputError`."""
    return None if text is None else moment(text, "--as-of")


def moment(text: str, name: str) -> pd.Timestamp:
    """RFC 3339 with an offset, or a date, as a time; a text that is none raises `InputError`, which says `name`."""
    import pandas as pd

    found = _INSTANT.fullmatch(text.strip())
    if found is None:
        raise InputError(_no_instant(text, name))
    day, clock, fraction, offset = found.groups()
    zone = "+00:00" if offset is None or offset in "Zz" else offset
    try:
        # Microseconds are the unit of every time here; what is finer is cut.
        time = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{(fraction or '.0')[:7]:0<7}{zone}")
        return pd.Timestamp(time.astimezone(UTC)).as_unit("us")
    except (ValueError, OverflowError):
        raise InputError(_no_instant(text, name)) from None


def _no_instant(text: str, name: str) -> str:
    return f"{name}: {text!r} is no time; write it as 2026-10-01T00:00:00Z, with an offset, or as a date 2026-10-01"


def context(pairs: list[str]) -> dict[str, str]:
    """`--context KEY=VALUE`, repeated, as a mapping; a pair without `=`, or a key given twice, raises `InputError`."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--context: {pair!r} is no KEY=VALUE; write it as request.ip=10.0.0.7")
        if key in found:
            raise InputError(f"--context: {key!r} is given twice; give it once")
        found[key] = value
    return found


def opened(path: Path) -> Snapshot:
    """The snapshot of this folder."""
    from auditkit.snapshot import load

    return load(path)


def limits(path: Path | None) -> Limits:
    """The limits of this file, or the defaults."""
    from auditkit.limits import Limits

    return Limits() if path is None else Limits.from_toml(path)


def fresh(path: Path) -> Path:
    """A place for something new; one that is taken raises `InputError`."""
    if path.is_symlink() or path.exists():
        raise InputError(f"--out: {str(path)!r} is already there; choose another place, or move it away")
    return path
