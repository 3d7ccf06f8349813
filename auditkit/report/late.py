"""Long tables of the page, written so that they cost a browser little: its script reads them as text, page by page.

A long table stands in a `<noscript>`: to a browser that runs the page's script it is one text, which is not laid out;
to one that runs none, and to a reader of the file, it is the whole table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# From so many rows on. The script draws pages of so many that whole stretches fit.
LATE = 500
STRETCH = 50
_START, _BODY, _END = '<table class="ak-table">', "<tbody>", "</tbody></table>"
_ROW = re.compile(r'<tr(?: id="(\w+)")?>')
_CELL = re.compile(r'<td class="([\w-]+)"(?: data-sort="\d+")?>')
SHORT = 12
_LINK = re.compile(rf'<a href="#([0-9a-f]{{{SHORT}}})[0-9a-f]+">')
_SHORT_ROW = re.compile(rf"<tr\nid=[0-9a-f]{{{SHORT}}}>")


def late_tables(html: str) -> str:
    """HTML of `safe_table` in which every long table is compact, and late."""
    return "".join(_pieces(html))


def _pieces(html: str) -> Iterator[str]:
    done = 0
    while (start := html.find(_START, done)) >= 0:
        body = html.index(_BODY, start) + len(_BODY)
        end = html.index(_END, body)
        if html.count("\n", body, end) + 1 < LATE:
            yield html[done : end + len(_END)]
        else:
            head = html[start:body]
            rows = compact(html[body:end].split("\n"))
            yield f'{html[done:start]}<noscript class="ak-late">{head}{rows}{_END}</noscript>'
        done = end + len(_END)
    yield html[done:]


def compact(lines: Sequence[str]) -> str:
    """Rows without end tags, and without the cells that say what the cell above says: those span, within a stretch."""
    starts = [_ROW.match(line) for line in lines]
    cells = [_cells(line[start.end() :]) for line, start in zip(lines, starts, strict=True) if start]
    names = _short([start[1] or "" for start in starts if start])
    kept: list[list[str]] = [[] for _ in cells]
    for column in range(len(cells[0])):
        for place, span in _spans([row[column] for row in cells]):
            cell = cells[place][column]
            kept[place].append(cell if span == 1 else f"<td rowspan={span}{cell[3:]}")
    # The line ends inside the tag, where it is no text of a cell.
    return "".join(f"<tr\n{name}>{''.join(row)}" for name, row in zip(names, kept, strict=True))


def _cells(body: str) -> list[str]:
    # A time is text like any other here: its column is as wide as it is.
    cells = body.replace('<td class="ak-time">', "<td>").removesuffix("</tr>").split("</td>")[:-1]
    return [_CELL.sub(r"<td class=\1>", cell, count=1) for cell in cells]


def _short(names: Sequence[str]) -> list[str]:
    """The ids as attributes, as short as they may be while each is the only one of its kind."""
    short = [name[:SHORT] for name in names]
    chosen = short if len(set(short)) == len(set(names)) else names
    return [f"id={name}" if name else "" for name in chosen]


def short_links(html: str) -> str:
    """HTML whose links to findings are as short as the ids of the rows that they lead to."""
    if not _SHORT_ROW.search(html):
        return html
    return _LINK.sub(r'<a href="#\1">', html)


def _spans(column: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each run of equal cells starts and how long it is; no run leaves its stretch."""
    start = 0
    for place in range(1, len(column) + 1):
        if place == len(column) or place % STRETCH == 0 or column[place] != column[start]:
            yield start, place - start
            start = place
