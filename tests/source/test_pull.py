"""The pull as a whole: the same tables as an import, in any loop, interruptible, resumable, never over evidence."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from canary import KEY, TOKEN, leaks, sweep
from fake_iam import DOCUMENT, ORGANISATION, T0, FakeIam, Reply, Request, error, items
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulling import ROWS, Naps, hasty, profile, pulled, rows

from auditkit.errors import InputError, PullError, Refused, SnapshotError, Unreachable
from auditkit.sandbox.maker import make_organisation
from auditkit.sandbox.server import Sandbox
from auditkit.schema import COLLECTIONS
from auditkit.snapshot import Snapshot, load
from auditkit.source.api.pull import pull
from auditkit.source.document import import_document
from auditkit.source.progress import Bar, Lines, Tally, progress_on
from auditkit.source.secret import Secret

NOW = "2026-10-01T00:00:00Z"
AS_OF = pd.Timestamp(NOW).as_unit("us")


def served(document: dict[str, Any], folder: Path, paging: str = "cursor", **options: Any) -> Snapshot:
    """A pull of a document that the sandbox serves."""
    text = f'[defaults]\npaging = "{paging}"\n'
    with Sandbox(document, start=NOW, paging=paging, **options) as sandbox:
        return pull(
            sandbox.url, document["organisation"]["id"], Secret.parse(sandbox.key), profile=profile(folder, text), policy=hasty()
        )


def imported(document: dict[str, Any], folder: Path) -> Snapshot:
    path = folder / "organisation.json"
    path.write_text(json.dumps(document), "utf-8")
    return import_document(path, pulled_at=AS_OF)


def assert_equal_tables(one: Snapshot, other: Snapshot) -> None:
    for name in COLLECTIONS:
        pd.testing.assert_frame_equal(one.frames[name], other.frames[name])
    pd.testing.assert_frame_equal(one.problems, other.problems)


# The law: a pull of a served document and an import of the same document give equal tables


@pytest.mark.parametrize(
    ("paging", "page_size", "seed"),
    [("cursor", 7, 1), ("page", 11, 2), ("offset", 13, 3), ("link", 5, 4), ("none", 500, 5), ("cursor", 500, 6)],
)
def test_pull_equals_import(tmp_path: Path, paging: str, page_size: int, seed: int) -> None:
    document = make_organisation(60, seed=seed)
    found = served(document, tmp_path, paging, page_size=page_size)
    assert found.complete
    assert_equal_tables(found, imported(document, tmp_path))


TEXT = st.text(max_size=8)
IDS = st.lists(st.text(min_size=1, max_size=5).filter(lambda text: "/" not in text), min_size=1, max_size=5, unique=True)


@st.composite
def organisations(draw: st.DrawFn) -> dict[str, Any]:
    """Small organisations with odd ids and texts, bad values, repeated records and extra fields."""
    types = st.sampled_from(["User", "Group", "ApiKey", "ServiceAccount", "Robot"])
    principals = [
        DOCUMENT["principals"][0] | {"id": name, "type": draw(types), "displayName": draw(TEXT), "expiresAt": draw(TIMES)}
        for name in draw(IDS)
    ]
    kinds = {"ApiKey": "ApiKey", "ServiceAccount": "ServiceAccountSecret", "Robot": "ApiKey"}
    credentials = [
        DOCUMENT["credentials"][0]
        | {"id": f"c-{at}", "name": draw(TEXT), "principalId": each["id"], "kind": kinds[each["type"]], "lastUsedAt": draw(TIMES)}
        for at, each in enumerate(principals)
        if each["type"] in kinds
    ]
    members = [
        {"groupId": each["id"], "principalId": draw(st.sampled_from(principals))["id"]}
        for each in principals
        if each["type"] == "Group"
    ]
    roles = [
        DOCUMENT["roles"][0] | {"id": name, "name": draw(TEXT), **draw(st.sampled_from([{}, {"scope": 7}, {"extra": "x"}]))}
        for name in draw(IDS)
    ]
    twice = draw(st.booleans())
    return DOCUMENT | {
        "principals": principals, "credentials": credentials, "groupMembers": members,
        "roles": roles + roles[:1] if twice else roles,
    }  # fmt: skip


TIMES = st.sampled_from([None, "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01", "2026-06-01T00:00:00.123456789+02:00"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=organisations(), paging=st.sampled_from(["cursor", "page", "offset", "link", "none"]), size=st.integers(1, 4))
def test_pull_equals_import_of_odd_documents(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any], paging: str, size: int
) -> None:
    folder = tmp_path_factory.mktemp("law")
    assert_equal_tables(served(document, folder, paging, page_size=size), imported(document, folder))


def test_an_empty_organisation(tmp_path: Path) -> None:
    document = {each.field: [] for each in COLLECTIONS.values()} | {"organisation": DOCUMENT["organisation"]}
    found = served(document, tmp_path)
    assert found.complete
    assert rows(found) == dict.fromkeys(COLLECTIONS, 0) | {"organisation": 1}


def test_a_rate_limited_sandbox_is_pulled_whole(tmp_path: Path) -> None:
    document = make_organisation(30, seed=1)
    with Sandbox(document, start=NOW, rate=40) as sandbox:
        found = pull(sandbox.url, document["organisation"]["id"], Secret.parse(sandbox.key), concurrency=16)
    assert found.complete


def test_short_tokens_of_a_sandbox(tmp_path: Path) -> None:
    document = make_organisation(60, seed=1)
    with Sandbox(document, start=NOW, token_uses=10) as sandbox:
        found = pull(sandbox.url, document["organisation"]["id"], Secret.parse(sandbox.key), concurrency=1)
        assert sandbox.requests.count(("POST", "/iam/auth/token")) >= 3
    assert_equal_tables(found, imported(document, tmp_path))


# What is asked, and of whom


def test_what_is_asked_of_whom() -> None:
    with FakeIam() as iam:
        snapshot = pulled(iam)
    assert rows(snapshot) == ROWS
    owned = sorted(each.path for each in iam.seen if each.path.count("/") == 4)
    assert owned == [
        "/iam/groups/group/members", "/iam/principals/key/api-keys", "/iam/principals/robot/api-keys",
        "/iam/principals/robot/service-account-secrets", "/iam/principals/service/service-account-secrets",
    ]  # fmt: skip
    assert [each.method for each in iam.seen].count("POST") == 1
    assert {each.query.get("limit") for each in iam.seen if each.path in ("/iam/roles", owned[0])} == {"500"}
    assert {each.query.get("organisationId") for each in iam.seen if each.path == "/iam/roles"} == {ORGANISATION}


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_as_many_connections_as_workers(concurrency: int) -> None:
    with FakeIam() as iam:
        pulled(iam, concurrency=concurrency)
        # One more buys the token.
        assert iam.connections <= concurrency + 1


def test_requests_carry_the_token_and_nothing_about_the_machine() -> None:
    with FakeIam() as iam:
        pulled(iam)
        get = next(each for each in iam.seen if each.method == "GET")
    assert set(get.headers) == {"host", "user-agent", "accept", "accept-encoding", "authorization"}
    assert get.headers["authorization"] == f"Bearer {TOKEN}"
    assert get.headers["user-agent"].startswith("auditkit/")


def test_a_base_url_with_a_path() -> None:
    with FakeIam() as iam:
        usual = iam.usual

        def below(request: Request) -> Reply:
            assert request.path.startswith("/gateway/")
            return usual(Request(request.method, request.target.removeprefix("/gateway"), request.headers, request.body))

        iam.usual = below  # type: ignore[method-assign]
        found = pull(f"{iam.url}/gateway/", ORGANISATION, Secret.parse(KEY), policy=hasty())
        iam.seen.clear()
    assert found.complete


# Refused before the first request


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"base_url": "http://iam.example.com"}, Refused), ({"base_url": "nonsense"}, InputError), ({"secret": KEY}, InputError),
        ({"organisation_id": ""}, InputError), ({"concurrency": 0}, InputError), ({"concurrency": 257}, InputError),
        ({"profile": "missing.toml"}, InputError), ({"base_url": "https://iam.example.com", "ca_bundle": "missing.pem"}, InputError),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_arguments_are_refused(changes: dict[str, Any], kind: type[Exception]) -> None:
    with FakeIam() as iam:
        given = {"base_url": iam.url, "organisation_id": ORGANISATION, "secret": Secret.parse(KEY)} | changes
        with pytest.raises(kind) as refused:
            pull(**given)
        assert iam.connections == 0
    assert not leaks(str(refused.value))


def test_a_place_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with FakeIam() as iam:
        for name in ("file", "link", "full", "file/below"):
            with pytest.raises(SnapshotError):
                pulled(iam, out=tmp_path / name)
        assert iam.connections == 0
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"


# Resuming


def test_a_complete_snapshot_is_never_replaced(tmp_path: Path) -> None:
    with FakeIam() as iam:
        first = pulled(iam, out=tmp_path / "s")
        iam.seen.clear()
        with pytest.raises(SnapshotError, match="complete snapshot, which is kept"):
            pulled(iam, out=tmp_path / "s")
        assert iam.seen == []
    assert load(tmp_path / "s").id == first.id


def test_only_what_is_missing_is_asked_for_again(tmp_path: Path) -> None:
    refused = {"/iam/roles": lambda request: error(403), "/iam/principals/robot/api-keys": lambda request: error(404)}
    with FakeIam(dict(refused)) as iam:
        first = pulled(iam, out=tmp_path / "s")
        assert set(first.incomplete) == {"roles", "credentials"}
        iam.script.clear()
        iam.seen.clear()
        second = pulled(iam, out=tmp_path / "s")
        asked = {each.path for each in iam.seen if each.method == "GET"}
    # The robot may own both kinds, and which of its lists was missing is not kept.
    assert asked == {"/iam/roles", "/iam/principals/robot/api-keys", "/iam/principals/robot/service-account-secrets"}
    assert second.complete
    assert second.manifest.unread == []
    assert load(tmp_path / "s").id == second.id
    with FakeIam() as iam:
        whole = pulled(iam)
    assert_equal_tables(second, whole)
    assert second.manifest.collections == whole.manifest.collections
    assert any("resumed" in note for note in second.manifest.notes)


def test_a_resumed_pull_that_still_fails_keeps_what_there_is(tmp_path: Path) -> None:
    with FakeIam({"/iam/roles": lambda request: error(403)}) as iam:
        first = pulled(iam, out=tmp_path / "s")
        with pytest.raises(PullError, match="403"):
            pulled(iam, out=tmp_path / "s")
    assert load(tmp_path / "s").id == first.id


def test_without_principals_everything_that_hangs_on_them_is_asked_for(tmp_path: Path) -> None:
    with FakeIam({"/iam/principals": lambda request: error(403)}) as iam:
        pulled(iam, out=tmp_path / "s")
        iam.script.clear()
        iam.seen.clear()
        second = pulled(iam, out=tmp_path / "s")
        assert iam.asked("/iam/roles") == 0
    assert second.complete
    assert rows(second) == ROWS


def test_a_snapshot_of_another_source_is_refused(tmp_path: Path) -> None:
    with FakeIam({"/iam/roles": lambda request: error(403)}) as iam:
        pulled(iam, out=tmp_path / "s")
    with FakeIam() as other:
        with pytest.raises(SnapshotError, match="another folder"):
            pulled(other, out=tmp_path / "s")
        assert other.connections == 0


def test_the_problems_of_what_is_kept_stay(tmp_path: Path) -> None:
    with FakeIam({"/iam/roles": lambda request: error(403), "/iam/permissions": [items({"id": "odd"})]}) as iam:
        first = pulled(iam, out=tmp_path / "s")
        iam.script.clear()
        second = pulled(iam, out=tmp_path / "s")
    # The robot's type is one that the contract does not know.
    assert first.problems.record_id.tolist() == second.problems.record_id.tolist() == ["odd", "robot"]
    assert second.manifest.collections["permissions"] == first.manifest.collections["permissions"]


# Loops, interrupts


def test_it_works_inside_a_running_loop() -> None:
    async def inside() -> Snapshot:
        with FakeIam() as iam:
            return pulled(iam)

    assert asyncio.run(inside()).complete


@pytest.mark.parametrize("where", ["answer", "retry"])
def test_an_interrupt_stops_within_a_second_and_keeps_what_was_read(tmp_path: Path, where: str) -> None:
    slow = Reply(b"", before=60) if where == "answer" else error(503, retry_after="60")
    with FakeIam({"/iam/principals/key/api-keys": lambda request: slow}) as iam:
        sent: list[float] = []

        def interrupt() -> None:
            while not iam.asked("/iam/principals/key/api-keys"):
                time.sleep(0.01)
            time.sleep(0.3)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            pull(iam.url, ORGANISATION, Secret.parse(KEY), out=tmp_path / "s")
        assert time.monotonic() - sent[0] < 1
        kept = load(tmp_path / "s")
        assert "interrupted" in kept.incomplete["credentials"]
        assert len(kept.roles) == 1
        iam.script.clear()
        assert pulled(iam, out=tmp_path / "s").complete
    sweep(tmp_path)


def test_the_command_line_ends_with_three_and_resumes(tmp_path: Path) -> None:
    with FakeIam({"/iam/roles": lambda request: error(403)}) as iam:
        words = [sys.executable, "-m", "auditkit", "pull", "--base-url", iam.url, "--organisation", ORGANISATION]
        words += ["--out", str(tmp_path / "s")]
        environment = os.environ | {"AUDITKIT_API_KEY": KEY}
        for status in (3, 0, 2):
            done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == status, done.stderr
            assert "Traceback" not in done.stderr
            assert not leaks(done.stdout + done.stderr)
            iam.script.clear()
    sweep(tmp_path)


# Progress


class Seen(list[Tally]):
    """A progress that remembers."""

    closed = 0

    def show(self, tally: Tally) -> None:
        self.append(tally)

    def close(self, tally: Tally) -> None:
        self.append(tally)
        self.closed += 1


def test_progress_is_told_and_closed() -> None:
    seen = Seen()
    with FakeIam({"/iam/roles": [Reply(items().raw, before=0.3)]}) as iam:
        pulled(iam, progress=seen)
    assert seen.closed == 1
    assert len(seen) >= 2
    assert (seen[-1].lists, seen[-1].known) == (12, 12)
    assert seen[-1].records >= 10


def test_progress_is_closed_when_the_key_is_wrong() -> None:
    seen = Seen()
    with FakeIam({"/iam/auth/token": [error(401)]}) as iam, pytest.raises(PullError):
        pulled(iam, progress=seen)
    assert seen.closed == 1


def test_waiting_is_told() -> None:
    seen = Seen()
    with FakeIam({"/iam/roles": [error(503, retry_after="1")]}) as iam:
        assert pull(iam.url, ORGANISATION, Secret.parse(KEY), progress=seen).complete
    assert any("503 Service Unavailable" in tally.sentence() for tally in seen)


def test_one_line_a_second_when_piped() -> None:
    now = [0.0]
    stream = io.StringIO()
    lines = Lines(stream, clock=lambda: now[0])
    for second in (0.0, 0.5, 0.99, 1.0, 1.5, 1.99, 2.0):
        now[0] = second
        lines.show(Tally(lists=1, known=2, records=1000, requests=3, waiting="waiting 4 s: no answer"))
    assert stream.getvalue().splitlines() == ["pull: 1 of 2 lists, 1,000 records, 3 requests; waiting 4 s: no answer"] * 2
    lines.close(Tally(lists=2, known=2))
    assert len(stream.getvalue().splitlines()) == 3


def test_a_stream_chooses_its_face() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(progress_on(io.StringIO()), Lines)
    terminal = Terminal()
    bar = progress_on(terminal)
    assert isinstance(bar, Bar)
    bar.show(Tally(lists=1, known=2))
    bar.close(Tally(lists=2, known=2))


def test_naps_and_time_are_what_they_seem() -> None:
    """The helpers of these tests: no wait is waited, and the fake clock stands at the sample's time."""
    naps = Naps()
    asyncio.run(naps.sleep(9))
    assert naps == [9]
    assert pd.Timestamp(T0, unit="s", tz="UTC") == AS_OF
    assert issubclass(Unreachable, PullError)
