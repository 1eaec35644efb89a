"""Checks: how many a second, and the 99th percentile, beside what else answers RFC 7662.

One process on one core, wrk on another one with 32 connections, tokens of the database at random. All take turns in
one run, and each figure is the median of the rounds. `floor` is a constant on the bot's own HTTP server. oidc-provider
keeps its tokens in memory, 900 of them; everybody else has 1,000,000. The bot writes down meanwhile what checks show.
"""

import asyncio
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Final

from bench import check_server, meanwhile
from bench.contenders import Contender, cores, cpu_of, running, time_of_answer
from bench.moved import durable_server, moved, processes_of
from bench.peers.contenders import asked_by_secret, authlib_on, peers, versions
from bench.reminders import disk
from bench.result import Result
from bench.wrk import Load, NoWrk, Wrk, find_wrk
from tests.postgres import database_of

FEW: Final = 10_000
MANY: Final = 1_000_000
ROUNDS: Final = 5
SECONDS: Final = 4.0
WARMING_UP: Final = 1.0
FASTER: Final = {"floor": 0.6, "oidc_provider": 2.0, "authlib": 6.0, "django_oauth_toolkit": 20.0}
"""How many times as many checks as theirs are to be answered."""

FASTER_ON_POSTGRES: Final = 2.5
AMONG_MANY: Final = 1.2
"""How many times as much time and memory a check may take among many tokens as among few."""

Loads = dict[str, list[Load]]


async def measure() -> list[Result]:
    """Return rates and 99th percentiles, and the ratios that have goals. Without wrk, nothing."""
    wrk = await _wrk()
    if wrk is None:
        return []
    with tempfile.TemporaryDirectory(dir=disk()) as name:
        bots = await _bots(Path(name))
        contenders = [*bots, *await peers(Path(name), MANY)]
        print(await _described())
        loads, further = await _take_turns(contenders, wrk)
        half = median(load.rate for load in loads["bot"]) / 2
        busy = await meanwhile.measure(bots[0], Path(name) / "bot", MANY, rate=half)
    return [*_figures(loads), *_ratios(loads), *further, *busy]


async def measure_on_postgres() -> list[Result]:
    """Return rates and 99th percentiles of the bot and of Authlib on PostgreSQL, and the ratio. Without wrk, nothing.

    The database has the machine to itself but for the server that asks it and for wrk, as it is; so it does for both.
    """
    wrk = await _wrk()
    if wrk is None:
        return []
    with tempfile.TemporaryDirectory(dir=disk()) as name:
        tokens = await check_server.prepare(Path(name) / "checks", MANY)
        async with durable_server() as server:
            folder = await moved(Path(name) / "checks", server, "checks")
            theirs = await authlib_on(await asyncio.to_thread(database_of, server, "authlib"), Path(name), MANY)
            bot = check_server.contender("bot", folder, tokens)
            loads, _ = await _take_turns([bot, *theirs], wrk)
            spent = await _spent_by_server(bot, server, wrk)
    figures = [replace(each, name=each.name.replace("checks_", "checks_postgres_", 1)) for each in _figures(loads)]
    figures.append(Result("checks_postgres_server_cpu", spent * 1e6, "µs"))
    if not theirs:
        return figures
    faster = _side_by_side(loads, "bot", "authlib", _rate)
    goal = FASTER_ON_POSTGRES
    return [*figures, _of_rounds("checks_postgres_rate_to_authlib", faster, "times", goal, at_least=True)]


async def _spent_by_server(bot: Contender, url: str, wrk: Wrk) -> float:
    """Return how many seconds of a processor the database's server has for a check."""
    server_core, load_core = cores()
    async with running(bot, core=server_core) as server:
        await wrk.load(server, seconds=WARMING_UP, core=load_core)
        before = {each: cpu_of(each) for each in await processes_of(url)}
        load = await wrk.load(server, seconds=SECONDS, core=load_core)
        spent = [max(cpu_of(each) - seconds, 0.0) for each, seconds in before.items()]
        return sum(spent) / (load.rate * SECONDS)


async def _wrk() -> Wrk | None:
    try:
        return await find_wrk()
    except NoWrk as reason:
        print(reason)
        return None


async def _bots(folder: Path) -> list[Contender]:
    """Prepare the bot with many and with few tokens, and what it answers with when it looks up nothing."""
    contenders = []
    for name, size in (("bot", MANY), ("bot_among_few", FEW)):
        tokens = await check_server.prepare(folder / name, size)
        contenders.append(check_server.contender(name, folder / name, tokens))
    return [*contenders, check_server.contender("floor", folder / "bot", contenders[0].tokens, "--constant")]


async def _take_turns(contenders: Sequence[Contender], wrk: Wrk) -> tuple[Loads, list[Result]]:
    """Return what came of each round, and what is asked of the servers in the end."""
    loads: Loads = {each.name: [] for each in contenders}
    server_core, load_core = cores()
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(running(each, core=server_core)) for each in contenders]
        for server in servers:
            await wrk.load(server, seconds=WARMING_UP, core=load_core)
        for _ in range(ROUNDS):
            for server in servers:
                loads[server.contender.name].append(await wrk.load(server, seconds=SECONDS, core=load_core))
        memory = {server.contender.name: server.megabytes() for server in servers}
        slow = [
            await time_of_answer(asked_by_secret(server)) for server in servers if "django" in server.contender.name
        ]
    hashed = [Result("checks_django_oauth_toolkit_by_secret", seconds * 1e3, "ms") for seconds in slow]
    return loads, [*hashed, *(_memory(memory) if "bot_among_few" in memory else [])]


async def _described() -> str:
    """Say what is compared."""
    ours = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    ours |= {name: metadata.version(name) for name in ("uvicorn", "httptools")}
    return "checks: " + ", ".join(f"{name} {version}" for name, version in {**ours, **await versions()}.items())


def _figures(loads: Loads) -> list[Result]:
    return [
        _of_rounds(f"checks_{name}_{figure}", [of(load) for load in rounds], unit)
        for name, rounds in loads.items()
        for figure, of, unit in (("rate", _rate, "/s"), ("p99", _p99, "ms"))
    ]


def _ratios(loads: Loads) -> list[Result]:
    results = []
    for name, goal in FASTER.items():
        if name in loads:
            faster = _side_by_side(loads, "bot", name, _rate)
            results.append(_of_rounds(f"checks_rate_to_{name}", faster, "times", goal, at_least=True))
    if "oidc_provider" in loads:
        later = _side_by_side(loads, "bot", "oidc_provider", _p99)
        results.append(_of_rounds("checks_p99_to_oidc_provider", later, "times", 1.0))
    slower = _side_by_side(loads, "bot_among_few", "bot", _rate)
    return [*results, _of_rounds("checks_time_among_many", slower, "times", AMONG_MANY)]


def _memory(megabytes: Mapping[str, float]) -> list[Result]:
    return [
        Result("checks_memory", megabytes["bot"], "MB"),
        Result("checks_memory_among_many", megabytes["bot"] / megabytes["bot_among_few"], "times", goal=AMONG_MANY),
    ]


def _side_by_side(loads: Loads, one: str, other: str, of: Callable[[Load], float]) -> list[float]:
    return [of(its) / of(others) for its, others in zip(loads[one], loads[other], strict=True)]


def _of_rounds(
    name: str, values: list[float], unit: str, goal: float | None = None, *, at_least: bool = False
) -> Result:
    return Result(name, median(values), unit, goal, at_least, spread=(min(values), max(values)))


def _rate(load: Load) -> float:
    return load.rate


def _p99(load: Load) -> float:
    return load.p99
