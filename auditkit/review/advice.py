"""What auditkit recommends for each item, with its reason in words, and who is asked."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from auditkit.access.tables import Tables
from auditkit.errors import ReviewError
from auditkit.findings import Findings
from auditkit.given import read_text
from auditkit.review.population import KINDS, joined_by
from auditkit.review.replacing import instead
from auditkit.rules.base import among
from auditkit.rules.text import arrow, concat, series

RECOMMENDATIONS = ("keep", "remove", "change", "rotate", "shorten", "ask")
OWNER_KINDS = ("principal", "group", "role", "module")

_BY_RULE = {
    **dict.fromkeys(("PRN001", "PRN002", "PRN005"), "remove"),
    **dict.fromkeys(("PRN003", "PRN004", "PRN006", "PRN007", "PRN008", "CRD007"), "ask"),
    **dict.fromkeys(("CRD001", "CRD006", "CRD008", "CRD009", "CRD010"), "remove"),
    **dict.fromkeys(("CRD002", "CRD005"), "rotate"),
    **dict.fromkeys(("CRD004", "CRD011"), "shorten"),
    **dict.fromkeys(("ROL001", "ROL002", "ROL003", "ROL004", "ROL009"), "remove"),
    **dict.fromkeys(("ROL007", "ROL008", "ROL010", "PRM002", "PRM003", "PRM008", "PRM009"), "ask"),
    "PRM007": "ask",
    # Its secret is known to whoever could read the record.
    "DAT007": "rotate",
}
# What these tell is no reason to take anything away: another finding on the same item says what to do about it.
_INFORMING = ("PRM001", "PRM006", "PRM004", "CRD003", "DAT001", "DAT002", "DAT003", "DAT004", "DAT005")
_UNTOUCHED = {
    "recommendation": "keep", "instead": "", "because": "no rule flags it", "severity": "none", "fingerprints": "",
}  # fmt: skip
# What advice is made of, beside the item and the recommendation.
_KEPT = ("fingerprint", "rule", "severity", "title", "message", "subject_id")
_NAMED = r'"%s": ?"(?P<id>(?:[^"\\]|\\.)*)"'


def advise(items: pd.DataFrame, findings: Findings, tables: Tables) -> pd.DataFrame:
    """The items with `recommendation`, `instead` (the role to change to, if one is known), `because` (the finding that
    it rests on, in words, and a worse one that only informs), `severity` (of the worst on it), `fingerprints`.

    A finding on a permission speaks of its principal and of each holding that gives the permission: one that gives
    what must never be held is to be removed. What a principal lacks, or what is wrong in the record itself, is asked
    about, unless another finding says what is to be done. An item that no finding touches is recommended to be kept.
    """
    found = findings.frame
    both = pd.concat([_by_item(found, items), _by_holding(found, tables)], ignore_index=True)
    touching = _spared(both, tables).sort_values("severity", ascending=False, kind="stable")
    every = joined_by(touching["item"], touching.fingerprint, " ")
    first = touching.drop_duplicates("item").set_index("item")
    # Stable: among those that say what to do, and among those that only inform, the worst stays first.
    informing = touching.rule.isin(_INFORMING)
    worst = touching.assign(_last=informing).sort_values("_last", kind="stable").drop_duplicates("item")
    worst = worst.set_index("item").loc[first.index].reset_index()
    # Of the same item, in the same order.
    beside = first.reset_index(drop=True)
    other = beside.fingerprint.ne(worst.fingerprint) & beside.severity.ne(worst.severity)
    told = {name: arrow(worst[name].astype("str")) for name in ("recommendation", "instead")}
    told["severity"] = arrow(beside.severity.astype("str"))
    said = (_said(worst), ("; and " + _said(beside)).where(other, ""))
    told["because"] = concat(*map(arrow, said), count=len(worst))
    # Both keep the order in which an item is met first.
    told["fingerprints"] = arrow(every)
    place = pc.index_in(arrow(items["item"]), value_set=arrow(worst["item"]))
    advised = items.assign(
        **{name: series(pc.fill_null(told[name].take(place), usual), items.index) for name, usual in _UNTOUCHED.items()}
    )
    return advised if tables["required"] is None else _needed(advised, tables)


def unattached(found: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The rows of findings that hang on none of the advised items, so that no reviewer saw them with what they
    decided."""
    shown = set(items.fingerprints.str.split().explode().dropna())
    return found[~found.fingerprint.isin(shown)]


def _said(rows: pd.DataFrame) -> pd.Series:
    said = [arrow(rows[name]) for name in ("rule", "title", "message")]
    return series(concat(said[0], " ", said[1], ": ", said[2], count=len(rows)), rows.index)


def _by_item(found: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The findings, each beside the item that it speaks of: its subject, else the assignment it names, else whom.

    A bad one on what is no item itself, such as a revoked credential that is used, is its principal's.
    """
    direct = found.subject_type.isin(KINDS)
    own = (found.subject_type + ":" + found.subject_id)[direct]
    bad = found[direct & found.severity.ge("high")]
    astray = bad[~among(own[bad.index], items["item"])]
    whose = ("principal:" + _named(astray, "principal_id")).dropna()
    others = found[~direct]
    named = ("assignment:" + _named(others, "assignment_id")).fillna("principal:" + _whom(others))
    item = pd.concat([own.drop(whose.index), named, whose]).reindex(found.index)
    told = astray.subject_type + " " + astray.subject_id + " " + astray.message
    message = pd.concat([found.message.drop(whose.index), told[whose.index]]).reindex(found.index)
    known = found.rule.isin(_BY_RULE)
    rows = found[[*_KEPT]].assign(
        item=item, message=message, recommendation=found.rule.map(_BY_RULE).astype("str").fillna("ask")
    )
    return rows[direct | found.subject_type.str.startswith("principal") | known]


def _named(found: pd.DataFrame, name: str) -> pd.Series:
    """The first id of this name in what each finding relates to."""
    return series(pc.struct_field(pc.extract_regex(arrow(found.related), _NAMED % name), "id"), found.index)


def _whom(found: pd.DataFrame) -> pd.Series:
    """The first part of each finding's subject: of those of several parts, the principal."""
    parts = pc.split_pattern(arrow(found.subject_id), "|", max_splits=1)
    return series(pc.list_element(parts, 0), found.index)


def _spared(touching: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """A role that does not support a principal with required permissions is to be replaced, not just removed: change
    it to the one role that would do, or ask where there is none, or more than one."""
    required = tables["required"]
    if required is None:
        return touching.assign(instead="")
    whom = _whom(touching)
    wanted = among(whom, required.principal_id[required.expect.eq("allow")])
    useless = touching.rule.isin(["ROL001", "ROL002"]) & wanted
    # What a group holds is not changed for the sake of one in it.
    held = tables["assignments"]
    own = useless & among(whom + "\x1f" + touching["item"], held.principal_id + "\x1fassignment:" + held.assignment_id)
    found = instead(tables, whom[own])
    words = {principal: f"; {one.told(tables)} would do instead" for principal, one in found.items()}
    single = {principal: next(iter(one.roles)) for principal, one in found.items() if len(one.roles) == 1}
    who = pd.Series("somebody in this group", index=touching.index).mask(own, "it")
    unknown = "; " + who + " has required permissions: `auditkit narrow` says what would do before this one is removed"
    message = touching.message + whom.where(own).map(words).astype("str").fillna(unknown)
    role = whom.where(own).map(single).astype("str").fillna("")
    advice = touching.recommendation.mask(useless, "ask").mask(role.ne(""), "change")
    return touching.assign(recommendation=advice, message=touching.message.mask(useless, message), instead=role)


def _needed(items: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The items, their reason saying of an assignment to be removed which required permissions come by it alone."""
    gaps, going = tables["gaps"], items[items.kind.eq("assignment") & items.recommendation.eq("remove")]
    kept = gaps[gaps.expect.eq("allow") & gaps.outcome.eq("allowed")][["line", "principal_id", "permission"]]
    known = tables["permissions"][["permission_id", "identifier"]].rename(columns={"identifier": "permission"})
    asked = kept.merge(known, on="permission")
    ways = tables["reach"].loc[lambda rows: rows.support.ne("no"), ["principal_id", "role_id", "assignment_id"]]
    given = asked.merge(ways, on="principal_id").merge(tables["role_permissions"], on=["role_id", "permission_id"])
    grants = tables["grants"].loc[lambda rows: rows.live, ["principal_id", "permission_id"]]
    otherwise = asked.merge(grants, on=["principal_id", "permission_id"]).line
    alone = given[given.groupby("line").assignment_id.transform("nunique").eq(1) & ~given.line.isin(otherwise)]
    alone = alone[alone.assignment_id.isin(going.record_id)].drop_duplicates(["assignment_id", "line"])
    ordered = alone.sort_values("line", ignore_index=True)
    lines = joined_by(ordered.assignment_id, ordered.line.astype("str"), ", ")
    warned = "; required on line " + lines + " and given by it alone: give that otherwise before it is removed"
    more = going.record_id.map(warned).astype("str").reindex(items.index).fillna("")
    return items.assign(because=items.because + more)


def _by_holding(found: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The findings on a principal and a permission, beside each assignment or grant that gives the one the other."""
    # What is lacking is given by nothing that is held.
    rows = found[found.subject_type.str.startswith("principal|permission") & found.rule.isin(_BY_RULE)]
    parts = rows.subject_id.str.split("|", n=2, expand=True).reindex(columns=[0, 1]).astype("str")
    asked = rows.assign(principal_id=parts[0], identifier=parts[1])
    asked = asked.merge(tables["permissions"][["permission_id", "identifier"]], on="identifier")
    ways = tables["reach"][["principal_id", "role_id", "assignment_id", "support"]]
    held = asked.merge(tables["role_permissions"], on="permission_id").merge(ways, on=["principal_id", "role_id"])
    held = held[held.support.ne("no")]
    grants = tables["grants"]
    granted = asked.merge(grants.loc[grants.live, ["grant_id", "principal_id", "permission_id"]])
    both = pd.concat(
        [held.assign(item="assignment:" + held.assignment_id), granted.assign(item="grant:" + granted.grant_id)]
    )
    forbidden = both.rule.eq("PRM007") & both.severity.eq("critical")
    advice = both.rule.map(_BY_RULE).mask(forbidden, "remove")
    return both.assign(recommendation=advice)[[*_KEPT, "item", "recommendation"]]


def read_owners(path: str | Path) -> pd.DataFrame:
    """A CSV of owners: the columns kind (principal, group, role, module), id and reviewer, all text.

    Raises `ReviewError` that names the line.
    """
    text = read_text(Path(path), "a CSV of owners", ReviewError)
    try:
        rows = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False)
    except ValueError as problem:
        raise ReviewError(f"{Path(path).name} cannot be read as a CSV of owners ({type(problem).__name__})") from None
    if list(rows.columns) != ["kind", "id", "reviewer"]:
        raise ReviewError(f"{Path(path).name}: the columns are to be kind,id,reviewer")
    odd = rows.index[~rows.kind.isin(OWNER_KINDS) | rows.id.eq("") | rows.reviewer.str.strip().eq("")]
    if len(odd):
        raise ReviewError(
            f"{Path(path).name}, line {odd[0] + 2}: kind ({', '.join(OWNER_KINDS)}), id and reviewer are needed"
        )
    return rows


def assign_reviewers(items: pd.DataFrame, owners: pd.DataFrame, tables: Tables) -> pd.Series:
    """Who is asked about each item: the owner of its principal, else of a group that it is in, else of its role, else
    of a module that it opens; empty where nobody owns it."""
    reviewer = pd.Series("", index=items.index, dtype="str")
    for kind in (kind for kind in OWNER_KINDS if owners.kind.eq(kind).any()):
        names = owners[owners.kind.eq(kind)].drop_duplicates("id").set_index("id").reviewer
        found = _owner(items, names, kind, tables).astype("str").fillna("")
        reviewer = reviewer.where(reviewer.ne(""), found)
    return reviewer


def _owner(items: pd.DataFrame, names: pd.Series, kind: str, tables: Tables) -> pd.Series:
    if kind == "principal":
        return items.principal_id.map(names)
    if kind == "role":
        return items.role_id.map(names)
    if kind == "group":
        members = tables["group_members"]
        return items.principal_id.map(names).fillna(
            items.principal_id.map(_first(members.principal_id, members.group_id, names))
        )
    permissions = tables["permissions"]
    held = tables["role_permissions"].merge(permissions[["permission_id", "module"]], on="permission_id")
    by_permission = permissions.set_index("permission_id").module.map(names)
    return items.role_id.map(_first(held.role_id, held.module, names)).fillna(items.permission_id.map(by_permission))


def _first(key: pd.Series, owned: pd.Series, names: pd.Series) -> pd.Series:
    """For each key the owner of the first (by id) of the things that it is tied to and somebody owns."""
    ties = pd.DataFrame({"key": key, "owned": owned, "reviewer": owned.map(names)}).dropna(subset="reviewer")
    return ties.sort_values(["key", "owned"]).drop_duplicates("key").set_index("key").reviewer
