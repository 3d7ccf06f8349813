"""Values that must never be seen: the API key, the tokens bought with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn, SupportsIndex

from auditkit.errors import KeyFormatError

_KEY = re.compile(r"ik_([A-Za-z0-9_-]+)\.[!-~]+")
_HINT = "a key is `ik_<keyId>.<keySecret>`, printable characters without spaces: copy the whole value"


class Hidden:
    """A text that only `reveal()` shows: no repr, no copy, no pickle, no format, no JSON."""

    # The text lives in a closure, so that no attribute, `vars()` or debugger's list of locals shows it.
    __slots__ = ("__weakref__", "_reveal")
    _reveal: Callable[[], str]

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_reveal", lambda: value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a hidden value cannot be changed")

    def reveal(self) -> str:
        """The text itself: for the one line that sends it."""
        return self._reveal()

    def __repr__(self) -> str:
        return "<hidden>"

    __str__ = __repr__

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError(f"{self!r} is not to be written into text")

    def __copy__(self) -> NoReturn:
        raise TypeError(f"{self!r} is not to be copied")

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        raise TypeError(f"{self!r} is not to be copied")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{self!r} is not to be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"{self!r} is not to be pickled")


class Secret(Hidden):
    """An API key. Only its public part, `key_id`, is ever shown."""

    __slots__ = ("key_id",)
    key_id: str

    def __init__(self, value: str) -> None:
        found = _KEY.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            # Gone before the error leaves, since some tracebacks print the locals of every frame.
            value = ""
            raise KeyFormatError(f"this is no API key: {_HINT}")
        super().__init__(value)
        object.__setattr__(self, "key_id", found[1])
        del found

    @classmethod
    def parse(cls, text: str) -> Secret:
        """The key in a text, spaces and line ends around it dropped; KeyFormatError, which does not show it."""
        try:
            return cls(text.strip(" \t\r\n"))
        except KeyFormatError as refused:
            told = str(refused)
        text = ""
        raise KeyFormatError(told)

    def __repr__(self) -> str:
        return f"<secret ik_{self.key_id}>"

    __str__ = __repr__


# Loading this module anew (importlib.reload) must not make other classes, which no key made before would be of.
_CLASSES = globals().setdefault("_CLASSES", {"Hidden": Hidden, "Secret": Secret})
globals().update(_CLASSES)
