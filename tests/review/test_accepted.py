"""Accepted findings: apart while they are accepted, back afterwards, and never without a reason, an owner and an end."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from companies import Q3, audited, company

from auditkit.cli import run
from auditkit.errors import InputError
from auditkit.findings import Findings
from auditkit.review.accepted import Judged, apply, read_accepted, to_csv, to_json

FOUND: Findings = audited(company())[1]
SAYS = 'reason = "kept for the field test"\nowner = "mara"\n'
AS_OF = pd.Timestamp(Q3)


def judged(tmp_path: Path, *entries: str, as_of: pd.Timestamp = AS_OF) -> Judged:
    path = tmp_path / "accepted.toml"
    path.write_text("".join(f"[[accepted]]\n{entry}\n" for entry in entries))
    return apply(FOUND, read_accepted(path), as_of)


def test_an_accepted_finding_is_apart_and_counted(tmp_path: Path) -> None:
    found = judged(tmp_path, f'rule = "CRD004"\nsubject = "c1"\nuntil = 2026-12-31\n{SAYS}')
    assert len(found.open) == len(FOUND) - 1
    assert found.accepted[["rule", "subject_id", "owner", "reason"]].to_numpy().tolist() == [
        ["CRD004", "c1", "mara", "kept for the field test"]
    ]
    counts = found.open.rules.set_index("id")["count"]
    assert counts["CRD004"] == 0
    assert counts.drop("CRD004").equals(FOUND.rules.set_index("id")["count"].drop("CRD004"))
    assert found.warnings == ()
    assert "CRD004" in FOUND.frame.rule.tolist()


def test_a_pattern_is_a_glob_and_no_expression(tmp_path: Path) -> None:
    every = judged(tmp_path, f'rule = "ROL008"\npattern = "*|reader"\nuntil = 2026-12-31\n{SAYS}')
    assert every.accepted.subject_id.tolist() == ["gate|reader", "hooks|reader"]
    none = judged(tmp_path, f'rule = "ROL008"\npattern = ".+|reader"\nuntil = 2026-12-31\n{SAYS}')
    assert none.accepted.empty
    assert none.warnings == ("entry 1: ROL008 .+|reader matches no finding",)


def test_another_rule_or_subject_is_left_alone(tmp_path: Path) -> None:
    found = judged(tmp_path, f'rule = "CRD004"\nsubject = "c"\nuntil = 2026-12-31\n{SAYS}')
    assert (len(found.open), len(found.accepted)) == (len(FOUND), 0)
    assert found.warnings == ("entry 1: CRD004 c matches no finding",)


@pytest.mark.parametrize(
    ("until", "as_of", "accepted"),
    [
        ("2026-07-01T00:00:01Z", "2026-07-01T00:00:00Z", 1),
        ("2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z", 0),
        ("2026-07-01T02:00:00+02:00", "2026-06-30T23:59:59Z", 1),
        ("2026-07-01T02:00:00+02:00", "2026-07-01T00:00:00Z", 0),
        ("2026-07-01", "2026-07-01T23:59:59Z", 1),
        ("2026-07-01", "2026-07-02T00:00:00Z", 0),
        ('"2026-07-01"', "2026-07-01T23:59:59Z", 1),
    ],
)
def test_expired_ones_come_back(tmp_path: Path, until: str, as_of: str, accepted: int) -> None:
    found = judged(tmp_path, f'rule = "CRD004"\nsubject = "c1"\nuntil = {until}\n{SAYS}', as_of=pd.Timestamp(as_of))
    assert len(found.accepted) == accepted
    assert len(found.open) == len(FOUND) - accepted
    assert any("is over" in warning for warning in found.warnings) == (not accepted)


def test_the_first_entry_that_meets_a_finding_accepts_it(tmp_path: Path) -> None:
    one = f'rule = "CRD004"\npattern = "*"\nuntil = 2026-12-31\n{SAYS}'
    found = judged(tmp_path, one, one.replace("mara", "olga"))
    assert found.accepted.owner.tolist() == ["mara"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('rule = "CRD004"\nsubject = "c1"\nowner = "m"\nuntil = 2026-12-31', "no reason"),
        ('rule = "CRD004"\nsubject = "c1"\nreason = " "\nowner = "m"\nuntil = 2026-12-31', "no reason"),
        ('rule = "CRD004"\nsubject = "c1"\nreason = "r"\nuntil = 2026-12-31', "no owner"),
        ('rule = "CRD004"\nsubject = "c1"\nreason = "r"\nowner = "m"', "no until"),
        (f'rule = "CRD004"\nuntil = 2026-12-31\n{SAYS}', "a subject or a pattern"),
        (f'rule = "CRD004"\nsubject = "a"\npattern = "b"\nuntil = 2026-12-31\n{SAYS}', "a subject or a pattern"),
        (f'rule = "CRD004"\nsubject = "a"\nuntil = "soon"\n{SAYS}', "until is no time"),
        (f'rule = "CRD004"\nsubject = "a"\nuntil = 2026-12-31T00:00:00\n{SAYS}', "no offset"),
        (f'rule = "CRD004"\nsubject = "a"\nuntil = 2026-12-31\nexpires = 1\n{SAYS}', "'expires'"),
        (f'rule = "CRD004"\nsubject = 7\nuntil = 2026-12-31\n{SAYS}', "subject must be text"),
        ('rule = "CRD004"\nsubject = "a"\nuntil = 2026-12-31\nowner = "m"\nreason = "ik_a.bcd"', "API key"),
    ],
)
def test_what_is_refused(tmp_path: Path, entry: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        judged(tmp_path, f'rule = "CRD004"\nsubject = "c2"\nuntil = 2026-12-31\n{SAYS}', entry)
    assert "entry 2" in str(refusal.value)
    assert "bcd" not in str(refusal.value)


@pytest.mark.parametrize("text", ["[accepted]\nrule = 1\n", "[[other]]\n", "rule = \n"])
def test_another_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "accepted.toml").write_text(text)
    with pytest.raises(InputError, match=r"accepted\.toml"):
        read_accepted(tmp_path / "accepted.toml")


def test_json_and_csv_show_both(tmp_path: Path) -> None:
    found = judged(tmp_path, f'rule = "CRD004"\nsubject = "c1"\nuntil = 2026-12-31\n{SAYS}')
    told = json.loads(to_json(found))
    assert [entry["subject_id"] for entry in told["accepted"]] == ["c1"]
    assert told["accepted"][0]["until"] == "2026-12-31"
    assert len(told["findings"]) == len(FOUND) - 1
    assert set(told) - set(json.loads(FOUND.to_json())) == {"accepted"}
    assert to_csv(found).count("\r\n") == len(FOUND) + 1
    none = judged(tmp_path, f'rule = "CRD004"\nsubject = "x"\nuntil = 2026-12-31\n{SAYS}')
    assert json.loads(to_json(none))["accepted"] == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company().save(tmp_path / "snapshot")
    (tmp_path / "accepted.toml").write_text(f'[[accepted]]\nrule = "CRD004"\nsubject = "c1"\nuntil = 2026-12-31\n{SAYS}')
    words = ["audit", str(tmp_path / "snapshot"), "--accepted", str(tmp_path / "accepted.toml")]
    assert run(words) == 0
    assert "1 accepted finding, counted apart:" in capsys.readouterr().out
    assert run([*words, "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["accepted"]) == 1
    (tmp_path / "accepted.toml").write_text('[[accepted]]\nrule = "CRD004"\n')
    assert run(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
