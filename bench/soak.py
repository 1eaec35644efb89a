"""A soak: after many commands and very many checks, the bot has the memory, descriptors and connections that it had.

`python -m bench.soak` lets one whole bot (`bench.command_server`) work on a file, then one on PostgreSQL, as fast as it
can. `--part` is for a first look.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from bench import check_server
from bench.contenders import Contender, Running, cores
from bench.crowd import parties_of
from bench.moved import durable_server, moved
from bench.reminders import disk
from bench.result import Result, show
from bench.slack import slack_listening
from bench.typing import Bots, bots_of, type_while
from bench.writers import url_of
from bench.wrk import Wrk, find_wrk

SETUPS: Final = ("sqlite", "postgres")
COMMANDS: Final = 20_000
CHECKS: Final = 1_000_000
STEPS: Final = 20
"""After each of them it is looked at; the first quarter warms up."""

SIZE: Final = 3_000
SPARE: Final = 4_000
A_LOAD: Final = 2.0
"""Seconds of checks at a time."""

_OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
GROWTH: Final = 5.0
"""So many hundredths more memory than after the first quarter, at most."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a process has: memory of its own in MB, open descriptors, connections to its server."""

    megabytes: float
    descriptors: int
    connections: int


async def measure(part: float = 1.0) -> list[Result]:
    """Return how much more there was of each in the end. Raises NoWrk."""
    wrk = await find_wrk()
    results = list[Result]()
    with tempfile.TemporaryDirectory(dir=disk()) as name:
        folder = Path(name) / "soak"
        tokens = await check_server.prepare(folder, SIZE, spare=SPARE)
        async with durable_server() as server:
            places = {"sqlite": folder, "postgres": await moved(folder, server, "soak")}
            for what in SETUPS:
                results += _figures(f"soak_{what}", await _soak(places[what], tokens, wrk, part))
    return results


async def _soak(folder: Path, tokens: Path, wrk: Wrk, part: float) -> Sequence[Seen]:
    seen = []
    async with AsyncExitStack() as stack:
        slack, url = await stack.enter_async_context(slack_listening())
        bots = await stack.enter_async_context(bots_of(folder, parties_of(SIZE), slack=slack, url=url))
        (process,), (internal,) = bots.processes, bots.internal_urls
        checked = Contender("bot", (), "/oauth/introspect", check_server.AUTHORIZATION, tokens)
        running = Running(checked, f"{internal}/oauth/introspect", process)
        for step in range(STEPS):
            await _work(bots, running, wrk, part)
            seen.append(await _looked_at(running, url_of(folder)))
            print(f"{step + 1:3} of {STEPS}: {seen[-1]}", file=sys.stderr, flush=True)
    return seen


async def _work(bots: Bots, running: Running, wrk: Wrk, part: float) -> None:
    commands, checks = int(COMMANDS * part / STEPS), CHECKS * part / STEPS
    await type_while(bots, lambda done: done < commands)
    asked = 0.0
    while asked < checks:
        load = await wrk.load(running, seconds=A_LOAD, core=cores()[1])
        asked += load.rate * A_LOAD


async def _looked_at(running: Running, url: str) -> Seen:
    descriptors = len(os.listdir(f"/proc/{running.process.pid}/fd"))  # one question to the kernel, no disk
    return Seen(running.megabytes(), descriptors, await _connections(url))


async def _connections(url: str) -> int:
    if url.startswith("sqlite"):
        return 0
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_OTHERS))
    finally:
        await connection.close()


def _figures(name: str, seen: Sequence[Seen]) -> list[Result]:
    warm, later = seen[len(seen) // 4 - 1], seen[len(seen) // 4 :]
    most = max(each.descriptors for each in seen[: len(seen) // 4])
    return [
        Result(f"{name}_memory", later[-1].megabytes, "MB"),
        Result(f"{name}_memory_growth", (later[-1].megabytes / warm.megabytes - 1) * 100, "%", GROWTH),
        Result(f"{name}_descriptors_more", max(each.descriptors for each in later) - most, "", 0),
        Result(f"{name}_connections_more", max(each.connections for each in later) - warm.connections, "", 0),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--part", type=float, default=1.0, help="of the work, as in 0.01")
    show(asyncio.run(measure(parser.parse_args().part)))
