"""Texts that would run, load or break something, were they ever taken for more than text. Each that runs leaves a mark."""

from __future__ import annotations


def _mark(name: str) -> str:
    return f'<img src="https://hostile.invalid/{name}" onerror="window.__ran_{name}=1">'


PAYLOADS = (
    _mark("image"),
    "</script><script>window.__ran_script=1</script>",
    "</td></tr></tbody></table>" + _mark("table"),
    "</style>" + _mark("style"),
    "</noscript>" + _mark("noscript"),
    "</title>" + _mark("title"),
    "</textarea></select>" + _mark("form"),
    "</template>" + _mark("template"),
    "--><svg onload='window.__ran_svg=1'><!--",
    "<!--<script>window.__ran_comment=1",
    '"><body onpageshow="window.__ran_attribute=1">',
    "' autofocus onfocus='window.__ran_single=1' x='",
    '<iframe srcdoc="<script>parent.__ran_frame=1</script>"></iframe>',
    '<a href="javascript:window.__ran_link=1">open me</a>',
    '<meta http-equiv="refresh" content="0;url=https://hostile.invalid/refresh">',
    '<link rel="stylesheet" href="https://hostile.invalid/sheet.css">',
    "<style>@import 'https://hostile.invalid/import.css';</style>",
    "&lt;img src=x onerror=window.__ran_entity=1&gt;",
    "\\u003cimg src=x onerror=window.__ran_escape=1\\u003e",
    "${window.__ran_template_literal=1}",
    "{{constructor.constructor('window.__ran_braces=1')()}}{% raw %}",
    "'-(window.__ran_quote=1)-'",
    '\\"+(window.__ran_backslash=1)+\\"',
    "a line\u2028separator and a right-to-left \u202e override",
    "$\\href{javascript:window.__ran_math=1}{x}$ costs $a$ and $b$",
    '<button data-commandlinker-command="apputils:reset" data-commandlinker-args="{}">press</button>',
    "[click](javascript:window.__ran_markdown=1) ![x](https://hostile.invalid/markdown.png)",
    '=HYPERLINK("https://hostile.invalid","x")',
    "\x1b]8;;https://hostile.invalid\x07link\x1b]8;;\x07",
)
