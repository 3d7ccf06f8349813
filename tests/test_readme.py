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


def options_of(command: str) -> set[str]:
    """Every option that the program takes for this command."""
    return {word for param in COMMANDS[command].params for word in (*param.opts, *param.secondary_opts)}


def shown() -> list[list[str]]:
    """Every `auditkit ...` line of README's code, as words."""
    code = "".join(re.findall(r"^```\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE))
    fenced = re.findall(r"^(?:.*&& )?(?:\.venv/bin/)?(auditkit [^\n]*)$", code, flags=re.MULTILINE)
    tabled = re.findall(r"^\| `(auditkit [^`]*)`", README, flags=re.MULTILINE)
    return [shlex.split(re.sub(r"[\[\]]", " ", line)) for line in fenced + tabled]


@pytest.mark.parametrize("words", shown(), ids=" ".join)
def test_each_command_shown_is_one_that_the_program_takes(words: list[str]) -> None:
    command = words[1]
    assert command in COMMANDS
    assert {word for word in words if word.startswith("--")} <= options_of(command)


def test_every_command_is_in_the_table() -> None:
    tabled = re.findall(r"^\| `auditkit ([\w-]+)", README, flags=re.MULTILINE)
    assert tabled == list(COMMANDS)


def test_every_help_has_an_example_that_the_program_takes() -> None:
    for name, command in COMMANDS.items():
        example = re.search(r"Example:.*?^\s*(auditkit [^\n]+)", command.help, flags=re.DOTALL | re.MULTILINE)
        assert example, name
        words = shlex.split(example[1])
        assert words[1] == name
        assert {word for word in words if word.startswith("--")} <= options_of(name)


def test_the_rule_table_is_the_programs() -> None:
    table = README.split("<!-- rules:")[1].split("-->\n", 1)[1].split("<!-- end of rules -->")[0]
    assert table.strip() == rules_markdown().strip()


def test_the_two_lines_of_set_up_are_one_line_each_in_a_block_of_their_own() -> None:
    lines = [block.strip() for block in re.findall(r"```\n(.*?)```", README, flags=re.DOTALL)]
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

    block = README.split("```toml\n")[1].split("```")[0]
    assert Limits.from_mapping(tomllib.loads(block)).dormant_days == 60
