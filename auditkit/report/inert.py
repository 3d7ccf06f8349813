"""Text of the IAM made harmless for the formats that would read more into it than text."""

from __future__ import annotations

import re

# What a reader obeys instead of showing, or does not show: control characters, separators, marks that turn the reading
# direction, invisible characters and the tags of plane 14. Tab and line feed are left to the formats.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_TICKS = re.compile("`+")


def visible(text: object) -> str:
    """The text with each character that is obeyed or invisible written as an escape such as `\\x1b`."""
    return _ODD.sub(_escape, str(text))


def one_line(text: object) -> str:
    """As `visible`, with every run of white space as one space."""
    return " ".join(visible(text).split())


def code_span(text: object) -> str:
    """The text as Markdown that is shown letter by letter: no link, no picture, no mention, no markup."""
    line = one_line(text)
    fence = "`" * (1 + max(map(len, _TICKS.findall(line)), default=0))
    # One space at each end is taken away again by whoever renders it, and keeps the text's own ticks off the fence.
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}" if line else "(empty)"


def code_sentence(words: object) -> str:
    """A sentence as a code span: its own ticks as apostrophes, as a doubled fence reads badly unrendered."""
    return code_span(str(words).replace("`", "'"))


def sarif_text(text: object) -> str:
    """The text as SARIF's plain message string, in which brackets make links and braces stand for arguments."""
    line = one_line(text).replace("\\", "\\\\")
    return line.replace("[", "\\[").replace("]", "\\]").replace("{", "{{").replace("}", "}}")


def _escape(odd: re.Match[str]) -> str:
    code = ord(odd[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
