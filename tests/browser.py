"""A real browser and a real JupyterLab, each started once for all tests that ask for one."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-sync",
    # Each new window would load the pages of its own buttons, which nobody sees, in a process of theirs.
    "--disable-features=InitialWebUI,PreloadTopChromeWebUI,WebUIReloadButton,WebUIToolbar,WebUIOmniboxPopup",
]
_PATIENCE = 90_000


@dataclass
class Watched:
    """A page, and what it did that a report must not do."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def scripts_run(self) -> list[str]:
        """The marks that payloads leave on the window when they run."""
        found: list[str] = self.page.evaluate("Object.keys(window).filter(name => name.startsWith('__ran'))")
        return found


# Playwright keeps an event loop running while it lives: no longer than a module, or asyncio's tests could not run.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=QUIET)
        yield browser
        browser.close()


def watch(context: BrowserContext, address: str) -> Watched:
    """Open an address and note each further request, console error and uncaught error."""
    page = context.new_page()
    watched = Watched(page)
    page.on("request", lambda made: watched.requests.append(made.url) if made.url != address else None)
    page.on("console", lambda told: watched.complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.goto(address)
    watched.requests = [url for url in watched.requests if not url.startswith("data:")]
    return watched


@dataclass(frozen=True)
class Lab:
    """A JupyterLab server on loopback, and the folder it serves."""

    address: str
    token: str
    folder: Path

    def open(self, context: BrowserContext, notebook: str) -> Page:
        """Open a notebook by its name and wait until its kernel is there."""
        page = context.new_page()
        page.goto(f"{self.address}/doc/tree/{notebook}?token={self.token}&reset", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell", timeout=_PATIENCE)
        # The status bar knows of a kernel; the tool bar says idle before there is one.
        idle(page)
        return page

    def rest(self) -> None:
        """End every kernel: one for each notebook that was opened would fill the memory."""
        with urllib.request.urlopen(f"{self.address}/api/kernels?token={self.token}", timeout=20) as answer:
            kernels = json.load(answer)
        for kernel in kernels:
            address = f"{self.address}/api/kernels/{kernel['id']}?token={self.token}"
            urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=20).close()


def idle(page: Page) -> None:
    """Wait until the kernel has nothing to do."""
    bar = page.locator("#jp-bottom-panel, #jp-main-statusbar")
    expect(bar.get_by_text("| Idle")).to_be_visible(timeout=_PATIENCE)


def run_all(page: Page) -> None:
    """Run every cell by the menu, and wait for the last one to have its number."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    page.wait_for_timeout(500)
    prompt = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").last.locator(".jp-InputPrompt")
    expect(prompt).to_have_text(re.compile(r"^\[\d+\]:?$"), timeout=_PATIENCE)
    idle(page)


def restart(page: Page) -> None:
    """Restart the kernel and run every cell, by the menu."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Kernel").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Restart Kernel and Run All Cells").first.click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_timeout(1_500)
    idle(page)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab in a folder of its own."""
    with serving_lab(tmp_path_factory.mktemp("lab-home"), tmp_path_factory.mktemp("lab")) as served:
        yield served


@contextmanager
def serving_lab(home: Path, folder: Path) -> Iterator[Lab]:
    """JupyterLab on a folder, with its own settings in an empty home; no news, no check for updates."""
    settings = home / "config" / "labconfig"
    settings.mkdir(parents=True)
    announcements = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (settings / "page_config.json").write_text(json.dumps(announcements))
    token, port = secrets.token_hex(16), _free_port()
    log = home / "lab.log"
    with log.open("wb") as target:
        server = subprocess.Popen(
            _command(port, token, folder, home), env=_environment(home), stdout=target, stderr=target
        )
        try:
            _wait(server, f"http://127.0.0.1:{port}", token, log)
            yield Lab(f"http://127.0.0.1:{port}", token, folder)
        finally:
            server.terminate()
            server.wait(20)


def _command(port: int, token: str, folder: Path, home: Path) -> list[str]:
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=", "--LabApp.extension_manager=readonly", f"--LabApp.workspaces_dir={home / 'workspaces'}",
        f"--LabApp.user_settings_dir={home / 'settings'}",
    ]  # fmt: skip


def _environment(home: Path) -> dict[str, str]:
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "run",
        "IPYTHONDIR": "ipython",
    }
    return os.environ | {"HOME": str(home)} | {name: str(home / path) for name, path in names.items()}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], address: str, token: str, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(errors="replace")[-3000:])
