"""Any number of audits as one table, and the figure that is drawn from it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from companies import HELD, KEYS, Q3, Q4, audited, changed, company, without

from auditkit import charts
from auditkit.errors import ReviewError
from auditkit.limits import Limits
from auditkit.review.accepted import read_accepted
from auditkit.review.history import COLUMNS, history, history_json
from auditkit.review.judged import judged
from auditkit.schema import frame
from auditkit.snapshot import build

FIRST = audited(company())[1]
SECOND = audited(company(Q4, credentials=changed(KEYS, 0, revoked_at=Q3), role_assignments=without(HELD, 2)))[1]


def test_one_row_an_audit_oldest_first_whatever_the_order() -> None:
    rows = history([SECOND, FIRST])
    assert tuple(rows.columns) == COLUMNS
    assert rows.as_of.tolist() == [FIRST.as_of, SECOND.as_of]
    assert rows.equals(history([FIRST, SECOND]))


def test_the_counts_are_those_of_the_audits() -> None:
    rows = history([FIRST, SECOND])
    before, after = set(FIRST.frame.fingerprint), set(SECOND.frame.fingerprint)
    assert rows.findings.tolist() == [len(FIRST), len(SECOND)]
    assert (rows.new.tolist(), rows.gone.tolist()) == ([0, len(after - before)], [0, len(before - after)])
    assert rows[["info", "low", "medium", "high", "critical"]].sum(axis=1).equals(rows.findings)
    assert rows.credentials.tolist() == [2, 2]
    assert (rows.findings + 0).iloc[1] == rows.findings.iloc[0] + rows.new.iloc[1] - rows.gone.iloc[1]


def test_what_is_accepted_is_counted_apart_at_the_instant_of_each(tmp_path: Path) -> None:
    path = tmp_path / "accepted.toml"
    head = '[[accepted]]\nrule = "CRD004"\nsubject = "c1"\nreason = "the move"\nowner = "Olga"\nuntil = '
    later = audited(company(Q4))[1]
    for until, accepted, new in (("2026-12-31", [1, 1], 0), ("2026-08-31", [1, 0], 1), ("2026-01-31", [0, 0], 0)):
        path.write_text(head + until)
        rows, plain = history([FIRST, later], read_accepted(path)), history([FIRST, later])
        assert rows.accepted.tolist() == accepted
        assert (plain.findings - rows.findings).tolist() == accepted
        assert rows.new.iloc[1] - plain.new.iloc[1] == new


def test_an_incomplete_snapshot_is_marked() -> None:
    partly = audited(build(company().frames, incomplete={"roles": "403"}))[1]
    assert history([partly]).complete.tolist() == [False]


def test_none_and_two_organisations_are_refused() -> None:
    with pytest.raises(ReviewError, match="at least one"):
        history([])
    other = company(organisation={"organisation_id": ["else"], "name": ["E"], "direct_api_key_auth": [False]})
    with pytest.raises(ReviewError, match="different organisations"):
        history([FIRST, audited(other)[1]])


def test_as_json_it_says_by_what_all_were_judged() -> None:
    tables, audit = audited(company(), Limits(dormant_days=45))
    whole = json.loads(history_json(history([audit]), judged(audit, tables)))
    assert (whole["required"], whole["limits"]["dormant_days"]["value"]) == (None, "45")
    assert [(row["as_of"], row["findings"], row["complete"]) for row in whole["audits"]] == [(Q3, len(audit), True)]


def test_the_figure_says_the_last_quarter_and_is_the_same_every_time() -> None:
    rows = history([FIRST, SECOND])
    figure = charts.findings_by_quarter(rows)
    assert re.search(rf"^{len(SECOND)} findings as of 2026-10-01: \d+ new, \d+ gone$", figure.get_suptitle())
    assert charts.svg(charts.findings_by_quarter(rows)) == charts.svg(figure)
    one = charts.findings_by_quarter(history([FIRST]))
    assert [label.get_text() for label in one.axes[0].get_xticklabels()] == ["2026-07-01"]


def test_an_organisation_without_findings() -> None:
    empty = audited(
        build(
            {
                "organisation": frame(
                    "organisation", {"organisation_id": ["org"], "name": ["A"], "direct_api_key_auth": [False]}
                )
            }
        )
    )[1]
    rows = history([empty])
    assert charts.svg(charts.findings_by_quarter(rows))
