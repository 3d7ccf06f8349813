"""A folder to work in with JupyterLab: the notebooks, a snapshot, and how the server is started on them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from auditkit import bundle
from auditkit.errors import InputError

SNAPSHOT = "snapshot"
_BESIDE_A_SAMPLE = ("required_permissions.csv", "limits.toml")
_SETTINGS = ".lab"
# JupyterLab would offer to fetch news, and fetch them; an audit makes no call that nobody asked for.
_PAGE = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


def prepare(folder: Path) -> list[str]:
    """Put into the folder what it lacks: the notebooks, and the sample if it holds no snapshot; answer what was put.

    What is already there stays as it is. A path that is no folder raises `InputError`.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one, or a path that is not there yet")
    folder.mkdir(parents=True, exist_ok=True)
    put = [_copied(notebook, folder) for notebook in bundle.notebooks()]
    if not has_snapshot(folder):
        bundle.sample_snapshot().save(folder / SNAPSHOT)
        put += [SNAPSHOT, *(_copied(bundle.bundled(f"data/{name}"), folder) for name in _BESIDE_A_SAMPLE)]
    _write_settings(folder)
    return [name for name in put if name]


def has_snapshot(folder: Path) -> bool:
    """Whether the folder holds a snapshot, at its top or one level down."""
    return (folder / "manifest.json").is_file() or any(folder.glob("[!.]*/manifest.json"))


def _copied(source: Path, folder: Path) -> str:
    """Copy a file where none of its name is; the name if it was copied, else an empty text."""
    target = folder / source.name
    if target.is_symlink() or target.exists():
        return ""
    shutil.copyfile(source, target)
    return source.name


def _write_settings(folder: Path) -> None:
    page = folder / _SETTINGS / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(json.dumps(_PAGE) + "\n", "utf-8")


def command(folder: Path, *, browser: bool, port: int | None, notebook: str | None = None) -> list[str]:
    """The command that starts JupyterLab on the folder: loopback, with a token, no calls to elsewhere."""
    words = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.absolute()}", "--ServerApp.ip=127.0.0.1",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    words += [] if browser else ["--no-browser"]
    words += [] if port is None else [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += [] if notebook is None else [f"--LabApp.default_url=/lab/tree/{notebook}"]
    # JupyterLab refuses the administrator's account unless told; in a container there is often no other.
    return [*words, "--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else words


def environment(folder: Path) -> dict[str, str]:
    """The environment of that command: JupyterLab's settings are the folder's own, the user's stay untouched."""
    paths = [str(folder.absolute() / _SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}
