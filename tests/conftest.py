"""What all tests share: where CI runs them, a skipped test is a failed one."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest

# Fixtures of a browser and a JupyterLab that tests of several folders share.
pytest_plugins = ["browser"]

# What is started in the background of a shell ignores an interrupt, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

STRICT = os.environ.get("CI", "").lower() == "true"


def _refuse_skip(report: Any) -> Any:
    if STRICT and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    return _refuse_skip((yield))
