"""A pull from a notebook: practice says that it is practice, run all twice pulls once, failures stand where the panel does."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.bundle import bundled
from auditkit.sandbox.server import Sandbox
from auditkit.snapshot import load
from auditkit.widgets.connecting import BASE_URL, ORGANISATION, PRACTICE, Place, Pulling, find_place
from auditkit.widgets.coverage import unread
from auditkit.widgets.opening import find_snapshot
from auditkit.widgets.pull_progress import PullProgress


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (BASE_URL, ORGANISATION, "AUDITKIT_API_KEY", "AUDITKIT_SNAPSHOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_practice_pulls_once_says_so_and_is_no_evidence(tmp_path: Path) -> None:
    place, shown = find_place(None, None, None), list[PullProgress]()
    first = Pulling(place, live=shown.append).run()
    assert first.said[0].startswith(f"PRACTICE: {BASE_URL} is not set")
    assert first.snapshot is not None
    assert first.snapshot.complete
    assert "ik_" not in first._repr_mimebundle_()["text/html"] + first.progress._words.value
    second = Pulling(place, live=shown.append).run()
    assert shown == [first.progress]
    assert second.said == [f"{PRACTICE} holds a whole snapshot: nothing was pulled. AGAIN = True pulls anew."]
    assert load(tmp_path / PRACTICE).id == first.snapshot.id
    # The other notebooks take the newest snapshot of the folder: a practice one must not be it.
    assert find_snapshot(None).sample


def test_a_named_iam_is_read_and_never_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BASE_URL, "http://127.0.0.1:9")
    unnamed = Pulling(find_place(None, None, None)).run()
    assert unnamed.failed.startswith(f"which organisation? give ORGANISATION, or set {ORGANISATION}")
    assert unnamed.said == []
    monkeypatch.setenv(ORGANISATION, "org")
    assert find_place(None, None, None) == Place(
        base_url="http://127.0.0.1:9", organisation="org", out=Path("snapshot")
    )
    assert find_place("http://here", "o", "mine") == Place(base_url="http://here", organisation="o", out=Path("mine"))


def test_a_pull_that_fails_says_why_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_API_KEY", "not a key")
    pulling = Pulling(Place(base_url="http://127.0.0.1:9", organisation="org", out=Path("mine"))).run()
    assert pulling.snapshot is None
    bundle = pulling._repr_mimebundle_()
    assert "ak-warn" in bundle["text/html"]
    assert "No snapshot was written." in bundle["text/html"]
    assert "Pulled from" not in bundle["text/html"]
    assert "not a key" not in bundle["text/html"]
    assert not Path("mine").exists()


def test_what_was_refused_is_told_once_for_all_who_share_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(bundled("data/organisation.json"), forbid={"credentials"}) as iam:
        monkeypatch.setenv("AUDITKIT_API_KEY", iam.key)
        place = find_place(iam.url, iam.organisation_id, None)
        first, again = (Pulling(place).run() for _ in range(2))
    assert first.snapshot is not None
    told = unread(first.snapshot)
    assert len(told) == 3
    assert told[1].startswith("credentials of key-0001, key-0002, ")
    assert " and 84 more: GET /iam/principals/.../api-keys, page 1: 403 Forbidden" in told[1]
    # Nothing new came: what the folder holds is still shown, and not as if it had been pulled.
    assert again.snapshot is None
    html = again._repr_mimebundle_()["text/html"]
    assert "The folder snapshot stays as it was:" in html
    assert "Pulled from" not in html
    assert " and 84 more: GET" in html
