"""Servers that are asked whether a token is active: each is a process of its own, on one core."""

import asyncio
import json
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

ROOT: Final = Path(__file__).parent.parent
START_WITHIN: Final = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to be measured.

    `command` starts it; `{port}` in it stands for where it is to listen. `tokens` is a file of those that it may be
    asked about, written by then. `authorization` is the header of who asks.
    """

    name: str
    command: Sequence[str]
    path: str
    authorization: str
    tokens: Path
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    contender: Contender
    url: str
    process: asyncio.subprocess.Process

    def megabytes(self) -> float:
        """Return how much memory it has for itself: files that it reads are the system's to keep, or to forget."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


@asynccontextmanager
async def running(contender: Contender, *, core: int | None) -> AsyncIterator[Running]:
    """Start a server, wait until it calls a token active, and stop it in the end."""
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        *on_core(core, *(word.replace("{port}", str(port)) for word in contender.command)),
        cwd=contender.folder,
        env={**os.environ, **contender.environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        server = Running(contender, f"http://127.0.0.1:{port}{contender.path}", process)
        await _until_active(server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


def on_core(core: int | None, *command: str) -> tuple[str, ...]:
    """Return a command that stays on one core, where that can be had."""
    if core is None or shutil.which("taskset") is None:
        return command
    return ("taskset", "--cpu-list", str(core), *command)


def cores() -> tuple[int | None, int | None]:
    """Return a core for the server and another one for who asks; None, where the machine has not two."""
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[1]) if len(ours) > 1 else (None, None)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def time_of_answer(server: Running) -> float:
    """Ask about one token, which has to be active; return after how many seconds that was said."""
    token = _first_line(server.contender.tokens)
    async with aiohttp.ClientSession(headers={"Authorization": server.contender.authorization}) as session:
        asked = time.perf_counter()
        async with session.post(server.url, data={"token": token}) as answer:
            content = await answer.text()
        took = time.perf_counter() - asked
    assert json.loads(content)["active"] is True, f"{server.contender.name}: {content}"
    return took


async def _until_active(server: Running) -> None:
    """Ask again and again. Raises TimeoutError."""
    async with asyncio.timeout(START_WITHIN):
        while True:
            assert server.process.returncode is None, f"{server.contender.name} ended"
            with suppress(aiohttp.ClientConnectionError, FileNotFoundError, IndexError):
                await time_of_answer(server)
                return
            await asyncio.sleep(0.1)


def _first_line(file: Path) -> str:
    """Raises FileNotFoundError; IndexError, while nothing is in it."""
    return file.read_text().splitlines()[0]


def cpu_of(pid: int) -> float:
    """Return the seconds of a processor that a process has had (proc_pid_stat(5)); 0 where it has ended meanwhile."""
    try:
        fields = _fields(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> Sequence[int]:
    """Return the processes that this one has started and that are there."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [each for each in pids if parent_of(each) == pid]


def parent_of(pid: int) -> int:
    """Return which process has started this one; 0 where it has ended meanwhile."""
    try:
        return int(_fields(pid)[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _fields(pid: int) -> Sequence[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
