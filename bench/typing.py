"""Commands, from Slack's request to the answer: the processor's time for one, and how long people wait at half a rate.

The whole bot in HTTP mode (`bench.command_server`), on a file and on PostgreSQL, there with one process and with two,
beside a bare Bolt app on the same HTTP server; and on PostgreSQL again among 1,000,000 third parties. A time counts
from the moment at which the command was due.
"""

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import aiohttp

from bench.check_server import Moved
from bench.contenders import ROOT, cpu_of
from bench.crowd import parties_of
from bench.moved import durable_server, moved
from bench.reminders import disk, gather
from bench.result import Result
from bench.slack import ADMIN, People, Slack, slack_listening

SETUPS: Final = ("bare", "sqlite", "postgres", "postgres_2")
FEW: Final = 1_000
MANY: Final = 1_000_000
"""Third parties with a token or two."""

SPARE: Final = 4_000
"""And without: for each `issue` another one."""

WARMING_UP: Final = 50
ALONE: Final = 100
"""Commands of a kind, one after the other: to have each statement written and prepared, which a process does once, and
then to tell the processor's time.
"""

CROWDED: Final = 6.0
STEADY: Final = 30.0
"""Seconds: so many that a kind is asked for more than a hundred times, or the slowest of all would stand for 1 in 100.
"""

AT_ONCE: Final = 16
ROUNDS: Final = 5
IN_A_ROUND: Final = 120
"""Of each of the three that are compared among few and among many."""

SHOW_CPU: Final = 5.0
P99: Final = 100.0
AMONG_MANY: Final = 1.5

Act = Callable[[], Awaitable[None]]
"""Somebody does one thing, and waits for the answer."""


@dataclass(frozen=True, slots=True)
class Bots:
    """Processes that answer, where they answer checks, and what people do with them, again and again; by kind."""

    processes: Sequence[asyncio.subprocess.Process]
    internal_urls: Sequence[str]
    acts: Mapping[str, Iterator[Act]]

    def cpu(self) -> float:
        """Return how many seconds of a processor all of them have had."""
        return sum(cpu_of(process.pid) for process in self.processes)


async def measure() -> list[Result]:
    """Return the processor's time of each kind of command, the greatest rate, and what 99 of 100 wait at most."""
    results = list[Result]()
    with tempfile.TemporaryDirectory(dir=disk()) as name:
        async with AsyncExitStack() as stack:
            slack, url = await stack.enter_async_context(slack_listening())
            server = await stack.enter_async_context(durable_server())
            file = await _crowd(Path(name) / "few", FEW)
            one, two, few = [await moved(file, server, name) for name in ("one", "two", "few")]
            run = partial(bots_of, slack=slack, url=url)
            places = {"bare": (None, 1), "sqlite": (file, 1), "postgres": (one, 1), "postgres_2": (two, 2)}
            for what in SETUPS:
                folder, count = places[what]
                async with run(folder, FEW, count=count) as bots:
                    results += await _of(what, bots)
            many = await moved(await _crowd(Path(name) / "many", MANY), server, "many")
            async with run(few, FEW) as among_few, run(many, MANY) as among_many:
                results += await _compared(among_few, among_many)
    return results


async def _crowd(folder: Path, parties: int) -> Path:
    await gather(folder, parties * 3 // 2, spare=SPARE)
    return folder


@asynccontextmanager
async def bots_of(folder: Path | None, parties: int, *, slack: Slack, url: str, count: int = 1) -> AsyncIterator[Bots]:
    """Run so many processes on the database of a folder; without a folder, a bare app."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        started = [await stack.enter_async_context(_process(folder, url)) for _ in range(count)]
        people = People(slack, [ports["url"] for _, ports in started], Moved(), session)
        acts = {"bare": _endless(people.type, "help", ADMIN)} if folder is None else _acts(people, parties)
        yield Bots([process for process, _ in started], [ports["internal_url"] for _, ports in started], acts)


@asynccontextmanager
async def _process(folder: Path | None, url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    given = ["--bare", ".", url] if folder is None else [str(folder), url]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.command_server", *given), cwd=ROOT, stdin=pipe, stdout=pipe
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await process.stdout.readline())
    finally:
        await process.communicate(b"\n")


def _acts(people: People, parties: int) -> Mapping[str, Iterator[Act]]:
    """Return what people do, each time with another third party where it changes something."""
    with_tokens = parties_of(parties * 3 // 2)
    turn = (number * 7_919 % with_tokens for number in itertools.count())
    switched = (
        (word, number)
        for first in itertools.count(step=AT_ONCE)  # nobody enables what another is about to disable
        for word in ("disable", "enable")
        for number in range(first, first + AT_ONCE)
    )
    spare = itertools.count(with_tokens)

    def of(words: str, numbers: Iterator[int], expecting: str) -> Iterator[Act]:
        for number in numbers:
            yield partial(people.type, words.format(number), expecting=expecting)

    return {
        "show": of("show Company {}", turn, "Client ID"),
        "issue": of("issue Company {}", spare, "A token is issued"),
        "home": (people.open_home for _ in itertools.count()),
        "list": of("list", turn, "third parties"),
        "audit": of("audit Company {}", turn, "Company"),
        "test": of("test Company {}", turn, "Credentials"),
        "report": of("report", turn, "see to"),
        "help": of("help", turn, "What you can type"),
        "edit": of("edit Company {}", turn, ""),
        "switch": (
            partial(people.type, f"{word} Company {number}", expecting=f"Company {number}") for word, number in switched
        ),
    }


def _endless(act: Callable[..., Awaitable[None]], words: str, expecting: str) -> Iterator[Act]:
    return itertools.repeat(partial(act, words, expecting=expecting))


async def _of(what: str, bots: Bots) -> list[Result]:
    results = list[Result]()
    for kind, acts in bots.acts.items():
        await _do(acts, WARMING_UP)
        before = bots.cpu()
        await _do(acts, ALONE)
        goal = SHOW_CPU if kind == "show" else None
        results.append(Result(f"command_{what}_{kind}_cpu", (bots.cpu() - before) / ALONE * 1e3, "ms", goal))
    rate = await _greatest_rate(bots)
    waited = await _at_rate(bots, rate / 2, STEADY)
    results.append(Result(f"command_{what}_rate", rate, "/s"))
    for kind, seconds in waited.items():
        results.append(Result(f"command_{what}_{kind}_p99", p99(seconds) * 1e3, "ms", P99))
    return results


async def _do(acts: Iterator[Act], times: int) -> None:
    for _ in range(times):
        await next(acts)()


async def _greatest_rate(bots: Bots) -> float:
    """Return how many are answered in a second while so many wait for an answer at any moment."""
    begun = time.perf_counter()
    done = await type_while(bots, lambda _done: time.perf_counter() - begun < CROWDED)
    return done / (time.perf_counter() - begun)


async def type_while(bots: Bots, goes_on: Callable[[int], bool]) -> int:
    """Let so many people at once do one thing after the other while it goes on; return how many things were done."""
    mix, done = _mix(bots), 0

    async def go_on() -> None:
        nonlocal done
        while goes_on(done):
            done += 1
            _, act = next(mix)
            await act()

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return done


async def _at_rate(bots: Bots, rate: float, seconds: float) -> Mapping[str, list[float]]:
    """Do so many things a second, whether or not the answers keep pace; return how long after it was due each was."""
    mix, waited = _mix(bots), defaultdict[str, list[float]](list)
    begun = time.perf_counter()

    async def act_at(due: float) -> None:
        kind, act = next(mix)
        await act()
        waited[kind].append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(act_at(due))
    return waited


def _mix(bots: Bots) -> Iterator[tuple[str, Act]]:
    for kind in itertools.cycle(bots.acts):
        yield kind, next(bots.acts[kind])


async def _compared(few: Bots, many: Bots) -> list[Result]:
    """Return what 99 of 100 wait among few and among many, in turns, and how many times as long."""
    results = list[Result]()
    for kind in ("show", "issue", "home"):
        rounds = [[await _one_by_one(bots.acts[kind]) for bots in (few, many)] for _ in range(1 + ROUNDS)][1:]
        ratios = [p99(among_many) / p99(among_few) for among_few, among_many in rounds]
        results += [
            Result(f"command_{kind}_p99_among_few", median(p99(each) for each, _ in rounds) * 1e3, "ms"),
            Result(f"command_{kind}_p99_among_many", median(p99(each) for _, each in rounds) * 1e3, "ms"),
            Result(
                f"command_{kind}_p99_ratio",
                median(ratios),
                "times",
                AMONG_MANY,
                spread=(min(ratios), max(ratios)),
            ),
        ]
    return results


async def _one_by_one(acts: Iterator[Act]) -> list[float]:
    waited = []
    for _ in range(IN_A_ROUND):
        begun = time.perf_counter()
        await next(acts)()
        waited.append(time.perf_counter() - begun)
    return waited


def p99(seconds: Sequence[float]) -> float:
    """Return what 99 of 100 are at most."""
    ordered = sorted(seconds)
    return ordered[len(ordered) * 99 // 100]
