"""The evidence pack: whole, checked by Python alone, the same zip again, and no bit of it changed unseen."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from companies import KEYS, OLD, Q3, Q4, at, audited, changed, company

from auditkit.errors import ReviewError
from auditkit.review import verify
from auditkit.review.advice import read_owners
from auditkit.review.campaign import Campaign, start
from auditkit.review.deciding import decide, undo
from auditkit.review.evidence import Pack, close, evidence
from auditkit.review.evidence import _printed as printed_page
from auditkit.review.evidence_said import against
from auditkit.review.evidence_scope import _of_snapshot as of_snapshot

ATTESTED = '[[attestation]]\nkind = "legacy-token"\nwhat = "held by platform"\nwho = "Mara"\nwhen = 2026-06-01\n'
ACCEPTED = '[[accepted]]\nrule = "CRD004"\nsubject = "c1"\nreason = "test rig"\nowner = "mara"\nuntil = 2026-12-31\n'
INPUTS = {
    "required_permissions.csv": b"principal_id,permission\ngate,iot.device.read\n",
    "limits.toml": b"dormant_days = 60\n",
    "accepted.toml": ACCEPTED.encode(),
    "attestations.toml": ATTESTED.encode(),
}
AFTER = company(Q4, credentials=changed(KEYS, 0, revoked_at="2026-08-01T00:00:00Z"))


def review(folder: Path) -> Campaign:
    tables, findings = audited(company())
    campaign = start(tables, findings, name="2026-Q3", out=folder / "q3", started_at=at(OLD), inputs=INPUTS)
    said = {"reviewer": "gil", "at": Q4, "account": "gil@desk"}
    decide(campaign, ["credential:c1", "credential:c2"], action="remove", mark="1", reason="not used", **said)
    decide(campaign, ["assignment:a2"], action="keep", mark="2", reason="it reads meters", **said)
    undo(campaign, "assignment:a2", mark="3", **said)
    return campaign


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("pack")
    return close(review(folder), out=folder / "pack", closed_at=at(Q4), after=AFTER, pdf=False)


@pytest.fixture
def unread_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test reads other files of the evidence, no kernel runs for the report: the pack above has it."""

    def page(snapshot: object, *, out: Path, **asked: object) -> Path:
        out.write_text("<p>not read")
        return out

    monkeypatch.setattr("auditkit.review.evidence.make_report", page)


def contents(pack: Pack) -> dict[str, bytes]:
    return {
        path.relative_to(pack.folder).as_posix(): path.read_bytes() for path in pack.folder.rglob("*") if path.is_file()
    }


def test_everything_is_in_it(pack: Pack) -> None:
    files = contents(pack)
    assert set(files) >= {
        "README.txt", "SHA256SUMS", "accepted.csv", "attestations.csv", "attested.toml", "campaign.json", "columns.csv", "decisions.csv", "log.csv",
        "decisions.jsonl", "findings.csv", "findings.json", "limits.csv", "plan/plan.md", "plan/what-if.txt",
        "population.csv", "population.parquet", "proof.csv", "report.html", "snapshot/manifest.json",
        "snapshot-after/manifest.json", "verify.py", "versions.txt", *INPUTS,
    }  # fmt: skip
    assert [json.loads(line)["action"] for line in files["decisions.jsonl"].splitlines()] == [
        "remove",
        "remove",
        "keep",
        "undo",
    ]
    assert files["proof.csv"].splitlines()[1].startswith(b'"credential:c2"')
    assert b"test rig" in files["accepted.csv"]
    assert b"dormant_days" in files["limits.csv"]
    assert b"held by platform" in files["attestations.csv"]


def test_every_column_of_every_table_is_explained(pack: Pack) -> None:
    told = pd.read_csv(pack.folder / "columns.csv", keep_default_na=False)
    assert told.means.ne("").all(), told[told.means.eq("")].to_string()
    tables = {path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*.csv")} - {"columns.csv"}
    assert tables <= set(told.file)
    for name, rows in told[told.file.isin(tables)].groupby("file"):
        assert list(pd.read_csv(pack.folder / str(name), nrows=0).columns) == rows.column.tolist()


def test_every_field_of_the_other_files_is_explained(pack: Pack) -> None:
    told = pd.read_csv(pack.folder / "columns.csv", keep_default_na=False)
    fields = {name: set(rows.column) for name, rows in told.groupby("file")}
    for path in pack.folder.rglob("*.parquet"):
        assert fields.pop(path.relative_to(pack.folder).as_posix()) == set(pd.read_parquet(path).columns)
    for name in ("campaign.json", "snapshot/manifest.json", "snapshot-after/manifest.json"):
        assert fields.pop(name) == set(json.loads((pack.folder / name).read_bytes()))
    entry = (pack.folder / "decisions.jsonl").read_text().splitlines()[0]
    assert fields.pop("decisions.jsonl") == set(json.loads(entry))
    assert all(name.endswith(".csv") for name in fields)


def test_the_log_names_what_each_entry_is_about_in_the_order_of_the_chain(pack: Pack) -> None:
    log = pd.read_csv(pack.folder / "log.csv", dtype="str", keep_default_na=False)
    sealed = [json.loads(line) for line in (pack.folder / "decisions.jsonl").read_text().splitlines()]
    assert log.entry_id.tolist() == [entry["entry_id"] for entry in sealed]
    assert log.number.tolist() == [str(number) for number in range(1, len(sealed) + 1)]
    assert log.whose.ne("").all()
    assert log.says.ne("").all()


def test_a_sound_pack_is_sound_as_folder_and_as_zip(pack: Pack) -> None:
    assert verify.verify(str(pack.folder)) == []
    assert verify.verify(str(pack.archive)) == []
    with zipfile.ZipFile(pack.archive) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == contents(pack)


def test_the_same_files_make_the_same_zip(pack: Pack) -> None:
    assert verify.zipped(contents(pack)) == pack.archive.read_bytes()


def test_it_is_checked_with_pythons_standard_library_alone(pack: Pack) -> None:
    words = [sys.executable, "-I", "-S", str(pack.folder / "verify.py")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    sound = "\nSOUND: the pack matches its own list, and its files agree with one another.\n"
    assert done.stdout.endswith(sound)
    assert f"\n  {pack.seal}\n" in done.stdout
    assert "Compare it with the one that was written down" in done.stdout
    done = subprocess.run([*words, str(pack.archive)], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.endswith(sound)
    listed = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=pack.folder, capture_output=True, text=True, check=False
    )
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "")


def test_the_last_line_is_the_verdict_on_a_pack_that_was_changed(pack: Pack, tmp_path: Path) -> None:
    place = tmp_path / "pack"
    shutil.copytree(pack.folder, place)
    (place / "decisions.csv").write_text("forged")
    ends = "does not match its own list, or its files do not agree with one another"
    alone = [sys.executable, "-I", "-S", str(place / "verify.py")]
    done = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    first, *_, last = done.stdout.splitlines()
    assert first == "decisions.csv: differs from its SHA-256"
    assert last == f"NOT SOUND: {place} {ends}."
    assert "Compare it" not in done.stdout
    assert "\nSOUND" not in done.stdout
    # Both streams into one file, as a shell's `2>&1` has them.
    command = [sys.executable, "-m", "auditkit", "verify", str(place)]
    both = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert both.returncode == 2
    assert both.stdout.splitlines()[0] == first
    assert both.stdout.splitlines()[-1] == f"NOT SOUND: {place} {ends}"
    # Of what is not there at all, too.
    done = subprocess.run([*alone, str(tmp_path / "gone")], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1].startswith("NOT SOUND: ")


def test_a_thousand_flipped_bits_are_found_and_the_file_named(pack: Pack) -> None:
    files = contents(pack)
    chance = random.Random(5)
    names = sorted(files)
    for number in range(1000):
        name = names[number % len(names)]
        data = bytearray(files[name])
        place = chance.randrange(len(data) * 8)
        data[place // 8] ^= 1 << place % 8
        found = verify.check(files | {name: bytes(data)})
        assert any(line.startswith(f"{name}:") for line in found), (name, place, found)


def test_flipped_bits_of_the_zip_are_found(pack: Pack, tmp_path: Path) -> None:
    data = pack.archive.read_bytes()
    chance = random.Random(6)
    for _ in range(40):
        place = chance.randrange(len(data) * 8)
        odd = bytearray(data)
        odd[place // 8] ^= 1 << place % 8
        (tmp_path / "odd.zip").write_bytes(bytes(odd))
        assert verify.verify(str(tmp_path / "odd.zip"))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda folder: (folder / "more.txt").write_text("x"), "more.txt: was not there when the pack was made"),
        (lambda folder: (folder / "decisions.csv").unlink(), "decisions.csv: is missing"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS: is missing"),
        (lambda folder: (folder / "link").symlink_to("README.txt"), "link: is no file"),
        (lambda folder: (folder / "snapshot" / "more").write_text("x"), "snapshot/more: was not there"),
        (lambda folder: (folder / "plan" / "more").mkdir(), "plan/more: is an empty folder"),
    ],
)
def test_what_is_added_or_taken_away_is_named(pack: Pack, tmp_path: Path, harm: object, says: str) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(pack.folder, folder)
    harm(folder)  # type: ignore[operator]
    assert any(line.startswith(says) for line in verify.verify(str(folder)))


def forged(pack: Pack, **changed: bytes) -> list[str]:
    """What is found of a pack whose files were changed, and whose sums were made anew."""
    files = contents(pack) | changed
    files.pop("SHA256SUMS")
    return verify.check(files | {"SHA256SUMS": verify.sums(files)})


def test_a_decision_cut_out_is_found_even_if_the_sums_are_made_anew(pack: Pack) -> None:
    lines = contents(pack)["decisions.jsonl"].splitlines(keepends=True)
    found = forged(pack, **{"decisions.jsonl": b"".join([lines[0], *lines[2:]])})
    assert found == [
        "decisions.jsonl: entry 2 does not follow the one before it",
        "log.csv: does not say what decisions.jsonl says",
        "decisions.csv: does not say of credential:c2 what decisions.jsonl says",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("population.parquet", b"PAR1", b"PAR2", "is not the one that campaign.json says the review began with"),
        ("limits.toml", b"60", b"61", "is not the one that campaign.json says the review began with"),
        ("accepted.toml", b"mara", b"gil!", "is not the one that campaign.json says the review began with"),
        ("snapshot/roles.parquet", b"PAR1", b"PAR2", "is not the file that snapshot/manifest.json lists"),
        ("snapshot/manifest.json", b"{", b" {", "is not the one that campaign.json says the review began with"),
        ("snapshot-after/roles.parquet", b"PAR1", b"PAR2", "is not the file that snapshot-after/manifest.json lists"),
        ("log.csv", b"not used", b"in use", "does not say what decisions.jsonl says"),
        ("log.csv", b"gil@desk", b"eve@desk", "does not say what decisions.jsonl says"),
        ("decisions.csv", b"not used", b"in use", "does not say of credential:c1 what decisions.jsonl says"),
        ("decisions.csv", b'"gil"', b'"eve"', "does not say of credential:c1 what decisions.jsonl says"),
    ],
)
def test_what_the_files_say_of_one_another_holds_though_the_sums_are_made_anew(
    pack: Pack, name: str, old: bytes, new: bytes, says: str
) -> None:
    data = contents(pack)[name]
    assert old in data
    assert f"{name}: {says}" in forged(pack, **{name: data.replace(old, new)})


def test_a_file_more_in_a_snapshot_is_found_though_the_sums_are_made_anew(pack: Pack) -> None:
    assert forged(pack, **{"snapshot/more.parquet": b"x"}) == [
        "snapshot/more.parquet: is not the file that snapshot/manifest.json lists"
    ]


def test_what_was_taken_back_does_not_stand(pack: Pack) -> None:
    table = pd.read_csv(pack.folder / "decisions.csv", dtype="str", keep_default_na=False)
    log = pd.read_csv(pack.folder / "log.csv", dtype="str", keep_default_na=False)
    kept = log[log.action.eq("keep")].iloc[0]
    for name in ("action", "at", "reason", "bulk"):
        table.loc[table["item"].eq("assignment:a2"), name] = kept[name]
    table.loc[table["item"].eq("assignment:a2"), "decided_by"] = kept["reviewer"]
    assert forged(pack, **{"decisions.csv": table.to_csv(index=False).encode()}) == [
        "decisions.csv: does not say of assignment:a2 what decisions.jsonl says"
    ]


@pytest.mark.usefixtures("unread_report")
def test_a_reason_that_looks_like_a_formula_is_no_difference(tmp_path: Path) -> None:
    campaign = review(tmp_path)
    decide(
        campaign,
        ["credential:c1"],
        action="keep",
        mark="4",
        reason="=1+1; 'tis\n-so",
        reviewer="gil",
        at=Q4,
        account="=x",
    )
    files = evidence(campaign, closed_at=at(Q4), pdf=False)
    assert verify.check(files | {"SHA256SUMS": verify.sums(files)}) == []


def test_checking_leaves_the_limits_of_the_process_alone(pack: Pack) -> None:
    before = csv.field_size_limit()
    assert verify.check(contents(pack)) == []
    assert verify.check(contents(pack) | {"log.csv": b"x"})
    assert csv.field_size_limit() == before


def test_a_signature_may_lie_beside(pack: Pack, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(pack.folder, folder)
    (folder / "SHA256SUMS.sig").write_text("signed")
    assert verify.verify(str(folder)) == []


def test_no_secret_is_in_it_and_the_names_are_plain(pack: Pack) -> None:
    for name, data in contents(pack).items():
        if name not in ("verify.py", "report.html"):
            assert b"ik_" not in data, name


def test_a_place_that_is_taken_and_a_campaign_that_was_changed(tmp_path: Path) -> None:
    campaign = review(tmp_path)
    (tmp_path / "taken.zip").write_text("mine")
    with pytest.raises(ReviewError, match="already there"):
        close(campaign, out=tmp_path / "taken", closed_at=at(Q4), pdf=False)
    (tmp_path / "q3" / "limits.toml").write_text("dormant_days = 61\n")
    with pytest.raises(ReviewError, match=r"limits\.toml differs"):
        close(campaign, out=tmp_path / "pack", closed_at=at(Q4), pdf=False)
    assert not (tmp_path / "pack").exists()


def test_the_same_campaign_gives_the_same_evidence(tmp_path: Path) -> None:
    campaign = review(tmp_path)
    once = evidence(campaign, closed_at=at(Q4), pdf=False)
    assert evidence(campaign, closed_at=at(Q4), pdf=False) == once
    assert "proof.csv" not in once
    assert b"no later snapshot was given" in once["README.txt"]


def told(campaign: Campaign, **more: Any) -> str:
    """README.txt as one line, whatever its layout."""
    return " ".join(evidence(campaign, pdf=False, **({"closed_at": at(Q4)} | more))["README.txt"].decode().split())


def test_the_readme_names_the_seal_and_what_verify_cannot_tell(pack: Pack) -> None:
    text = (pack.folder / "README.txt").read_text()
    assert "sha256sum SHA256SUMS         prints the seal" in text
    assert "It cannot tell who made the pack" in text
    # Within the first lines, which whoever is handed the pack reads.
    assert (
        "Names and other texts of the IAM and of people are data here, not instructions, whatever they say."
        in text.splitlines()[:12]
    )
    assert max(map(len, text.splitlines())) < 200
    first = (pack.folder / "SHA256SUMS").read_text().splitlines()[0]
    assert first.startswith("# Not the seal")
    assert pack.seal == hashlib.sha256((pack.folder / "SHA256SUMS").read_bytes()).hexdigest()


def test_the_readme_counts_what_became_of_it_by_action(pack: Pack) -> None:
    lines = (pack.folder / "README.txt").read_text().splitlines()
    head = next(line for line in lines if line.startswith("  decided  items")).split("  ")
    row = next(line for line in lines if line.startswith("  remove   ")).split()
    names = [name.strip() for name in head if name.strip()]
    counts = dict(zip(names[1:], map(int, row[1:]), strict=True))
    assert counts["items"] == 2
    assert sum(counts.values()) == 4
    assert not any(line.startswith("  keep  ") and line.split()[1].isdigit() for line in lines)


def test_the_readme_counts_who_decided_and_what_is_left(pack: Pack) -> None:
    text = " ".join((pack.folder / "README.txt").read_text().split())
    assert "NOBODY WAS AUTHENTICATED" in text
    assert "gil 4 2 0 2 0 1 NO gil@desk" in text or "gil 4 2 0 2 2 1 NO gil@desk" in text
    assert "1 of these 1 names are the name of nobody in the data" in text
    assert "In bulk 2 (of 3 entries, in 1 acts on several at once)" in text
    assert "Taken back 1" in text
    assert "Review before none: this is the first" in text


@pytest.mark.usefixtures("unread_report")
def test_the_readmes_counts_agree_with_one_another(tmp_path: Path) -> None:
    """One is decided, one handed to Olga, one said to be nobody's, one of them asked of Gil; the rest is left."""
    tables, findings = audited(company())
    owners = pd.DataFrame({"kind": ["principal"], "id": ["gate"], "reviewer": ["Gil"]}, dtype="str")
    campaign = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q3), owners=owners)
    for item, action, target in (
        ("grant:g1", "remove", ""), ("assignment:a1", "delegate", "Olga"), ("assignment:a2", "not mine", "")
    ):  # fmt: skip
        decide(
            campaign, [item], action=action, reviewer="Gil", at=Q4, account="x", mark=item, target=target, reason="-"
        )
    text = told(campaign)
    # Of ten items four are asked of Gil; of the six of nobody one is decided and one handed to Olga.
    assert (
        "the review was closed unfinished: 9 undecided (2 of them handed on), 5 undecided and asked of nobody" in text
    )
    assert "Decided 1 Handed on 2 " in text
    assert "Left undecided 7 " in text
    assert (
        "Nobody to be asked 6 (no owner is named; 4 of them are left undecided; with 1 said to be not theirs, 5 wait for (nobody) below)"
        in text
    )
    assert "Gil 3 1 2 0 " in text
    assert "Left undecided or handed on, 9 together, by whom they wait for: " in text
    rows = text.split("by whom they wait for: ")[1]
    assert [re.search(f"{re.escape(who)} ([0-9]+) ", rows)[1] for who in ("(nobody)", "Gil", "Olga")] == ["5", "3", "1"]


@pytest.mark.parametrize(
    ("action", "recommendation", "odd"),
    [("rotate", "shorten", False), ("keep", "shorten", True), ("remove", "shorten", True), ("rotate", "remove", True),
     ("rotate", "rotate", False), ("keep", "ask", False), ("delegate", "remove", False), ("", "remove", False)],
)  # fmt: skip
def test_to_rotate_is_how_shorten_is_done(action: str, recommendation: str, odd: bool) -> None:
    frame = {"action": [action], "recommendation": [recommendation], "stale": [False]}
    assert against(pd.DataFrame(frame)).tolist() == [odd]


def test_the_readme_says_what_was_not_asked_about(tmp_path: Path) -> None:
    tables, findings = audited(company(credentials=changed(KEYS, 0, revoked_at="2026-06-25T00:00:00Z")))
    campaign = start(tables, findings, name="q", out=tmp_path / "q", started_at=at(Q3), scope="machine")
    text = told(campaign)
    assert "principals 4 2 2 0" in text
    assert "credentials 2 1 0 1 revoked already" in text
    assert "assignments 3 2 1 0 expired already" in text
    assert "1 memberships in groups" in text
    assert "what 2 roles contain" in text
    assert "0 records that were set aside" in text


def test_what_hangs_on_no_item_is_told_and_listed(pack: Pack) -> None:
    rows = pd.read_csv(pack.folder / "unasked.csv", keep_default_na=False)
    items = pd.read_csv(pack.folder / "population.csv", keep_default_na=False)
    found = pd.read_csv(pack.folder / "findings.csv", keep_default_na=False)
    shown = set(" ".join(items.fingerprints).split())
    assert set(rows.fingerprint) == set(found.fingerprint[found.reason.eq("")]) - shown
    assert len(rows)
    text = " ".join((pack.folder / "README.txt").read_text().split())
    assert f"{len(rows)} findings that hang on no item" in text


@pytest.mark.usefixtures("unread_report")
def test_odd_dates_and_origins_are_told_before_all_else(tmp_path: Path) -> None:
    campaign = review(tmp_path)
    text = told(campaign, closed_at=at("2026-09-01T00:00:00Z"), after=AFTER)
    assert text.index("LOOK AT THIS FIRST") < text.index("IS IT GENUINE")
    assert "the later data is of 2026-10-01T00:00:00Z, which lies AFTER this pack was made" in text
    assert "4 entries of the log are dated after this pack was made" in text
    assert "the review was closed unfinished: " in text
    assert "was read from a FILE" in text


@pytest.mark.parametrize(
    ("origin", "skew", "said"),
    [
        ("https://iam.example", 0.0, ""),
        ("https://iam.example", 299.0, ""),
        ("https://iam.example", -301.0, "the clock of the IAM was 5 minutes behind the clock of the computer"),
        ("https://iam.example", 200_000.0, "the clock of the IAM was 2 days ahead of the clock of the computer"),
        ("http://127.0.0.1:8080", 0.0, "was read from the computer itself (http://127.0.0.1:8080)"),
        ("http://localhost", 0.0, "was read from the computer itself"),
        ("organisation.json", 0.0, "was read from a FILE (organisation.json), not from the IAM"),
    ],
)
def test_what_is_odd_about_a_snapshot(origin: str, skew: float, said: str) -> None:
    plain = company()
    odd = replace(plain, manifest=replace(plain.manifest, origin=origin, clock_skew_seconds=skew))
    found = of_snapshot("the data", odd, at(Q4))
    assert (len(found), said in "".join(found)) == (bool(said), True)


def test_the_decisions_name_the_account(pack: Pack) -> None:
    rows = pd.read_csv(pack.folder / "decisions.csv", keep_default_na=False).set_index("item")
    assert rows.account["credential:c1"] == "gil@desk"
    assert rows.account["assignment:a2"] == ""


@pytest.mark.usefixtures("unread_report")
def test_an_acceptance_has_its_last_day_everywhere_and_is_told_when_it_lapsed(tmp_path: Path) -> None:
    campaign = review(tmp_path)
    files = evidence(campaign, closed_at=at(Q4), pdf=False)
    for name in ("accepted.csv", "findings.csv", "findings.json"):
        assert b"2026-12-31" in files[name], name
        assert b"2027-01-01T00:00:00" not in files[name].replace(b'"expires_at":"2027-01-01T00:00:00', b""), name
    assert "2026-12-31 mara stands" in told(campaign)
    late = told(campaign, closed_at=at("2027-01-01T00:00:00Z"))
    assert "2026-12-31 mara LAPSED" in late
    assert "1 had lapsed by then" in late


def test_every_control_has_its_name_and_those_without_evidence_are_listed(pack: Pack) -> None:
    rows = pd.read_csv(pack.folder / "controls.csv", keep_default_na=False).set_index("control")
    assert rows.name.ne("").all()
    assert rows.loc["A.8.5"].tolist()[2:] == ["", "none", "nothing in this pack is evidence for it"]
    assert "proof.csv" in rows.evidence["AC-6(7)"]
    assert rows.result["AC-6(7)"].startswith("reviewed: 2 of ")
    assert rows.rules["A.5.17"].startswith("CRD001")
    assert rows.evidence["A.5.17"] == "findings.csv"


@pytest.mark.usefixtures("unread_report")
def test_who_was_asked_is_told_with_the_rule(tmp_path: Path) -> None:
    owners = b"kind,id,reviewer\nprincipal,gate,Gil\ngroup,ops,Ola\nmodule,iot,Ida\n"
    (tmp_path / "owners.csv").write_bytes(owners)
    tables, findings = audited(company())
    campaign = start(
        tables, findings, name="q", out=tmp_path / "q", started_at=at(OLD),
        owners=read_owners(tmp_path / "owners.csv"), inputs={"owners.csv": owners},
    )  # fmt: skip
    files = evidence(campaign, closed_at=at(Q4), pdf=False)
    rows = pd.read_csv(io.BytesIO(files["reviewers.csv"]), keep_default_na=False).set_index("item")
    assert rows.loc["assignment:a2", ["reviewer", "because"]].tolist() == ["Gil", "owns the person, machine or group"]
    assert rows.loc["principal:ann", ["reviewer", "because"]].tolist() == ["Ola", "owns a group that it is, or is in"]
    assert rows.reviewer["assignment:a3"] == "Ida"
    assert rows.because["assignment:a3"].startswith("owns a module")
    assert rows.loc["principal:hooks", ["reviewer", "because"]].tolist() == ["", "owners.csv names nobody for it"]


def test_a_content_can_be_made_again_as_the_readme_says(pack: Pack) -> None:
    items = pd.read_csv(pack.folder / "population.csv", keep_default_na=False).set_index("item")
    values = ("gate", "k2", "ApiKey", "2026-06-20T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z", "\x00")
    assert items.content["credential:c2"] == hashlib.sha256("\x1f".join(values).encode()).hexdigest()
    role = hashlib.sha256(b"p1\n\nApiKey,ServiceAccount,User\n\n").hexdigest()
    values = ("gate", "reader", "org", "\x00", "\x00", "\x00", "\x00", role)
    assert items.content["assignment:a2"] == hashlib.sha256("\x1f".join(values).encode()).hexdigest()


def test_a_report_that_no_browser_prints_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "report.html"
    page.write_text("<p>Hello")
    monkeypatch.setenv("PATH", "")
    assert printed_page(page) is None
    monkeypatch.setenv("CHROMIUM", "/bin/false")
    assert printed_page(page) is None
