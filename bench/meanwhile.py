"""Checks at half of the possible rate, first alone, then while people type, a sweep plans and the relay sends."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.contenders import Contender, Running, cores, on_core, running
from bench.crowd import Crowd
from bench.result import Result

DUE: Final = 2_000
"""So many tokens are due in the sweep."""

ALONE: Final = 5.0
BUSY: Final = 15.0
"""Seconds."""

GOAL: Final = 20.0
"""Milliseconds that 99 in 100 checks may take."""


async def measure(bot: Contender, folder: Path, size: int, *, rate: float) -> list[Result]:
    """Return how long checks took, from the moment at which each was due, and how the rest fared."""
    await asyncio.to_thread(Crowd(folder / "bench.db", size).let_fall_due, DUE)
    server_core, load_core = cores()
    busy = replace(bot, command=(sys.executable, "-m", "bench.busy", str(folder), "{port}"))
    async with running(busy, core=server_core) as server:
        alone = await ask(server, rate, ALONE, load_core)
        asking = asyncio.create_task(ask(server, rate, BUSY, load_core))
        told = await _told(server)
        among_others = await asking
    assert told["due"] >= DUE  # one that people enable is looked at once more
    assert told["posted"] > 0
    return [
        Result("checks_half_rate", rate, "/s"),
        *_figures("checks_alone", alone, goal=None),
        *_figures("checks_meanwhile", among_others, goal=GOAL),
        Result("meanwhile_sweep", told["sweep_seconds"], "s"),
        Result("meanwhile_posted", told["posted"], "posts"),
        Result("meanwhile_read_p99", told["read_p99"], "ms"),
        Result("meanwhile_write_p99", told["write_p99"], "ms"),
    ]


def _figures(name: str, took: dict[str, float], *, goal: float | None) -> list[Result]:
    assert took["failed"] == 0
    return [
        Result(f"{name}_p50", took["p50"], "ms"),
        Result(f"{name}_p99", took["p99"], "ms", goal=goal),
        Result(f"{name}_longest", took["longest"], "ms"),
    ]


async def ask(server: Running, rate: float, seconds: float, core: int | None) -> dict[str, float]:
    """Ask a server at a steady rate; return what `bench.steady` says of it."""
    contender = server.contender
    process = await asyncio.create_subprocess_exec(
        *on_core(core, sys.executable, "-m", "bench.steady", server.url, str(contender.tokens)),
        *(contender.authorization, str(rate), str(seconds)),
        cwd=contender.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    took: dict[str, float] = json.loads(told)
    return took


async def _told(server: Running) -> dict[str, float]:
    """Let everybody work for as long as checks are made, and return what the server says of it."""
    assert server.process.stdin is not None
    assert server.process.stdout is not None
    server.process.stdin.write(f"{BUSY}\n".encode())
    await server.process.stdin.drain()
    told: dict[str, float] = json.loads(await server.process.stdout.readline())
    return told
