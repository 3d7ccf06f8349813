"""ORG: what only the organisation as a whole shows."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from auditkit.limits import Limits
from auditkit.rules.base import NO_HITS, Hits, among, hits, rule
from auditkit.rules.needs import catalogue


@rule("ORG001", "Direct API-key authentication is on", subject="organisation", severity="info", reads=("organisation",))
def direct_authentication(organisation: pd.DataFrame) -> Hits:
    """The organisation's setting Direct API key authentication is on: keys travel with every call, not only with the
    token exchange.

    Fix: if no integration needs it, switch it off under Settings > Organisation Details.
    """
    return hits(
        organisation[organisation.direct_api_key_auth],
        subject=["organisation_id"],
        message="direct API-key authentication is on",
        related=["organisation_id", "direct_api_key_auth"],
    )


@rule("ORG002", "The legacy admin token must be reviewed by hand", subject="organisation", severity="info",
      reads=("organisation", "principals"), spares=("credentials",))  # fmt: skip
def legacy_token(organisation: pd.DataFrame, principals: pd.DataFrame) -> Hits:
    """The organisation has API-key principals, whose credentials the Infuse IoT APIs do not accept: integrations may
    still use the legacy admin token of `/admin/developer`, which is outside IAM and in no snapshot.

    Fix: find out under `/admin/developer` whether the token is in use, by whom, and when it was last changed.
    """
    counted = organisation.assign(api_keys=int(principals.type.eq("ApiKey").sum()))
    return hits(
        counted[counted.api_keys.gt(0)],
        subject=["organisation_id"],
        message="API-key principals: {api_keys}; the legacy admin token must be reviewed by hand",
        related={"organisation_id": "organisation_id", "api_key_principals": "api_keys"},
    )


@rule("ORG003", "Too few or too many administrators", subject="organisation", severity="medium",
      reads=("organisation", "reach", "roles"), needs=(catalogue,))  # fmt: skip
def administrators(organisation: pd.DataFrame, reach: pd.DataFrame, roles: pd.DataFrame, *, limits: Limits) -> Hits:
    """The usable `User` principals that a live assignment gives a broad role (one holding at least `broad_role_share`
    of the catalogue) that supports `User` or declares no types are fewer or more than `administrators` says: too few
    and nobody can step in, too many and nobody is accountable.

    Fix: assign narrower roles to those who do not administer, or a broad one to a second administrator.
    """
    fewest, most = limits.administrators
    wide = roles.loc[roles.broad_share.ge(limits.broad_role_share), "role_id"]
    people = reach[reach.principal_type.eq("User") & reach.usable & reach.support.ne("no") & among(reach.role_id, wide)]
    count = people.principal_id.nunique()
    verdict = organisation.assign(
        count=count,
        fewest=fewest,
        most=most,
        word="too few" if count < fewest else "too many",
        names=_listed(people, organisation),
    )
    return hits(
        verdict[~verdict["count"].between(fewest, most)],
        subject=["organisation_id"],
        message="administrators: {count}, {word} ({fewest} to {most} are wanted)",
        related={
            "organisation_id": "organisation_id",
            "administrators": "count",
            "fewest": "fewest",
            "most": "most",
            "principal_ids": "names",
        },
    )


def _listed(people: pd.DataFrame, organisation: pd.DataFrame) -> pd.Series:
    """The ids of all these people as one list, at each row of the organisation: none where there is no row."""
    ids = sorted(people.principal_id.unique())
    return pd.Series([ids] * len(organisation), index=organisation.index, dtype=pd.ArrowDtype(pa.list_(pa.string())))


@rule("ORG004", "No recent attestation on the legacy admin token", subject="organisation", severity="medium",
      reads=("organisation", "principals", "attestations"), spares=("credentials",))  # fmt: skip
def unattested_token(
    organisation: pd.DataFrame,
    principals: pd.DataFrame,
    attestations: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    limits: Limits,
) -> Hits:
    """The organisation has API-key principals, and nobody has attested within `attestation_days` who holds the legacy
    admin token of `/admin/developer` and when it was last changed: what is outside IAM is known only by being asked.

    Fix: look under `/admin/developer`, and write who holds the token and when it was changed into the attestations.
    """
    made = attestations.loc[attestations.kind.eq("legacy-token") & attestations.when.le(as_of), "when"]
    last = made.max()
    if pd.notna(last) and last >= as_of - limits.attestation:
        return NO_HITS
    told = "has never been attested" if pd.isna(last) else f"was last attested on {last:%Y-%m-%d}"
    counted = organisation.assign(api_keys=int(principals.type.eq("ApiKey").sum()), told=told, last=last)
    return hits(
        counted[counted.api_keys.gt(0)],
        subject=["organisation_id"],
        message="API-key principals: {api_keys}; the legacy admin token {told}",
        related={"organisation_id": "organisation_id", "api_key_principals": "api_keys", "last_attested": "last"},
    )
