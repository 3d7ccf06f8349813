"""The pull's face in a notebook: it moves, says why it waits, and tells a whole pull from one cut short."""

from __future__ import annotations

import pytest

from auditkit.source.progress import Tally
from auditkit.widgets.pull_progress import PullProgress


def test_it_moves_and_says_where_the_pull_stands() -> None:
    face = PullProgress()
    face.show(Tally(lists=3, known=10, records=1_200, requests=4, waiting="waits 2 s, as the server asked"))
    assert (face._bar.value, face._bar.max) == (3, 10)
    assert face._words.value == "3 of 10 lists, 1,200 records, 4 requests; waits 2 s, as the server asked"


@pytest.mark.parametrize(
    ("lists", "refused", "bar", "style"), [(9, 0, 9, "warning"), (9, 1, 10, "warning"), (10, 0, 10, "success")]
)
def test_the_end_of_a_whole_pull_looks_different(lists: int, refused: int, bar: int, style: str) -> None:
    face = PullProgress()
    face.close(Tally(lists=lists, refused=refused, known=10))
    assert (face._bar.value, face._bar.bar_style) == (bar, style)


def test_what_was_refused_is_not_counted_as_read() -> None:
    face = PullProgress()
    face.show(Tally(lists=27, refused=3, known=140, records=702, requests=206))
    assert face._bar.value == 30
    assert face._words.value == "27 of 140 lists, 702 records, 206 requests; 3 could not be read"
    face.close(Tally(lists=27, refused=113, known=140, requests=1))
    assert face._words.value == "27 of 140 lists, 0 records, 1 request; 113 could not be read"
    assert face._retries.value == "never had to wait; why not every list was read stands below"


def test_it_shows_itself() -> None:
    bundle = PullProgress()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == "not started"


def test_it_tells_its_rates_and_how_often_it_waited() -> None:
    now = iter([0.0, 60.0, 62.0, 64.0, 64.0, 68.0, 70.0])
    face = PullProgress(clock=lambda: next(now))
    face.begin()
    face.show(Tally(lists=1, known=10, records=200, requests=4))
    assert face._rates.value == "2 requests and 100 records a second, 2.0 s so far"
    assert face._retries.value == ""
    for waiting in ("503, 1 s", "503, 1 s", ""):
        face.show(Tally(lists=1, known=10, records=200, requests=4, waiting=waiting))
    assert face._retries.value == "waited once before trying again; last: 503, 1 s"
    face.close(Tally(lists=8, known=10, records=200, requests=4))
    assert face._retries.value.endswith("; why not every list was read stands below")
    assert face._rates.value == "0 requests and 20 records a second, 10.0 s in all"


def test_a_pull_without_a_hitch_says_so() -> None:
    face = PullProgress()
    face.close(Tally(lists=3, known=3))
    assert face._retries.value == "never had to wait"
