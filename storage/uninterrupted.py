"""Keeping a cancellation out of the middle of a statement."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_T = TypeVar("_T")


async def uninterrupted(work: Coroutine[Any, Any, _T]) -> _T:
    """Await something to its end; a cancellation that comes meanwhile is passed on afterwards.

    A statement that is cancelled half-way goes on in the driver's thread. Its connection is thrown away then, with the
    transaction still open and the lock to write still held, and the next writer waits for that lock in vain.
    """
    task = asyncio.ensure_future(work)
    interrupted: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            interrupted = error
    if interrupted is not None:
        await asyncio.gather(task, return_exceptions=True)
        raise interrupted
    return task.result()


@asynccontextmanager
async def checked_out(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Take a connection from the pool and give it back, rolled back, whatever happens in between."""
    connection = engine.connect()
    try:
        await uninterrupted(_start(connection))
        yield connection
    finally:
        if connection.sync_connection is not None:
            await uninterrupted(connection.close())


async def _start(connection: AsyncConnection) -> None:
    await connection.start()
