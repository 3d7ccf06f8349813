"""How the answer was come by: what was read, judged by which versions, and where the limits come from."""

from __future__ import annotations

import platform
from importlib.metadata import version

import pandas as pd

import auditkit
from auditkit.findings import Findings
from auditkit.findings_text import instant
from auditkit.widgets.base import Panel, View
from auditkit.widgets.markup import bullets, definitions, safe_table

LIBRARIES = ("pandas", "pyarrow", "numpy", "scipy")
_METHODS = (
    "Everything is judged at one instant, from the snapshot alone: no IAM is asked and no clock is read.",
    "Within N days, older than N days: exact durations of N times 24 hours; what ends at the very instant has ended.",
    "Access is judged by the vendor's own checklist: is the caller recognised, then does a role or a grant reach it, "
    "support its type, belong to the organisation, hold the permission, and fit the scope and the conditions.",
    "What a snapshot cannot tell, as a condition on the caller's address, is undetermined: not allowed, not denied.",
    "A rule whose data could not be read whole, or whose file was not given, is not evaluated and says why.",
    "A record with a fault is kept or set aside, and is a finding of the family data; nothing is dropped in silence.",
    "Severity is the rule's own, or the worst where a subject meets it in several ways.",
    "What the vendor documents nowhere, as the paths of some lists, is assumed and stands in the endpoint profile.",
)
# What each default follows, where it follows something.
FOLLOWS = {
    "dormant_days": "the CIS benchmarks, which disable what was not used for 45 to 90 days",
    "never_used_days": "an allowance for setting up, shorter than that for what was once used",
    "expiring_days": "a month's notice, as is usual for certificates and keys",
    "credential_max_age_days": "the CIS benchmarks: a key is rotated after 90 days at most",
    "credential_max_lifetime_days": "longer than a year is no expiry by another name",
    "rotation_overlap_days": "the CIS benchmarks: one active key an identity; two only while one replaces the other",
    "attestation_days": "once a quarter, like the review",
    "broad_role_share": "half of the catalogue; agree on a value of your own",
    "administrators": "two so that one may be away, four so that each is known by name",
    "toxic_pairs": "segregation of duties is the organisation's own to define",
}


class MethodsPanel(Panel):
    """The methods, the versions and the sources; its frame is the files of the snapshot with their hashes."""

    def build(self, found: Findings) -> View:
        """One row a file of the snapshot."""
        kept = self.desk.snapshot.manifest.files
        rows = [(name, told["rows"], told["sha256"]) for name, told in sorted(kept.items())]
        limits = self.desk.limits.table()
        limits["default_follows"] = limits.name.map(FOLLOWS)
        return View(
            frame=pd.DataFrame(rows, columns=["file", "rows", "sha256"]),
            headline=f"Snapshot {self.desk.snapshot.id}, judged by auditkit {auditkit.__version__}",
            extras=(
                definitions(self._facts()),
                bullets(_METHODS),
                safe_table(limits, caption="Limits and their sources"),
            ),
            labels={"sha256": "SHA-256"},
        )

    def _facts(self) -> list[tuple[str, str]]:
        manifest = self.desk.snapshot.manifest
        libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
        return [
            ("Hash of the snapshot", f"{self.desk.snapshot.id}: the first 16 hex digits of SHA-256 over its manifest"),
            ("Pulled by", f"auditkit {manifest.tool_version} from {manifest.origin}, {instant(manifest.finished_at)}"),
            ("Judged by", f"auditkit {auditkit.__version__}, Python {platform.python_version()}, {libraries}"),
            ("Judged as of", instant(self.desk.as_of)),
        ]
