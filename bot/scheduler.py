"""The handful of fixed tickers. What is due lives in the database; a ticker only looks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from access.ports import CannotKeep

log = structlog.get_logger()

Job = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Run:
    """How a job has fared. `ended_at`, by the event loop's clock: when it last did its work to the end."""

    interval: float
    ended_at: float
    done: int = 0
    failed: int = 0


class Tickers:
    """Runs each job again and again, its interval after the run before: never twice at once.

    The interval is real time, by the event loop's clock: setting the machine's clock neither stops a ticker nor makes
    it run more often.
    """

    def __init__(self, jobs: Mapping[str, tuple[timedelta, Job]]) -> None:
        self._jobs = jobs
        self._bells = {name: asyncio.Event() for name in jobs}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.runs: Mapping[str, Run] = {}
        """How each job has fared since the start, when its first run was due."""

    def start(self) -> None:
        """Start ticking, in the running event loop; every job runs at once for the first time."""
        now = asyncio.get_running_loop().time()
        self.runs = {name: Run(interval.total_seconds(), now) for name, (interval, _) in self._jobs.items()}
        for name, (interval, job) in self._jobs.items():
            self._tasks.append(asyncio.create_task(self._run(name, interval, job)))

    def hurry(self) -> None:
        """Run every job now, or once more if it is running: the clock by which things fall due was moved."""
        for bell in self._bells.values():
            bell.set()

    async def stop(self) -> None:
        """Stop ticking and wait for what is running."""
        self._stopping = True
        self.hurry()
        await asyncio.gather(*self._tasks)

    async def _run(self, name: str, interval: timedelta, job: Job) -> None:
        bell, run = self._bells[name], self.runs[name]
        while not self._stopping:
            bell.clear()
            try:
                await job()
                run.done, run.ended_at = run.done + 1, asyncio.get_running_loop().time()
            except CannotKeep:
                run.failed += 1  # told once for everything that needs the database (`bot.trouble`)
            except Exception:  # whatever it was, the next tick looks again
                run.failed += 1
                log.exception("ticker_failed", ticker=name)
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), interval.total_seconds())
