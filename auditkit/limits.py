"""The limits that rules judge by: one frozen `Limits`, each value with where it comes from."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from auditkit.errors import LimitsError
from auditkit.given import read_toml

# A century: far beyond any policy, and still inside what a time can be moved by.
MOST_DAYS = 36_500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Every threshold of the rules. `sources` says where a value comes from ("IAM standard v3").

    A value of the wrong type or out of range raises `LimitsError`.
    """

    dormant_days: int = 90
    never_used_days: int = 30
    expiring_days: int = 30
    credential_max_age_days: int = 90
    credential_max_lifetime_days: int = 365
    rotation_overlap_days: int = 7
    attestation_days: int = 90
    broad_role_share: float = 0.5
    administrators: tuple[int, int] = (2, 4)
    toxic_pairs: tuple[tuple[str, str], ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in NAMES:
            object.__setattr__(self, name, _checked(name, getattr(self, name)))
        object.__setattr__(self, "sources", _checked_sources(self.sources))

    @classmethod
    def from_toml(cls, path: str | Path) -> Limits:
        """Read a configuration: `name = value`, or `name = { value = ..., source = "..." }`."""
        table = read_toml(Path(path), "a TOML file of limits", LimitsError)
        return cls.from_mapping(table, where=Path(path).name)

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any], *, where: str = "the configuration") -> Limits:
        """The limits that a parsed configuration gives; whatever it leaves out keeps its default."""
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        try:
            for name, entry in table.items():
                values[name], source = _entry(_known(name), entry)
                if source is not None:
                    sources[name] = source
            return cls(**values, sources=sources)
        except LimitsError as error:
            raise LimitsError(f"{where}: {error}") from None

    @property
    def dormant(self) -> pd.Timedelta:
        """How long ago a last activity may be."""
        return _days(self.dormant_days)

    @property
    def never_used(self) -> pd.Timedelta:
        """How long something may exist without having been used."""
        return _days(self.never_used_days)

    @property
    def expiring(self) -> pd.Timedelta:
        """How far ahead an expiry is worth a warning."""
        return _days(self.expiring_days)

    @property
    def credential_max_age(self) -> pd.Timedelta:
        """How old a live credential may be."""
        return _days(self.credential_max_age_days)

    @property
    def credential_max_lifetime(self) -> pd.Timedelta:
        """How far ahead an expiry still counts as one."""
        return _days(self.credential_max_lifetime_days)

    @property
    def rotation_overlap(self) -> pd.Timedelta:
        """How long an old and a new credential may both be live."""
        return _days(self.rotation_overlap_days)

    @property
    def attestation(self) -> pd.Timedelta:
        """How long ago an attestation may have been made."""
        return _days(self.attestation_days)

    def table(self) -> pd.DataFrame:
        """Every limit as text: name, value, default, source ("" where none is given)."""
        rows = [(name, _text(getattr(self, name)), _text(DEFAULTS[name]), self.sources.get(name, "")) for name in NAMES]
        return pd.DataFrame(rows, columns=["name", "value", "default", "source"]).astype("str")

    def changed(self) -> pd.DataFrame:
        """The rows of `table()` whose value is not the default."""
        table = self.table()
        return table[table.value != table.default].reset_index(drop=True)


NAMES = tuple(item.name for item in fields(Limits) if item.name != "sources")
DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(Limits) if item.name != "sources"}


def _days(count: int) -> pd.Timedelta:
    # In microseconds, the unit of every time here: a nanosecond delta would refuse the year 9999.
    return pd.Timedelta(days=count).as_unit("us")


def _text(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    if value and isinstance(value[0], int):
        return f"{value[0]} to {value[1]}"
    return ", ".join("+".join(pair) for pair in value) or "none"


def _known(name: str) -> str:
    if name in NAMES:
        return name
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.0)[0]
    raise LimitsError(f"there is no limit {name!r}; did you mean {near!r}?")


def _entry(name: str, entry: Any) -> tuple[Any, str | None]:
    """A value and its source, from either way to write them."""
    if not isinstance(entry, Mapping):
        return entry, None
    if odd := sorted(set(entry) - {"value", "source"}):
        raise LimitsError(f"{name} has a key {odd[0]!r}; only 'value' and 'source' are known")
    if "value" not in entry:
        raise LimitsError(f"{name} gives no 'value'")
    return entry["value"], entry.get("source")


def _checked(name: str, value: Any) -> Any:
    if name == "administrators":
        return _span(name, value)
    if name == "toxic_pairs":
        return _pairs(value)
    if name == "broad_role_share":
        return _share(name, value)
    if type(value) is not int or not 0 <= value <= MOST_DAYS:
        raise LimitsError(f"{name} must be a whole number of days from 0 to {MOST_DAYS}, not {value!r}")
    return value


def _share(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not isfinite(value) or not 0 < value <= 1:
        raise LimitsError(f"{name} must be a number above 0 and at most 1, not {value!r}")
    return float(value)


def _span(name: str, value: Any) -> tuple[int, int]:
    good = isinstance(value, list | tuple) and len(value) == 2 and all(type(end) is int and end >= 0 for end in value)
    if not good or value[0] > value[1]:
        raise LimitsError(f"{name} must be two whole numbers, the fewest and the most, such as [2, 4], not {value!r}")
    return value[0], value[1]


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list | tuple):
        raise LimitsError(f'toxic_pairs must be a list of pairs such as "a+b", not {value!r}')
    pairs = [_pair(entry) for entry in value]
    # The same two permissions in either order are one pair; the first way to write it stays.
    firsts = {frozenset(pair): pair for pair in reversed(pairs)}
    return tuple(pair for pair in dict.fromkeys(pairs) if firsts[frozenset(pair)] == pair)


def _pair(entry: Any) -> tuple[str, str]:
    written = entry.split("+") if isinstance(entry, str) else entry
    parts: Sequence[Any] = written if isinstance(written, list | tuple) else ()
    names = [part.strip() if isinstance(part, str) else "" for part in parts]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise LimitsError(f'toxic_pairs holds {entry!r}; a pair names two different permissions, as in "a+b"')
    return names[0], names[1]


def _checked_sources(sources: Any) -> dict[str, str]:
    if not isinstance(sources, Mapping):
        raise LimitsError(f"sources must map the name of a limit to a text, not {sources!r}")
    for name, source in sources.items():
        _known(name)
        if not isinstance(source, str):
            raise LimitsError(f"the source of {name} must be a text, not {source!r}")
    return dict(sources)
