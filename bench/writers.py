"""What a write takes while others write: one task, fifty, and fifty in each of two processes on one database.

A write is an operation: a third party is registered or its switch moved, which is recorded and committed to the disk.
Beside it, in the same run, what two processes need that insert a row each with plain `sqlite3` and `BEGIN IMMEDIATE`.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from access.model.errors import AccessError
from access.model.ids import ThirdPartyId, WorkspaceId
from access.model.people import Caller, Role, SlackPerson, SlackUser
from access.model.policy import Policy
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.ports import Ports
from bench.result import Result
from bot.age_keys import AgeKeys
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.keyring import load_keyring, make_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.vault import ChainSeal, SealingVault
from storage.engine import Database

TASKS: Final = 50
WRITES: Final = 12
"""Of each task."""

TEAM: Final = WorkspaceId("T0BENCH")
ADMIN: Final = Caller(TEAM, SlackUser("U0BENCH", TEAM), Role.ADMIN)
SHARED: Final = "Shared by all"
ELSEWHERE: Final = "database-url"
"""The file in a folder that names a database of PostgreSQL."""


@dataclass
class Written:
    """What one process did: how long each write took, how often the shared switch moved, what was refused."""

    seconds: list[float] = field(default_factory=list)
    moved: int = 0
    refused: list[str] = field(default_factory=list)


class _Nobody:
    async def look_up(self, user_id: str) -> SlackPerson | None:
        return None

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        return None

    async def admins(self) -> Sequence[SlackUser]:
        return []


def url_of(folder: Path) -> str:
    """Return the address of the database in a folder."""
    named = folder / ELSEWHERE
    return named.read_text() if named.exists() else f"sqlite:///{folder / 'bench.db'}"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Database, Ports, ChainSeal]]:
    """Open the database in a folder as the bot and the command line do; what is not there is made.

    It is a file, unless the folder has one that names a database of PostgreSQL.
    """
    clock, random = SystemClock(), SystemRandom()
    if not (folder / "keyring").exists():
        make_keyring(folder / "keyring", now=clock.now(), random=random)
    keyring = load_keyring(folder / "keyring")
    seal, vault = ChainSeal(keyring), SealingVault(keyring, random)
    url = url_of(folder)
    database = await Database.open(url, seal=seal, random=random, hash_reason=vault.hash_reason)
    try:
        await database.migrate()
        lookalikes = UnicodeLookalikes()
        yield (
            database,
            Ports(
                database.write,
                database.read,
                clock,
                random,
                vault,
                _Nobody(),
                lookalikes,
                Policy(),
                database,
                AgeKeys(),
            ),
            seal,
        )
    finally:
        await database.close()


async def prepare(folder: Path) -> None:
    """Register the third party that everybody switches."""
    async with opened(folder) as (_, ports, _seal):
        await register_third_party(RegisterThirdParty(caller=ADMIN, name=SHARED), ports)


async def write(ports: Ports, process: str, *, tasks: int, writes: int) -> Written:
    """Let tasks write at once: each registers a third party of its own and switches the shared one, again and again."""
    async with ports.read(TEAM) as reading:
        shared = await reading.third_parties.by_name(SHARED)
    assert shared is not None
    written = Written()
    await asyncio.gather(*(_write(ports, shared.id, f"{process} {task}", writes, written) for task in range(tasks)))
    return written


async def _write(ports: Ports, shared: ThirdPartyId, name: str, writes: int, written: Written) -> None:
    started = time.perf_counter()
    await register_third_party(RegisterThirdParty(caller=ADMIN, name=name), ports)
    written.seconds.append(time.perf_counter() - started)
    for turn in range(writes - 1):
        started = time.perf_counter()
        try:
            if turn % 2:
                await disable_third_party(DisableThirdParty(caller=ADMIN, third_party=shared), ports)
            else:
                await enable_third_party(EnableThirdParty(caller=ADMIN, third_party=shared), ports)
            written.moved += 1
        except AccessError as refusal:
            written.refused.append(refusal.code)
        written.seconds.append(time.perf_counter() - started)


async def in_two_processes(folder: Path, *, tasks: int, writes: int) -> tuple[Written, Written]:
    """Let this process and another one write at the same time."""
    async with opened(folder) as (_, ports, _seal):
        other = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.writers", str(folder), str(tasks), str(writes)),
            cwd=Path(__file__).parent.parent,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert other.stdout is not None
        await other.stdout.readline()  # it has opened the database, and waits
        ours, (theirs, _) = await asyncio.gather(
            write(ports, "ours", tasks=tasks, writes=writes), other.communicate(b"go\n")
        )
        assert other.returncode == 0
    return ours, Written(**json.loads(theirs))


async def measure() -> list[Result]:
    """Return the median, the 99th percentile and the longest of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await prepare(folder)
        async with opened(folder) as (_, ports, _seal):
            alone = await write(ports, "alone", tasks=1, writes=TASKS * WRITES)
            fifty = await write(ports, "fifty", tasks=TASKS, writes=WRITES)
        both = await in_two_processes(folder, tasks=TASKS, writes=WRITES)
        plain = await _plain(folder)
    two = [*both[0].seconds, *both[1].seconds]
    slower = max(both, key=lambda written: max(written.seconds)).seconds
    return [
        *_figures("write_1_task", alone.seconds),
        *_figures("write_50_tasks", fifty.seconds),
        *_figures("write_2x50_tasks", two),
        *_figures("write_2x50_slower_process", slower),
        *_figures("plain_sqlite3_2_processes", plain),
    ]


def _figures(name: str, seconds: Sequence[float]) -> list[Result]:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return [
        Result(f"{name}_p50", median(ordered) * 1e3, "ms"),
        Result(f"{name}_p99", p99 * 1e3, "ms"),
        Result(f"{name}_max", ordered[-1] * 1e3, "ms"),
    ]


_PLAIN: Final = """
import json, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("PRAGMA synchronous=FULL")
seconds = []
for number in range(int(sys.argv[2])):
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO plain VALUES (?)", ("x" * 500,))
    connection.execute("COMMIT")
    seconds.append(time.perf_counter() - started)
print(json.dumps(seconds))
"""


async def _plain(folder: Path) -> list[float]:
    file = folder / "plain.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE plain (text TEXT)")
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _PLAIN, str(file), str(TASKS * WRITES)), stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    answers = await asyncio.gather(*(process.communicate() for process in processes))
    return [second for answer, _ in answers for second in json.loads(answer)]


async def _second(folder: Path, tasks: int, writes: int) -> None:
    async with opened(folder) as (_, ports, _seal):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(asdict(await write(ports, "theirs", tasks=tasks, writes=writes))))


if __name__ == "__main__":
    asyncio.run(_second(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
