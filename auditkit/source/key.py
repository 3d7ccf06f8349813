"""Where the API key comes from: the environment, the system keyring, or a hidden prompt. Never an argument."""

from __future__ import annotations

import getpass
import os
import warnings

from auditkit.errors import InputError
from auditkit.source.secret import Hidden, Secret

VARIABLE = "AUDITKIT_API_KEY"
SERVICE, ACCOUNT = "auditkit", "api-key"
_NOBODY = f"there is no API key, and no terminal to ask for it: set {VARIABLE}, or run this in a terminal"


def find_key(prompt: str = "API key (ik_...): ") -> Secret:
    """The API key; KeyFormatError if it is malformed, InputError if there is none and nobody to ask."""
    # Not `os.environ[...]`: IPython's verbose tracebacks evaluate the names on a line that fails, and would print it.
    if os.getenv(VARIABLE, "").strip():
        return Secret.parse(os.getenv(VARIABLE, ""))
    return _from_keyring() or _asked(prompt)


def _from_keyring() -> Secret | None:
    """The key that the system keyring keeps for the service `auditkit`, if there is a keyring and it has one."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = Hidden(keyring.get_password(SERVICE, ACCOUNT) or "")
    except (KeyringError, RuntimeError, OSError):
        # Without a desktop there is often a keyring package and no keyring behind it.
        return None
    return Secret.parse(found.reveal()) if found.reveal() else None


def _asked(prompt: str) -> Secret:
    """Ask without showing what is typed; where typing could not be hidden, refuse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return Secret.parse(getpass.getpass(prompt))
    except (getpass.GetPassWarning, EOFError, NotImplementedError):
        # A kernel that runs a notebook by itself has nobody to ask, and says NotImplementedError.
        raise InputError(_NOBODY) from None
