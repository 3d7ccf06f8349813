"""Widgets of an executed notebook replaced by what they show, since a file without a kernel has no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from nbformat import NotebookNode

VIEW = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
_BOXES = ("VBox", "HBox", "Box", "GridBox", "Accordion", "Tab", "Stack")
_SILENT = ("Button", "Layout", "ToggleButton", "Play")
_node: Any = NotebookNode
# Deeper than any screen: a widget that holds itself must not hold the report.
_DEEPEST = 40

Output = dict[str, Any]


def flatten(notebook: Any) -> Any:
    """The notebook with every widget view replaced by static outputs, and without its widget state.

    An output that brings its own HTML keeps that. An `Output` widget gives the outputs stored in it, a box its children
    (tabs and accordions with their titles), an input its description and value, escaped, a button nothing.
    """
    stored = notebook.metadata.pop("widgets", {}).get(_STATE, {}).get("state", {})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [flat for output in cell.outputs for flat in _flat_output(output, stored)]
    return notebook


def _flat_output(output: Any, stored: Mapping[str, Any]) -> list[Any]:
    data = output.get("data", {})
    if VIEW not in data:
        return [output]
    if "text/html" in data:
        del data[VIEW]
        return [output]
    return [_node(flat) for flat in _flat_widget(data[VIEW].get("model_id", ""), stored, 0)]


def _flat_widget(model_id: str, stored: Mapping[str, Any], depth: int) -> list[Output]:
    """The outputs that stand for one widget."""
    model = stored.get(model_id)
    if model is None or depth > _DEEPEST:
        return []
    state, kind = model.get("state", {}), str(model.get("model_name", "")).removesuffix("Model")
    if kind == "Output":
        return [flat for output in state.get("outputs", []) for flat in _nested(output, stored, depth)]
    if kind in _BOXES:
        return _flat_box(state, stored, depth)
    if kind in _SILENT:
        return []
    return _flat_value(kind, state)


def _nested(output: Output, stored: Mapping[str, Any], depth: int) -> list[Output]:
    view = output.get("data", {}).get(VIEW)
    if view is None:
        return [output]
    return _flat_widget(view.get("model_id", ""), stored, depth + 1)


def _flat_box(state: Mapping[str, Any], stored: Mapping[str, Any], depth: int) -> list[Output]:
    out: list[Output] = []
    titles = state.get("titles") or []
    for number, child in enumerate(state.get("children", [])):
        if number < len(titles) and titles[number]:
            out.append(_html(f"<h3>{escape(str(titles[number]))}</h3>"))
        out += _flat_widget(str(child).removeprefix("IPY_MODEL_"), stored, depth + 1)
    return out


def _flat_value(kind: str, state: Mapping[str, Any]) -> list[Output]:
    """An input's description and value in words; HTML widgets were written as HTML by whoever made them."""
    value, description = state.get("value"), str(state.get("description") or "")
    if kind in ("HTML", "HTMLMath"):
        return [_html(str(value or ""))]
    if kind in ("Password", "FileUpload") or (value is None and "index" not in state):
        return []
    if "index" in state:
        value = _chosen(state)
    name = f"<strong>{escape(description)}</strong> " if description else ""
    return [_html(f"<p>{name}{escape(str(value))}</p>")]


def _chosen(state: Mapping[str, Any]) -> str:
    """What a drop-down or a list of choices has chosen, by its label."""
    labels, index = state.get("_options_labels") or [], state.get("index")
    chosen = index if isinstance(index, list | tuple) else [index]
    return ", ".join(str(labels[place]) for place in chosen if isinstance(place, int) and 0 <= place < len(labels))


def _html(fragment: str) -> Output:
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": fragment}}
