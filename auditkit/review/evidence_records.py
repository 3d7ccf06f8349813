"""What the fields of a pack's JSON and Parquet files mean, for columns.csv."""

from __future__ import annotations

from collections.abc import Mapping

from auditkit.schema import COLLECTIONS

_KINDS = {
    "text": "text", "enum": "one of the values that the IAM knows", "time": "a time, in UTC", "bool": "yes or no",
    "list": "a list of texts", "conditions": "JSON, as the IAM gives it",
}  # fmt: skip
ENTRY = {
    "entry_id": "the id of the entry; it is made of the act of deciding and the item, so that nothing is taken twice",
    "campaign": "the name of the review",
    "item": "the kind and id of what was asked about; attestation: and a kind where something was attested",
    "content": "SHA-256 of what the item gave when it was decided; README.txt says how it is made",
    "action": "what was said; undo takes an earlier entry back",
    "reviewer": "the name given by whoever decided; nobody was authenticated",
    "at": "when, in UTC, by the clock of the computer on which it was entered",
    "reason": "why, in the words of whoever decided",
    "target": "the id of the role of a change, the person of a delegate, or the time of what was attested",
    "account": "the account and computer on which it was entered, as the operating system has them",
    "bulk": "the name of the act in which several were decided together, and how many; empty for one by itself",
    "undoes": "the entry_id of the entry that is taken back",
    "resolves": "yes where it settles what reviewers disagreed about",
    "seen": "empty; but in an entry that was taken from another copy of the review: the entry_id of each earlier entry "
            "on the item that its author had before them there, or none",
    "previous": "the chain of the line before; 64 zeros in the first",
    "chain": "SHA-256 of the line with chain empty; README.txt says how it is made",
}  # fmt: skip
_CAMPAIGN = {
    "name": "the name of the review",
    "scope": "what was asked about: everything, machine, privileged, changed, or one group",
    "organisation_id": "the id of the organisation",
    "as_of": "the instant at which the data was judged",
    "started_at": "when the review began",
    "snapshot": "SHA-256 of snapshot/manifest.json, which holds that of each file of the snapshot",
    "population": "SHA-256 of population.parquet",
    "counts": "how many items of each kind",
    "without_reviewer": "how many items have nobody to be asked",
    "previous": "the name of the review before; empty for a first one",
    "inputs": "SHA-256 of each file that the review was begun with",
    "schema": "the version of this file's form",
}
_MANIFEST = {
    "tool_version": "the version of the program that read the data",
    "organisation_id": "the id of the organisation",
    "origin": "the address that it was read from, or the name of the file",
    "started_at": "when reading began, by the clock of the IAM",
    "finished_at": "when it ended, by the same clock",
    "clock_skew_seconds": "how far the clock of the IAM was ahead of the reading computer's; behind if below 0",
    "collections": "for each kind of record how many came, were kept, were set aside, came twice, and whether all came",
    "unread": "the lists that could not be read, and why",
    "files": "the rows of each file beside this one, and its SHA-256",
    "notes": "what else was told while reading",
    "schema_version": "the version of this file's form",
}
_PROBLEMS = {
    "rule": "the rule that says it", "collection": "the kind of record", "record": "what one record is called",
    "record_id": "its id", "field": "the field that is odd", "reason": "what is odd",
    "set_aside": "yes where the whole record was left out of the data",
    "raw": "the record as it came, if it was left out",
}  # fmt: skip


def records(files: Mapping[str, bytes], population: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """File, field and meaning, for each JSON and Parquet file of a pack; `population` is what its columns mean."""
    rows = {"decisions.jsonl": ENTRY, "campaign.json": _CAMPAIGN, "population.parquet": population}
    for folder in ("snapshot", "snapshot-after"):
        rows[f"{folder}/manifest.json"] = _MANIFEST
        rows[f"{folder}/problems.parquet"] = _PROBLEMS
        for name, collection in COLLECTIONS.items():
            rows[f"{folder}/{name}.parquet"] = {
                one.name: f"`{one.field}` of each {collection.record} of the IAM: {_KINDS[one.kind]}"
                for one in collection.columns
            }
    return [(name, column, means) for name in sorted(rows) if name in files for column, means in rows[name].items()]
