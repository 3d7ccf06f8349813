"""What became of each decision, by a later snapshot."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from companies import HELD, KEYS, OLD, PEOPLE, Q3, Q4, changed, company, without

from auditkit.access.tables import Tables
from auditkit.review.proof import counted_statuses, prove
from auditkit.snapshot import Snapshot, build

BEFORE = company()
EXPIRED = "2026-06-25T00:00:00Z"
OWNERS = {"credential": "gate", "assignment": "gate", "grant": "ann", "principal": "gate"}


def asked(*decisions: tuple[str, str, str]) -> pd.DataFrame:
    rows = [(item, *item.split(":"), action, target) for item, action, target in decisions]
    frame = pd.DataFrame(rows, columns=["item", "kind", "record_id", "action", "target"]).astype("str")
    return frame.assign(principal_id=frame.kind.map(OWNERS), whose="", says="", decided_by="gil", reason="",
                        conflict=False)  # fmt: skip


def proved(after: Snapshot, *decisions: tuple[str, str, str]) -> list[tuple[str, str]]:
    rows = prove(asked(*decisions), Tables(BEFORE), Tables(after))
    return list(zip(rows["item"], rows.status, strict=True))


REVOKED = company(Q4, credentials=changed(KEYS, 0, revoked_at="2026-08-01T00:00:00Z"))

GATE_OFF = company(Q4, principals=changed(PEOPLE, 1, status="Revoked"))


def dead(keys: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return keys | {"revoked_at": ["2026-08-01T00:00:00Z"] * 2}


@pytest.mark.parametrize(
    ("after", "item", "action", "target", "status", "evidence"),
    [
        (company(Q4), "credential:c2", "remove", "", "not done", "still works"),
        (REVOKED, "credential:c1", "remove", "", "done", "revoked on 2026-08-01"),
        (company(Q4, credentials=without(KEYS, 0)), "credential:c1", "remove", "", "done", "no longer among"),
        (company(Q4), "assignment:a2", "remove", "", "not done", "still works"),
        (company(Q4, role_assignments=without(HELD, 1)), "assignment:a2", "remove", "", "done", "no longer among"),
        (company(Q4, role_assignments=changed(HELD, 1, assignment_id="b9")), "assignment:a2", "remove", "", "came back", "b9"),
        (company(Q4, role_assignments=changed(HELD, 1, expires_at="2026-08-01T00:00:00Z")), "assignment:a2", "remove", "", "done", "expired"),
        (company(Q4), "principal:gate", "remove", "", "not done", "principal gate is active"),
        (GATE_OFF, "principal:gate", "remove", "", "not done", "is revoked; left under it: credential c1, credential c2, assignment a2"),
        (company(Q4, principals=changed(PEOPLE, 1, status="Revoked"), credentials=dead(KEYS), role_assignments=without(HELD, 1)),
         "principal:gate", "remove", "", "done", "is revoked"),
        (company(Q4, principals=without(PEOPLE, 1), credentials=dead(KEYS), role_assignments=without(HELD, 1)), "principal:gate", "remove", "", "done", "no longer among"),
        (company(Q4, principals=changed(PEOPLE, 1, expires_at="2026-08-01T00:00:00Z"), credentials=dead(KEYS), role_assignments=without(HELD, 1)),
         "principal:gate", "remove", "", "done", "ended on 2026-08-01"),
        (company(Q4, credentials=changed(KEYS, 0, revoked_at="2026-08-01T00:00:00Z", last_used_at="2026-09-01T00:00:00Z")),
         "credential:c1", "remove", "", "done", "was revoked on 2026-08-01, yet was used on 2026-09-01"),
        (company(Q4, credentials=changed(KEYS, 0, credential_id="c9")), "credential:c1", "remove", "", "came back", "as c9"),
        (company("2027-02-01T00:00:00Z"), "credential:c2", "remove", "", "done", "expired on 2027-01-01 and is not revoked; that was its end date"),
        (company("2027-02-01T00:00:00Z", credentials=changed(KEYS, 1, last_used_at="2027-01-20T00:00:00Z")), "credential:c2", "remove", "", "not done", "yet was used on 2027-01-20"),
        (GATE_OFF, "credential:c1", "remove", "", "not done", "is not revoked, though its principal gate cannot use it now"),
        (company(Q4, role_assignments=changed(HELD, 1, role_id="admin")), "assignment:a2", "change", "admin", "done", "is in its place"),
        (REVOKED, "credential:c1", "rotate", "", "done", "revoked on"),
        (company(Q4, credentials=changed(without(KEYS, 1), 0, revoked_at=Q4)), "credential:c1", "rotate", "", "not done", "nothing took its place"),
        (company(Q4), "credential:c1", "rotate", "", "not done", "still works"),
        (company(Q4, role_assignments=changed(HELD, 1, assignment_id="b9", role_id="admin")), "assignment:a2", "change", "admin", "done", "no longer"),
        (company(Q4, role_assignments=without(HELD, 1)), "assignment:a2", "change", "admin", "not done", "nothing took its place"),
        (company(Q4), "assignment:a2", "keep", "", "done", "still works"),
        (company(Q4, credentials=changed(KEYS, 0, credential_id="c9")), "credential:c1", "keep", "", "done", "replaced by credential c9, which is newer"),
        (REVOKED, "credential:c1", "keep", "", "not done", "though it was to be kept"),
        (company("2027-02-01T00:00:00Z"), "credential:c2", "keep", "", "done", "it ended on 2027-01-01, as was stated when it was kept"),
        (company(Q4, role_assignments=changed(HELD, 1, scope_type="iot.site", scope_path="/s")), "assignment:a2", "keep", "", "done", "changed since the review: scope_type, scope_path"),
        (GATE_OFF, "principal:gate", "keep", "", "not done", "is revoked, though it was to be kept"),
        (company(Q4, credentials=changed(without(KEYS, 1), 0, revoked_at=Q4)), "credential:c1", "keep", "", "not done", "revoked on"),
        (company(Q4, role_assignments=without(HELD, 1)), "assignment:a2", "keep", "", "not done", "no longer"),
        (build(company(Q4).frames | {"credentials": company(Q4, credentials=without(KEYS, 0)).credentials}, incomplete={"credentials": "403"}),
         "credential:c1", "remove", "", "cannot be told", "could not be read whole"),
    ],
)  # fmt: skip
def test_status(after: Snapshot, item: str, action: str, target: str, status: str, evidence: str) -> None:
    rows = prove(asked((item, action, target)), Tables(BEFORE), Tables(after))
    assert (rows.status.tolist(), evidence in rows.evidence[0]) == ([status], True), rows.evidence[0]


NETWORK, SITE = ("iot.network", "/n"), ("iot.network", "/n/s")
GRANT = {
    "grant_id": ["g1"],
    "principal_id": ["ann"],
    "permission_id": ["p1"],
    "organisation_id": ["org"],
    "created_at": [OLD],
}


def types(hierarchical: bool) -> dict[str, list[Any]]:
    return {"resource_type_id": ["t1"], "identifier": ["iot.network"], "module": ["iot"], "type": ["network"],
            "supports_organisation_scope": [True], "supports_hierarchical_scope": [hierarchical]}  # fmt: skip


def scoped(rows: dict[str, list[Any]], row: int, place: tuple[str, str] | None, **values: Any) -> dict[str, list[Any]]:
    kind, path = place or (None, None)
    return changed(rows, row, scope_type=kind, scope_path=path, **values)


@pytest.mark.parametrize(
    ("was", "given", "hierarchical", "status", "evidence"),
    [
        (None, None, True, "came back", "; came back, as b9 on the whole organisation"),
        (SITE, SITE, True, "came back", "; came back, as b9 on iot.network /n/s"),
        (SITE, None, True, "came back", "; came back, as b9 on the whole organisation, which is wider"),
        (SITE, NETWORK, True, "came back", "; came back, as b9 on iot.network /n, which is wider"),
        (SITE, NETWORK, False, "done", "; the same role is held again on iot.network /n (assignment b9)"),
        (NETWORK, SITE, True, "done", "; the same role is held again on iot.network /n/s (assignment b9)"),
        (None, NETWORK, True, "done", "; the same role is held again on iot.network /n (assignment b9)"),
        (SITE, ("iot.network", "/n/so"), True, "done", "; the same role is held again on iot.network /n/so (assignment b9)"),
        (SITE, ("iot.site", "/n/s"), True, "done", "; the same role is held again on iot.site /n/s (assignment b9)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["remove", "change"])
def test_what_is_given_again_as_wide_or_wider_came_back_and_less_or_elsewhere_is_told(
    was: Any, given: Any, hierarchical: bool, status: str, evidence: str, action: str
) -> None:
    kinds = types(hierarchical)
    before = company(role_assignments=scoped(HELD, 1, was), resource_types=kinds)
    # What it was changed to is there, so that only the old role decides.
    moved = {name: [*values, values[1]] for name, values in scoped(HELD, 1, given, assignment_id="b9").items()}
    moved = changed(moved, 3, assignment_id="c1", role_id="admin", scope_type=None, scope_path=None)
    after = company(Q4, role_assignments=moved, resource_types=kinds)
    rows = prove(asked(("assignment:a2", action, "admin")), Tables(before), Tables(after))
    assert rows.status.tolist() == [status]
    assert rows.evidence[0].startswith("no longer among the assignments")
    assert rows.evidence[0].endswith(evidence)


def test_another_role_another_principal_or_what_was_there_at_the_review_is_not_the_same_again() -> None:
    others = {name: [*values[:1], values[1], values[2]] for name, values in HELD.items()}
    for row in (
        changed(others, 1, assignment_id="b9", role_id="admin"),
        changed(others, 1, assignment_id="b9", principal_id="ann"),
        changed(others, 1, assignment_id="b9", expires_at="2026-08-01T00:00:00Z"),
    ):
        found = prove(asked(("assignment:a2", "remove", "")), Tables(BEFORE), Tables(company(Q4, role_assignments=row)))
        assert (found.status.tolist(), found.evidence.tolist()) == (["done"], ["no longer among the assignments"])
    both = {name: [*values, values[1]] for name, values in HELD.items()}
    before = company(role_assignments=changed(both, 3, assignment_id="a4"))
    after = company(Q4, role_assignments=without(changed(both, 3, assignment_id="a4"), 1))
    found = prove(asked(("assignment:a2", "remove", "")), Tables(before), Tables(after))
    assert (found.status.tolist(), found.evidence.tolist()) == (["done"], ["no longer among the assignments"])


def test_all_that_is_held_again_elsewhere_is_told_and_what_covers_counts_before_it() -> None:
    several = {name: [*values, values[1], values[1]] for name, values in HELD.items()}
    several = scoped(several, 1, NETWORK, assignment_id="b7")
    several = scoped(several, 3, ("iot.site", "/s"), assignment_id="b9")
    several = scoped(several, 4, ("iot.site", "/t"), assignment_id="b8")
    found = prove(asked(("assignment:a2", "remove", "")), Tables(BEFORE), Tables(company(Q4, role_assignments=several)))
    held = "on iot.network /n (assignment b7) and on iot.site /t (assignment b8) and on iot.site /s (assignment b9)"
    assert found.evidence.tolist() == [f"no longer among the assignments; the same role is held again {held}"]
    whole = scoped(several, 4, None)
    found = prove(asked(("assignment:a2", "remove", "")), Tables(BEFORE), Tables(company(Q4, role_assignments=whole)))
    assert found.evidence.tolist() == ["no longer among the assignments; came back, as b8 on the whole organisation"]


def test_a_grant_is_given_again_as_an_assignment_is() -> None:
    after = company(Q4, permission_grants=scoped(GRANT, 0, NETWORK, grant_id="g2"))
    found = prove(asked(("grant:g1", "remove", "")), Tables(BEFORE), Tables(after))
    told = "no longer among the grants; the same permission is granted again on iot.network /n (grant g2)"
    assert (found.status.tolist(), found.evidence.tolist()) == (["done"], [told])
    whole = company(Q4, permission_grants=changed(GRANT, 0, grant_id="g2"))
    assert proved(whole, ("grant:g1", "remove", "")) == [("grant:g1", "came back")]
    assert proved(whole, ("grant:g1", "keep", "")) == [("grant:g1", "not done")]


def test_a_key_to_be_removed_that_still_works_is_the_first_line() -> None:
    found = proved(
        company(Q4), ("assignment:a2", "remove", ""), ("grant:g1", "keep", ""), ("credential:c2", "remove", "")
    )
    assert found == [("credential:c2", "not done"), ("assignment:a2", "not done"), ("grant:g1", "done")]


def test_one_that_only_expired_comes_after_one_that_still_works() -> None:
    keys = changed(KEYS, 0, expires_at=EXPIRED)
    decisions = asked(("credential:c1", "remove", ""), ("assignment:a2", "remove", ""), ("credential:c2", "remove", ""))
    rows = prove(decisions, Tables(company(credentials=keys)), Tables(company(Q4, credentials=keys)))
    assert rows["item"].tolist() == ["credential:c2", "credential:c1", "assignment:a2"]
    assert set(rows.status) == {"not done"}


IDLE = "assignment a2 is still there, and gives nothing: role "


@pytest.mark.parametrize("action", ["remove", "keep"])
def test_a_role_that_does_not_support_its_principal_never_worked(action: str) -> None:
    before, after = (company(when, role_assignments=changed(HELD, 1, role_id="admin")) for when in (Q3, Q4))
    rows = prove(asked(("assignment:a2", action, "")), Tables(before), Tables(after))
    assert rows.evidence.tolist() == [IDLE + "admin does not support ApiKey"]
    assert rows.status.tolist() == [{"remove": "not done", "keep": "done"}[action]]


def test_what_a_group_hands_on_or_what_its_type_allows_still_works() -> None:
    """A role for people alone gives a group's members what it gives, and no role refuses one that it does not name."""
    items = ("assignment:a1", "assignment:a2", "assignment:a3")
    rows = prove(asked(*((item, "remove", "") for item in items)).assign(principal_id=["ops", "gate", "hooks"]),
                 Tables(BEFORE), Tables(company(Q4)))  # fmt: skip
    assert rows.evidence.tolist() == [f"assignment a{number} still works" for number in (1, 2, 3)]


FOREIGN = changed(HELD, 1, organisation_id="other")


@pytest.mark.parametrize(
    ("before", "after", "item", "action", "status"),
    [
        # Still there, in whatever other way it was changed.
        ({"role_assignments": FOREIGN}, {"role_assignments": changed(FOREIGN, 1, scope_type="iot.site", scope_path="/s")}, "assignment:a2", "remove", "not done"),
        ({"role_assignments": FOREIGN}, {"role_assignments": FOREIGN}, "assignment:a2", "change", "not done"),
        ({"role_assignments": FOREIGN}, {"role_assignments": FOREIGN}, "assignment:a2", "keep", "done"),
        ({"permission_grants": changed(GRANT, 0, organisation_id="other")}, {"permission_grants": changed(GRANT, 0, organisation_id="other")}, "grant:g1", "remove", "not done"),
        ({}, {"principals": changed(PEOPLE, 1, status="Suspended")}, "assignment:a2", "remove", "not done"),
        # Over: it was at the review, or is since, or is gone.
        ({"role_assignments": changed(HELD, 1, expires_at=EXPIRED)}, {"role_assignments": changed(HELD, 1, expires_at=EXPIRED)}, "assignment:a2", "remove", "was so already"),
        ({"role_assignments": FOREIGN}, {"role_assignments": changed(FOREIGN, 1, expires_at="2026-08-01T00:00:00Z")}, "assignment:a2", "remove", "done"),
        ({"role_assignments": FOREIGN}, {"role_assignments": without(HELD, 1)}, "assignment:a2", "remove", "done"),
        ({}, {"credentials": changed(KEYS, 0, expires_at="2026-08-01T00:00:00Z")}, "credential:c1", "remove", "done"),
    ],
)  # fmt: skip
def test_what_was_to_go_and_is_still_there_is_not_done_whatever_it_gives(
    before: dict[str, Any], after: dict[str, Any], item: str, action: str, status: str
) -> None:
    rows = prove(asked((item, action, "admin")), Tables(company(**before)), Tables(company(Q4, **after)))
    assert rows.status.tolist() == [status], rows.evidence[0]


def test_what_is_done_and_was_used_all_the_same_comes_right_after_what_is_not_done() -> None:
    keys = changed(KEYS, 0, revoked_at="2026-08-01T00:00:00Z", last_used_at="2026-09-01T00:00:00Z")
    after = company(Q4, credentials=keys, role_assignments=changed(HELD, 1, assignment_id="b9"))
    decisions = asked(
        ("assignment:a1", "keep", ""), ("assignment:a2", "remove", ""), ("assignment:a3", "remove", ""),
        ("credential:c1", "remove", ""),
    )  # fmt: skip
    rows = prove(decisions, Tables(BEFORE), Tables(after))
    assert list(zip(rows["item"], rows.status, rows.used_after, strict=True)) == [
        ("assignment:a3", "not done", ""),
        ("credential:c1", "done", "2026-09-01"),
        ("assignment:a2", "came back", ""),
        ("assignment:a1", "done", ""),
    ]
    assert rows.evidence[1].endswith(", yet was used on 2026-09-01; look into that use")
    told = "1 not done, 1 came back, 0 cannot be told, 0 was so already, 2 done"
    assert counted_statuses(rows) == f"{told}, of which 1 used after its end: look into that"
    assert counted_statuses(rows[rows["item"].ne("credential:c1")]) == told.replace("2 done", "1 done")


@pytest.mark.parametrize("after", [company(Q4), company(Q4, role_assignments=without(HELD, 1))])
def test_where_reviewers_disagree_nothing_was_to_be_done(after: Snapshot) -> None:
    """Neither what the last of them said, nor that it was not carried out."""
    several = asked(("principal:gate", "remove", ""), ("assignment:a2", "remove", "")).assign(conflict=[True, False])
    rows = prove(several, Tables(BEFORE), Tables(after)).set_index("item")
    assert rows.status["principal:gate"] == "cannot be told"
    assert rows.evidence["principal:gate"].endswith("reviewers disagree, and nobody settled what is to be done")
    assert rows.status["assignment:a2"] != "cannot be told"


@pytest.mark.parametrize("action", ["", "delegate", "not mine"])
def test_what_asks_for_nothing_is_not_judged(action: str) -> None:
    assert proved(company(Q4), ("assignment:a2", action, "")) == []


SLEPT = changed(PEOPLE, 1, status="Suspended")


@pytest.mark.parametrize(
    ("tables", "later", "item", "status", "evidence"),
    [
        ({"principals": SLEPT, "credentials": dead(KEYS), "role_assignments": without(HELD, 1)}, {}, "principal:gate", "was so already", "is suspended, as at the review"),
        ({"principals": SLEPT, "role_assignments": without(HELD, 1)}, {}, "principal:gate", "not done", "left under it: credential c1, credential c2"),
        ({"credentials": changed(KEYS, 0, expires_at=EXPIRED)}, {}, "credential:c1", "not done", "is not revoked, as at the review"),
        ({"credentials": changed(KEYS, 0, expires_at=EXPIRED)}, {"credentials": changed(KEYS, 0, expires_at=EXPIRED, last_used_at="2026-09-01T00:00:00Z")}, "credential:c1", "not done", "yet was used on 2026-09-01"),
        ({"credentials": changed(KEYS, 0, expires_at=EXPIRED)}, {"credentials": changed(KEYS, 0, expires_at=EXPIRED, revoked_at="2026-09-01T00:00:00Z")}, "credential:c1", "done", "was revoked on 2026-09-01"),
        ({"role_assignments": changed(HELD, 1, organisation_id="other")}, {}, "assignment:a2", "not done", "is still there, and gives nothing: it belongs to the organisation other, as at the review"),
        ({"role_assignments": changed(HELD, 1, organisation_id="other")}, {"role_assignments": without(HELD, 1)}, "assignment:a2", "done", "no longer among"),
        ({"role_assignments": changed(HELD, 1, expires_at=EXPIRED)}, {}, "assignment:a2", "was so already", "expired on 2026-06-25"),
        ({"principals": changed(PEOPLE, 1, organisation_id="other")}, {}, "principal:gate", "not done", "is active"),
        ({"principals": changed(PEOPLE, 1, expires_at=EXPIRED), "credentials": dead(KEYS), "role_assignments": without(HELD, 1)}, {}, "principal:gate", "was so already", "ended on 2026-06-25"),
        ({"principals": changed(PEOPLE, 1, expires_at=EXPIRED), "credentials": dead(KEYS), "role_assignments": without(HELD, 1)},
         {"principals": changed(PEOPLE, 1, expires_at=EXPIRED, last_active_at="2026-09-01T00:00:00Z")}, "principal:gate", "not done", "yet was used on 2026-09-01"),
    ],
)  # fmt: skip
def test_only_what_has_changed_is_done(
    tables: dict[str, Any], later: dict[str, Any], item: str, status: str, evidence: str
) -> None:
    rows = prove(asked((item, "remove", "")), Tables(company(**tables)), Tables(company(Q4, **(tables | later))))
    assert (rows.status.tolist(), evidence in rows.evidence[0]) == ([status], True), rows.evidence[0]


def test_a_new_credential_is_of_the_one_that_was_rotated_and_not_of_the_one_that_was_removed() -> None:
    new = {name: [*values, values[0]] for name, values in dead(KEYS).items()}
    new |= {"credential_id": ["c1", "c2", "c3"], "key_id": ["k1", "k2", "k3"], "revoked_at": [Q4, Q4, None]}
    rotated = proved(company(Q4, credentials=new), ("credential:c1", "rotate", ""), ("credential:c2", "remove", ""))
    assert rotated == [("credential:c1", "done"), ("credential:c2", "done")]
    both = proved(company(Q4, credentials=new), ("credential:c1", "remove", ""), ("credential:c2", "remove", ""))
    assert both == [("credential:c1", "came back"), ("credential:c2", "done")]
    kept = proved(company(Q4, credentials=new), ("credential:c1", "keep", ""), ("credential:c2", "remove", ""))
    assert kept == [("credential:c1", "done"), ("credential:c2", "done")]


def test_what_was_to_be_changed_went_with_its_principal() -> None:
    gone = company(Q4, principals=without(PEOPLE, 1), credentials=dead(KEYS), role_assignments=without(HELD, 1))
    decisions = [("principal:gate", "remove", ""), ("credential:c1", "rotate", ""), ("assignment:a2", "keep", "")]
    assert {status for _, status in proved(gone, *decisions)} == {"done"}


def test_of_half_a_list_nobody_can_tell_that_nothing_is_left_under_a_principal() -> None:
    after = company(
        Q4, principals=changed(PEOPLE, 1, status="Revoked"), role_assignments=without(HELD, 1), credentials=dead(KEYS)
    )
    half = build(after.frames, incomplete={"permission_grants": "403"})
    rows = prove(asked(("principal:gate", "remove", "")), Tables(BEFORE), Tables(half))
    assert rows.status.tolist() == ["cannot be told"]
    assert rows.evidence.tolist() == ["could not be read whole: permission grants"]
