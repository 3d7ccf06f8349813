"""Check an evidence pack: every file by its SHA-256, no file more or less, the chain of decisions, and that what the
files say of one another holds.

A copy of this file lies in every pack and needs nothing but Python: `python3 verify.py` checks the folder it lies in,
`python3 verify.py PACK` another one, or a zip. It prints the seal of the pack, to be compared with the one that was
written down when the pack was made: whoever makes a pack anew makes its list anew as well.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

SUMS = "SHA256SUMS"
SIGNATURE = SUMS + ".sig"
_HEAD = "# Not the seal, which is the SHA-256 of this whole file, but that of the lines below: "
_GENESIS = "0" * 64
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SNAPSHOTS = ("snapshot", "snapshot-after")
_LOGGED = ("item", "at", "action", "target", "reviewer", "account", "reason", "bulk", "undoes", "resolves", "entry_id")
_DECISIONS = ("keep", "remove", "change", "rotate", "delegate", "not mine")
_DECIDED = ("action", "target", "decided_by", "at", "reason", "bulk")
_ENTERED = ("action", "target", "reviewer", "at", "reason", "bulk")
NOT_SOUND = "does not match its own list, or its files do not agree with one another"
_SOUND = "SOUND: the pack matches its own list, and its files agree with one another.\n"
_SEAL = "The seal of what lies here, the SHA-256 of its SHA256SUMS, is\n\n  {}\n\n"
_COMPARE = """\
Compare it with the one that was written down elsewhere when the pack was made. Without that nothing here shows who
made the pack, or that nobody has made it anew.

"""
_CHANGED = "No seal makes up for what is told above: get another copy of the pack, and check that.\n\n"


def sums(files: dict[str, bytes]) -> bytes:
    """SHA256SUMS for these files: a line each, in the order of their names, under a line that seals them."""
    lines = "".join(f"{digest(files[name])}  {name}\n" for name in sorted(files))
    return (_HEAD + digest(lines.encode()) + "\n" + lines).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip that depends on nothing but the files: in the order of their names, stored, without a time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100600 << 16
            archive.writestr(entry, files[name])
    return target.getvalue()


def verify(pack: str) -> list[str]:
    """What is wrong with a pack, a folder or a zip: a sentence each, which names the file; none if it is sound."""
    files, found, data = _opened(pack)
    if not files:
        return found or [f"{pack}: holds no files"]
    found += check(files)
    if not found and data and zipped(files) != data:
        found.append(f"{pack}: the zip itself differs from how packs are zipped, though every file in it is sound")
    return found


def seal(pack: str) -> str:
    """The SHA-256 of the SHA256SUMS of a pack, a folder or a zip; empty where there is none."""
    files, _, _ = _opened(pack)
    return digest(files[SUMS]) if SUMS in files else ""


def _opened(pack: str) -> tuple[dict[str, bytes], list[str], bytes]:
    """The files of a pack by their names, what is wrong with how they lie there, and the bytes of a zip."""
    if Path(pack).is_dir():
        return (*_folder(Path(pack)), b"")
    try:
        data = Path(pack).read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}, [], data
    except OSError as error:
        return {}, [f"{pack}: cannot be read ({error.strerror})"], b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        return {}, [f"{pack}: is no sound zip ({error})"], b""


def check(files: dict[str, bytes]) -> list[str]:
    """What is wrong with the files of a pack, given by their names."""
    if SUMS not in files:
        return [f"{SUMS}: is missing; without it nothing can be checked"]
    listed, found = _listed(files[SUMS])
    present = set(files) - {SUMS, SIGNATURE}
    found += [f"{name}: is missing" for name in sorted(set(listed) - present)]
    found += [f"{name}: was not there when the pack was made" for name in sorted(present - set(listed))]
    known = sorted(present & set(listed))
    found += [f"{name}: differs from its SHA-256" for name in known if digest(files[name]) != listed[name]]
    log = files.get("decisions.jsonl", b"")
    found += _chain(log) + _campaign(files) + _manifests(files)
    told = ((_log_csv, "log.csv"), (_decisions_csv, "decisions.csv"))
    return found + [line for agrees, name in told if name in files for line in agrees(files[name], _entries(log))]


def _listed(data: bytes) -> tuple[dict[str, str], list[str]]:
    """The digest of each file that SHA256SUMS lists, and what is wrong with the list itself."""
    head, _, lines = data.partition(b"\n")
    sound = head == (_HEAD + digest(lines)).encode()
    pairs = [line.split("  ", 1) for line in lines.decode("utf-8", "replace").splitlines()]
    listed = {pair[1]: pair[0] for pair in pairs if len(pair) == 2}
    return listed, [] if sound else [f"{SUMS}: the list itself was changed"]


def _chain(log: bytes) -> list[str]:
    """Breaks of the chain in which each decision holds the hash of the one before it."""
    found, before = [], _GENESIS
    for number, line in enumerate(log.splitlines(), 1):
        try:
            entry = json.loads(line)
            chain, entry["chain"] = entry["chain"], ""
            text = json.dumps(entry, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
            if entry["previous"] != before:
                found.append(f"decisions.jsonl: entry {number} does not follow the one before it")
            if digest(text.encode()) != chain:
                found.append(f"decisions.jsonl: entry {number} differs from its hash")
            before = chain
        except (ValueError, KeyError, TypeError):
            found.append(f"decisions.jsonl: entry {number} cannot be read")
    return found


def _campaign(files: dict[str, bytes]) -> list[str]:
    """Whether population, snapshot and inputs are those that the campaign froze when it began."""
    if "campaign.json" not in files:
        return []
    try:
        facts = json.loads(files["campaign.json"])
        inputs = dict(facts.get("inputs", {}))
        wanted = {"population.parquet": facts["population"], "snapshot/manifest.json": facts["snapshot"], **inputs}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ["campaign.json: cannot be read"]
    says = "is not the one that campaign.json says the review began with"
    return [f"{name}: {says}" for name, value in wanted.items() if digest(files.get(name, b"")) != value]


def _manifests(files: dict[str, bytes]) -> list[str]:
    """Whether each snapshot's files are those that its manifest lists."""
    found = []
    for folder in _SNAPSHOTS:
        inside = {name for name in files if name.startswith(f"{folder}/")} - {f"{folder}/manifest.json"}
        if not inside and f"{folder}/manifest.json" not in files:
            continue
        try:
            listed = json.loads(files[f"{folder}/manifest.json"])["files"]
            wanted = {f"{folder}/{name}": entry["sha256"] for name, entry in listed.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            found.append(f"{folder}/manifest.json: cannot be read")
            continue
        found += [
            f"{name}: is not the file that {folder}/manifest.json lists"
            for name in sorted(inside | set(wanted))
            if name not in wanted or digest(files.get(name, b"")) != wanted[name]
        ]
    return found


def _entries(log: bytes) -> list[dict[str, str]]:
    """The entries of the log that can be read, in their order."""
    found = []
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append({name: _plain(str(value)) for name, value in entry.items()})
    return found


def _log_csv(data: bytes, log: list[dict[str, str]]) -> list[str]:
    """Whether log.csv says what the log says, entry by entry."""
    told = [(row.get("number"), *(row.get(name) for name in _LOGGED)) for row in _rows(data)]
    said = [(str(number), *(entry.get(name) for name in _LOGGED)) for number, entry in enumerate(log, 1)]
    return [] if told == said else ["log.csv: does not say what decisions.jsonl says"]


def _decisions_csv(data: bytes, log: list[dict[str, str]]) -> list[str]:
    """Whether decisions.csv says of each item what somebody says of it in the log, and did not take back."""
    undone = {entry.get("undoes") for entry in log if entry.get("action") == "undo"}
    said: dict[str, list[dict[str, str]]] = {}
    for entry in log:
        if entry.get("action") not in ("undo", "attest") and entry.get("entry_id") not in undone:
            said.setdefault(entry.get("item", ""), []).append(entry)
    rows = {row.get("item", ""): tuple(row.get(name, "") for name in _DECIDED) for row in _rows(data)}
    found = []
    for item in sorted(set(rows) | set(said)):
        entries = said.get(item, [])
        # Of one person the last word stands; of several, what was settled or seen decides, which is not replayed here.
        alone = len({entry.get("reviewer") for entry in entries}) == 1 and not any(
            entry.get("seen") for entry in entries
        )
        may = {tuple(entry.get(name, "") for name in _ENTERED) for entry in (entries[-1:] if alone else entries)}
        if rows.get(item) not in (may or {("",) * len(_DECIDED)}):
            found.append(f"decisions.csv: does not say of {item} what decisions.jsonl says")
    return found


def _rows(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV, by the names of their columns."""
    before = csv.field_size_limit(max(len(data), csv.field_size_limit()))
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8", "replace"), newline=""), restkey="")
        return [{str(name): _plain(str(value or "")) for name, value in row.items()} for row in rows]
    except csv.Error:
        return []
    finally:
        csv.field_size_limit(before)


def _plain(text: str) -> str:
    """A text without what keeps a spreadsheet from running it: an apostrophe before what starts like a formula."""
    return text.replace("'", "").encode("utf-8", "backslashreplace").decode()


def _folder(pack: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a folder by their names, and what is there that no pack holds."""
    files, found = {}, []
    for path in sorted(pack.rglob("*")):
        name = path.relative_to(pack).as_posix()
        if path.is_file() and not path.is_symlink():
            files[name] = path.read_bytes()
        elif path.is_symlink() or not path.is_dir():
            found.append(f"{name}: is no file, and packs hold nothing else")
        elif not any(path.iterdir()):
            found.append(f"{name}: is an empty folder, which was not there when the pack was made")
    return files, found


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main() -> int:
    """Check a pack and say what was found, the verdict last; the answer is the exit status."""
    pack = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).resolve().parent)
    found = verify(pack)
    told = "".join(f"{line}\n" for line in found)
    made = _SEAL.format(seal(pack) or "unknown: there is no " + SUMS)
    end = _CHANGED + f"NOT SOUND: {pack} {NOT_SOUND}.\n" if found else _COMPARE + _SOUND
    sys.stdout.write(f"{told}\n{made}{end}" if found else made + end)
    return 2 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
