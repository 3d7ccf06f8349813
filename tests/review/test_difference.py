"""Two quarters side by side: what changed, who gained and lost what, and how fair the comparison is."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from companies import HELD, KEYS, OLD, PEOPLE, Q3, Q4, ROLES, at, audited, changed, company, without

from auditkit.access.required import EMPTY
from auditkit.access.tables import Tables
from auditkit.errors import ReviewError
from auditkit.findings import Findings, run_rules
from auditkit.limits import Limits
from auditkit.review.accepted import read_accepted
from auditkit.review.difference import Difference, difference
from auditkit.review.difference_text import to_json, to_text
from auditkit.snapshot import Snapshot, build


def compared(
    old: Snapshot, new: Snapshot, old_limits: Limits | None = None, new_limits: Limits | None = None
) -> Difference:
    (old_tables, before), (new_tables, after) = audited(old, old_limits), audited(new, new_limits)
    return difference(before, after, old_tables, new_tables)


def test_nothing_differs_from_itself() -> None:
    same = compared(company(), company())
    assert same.records.empty
    assert same.access.empty
    assert set(same.findings.status) == {"still"}
    assert same.fairness == ()


def test_records_added_removed_and_changed_with_their_fields() -> None:
    new = company(
        credentials=changed(without(KEYS, 0), 0, revoked_at=Q4),
        role_assignments=HELD
        | {k: [*v, x] for (k, v), x in zip(HELD.items(), ["a4", "ann", "reader", "org", Q4], strict=True)},
    )
    rows = compared(company(), new).records
    assert rows[["record", "record_id", "change", "fields"]].to_numpy().tolist() == [
        ["credential", "c1", "removed", ""],
        ["credential", "c2", "changed", "revoked_at"],
        ["assignment", "a4", "added", ""],
    ]


def test_use_alone_is_no_difference() -> None:
    assert compared(company(), company(principals=PEOPLE | {"last_active_at": [Q4] * 4})).records.empty


def test_who_gained_and_lost_what_and_through_what() -> None:
    new = company(
        group_members={"group_id": [], "principal_id": []},
        roles=ROLES | {"permission_ids": [["p1", "p2"], ["p1", "p2"]]},
    )
    rows = compared(company(), new).access.set_index(["principal_id", "permission"])
    assert rows.change[("gate", "iam.key.create")] == "gained"
    assert rows.through[("gate", "iam.key.create")] == "role Reader (reader)"
    assert rows.change[("ann", "iam.key.create")] == "lost"
    assert rows.through[("ann", "iam.key.create")] == "role Administrator (admin), through group ops"
    assert ("ann", "iot.device.read") not in rows.index  # her direct grant keeps it


def test_reversed_it_is_the_reverse() -> None:
    new = company(group_members={"group_id": [], "principal_id": []}, credentials=without(KEYS, 1))
    there, back = compared(company(), new), compared(new, company())
    flip = {"gained": "lost", "lost": "gained", "widened": "narrowed", "narrowed": "widened"}
    assert there.access.change.map(flip).tolist() == back.access.change.tolist()
    assert there.access.before.tolist() == back.access.after.tolist()
    swap = {"added": "removed", "removed": "added", "changed": "changed"}
    assert there.records.change.map(swap).tolist() == back.records.change.tolist()
    assert set(there.findings.fingerprint[there.findings.status.eq("gone")]) == set(
        back.findings.fingerprint[back.findings.status.eq("new")]
    )


def test_findings_new_gone_still_and_back_with_their_age() -> None:
    endless = "CRD004"
    fixed = company(credentials=changed(KEYS, 0, expires_at="2026-12-01T00:00:00Z"))
    audits = [audited(snapshot) for snapshot in (company(), fixed, company())]
    (_, first), (middle_tables, middle), (last_tables, last) = audits
    rows = difference(middle, last, middle_tables, last_tables, earlier=[first]).findings.set_index("rule")
    assert rows.status[endless] == "came back"
    assert rows.quarters[endless] == 1
    assert rows.quarters["PRM003"] == 3
    assert compared(company(), fixed).findings.set_index("rule").status[endless] == "gone"


def entries(folder: Path, until: str, subject: str = "c1") -> pd.DataFrame:
    (folder / "accepted.toml").write_text(
        f'[[accepted]]\nrule = "CRD004"\nsubject = "{subject}"\nreason = "the move"\nowner = "Olga"\nuntil = {until}\n'
    )
    return read_accepted(folder / "accepted.toml")


def accepting(old: Snapshot, new: Snapshot, accepted: pd.DataFrame) -> Difference:
    (old_tables, before), (new_tables, after) = audited(old), audited(new)
    return difference(before, after, old_tables, new_tables, accepted=accepted)


def endless(found: Difference) -> list[tuple[str, str]]:
    rows = found.findings[found.findings.rule.eq("CRD004")]
    return list(zip(rows.status, rows.note, strict=True))


def test_an_accepted_finding_is_in_no_count_of_either_side(tmp_path: Path) -> None:
    old, new = company(), company(Q4)
    found = accepting(old, new, entries(tmp_path, "2026-12-31"))
    assert endless(found) == []
    own = [len(audited(each)[1].frame) - 1 for each in (old, new)]
    counts = found.findings.status.value_counts()
    assert counts.get("still", 0) + counts.get("gone", 0) == own[0]
    assert counts.get("still", 0) + counts.get("new", 0) == own[1]
    assert "  accepted findings, in no count here: 1 in the older, 1 in the newer\n" in to_text(found)
    (told,) = json.loads(to_json(found))["accepted"]
    assert (told["rule"], told["subject_id"], told["owner"], told["until"]) == ("CRD004", "c1", "Olga", "2026-12-31")


def test_what_was_accepted_and_is_no_more_is_new_and_says_until_when(tmp_path: Path) -> None:
    lapsed = entries(tmp_path, "2026-08-31")
    found = accepting(company(), company(Q4), lapsed)
    assert endless(found) == [("new", "a finding again: accepted until 2026-08-31")]
    assert "; a finding again: accepted until 2026-08-31\n" in to_text(found)
    back = accepting(company(Q4), company(), lapsed)
    assert endless(back) == [("accepted", "accepted until 2026-08-31")]
    over = back.findings.status.isin(["gone", "accepted"])
    assert set(back.findings.fingerprint[over]) == set(found.findings.fingerprint[found.findings.status.eq("new")])


@pytest.mark.parametrize(("until", "subject"), [("2026-01-31", "c1"), ("2026-12-31", "c2")])
def test_an_entry_that_is_over_or_of_another_sets_nothing_apart(tmp_path: Path, until: str, subject: str) -> None:
    found = accepting(company(), company(Q4), entries(tmp_path, until, subject))
    assert endless(found) == [("still", "")]
    assert found.apart == ["accepted findings, in no count here: 0 in the older, 0 in the newer"]
    assert compared(company(), company(Q4)).apart == []


def test_nothing_differs_from_itself_with_accepted_findings(tmp_path: Path) -> None:
    same = accepting(company(), company(), entries(tmp_path, "2026-12-31"))
    assert set(same.findings.status) == {"still"}
    assert set(same.findings.note) == {""}
    assert len(same.findings) == len(audited(company())[1].frame) - 1


def test_what_was_given_again_under_another_id_is_linked() -> None:
    narrow = HELD | {"scope_type": [None, "iot.gateway", None], "scope_path": [None, "/site-1", None]}
    wide = narrow | {"assignment_id": ["a1", "a9", "a3"], "scope_type": [None] * 3, "scope_path": [None] * 3}
    old, new = company(role_assignments=narrow), company(role_assignments=wide)
    columns = ["record_id", "change", "note"]
    assert compared(old, new).records[columns].to_numpy().tolist() == [
        ["a2", "removed", "given again as a9 on the whole organisation, which is wider"],
        ["a9", "added", "gives again what a2 gave"],
    ]
    assert "given again as a9" in to_text(compared(old, new))
    assert compared(new, old).records[columns].to_numpy().tolist() == [
        ["a2", "added", ""],
        ["a9", "removed", "the same role is held again on iot.gateway /site-1 (assignment a2)"],
    ]


def test_a_grant_that_was_given_again_is_linked_and_one_of_another_permission_is_not() -> None:
    def granted(name: str, permission: str) -> Snapshot:
        return company(permission_grants={
            "grant_id": [name], "principal_id": ["ann"], "permission_id": [permission], "organisation_id": ["org"],
            "created_at": [OLD],
        })  # fmt: skip

    again = compared(granted("g1", "p1"), granted("g2", "p1")).records
    assert again[["record_id", "note"]].to_numpy().tolist() == [
        ["g1", "given again as g2 on the whole organisation"],
        ["g2", "gives again what g1 gave"],
    ]
    assert compared(granted("g1", "p1"), granted("g2", "p2")).records.note.tolist() == ["", ""]


@pytest.mark.parametrize("which", ["role_assignments", "permission_grants", "principals"])
def test_what_could_not_be_read_is_compared_all_the_same(which: str) -> None:
    partly = build(
        {name: each for name, each in company().frames.items() if name != which}, incomplete={which: "403"}, as_of=Q4
    )
    found = compared(company(), partly)
    assert found.records.note.eq("").all()
    assert found.records.collection.eq(which).any()
    assert any(f"{which} could not be read whole" in why for why in found.fairness)


@pytest.mark.parametrize(
    "who", [{"principal_id": ["ops", "hooks", "hooks"]}, {"role_id": ["admin", "admin", "reader"]}]
)
def test_another_principal_or_role_is_no_giving_again(who: dict[str, list[str]]) -> None:
    other = HELD | who | {"assignment_id": ["a1", "a9", "a3"]}
    rows = compared(company(), company(role_assignments=other)).records
    assert set(zip(rows.record_id, rows.change, rows.note, strict=True)) == {("a2", "removed", ""), ("a9", "added", "")}


def test_a_list_that_is_cut_names_where_the_rest_is() -> None:
    many = [f"n{number:02}" for number in range(45)]
    crowd = {"principal_id": many, "type": ["User"] * 45, "display_name": many, "status": ["Active"] * 45,
             "organisation_id": ["org"] * 45, "created_at": [OLD] * 45, "last_active_at": [OLD] * 45}  # fmt: skip
    more = company(principals={name: [*PEOPLE[name], *crowd[name]] for name in PEOPLE})
    assert "  and 5 more: --format json lists them" in to_text(compared(company(), more))


@pytest.mark.parametrize(
    ("new", "limits", "says"),
    [
        (company(), Limits(dormant_days=45), "the limit dormant_days was 90 and is 45"),
        (build(company().frames, incomplete={"roles": "403"}), None, "roles could not be read whole in the newer"),
    ],
)
def test_an_unfair_comparison_is_said(new: Snapshot, limits: Limits | None, says: str) -> None:
    assert any(says in sentence for sentence in compared(company(), new, new_limits=limits).fairness)


NEEDS = EMPTY.reindex([0]).assign(line=2, principal_id="gate", permission="iot.device.read", expect="allow")


def judged_by(
    snapshot: Snapshot, needs: pd.DataFrame | None = None, as_of: str | None = None
) -> tuple[Tables, Findings]:
    tables = Tables(snapshot, as_of=as_of and at(as_of), required=needs)
    return tables, run_rules(tables, Limits())


def by(old: tuple[Tables, Findings], new: tuple[Tables, Findings]) -> Difference:
    return difference(old[1], new[1], old[0], new[0], csvs=("needs.csv", ""))


def test_by_what_each_side_was_judged_is_said_in_words_and_as_json() -> None:
    found = by(judged_by(company(), NEEDS), judged_by(company(Q4)))
    whole = json.loads(to_json(found))
    assert (whole["old"]["as_of"], whole["new"]["as_of"]) == (Q3, Q4)
    assert (whole["old"]["required"]["file"], whole["old"]["required"]["rows"], whole["new"]["required"]) == (
        "needs.csv",
        1,
        None,
    )
    assert whole["new"]["limits"]["dormant_days"] == {"value": "90", "source": None}
    text = to_text(found)
    assert f"the older is judged as of {Q3}, the newer as of {Q4}" in text
    assert "the older by 1 required permission of needs.csv (" in text
    assert "the newer by no required permissions, the default limits" in text
    assert "both by" not in text


def test_judged_alike_is_said_once_and_is_fair() -> None:
    same = judged_by(company(), NEEDS)
    found = by(same, judged_by(company(Q4), NEEDS.assign(line=7)))
    assert found.fairness == ()
    assert [side.digest for side in found.judged] == [found.judged[0].digest] * 2
    alike = difference(same[1], same[1], same[0], same[0], csvs=("needs.csv", "needs.csv"))
    assert "  both by 1 required permission of needs.csv (" in to_text(alike)


def test_other_required_permissions_are_unfair() -> None:
    other = NEEDS.assign(permission="iam.key.create")
    (said,) = by(judged_by(company(), NEEDS), judged_by(company(), other)).fairness
    assert said.startswith("the older was judged by 1 required permission of needs.csv (")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (Q3, Q4, ""),  # each when it was pulled
        (None, None, ""),
        (Q3, "2026-10-01T23:00:00Z", ""),
        (Q4, Q4, "the older was judged 92 days after it was pulled, the newer when it was pulled"),
        (Q3, "2026-09-29T00:00:00Z", "the newer 2 days before it was pulled"),
    ],
)
def test_an_instant_apart_from_the_pull_is_unfair_where_the_two_differ(
    old: str | None, new: str | None, says: str
) -> None:
    found = by(judged_by(company(), as_of=old), judged_by(company(Q4), as_of=new)).fairness
    assert [says in sentence for sentence in found] == ([True] if says else [])


def test_another_organisation_is_refused() -> None:
    with pytest.raises(ReviewError, match="same organisation"):
        compared(company(), build({}, organisation_id="other"))
