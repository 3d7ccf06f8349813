"""An executed notebook as one HTML page: no code, no request, one script known by its hash."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import jinja2
import mistune
from markupsafe import Markup

from auditkit.errors import ReportError
from auditkit.report.late import late_tables, short_links
from auditkit.report.whole import whole_words

PARAMETERS, NOTEBOOK_ONLY = "parameters", "notebook-only"
COVER_TYPE = "application/vnd.auditkit.cover+json"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEADING = re.compile(r"<h([12])>(.*?)</h\1>", re.DOTALL)
_SCROLLS = '<div class="ak-scroll">'
_REACHED = '<div class="ak-scroll" tabindex="0" role="group" aria-label="Table">'
_LEFT_OUT = frozenset({PARAMETERS, NOTEBOOK_ONLY})


def page(notebook: Any) -> str:
    """The page of a notebook that was executed and whose widgets are flattened.

    Its cover is the output of the cell that shows one; cells tagged `parameters` or `notebook-only` are left out.
    """
    cover, title, snapshot = _cover(notebook)
    sections: list[dict[str, str]] = []
    parts = [_markup(part) for cell in notebook.cells for part in _parts(cell, sections)]
    script = _file("table.js")
    html = short_links(_template().render(
        policy=policy(script), title=title, named=_css(title), snapshot=_css(f"snapshot {snapshot}"),
        cover=_markup(cover), parts=parts, sections=sections,
        style=Markup(_file("page.css")), script=Markup(script),  # noqa: S704
    ))  # fmt: skip
    _check(html, script)
    return html


def _markup(html: str) -> Markup:
    """The HTML of a cell, its lines broken well; what scrolls sideways can be reached by keyboard, also without the
    script."""
    return Markup(whole_words(late_tables(html.replace(_SCROLLS, _REACHED))))  # noqa: S704


def policy(script: str) -> str:
    """The content security policy under which nothing is loaded and only this script runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; connect-src 'none'; form-action 'none'; "
        f"base-uri 'none'; script-src 'sha256-{digest}'"
    )


def _check(html: str, script: str) -> None:
    """The policy stands once, in the head, before anything of the notebook; and it names the script that is there."""
    head, _, _ = html.partition("</head>")
    meta = '<meta http-equiv="Content-Security-Policy" content="'
    told = str(Markup.escape(policy(script)))
    if head.count(f'{meta}{told}">') != 1 or head.count(meta) != 1 or head.count(f"<script>{script}</script>") != 1:
        raise ReportError("the page would not carry its security policy exactly once; nothing was written")


def _css(text: str) -> Markup:
    """A text as a string of CSS: whatever is no plain letter, digit or space by its code point."""
    return Markup(re.sub(r"[^A-Za-z0-9 ,.]", lambda found: f"\\{ord(found[0]):x} ", text))  # noqa: S704


def _cover(notebook: Any) -> tuple[str, str, str]:
    """The first page, its title, and the hash of the snapshot."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if COVER_TYPE in data:
                return data["text/html"], data[COVER_TYPE]["title"], data[COVER_TYPE].get("snapshot", "")
    raise ReportError("the notebook showed no cover; its parameters cell must make `desk` by `open_desk(...)`")


def _parts(cell: Any, sections: list[dict[str, str]]) -> Iterator[str]:
    """The HTML of one cell; headings of the first two levels become sections that the contents name."""
    if _LEFT_OUT & set(cell.metadata.get("tags", [])):
        return
    if cell.cell_type == "markdown":
        yield _HEADING.sub(lambda found: _section(found.group(2), sections), _markdown()(cell.source))
    elif cell.cell_type == "code":
        yield from filter(None, (_output(output) for output in cell.outputs))


def _section(inner: str, sections: list[dict[str, str]]) -> str:
    name = f"section-{len(sections) + 1}"
    sections.append({"id": name, "title": Markup(inner).striptags()})  # noqa: S704
    return f'<h2 id="{name}">{inner}</h2>'


def _output(output: Any) -> str:
    """One output as HTML: the richest form that needs no script."""
    if output.output_type == "stream":
        return f"<pre>{escape(_ANSI.sub('', output.text))}</pre>"
    data = output.get("data", {})
    if COVER_TYPE in data:
        return ""
    if "text/html" in data:
        return str(data["text/html"])
    if "image/svg+xml" in data:
        return _image("image/svg+xml", base64.b64encode(data["image/svg+xml"].encode()).decode())
    if "image/png" in data:
        return _image("image/png", "".join(data["image/png"].split()))
    return f"<pre>{escape(_ANSI.sub('', data['text/plain']))}</pre>" if "text/plain" in data else ""


def _image(kind: str, data: str) -> str:
    return f'<figure><img alt="A figure of the notebook" src="data:{kind};base64,{data}"></figure>'


@cache
def _markdown() -> Any:
    return mistune.create_markdown(escape=True, plugins=["table"])


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(_file("page.html.j2"))


@cache
def _file(name: str) -> str:
    return (files("auditkit.report") / name).read_text("utf-8")
