"""A report as PDF, printed by a Chromium that is already on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from auditkit.errors import InputError, ReportError
from auditkit.store import write_file

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_LONGEST_PRINT = 900
# Nothing of the machine's is used, and nothing is asked of a network.
_QUIET = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer", "--log-level=3",
)  # fmt: skip


def browser() -> str:
    """The Chromium that prints: `$CHROMIUM` or the first found; `InputError` says so where there is none."""
    for name in (os.environ.get("CHROMIUM") or "", *_NAMES):
        if found := name and shutil.which(name):
            return found
    raise InputError("--pdf: no Chromium was found; install one, or print the HTML report from any browser")


def print_pdf(page: Path, out: Path, *, program: str) -> None:
    """Print the HTML file `page` to `out`, whole or not at all."""
    with tempfile.TemporaryDirectory(prefix="auditkit-print-") as folder:
        printed = Path(folder) / "printed.pdf"
        # Chromium refuses its sandbox to the superuser; everybody else keeps it.
        root = ("--no-sandbox",) if os.name == "posix" and os.geteuid() == 0 else ()
        words = [
            program, *_QUIET, *root, f"--user-data-dir={Path(folder) / 'profile'}", f"--print-to-pdf={printed}",
            page.absolute().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(words, capture_output=True, timeout=_LONGEST_PRINT, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise ReportError(f"--pdf: the browser printed for more than {_LONGEST_PRINT} s and was stopped") from None
        if done.returncode != 0 or not printed.is_file():
            raise ReportError(f"--pdf: {program} printed nothing and ended with {done.returncode}")
        write_file(out, printed.read_bytes())
