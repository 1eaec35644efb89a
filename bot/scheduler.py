"""The handful of fixed tickers. What is due lives in the database; a ticker only looks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

Job = Callable[[], Awaitable[object]]


class Tickers:
    """Runs each job at its interval, in real time: never twice at once, and late rather than not at all.

    The scheduler only rings. Each job has a task of its own that hears it, so that a bell during a run is not lost and
    a stop cuts nothing short.
    """

    def __init__(self, jobs: Mapping[str, tuple[timedelta, Job]]) -> None:
        self._jobs = jobs
        self._bells = {name: asyncio.Event() for name in jobs}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        """Start ticking, in the running event loop; every job runs at once for the first time."""
        for name, (interval, job) in self._jobs.items():
            self._scheduler.add_job(
                self._ring, "interval", args=(name,), seconds=interval.total_seconds(), misfire_grace_time=None
            )
            self._tasks.append(asyncio.create_task(self._run(name, job)))
        self._scheduler.start()
        self.hurry()

    def hurry(self) -> None:
        """Run every job now, or once more if it is running: the clock by which things fall due was moved."""
        for bell in self._bells.values():
            bell.set()

    async def stop(self) -> None:
        """Stop ticking and wait for what is running."""
        self._scheduler.shutdown(wait=False)
        self._stopping = True
        self.hurry()
        await asyncio.gather(*self._tasks)

    async def _ring(self, name: str) -> None:
        self._bells[name].set()

    async def _run(self, name: str, job: Job) -> None:
        bell = self._bells[name]
        while True:
            await bell.wait()
            if self._stopping:
                return
            bell.clear()
            try:
                await job()
            except Exception:  # whatever it was, the next tick looks again
                log.exception("ticker_failed", ticker=name)
