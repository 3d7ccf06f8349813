"""Many requests at once: a JSON object a line in, a decision a line out, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd

from auditkit.access.decision import Decision
from auditkit.access.explain import Explainer
from auditkit.access.facts import Facts
from auditkit.errors import InputError

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

# Requests may each name an instant; so many are kept ready.
_INSTANTS = 16


class Request(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line of a file of requests."""

    principal: str
    permission: str
    resource_type: str | None = None
    resource: str | None = None
    credential: str | None = None
    direct: bool = False
    api: str = "iam"
    context: dict[str, Any] | None = None
    as_of: str | None = None


_DECODER = msgspec.json.Decoder(Request)


def answers(
    snapshot: Snapshot,
    lines: Iterable[bytes],
    *,
    as_of: pd.Timestamp | None = None,
    instant: Callable[[str], pd.Timestamp],
) -> Iterator[Decision | InputError]:
    """A decision for each line that is not blank, in their order, or the error that says why there is none.

    `instant` reads a line's own `as_of`; `as_of` is that of the lines without one.
    """

    facts = Facts(snapshot)

    @lru_cache(maxsize=_INSTANTS)
    def explainer(text: str | None) -> Explainer:
        return Explainer(snapshot, as_of if text is None else instant(text), facts=facts)

    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                request = _request(line)
                yield _decided(explainer(request.as_of), request)
            except InputError as error:
                yield InputError(f"line {number}: {error}")


def _request(line: bytes) -> Request:
    try:
        request = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is no request: {error}") from None
    if (request.resource_type is None) != (request.resource is None):
        raise InputError("give both resource_type and resource, or neither")
    return request


def _decided(explainer: Explainer, request: Request) -> Decision:
    resource = None if request.resource_type is None else (request.resource_type, str(request.resource))
    return explainer.decide(
        request.principal, request.permission, resource, request.context or {}, request.credential,
        method="direct" if request.direct else "token", api=request.api,
    )  # fmt: skip
