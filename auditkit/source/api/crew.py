"""The workers of a pull: each takes lists from one queue and has a connection of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from auditkit.errors import PullError
from auditkit.schema import COLLECTIONS
from auditkit.source.api.client import Client
from auditkit.source.api.faults import ONE_LIST, Denied
from auditkit.source.api.harvest import Harvest, Job, adapted, owned_rows
from auditkit.source.api.profile import OWNED, Profile
from auditkit.source.api.transport import Line, Wire
from auditkit.source.progress import Progress, Tally
from auditkit.source.secret import Secret

_SHOW_SECONDS = 0.1


class Crew:
    """Reads the given lists, or the whole organisation, into `harvest`, which is valid at any moment."""

    def __init__(
        self,
        wire: Wire,
        profile: Profile,
        organisation_id: str,
        secret: Secret,
        *,
        concurrency: int = 16,
        direct: bool = False,
        jobs: Iterable[Job] | None = None,
        progress: Progress,
    ) -> None:
        self.harvest = Harvest()
        self.client = Client(wire, secret, direct=direct)
        self._wire, self._profile, self._organisation_id = wire, profile, organisation_id
        self._concurrency, self._progress = concurrency, progress
        self._jobs = self._everything() if jobs is None else list(jobs)
        self._asked: set[Job] = set()

    def interrupted(self) -> None:
        """Say in the harvest why it ended."""
        self.harvest.stopped = "not read: the pull was interrupted"

    async def work(self) -> None:
        """Read it all. What ends the pull early stands in the harvest afterwards."""
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._add(self._jobs)
        ticker = asyncio.create_task(self._tick())
        try:
            await self.client.login()
            await self._work()
        except PullError as error:
            self.harvest.errors.insert(0, error)
            self.harvest.stopped = f"the pull stopped: {error}"
        finally:
            ticker.cancel()
            self._progress.close(self._tally())
            await self.client.close()

    def _everything(self) -> list[Job]:
        """The lists that do not hang on an owner; the principals first, since everybody's lists hang on them."""
        names = sorted(set(self._profile.rows) - set(OWNED), key=lambda name: (name != "principals", name))
        return [Job(self._profile.rows[name]) for name in names if name in COLLECTIONS]

    def _add(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            if job not in self._asked:
                self._asked.add(job)
                self.harvest.open[job] = None
                self._queue.put_nowait(job)

    async def _work(self) -> None:
        """Let the workers run until the queue is done, or one of them meets what ends the pull."""
        workers = [asyncio.create_task(self._worker()) for _ in range(self._concurrency)]
        end = asyncio.create_task(self._drained())
        try:
            done, _ = await asyncio.wait([end, *workers], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (end, *workers):
                task.cancel()
            await asyncio.gather(end, *workers, return_exceptions=True)

    async def _drained(self) -> None:
        """Every list read, and then the first page of the common ones again."""
        await self._queue.join()
        self._add(Job(self._profile.rows[name], again=True) for name in self.harvest.first_pages)
        await self._queue.join()

    async def _worker(self) -> None:
        line = Line(self._wire)
        try:
            while True:
                job = await self._queue.get()
                await (self._look_again(line, job) if job.again else self._read(line, job))
                self._queue.task_done()
        finally:
            await line.close()

    async def _read(self, line: Line, job: Job) -> None:
        """One list; what costs only this list is noted, what ends the pull is raised."""
        harvest, row = self.harvest, job.row
        first: list[bytes] | None = None
        try:
            async for page in self.client.pages(line, row, row.target(self._organisation_id, job.owner)):
                first = page.items if first is None else first
                items = adapted(row, page.items, job.owner)
                harvest.items[row.collection] += items
                if row.name == "principals":
                    self._add_owners(items)
        except ONE_LIST as error:
            harvest.errors.append(error)
            harvest.failed[job] = (str(error), error.status if isinstance(error, Denied) else None)
        else:
            harvest.done[row.collection] += 1
            if job.owner is None and first is not None:
                harvest.first_pages[row.name] = frozenset(first)
        del harvest.open[job]

    async def _look_again(self, line: Line, job: Job) -> None:
        """Note it if a list has changed since it was read: the tables are then not of one moment."""
        row, name = job.row, job.row.collection
        try:
            page = await self.client.first_page(line, row, row.target(self._organisation_id))
        except ONE_LIST:
            self.harvest.notes.append(f"{name} could not be read a second time, to see whether it had changed")
        else:
            if frozenset(page.items) != self.harvest.first_pages[row.name]:
                self.harvest.notes.append(
                    f"{name} changed while the organisation was being read: what refers to a missing record may be "
                    "due to that"
                )
        del self.harvest.open[job]

    def _add_owners(self, items: list[bytes]) -> None:
        """Ask for the lists of each principal."""
        for owner, names in map(owned_rows, items):
            if owner:
                self._add(Job(self._profile.rows[name], owner) for name in names)

    async def _tick(self) -> None:
        """Show how far it is, also while everybody waits."""
        while True:
            await asyncio.sleep(_SHOW_SECONDS)
            self._progress.show(self._tally())

    def _tally(self) -> Tally:
        return self.harvest.tally(self.client.requests, self.client.patience.waiting)


def lists_asked(harvest: Harvest) -> Counter[str]:
    """How many lists of owners each collection consists of, finished or not."""
    by_owner = {collection for collection, _ in OWNED.values()}
    waiting = Counter(job.row.collection for job in (*harvest.open, *harvest.failed))
    return Counter({name: count for name, count in (harvest.done + waiting).items() if name in by_owner})
