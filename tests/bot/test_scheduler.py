"""The tickers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from structlog.testing import capture_logs

from access.ports import CannotKeep
from bot.scheduler import Tickers
from tests.bot.waiting import nothing_left, until

DAY = timedelta(days=1)


def counting(runs: list[str], name: str = "run") -> Callable[[], Awaitable[None]]:
    async def job() -> None:
        runs.append(name)

    return job


async def test_every_job_runs_at_once_and_then_at_its_interval() -> None:
    runs: list[str] = []
    tickers = Tickers(
        {"often": (timedelta(milliseconds=20), counting(runs, "often")), "seldom": (DAY, counting(runs, "seldom"))}
    )
    async with nothing_left():
        tickers.start()
        await until(lambda: runs.count("often") >= 3)
        await tickers.stop()
    assert runs.count("seldom") == 1


async def test_a_failure_is_logged_without_its_message_and_the_next_tick_comes() -> None:
    runs: list[str] = []

    async def fail() -> None:
        runs.append("tried")
        raise ValueError(f"attempt {len(runs)}")

    tickers = Tickers({"sweep": (timedelta(milliseconds=20), fail)})
    with capture_logs() as log:
        tickers.start()
        await until(lambda: len(runs) >= 2)
        await tickers.stop()
    assert log[0] == {"event": "ticker_failed", "ticker": "sweep", "exc_info": True, "log_level": "error"}


async def test_a_hurry_during_a_run_makes_one_more_and_never_two_at_once() -> None:
    running, most, finish, runs = 0, 0, asyncio.Event(), 0

    async def job() -> None:
        nonlocal running, most, runs
        running, runs = running + 1, runs + 1
        most = max(most, running)
        await finish.wait()
        running -= 1

    tickers = Tickers({"sweep": (DAY, job)})
    tickers.start()
    await until(lambda: running == 1)
    for _ in range(3):
        tickers.hurry()
        await asyncio.sleep(0.01)
    finish.set()
    await until(lambda: runs == 2)
    await tickers.stop()
    assert (runs, most) == (2, 1)


async def test_a_stop_waits_for_what_is_running() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        ended.set()

    tickers = Tickers({"sweep": (DAY, job)})
    async with nothing_left():
        tickers.start()
        await begun.wait()
        await tickers.stop()
        assert ended.is_set()


async def test_an_outage_is_not_told_by_every_tick() -> None:
    runs: list[str] = []

    async def fail() -> None:
        runs.append("tried")
        raise CannotKeep

    tickers = Tickers({"sweep": (timedelta(milliseconds=5), fail)})
    with capture_logs() as log:
        tickers.start()
        await until(lambda: len(runs) >= 3)
        await tickers.stop()
    assert log == []
