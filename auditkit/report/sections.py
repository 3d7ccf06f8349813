"""What a report adds to a notebook that shows every finding: by control, principal and owner, and what changed."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import nbformat

from auditkit.errors import ReportError

_code: Any = nbformat.v4.new_code_cell
_markdown: Any = nbformat.v4.new_markdown_cell

# The views link to the table of all findings, so they go only where that is.
_EVERY_FINDING = ('desk.panel("findings")', "desk.panel('findings')")

# Each section with its panels, and what must have been given for it to be there.
_VIEWS = {
    "accepted": ("accepted",),
    "earlier": ("changed", "gained", "records"),
    "families": ("families",),
    "controls": ("controls",),
    "flagged": ("flagged",),
    "owners": ("owned",),
    "methods": ("methods",),
}


def with_sections(notebook: Any, *, owners: bool, accepted: bool = False, earlier: bool = False) -> Any:
    """The notebook with the report's own sections behind its cells; unchanged if it does not show every finding.

    `owners`, `accepted` and `earlier` say whether owners, accepted findings and earlier snapshots were given: without
    them, there is no such section.
    """
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if not any(call in source for source in sources for call in _EVERY_FINDING):
        # Without this section, nobody must take the report to have heeded them.
        if earlier:
            raise ReportError("the notebook does not show every finding, so it has no place for earlier snapshots")
        if accepted:
            raise ReportError("the notebook does not show every finding, so it has no place for accepted ones")
        return notebook
    *texts, glossary = _texts()
    given = {"owners": owners, "accepted": accepted, "earlier": earlier}
    for (section, panels), words in zip(_VIEWS.items(), texts, strict=True):
        if given.get(section, True):
            notebook.cells += [_markdown(words), *(_code(f'desk.panel("{name}")') for name in panels)]
    notebook.cells.append(_markdown(glossary))
    return notebook


def _texts() -> list[str]:
    """What introduces each view, in their order, and the glossary."""
    text = (files("auditkit.report") / "sections.md").read_text("utf-8")
    return [f"## {part.strip()}" for part in text.split("\n## ")[1:]]
