"""The commands around `explain`: they print what the library answers, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer

from auditkit import cli_why
from auditkit.bundle import bundled
from auditkit.errors import AuditkitError
from auditkit.source.document import import_document


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled organisation as a folder."""
    folder = tmp_path_factory.mktemp("why") / "snapshot"
    moment = pd.Timestamp("2026-10-01T00:00:00Z")
    return import_document(bundled("data/organisation.json"), pulled_at=moment).save(folder)


def run(*words: str) -> None:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    cli_why.register(app)
    app(args=list(words), standalone_mode=False)


REQUIRED = str(bundled("data/required_permissions.csv"))
COMMANDS = [
    (["who-can", "SNAPSHOT", "iam.apikey.create"], "can, and", "certain"),
    (["narrow", "SNAPSHOT", "--principal", "key-0001", "--required", REQUIRED], "proven", "chosen"),
    (["what-if", "SNAPSHOT", "CHANGES"], "Nothing was changed", "findings_come"),
    (["compare", "SNAPSHOT", "key-0001", "key-0007"], "To give B what A has", "give"),
    (["troubleshoot", "SNAPSHOT", "--symptom", "forbidden"], "Tell me which principal", "asks"),
]  # fmt: skip


def words(pattern: list[str], sample: Path, folder: Path) -> list[str]:
    changes = folder / "change.toml"
    changes.write_text('delete_principal = ["grp-0009"]\n', "utf-8")
    return [{"SNAPSHOT": str(sample), "CHANGES": str(changes)}.get(word, word) for word in pattern]


@pytest.mark.parametrize(("pattern", "text", "key"), COMMANDS, ids=lambda each: each[0] if isinstance(each, list) else "")
def test_text_and_json(
    pattern: list[str], text: str, key: str, sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*words(pattern, sample, tmp_path))
    assert text in capsys.readouterr().out
    run(*words(pattern, sample, tmp_path), "--format", "json")
    assert key in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", ["who-can", "narrow", "what-if", "compare", "troubleshoot"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(command, "--help")
    assert f"auditkit {command} ./snapshot" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (["who-can", "SNAPSHOT", "iam.apikey.creat"], "iam.apikey.create"),
        (["who-can", "SNAPSHOT", "iam.apikey.create", "--resource", "/x"], "give both"),
        (["narrow", "SNAPSHOT", "--required", REQUIRED], "give one of the two"),
        (["compare", "SNAPSHOT", "key-0001", "key-001"], "key-001"),
        (["troubleshoot", "SNAPSHOT", "--symptom", "forbiden"], "forbidden"),
    ],
)
def test_what_is_refused(pattern: list[str], message: str, sample: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditkitError, match=message):
        run(*words(pattern, sample, tmp_path))
