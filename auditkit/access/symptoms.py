"""The vendor's six symptoms, each with the checks to look at, and a diagnosis that shows itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditkit.access.decision import Decision
from auditkit.access.telling import html_lines, word
from auditkit.access.unread import first_line

IOT = (
    "Current Infuse IoT APIs do not accept IAM API keys, whatever their roles: use the legacy organisation-level admin "
    "token from /admin/developer. Rotating an IAM credential does not rotate that token."
)


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """One of the vendor's symptoms: what it looks like, which checks to look at, what must be known, its own fix."""

    name: str
    looks_like: str
    checks: tuple[str, ...]
    needs: tuple[str, ...]
    fix: str


SYMPTOMS = {
    each.name: each
    for each in (
        Symptom(
            name="token-exchange-fails",
            looks_like="token exchange fails",
            checks=("AUT1", "AUT2", "AUT3", "AUT4", "AUT5", "AUT6"),
            needs=("principal", "credential"),
            fix="Send the full ik_<keyId>.<keySecret> value of a live credential of an Active principal.",
        ),
        Symptom(
            name="iot-rejects-key",
            looks_like="Infuse IoT rejects an IAM API key",
            checks=("AUT8",),
            needs=(),
            fix=IOT,
        ),
        Symptom(
            name="direct-request-fails",
            looks_like="a direct API-key request fails",
            checks=("AUT7", "AUT1", "AUT2", "AUT3", "AUT4", "AUT5", "AUT6"),
            needs=("principal", "credential"),
            fix="Switch on Direct API key authentication under Settings > Organisation Details, or exchange the key "
            "for a bearer token (POST /iam/auth/token).",
        ),
        Symptom(
            name="forbidden",
            looks_like="an API call returns forbidden",
            checks=("AUZ1", "AUZ2", "AUZ3", "AUZ4", "AUZ5", "AUZ6"),
            needs=("principal", "permission"),
            fix="Assign a role that includes the required permission, as narrow as the workflow allows.",
        ),
        Symptom(
            name="role-not-available",
            looks_like="an API-key role is not available",
            checks=("AUZ2",),
            needs=("role",),
            fix="Choose a role that supports ApiKey principals, or have this one support them.",
        ),
        Symptom(
            name="member-cannot-access",
            looks_like="a member cannot access a workflow",
            checks=("AUT3", "AUT2", "AUT4", "AUZ1", "AUZ2", "AUZ3", "AUZ4", "AUZ5", "AUZ6"),
            needs=("principal", "permission"),
            fix="Invite the member into this organisation, and give it, or a group that it is in, the required role.",
        ),
    )
}
ASKS = {
    "principal": "which principal calls (its id)",
    "credential": "which credential it uses (the key id: what stands between `ik_` and the dot; never the secret)",
    "permission": "which permission the call needs (its identifier)",
    "role": "which role is not available (its id or its name)",
    "symptom": "what happens: one of the symptoms, or the HTTP status and the error body",
}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is the matter: the symptom, the checks to look at, what is still to be asked, what was found and the fix."""

    symptom: str | None
    looks_like: str
    first: tuple[str, ...]
    asks: Mapping[str, str]
    checks: tuple[str, ...]
    found: tuple[str, ...]
    fixes: tuple[str, ...]
    decision: Decision | None = None
    not_read: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The diagnosis as `troubleshoot --format json` prints it."""
        return {
            "not_read": dict(self.not_read),
            "symptom": self.symptom,
            "looks_like": self.looks_like,
            "first": list(self.first),
            "asks": dict(self.asks),
            "checks": list(self.checks),
            "found": list(self.found),
            "fixes": list(self.fixes),
            "decision": None if self.decision is None else self.decision.to_dict(),
        }

    def to_text(self) -> str:
        """The diagnosis for a reader."""
        lines = [*first_line(self.not_read), *self.first, f"Symptom: {self.looks_like}"]
        lines += [f"Look at: {', '.join(self.checks)}"] if self.checks else []
        lines += [f"Tell me {ask}." for ask in self.asks.values()]
        lines += [f"Found: {word(each)}" for each in self.found]
        return "\n".join([*lines, *(f"Fix: {word(each)}" for each in self.fixes)]) + "\n"

    def _repr_html_(self) -> str:
        return html_lines(self.to_text().splitlines())
