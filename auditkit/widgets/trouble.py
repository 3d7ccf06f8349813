"""What a panel says in its own place when it cannot be shown or a press of its buttons fails: never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from auditkit.errors import AuditkitError
from auditkit.widgets.markup import said_text

# What data or a disk can cause; an interrupt, or a kernel without memory, is not a panel's to hide.
TROUBLE = (AuditkitError, ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)
_MEND = "Run the first cell again; if it stays, `auditkit audit` on the same snapshot tells what of it cannot be read."


def words(error: BaseException) -> str:
    """What is wrong, and how to mend it. Errors of auditkit say both themselves."""
    if isinstance(error, AuditkitError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}; check that the folder can be written and read"
    first = str(error).partition("\n")[0][:200]
    kind = type(error).__name__
    return f"this panel met something that it does not know ({f'{kind}: {first}' if first else kind}). {_MEND}"


def warning(text: str) -> str:
    """The sentence as HTML, to stand where the panel would."""
    return f'<p class="ak-warn" role="alert">{said_text(text)}</p>'


def guard(tell: Callable[[str], None], act: Callable[..., None]) -> Callable[..., None]:
    """The same act, whose failure is told instead of raised."""

    def acting(*given: Any) -> None:
        try:
            act(*given)
        except TROUBLE as error:
            tell(words(error))

    return acting
