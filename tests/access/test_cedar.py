"""Cedar as referee: on random organisations, auditkit and an independent policy engine decide alike.

The translation into Cedar is tested in its turn: a plain reading of the contract agrees with it, and eighteen planted
bugs of that reading are each caught.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import cedar_referee
import naive_model
import pytest
import random_organisations
from cedar_referee import Referee
from documents import AS_OF, snapshot_of, snapshots_of
from naive_model import BUGS, Naive
from pandas.testing import assert_frame_equal
from random_organisations import NOW, organisation, requests

from auditkit.access.explain import Explainer

BLOCKS, ORGANISATIONS, REQUESTS = 10, 210, 50


def disagreements(block: int) -> tuple[int, list[object]]:
    """How many decisions were compared in this block of organisations, and those that differ."""
    compared, wrong = 0, []
    seeds = range(block * ORGANISATIONS, (block + 1) * ORGANISATIONS)
    randoms = [Random(seed) for seed in seeds]
    documents = [organisation(random) for random in randoms]
    for seed, random, document, snapshot in zip(seeds, randoms, documents, snapshots_of(documents), strict=True):
        asked = requests(random, document, REQUESTS)
        explainer = Explainer(snapshot, AS_OF)
        expected = Referee(document, NOW).decide(asked)
        found = [explainer.decide(**request).outcome for request in asked]
        compared += len(asked)
        wrong += [(seed, *each) for each in zip(asked, expected, found, strict=True) if each[1] != each[2]]
    return compared, wrong


@pytest.mark.parametrize("block", range(BLOCKS))
def test_auditkit_and_cedar_decide_alike(block: int) -> None:
    compared, wrong = disagreements(block)
    assert wrong == []
    assert compared == ORGANISATIONS * REQUESTS


def test_that_is_enough_organisations_and_decisions() -> None:
    assert BLOCKS * ORGANISATIONS >= 2_000
    assert BLOCKS * ORGANISATIONS * REQUESTS >= 100_000


def test_organisations_read_together_are_as_each_read_alone() -> None:
    documents = [organisation(Random(seed)) for seed in range(BLOCKS * ORGANISATIONS, BLOCKS * ORGANISATIONS + 50)]
    for document, together in zip(documents, snapshots_of(documents), strict=True):
        for name, frame in snapshot_of(document).frames.items():
            assert_frame_equal(together.frames[name], frame)


@cache
def judged(seed: int) -> tuple[Any, list[Any], list[str]]:
    """An organisation, what is asked of it, and what Cedar says: the same for every bug."""
    random = Random(seed)
    document = organisation(random)
    asked = requests(random, document, 60)
    return document, asked, Referee(document, NOW).decide(asked)


def differences(seeds: range, bug: str | None) -> int:
    """In how many decisions Cedar and the plain reading, with this bug, differ."""
    count = 0
    for document, asked, expected in map(judged, seeds):
        naive = Naive(document, NOW, bug)
        count += sum(naive.decide(request) != answer for request, answer in zip(asked, expected, strict=True))
    return count


def test_a_plain_reading_of_the_contract_agrees_with_cedar() -> None:
    assert differences(range(200), None) == 0


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str) -> None:
    assert differences(range(60), bug) > 0, BUGS[bug]


def test_every_outcome_is_common() -> None:
    """A referee that is asked only what is denied anyway proves nothing."""
    counts = dict.fromkeys(("allowed", "denied", "undetermined"), 0)
    for seed in range(100):
        random = Random(seed)
        document = organisation(random)
        for outcome in Referee(document, NOW).decide(requests(random, document, REQUESTS)):
            counts[outcome] += 1
    assert min(counts.values()) >= 400


@pytest.mark.parametrize("module", [cedar_referee, naive_model, random_organisations], ids=lambda each: each.__name__)
def test_the_referee_shares_no_code_with_what_it_judges(module: object) -> None:
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))  # type: ignore[attr-defined]
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in named if name.startswith("auditkit")]
