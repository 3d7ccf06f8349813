"""The one error tree. A message says what, where, and what to try; none ever holds a secret.

AuditkitError
├── InputError                 a wrong argument, or an input that cannot be read (exit status 2)
│   ├── DocumentError          an organisation document
│   ├── ProfileError           an endpoint profile
│   ├── LimitsError            a configuration of limits
│   ├── RequiredError          a CSV of required permissions
│   ├── KeyFormatError         an API key that is not `ik_<keyId>.<keySecret>`
│   ├── ChangeError            a change file that cannot be read, or that names an unknown id
│   ├── UnknownPrincipal       a principal that the snapshot does not hold
│   ├── UnknownPermission      a permission that the catalogue does not hold
│   ├── ReviewError            a campaign, a store of decisions, or an evidence pack
│   │   └── DecisionRefused    a decision that says too little, or something that must not be kept
│   └── SnapshotError          a folder that is no readable snapshot
│       ├── SnapshotDamaged    a file differs from the manifest
│       └── SnapshotTooNew     written by a newer auditkit
├── PullError                  the IAM could not be read (exit status 3)
│   ├── KeyRejected            the token exchange or a call refused the key
│   ├── Unreachable            no answer: connection, TLS, time-out, budget of retries spent
│   ├── Refused                auditkit refused: another origin, a plain-http base, a page or byte cap
│   └── BadAnswer              an answer that is no page of the contract
└── ReportError                the notebook did not run to its end (exit status 2)
"""

from __future__ import annotations


class AuditkitError(Exception):
    """Whatever auditkit raises on purpose; `exit_status` is what the command line ends with."""

    exit_status = 2


class InputError(AuditkitError):
    """A wrong argument, or an input that cannot be read."""


class DocumentError(InputError):
    """An organisation document that cannot be read."""


class ProfileError(InputError):
    """An endpoint profile that cannot be read, or that names an unknown key."""


class LimitsError(InputError):
    """A configuration that cannot be read, or that names an unknown limit."""


class RequiredError(InputError):
    """A CSV of required permissions that cannot be read."""


class KeyFormatError(InputError):
    """A value that is not `ik_<keyId>.<keySecret>`; the value is never part of the message."""


class ChangeError(InputError):
    """A change file that cannot be read, or that names an unknown id; nothing of it is tried."""


class UnknownPrincipal(InputError):
    """A principal id that the snapshot does not hold."""


class UnknownPermission(InputError):
    """A permission identifier that the catalogue does not hold."""


class ReviewError(InputError):
    """A campaign, a store of decisions or an evidence pack that cannot be read, or is not what it says."""


class DecisionRefused(ReviewError):
    """A decision that says too little, or something that must not be kept."""


class SnapshotError(InputError):
    """A folder that is no readable snapshot."""


class SnapshotDamaged(SnapshotError):
    """A file of the snapshot differs from what its manifest says."""


class SnapshotTooNew(SnapshotError):
    """A snapshot written under a newer schema version."""


class PullError(AuditkitError):
    """The IAM could not be read."""

    exit_status = 3


class KeyRejected(PullError):
    """The token exchange, or a call after a fresh token, refused the key."""


class Unreachable(PullError):
    """No usable answer: connection, TLS, time-out, or the budget of retries is spent."""


class Refused(PullError):
    """auditkit itself refused to go on: another origin, a plain-http base, a page or byte cap."""


class BadAnswer(PullError):
    """An answer that is no page of the contract."""


class ReportError(AuditkitError):
    """The notebook did not run to its end."""


# Loading this module anew (importlib.reload) must not make a second tree, which nobody's `except` would catch.
_TREE = globals().setdefault("_TREE", {name: each for name, each in globals().items() if isinstance(each, type)})
globals().update(_TREE)
