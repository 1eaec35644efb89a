"""The obvious design, to compare with: one job for each token, in APScheduler and its SQLAlchemyJobStore on SQLite.

It is spared what it would wait for on the disk: nothing is synchronised. All jobs but a few get into its table by SQL.
`python -m bench.obvious FILE SIZE DUE` measures in a process of its own, so that its memory can be told.
"""

import asyncio
import json
import logging
import pickle
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.util import datetime_to_utc_timestamp
from sqlalchemy import Table, create_engine, event, func, insert, select

from bench.heartbeat import heartbeat

ADDED: Final = 100
"""So many jobs are added as one does, to tell what one takes."""

DOWN: Final = timedelta(seconds=5)
SOON: Final = timedelta(seconds=3)
"""In which what is to fall due is added, and a millisecond for each."""

_FAR: Final = timedelta(days=60)
_STATUS: Final = Path("/proc/self/status")
_reminded: set[int] = set()


@dataclass(frozen=True, slots=True)
class Obvious:
    """What it takes to add a job and to start with all of them, and the most memory that its process had.

    `tick`: for how many seconds those that were due held the event loop, one after the other. `lost`: how many of them
    never ran: by default, a job that is a second late is left out. `lost_by_downtime`: how many of as many that were
    due while the process was down for some seconds.
    """

    add: float
    start: float
    tick: float
    megabytes: float
    lost: int
    lost_by_downtime: int


async def measure_obvious(folder: Path, size: int, due: int) -> Obvious:
    """Return what a process of its own measures."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.obvious", str(folder / f"obvious-{size}-{due}.db"), str(size), str(due)),
        cwd=Path(__file__).parent.parent,
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await process.communicate()
    assert process.returncode == 0
    return Obvious(**json.loads(answer))


async def remind(token: int) -> None:
    """Stand for whatever is done for a token."""
    _reminded.add(token)


async def measure_here(file: Path, size: int, due: int, *, soon: timedelta = SOON, down: timedelta = DOWN) -> Obvious:
    """Measure in this process."""
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # it says of each job that it was missed
    jobs = _Jobs(file)
    started = time.perf_counter()
    jobs.add(range(ADDED), datetime.now(UTC) + _FAR)
    add = (time.perf_counter() - started) / ADDED
    jobs.fill(range(ADDED, size - due), datetime.now(UTC) + _FAR)

    at = jobs.fill(range(size - due, size), datetime.now(UTC) + soon + due * timedelta(milliseconds=1))
    scheduler = jobs.scheduler()
    started = time.perf_counter()
    scheduler.start()
    start = time.perf_counter() - started
    assert datetime.now(UTC) < at, "they are to fall due while it runs"
    async with heartbeat() as beats:
        await _sleep_until(at)
        await jobs.come_to_rest(size - due)
    lost = due - len(_reminded)
    scheduler.shutdown()

    _reminded.clear()
    at = jobs.fill(range(size, size + due), datetime.now(UTC))
    await _sleep_until(at + down)
    scheduler = jobs.scheduler()
    scheduler.start()
    await jobs.come_to_rest(size - due)
    scheduler.shutdown()
    jobs.close()
    return Obvious(add, start, beats.longest, _megabytes(), lost, due - len(_reminded))


async def _sleep_until(at: datetime) -> None:
    await asyncio.sleep((at - datetime.now(UTC)).total_seconds())


class _Jobs:
    """The table of a job store."""

    def __init__(self, file: Path) -> None:
        self._engine = create_engine(f"sqlite:///{file}")
        event.listen(self._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self._state: dict[str, Any] = {}
        self._table: Table = SQLAlchemyJobStore(engine=self._engine).jobs_t

    def scheduler(self) -> AsyncIOScheduler:
        """Return a scheduler of these jobs."""
        return AsyncIOScheduler(jobstores={"default": SQLAlchemyJobStore(engine=self._engine)}, timezone=UTC)

    def add(self, tokens: range, at: datetime) -> None:
        """Add a job for each token as one does."""
        scheduler = self.scheduler()
        scheduler.start(paused=True)
        for token in tokens:
            job = scheduler.add_job(remind, "date", run_date=at, args=[token], id=str(token))
            self._state = job.__getstate__()
        scheduler.shutdown()

    def fill(self, tokens: range, at: datetime) -> datetime:
        """Add a job for each token in one transaction, all like those that were added; return when they are due."""
        given = {**self._state, "trigger": DateTrigger(at), "next_run_time": at}
        with self._engine.begin() as connection:
            for token in tokens:
                name = str(token)
                pickled = pickle.dumps({**given, "id": name, "args": (token,)})
                row = {"id": name, "next_run_time": datetime_to_utc_timestamp(at), "job_state": pickled}
                connection.execute(insert(self._table), row)
        return at

    async def come_to_rest(self, left: int) -> None:
        """Wait until no more jobs than these are left, and those that were started have ended."""
        there = None
        while there is None or there > left:
            await asyncio.sleep(0.1)
            there = await asyncio.to_thread(self._count)
        await asyncio.sleep(0.1)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def _count(self) -> int:
        with self._engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(self._table)).scalar_one()


def _megabytes() -> float:
    """Return the most memory that this process had. What the system tells about it includes its parent's, on Linux."""
    if status := re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text() if _STATUS.exists() else ""):
        return int(status[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(measure_here(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))))
