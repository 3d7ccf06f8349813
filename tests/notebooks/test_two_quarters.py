"""Two quarters of the sample from start to pack: decided in JupyterLab by clicks and keys, the rest by the commands."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from browser import Lab, restart, run_all
from playwright.sync_api import Browser, Locator, Page, expect

from auditkit import bundle
from auditkit.bundle import NEXT_AS_OF
from auditkit.cli import run
from auditkit.review.campaign import open_campaign

NAME = "07_quarterly_review.ipynb"
FIRST, REASON = "assignment:asg-00103", "the import needs it until the fair"
# What the second quarter of the sample no longer has.
GONE = "assignment:asg-00068"
INPUTS = {
    "--owners": "owners.csv", "--required": "required_permissions.csv", "--config": "limits.toml",
    "--accepted": "accepted.toml", "--attestations": "attestations.toml",
}  # fmt: skip


@pytest.fixture
def place(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the server serves, with the notebook and the first quarter's review in it."""
    folder = lab.folder / "two-quarters"
    folder.mkdir()
    shutil.copy(bundle.bundled(f"notebooks/{NAME}"), folder / NAME)
    monkeypatch.chdir(folder)
    begin("organisation.json", "2026-10-01T00:00:00Z", "s1", "2026-Q4", "q4")
    return folder


def begin(document: str, when: str, snapshot: str, name: str, out: str, *more: str) -> None:
    """Import a quarter's organisation, and start its review with the sample's inputs."""
    given = [word for option, file in INPUTS.items() for word in (option, str(bundle.bundled(f"data/{file}")))]
    assert run(["import", str(bundle.bundled(f"data/{document}")), "--out", snapshot]) == 0
    assert run(["review", "start", snapshot, "--name", name, "--out", out, "--as-of", when, *given, *more]) == 0


def log(folder: Path, name: str = "q4") -> list[tuple[str, str, str]]:
    with open_campaign(folder / name).decisions() as store:
        assert store.verify() == []
        return [(entry.item, entry.action, entry.reviewer) for entry in store.entries()]


def panel(page: Page, button: str) -> Locator:
    """The output that has this button."""
    found = page.locator(".jp-Cell-outputArea", has=page.get_by_role("button", name=button, exact=True))
    expect(found).to_have_count(1, timeout=60_000)
    found.scroll_into_view_if_needed()
    return found


def press(form: Locator, button: str, told: str) -> None:
    """Press a button, and wait for what is told of it."""
    form.get_by_role("button", name=button, exact=True).click()
    expect(form.locator(".ak-told")).to_contain_text(told, timeout=20_000)


def decide(page: Page) -> list[str]:
    """Two people decide some items one at a time, and two at once; gives those two."""
    one = panel(page, "Keep")
    one.get_by_label("You are").fill("Mara Lind")
    one.get_by_label("Reason").fill("nobody asked for it")
    press(one, "Remove", "remove is on disk")
    page.keyboard.press("n")
    expect(one.get_by_text("Not decided yet")).to_be_visible(timeout=20_000)
    one.get_by_label("To").fill("Petra Novak")
    press(one, "Delegate", "delegate is on disk")
    page.keyboard.press("b")
    expect(one.locator(".ak-head", has_text=FIRST)).to_be_visible(timeout=20_000)
    one.get_by_label("You are").fill("Gil Osei")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(one.locator(".ak-told")).to_contain_text("a reason is needed", timeout=20_000)
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    expect(one.locator(".ak-told")).to_contain_text("keep is on disk", timeout=20_000)
    expect(one.get_by_text("Reviewers disagree on this item")).to_be_visible()
    many = panel(page, "Tick all found")
    many.get_by_label("Kind").select_option("credential")
    ticks = many.get_by_role("checkbox", name=re.compile(r"^select \w+ crd-"))
    expect(ticks).to_have_count(12, timeout=20_000)
    names = [ticks.nth(number).evaluate("one => one.closest('label').textContent").split()[-1] for number in (0, 1)]
    for number in (0, 1):
        ticks.nth(number).check()
    many.get_by_label("Decide", exact=True).select_option("remove")
    many.get_by_label("Reason").fill("past what we allow")
    press(many, "Decide 2 ticked", "nothing is written yet")
    press(many, "Write 2 decisions", "remove is on disk for 2 items")
    return names


def settle_and_attest(page: Page, folder: Path) -> None:
    """The conflict is settled, and the legacy token attested."""
    form = panel(page, "Settle")
    form.get_by_label("You are").fill("Petra Novak")
    form.get_by_label("Settle as").select_option("remove")
    press(form, "Settle", "a reason is needed")
    form.get_by_label("Reason").fill("the fair is over")
    form.get_by_role("button", name="Settle", exact=True).click()
    expect(page.get_by_text("Reviewers disagree on no item").first).to_be_attached(timeout=20_000)
    form = panel(page, "Write attestation")
    form.get_by_label("What", exact=True).fill("Seen in the safe, changed on 2026-09-01")
    press(form, "Write attestation", "on disk in the log of the campaign")
    assert not (folder / "attestations.toml").exists()


def by_workbook(folder: Path) -> None:
    """One decision by the workbook of who is asked."""
    assert run(["review", "hand-out", "q4", "--out", "books"]) == 0
    for name in sorted((folder / "books").iterdir()):
        book = openpyxl.load_workbook(name)
        rows = {row[0].value: row for row in book["Decisions"].iter_rows()}
        if GONE not in rows:
            continue
        place = [cell.value for cell in next(iter(rows.values()))].index("Decision")
        rows[GONE][place].value = "remove"
        saved = io.BytesIO()
        book.save(saved)
        (folder / "back.xlsx").write_bytes(saved.getvalue())
    assert run(["review", "collect", "q4", "back.xlsx"]) == 0


def test_two_quarters_from_start_to_pack(
    lab: Lab, chromium: Browser, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = lab.open(context, f"{place.name}/{NAME}")
        run_all(page)
        both = decide(page)
        before = log(place)
        assert [(action, who) for _, action, who in before] == [
            ("remove", "Mara Lind"), ("delegate", "Mara Lind"), ("keep", "Gil Osei"),
            ("remove", "Gil Osei"), ("remove", "Gil Osei"),
        ]  # fmt: skip
        assert {item for item, *_ in before[3:]} == {f"credential:{name}" for name in both}
        restart(page)
        assert log(place) == before
        settle_and_attest(page, place)
        by_workbook(place)
        assert log(place)[5:] == [
            (FIRST, "remove", "Petra Novak"), ("attestation:legacy-token", "attest", "Petra Novak"),
            (GONE, "remove", "Owen Fisk"),
        ]  # fmt: skip
        assert run(["review", "plan", "q4", "--out", "plan"]) == 0
        assert "asg-00103" in (place / "plan" / "plan.md").read_text()
        begin("organisation_next.json", NEXT_AS_OF, "s2", "2027-Q1", "q1", "--previous", "q4")
        capsys.readouterr()
        assert run(["review", "prove", "q4", "s2"]) in (0, 1)
        told = capsys.readouterr().out.splitlines()
        assert any("not done" in line and "asg-00103" in line for line in told)
        assert any("done" in line and "not done" not in line and "asg-00068" in line for line in told)
        assert run(["review", "close", "q4", "--out", "pack", "--after", "s2", "--no-pdf"]) == 0
        assert run(["verify", "pack"]) == 0
        alone = [sys.executable, "-I", "verify.py"]
        assert subprocess.run(alone, cwd=place / "pack", check=False, capture_output=True).returncode == 0
        restart(page)
        one = panel(page, "Keep")
        expect(page.get_by_text("Compared with q4, the campaign before this one.").first).to_be_attached()
        one.get_by_label("Text").fill(FIRST)
        expect(one.locator(".ak-head", has_text=FIRST)).to_be_visible(timeout=20_000)
        expect(one.get_by_text("asked again because it was to be removed and is still there")).to_be_visible()
        expect(one.get_by_text("remove (the fair is over)")).to_be_visible()
        assert log(place, "q1") == []
