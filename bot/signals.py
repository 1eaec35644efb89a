"""Stopping in an orderly way when the system, or somebody at the keyboard, asks for it."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Do some work until it is done, or until SIGTERM or SIGINT cancels it; then wait until it has cleaned up.

    Further signals do not cut the cleaning up short. Raises: what the work raises.
    """
    task = asyncio.create_task(work)

    def stop() -> None:
        if not task.cancelling():
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        await task
