"""What proves a finding: the records that it came from, field by field, with those that the rule looked at marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.findings_text import instant
from auditkit.rules import RULES
from auditkit.widgets.markup import bullets, definitions, safe_table, safe_text, said_text

if TYPE_CHECKING:
    from auditkit.access.tables import Tables

# Which table, by which column, a field of a finding's proof names a record of.
_NAMED = {
    "principal_id": ("principals", "principal_id"), "principal_ids": ("principals", "principal_id"),
    "through": ("principals", "principal_id"), "group_id": ("principals", "principal_id"),
    "credential_id": ("credentials", "credential_id"), "credential_ids": ("credentials", "credential_id"),
    "role_id": ("roles", "role_id"), "assignment_id": ("assignments", "assignment_id"),
    "repeats": ("assignments", "assignment_id"), "grant_id": ("grants", "grant_id"),
    "permission_id": ("permissions", "permission_id"), "permission": ("permissions", "identifier"),
    "first": ("permissions", "identifier"), "second": ("permissions", "identifier"),
    "organisation_id": ("organisation", "organisation_id"), "line": ("required", "line"),
}  # fmt: skip
_SUBJECTS = {
    "principal": "principal_id", "credential": "credential_id", "role": "role_id", "assignment": "assignment_id",
    "grant": "grant_id", "permission": "permission_id", "organisation": "organisation_id",
}  # fmt: skip
# A list in a proof may name thousands; the first of them are shown, and how many more there are.
MOST_RECORDS = 8
_LONGEST_LIST = 12


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record that a finding came from: its table, its id, and a frame field, value, looked_at."""

    table: str
    key: str
    fields: pd.DataFrame


def records(finding: Mapping[str, Any], tables: Tables) -> tuple[list[Record], int]:
    """The records that a finding names, and how many more there are than `MOST_RECORDS`."""
    related = json.loads(finding["related"])
    places = list(dict.fromkeys(_places(finding, related)))
    found = [_record(table, column, key, related, tables) for table, column, key in places[:MOST_RECORDS]]
    return [record for record in found if record is not None], max(len(places) - MOST_RECORDS, 0)


def _places(finding: Mapping[str, Any], related: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Where to look for each record: the finding's subject first, then what its proof names."""
    subject = _NAMED.get(_SUBJECTS.get(finding["subject_type"], ""))
    if subject:
        yield (*subject, finding["subject_id"])
    for name, value in related.items():
        for key in value if isinstance(value, list) else [value]:
            if name in _NAMED and key is not None:
                yield (*_NAMED[name], key)


def _record(table: str, column: str, key: Any, related: Mapping[str, Any], tables: Tables) -> Record | None:
    frame = tables[table]
    rows = None if frame is None else frame[frame[column].eq(key)]
    if rows is None or rows.empty:
        return None
    told = {str(name): shown(rows[name].iloc[0]) for name in rows.columns}
    known = [name for name, value in told.items() if value]
    fields = pd.DataFrame(
        {
            "field": known,
            "value": [told[name] for name in known],
            "looked_at": ["yes" if name in related or name == column else None for name in known],
        }
    )
    return Record(table=table, key=str(key), fields=fields)


def problems_of(finding: Mapping[str, Any], tables: Tables) -> pd.DataFrame:
    """What reading had to say about the record of a finding about data: rule, field, reason."""
    problems = tables["problems"]
    rows = problems[problems.rule.eq(finding["rule"]) & problems.record_id.eq(finding["subject_id"])]
    return rows[["collection", "record_id", "field", "reason"]]


def detail_html(finding: Mapping[str, Any], tables: Tables) -> str:
    """A finding with why it matters, what to do, its controls, and the records that prove it."""
    rule = next(rule for rule in RULES if rule.id == finding["rule"])
    found, more = records(finding, tables)
    said = problems_of(finding, tables)
    controls = [f"{standard}: {', '.join(names)}" for standard, names in rule.controls.items()]
    facts = [(name.replace("_", " "), shown(value)) for name, value in json.loads(finding["related"]).items()]
    parts = [
        f'<p class="ak-head"><span class="ak-pill ak-{finding["severity"]}">{finding["severity"]}</span> '
        f"{safe_text(rule.id)} {safe_text(rule.title)}</p>",
        f"<p><strong>{safe_text(finding['subject_id'])}</strong>: {said_text(finding['message'])}</p>",
        f"<p><strong>Why it matters.</strong> {said_text(rule.why)}</p>",
        f"<p><strong>What to do.</strong> {said_text(sentence_case(rule.fix))}</p>",
        f"<p><strong>Evidence for</strong></p>{bullets(controls)}" if controls else "",
        "<p><strong>What the rule saw</strong></p>",
        definitions((name, value or None) for name, value in facts),
        safe_table(said, caption="What reading the record said") if len(said) else "",
        *(safe_table(one.fields, caption=f"{one.table.capitalize()}: {one.key}") for one in found),
        f'<p class="ak-note">and {more:,} more records</p>' if more else "",
        f'<p class="ak-note">fingerprint {finding["fingerprint"]}</p>',
    ]
    return "".join(parts)


def shown(value: Any) -> str:
    """A value as it was read: times to the second, lists in order; an empty text where there is none."""
    if pd.api.types.is_list_like(value):
        return _listed(list(value))
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return instant(value)
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _listed(values: list[Any]) -> str:
    more = len(values) - _LONGEST_LIST
    return ", ".join(str(value) for value in values[:_LONGEST_LIST]) + (f" and {more:,} more" if more > 0 else "")


def sentence_case(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
