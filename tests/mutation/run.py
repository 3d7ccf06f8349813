"""Mutation testing of what decides: `python tests/mutation/run.py` changes auditkit/access and auditkit/rules a little,
again and again, and asks whether a test of tests/access, tests/rules or tests/test_whatif.py fails. Not part of CI: it
takes too long.

All mutants (some 14,000) take the better part of a day, so that the usual run judges a random sample and tells the
share that was killed with its 95 % interval; `--all` judges every one. `--seed` names the sample, which is the same
each time; `--minutes` ends it early, at a sample that is smaller and as fair.

What is counted is less than what the tests can do, never more: a mutant is judged only by the tests that run its lines,
in fifteen random cases each, without those slower than `--slowest` seconds, and without the tests of other folders. At
first by at most `--most` of them; what survives these is judged again by all that take at most a tenth of that.

A mutant that survives is a test that is missing, or no change at all. survivors.toml names those that were found to be
none, each with its reason; any other is listed. The run ends with 1 if the share is below `--least`.

Needs `pip install mutmut coverage` besides the extra `test`, and a system that can fork.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from judging import SURVIVED, Covered, cover, judge, read_covered, warm
from mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
MUTATED = ("auditkit/access", "auditkit/rules")
# tests/test_whatif.py are the tests of access/changes.py and changed.py.
TESTS = ("tests/access/test_*.py", "tests/rules/test_*.py", "tests/test_whatif.py")
# Needs a second engine, and judges what test_laws.py and test_checklist.py judge already.
LEFT_OUT = ("test_cedar.py",)
Survivors = dict[tuple[str, str, str], str]


def main() -> int:
    chosen = _arguments()
    warm()
    paths = sorted(path for folder in MUTATED for path in (ROOT / folder).glob("*.py"))
    everything = [mutant for path in paths if path.match(chosen.files) for mutant in mutants(ROOT, path)]
    wanted = _wanted(everything, chosen)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        covered = _covered(paths, chosen.covered or scratch / "covered.json")
        print(f"{len(wanted)} of {len(everything)} mutants, {len(covered.seconds)} tests", flush=True)
        outcomes = _judged(wanted, covered, chosen, scratch)
        alive = [number for number, outcome in enumerate(outcomes) if outcome == SURVIVED]
        print(f"{len(alive)} survived; these again, by all quick tests", flush=True)
        chosen.slowest, chosen.most, chosen.minutes = chosen.slowest / 10, len(covered.seconds), math.inf
        again = _judged([wanted[number] for number in alive], covered, chosen, scratch)
    for number, outcome in zip(alive, again, strict=True):
        outcomes[number] = outcome
    return _summary(wanted[: len(outcomes)], outcomes, _known(), chosen, len(everything))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Mutation testing of auditkit/access and auditkit/rules.")
    parser.add_argument("--all", action="store_true", help="judge every mutant, for hours")
    parser.add_argument("--sample", type=int, default=500, metavar="N", help="judge so many, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--files", default="*.py", metavar="GLOB", help="only mutants of these files, such as state.py")
    parser.add_argument("--line", type=int, metavar="N", help="only mutants that start in this line")
    parser.add_argument("--covered", type=Path, metavar="FILE", help="which test runs which line; made if not there")
    parser.add_argument("--slowest", type=float, default=1.5, metavar="SECONDS", help="leave out slower tests")
    parser.add_argument(
        "--seconds", type=int, default=120, help="of processor time, after which a mutant counts as killed"
    )
    parser.add_argument("--most", type=int, default=200, metavar="N", help="run at most so many for each at first")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin none after so long, but judging again")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    parser.add_argument("--least", type=float, default=0.9, metavar="SHARE", help="the share that must be killed")
    return parser.parse_args()


def _wanted(everything: list[Mutant], chosen: argparse.Namespace) -> list[Mutant]:
    """The mutants to judge: all that are asked for, or as many of them as the sample has, chosen at random."""
    asked = [mutant for mutant in everything if chosen.line in (None, mutant.first)]
    if not chosen.all:
        asked = random.Random(chosen.seed).sample(asked, len(asked))
    size = len(asked) if chosen.all else chosen.sample
    wanted: list[Mutant] = []
    for mutant in asked:
        if len(wanted) == size:
            break
        if mutant.is_one:
            wanted.append(mutant)
    return wanted


def _covered(paths: list[Path], told: Path) -> Covered:
    """Which test runs which line: as told in a file, or found out and told there."""
    if not told.exists():
        files = [path for part in TESTS for path in sorted(ROOT.glob(part))]
        cover(ROOT, paths, [str(path.relative_to(ROOT)) for path in files if path.name not in LEFT_OUT], told)
    return read_covered(told.read_text(encoding="utf-8"))


def _judged(wanted: list[Mutant], covered: Covered, chosen: argparse.Namespace, scratch: Path) -> list[str]:
    started = time.monotonic()
    ended = []

    def tell(number: int, outcome: str) -> None:
        ended.append(number)
        if len(ended) % 10 == 0:
            rate = 60 * len(ended) / (time.monotonic() - started)
            print(f"... {len(ended)} of {len(wanted)}, {rate:.0f} a minute", flush=True)

    work = [(mutant, covered.tests(mutant, slowest=chosen.slowest, most=chosen.most)) for mutant in wanted]
    return judge(
        work, root=ROOT, processes=chosen.processes, seconds=chosen.seconds, minutes=chosen.minutes, scratch=scratch, told=tell
    )  # fmt: skip


def _sentence(mutant: Mutant) -> str:
    gone, come = mutant.changes
    return f"{mutant.place}\n  - {gone}\n  + {come}"


def _known() -> Survivors:
    """Why a survivor is none, by file, the lines that go and the lines that come."""
    told = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text(encoding="utf-8"))
    return {(row["file"], row["gone"], row["come"]): row["why"] for row in told.get("survivor", [])}


def _summary(wanted: list[Mutant], outcomes: list[str], known: Survivors, chosen: argparse.Namespace, of: int) -> int:
    alive = [mutant for mutant, outcome in zip(wanted, outcomes, strict=True) if outcome == SURVIVED]
    judged = {mutant: known.get((mutant.place.partition(":")[0], *mutant.changes)) for mutant in alive}
    print(f"\nSurvivors, {len(alive)}:")
    for mutant, why in judged.items():
        print(f"{_sentence(mutant)}\n  {'no change: ' + why if why else 'NOT JUDGED: a test is missing?'}")
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    print(f"\n{counts}; {sum(why is None for why in judged.values())} survivors not judged")
    share = 1 - len(alive) / max(1, len(wanted))
    low, high = _interval(len(wanted) - len(alive), len(wanted))
    told = "of all" if chosen.all else f"in a sample of {len(wanted)} of {of} (seed {chosen.seed})"
    print(f"killed {share:.1%} {told}; 95 % interval {low:.1%} to {high:.1%}")
    return 0 if share >= chosen.least else 1


def _interval(hits: int, size: int) -> tuple[float, float]:
    """Wilson's interval of a share at 95 %."""
    if size == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / size
    middle, spread = share + z * z / (2 * size), z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return (middle - spread) / (1 + z * z / size), (middle + spread) / (1 + z * z / size)


if __name__ == "__main__":
    sys.exit(main())
