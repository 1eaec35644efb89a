"""Waiting for what other tasks do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


async def until(done: Callable[[], bool], within: float = 5) -> None:
    """Wait until something is so. Raises TimeoutError after `within` real seconds."""
    async with asyncio.timeout(within):
        while True:
            if done():
                return
            await asyncio.sleep(0.005)


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Everything that was started inside has ended soon after."""
    before = asyncio.all_tasks()
    try:
        yield
    finally:
        await until(lambda: asyncio.all_tasks() <= before, within=1)
