"""CRD: secrets that end, that ended, that never end, that nobody uses."""

from __future__ import annotations

import pandas as pd

from auditkit.limits import Limits
from auditkit.rules.base import NO_HITS, Hits, among, choose, hits, rule
from auditkit.rules.needs import credential_use, scan
from auditkit.rules.text import gather

_WHO = ["credential_id", "key_id", "principal_id"]


@rule("CRD001", "Expired credential", subject="credential", severity="low",
      worse="high if it was used after its expiry", reads=("credentials",), spares=("principals",))  # fmt: skip
def expired(credentials: pd.DataFrame) -> Hits:
    """A credential that has expired and was not revoked: a left-over, and an incident if it was used after its
    expiry.

    Fix: revoke it. If it was used after its expiry, find out by whom and why the call was let through.
    """
    out = credentials[credentials.expired & ~credentials.revoked]
    return _ended(out, "expires_at", "expired")


@rule(
    "CRD002",
    "Credential expires soon",
    subject="credential",
    severity="medium",
    reads=("credentials",),
    spares=("principals",),
)
def expiring(credentials: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A live credential that stops working within `expiring_days`: whoever uses it loses access without warning.

    Fix: issue a replacement, deploy it, confirm that it is used, then revoke this one.
    """
    soon = credentials[credentials.live & credentials.expires_at.le(as_of + limits.expiring)]
    return hits(
        soon,
        subject=["credential_id"],
        message="expires on {expires_at:%Y-%m-%d}",
        related=[*_WHO, "expires_at"],
    )


@rule("CRD003", "Revoked credential", subject="credential", severity="info",
      worse="high if it was used after it was revoked", reads=("credentials",), spares=("principals",))  # fmt: skip
def revoked(credentials: pd.DataFrame) -> Hits:
    """A credential that was revoked: kept for the record, and an incident if it was used afterwards.

    Fix: nothing, unless it was used after it was revoked: then find out by whom and why the call was let through.
    """
    return _ended(credentials[credentials.revoked], "revoked_at", "was revoked")


@rule(
    "CRD004",
    "Credential without expiry",
    subject="credential",
    severity="medium",
    reads=("credentials",),
    spares=("principals",),
)
def endless(credentials: pd.DataFrame) -> Hits:
    """A live credential that has no expiry: if it leaks, it works until somebody notices.

    Fix: issue a replacement with an expiry date, deploy it, confirm that it is used, then revoke this one.
    """
    return hits(
        credentials[credentials.live & credentials.expires_at.isna()],
        subject=["credential_id"],
        message="never expires",
        related=[*_WHO, "created_at", "expires_at"],
    )


@rule(
    "CRD005", "Old credential", subject="credential", severity="medium", reads=("credentials",), spares=("principals",)
)
def old(credentials: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A live credential that is older than `credential_max_age_days`: the longer a secret lives, the more places it
    has been in.

    Fix: rotate it: issue a replacement, deploy it, confirm that it is used, then revoke this one.
    """
    return hits(
        credentials[credentials.live & credentials.created_at.lt(as_of - limits.credential_max_age)],
        subject=["credential_id"],
        message="was created on {created_at:%Y-%m-%d}",
        related=[*_WHO, "created_at"],
    )


@rule("CRD006", "Dormant credential", subject="credential", severity="medium", reads=("credentials",),
      spares=("principals",), needs=(credential_use,))  # fmt: skip
def dormant(credentials: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A live credential that was last used longer ago than `dormant_days`: a secret that is kept for nothing.

    Fix: confirm that nothing uses it any more, then revoke it.
    """
    return hits(
        credentials[credentials.live & credentials.last_used_at.lt(as_of - limits.dormant)],
        subject=["credential_id"],
        message="was last used on {last_used_at:%Y-%m-%d}",
        related=[*_WHO, "last_used_at"],
    )


@rule("CRD007", "Rotation not finished", subject="principal", severity="medium", reads=("credentials", "principals"))
def unfinished_rotation(
    credentials: pd.DataFrame, principals: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits
) -> Hits:
    """A principal with two or more live credentials, the newest of them created more than `rotation_overlap_days`
    ago: a rotation whose last step, revoking the old one, was not taken.

    Fix: confirm that the newest credential is the one in use, then revoke the others.
    """
    live = credentials[credentials.live & among(credentials.principal_id, principals.principal_id)]
    live = live[live.duplicated("principal_id", keep=False)]
    newest = live.groupby("principal_id").created_at.max()
    stuck = newest[newest.lt(as_of - limits.rotation_overlap)]
    if stuck.empty:
        return NO_HITS
    held = gather(live[among(live.principal_id, stuck.index.to_series())], ["principal_id"], "credential_id")
    return hits(
        held.assign(count=held.credential_id.list.len(), newest=held.principal_id.map(stuck)),
        subject=["principal_id"],
        message="has {count} live credentials, the newest created on {newest:%Y-%m-%d}",
        related={"principal_id": "principal_id", "credential_ids": "credential_id", "newest": "newest"},
    )


@rule("CRD008", "Live credential of a principal that is not usable", subject="credential", severity="high",
      reads=("credentials",))  # fmt: skip
def left_on_unusable(credentials: pd.DataFrame) -> Hits:
    """A live credential whose principal is not usable: it works again the moment the principal does. A principal that
    is not in the snapshot is DAT001's matter.

    Fix: revoke the credential.
    """
    known = credentials.principal_type.notna()
    return hits(
        credentials[credentials.live & known & ~credentials.principal_usable],
        subject=["credential_id"],
        message="is live, and its principal {principal_id} is not usable",
        related=[*_WHO, "principal_usable", "expires_at"],
    )


@rule("CRD009", "Credential found in a scanned place", subject="credential", severity="critical",
      reads=("credentials", "scan"), spares=("principals",), needs=(scan,))  # fmt: skip
def found(credentials: pd.DataFrame, scan: pd.DataFrame) -> Hits:
    """A live credential whose key id was found where no credential belongs: whoever can read that place may hold the
    whole of it.

    Fix: revoke it at once and issue a replacement; then remove it from that place and look for what was done with it.
    """
    places = gather(scan.fillna({"place": "an unnamed place"}), ["key_id"], "place")
    leaked = credentials[credentials.live].merge(places, on="key_id", how="inner", validate="many_to_one")
    return hits(
        leaked,
        subject=["credential_id"],
        message="its key id was found in {place}",
        related={**{name: name for name in _WHO}, "places": "place"},
    )


@rule("CRD010", "Credential never used", subject="credential", severity="medium", reads=("credentials",),
      spares=("principals",), needs=(credential_use,))  # fmt: skip
def never_used(credentials: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A live credential that was never used, and was created more than `never_used_days` ago: a secret that nobody
    would miss.

    Fix: confirm that nothing is about to use it, then revoke it.
    """
    unused = credentials.last_used_at.isna() & credentials.created_at.lt(as_of - limits.never_used)
    return hits(
        credentials[credentials.live & unused],
        subject=["credential_id"],
        message="was created on {created_at:%Y-%m-%d} and never used",
        related=[*_WHO, "created_at", "last_used_at"],
    )


@rule("CRD011", "Credential that practically never expires", subject="credential", severity="low",
      reads=("credentials",), spares=("principals",))  # fmt: skip
def far_expiry(credentials: pd.DataFrame, *, as_of: pd.Timestamp, limits: Limits) -> Hits:
    """A live credential that expires more than `credential_max_lifetime_days` from now: no expiry by another name.

    Fix: issue a replacement that expires sooner, deploy it, confirm that it is used, then revoke this one.
    """
    return hits(
        credentials[credentials.live & credentials.expires_at.gt(as_of + limits.credential_max_lifetime)],
        subject=["credential_id"],
        message="expires only on {expires_at:%Y-%m-%d}",
        related=[*_WHO, "created_at", "expires_at"],
    )


def _ended(out: pd.DataFrame, end: str, verb: str) -> Hits:
    """Hits for credentials that have ended, worse where one was used later than that."""
    after = out.last_used_at.gt(out[end])
    used = choose(after, ", and was used after that", "")
    return hits(
        out.assign(severity=choose(after, "high", "info" if end == "revoked_at" else "low"), used=used),
        subject=["credential_id"],
        message=f"{verb} on {{{end}:%Y-%m-%d}}{{used}}",
        related=[*_WHO, end, "last_used_at"],
        severity="severity",
    )
