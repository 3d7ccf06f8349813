"""What readers see of findings: names, the worst of each rule, what was judged in part, a scan, an odd instant."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from auditkit import demo
from auditkit.bundle import bundled
from auditkit.cli import run
from auditkit.cli_notes import instant_notes
from auditkit.errors import InputError, ReportError
from auditkit.findings import audit
from auditkit.findings_met import met, mixed, silent
from auditkit.findings_scan import read_scan
from auditkit.findings_who import names_of
from auditkit.sandbox.server import Sandbox
from auditkit.schema import frame
from auditkit.severity import DTYPE
from auditkit.snapshot import Snapshot, build
from auditkit.source.api.pull import pull
from auditkit.source.secret import Secret
from auditkit.terminal import snapshot_lines

AS_OF = "2026-10-01T00:00:00Z"
BORN = "2026-09-01T00:00:00Z"
PRINCIPALS = frame(
    "principals",
    {
        "principal_id": ['o"dd', "svc", "svc|x"],
        "type": ["User", "ServiceAccount", "User"],
        "display_name": ["Odd", "Gateway", "Bar"],
        "status": ["Active"] * 3,
        "organisation_id": ["org"] * 3,
        "created_at": [BORN] * 3,
    },
)

FRAMES = {
    "principals": PRINCIPALS,
    "credentials": frame("credentials", {
        "credential_id": ["c-svc", "c-gone"], "key_id": ["k1", "k2"], "name": ["n"] * 2, "principal_id": ["svc", "gone"],
        "kind": ["ApiKey"] * 2, "created_at": [BORN] * 2,
    }),
    "role_assignments": frame("role_assignments", {
        "assignment_id": ["a"], "principal_id": ["svc|x"], "role_id": ["r"], "organisation_id": ["org"], "created_at": [BORN],
    }),
    "permission_grants": frame("permission_grants", {
        "grant_id": ["g"], "principal_id": ['o"dd'], "permission_id": ["p"], "organisation_id": ["org"], "created_at": [BORN],
    }),
}  # fmt: skip


def who(kind: str, subject: str, related: str) -> str | None:
    texts = (pa.array([text], pa.large_string()) for text in (kind, subject, related))
    return names_of(*texts, FRAMES).to_pylist()[0]


@pytest.mark.parametrize(
    ("kind", "subject", "related", "name"),
    [
        ("principal", "svc", "{}", "Gateway"),
        ("principal", "svc|x", '{"principal_id":"svc"}', "Bar"),
        ("credential", "c", '{"name":"n","principal_id":"svc"}', "Gateway"),
        ("credential", "c", '{"principal_id":"o\\"dd"}', "Odd"),
        ("credential", "c", '{"principal_id":null}', None),
        ("credential", "c", '{"principal_id":"gone"}', None),
        # Of a record that somebody has, where the proof names nobody, or somebody else.
        ("credential", "c-svc", "{}", "Gateway"),
        ("credential", "c-svc", '{"principal_id":"svc|x"}', "Bar"),
        ("credential", "c-gone", "{}", None),
        ("assignment", "a", "{}", "Bar"),
        ("grant", "g", "{}", "Odd"),
        ("grant", "a", "{}", None),
        ("permission", "g", "{}", None),
        # Words that look like the key are not the key.
        ("role", "r", '{"name":"\\"principal_id\\":\\"svc\\""}', None),
        ("role", "svc", "{}", None),
    ],
)
def test_who_is_the_name_of_the_principal(kind: str, subject: str, related: str, name: str | None) -> None:
    assert who(kind, subject, related) == name


def rules(**columns: list[object]) -> pd.DataFrame:
    ids = ["A1", "B1", "C1"]
    usual = {"id": ids, "severity": ["info"] * 3, "evaluated": [True] * 3, "why_not": [None] * 3, "population": [9] * 3}
    return pd.DataFrame(usual | columns)


def test_the_rules_met_say_their_worst_first() -> None:
    found = pd.DataFrame({"rule": ["C1", "A1", "C1", "B1"], "severity": ["critical", "low", "medium", "critical"]})
    out = met(found.astype({"severity": DTYPE}), rules(count=[1, 1, 2]))
    assert list(out.id) == ["B1", "C1", "A1"]
    assert list(out.worst) == ["critical", "critical", "low"]
    assert list(out.by_severity) == ["1 critical", "1 critical, 1 medium", "1 low"]


def test_no_rule_is_met_where_nothing_was_found() -> None:
    found = pd.DataFrame({"rule": pd.Series([], dtype="str"), "severity": pd.Series([], dtype=DTYPE)})
    assert met(found, rules(count=[0, 0, 0])).empty


def test_a_rule_is_partly_evaluated_where_it_judged_something() -> None:
    out = silent(rules(count=[0, 0, 1], evaluated=[False, False, True], population=[0, 3, 3]))
    assert list(zip(out.id, out.partly, strict=True)) == [("A1", False), ("B1", True)]


def scan(tmp_path: Path, text: str) -> Path:
    (tmp_path / "scan.csv").write_text(text, "utf-8")
    return tmp_path / "scan.csv"


def test_a_scan_is_read_with_and_without_the_prefix_and_the_place(tmp_path: Path) -> None:
    rows = read_scan(scan(tmp_path, "key_id,place\nabc,wiki\n\nik_def,\n"))
    assert list(rows.key_id) == ["abc", "def"]
    assert rows.place[0] == "wiki"
    assert pd.isna(rows.place[1])


@pytest.mark.parametrize("cell", ["ik_abc.s3cr3t,wiki", "abc,see ik_abc.s3cr3t", '"ik_abc.s3cr3t,wiki'])
def test_a_whole_key_in_a_scan_is_refused_and_never_shown(tmp_path: Path, cell: str) -> None:
    with pytest.raises(InputError, match="line 3: holds a whole key") as told:
        read_scan(scan(tmp_path, f"key_id,place\nabc,wiki\n{cell}\n"))
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize("text", ["", "place\nwiki\n", "key_id,key_id\na,b\n", "key_id,secret\na,b\n", "key_id,place\na\n",
                                  "key_id,place\n,wiki\n", 'key_id,place\n"a\n'])  # fmt: skip
def test_a_scan_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"scan\.csv, line [12]: "):
        read_scan(scan(tmp_path, text))


def snapshot() -> Snapshot:
    return build({"principals": PRINCIPALS}, organisation_id="org", as_of=pd.Timestamp(AS_OF))


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        ("2026-08-31T23:59:59Z", "before every record"),
        ("2026-09-01T00:00:00Z", None),
        ("2027-10-01T00:00:00Z", None),
        ("2027-10-01T00:00:01Z", "more than 365 days"),
    ],
)
def test_an_odd_instant_is_said(as_of: str, words: str | None) -> None:
    told = instant_notes(snapshot(), pd.Timestamp(as_of))
    assert len(told) == (words is not None)
    assert words is None or words in told[0]


def test_what_was_set_aside_is_told_by_rule() -> None:
    problems = pd.DataFrame({"rule": ["DAT005", "DAT002", "DAT004"], "set_aside": [True, True, False]})
    whole = snapshot()
    lines = snapshot_lines(whole)
    assert "set aside: 0 records" in lines
    told = snapshot_lines(type(whole)(frames=whole.frames, problems=problems, manifest=whole.manifest))
    assert "set aside: 1 record lacking a field (DAT005), 1 with a repeated id (DAT002)" in told


def test_the_findings_carry_names() -> None:
    gone = PRINCIPALS.assign(status=pd.Categorical(["Suspended"] * 3, PRINCIPALS.status.cat.categories))
    found = audit(build({"principals": gone}, organisation_id="org", as_of=pd.Timestamp(AS_OF)))
    rows = found.frame[found.frame.rule.eq("PRN001")]
    assert dict(zip(rows.subject_id, rows.who, strict=True)) == {'o"dd': "Odd", "svc": "Gateway", "svc|x": "Bar"}
    assert "who" not in found.to_json()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from auditkit.bundle import sample_snapshot

    place = tmp_path_factory.mktemp("sample") / "snapshot"
    sample_snapshot().save(place)
    return place


def test_a_scan_lets_crd009_be_judged(capsys: pytest.CaptureFixture[str], sample: Path, tmp_path: Path) -> None:
    given = scan(tmp_path, "key_id,place\nc4266c3a6900,wiki\n")
    assert run(["audit", str(sample), "--scan", str(given), "--format", "csv"]) == 0
    assert "its key id was found in wiki" in capsys.readouterr().out
    assert run(["audit", str(sample), "--scan", str(scan(tmp_path, "key_id\nik_a.s3cr3t\n"))]) == 2
    told = capsys.readouterr()
    assert "whole key" in told.err
    assert "s3cr3t" not in told.err + told.out


def test_a_missing_folder_is_named_as_it_was_given(capsys: pytest.CaptureFixture[str], sample: Path) -> None:
    assert run(["audit", str(sample), "--out", "/nope/dir/f.txt"]) == 2
    assert capsys.readouterr().err.startswith("auditkit: /nope/dir/f.txt: there is no folder /nope/dir")


def test_an_incomplete_snapshot_is_said_in_one_line_and_ends_with_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Sandbox(bundled("data/organisation.json")) as sandbox:
        pull(sandbox.url, "org-nope", Secret.parse(sandbox.key), out=tmp_path / "part")
    assert run(["audit", str(tmp_path / "part")]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("the snapshot is not complete: ")]
    assert len(lines) == 1
    assert "roles" in lines[0]
    assert " were not evaluated" in lines[0]


def test_a_pull_of_another_organisation_hints_at_the_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(bundled("data/organisation.json")) as sandbox:
        monkeypatch.setenv("AUDITKIT_API_KEY", sandbox.key)
        words = ["pull", "--base-url", sandbox.url, "--organisation"]
        assert run([*words, "org-nope", "--out", str(tmp_path / "nope")]) == 3
        assert "check --organisation" in capsys.readouterr().err
        assert run([*words, sandbox.organisation_id, "--out", str(tmp_path / "whole")]) == 0
        assert "check --organisation" not in capsys.readouterr().err


def test_rows_that_cannot_be_judged_are_partly_evaluated(
    capsys: pytest.CaptureFixture[str], sample: Path, tmp_path: Path
) -> None:
    (tmp_path / "required.csv").write_text("principal_id,permission\nnobody,nothing\nkey-0001,iam.roles.read\n")
    assert run(["audit", str(sample), "--required", str(tmp_path / "required.csv")]) == 0
    told = capsys.readouterr()
    assert told.err.count("partly evaluated: ") == 1
    assert "Partly evaluated:\n  PRM001" in told.out


def test_a_demo_whose_report_fails_keeps_what_it_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ReportError("cell 1 of the notebook failed: ImportError: no")

    monkeypatch.setattr(demo, "make_report", broken)
    with pytest.raises(ReportError, match="ImportError: no; the snapshot and the findings are in"):
        demo.run(tmp_path / "demo", tell=lambda _: None)
    assert (tmp_path / "demo" / "findings.csv").is_file()
    assert (tmp_path / "demo" / "snapshot").is_dir()
    assert not (tmp_path / "demo" / "report.html").exists()


def test_severities_that_differ_within_a_rule_are_told_each() -> None:
    rows = pd.DataFrame(
        {
            "rule": ["PRM007", "PRM007", "ROL001", "ROL001"],
            "severity": pd.Categorical(["medium", "critical", "high", "high"], dtype=DTYPE),
        }
    )
    assert mixed(rows).to_dict() == {"PRM007": " (1 critical, 1 medium)"}
    assert mixed(rows.iloc[:0]).empty
