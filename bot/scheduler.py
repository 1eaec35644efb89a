"""The handful of fixed tickers. What is due lives in the database; a ticker only looks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import SystemClock

_log = structlog.get_logger()

Job = Callable[[], Awaitable[object]]


class Tickers:
    """Runs each job at its interval, in real time: never twice at once, and late rather than not at all."""

    def __init__(self, jobs: Mapping[str, tuple[timedelta, Job]]) -> None:
        self._jobs = jobs
        self._running: set[asyncio.Task[object]] = set()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_listener(_log_failure, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Start ticking, in the running event loop; every job runs at once for the first time."""
        for name, (interval, job) in self._jobs.items():
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(job,),
                id=name,
                seconds=interval.total_seconds(),
                next_run_time=SystemClock().now(),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    def hurry(self) -> None:
        """Run every job now: the clock by which things fall due was moved."""
        for name in self._jobs:
            self._scheduler.modify_job(name, next_run_time=SystemClock().now())

    async def stop(self) -> None:
        """Stop ticking and wait for what is running, since the scheduler's own shutdown would cancel it."""
        self._scheduler.pause()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        task: asyncio.Task[object] = asyncio.ensure_future(job())
        self._running.add(task)
        try:
            await asyncio.shield(task)
        finally:
            self._running.discard(task)


def _log_failure(event: JobExecutionEvent) -> None:
    _log.error("ticker_failed", ticker=event.job_id, error=type(event.exception).__name__)
