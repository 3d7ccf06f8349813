"""What a report adds to a notebook that shows every finding: the findings by control, principal and owner."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import nbformat

_code: Any = nbformat.v4.new_code_cell
_markdown: Any = nbformat.v4.new_markdown_cell

# The views link to the table of all findings, so they go only where that is.
_EVERY_FINDING = ('desk.panel("findings")', "desk.panel('findings')")

_VIEWS = ("families", "controls", "flagged", "owned", "methods")


def with_sections(notebook: Any, *, owners: bool) -> Any:
    """The notebook with the report's own sections behind its cells; unchanged if it does not show every finding.

    `owners` says whether owners were given: without them, nobody's findings are told apart.
    """
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if not any(call in source for source in sources for call in _EVERY_FINDING):
        return notebook
    *views, glossary = _texts()
    for name, words in zip(_VIEWS, views, strict=True):
        if name != "owned" or owners:
            notebook.cells += [_markdown(words), _code(f'desk.panel("{name}")')]
    notebook.cells.append(_markdown(glossary))
    return notebook


def _texts() -> list[str]:
    """What introduces each view, in their order, and the glossary."""
    text = (files("auditkit.report") / "sections.md").read_text("utf-8")
    return [f"## {part.strip()}" for part in text.split("\n## ")[1:]]
