"""The wheel: what it carries, and that it works in an empty folder without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by its own build system without any isolation that would need a network."""
    place = tmp_path_factory.mktemp("wheel")
    build = f"import hatchling.build; print(hatchling.build.build_wheel({str(place)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place / done.stdout.split()[-1]


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `auditkit` command of a new environment that has the wheel, and this one's packages but not this checkout."""
    place = tmp_path_factory.mktemp("venv")
    venv.create(place, with_pip=False)
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    # A .pth file lends the packages; those that they hold themselves, the editable checkout among them, are not read.
    (inside / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(inside)
    return place / "bin" / "python"


def run(python: Path, *words: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the installed auditkit in a folder, without a word about it in the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AUDITKIT", "COV"))}
    return subprocess.run(
        [str(python), "-m", "auditkit", *words],
        cwd=folder,
        env=kept | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_carries_code_notebooks_sample_and_profile(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "auditkit/py.typed",
        "auditkit/source/api/infuse.toml",
        "auditkit/widgets/form.css",
        "auditkit/widgets/form.js",
        "auditkit/_bundle/notebooks/quarterly_access_review.ipynb",
        "auditkit/_bundle/data/organisation.json",
        "auditkit/_bundle/data/required_permissions.csv",
        "auditkit/_bundle/data/limits.toml",
    } <= names
    assert not [name for name in names if "tests/" in name or ".ipynb_checkpoints" in name or "__pycache__" in name]
    code = zipfile.ZipFile(wheel).read("auditkit-0.1.0.dist-info/entry_points.txt").decode()
    assert "auditkit = auditkit.cli:main" in code


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    where = "import auditkit, auditkit.bundle as b; print(auditkit.__file__); print(b.bundled('data'))"
    done = subprocess.run([str(installed), "-c", where], cwd=tmp_path, capture_output=True, text=True, check=True)
    home = str(installed.parents[1])
    assert all(line.startswith(home) for line in done.stdout.split())


def test_the_demo_runs_from_the_wheel_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "demo", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "auditkit-demo" / "report.html").stat().st_size > 10_000
    assert "auditkit lab auditkit-demo" in done.stdout


def test_the_lab_folder_is_put_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "from pathlib import Path; from auditkit.lab import prepare; print(*prepare(Path('desk')))"
    subprocess.run([str(installed), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tmp_path / "desk" / "quarterly_access_review.ipynb").is_file()
    assert (tmp_path / "desk" / "snapshot" / "manifest.json").is_file()


def test_an_editable_install_finds_the_checkouts_own() -> None:
    from auditkit.bundle import bundled, notebooks

    assert bundled("data/organisation.json").is_file()
    assert [path.stem for path in notebooks()]
