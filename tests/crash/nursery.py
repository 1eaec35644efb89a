"""Lives of the bot, one after the other or side by side, and how each is ended."""

import asyncio
import json
import mmap
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.crash.zygote import FUSE
from tests.house import ROOT


@dataclass
class Life:
    """One process of the bot. `ended` is its exit status, negative for a signal."""

    pid: int
    ended: asyncio.Future[int]

    @property
    def is_over(self) -> bool:
        return self.ended.done()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, unless it has ended. Numbers of processes go round, so one just given back is nobody else's yet."""
        if not self.is_over:
            with suppress(ProcessLookupError):
                os.kill(self.pid, how)


@dataclass
class Nursery:
    """Where lives come from: one zygote, in a process of its own."""

    process: Process
    fuse_file: Path
    fuse: mmap.mmap
    _born: asyncio.Queue[Life] = field(default_factory=asyncio.Queue)
    _lives: dict[int, Life] = field(default_factory=dict)

    async def begin(
        self,
        settings: Mapping[str, str],
        log: Path,
        *,
        ahead: timedelta = timedelta(0),
        level: str = "DEBUG",
        **more: str,
    ) -> Life:
        """Begin a life of a bot whose clock is ahead of the machine's. `more`: for another zygote."""
        order = {"settings": settings, "log": str(log), "fuse": str(self.fuse_file), "ahead": ahead.total_seconds()}
        order |= {"level": level, **more}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode())
        await self.process.stdin.drain()
        return await self._born.get()

    def light(self, boundaries: int, *, only_commits: bool = False, microseconds: int = 0) -> None:
        """Have a life that goes on, or the next one, die at the so-manieth boundary of its database's work."""
        FUSE.pack_into(self.fuse, 0, boundaries, only_commits, microseconds, b"")

    def burnt(self) -> str:
        """Where the fuse went off; empty if it did not."""
        place: bytes = FUSE.unpack_from(self.fuse)[-1]
        return place.rstrip(b"\0").decode()

    async def listen(self) -> None:
        """Hear of births and ends, until the zygote ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "ended" in told:
                self._lives.pop(told["pid"]).ended.set_result(told["ended"])
            else:
                life = self._lives[told["pid"]] = Life(told["pid"], asyncio.get_running_loop().create_future())
                self._born.put_nowait(life)


@asynccontextmanager
async def nursery(folder: Path, zygote: str = "tests.crash.zygote") -> AsyncIterator[Nursery]:
    """Start a zygote, a module; in the end it goes, and with it what lives."""
    fuse_file = folder / "fuse"
    fuse_file.write_bytes(bytes(FUSE.size))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", zygote, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    with fuse_file.open("r+b") as file, mmap.mmap(file.fileno(), FUSE.size) as shared:
        home = Nursery(process, fuse_file, shared)
        listening = asyncio.create_task(home.listen())
        try:
            yield home
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            await listening
