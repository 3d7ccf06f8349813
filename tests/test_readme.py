"""README says what the program does: its commands, its options, its rule table, its two lines of set-up."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer.main

from auditkit.cli import app
from auditkit.rules.listing import rules_markdown

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def blocks(language: str = "") -> list[str]:
    """The fenced blocks of README in that language, in order."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    return [text for name, text in fences if name == language]


def command_of(words: list[str]) -> typer.main.click.Command:
    """The command that these words name, a group's own command included."""
    command = COMMANDS[words[1]]
    return getattr(command, "commands", {}).get(words[2], command) if len(words) > 2 else command


def options_of(command: typer.main.click.Command) -> set[str]:
    """Every option that the program takes for this command."""
    return {word for param in command.params for word in (*param.opts, *param.secondary_opts)}


def fenced() -> list[list[str]]:
    """Every `auditkit ...` line of README's fenced blocks, as words."""
    lines = re.findall(r"^(?:.*&& )?(?:\.venv/bin/)?(auditkit [^\n]*)$", "".join(blocks()), flags=re.MULTILINE)
    return [shlex.split(line) for line in lines]


def tabled() -> list[list[str]]:
    """Every command of README's table, as words, what is optional included."""
    lines = re.findall(r"^\| `(auditkit [^`]*)`", README, flags=re.MULTILINE)
    return [shlex.split(re.sub(r"[\[\]]", " ", line)) for line in lines]


@pytest.mark.parametrize("words", fenced() + tabled(), ids=" ".join)
def test_each_command_shown_is_one_that_the_program_takes(words: list[str]) -> None:
    assert words[1] in COMMANDS
    assert {word for word in words if word.startswith("--")} <= options_of(command_of(words))


def test_every_command_but_rules_is_shown_in_a_block() -> None:
    assert set(COMMANDS) - {words[1] for words in fenced()} <= {"rules"}


@pytest.mark.parametrize("name", ["owners.csv", "accepted.toml", "attestations.toml"])
def test_the_files_of_a_review_are_shown_as_the_sample_has_them(name: str) -> None:
    block = README.split(f"`{name}`, ")[1].split("```")[1].split("\n", 1)[1]
    assert block in (ROOT / "data" / name).read_text("utf-8")


def test_every_command_is_in_the_table() -> None:
    assert [words[1] for words in tabled()] == list(COMMANDS)


def test_every_help_has_an_example_that_the_program_takes() -> None:
    for name, command in COMMANDS.items():
        example = re.search(r"Example:.*?^\s*(auditkit [^\n]+)", command.help, flags=re.DOTALL | re.MULTILINE)
        assert example, name
        words = shlex.split(example[1])
        assert words[1] == name
        assert {word for word in words if word.startswith("--")} <= options_of(command)


def test_the_rule_table_is_the_programs() -> None:
    table = README.split("<!-- rules:")[1].split("-->\n", 1)[1].split("<!-- end of rules -->")[0]
    assert table.strip() == rules_markdown().strip()


def test_the_two_lines_of_set_up_are_one_line_each_in_a_block_of_their_own() -> None:
    lines = [block.strip() for block in blocks()]
    job, tests = [line for line in lines if line.startswith("python3 -m venv")]
    assert "\n" not in job + tests
    assert job.endswith("auditkit demo")
    assert "pytest" in tests


def test_ci_runs_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    pattern = re.search(r"grep -m 1 -E '([^']+)' README.md", script)
    assert pattern
    found = [line for line in README.splitlines() if re.match(pattern[1], line)]
    assert len(found) == 1


def test_the_picture_is_there() -> None:
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path


def test_the_limits_shown_are_limits() -> None:
    from auditkit.limits import Limits

    assert Limits.from_mapping(tomllib.loads(blocks("toml")[0])).dormant_days == 60
