"""The whole organisation over HTTP into a snapshot, which says what is missing if something is."""

from __future__ import annotations

import os
from pathlib import Path

from auditkit.errors import InputError, PullError
from auditkit.snapshot import Snapshot
from auditkit.source.api.assemble import assembled
from auditkit.source.api.background import run_in_thread
from auditkit.source.api.crew import Crew
from auditkit.source.api.origin import read_base
from auditkit.source.api.policy import Policy
from auditkit.source.api.profile import read_profile
from auditkit.source.api.resume import Earlier, check_place, find_earlier
from auditkit.source.api.transport import make_wire, proxy_note, quiet_loggers
from auditkit.source.progress import Progress, Silence
from auditkit.source.secret import Secret


def pull(
    base_url: str,
    organisation_id: str,
    secret: Secret,
    *,
    out: str | os.PathLike[str] | None = None,
    profile: str | os.PathLike[str] | None = None,
    concurrency: int = 16,
    direct: bool = False,
    env_proxy: bool = False,
    ca_bundle: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    policy: Policy | None = None,
) -> Snapshot:
    """Read an organisation from the IAM API.

    The snapshot is also saved at `out`, if given; an incomplete one there is completed, a complete one refused.
    `snapshot.complete` tells whether all could be read, `snapshot.incomplete` what could not, and why. If nothing at
    all could be read, the PullError that says why is raised. An interrupt stops within a second; what was read until
    then is saved at `out` first. It works inside a running event loop, too.
    """
    _check(organisation_id, secret, concurrency)
    origin, table = read_base(base_url), read_profile(profile)
    place = None if out is None else Path(out)
    earlier = None
    if place is not None:
        check_place(place)
        earlier = find_earlier(place, organisation_id, str(origin), table)
    quiet_loggers()
    wire = make_wire(origin, table.token_path, policy or Policy(), env_proxy=env_proxy, ca_bundle=ca_bundle)
    crew = Crew(
        wire, table, organisation_id, secret, concurrency=concurrency, direct=direct,
        jobs=None if earlier is None else earlier.jobs, progress=Silence() if progress is None else progress,
    )  # fmt: skip
    crew.harvest.notes += proxy_note(wire)
    interrupted = run_in_thread(crew.work, crew.interrupted)
    try:
        return _finished(crew, organisation_id, str(origin), place, earlier, interrupted)
    except (PullError, KeyboardInterrupt) as error:
        # Without the frames it came through: their locals are answers of a server, which may repeat a key, and some
        # tracebacks print them.
        raise error.with_traceback(None) from None


def _check(organisation_id: str, secret: Secret, concurrency: int) -> None:
    if not isinstance(secret, Secret):
        raise InputError("the key is no Secret: make one by Secret.parse, or by find_key of auditkit.source.key")
    if not organisation_id:
        raise InputError("--organisation is empty; the id stands in the console under Settings")
    if not 1 <= concurrency <= 256:
        raise InputError(f"--concurrency is {concurrency}; it is a number from 1 to 256")


def _finished(
    crew: Crew, organisation_id: str, origin: str, place: Path | None, earlier: Earlier | None,
    interrupted: KeyboardInterrupt | None,
) -> Snapshot:  # fmt: skip
    """The snapshot of what was read, saved; or the error, where nothing was."""
    harvest = crew.harvest
    if not harvest.done and not any(harvest.items.values()):
        # Nothing new: an earlier part stays as it lies.
        if interrupted is not None:
            raise interrupted
        if harvest.errors:
            raise harvest.errors[0] from None
    snapshot = assembled(
        harvest, crew.client.server_time, organisation_id=organisation_id, origin=origin, earlier=earlier
    )
    if place is not None:
        snapshot.save(place)
    if interrupted is not None:
        raise interrupted
    return snapshot
