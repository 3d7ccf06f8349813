"""What goes wrong on the way, told apart: what is tried again, what costs one list, what ends the pull.

A plain error of the error tree ends the pull. The classes here cost one list only: the others go on.
"""

from __future__ import annotations

from http import HTTPStatus

from auditkit.errors import BadAnswer, PullError, Refused, Unreachable


class Cut(Exception):
    """No whole answer, or one that says to come again: tried again within the policy. Never leaves the client."""

    def __init__(self, reason: str, *, wait: float | None = None, limited: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.limited = limited
        # Nobody even took the connection: after the last attempt there is no sense in asking for the next list.
        self.refused = refused


class Denied(PullError):
    """The API has a status against this list: 403, 404 and their like."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Capped(Refused):
    """auditkit stopped this list: too many bytes or pages, or a list that leads back to where it was."""


class Exhausted(Unreachable):
    """All attempts at one page of this list failed."""


ONE_LIST = (Denied, Capped, Exhausted, BadAnswer)


def status_words(status: int) -> str:
    """`403 Forbidden`, in our own words and not in the server's."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
