"""The folder of a snapshot: what is written is what is read, and whatever differs is refused by name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit import store
from auditkit.errors import SnapshotDamaged, SnapshotError, SnapshotTooNew
from auditkit.findings import audit
from auditkit.manifest import Manifest
from auditkit.schema import COLLECTIONS, frame, to_arrow
from auditkit.schema_columns import unsound
from auditkit.snapshot import Snapshot, build, check_target, load

FILES = sorted([*(f"{name}.parquet" for name in COLLECTIONS), "manifest.json", "problems.parquet"])
IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["007", "1e5", "NA", "null", "nan", "TRUE", ""]
)
TIMES = st.none() | st.datetimes(pd.Timestamp("0001-01-01"), pd.Timestamp("9999-12-31")).map(
    lambda t: pd.Timestamp(t, tz="UTC")
)


def sample() -> Snapshot:
    return build(
        {
            "organisation": frame(
                "organisation", {"organisation_id": ["org-1"], "name": ["O"], "direct_api_key_auth": [True]}
            ),
            "principals": frame(
                "principals",
                {"principal_id": ["p1", "007"], "type": ["User", "ROBOT"], "created_at": ["2026-01-01T00:00:00Z"] * 2},
            ),
            "roles": frame(
                "roles", {"role_id": ["r"], "supported_principal_types": [None], "permission_ids": [["x", "y"]]}
            ),
        },
        incomplete={"credentials": "403 from the IAM"},
        problems=[
            {"rule": "DAT003", "collection": "principals", "record": "principal", "record_id": "007", "field": "type"}
        ],  # type: ignore[arg-type]
        unread=[{"collection": "credentials", "owner": "p1", "reason": "403 from the IAM", "status": 403}],
        notes=["schema drift: nothing"],
    )


def assert_same(one: Snapshot, other: Snapshot) -> None:
    for name in COLLECTIONS:
        pd.testing.assert_frame_equal(one.frames[name], other.frames[name])
    pd.testing.assert_frame_equal(one.problems, other.problems)


def rewrite(folder: Path, **changes: Any) -> None:
    plain = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(plain | changes))


def test_save_then_load_gives_the_same_snapshot(tmp_path: Path) -> None:
    before = sample()
    before.save(tmp_path / "s")
    after = load(tmp_path / "s")
    assert_same(before, after)
    assert after.id == before.id
    assert len(after.id) == 16
    assert after.manifest == before.sealed
    assert after.incomplete == {"credentials": "403 from the IAM"}
    assert not after.complete
    assert after.organisation_id == "org-1"


def test_the_id_is_the_hash_of_the_manifest_on_disk(tmp_path: Path) -> None:
    sample().save(tmp_path / "s")
    assert hashlib.sha256((tmp_path / "s" / "manifest.json").read_bytes()).hexdigest()[:16] == load(tmp_path / "s").id


@given(
    ids=st.lists(IDS, max_size=6, unique=True),
    names=st.lists(IDS, min_size=6, max_size=6),
    times=st.lists(TIMES, min_size=6, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_save_then_load_is_identity_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], names: list[str], times: list[Any]
) -> None:
    size = len(ids)
    columns = {"principal_id": ids, "display_name": names[:size], "type": names[:size], "expires_at": times[:size]}
    before = build({"principals": frame("principals", columns)}, organisation_id="".join(names))
    after = load(before.save(tmp_path_factory.mktemp("law") / "s"))
    assert_same(before, after)
    assert sorted(after.principals.principal_id) == sorted(ids)
    assert after.organisation_id == ("".join(names) or "org")


def test_equal_snapshots_give_equal_bytes(tmp_path: Path) -> None:
    one, other = sample().save(tmp_path / "one"), sample().save(tmp_path / "other")
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def test_folder_and_files_are_private_and_nothing_else_is_left(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = sample().save(tmp_path / "s")
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_snapshot_replaces_a_snapshot_whole(tmp_path: Path) -> None:
    sample().save(tmp_path / "s")
    other = build({}, organisation_id="other")
    other.save(tmp_path / "s")
    assert load(tmp_path / "s").organisation_id == "other"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_without_exchange_the_old_is_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_exchange", lambda one, other: False)
    sample().save(tmp_path / "s")
    build({}, organisation_id="other").save(tmp_path / "s")
    assert load(tmp_path / "s").organisation_id == "other"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("at", range(1, 13))
def test_a_failing_disk_leaves_the_old_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Whichever flush fails, of a file or of the folder, the old snapshot is whole and the message says why."""
    sample().save(tmp_path / "s")
    before, calls = load(tmp_path / "s").id, 0
    real = os.fsync

    def fail(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SnapshotError, match=r"disk is full \([\d,]+ bytes free\)"):
        build({}, organisation_id="other").save(tmp_path / "s")
    assert load(tmp_path / "s").id == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


KILLED = """
import os, sys
from auditkit.snapshot import build
real, left = os.fsync, int(sys.argv[2])
def die(handle):
    global left
    left -= 1
    real(handle)
    if left == 0:
        os.kill(os.getpid(), 9)
os.fsync = die
build({}, organisation_id="other").save(sys.argv[1])
"""


@pytest.mark.parametrize("at", [1, 11, 12])
def test_a_killed_writer_leaves_the_old_snapshot_and_its_rest_is_cleared(tmp_path: Path, at: int) -> None:
    folder = sample().save(tmp_path / "s")
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(at)], check=False, timeout=60)
    assert done.returncode == -9
    assert load(folder).organisation_id == "org-1"
    assert len(list(tmp_path.iterdir())) == 2
    sample().save(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_folder_being_written_is_not_cleared_by_another_writer(tmp_path: Path) -> None:
    with store._partial_folder(tmp_path) as (beside, _):
        sample().save(tmp_path / "s")
        assert beside.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


TWICE = """
import sys
from auditkit.snapshot import build
for number in range(15):
    build({}, organisation_id=f"{sys.argv[2]}-{number}").save(sys.argv[1])
"""


def test_two_writers_of_one_name_leave_the_last_of_one_of_them_whole(tmp_path: Path) -> None:
    words = [sys.executable, "-c", TWICE, str(tmp_path / "s")]
    writers = [subprocess.Popen([*words, name]) for name in ("one", "other")]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    assert load(tmp_path / "s").organisation_id in ("one-14", "other-14")
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("when", ["before it is opened", "before it is locked"])
def test_a_folder_cleared_away_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Between the making of a folder and its lock, another writer takes it for what a killed process left."""
    room, name = (store.os, "open") if when == "before it is opened" else (store.fcntl, "flock")
    real, cleared = getattr(room, name), []

    def meddled(*given: Any, **more: Any) -> Any:
        partial = [] if cleared else list(tmp_path.glob(".auditkit-*.partial"))
        for each in partial:
            each.rmdir()
            cleared.append(each)
        return real(*given, **more)

    monkeypatch.setattr(room, name, meddled)
    sample().save(tmp_path / "s")
    assert len(cleared) == 1
    assert load(tmp_path / "s").organisation_id == "org-1"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_another_writer_that_was_first_by_a_moment_is_replaced_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build({}, organisation_id="other").save(tmp_path / "s")
    monkeypatch.setattr(store.os.path, "lexists", lambda path: False)
    sample().save(tmp_path / "s")
    assert load(tmp_path / "s").organisation_id == "org-1"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_nobodys_other_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SnapshotError, match=r"holds 'notes.txt', which is no part of a snapshot"):
        sample().save(tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SnapshotError, match="is no folder"):
        sample().save(tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SnapshotError, match="is no folder"):
        sample().save(tmp_path / "link")
    assert (tmp_path / "notes.txt").read_text() == (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SnapshotError, match=r"cannot write .*file/s: .*: choose"):
        sample().save(tmp_path / "file" / "s")
    with pytest.raises(SnapshotError, match="File name too long"):
        sample().save(tmp_path / ("x" * 300))


def test_a_target_is_checked_before_the_work_and_nothing_is_left(tmp_path: Path) -> None:
    check_target(tmp_path / "a" / "s")
    assert list((tmp_path / "a").iterdir()) == []
    (tmp_path / "file").write_text("")
    for bad in (tmp_path / "file", tmp_path / "file" / "s", tmp_path):
        with pytest.raises(SnapshotError):
            check_target(bad)


@pytest.mark.parametrize("name", [each for each in FILES if each != "manifest.json"])
def test_one_flipped_bit_is_found_and_the_file_named(tmp_path: Path, name: str) -> None:
    file = sample().save(tmp_path / "s") / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(SnapshotDamaged, match=f"{name} differs from what the manifest says"):
        load(tmp_path / "s")


def test_a_file_removed_or_added_is_named(tmp_path: Path) -> None:
    folder = sample().save(tmp_path / "s")
    (folder / "extra.txt").write_text("")
    with pytest.raises(SnapshotDamaged, match=r"holds extra.txt, which the manifest does not list"):
        load(folder)
    (folder / "extra.txt").unlink()
    (folder / "roles.parquet").unlink()
    with pytest.raises(SnapshotDamaged, match=r"lacks roles.parquet"):
        load(folder)


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    folder = sample().save(tmp_path / "s")
    (folder / "roles.parquet").rename(tmp_path / "moved")
    (folder / "roles.parquet").symlink_to(tmp_path / "moved")
    with pytest.raises(SnapshotDamaged, match=r"roles.parquet is no plain file"):
        load(folder)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    """A file that would run code when unpickled is refused, as a snapshot and in the place of a table."""

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    (tmp_path / "snapshot.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(SnapshotError, match="is a file, and a snapshot is a folder"):
        load(tmp_path / "snapshot.pkl")
    folder = sample().save(tmp_path / "s")
    (folder / "roles.parquet").write_bytes(pickle.dumps(Bomb()))
    digest = hashlib.sha256((folder / "roles.parquet").read_bytes()).hexdigest()
    rewrite(
        folder,
        files=json.loads((folder / "manifest.json").read_text())["files"]
        | {"roles.parquet": {"rows": 1, "sha256": digest}},
    )
    with pytest.raises(SnapshotDamaged, match=r"roles.parquet does not hold the columns of its table"):
        load(folder)
    assert not (tmp_path / "ran").exists()


def crafted(folder: Path, name: str, table: pa.Table) -> Path:
    """A snapshot with another table in the place of its own, under a manifest that knows of it."""
    sample().save(folder)
    pq.write_table(table, folder / f"{name}.parquet")
    digest = hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest()
    files = json.loads((folder / "manifest.json").read_text())["files"]
    rewrite(folder, files=files | {f"{name}.parquet": {"rows": table.num_rows, "sha256": digest}})
    return folder


def rows_of(name: str, **columns: list[Any]) -> pa.Table:
    return to_arrow(name, frame(name, columns))


ROLES_TWICE = rows_of("roles", role_id=["r", "s"], permission_ids=[["x"], ["x"]])


@pytest.mark.parametrize(
    ("name", "table", "says"),
    [
        ("principals", rows_of("principals", principal_id=["p", None]), "principals.parquet holds a row without its key"),
        ("group_members", rows_of("group_members", group_id=["g"], principal_id=[None]), "holds a row without its key"),
        ("roles", pa.concat_tables([ROLES_TWICE, ROLES_TWICE]), "roles.parquet holds a key twice, or its rows out of order"),
        ("roles", ROLES_TWICE.take([0, 0, 1]), "holds a key twice"),
        ("roles", ROLES_TWICE.take([1, 0]), "its rows out of order"),
        (
            "group_members",
            rows_of("group_members", group_id=["g", "g"], principal_id=["p", "q"]).take([0, 0]),
            "holds a key twice",
        ),
        ("roles", rows_of("roles", role_id=["r"], permission_ids=[["x", None]]), "holds a list with a gap"),
        ("role_assignments", rows_of("role_assignments", assignment_id=["a"], conditions=["{"]), "conditions that are no list"),
        ("roles", rows_of("roles", role_id=["r"], conditions=["{}"]), "conditions that are no list"),
        ("roles", rows_of("roles", role_id=["r"], conditions=["[" * 100_000]), "conditions that are no list"),
        ("principals", pa.table({"principal_id": ["p"]}), "does not hold the columns of its table"),
        ("principals", pa.table({"principal_id": [{"a": 1}]}), "does not hold the columns of its table"),
    ],
)
def test_a_table_that_nobody_saved_is_refused_whatever_its_hash(
    tmp_path: Path, name: str, table: pa.Table, says: str
) -> None:
    """What a colleague hands over may be made to be judged wrongly: no row joins by an absent key, or counts twice."""
    with pytest.raises(SnapshotDamaged, match=says):
        load(crafted(tmp_path / "s", name, table))


def test_sound_tables_are_taken() -> None:
    assert unsound(ROLES_TWICE, 2, ["role_id"]) == ""
    members = rows_of("group_members", group_id=["g", "g", "h"], principal_id=["p", "q", "a"])
    assert unsound(members, 3, ["group_id", "principal_id"]) == ""
    assert unsound(rows_of("roles", role_id=["r"], conditions=['[{"attribute": 1}]']), 1, ["role_id"]) == ""
    assert unsound(rows_of("principals", principal_id=["", "NA", "a", "é", "\U0001f600"]), 5, ["principal_id"]) == ""


def test_a_newer_schema_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Also where what came with the version is not known here, and nothing of the folder is changed."""
    folder = sample().save(tmp_path / "s")
    rewrite(folder, schema_version=2, new_in_two={"a": 1})
    (folder / "sessions.parquet").write_bytes(b"")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(SnapshotTooNew, match="schema version 2, and this auditkit reads up to 1: upgrade auditkit"):
        load(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema_version": "1"}, "names no schema version"),
        ({"schema_version": True}, "names no schema version"),
        ({"started_at": "2026-01-01"}, "started_at cannot be read"),
        ({"finished_at": 5}, "finished_at cannot be read"),
        ({"collections": {}}, "collections cannot be read"),
        ({"unread": [{}]}, "unread cannot be read"),
        ({"files": {"roles.parquet": 1}}, "files cannot be read"),
        ({"files": {}}, "lacks credentials.parquet"),
        ({"notes": "x"}, "notes cannot be read"),
        ({"more": 1}, "more missing or unknown"),
    ],
)
def test_a_manifest_that_is_none_is_refused_by_what_is_wrong(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    rewrite(sample().save(tmp_path / "s"), **changes)
    with pytest.raises(SnapshotDamaged, match=says):
        load(tmp_path / "s")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 200_000, '{"schema_version": 1}', "\xff"])
def test_a_manifest_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    folder = sample().save(tmp_path / "s")
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SnapshotDamaged, match=r"manifest\.json"):
        load(folder)


def test_a_folder_without_a_manifest_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"is no snapshot: it has no manifest.json"):
        load(tmp_path)
    with pytest.raises(SnapshotError, match=r"there is no .*nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(SnapshotError, match="cannot open"):
        load("a\0b")


def test_attrs_are_never_written(tmp_path: Path) -> None:
    table = frame("principals", {"principal_id": ["a"]})
    table.attrs["config"] = "canary-secret"
    folder = build({"principals": table}).save(tmp_path / "s")
    snapshot = load(folder)
    assert all(each.attrs == {} for each in snapshot.frames.values())
    assert not any(b"canary-secret" in path.read_bytes() for path in folder.iterdir())


def test_replace_changes_a_copy_and_says_so() -> None:
    before = sample()
    after = before.replace(principals=before.principals.head(1))
    assert len(before.principals) == 2
    assert len(after.principals) == 1
    assert after.manifest.collections["principals"]["kept"] == 1
    assert after.manifest.notes[-1] == "changed in memory: principals"
    assert after.id != before.id
    with pytest.raises(KeyError, match="no collection nonsense"):
        before.replace(nonsense=before.principals)


def _overwrite(snapshot: Snapshot) -> None:
    people = snapshot.principals
    people.loc[:, "display_name"] = "changed"
    people["created_at"] = pd.NaT
    del people["type"]


def _reorder(snapshot: Snapshot) -> None:
    people = snapshot.frames["principals"]
    people.index = people.index[::-1]
    people.columns = people.columns[::-1]


def _one_column(snapshot: Snapshot) -> None:
    names = snapshot.principals.principal_id
    names.iloc[0] = "changed"


def _every_frame(snapshot: Snapshot) -> None:
    for each in snapshot.frames.values():
        each["more"] = 1
        each.attrs["more"] = 1


def _problems(snapshot: Snapshot) -> None:
    told = snapshot.problems
    told["rule"] = "DAT009"
    told.loc[:, "record_id"] = "changed"


def _the_given(snapshot: Snapshot) -> None:
    """Whoever still has the frames that a snapshot was made of changes them."""
    given = dict(snapshot.frames)
    made = Snapshot(frames=given, problems=snapshot.problems, manifest=snapshot.manifest)
    given["principals"].loc[:, "display_name"] = "changed"
    given.clear()
    assert_same(made, snapshot)


@pytest.mark.parametrize("change", [_overwrite, _reorder, _one_column, _every_frame, _problems, _the_given])
def test_what_is_done_to_a_frame_changes_no_judgement(change: Callable[[Snapshot], None]) -> None:
    snapshot, untouched = sample(), sample()
    found = audit(untouched).to_json()
    assert audit(snapshot).to_json() == found
    change(snapshot)
    assert_same(snapshot, untouched)
    assert audit(snapshot).to_json() == found
    assert snapshot.id == untouched.id


def test_no_frame_of_a_snapshot_can_be_replaced() -> None:
    snapshot = sample()
    with pytest.raises(TypeError):
        snapshot.frames["principals"] = snapshot.principals  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.problems = snapshot.problems.head(0)  # type: ignore[misc]
    with pytest.raises(TypeError, match="problems"):
        Snapshot(frames={}, manifest=snapshot.manifest)  # type: ignore[call-arg]


def test_a_snapshot_shows_itself_and_escapes_what_it_shows() -> None:
    shown = dataclasses.replace(
        sample(), manifest=dataclasses.replace(sample().manifest, organisation_id="<b>&")
    )._repr_html_()
    assert "&lt;b&gt;&amp;" in shown
    assert "<b>" not in shown
    assert "<td>principals</td><td>2</td><td>0</td><td>whole</td>" in shown
    assert "<td>403 from the IAM</td>" in shown
    assert repr(sample()).startswith("<Snapshot of 'org-1' at 2026-10-01")


def test_tables_are_attributes_and_other_names_are_not() -> None:
    assert sample().principals.principal_id.tolist() == ["007", "p1"]
    with pytest.raises(AttributeError, match="no 'nonsense'"):
        sample().nonsense  # noqa: B018
    assert pickle.loads(pickle.dumps(sample())).organisation_id == "org-1"


def test_the_manifest_survives_a_hostile_organisation_id() -> None:
    manifest = dataclasses.replace(sample().sealed, organisation_id="../../etc/x\x00\u202e</script>", origin="\udcff")
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_loading_imports_neither_msgspec_nor_httpx(tmp_path: Path) -> None:
    folder = sample().save(tmp_path / "s")
    code = "import sys; from auditkit.snapshot import load; load(sys.argv[1]); print({'msgspec', 'httpx'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "set()"
