"""Text by columns: what it writes must be what the plain, row by row way writes."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from auditkit.rules.base import choose, hits
from auditkit.rules.text import arrow, concat, gather, joined, json_objects, json_parts, template

HOSTILE = ['"', "\\", 'a"b\\c', "line\nbreak", "tab\t", "\x00\x1f", "ümlaut", "😀", "\u202eadmin", "</script>", "a|b", "", "NA", "007"]


def texts(*values):
    return pd.Series(list(values), dtype="str")


def test_a_template_is_filled_from_columns():
    rows = pd.DataFrame(
        {
            "who": texts("a", "b"),
            "at": pd.to_datetime(["2026-10-01T00:00:01.5Z", None], utc=True).as_unit("us"),
            "n": [1, 20],
            "share": [0.5, 0.256],
            "kind": pd.Categorical(["x", "y"]),
        }
    )
    filled = template(rows, "{who} has {n} of {share:.0%} at {at:%Y-%m-%d}: {kind}").to_pylist()
    assert filled == ["a has 1 of 50% at 2026-10-01: x", "b has 20 of 26% at : y"]


def test_a_template_without_columns_is_the_same_for_all():
    assert template(pd.DataFrame(index=range(2)), "never expires").to_pylist() == ["never expires"] * 2
    assert template(pd.DataFrame(index=range(0)), "never expires").to_pylist() == []


def test_braces_in_data_are_no_template():
    assert template(pd.DataFrame({"a": texts("{b}", "%Y")}), "is {a}").to_pylist() == ["is {b}", "is %Y"]


def test_json_objects_equal_what_json_writes():
    rows = pd.DataFrame(
        {
            "text": texts(*HOSTILE, None),
            "flag": [True] * (len(HOSTILE) + 1),
            "count": list(range(len(HOSTILE) + 1)),
        }
    )
    written = json_objects(rows, {"z": "text", "a": "flag", "m": "count"}).to_pylist()
    expected = [
        json.dumps({"a": True, "m": number, "z": text}, ensure_ascii=False, separators=(",", ":"))
        for number, text in enumerate([*HOSTILE, None])
    ]
    assert written == expected


def test_json_times_keep_a_fraction_only_where_there_is_one():
    at = pd.to_datetime(["2026-10-01T00:00:00Z", "2026-10-01T00:00:00.25Z", None, "9999-12-31T23:59:59Z"], format="ISO8601", utc=True)
    rows = pd.DataFrame({"at": pd.Series(at).dt.as_unit("us")})
    assert [json.loads(text)["at"] for text in json_objects(rows, {"at": "at"}).to_pylist()] == [
        "2026-10-01T00:00:00Z",
        "2026-10-01T00:00:00.250000Z",
        None,
        "9999-12-31T23:59:59Z",
    ]


def test_json_lists_are_lists():
    rows = gather(pd.DataFrame({"k": texts("a", "a", "b", "a"), "v": texts("2", '"', "3", "2")}), ["k"], "v")
    assert json_objects(rows, {"v": "v"}).to_pylist() == ['{"v":["\\"","2"]}', '{"v":["3"]}']
    assert template(rows, "{v}").to_pylist() == ['", 2', "3"]


def test_gather_of_nothing_is_empty():
    assert gather(pd.DataFrame({"k": texts(), "v": texts()}), ["k"], "v").empty


def test_absent_parts_of_a_subject_are_left_out():
    rows = pd.DataFrame({"a": texts("p", "q"), "b": texts("x", None), "c": texts("/y", None)})
    assert joined(rows, ["a", "b", "c"]).to_pylist() == ["p|x|/y", "q"]
    assert json_parts(rows, ["a", "b", "c"]).to_pylist() == ['"p","x","/y"', '"q"']


def test_an_id_that_spells_null_is_kept_as_a_part():
    rows = pd.DataFrame({"a": texts("p"), "b": texts("null")})
    assert json_parts(rows, ["a", "b"]).to_pylist() == ['"p","null"']


def test_ids_that_join_to_the_same_text_keep_different_keys():
    rows = pd.DataFrame({"a": texts("p|x", "p"), "b": texts("y", "x|y")})
    assert joined(rows, ["a", "b"]).to_pylist() == ["p|x|y", "p|x|y"]
    assert len(set(json_parts(rows, ["a", "b"]).to_pylist())) == 2


@pytest.mark.parametrize("value", HOSTILE)
def test_hits_hold_any_text(value):
    found = hits(pd.DataFrame({"a": texts(value)}), subject=["a"], message="is {a}", related=["a"])
    assert found["subject_id"].to_pylist() == [value]
    assert found["message"].to_pylist() == [f"is {value}"]
    assert json.loads(found["related"][0].as_py()) == {"a": value}
    assert json.loads(f"[{found['key'][0]}]") == [value]


def test_hits_of_nothing_have_their_columns():
    found = hits(pd.DataFrame({"a": texts()}), subject=["a"], message="is {a}", related=["a"])
    assert found.column_names == ["subject_type", "subject_id", "key", "severity", "message", "related"]
    assert found.num_rows == 0


def test_hits_do_not_depend_on_the_index_of_the_rows():
    rows = pd.DataFrame({"a": texts("x", "y", "z")}).iloc[[2, 0]]
    assert hits(rows, subject=["a"], message="{a}")["subject_id"].to_pylist() == ["z", "x"]


def test_choose_takes_the_other_where_nothing_is_known():
    assert choose(pd.Series([True, False]), "yes", "no").tolist() == ["yes", "no"]
    assert choose(pd.Series([True, None], dtype="boolean"), "yes", "no").tolist() == ["yes", "no"]


def test_a_categorical_column_is_its_values():
    column = pd.Series(pd.Categorical(["b", "a", np.nan], categories=["b", "a"]))
    assert arrow(column).equals(pa.array(["b", "a", None], pa.large_string()))


def test_constant_text_is_glued_once_for_each_row():
    assert concat("a", "b", count=2).to_pylist() == ["ab", "ab"]
    assert concat(pa.array(["x", None], pa.large_string()), "-", count=2).to_pylist() == ["x-", "-"]
