"""Frames as they were loaded: whoever asks for one gets a copy on write, so that nothing done to it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd


def handed(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy on write: it shares every value with the frame until one of the two is changed. It has no attrs, which
    pandas would write, with whatever someone put there, into files."""
    copy = frame.copy(deep=False)
    copy.attrs = {}
    return copy


class Frames(Mapping[str, pd.DataFrame]):
    """Frames by name, none of which can be replaced or changed in its place."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        self._held = {name: handed(frame) for name, frame in frames.items()}

    def __getitem__(self, name: str) -> pd.DataFrame:
        return handed(self._held[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __or__(self, other: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        return {**self, **other}


class Held:
    """A frame as a field of a dataclass: kept and handed out as `Frames` does."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> pd.DataFrame:
        if instance is None:
            # A dataclass asks its class for the default of a field: there is none.
            raise AttributeError(self._name)
        frame: pd.DataFrame = vars(instance)[self._name]
        return handed(frame)

    def __set__(self, instance: object, frame: pd.DataFrame) -> None:
        vars(instance)[self._name] = handed(frame)
