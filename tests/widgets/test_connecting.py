"""A pull from a notebook: practice says that it is practice, run all twice pulls once, failures stand where the panel does."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.errors import InputError
from auditkit.snapshot import load
from auditkit.widgets.connecting import BASE_URL, ORGANISATION, PRACTICE, Place, Pulling, find_place
from auditkit.widgets.opening import find_snapshot


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (BASE_URL, ORGANISATION, "AUDITKIT_API_KEY", "AUDITKIT_SNAPSHOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_practice_pulls_once_says_so_and_is_no_evidence(tmp_path: Path) -> None:
    place = find_place(None, None, None)
    first = Pulling(place).run()
    assert first.said[0].startswith(f"PRACTICE: {BASE_URL} is not set")
    assert first.snapshot is not None
    assert first.snapshot.complete
    assert "ik_" not in first._repr_mimebundle_()["text/html"] + first.progress._words.value
    second = Pulling(place).run()
    assert second.said == [f"{PRACTICE} holds a whole snapshot: nothing was pulled. AGAIN = True pulls anew."]
    assert load(tmp_path / PRACTICE).id == first.snapshot.id
    # The other notebooks take the newest snapshot of the folder: a practice one must not be it.
    assert find_snapshot(None).sample


def test_a_named_iam_is_read_and_never_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BASE_URL, "http://127.0.0.1:9")
    with pytest.raises(InputError, match=f"set {ORGANISATION}"):
        find_place(None, None, None)
    monkeypatch.setenv(ORGANISATION, "org")
    assert find_place(None, None, None) == Place(base_url="http://127.0.0.1:9", organisation="org", out=Path("snapshot"))
    assert find_place("http://here", "o", "mine") == Place(base_url="http://here", organisation="o", out=Path("mine"))


def test_a_pull_that_fails_says_why_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_API_KEY", "not a key")
    pulling = Pulling(Place(base_url="http://127.0.0.1:9", organisation="org", out=Path("mine"))).run()
    assert pulling.snapshot is None
    bundle = pulling._repr_mimebundle_()
    assert "ak-warn" in bundle["text/html"]
    assert "not a key" not in bundle["text/html"]
    assert not Path("mine").exists()
