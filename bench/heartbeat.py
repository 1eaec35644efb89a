"""How long the event loop is held: a task that wants to run every millisecond, and by how much it comes late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

BEAT: Final = 0.001
"""Seconds."""


@dataclass
class Beats:
    """By how many seconds each beat came late, and how long the loop's thread computed in between."""

    late: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """Return the longest time for which the loop was held, whoever held it: this machine's other work included."""
        return max(self.late)

    @property
    def longest_computed(self) -> float:
        """Return the longest time for which it was held by what it did itself."""
        return max(self.computed)


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
        started, computed = time.perf_counter(), time.thread_time()
        await asyncio.sleep(BEAT)
        beats.late.append(time.perf_counter() - started - BEAT)
        beats.computed.append(time.thread_time() - computed)
