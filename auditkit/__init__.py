"""Access audits of an organisation on Infuse Cloud IAM, from its API to a filed report."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Where each public name lives: resolved on first use, so that `auditkit --help` imports no pandas.
_HOMES = {
    "AuditkitError": "errors",
    "BadAnswer": "errors",
    "ChangeError": "errors",
    "DecisionRefused": "errors",
    "DocumentError": "errors",
    "Findings": "findings",
    "InputError": "errors",
    "KeyFormatError": "errors",
    "KeyRejected": "errors",
    "Limits": "limits",
    "LimitsError": "errors",
    "ProfileError": "errors",
    "PullError": "errors",
    "Refused": "errors",
    "ReportError": "errors",
    "RequiredError": "errors",
    "ReviewError": "errors",
    "Secret": "source.secret",
    "Snapshot": "snapshot",
    "SnapshotDamaged": "errors",
    "SnapshotError": "errors",
    "SnapshotTooNew": "errors",
    "UnknownPermission": "errors",
    "UnknownPrincipal": "errors",
    "Unreachable": "errors",
    "audit": "findings",
    "import_document": "source.document",
    "load": "snapshot",
    "open_desk": "widgets.desk",
    "open_review": "widgets.review",
    "pull": "source.api.pull",
    "scan_notebook": "notebook_scan",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'auditkit' has no attribute {name!r}")
    return getattr(import_module(f"auditkit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
