"""Lines broken where a reader would break them: not within a date or a short id, but behind a bar, and in a long name
behind a dot or a dash below."""

from __future__ import annotations

import re

# A browser breaks a line behind every hyphen. Longer words than this may be broken all the same: they must be.
LONGEST = 24
_TEXT = re.compile(r"(?<=>)[^<>]+(?=<)")
_LATE = re.compile(r"(<noscript\b.*?</noscript>)", re.DOTALL)
_WORD = re.compile(r"(?<![\w&#-])(?:--[a-z][a-z-]*|\w+(?:-[\w:]+)+)(?![\w-])", re.ASCII)
_BAR = re.compile(r"\|(?=[^\s|])")
# A part of an id of several parts has less room.
_LONG = re.compile(r"(?<=<wbr>)[^ \t\n<>|]{17,}|[^ \t\n<>|]{25,}")
_STEP = re.compile(r"([\w.+@:/-]{8,}?[_.+@:/])(?=\w{4})", re.ASCII)


def whole_words(html: str) -> str:
    """HTML in which no date and no short id is broken at its hyphens, and no long one within a word; the text stays
    the same.

    Long tables are left alone: the script of the page does the same to the rows that it shows.
    """
    return "".join(piece if piece.startswith("<noscript") else _TEXT.sub(_kept, piece) for piece in _LATE.split(html))


def _kept(found: re.Match[str]) -> str:
    text = found.group()
    # What fills its cell has a column as wide as it is.
    if "-" in text and not _WORD.fullmatch(text):
        text = _WORD.sub(
            lambda word: f'<span class="ak-k">{word[0]}</span>' if len(word[0]) <= LONGEST else word[0], text
        )
    return _LONG.sub(lambda word: _STEP.sub(r"\1<wbr>", word[0]), _BAR.sub("|<wbr>", text))
