"""Folders of files, written whole or not at all, and read back only as they were written.

A folder is made beside its place, every file flushed to the disk, and renamed into it; a folder that was there before
is exchanged in the same step. Files are never opened through a symbolic link.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auditkit.errors import SnapshotError

_BESIDE = ".auditkit-"
_PARTIAL = ".partial"
_TRIES = 100
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY


def write_folder(target: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Put the files, in order, into a new folder at the target, in place of what was there; a name with a slash lies
    in a folder of it.

    The folder gets mode 0700, its files 0600. SnapshotError if it cannot be written; the old folder then stays.
    """
    with whole_folder(target) as beside:
        handle = os.open(beside, _FOLDER)
        try:
            for name, data in files:
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                _write_file(handle, name, data)
        finally:
            os.close(handle)
        for folder in sorted(beside.rglob("*/")):
            _sync(folder)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A private folder to fill, which takes the target's place once it is filled; SnapshotError if that cannot be.

    Whoever fills it flushes what they write; a process that is killed before the end leaves the target as it was, and
    a folder beside it that the next one to write there clears away.
    """
    target = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow a link at the target itself
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(target.parent)
        with _partial_folder(target.parent) as (beside, handle):
            yield beside
            os.fsync(handle)
            _into_place(beside, target)
        _sync(target.parent)
    except OSError as error:
        raise SnapshotError(f"cannot write {target}: {_why(error, target.parent)}") from None


def write_file(path: Path, data: bytes) -> None:
    """Put one file of mode 0600 in its place, flushed to the disk, so that no reader ever sees half of it."""
    beside = path.with_name(f"{_BESIDE}{secrets.token_hex(8)}")
    handle = os.open(path.parent, _FOLDER)
    try:
        _write_file(handle, beside.name, data)
        beside.replace(path)
        os.fsync(handle)
    finally:
        os.close(handle)
        beside.unlink(missing_ok=True)


def try_folder(target: Path) -> None:
    """See that a folder could be written to the target: make an empty one beside it, and remove it."""
    target = Path(os.path.abspath(target))  # noqa: PTH100 - as above
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _partial_folder(target.parent) as (_, handle):
            os.fsync(handle)
    except OSError as error:
        raise SnapshotError(f"cannot write {target}: {_why(error, target.parent)}") from None


@contextmanager
def _partial_folder(parent: Path) -> Iterator[tuple[Path, int]]:
    """A new private folder beside the target and its descriptor; whatever is left of it is removed at the end."""
    beside, handle = _locked_folder(parent)
    try:
        os.fchmod(handle, 0o700)
        yield beside, handle
    finally:
        os.close(handle)
        shutil.rmtree(beside, ignore_errors=True)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """A new folder, locked: the lock tells a folder being written from one that a killed process left behind."""
    for _ in range(_TRIES):
        beside = parent / f"{_BESIDE}{secrets.token_hex(8)}{_PARTIAL}"
        beside.mkdir(mode=0o700)
        # Before it is locked, another writer may take it for left behind, and clear it away: then a new one is made.
        with suppress(FileNotFoundError):
            handle = os.open(beside, _FOLDER | os.O_NOFOLLOW)
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if beside.is_dir():
                    return beside, handle
            os.close(handle)
    raise OSError(errno.EBUSY, "others clear away what is written")


def clear_leftovers(parent: Path) -> list[Path]:
    """Remove, and name, what killed processes left in a folder; what is being written is locked, and stays."""
    return [left for left in sorted(parent.glob(f"{_BESIDE}*{_PARTIAL}")) if _cleared(left)]


def _cleared(left: Path) -> bool:
    try:
        handle = os.open(left, _FOLDER | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _write_file(folder: int, name: str, data: bytes) -> None:
    """A new file, flushed to the disk."""
    handle = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _into_place(beside: Path, target: Path) -> None:
    """Rename the new folder to the target; an old one takes its name beside, and is removed with it."""
    if not os.path.lexists(target):
        try:
            beside.rename(target)
        except OSError as error:
            # Another writer was first by a moment; what it wrote is replaced as any other is.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return
    if not _exchange(beside, target):
        aside = beside.with_name(f"{_BESIDE}{secrets.token_hex(8)}{_PARTIAL}")
        target.rename(aside)
        try:
            beside.rename(target)
        except OSError:
            aside.rename(target)
            raise
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step, where the system and the file system can."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _sync(folder: Path) -> None:
    """Flush a folder's list of names."""
    handle = os.open(folder, _FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(error: OSError, parent: Path) -> str:
    """What went wrong, and what to try."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(parent).free
        return f"the disk is full ({free:,} bytes free): free some space, or choose another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.strerror}: choose a folder that you may write to"
    return f"{error.strerror or type(error).__name__}: choose another folder"


def to_parquet(table: pa.Table) -> tuple[int, bytes]:
    """The rows of a table and its Parquet bytes, which depend on nothing but the table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", store_schema=False)
    return table.num_rows, sink.getvalue().to_pybytes()


@contextmanager
def open_folder(path: Path) -> Iterator[int]:
    """The descriptor of a folder to read; SnapshotError if there is none."""
    try:
        handle = os.open(path, _FOLDER)
    except FileNotFoundError:
        raise SnapshotError(f"there is no {path}: check the path, or make a snapshot by `pull` or `import`") from None
    except NotADirectoryError:
        raise SnapshotError(f"{path} is a file, and a snapshot is a folder: name the folder") from None
    except (OSError, ValueError) as error:
        raise SnapshotError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        yield handle
    finally:
        os.close(handle)


def list_folder(folder: int) -> set[str]:
    """The names in an open folder."""
    return set(os.listdir(folder))


def read_file(folder: int, name: str, *, at_most: int | None = None) -> bytes | None:
    """The bytes of a regular file of the folder; None if it is missing, a link, no file, or larger than allowed."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(handle, "rb") as file:
            if at_most is not None and os.fstat(file.fileno()).st_size > at_most:
                return None
            return file.read()
    except OSError:
        return None
