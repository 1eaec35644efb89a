"""What a sweep of the reminders costs, by how many tokens there are and how many are due, and those who type meanwhile.

A sweep is `plan_reminders` as the bot runs it: what is due is read, decided, recorded and committed to the disk. Where
sizes are compared, they take turns. Beside it, in the same run, the obvious design: a job for each token.
"""

import asyncio
import gc
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import structlog

from access.model.resource_server import ResourceServer
from access.operations.plan_reminders import plan_reminders
from access.ports import Ports
from bench.commands import people_of
from bench.crowd import NOW, Crowd, fill, no_token
from bench.heartbeat import Beats, heartbeat
from bench.obvious import measure_obvious
from bench.result import Result
from bench.writers import TEAM, opened
from bot.garbage import set_started_aside

SIZES: Final = (10_000, 100_000, 1_000_000)
HUGE: Final = 10_000_000
FEW: Final = 100
MANY: Final = 10_000
ROUNDS: Final = 5
TICKS: Final = 100
OBVIOUS: Final = ((10_000, FEW), (100_000, MANY))
GOAL: Final = 1.5
LONGEST_HOLD: Final = 50.0
WARMING_UP: Final = 1.0
IDLE: Final = 10.0
"""Seconds for which people work while nothing is due."""


class _Still:
    """A clock that stands: what is due then is known."""

    def now(self) -> datetime:
        return NOW


async def measure(*, huge: bool = False) -> list[Result]:
    """Return the seconds of sweeps, the time of a tick with nothing due, the ratios, and what commands took meanwhile.

    `huge`: of 10,000,000 tokens too, which takes 11 GB on the disk and some minutes.
    """
    sizes = (*SIZES, HUGE) if huge else SIZES
    with tempfile.TemporaryDirectory(dir=disk()) as name:
        crowds = [await gather(Path(name) / str(size), size) for size in sizes]
        results = [*await _few(crowds), *await _many(crowds), *await _meanwhile(crowds[len(SIZES) - 1])]
    with tempfile.TemporaryDirectory() as name:
        for size, due in OBVIOUS:
            results += await _obvious(Path(name), size, due)
    return results


def disk() -> Path:
    """Return a folder on a disk with room: that for what is temporary may be in memory."""
    folder = Path("build").absolute()
    folder.mkdir(exist_ok=True)
    return folder


async def gather(
    folder: Path,
    size: int,
    token_digest: Callable[[int], bytes] = no_token,
    *,
    askers: Iterable[ResourceServer] = (),
    spare: int = 0,
) -> Crowd:
    """Fill a new database in a new folder, whose tokens are not to be looked at anew.

    `askers`: the resource servers that there are. One that asks for the first time has every token looked at. `spare`:
    how many third parties have no token.
    """
    await asyncio.to_thread(folder.mkdir)
    async with opened(folder) as (_, ports, _seal), ports.write(TEAM) as uow:
        for each in askers:
            await uow.resource_servers.add(each)
        await uow.commit()
    async with swept(folder):
        pass
    return await asyncio.to_thread(partial(fill, spare=spare), folder / "bench.db", size, token_digest)


@asynccontextmanager
async def swept(folder: Path) -> AsyncIterator[Ports]:
    """Open a database as the bot does, with nothing due, so that connections and statements are ready."""
    async with opened(folder) as (database, given, _seal):
        ports = replace(given, clock=_Still())
        await plan_reminders(TEAM, ports)
        await database.probe()
        yield ports


async def _few(crowds: list[Crowd]) -> list[Result]:
    seconds: dict[int, list[float]] = {crowd.size: [] for crowd in crowds}
    ticks: dict[int, list[float]] = {crowd.size: [] for crowd in crowds}
    for turn in range(1 + ROUNDS):
        for crowd in crowds:
            seconds[crowd.size].append(await _sweep(crowd, FEW, turn))
            ticks[crowd.size].append(await _tick(crowd))
    results = []
    for size in seconds:
        results.append(Result(f"sweep_{FEW}_of_{_words(size)}", median(seconds[size][1:]), "s"))
        results.append(Result(f"sweep_none_of_{_words(size)}", median(ticks[size][1:]) * 1e3, "ms"))
    least, most = crowds[0].size, crowds[-1].size
    for name, of in {f"sweep_{FEW}": seconds, "sweep_none": ticks}.items():
        ratios = [much / little for little, much in zip(of[least][1:], of[most][1:], strict=True)]
        results.append(Result(f"{name}_ratio_{_words(most)}", median(ratios), "times", goal=GOAL))
    return results


async def _many(crowds: list[Crowd]) -> list[Result]:
    return [Result(f"sweep_{MANY}_of_{_words(crowd.size)}", await _sweep(crowd, MANY, 0), "s") for crowd in crowds]


async def _sweep(crowd: Crowd, due: int, turn: int) -> float:
    """Return the seconds of a sweep, the last commit included. Nobody who is due may have been forgotten."""
    async with swept(crowd.file.parent) as ports:
        await asyncio.to_thread(crowd.let_fall_due, due, turn=turn)
        started = time.perf_counter()
        found = await plan_reminders(TEAM, ports)
        seconds = time.perf_counter() - started
    assert (found, crowd.count_reminded()) == (due, due)
    return seconds


async def _tick(crowd: Crowd) -> float:
    async with swept(crowd.file.parent) as ports:
        started = time.perf_counter()
        for _ in range(TICKS):
            await plan_reminders(TEAM, ports)
        return (time.perf_counter() - started) / TICKS


async def _meanwhile(crowd: Crowd) -> list[Result]:
    """Let people work while nothing is due, and then during a sweep."""
    async with swept(crowd.file.parent) as ports, people_of(ports) as people, _silence():
        set_started_aside()
        await people.act_until(asyncio.create_task(asyncio.sleep(WARMING_UP)))
        people.taken()
        async with heartbeat() as idle_beats:
            await people.act_until(asyncio.create_task(asyncio.sleep(IDLE)))
        idle = people.taken()
        await asyncio.to_thread(crowd.let_fall_due, MANY)
        async with heartbeat() as beats:
            await people.act_until(asyncio.create_task(plan_reminders(TEAM, ports)))
        busy = people.taken()
        gc.unfreeze()
    return [
        *(Result(f"idle_{name}", value, "ms") for name, value in idle.items()),
        *(Result(f"during_sweep_{name}", value, "ms") for name, value in busy.items()),
        *_held("idle", idle_beats, goal=None),
        *_held("during_sweep", beats, goal=LONGEST_HOLD),
    ]


def _held(name: str, beats: Beats, *, goal: float | None) -> list[Result]:
    return [
        Result(f"{name}_loop_held", beats.longest * 1e3, "ms", goal=goal),
        Result(f"{name}_loop_late", beats.latest * 1e3, "ms"),
    ]


@asynccontextmanager
async def _silence() -> AsyncIterator[None]:
    """Log no command."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)


async def _obvious(folder: Path, size: int, due: int) -> list[Result]:
    took = await measure_obvious(folder, size, due)
    name = f"apscheduler_{due}_of_{_words(size)}"
    return [
        Result(f"{name}_add_one", took.add * 1e3, "ms"),
        Result(f"{name}_start", took.start * 1e3, "ms"),
        Result(f"{name}_memory", took.megabytes, "MB"),
        Result(f"{name}_tick", took.tick, "s"),
        Result(f"{name}_lost", took.lost, "jobs"),
        Result(f"{name}_lost_in_downtime", took.lost_by_downtime, "jobs"),
    ]


def _words(size: int) -> str:
    if size < 1_000:
        return str(size)
    return f"{size // 1_000_000}m" if size >= 1_000_000 else f"{size // 1_000}k"
