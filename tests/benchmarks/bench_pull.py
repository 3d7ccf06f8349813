"""A pull of 5,000 principals and their credentials at 20 ms latency, against `hey` and against one request after another."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from auditkit.source.api.pull import pull
from auditkit.source.secret import Secret

PRINCIPALS, LATENCY, CONNECTIONS = 5_000, 0.020, 32
# The pages of principals, six short lists and the organisation, each list's first page twice, and the token.
REQUESTS = PRINCIPALS + PRINCIPALS // 500 + 6 + 7 + 1
SHARE = 10
ROUNDS = 3


@contextmanager
def serving() -> Generator[str]:
    """The URL of the fast API, in a process of its own."""
    words = [sys.executable, str(Path(__file__).with_name("fast_iam.py")), str(PRINCIPALS), str(LATENCY)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


def pull_seconds(url: str) -> float:
    start = time.perf_counter()
    snapshot = pull(url, "org-1", Secret.parse("ik_bench.secret"), concurrency=CONNECTIONS)
    took = time.perf_counter() - start
    assert snapshot.complete
    assert len(snapshot.credentials) == len(snapshot.principals) == PRINCIPALS
    return took


def hey_seconds(url: str) -> float:
    """The load generator with as many requests and connections: what this machine and server can do."""
    # It gives every connection the same number of requests, so that the number is rounded up.
    requests = -(-REQUESTS // CONNECTIONS) * CONNECTIONS
    words = ["hey", "-n", str(requests), "-c", str(CONNECTIONS), f"{url}/iam/principals/principal-000001/api-keys?limit=500"]
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def sequential_seconds(url: str) -> float:
    """One request after another on one connection: a tenth of the requests, scaled."""
    with httpx.Client(trust_env=False) as client:
        start = time.perf_counter()
        for number in range(PRINCIPALS // SHARE):
            client.get(f"{url}/iam/principals/principal-{number:06}/api-keys?limit=500").raise_for_status()
        return (time.perf_counter() - start) * SHARE


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    with serving() as url:
        pairs = [(pull_seconds(url), hey_seconds(url)) for _ in range(ROUNDS)]
        mine, floor = min(ours for ours, _ in pairs), min(theirs for _, theirs in pairs)
        slow = sequential_seconds(url)
    what = f"pull of {PRINCIPALS:,} principals at {LATENCY * 1000:.0f} ms, {CONNECTIONS} connections"
    return [
        (f"{what}, against `hey`", mine / floor, 1.35),
        (f"at least: {what}, times faster than a sequential `httpx.Client`", slow / mine, 25.0),
    ]


if __name__ == "__main__":
    for row in main():
        print(*row)
