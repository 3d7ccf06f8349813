"""Attestations: read from a file, written back alike, refused where they say too little."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.attestations import COLUMNS, attestations, attestations_text, read_attestations
from auditkit.errors import InputError

ONE = 'kind = "legacy-token"\nwhat = "held by platform"\nwho = "Mara"\nwhen = 2026-08-01\n'


def read(tmp_path: Path, text: str) -> pd.DataFrame:
    (tmp_path / "attestations.toml").write_text(text, "utf-8")
    return read_attestations(tmp_path / "attestations.toml")


def test_a_file_is_read(tmp_path: Path) -> None:
    rows = read(tmp_path, f"[[attestation]]\n{ONE}\n[[attestation]]\n{ONE.replace('legacy-token', 'break-glass')}note = 'n'\n")
    assert tuple(rows.columns) == COLUMNS
    assert rows.kind.tolist() == ["legacy-token", "break-glass"]
    assert rows.when.tolist() == [pd.Timestamp("2026-08-01T00:00:00Z")] * 2
    assert rows.note.tolist() == ["", "n"]


def test_an_empty_file_attests_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "").empty


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ONE.replace("legacy-token", "token"), "no kind 'token'"),
        (ONE.replace('who = "Mara"\n', ""), "no who"),
        (ONE.replace("when = 2026-08-01\n", ""), "no when"),
        (ONE.replace("2026-08-01", "2026-08-01T00:00:00"), "no offset"),
        (ONE.replace("2026-08-01", '"last week"'), "when is no time"),
        (ONE + "other = 1\n", "'other'"),
        (ONE.replace("held by platform", "ik_abc.def"), "an API key"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        read(tmp_path, f"[[attestation]]\n{text}")
    assert str(refusal.value).startswith("attestations.toml, attestation 1: ")
    assert "def" not in str(refusal.value)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).map(str.strip).filter(bool)


@given(what=TEXT, who=TEXT, note=st.one_of(st.just(""), TEXT), days=st.integers(0, 20_000))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, what: str, who: str, note: str, days: int) -> None:
    when = pd.Timestamp("2000-01-01T00:00:00Z") + pd.Timedelta(days=days)
    rows = attestations([{"kind": "break-glass", "what": what, "who": who, "when": when, "note": note}])
    path = tmp_path_factory.getbasetemp() / "written.toml"
    path.write_text(attestations_text(rows), "utf-8", newline="")
    pd.testing.assert_frame_equal(read_attestations(path), rows)
