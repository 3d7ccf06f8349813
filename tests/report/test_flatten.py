"""Widgets flattened: what each kind leaves behind, and what must not stay."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from auditkit.report.flatten import VIEW, flatten

HTML = "text/html"


def flat(models: dict[str, Any], shown: str, **data: str) -> list[Any]:
    """The outputs that are left of a view on the model `shown`."""
    view = nbformat.v4.new_output("display_data", data={VIEW: {"model_id": shown}, "text/plain": "a widget", **data})
    cell = nbformat.v4.new_code_cell("1", outputs=[view])
    state = {"application/vnd.jupyter.widget-state+json": {"state": models}}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": state})
    out = flatten(notebook)
    assert "widgets" not in out.metadata
    return list(out.cells[0].outputs)


def model(kind: str, **state: Any) -> dict[str, Any]:
    return {"model_name": f"{kind}Model", "state": state}


def texts(outputs: list[Any]) -> list[str]:
    return [output["data"][HTML] for output in outputs]


def test_a_panel_keeps_its_static_twin() -> None:
    (only,) = flat({"a": model("VBox", children=[])}, "a", **{HTML: "<p>twin</p>"})
    assert only["data"] == {HTML: "<p>twin</p>", "text/plain": "a widget"}


@pytest.mark.parametrize(
    ("one", "left"),
    [
        (model("IntSlider", description="Days <b>", value=30), ["<p><strong>Days &lt;b&gt;</strong> 30</p>"]),
        (model("Text", description="", value="<img>"), ["<p>&lt;img&gt;</p>"]),
        (model("Dropdown", description="Kind", index=1, _options_labels=["x", "<y>"]), ["<p><strong>Kind</strong> &lt;y&gt;</p>"]),
        (model("Dropdown", description="Kind", index=None, _options_labels=["x"]), ["<p><strong>Kind</strong> </p>"]),
        (model("SelectMultiple", description="", index=[0, 1], _options_labels=["x", "y"]), ["<p>x, y</p>"]),
        (model("Button", description="Press"), []),
        (model("Password", description="Key", value="hidden"), []),
        (model("Layout"), []),
    ],
)  # fmt: skip
def test_what_a_single_widget_leaves(one: dict[str, Any], left: list[str]) -> None:
    assert texts(flat({"a": one}, "a")) == left


def test_a_tab_gives_its_children_and_their_titles() -> None:
    models = {
        "a": model("Tab", children=["IPY_MODEL_b", "IPY_MODEL_c"], titles=["<First>", "Second"]),
        "b": model("Label", value="one"),
        "c": model("Label", value="two"),
    }
    assert texts(flat(models, "a")) == ["<h3>&lt;First&gt;</h3>", "<p>one</p>", "<h3>Second</h3>", "<p>two</p>"]


def test_an_output_widget_gives_what_is_stored_in_it_and_widgets_within() -> None:
    stored = [
        {"output_type": "stream", "name": "stdout", "text": "said"},
        {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": "b"}}},
    ]
    first, second = flat({"a": model("Output", outputs=stored), "b": model("Label", value="inner")}, "a")
    assert first["text"] == "said"
    assert second["data"] == {HTML: "<p>inner</p>"}


def test_a_widget_that_holds_itself_ends() -> None:
    assert flat({"a": model("VBox", children=["IPY_MODEL_a"])}, "a") == []


def test_a_view_of_an_unknown_model_leaves_nothing() -> None:
    assert flat({}, "gone") == []


def test_an_output_without_a_widget_stays() -> None:
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", name="stdout", text="x")])
    assert flatten(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs[0]["text"] == "x"
