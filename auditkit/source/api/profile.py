"""The endpoint profile: for each list of the API its path, its paging, its names. Built in, and adaptable by a file."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from auditkit.errors import ProfileError
from auditkit.given import read_toml

STYLES = ("cursor", "page", "offset", "link", "none")
PARAMETERS = ("limit", "cursor", "page", "offset")
TOKEN, DEFAULTS = "token", "defaults"
# The rows that are asked for once for each owner: the collection they bring, and what their path must name.
OWNED = {
    "api_key_credentials": ("credentials", "principalId"),
    "service_account_credentials": ("credentials", "principalId"),
    "group_members": ("group_members", "groupId"),
}
_PLACE = re.compile(r"\{(.*?)\}")
# What may stand in a path and its query as it is; anything else would have to be percent-encoded.
_PATH = re.compile(r"/(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2}|\{[A-Za-z]+\})*")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Row:
    """One list of the API. The built-in profile says what each part means."""

    name: str
    path: str
    paging: str
    items: str
    next: str
    total: str
    limit: int
    first_page: int
    parameters: Mapping[str, str]
    renames: Mapping[str, str]
    owner: str
    documented: bool

    @property
    def collection(self) -> str:
        """The collection that the list brings."""
        return OWNED[self.name][0] if self.name in OWNED else self.name

    def target(self, organisation_id: str, owner: str | None = None) -> str:
        """The path and query, with the ids filled in and percent-encoded."""
        filled = self.path.replace("{organisationId}", _encoded(organisation_id))
        if owner is None:
            return filled
        return filled.replace("{principalId}", _encoded(owner)).replace("{groupId}", _encoded(owner))


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """The rows by name, and where a key is exchanged for a token."""

    rows: Mapping[str, Row]
    token_path: str


def read_profile(path: str | os.PathLike[str] | None = None) -> Profile:
    """The built-in profile, with what a file says otherwise; ProfileError if that file cannot be read or understood."""
    plain = tomllib.loads(files(__package__).joinpath("infuse.toml").read_text("utf-8"))
    if path is not None:
        plain = _merged(plain, read_toml(Path(path), "a TOML file of the profile", ProfileError), str(path))
    rows = {name: _row(name, plain[DEFAULTS], part) for name, part in plain.items() if name not in (TOKEN, DEFAULTS)}
    return Profile(rows=rows, token_path=plain[TOKEN]["path"])


def _encoded(text: str) -> str:
    """An id as one segment of a path: `.` and `..` would otherwise walk through it."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="", errors="surrogatepass")


def _row(name: str, defaults: Mapping[str, Any], part: Mapping[str, Any]) -> Row:
    """A row, what it does not say taken from the defaults; of the parameters, one by one."""
    names = {**defaults["parameters"], **part.get("parameters", {})}
    return Row(name=name, **{**defaults, **part, "parameters": names})


def _merged(built: dict[str, Any], given: dict[str, Any], file: str) -> dict[str, Any]:
    """The built-in tables with the given keys put over them, each checked."""
    merged = dict(built)
    for name, part in given.items():
        _known(name, built, f"{file}: there is no row")
        if not isinstance(part, dict):
            raise ProfileError(f"{file}: {name} is no table: write [{name}] and its keys under it")
        allowed = _keys(name)
        for key, value in part.items():
            where = f"{file}: [{name}] {key}"
            _known(key, allowed, f"{file}: [{name}] has no key")
            _check(key, value, name, where)
        merged[name] = built[name] | part
        if name == DEFAULTS and "parameters" in part:
            merged[name]["parameters"] = built[name]["parameters"] | part["parameters"]
    return merged


def _keys(row: str) -> list[str]:
    """The keys that a row may have."""
    if row == TOKEN:
        return ["path", "documented"]
    return [each.name for each in fields(Row) if each.name != "name" and (row, each.name) != (DEFAULTS, "path")]


def _known(name: str, allowed: Iterable[str], what: str) -> None:
    names = list(allowed)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    raise ProfileError(f"{what} {name!r}; {hint}")


def _check(key: str, value: Any, row: str, where: str) -> None:
    """One value of the file: its type, and what it may say."""
    if key == "path":
        _check_path(value, row, where)
    elif key == "paging":
        if not isinstance(value, str):
            raise ProfileError(f"{where} is no text; it is one of {', '.join(STYLES)}")
        _known(value, STYLES, f"{where}: there is no style")
    elif key in ("limit", "first_page"):
        if type(value) is not int or not 0 <= value <= 100_000:
            raise ProfileError(f"{where} is no whole number from 0 to 100000")
    elif key == "documented":
        if not isinstance(value, bool):
            raise ProfileError(f"{where} is neither true nor false")
    elif key in ("parameters", "renames"):
        if not (isinstance(value, dict) and all(isinstance(text, str) and text for text in value.values())):
            raise ProfileError(f'{where} is no table of texts such as {{limit = "pageSize"}}')
        if key == "parameters":
            for name in value:
                _known(name, PARAMETERS, f"{where}: there is no parameter")
    elif not isinstance(value, str):
        raise ProfileError(f"{where} is no text")


def _check_path(value: Any, row: str, where: str) -> None:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise ProfileError(f"{where} is no path: it begins with one `/`, has no space, host or `#`")
    places = set(_PLACE.findall(value))
    needed = {OWNED[row][1]} if row in OWNED else set()
    allowed = set() if row == TOKEN else {"organisationId"} | needed
    if wrong := sorted(places - allowed):
        names = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "nothing"
        raise ProfileError(f"{where} names {{{wrong[0]}}}; what can be filled in here: {names}")
    if missing := sorted(needed - places):
        raise ProfileError(f"{where} does not name {{{missing[0]}}}, so that every owner would get the same list")
