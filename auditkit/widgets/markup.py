"""The one way from data to HTML: every value escaped, isolated from the writing direction around it, and bounded.

Nothing else in the notebook or the report turns text of the IAM into markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import pandas as pd

LONGEST_TEXT = 300
# Texts up to the first are ids, names and words; past the last, sentences; a name of several words may take two lines.
_FEW, _SHORT_TEXT, _SENTENCE = 12, 24, 60
_NOTHING = '<span class="ak-none">&ndash;</span>'
# Characters that change how others look, or that look like nothing: shown by their code point instead.
_SUSPECT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff]"
)
# A cell that needs none of the care above, which is nearly every one.
_PLAIN = re.compile(r"(?!.*[^ ]{25})[\w .:,;/@|+()\-]{0,80}", re.ASCII)
_CODE = re.compile(r"`([A-Za-z0-9_./<>() -]{1,60})`")
# Columns whose texts are sentences of ours.
_SAID = frozenset(
    {"message", "why", "fix", "to_mend", "change", "instead", "found", "result", "why_not", "reason", "because"}
)
# Columns of names, which take more lines where they are long, and leave the width to sentences.
_NAMES = frozenset({"name", "display_name", "role_name", "group_name", "what", "through"})
_LONG_WORD = re.compile(r"\S{25}")


def safe_text(value: object) -> str:
    """A text as HTML: escaped, cut after `LONGEST_TEXT` characters, its invisible characters shown, in a `<bdi>`."""
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    more = len(text) - LONGEST_TEXT
    shown = _SUSPECT.sub(_badge, escape(text[:LONGEST_TEXT]))
    # Only where a word is long may it be broken anywhere, so that short ones in narrow columns stay whole.
    start = '<bdi class="ak-long">' if _LONG_WORD.search(text) else "<bdi>"
    return f"{start}{shown}</bdi>" + (f'<span class="ak-more">…({more:,} more)</span>' if more > 0 else "")


def visible_text(value: object) -> str:
    """A text to be shown as text, not as HTML: cut after `LONGEST_TEXT` characters, its invisible ones shown."""
    text = str(value)
    more = len(text) - LONGEST_TEXT
    shown = _SUSPECT.sub(lambda found: f"U+{ord(found.group()):04X}", text[:LONGEST_TEXT])
    return shown + (f"…({more:,} more)" if more > 0 else "")


def said_text(value: object) -> str:
    """A sentence of ours as HTML, as `safe_text`, in which what stands between backticks is set as code.

    Only short words of plain characters are: a name of the IAM keeps its backticks, as it keeps everything.
    """
    text = str(value)
    if "`" not in text or len(text) > LONGEST_TEXT:
        return safe_text(text)
    parts = [safe_text(part) for part in _CODE.split(text)]
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def sentence(*parts: object) -> str:
    """A paragraph of the given sentences, each escaped."""
    return f"<p>{' '.join(said_text(part) for part in parts)}</p>"


def safe_table(
    frame: pd.DataFrame,
    *,
    caption: str = "",
    labels: Mapping[str, str] | None = None,
    filters: Iterable[str] = (),
    ids: Iterable[str] | None = None,
    links: Mapping[str, Iterable[str]] | None = None,
) -> str:
    """A frame as an HTML table, complete, without its index.

    `ids` are what a link to each row may name, and `links` what the words of a column lead to, for each row as many
    ids as words, `-` for none; unlike everything else they are not from the IAM.
    `labels` names columns for readers; `filters` marks those that a reader may choose values of. A severity column
    carries its word as a class, so that it can be coloured, and its rank, so that it sorts worst first. Times are shown
    as days in UTC; the frame has them to the microsecond.
    """
    names, chosen = labels or {}, set(filters)
    heads = "".join(_head(frame[name], names.get(name, _label(name)), name in chosen) for name in frame.columns)
    led = links or {}
    columns = [_linked(frame[name], led[name]) if name in led else _cells(frame[name]) for name in frame.columns]
    starts = ["<tr>"] * len(frame) if ids is None else [f'<tr id="{escape(name)}">' for name in ids]
    rows = "\n".join(f"{start}{''.join(cells)}</tr>" for start, *cells in zip(starts, *columns, strict=True))
    title = f"<caption>{safe_text(caption)}</caption>" if caption else ""
    table = f'<table class="ak-table">{title}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="ak-scroll">{table}</div>'


def definitions(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and what they stand for, as a definition list."""
    rows = "".join(f"<dt>{safe_text(name)}</dt><dd>{_value(value)}</dd>" for name, value in pairs)
    return f'<dl class="ak-facts">{rows}</dl>'


def bullets(texts: Iterable[object]) -> str:
    """Sentences as a list; nothing where there is none."""
    items = "".join(f"<li>{said_text(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def plain(column: pd.Series) -> list[str]:
    """A column as the texts that a table shows, unescaped: what a search looks through."""
    return ["" if text is None else text for text in _texts(column)]


def _label(name: object) -> str:
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def _head(column: pd.Series, label: str, filtered: bool) -> str:
    kind = "ak-number" if _is_number(column) else _width(column)
    told = (f' class="{kind}"' if kind else "") + (" data-filter" if filtered else "")
    return f'<th scope="col"{told}>{safe_text(label)}</th>'


def _width(column: pd.Series) -> str:
    """How wide the column has to be for its words to stay whole, as a class: so many characters, or that it has
    sentences. It stands at the head, once, and not at every cell."""
    texts = {text for text in _texts(column) if text is not None}
    longest = max(map(len, texts), default=0)
    if longest > _SHORT_TEXT:
        return "ak-wide" if longest > _SENTENCE and column.name not in _NAMES else "ak-mid"
    word = max((len(word) for text in texts for word in text.split()), default=0)
    width = (min(longest, max(word, _FEW)) + 1) // 2 * 2
    return f"ak-w{width}" if width > 2 else ""


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def _badge(found: re.Match[str]) -> str:
    code = ord(found.group())
    name = unicodedata.name(found.group(), "control character")
    return f'<span class="ak-code" title="{escape(name.lower())}">U+{code:04X}</span>'


def _cells(column: pd.Series) -> list[str]:
    if column.name == "severity":
        return [
            f'<td class="ak-{word or "silent"}" data-sort="{rank}">{word or _NOTHING}</td>'
            for rank, word in _ranked(column)
        ]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [f'<td class="ak-time">{_NOTHING if text is None else text}</td>' for text in _texts(column)]
    start = '<td class="ak-number">' if _is_number(column) else "<td>"
    shown = said_text if column.name in _SAID else safe_text
    return [f"{start}{_NOTHING if text is None else shown(text)}</td>" for text in _texts(column)]


def _linked(column: pd.Series, anchors: Iterable[str]) -> list[str]:
    rows = zip(_texts(column), anchors, strict=True)
    return [f'<td class="ak-links">{_words((text or "").split(), ids.split())}</td>' for text, ids in rows]


def _words(words: Iterable[str], ids: Iterable[str]) -> str:
    pairs = zip(words, ids, strict=True)
    return " ".join(
        safe_text(word) if at == "-" else f'<a href="#{escape(at)}">{safe_text(word)}</a>' for word, at in pairs
    )


def _ranked(column: pd.Series) -> Iterable[tuple[int, str]]:
    order = {"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}
    words = column.astype("str").fillna("").tolist()
    return [(order.get(word, 5), word if word in order else "") for word in words]


def _texts(column: pd.Series) -> list[str | None]:
    """Each value as text, None where it is missing."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if _missing(day) else str(day) for day in column.dt.strftime("%Y-%m-%d").tolist()]
    shown = _shown_as(column.dtype)
    return [None if _missing(value) else shown(value) for value in column.tolist()]


def _shown_as(dtype: Any) -> Callable[[Any], str]:
    if pd.api.types.is_bool_dtype(dtype):
        return lambda value: "yes" if value else "no"
    if pd.api.types.is_integer_dtype(dtype):
        return lambda value: f"{value:,}"
    if pd.api.types.is_float_dtype(dtype):
        return lambda value: f"{value:,.2f}".rstrip("0").rstrip(".")
    return _value_text


def _value_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _value(value: object) -> str:
    return _NOTHING if _missing(value) else safe_text(_value_text(value))


def _missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value
