"""One thing counted twice is one number: tiles, headlines, figures and tables agree, and say what they count."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
from organisations import AS_OF, acme

from auditkit.schema import frame
from auditkit.severity import DTYPE
from auditkit.snapshot import build
from auditkit.widgets.desk import open_desk
from auditkit.widgets.thresholds import resting


def test_one_number_of_roles_that_do_not_fit_wherever_it_stands() -> None:
    """Two principals of three on a role without ApiKey, one of them on another that has it: 2 of 3 pairs, 2 of 3 keys."""
    snapshot = build(
        {
            "principals": frame("principals", {
                "principal_id": ["k1", "k2", "k3"], "type": ["ApiKey"] * 3, "display_name": ["a", "b", "c"],
                "status": ["Active"] * 3, "organisation_id": ["org"] * 3, "created_at": ["2026-09-25T00:00:00Z"] * 3,
            }),
            "roles": frame("roles", {
                "role_id": ["bad", "good"], "name": ["Bad", "Good"], "scope": ["Organisation"] * 2,
                "supported_principal_types": [["User"], ["ApiKey"]], "permission_ids": [["p"], ["p"]],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": ["1", "2", "3", "4"], "principal_id": ["k1", "k1", "k2", "k1"],
                "role_id": ["bad", "bad", "bad", "good"], "organisation_id": ["org"] * 4,
                "created_at": ["2026-09-25T00:00:00Z"] * 4,
            }),
        },
        organisation_id="org", as_of=AS_OF,
    )  # fmt: skip
    desk = open_desk(snapshot)
    said = "2 of 3 roles given to ApiKey principals do not support ApiKey"
    for name in ("roles", "support"):
        view = desk.panel(name).view
        assert view.headline == said
        assert (
            "concerns 2 of 3 ApiKey principals (2 of them have a role) and 1 of 2 roles given to them" in view.notes[0]
        )
    draw = desk.panel("roles").view.draw
    assert draw is not None
    assert draw().get_suptitle() == said  # once: the other panel has the same numbers as a table
    assert desk.panel("support").view.draw is None
    assert (
        "<strong>2</strong> of 3</span><span>roles given to ApiKey principals" in desk.panel("answer").static().fragment
    )
    assert desk.answer().set_index("rule").found["ROL001"] == "2 of 3"


def test_a_part_is_never_drawn_as_the_whole() -> None:
    desk = open_desk(acme(incomplete={"roles": "403", "credentials": "403"}))
    for name in ("roles", "support", "credentials", "calendar", "inactive"):
        assert desk.panel(name).view.draw is None, name
    assert (
        desk.panel("roles").view.headline
        == "Not evaluated: how many roles given to ApiKey principals do not support ApiKey"
    )
    cover = desk.cover().fragment
    assert not re.search(r"<li>roles could not be read whole [^<]*evaluated in part", cover)
    assert re.search(r"<li>credentials could not be read whole [^<]*: \d rules, evaluated in part \(DAT002, ", cover)
    assert "<strong>?</strong> not evaluated</span><span>roles given" in desk.panel("answer").static().fragment


def test_the_first_page_names_the_rules_with_high_findings_those_with_the_most_first() -> None:
    desk = open_desk(acme())
    words = ["critical", "high", "high", "high", "medium"]
    some = desk.every.frame.iloc[[0] * 5].reset_index(drop=True)
    some = some.assign(
        severity=pd.Categorical(words, dtype=DTYPE),
        rule=["A1", "A1", "B2", "B2", "C3"],
        title=["One", "One", "Two", "Two", "Three"],
    )
    vars(desk)["every"] = replace(desk.every, frame=some)
    assert "<p>High, by rule: B2 Two (2); A1 One (1).</p>" in desk.cover().fragment
    desk = open_desk(acme())
    vars(desk)["every"] = replace(desk.every, frame=some[some.severity.ne("high")])
    assert "High, by rule" not in desk.cover().fragment


def test_tiles_are_found_again_in_their_section() -> None:
    desk = open_desk(acme())
    found = desk.answer().set_index("rule").found
    for name, rules in (
        ("inactive", ("PRN001", "PRN002", "PRN003", "PRN004")),
        ("credentials", ("CRD001", "CRD002", "CRD003")),
    ):
        html = desk.panel(name).static().fragment
        for rule in rules:
            assert re.search(rf"<td>{rule}</td><td>[^<]*</td><td>{found[rule]}</td>", html), rule


def test_an_empty_organisation_draws_no_figure_of_nothing_and_sounds_not_clean() -> None:
    desk = open_desk(
        build({"organisation": frame("organisation", {"organisation_id": ["o"], "name": ["Empty"]})}, as_of=AS_OF)
    )
    for name in ("answer", "roles", "support", "credentials", "calendar", "inactive"):
        assert desk.panel(name).view.draw is None, name
    assert desk.panel("inactive").view.headline == "0 of 0 principals are inactive, of what could be evaluated"
    assert "rules were evaluated, " in desk.panel("answer").view.headline


def test_what_was_not_read_is_told_as_that() -> None:
    desk = open_desk(acme(incomplete={"roles": "403"}))
    for name in ("coverage", "doctor"):
        assert "<strong>Not read whole</strong>" in desk.panel(name).static().fragment
    html = desk.panel("roles").static().fragment
    assert "<strong>Not evaluated</strong>" in html
    assert "By rule" not in html


def test_limits_on_which_nothing_rests_because_nothing_was_judged_have_no_number() -> None:
    rows = resting(open_desk(acme(incomplete={"credentials": "403"}))).set_index("name")
    assert rows.findings.isna()["credential_max_age_days"]
    assert rows.by_rule["credential_max_age_days"] == "CRD005 not evaluated"
    assert rows.findings["expiring_days"] == 0  # PRN008 was evaluated


def test_whom_findings_name_adds_up() -> None:
    view = open_desk(acme()).panel("flagged").view
    total = len(open_desk(acme()).findings)
    named = int(view.frame.findings.sum())
    assert view.headline == f"{len(view.frame)} of 5 principals have findings"
    assert list(view.notes) == [f"Of {total} findings, {named} name one principal and {total - named} none: "
                                "those are about a role, a record or the organisation."]  # fmt: skip
