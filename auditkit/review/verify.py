"""Check an evidence pack: every file by its SHA-256, no file more or less, and the chain of decisions.

A copy of this file lies in every pack and needs nothing but Python: `python3 verify.py` checks the folder it lies in,
`python3 verify.py PACK` another one, or a zip.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

SUMS = "SHA256SUMS"
SIGNATURE = SUMS + ".sig"
_HEAD = "# SHA-256 of the lines below: "
_GENESIS = "0" * 64
_EPOCH = (1980, 1, 1, 0, 0, 0)


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
    if Path(pack).is_dir():
        files, found = _folder(Path(pack))
        return found + check(files)
    try:
        data = Path(pack).read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except OSError as error:
        return [f"{pack}: cannot be read ({error.strerror})"]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        return [f"{pack}: is no sound zip ({error})"]
    found = check(files)
    if not found and zipped(files) != data:
        found.append(f"{pack}: the zip itself differs from how packs are zipped, though every file in it is sound")
    return found


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
    return found + _chain(files.get("decisions.jsonl", b"")) + _population(files)


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


def _population(files: dict[str, bytes]) -> list[str]:
    """Whether the population is the one that the campaign froze when it began."""
    try:
        wanted = json.loads(files.get("campaign.json", b"{}")).get("population")
    except (ValueError, AttributeError):
        return ["campaign.json: cannot be read"]
    if wanted is None or wanted == digest(files.get("population.parquet", b"")):
        return []
    return ["population.parquet: is not the population that campaign.json says was frozen"]


def _folder(pack: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a folder by their names, and what is there that no pack holds."""
    files, found = {}, []
    for path in sorted(pack.rglob("*")):
        name = path.relative_to(pack).as_posix()
        if path.is_file() and not path.is_symlink():
            files[name] = path.read_bytes()
        elif path.is_symlink() or not path.is_dir():
            found.append(f"{name}: is no file, and packs hold nothing else")
    return files, found


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main() -> int:
    """Check a pack and say what was found; the answer is the exit status."""
    pack = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).resolve().parent)
    found = verify(pack)
    sys.stdout.write("".join(f"{line}\n" for line in found) or "The pack is sound: every file is as it was made.\n")
    return 2 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
