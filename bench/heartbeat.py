"""How long the event loop is held: a task that wants to run every 5 ms, and by how much it comes late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BEAT: Final = 0.005
"""Seconds."""

_THREADS: Final = Path("/proc/self/task")


@dataclass
class Beats:
    """By how many seconds each beat came late, and by how many without the time for which no processor was free."""

    late: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)

    @property
    def latest(self) -> float:
        """Return the longest delay, whoever caused it: this machine's other work included."""
        return max(self.late)

    @property
    def longest(self) -> float:
        """Return the longest time for which this process held the loop: it computed, or waited for a disk or a lock."""
        return max(self.held)


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Beats]:
    """Measure while the block runs."""
    beats = Beats()
    task = asyncio.create_task(_beat(beats))
    try:
        yield beats
    finally:
        await asyncio.sleep(2 * BEAT)  # so that what held it last is noticed
        task.cancel()


async def _beat(beats: Beats) -> None:
    while True:
        started, starved = time.perf_counter(), _starved()
        await asyncio.sleep(BEAT)
        late = time.perf_counter() - started - BEAT
        beats.late.append(late)
        longest = max((waited - starved.get(thread, waited) for thread, waited in _starved().items()), default=0.0)
        beats.held.append(max(0.0, late - longest))


def _starved() -> dict[str, float]:
    """Return for how many seconds each thread was ready and got no processor; nothing where the system does not tell.

    The loop waits for the others as well: whoever has Python's lock when its processor is taken away keeps it.
    """
    waited = dict[str, float]()
    for file in _THREADS.glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended
            waited[file.parent.name] = int(file.read_bytes().split()[1]) / 1e9
    return waited
