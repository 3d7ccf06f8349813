"""The evidence pack: one folder, and one zip, that show a year later who decided what, and what came of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import pandas as pd

from auditkit import findings_text
from auditkit.attestations import attestations_text
from auditkit.errors import InputError, ReportError, ReviewError
from auditkit.report import make_report
from auditkit.report.pdf import browser, print_pdf
from auditkit.review import verify as checker
from auditkit.review.accepted import last_day
from auditkit.review.accepted import to_csv as judged_csv
from auditkit.review.accepted import to_json as judged_json
from auditkit.review.campaign import Campaign
from auditkit.review.closing import Closed, write_closed
from auditkit.review.entries import GENESIS
from auditkit.review.evidence_columns import columns_of
from auditkit.review.evidence_controls import controls
from auditkit.review.evidence_gathered import Gathered, gather
from auditkit.review.evidence_said import reviewers
from auditkit.review.evidence_scope import unasked
from auditkit.review.evidence_text import readme
from auditkit.review.plan_text import plan_files
from auditkit.snapshot import Snapshot
from auditkit.store import write_file, write_folder

_LOG = ("number", "at", "item", "whose", "says", "action", "target", "reviewer", "account", "reason", "bulk", "undoes",
        "resolves", "entry_id")  # fmt: skip
_NOTE = (
    "This is the audit that the review began with. What was decided is not in it, but in decisions.csv beside it, "
    "every act in log.csv, the steps in plan/, and what came of them, where a later snapshot shows it, in proof.csv"
)
_LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy", "matplotlib", "nbconvert")


@dataclass(frozen=True, kw_only=True)
class Pack:
    """What `close` made: the folder, the zip beside it, and the SHA-256 of its SHA256SUMS."""

    folder: Path
    archive: Path
    seal: str


def close(
    campaign: Campaign,
    *,
    out: str | Path,
    closed_at: pd.Timestamp,
    after: Snapshot | None = None,
    pdf: bool = True,
) -> Pack:
    """Write the evidence of a campaign, and record in its folder that it was closed; `after` is the snapshot that shows
    what became of the decisions, if there is one, and `closed_at` is now.

    Raises `ReviewError` for a place that is taken, and for a campaign that is not as it began.
    """
    folder = Path(out)
    archive = folder.with_name(folder.name + ".zip")
    if taken := [path for path in (folder, archive) if path.exists() or path.is_symlink()]:
        raise ReviewError(f"{taken[0]} is already there; a pack needs a place of its own")
    if odd := campaign.verify():
        raise ReviewError(f"the campaign is not as it was: {'; '.join(odd[:3])}")
    files = evidence(campaign, closed_at=closed_at, after=after, pdf=pdf)
    files["SHA256SUMS"] = checker.sums(files)
    write_folder(folder, files.items())
    write_file(archive, checker.zipped(files))
    pack = Pack(folder=folder, archive=archive, seal=checker.digest(files["SHA256SUMS"]))
    # As the pack has the log: somebody may have decided while it was made.
    chains = [json.loads(line)["chain"] for line in files["decisions.jsonl"].splitlines()]
    last = chains[-1] if chains else GENESIS
    closed = Closed(at=findings_text.instant(closed_at.floor("s")), seal=pack.seal, entries=len(chains), chain=last)
    write_closed(campaign.folder, closed)
    return pack


def evidence(
    campaign: Campaign, *, closed_at: pd.Timestamp, after: Snapshot | None = None, pdf: bool = True
) -> dict[str, bytes]:
    """Every file of the pack but SHA256SUMS, by its name."""
    gathered = gather(campaign, closed_at=closed_at, after=after)
    texts = {
        "decisions.csv": findings_text.to_csv(gathered.standing),
        "decisions.jsonl": "".join(
            json.dumps(entry, sort_keys=True, ensure_ascii=True) + "\n" for entry in gathered.log.to_dict("records")
        ),
        "log.csv": findings_text.to_csv(_log(gathered)),
        "population.csv": findings_text.to_csv(campaign.items),
        "reviewers.csv": findings_text.to_csv(reviewers(gathered)),
        "unasked.csv": findings_text.to_csv(unasked(gathered)),
        "controls.csv": findings_text.to_csv(controls(gathered)),
        "attestations.csv": findings_text.to_csv(gathered.tables["attestations"]),
        "attested.toml": attestations_text(gathered.tables["attestations"]),
        "limits.csv": findings_text.to_csv(gathered.limits.table()),
        "versions.txt": _versions(),
        "README.txt": readme(gathered),
        "verify.py": Path(checker.__file__).read_text("utf-8"),
        **_findings(gathered),
    }
    if gathered.proof is not None:
        texts["proof.csv"] = findings_text.to_csv(gathered.proof)
    files = {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}
    files |= {f"plan/{name}": data for name, data in plan_files(gathered.planned).items()}
    files |= _kept(campaign, ("campaign.json", "population.parquet", *campaign.facts.inputs))
    files |= _kept(campaign, sorted(f"snapshot/{path.name}" for path in (campaign.folder / "snapshot").iterdir()))
    if after is not None:
        files |= _saved(after, "snapshot-after")
    files["columns.csv"] = findings_text.to_csv(columns_of(files)).encode()
    return files | _report(campaign, pdf)


def _log(gathered: Gathered) -> pd.DataFrame:
    """The log with its numbers, and what each entry is about; what is attested is on no item."""
    log, items = gathered.log, gathered.campaign.items.set_index("item")
    names = {name: log["item"].map(items[name]).astype("str").fillna("") for name in ("whose", "says")}
    return log.assign(number=range(1, len(log) + 1), **names)[list(_LOG)]


def _findings(gathered: Gathered) -> dict[str, str]:
    found, judged = gathered.found, gathered.judged
    if judged is None:
        return {"findings.json": found.to_json(), "findings.csv": found.to_csv()}
    accepted = judged.accepted.assign(until=last_day(judged.accepted.until))
    return {
        "findings.json": judged_json(judged),
        "findings.csv": judged_csv(judged),
        "accepted.csv": findings_text.to_csv(accepted),
    }


def _kept(campaign: Campaign, names: Sequence[str]) -> dict[str, bytes]:
    return {name: (campaign.folder / name).read_bytes() for name in names}


def _saved(snapshot: Snapshot, name: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="auditkit-pack-") as work:
        snapshot.save(Path(work) / name)
        return {f"{name}/{path.name}": path.read_bytes() for path in sorted((Path(work) / name).iterdir())}


def _report(campaign: Campaign, pdf: bool) -> dict[str, bytes]:
    """The report of the snapshot that the campaign judged: HTML, and PDF where a browser can print it."""
    with tempfile.TemporaryDirectory(prefix="auditkit-pack-") as work:
        # What was attested when the review began and in it: what findings.csv is judged by.
        attested = Path(work) / "attestations.toml"
        attested.write_text(attestations_text(campaign.tables()["attestations"]), "utf-8")
        page = make_report(
            campaign.snapshot,
            out=Path(work) / "report.html",
            as_of=pd.Timestamp(campaign.facts.as_of),
            required=campaign.input("required_permissions.csv"),
            config=campaign.input("limits.toml"),
            accepted=campaign.input("accepted.toml"),
            attestations=attested,
            note=_NOTE,
        )
        files = {"report.html": page.read_bytes()}
        printed = _printed(page) if pdf else None
        return files if printed is None else files | {"report.pdf": printed}


def _printed(page: Path) -> bytes | None:
    """The page as PDF; None where no browser is found, or it does not manage."""
    target = page.with_suffix(".pdf")
    try:
        print_pdf(page, target, program=browser())
    except (InputError, ReportError):
        return None
    return target.read_bytes()


def _versions() -> str:
    rows = [("auditkit", version("auditkit")), ("python", python_version())]
    rows += [(name, version(name)) for name in _LIBRARIES]
    return "".join(f"{name} {number}\n" for name, number in rows)
