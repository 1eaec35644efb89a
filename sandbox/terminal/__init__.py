"""The sandbox at a terminal, and without one."""

import asyncio
import signal
from typing import TextIO

from sandbox.sandbox import Sandbox
from sandbox.terminal.display import Display
from sandbox.terminal.guide import SERVING
from sandbox.terminal.session import Session
from sandbox.terminal.typed import Typed, editing

__all__ = ["converse", "serve"]


async def converse(sandbox: Sandbox, *, stdin: TextIO, stdout: TextIO) -> None:
    """Let somebody be anybody of the cast until they quit or the input ends; a pipe will do for a terminal."""
    with editing(stdin):
        await Session(sandbox, Typed(stdin, stdout).ask, Display(stdout)).run()


async def serve(sandbox: Sandbox, stdout: TextIO) -> None:
    """Say how to reach the sandbox and stay until SIGTERM or SIGINT.

    The tokens it prints were made at this start, are known to no other Slack, and end with the process.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        Display(stdout).say(SERVING.format(sandbox=sandbox))
        await stopped.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
