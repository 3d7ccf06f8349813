"""Names that hide or imitate: characters nobody sees, words of mixed scripts, and names that look the same and are not.

No name is changed or merged. Names of printable ASCII are told apart by whole columns; only the distinct others are
looked at one by one, and of those only the ones that hold a character worth it.

What people's names need is left alone: zero-width joiners within emoji, and within the words of scripts that join
their letters; variation selectors behind emoji and ideographs; the flags of England, Scotland and Wales, spelled in
tags; Arabic signs that Unicode counts as format characters but that are seen; Latin beside Han, Kana or Hangul. A code
point that is not assigned yet is no fault where new emoji and new ideographs are added.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_TEXT = pa.large_string()
# So many characters, or names, are told of one record.
_TOLD = 5
_PLAIN_BYTES = np.isin(np.arange(256), range(0x20, 0x7F))
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")

_EMOJI = "\u203c-\u2bff\U0001f000-\U0001faff"
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Scripts whose letters join: Arabic and its kin, those of India and around it, Mongolian.
_JOINING = (
    "\u0620-\u0dff\u1000-\u109f\u1780-\u18af\u1a20-\u1aad\u1b00-\u1bff\ua800-\ua8ff\ua980-\ua9df\uaa60-\uaa7f"
    "\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U000114ff"
)
_VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"
_MONGOLIAN = "\u1820-\u18aa"
# Tag letters on a black flag: England, Scotland, Wales.
_FLAGS = "|".join("".join(chr(0xE0000 + ord(each)) for each in name) for name in ("eng", "sct", "wls"))
# Uses of hidden characters that are lawful.
_LAWFUL = re.compile(
    f"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    f"|(?<=[#*0-9\xa9\xae\u3030\u303d\u3297\u3299{_EMOJI}])[\ufe0e\ufe0f]"
    f"|(?<=[{_HAN}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])|(?<=[{_VIRAMA}])[\u200c\u200d]"
    f"|(?<=[{_MONGOLIAN}])(?:[\u180b-\u180d\u180f]|\u180e(?=[{_MONGOLIAN}]))"
    f"|\U0001f3f4\U000e0067\U000e0062(?:{_FLAGS})\U000e007f"
    "|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]"
)
# Drawn as nothing, though Unicode counts them as letters, marks or symbols.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_YET_TO_COME = re.compile("[\U0001f000-\U0001faff\U00020000-\U0003fffd]")

_WORDS = re.compile(r"[^\W_]+")
# Those that do not become a plain one when a name is taken to pieces, among them.
_SPACES = r"[\s\x0b\x1c-\x1f\x{85}\x{1680}\x{2028}\x{2029}]+"
# Letters of other scripts beside the Latin ones that they are drawn like.
_LOOKS = dict(
    zip(
        "АВЕЅІЈКМНОРСТУҮХѴԚԜӀаеорсухѕіјһԁԛԝӏѵүгΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυϳ",
        "ABESIJKMHOPCTYYXVQWIaeopcyxsijhdqwlvyrABEZHIKMNOPTYXaivopuj",
        strict=True,
    )
)
_AS_LATIN = str.maketrans(_LOOKS)


def texts(column: pd.Series) -> pa.Array:
    """A column of text as one Arrow array."""
    array = pa.array(column, _TEXT, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def odd_names(names: pa.Array) -> pa.Table:
    """The distinct names that hide something or mix scripts: `name`, `said` (what is odd, in words), `characters`."""
    distinct = pc.unique(names.filter(_unusual(names)))
    every = _characters(distinct)
    hidden = _holding(distinct, filter(_hides, every))
    scripts = [_holding(distinct, (each for each in every if _script(each) == name)) for name in _SCRIPTS]
    mixed = np.sum(scripts, axis=0) > 1
    rows = [_judged(name) for name in distinct.filter(pa.array(hidden | mixed)).to_pylist()]
    columns = list(zip(*filter(None, rows), strict=True)) or [(), (), ()]
    kinds = {"name": _TEXT, "said": _TEXT, "characters": pa.list_(pa.string())}
    return pa.table({name: pa.array(each, kinds[name]) for name, each in zip(kinds, columns, strict=True)})


def _judged(name: str) -> tuple[str, str, list[str]] | None:
    """The name, what is odd about it, and its odd characters; None if nothing is."""
    unseen, mixed = _unseen(name), _imitating(name)
    told = [f"holds what is not seen or means nothing: {_listed(unseen)}"] if unseen else []
    told += [f"imitates another script within a word: {_listed(mixed)}"] if mixed else []
    return (name, "; ".join(told), [f"U+{ord(each):04X}" for each in dict.fromkeys(unseen + mixed)]) if told else None


def look_alikes(rows: pd.DataFrame) -> pd.DataFrame:
    """Those of `rows` (`kind`, `record_id`, `name`) whose name looks like another one of the same kind.

    One row for each such name, up to a few, with `alike`, the id of a record that has it.
    """
    # Equal but for case, width and what nobody sees; or drawn alike by letters of another script.
    found = [_meeting(rows, keys) for keys in _keys(texts(rows.name))]
    return pd.concat(found, ignore_index=True).drop_duplicates()


def _meeting(rows: pd.DataFrame, keys: pa.Array) -> pd.DataFrame:
    nothing = rows.iloc[:0].assign(alike=rows.record_id.iloc[:0])
    if pc.count_distinct(keys).as_py() == pc.count_distinct(texts(rows.name)).as_py():
        return nothing
    keyed = rows.assign(key=pd.Series(pd.array(keys, dtype="str"), index=rows.index))
    each = keyed.drop_duplicates(["kind", "key", "name"])
    each = each[each.duplicated(["kind", "key"], keep=False)]
    each = each[each.groupby(["kind", "key"]).cumcount() <= _TOLD].rename(
        columns={"record_id": "alike", "name": "other"}
    )
    both = keyed.merge(each[["kind", "key", "alike", "other"]], on=["kind", "key"])
    return both.loc[both.name.ne(both.other), [*nothing.columns]]


def _keys(names: pa.Array) -> tuple[pa.Array, ...]:
    """For each name what it is to be compared by: without what makes no difference to the eye, and also by shape."""
    plain = pc.utf8_trim_whitespace(pc.ascii_lower(names))
    plain = (
        pc.replace_substring_regex(plain, " {2,}", " ") if pc.any(pc.match_substring(plain, "  ")).as_py() else plain
    )
    unusual = _unusual(names)
    if not pc.any(unusual).as_py():
        return (plain,)
    others = names.filter(unusual).dictionary_encode()
    bare = _bare(others.dictionary, filter(_hides, _characters(others.dictionary))).to_pylist()
    folds = [[each.casefold() for each in bare], [each.translate(_AS_LATIN).casefold() for each in bare]]
    same, alike = (pa.array(each, _TEXT).take(others.indices) for each in folds)
    return pc.replace_with_mask(plain, unusual, same), pc.replace_with_mask(plain, unusual, alike)


def _bare(names: pa.Array, hidden: Iterable[str]) -> pa.Array:
    """The names taken to pieces (a letter with its accent is two), without what is hidden, their spaces as one."""
    codes = _class(each for each in hidden if not each.isspace())
    seen = pc.replace_substring_regex(names, codes, "") if codes else names
    spaced = pc.replace_substring_regex(pc.utf8_normalize(seen, "NFKD"), _SPACES, " ")
    return pc.utf8_trim_whitespace(spaced)


def _unusual(names: pa.Array) -> pa.Array:
    """Which names hold more than printable ASCII. A look at the bytes behind the column saves a pattern on each."""
    buffer = names.buffers()[2]
    if buffer is None or _PLAIN_BYTES[np.frombuffer(buffer, np.uint8)].all():
        return pa.array(np.zeros(len(names), bool))
    return pc.fill_null(pc.match_substring_regex(names, "[^ -~]"), False)


def _characters(distinct: pa.Array) -> set[str]:
    """Every character that a name has."""
    return set().union(*distinct.to_pylist())


def _class(characters: Iterable[str]) -> str:
    """A pattern that any of the characters meets; empty if there are none."""
    codes = "".join(f"\\x{{{ord(each):x}}}" for each in characters)
    return f"[{codes}]" if codes else ""


def _holding(names: pa.Array, characters: Iterable[str]) -> Any:
    """Which of the names hold any of the characters."""
    codes = _class(characters)
    if not codes:
        return np.zeros(len(names), bool)
    return pc.match_substring_regex(names, codes).to_numpy(zero_copy_only=False)


@cache
def _hides(character: str) -> bool:
    """Whether it is drawn as nothing, turns what stands around it, or means nothing."""
    category = unicodedata.category(character)
    if category == "Cn":
        return not _YET_TO_COME.fullmatch(character)
    return category in ("Cc", "Cf", "Co") or _BLANK.fullmatch(character) is not None


@cache
def _script(character: str) -> str:
    """LATIN, CYRILLIC or GREEK for a letter of one of them, else nothing."""
    first = unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""
    return first if first in _SCRIPTS else ""


def _unseen(name: str) -> list[str]:
    """The hidden characters of a name, but for those in a lawful use, in order."""
    return [each for each in dict.fromkeys(_LAWFUL.sub("", name)) if _hides(each)]


def _imitating(name: str) -> list[str]:
    """The letters by which a word imitates one of another script, in order."""
    parts = unicodedata.normalize("NFKD", name)
    bare = "".join(each for each in parts if not (unicodedata.combining(each) or _hides(each)))
    return list(dict.fromkeys(each for word in _WORDS.findall(bare) for each in _foreign(word)))


def _foreign(word: str) -> list[str]:
    """The letters of a word that are drawn like those of the other script in it, if that is what it consists of else.

    However many, letters that are all drawn like Latin ones imitate, as in `admin` with a Cyrillic a; otherwise the
    fewer do, if all are drawn like letters of the others' script. An omega behind an M, as in a resistance, is drawn
    like no Latin letter, and the M stands for itself.
    """
    scripts = Counter(filter(None, map(_script, word)))
    if len(scripts) < 2:
        return []
    most, fewer = (
        scripts.most_common(1)[0][0],
        [name for name, count in scripts.items() if count < max(scripts.values())],
    )
    for own, others in (("LATIN", {*scripts} - {"LATIN"}), (most, {*fewer})):
        foreign = [each for each in word if _script(each) in others]
        if own in scripts and foreign and all(_drawn_in(own, each) for each in foreign):
            return foreign
    return []


def _drawn_in(script: str, letter: str) -> bool:
    """Whether the letter looks like one of that other script."""
    if script == "LATIN":
        return letter in _LOOKS
    return any(_script(other) == script for other, latin in _LOOKS.items() if latin == _LOOKS.get(letter, letter))


def _listed(characters: list[str]) -> str:
    more = len(characters) - _TOLD
    return ", ".join(map(_told, characters[:_TOLD])) + (f" and {more} more" if more > 0 else "")


def _told(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")
