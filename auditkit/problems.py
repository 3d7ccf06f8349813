"""The frame of problems: what was odd about the records of a snapshot, one row for each rule and record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from auditkit.schema import TEXT

PROBLEM_COLUMNS = ("rule", "collection", "record", "record_id", "field", "reason", "set_aside", "raw")
PROBLEMS = pa.schema([(name, pa.bool_() if name == "set_aside" else pa.string()) for name in PROBLEM_COLUMNS])


def problem_frame(problems: pd.DataFrame | Sequence[Mapping[str, Any]] | None = None) -> pd.DataFrame:
    """The typed frame of problems, sorted; from rows that may leave out what they do not know."""
    if problems is None or len(problems) == 0:
        return problems_from_arrow(PROBLEMS.empty_table())
    rows = pd.DataFrame(problems).reindex(columns=list(PROBLEM_COLUMNS))
    rows["set_aside"] = [value is True or bool(value == True) for value in rows["set_aside"]]  # noqa: E712
    order = ["collection", "record_id", "rule", "field"]
    return problems_from_arrow(problems_to_arrow(rows).sort_by([(name, "ascending") for name in order]))


def problems_to_arrow(problems: pd.DataFrame) -> pa.Table:
    arrays = [
        pa.array(problems[name], each.type, from_pandas=True)
        for name, each in zip(PROBLEMS.names, PROBLEMS, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=PROBLEMS)


def problems_from_arrow(table: pa.Table) -> pd.DataFrame:
    text = {name: TEXT.__from_arrow__(table.column(name)) for name in PROBLEM_COLUMNS if name != "set_aside"}
    flags = {"set_aside": table.column("set_aside").to_numpy().astype(bool)}
    return pd.DataFrame(text | flags, columns=list(PROBLEM_COLUMNS), index=pd.RangeIndex(table.num_rows))
