"""The process from which each life of the bot is forked: everything is imported once, and no thread runs in it.

It reads one order a line from its standard input, and writes one line when a life has begun and one when it has ended.
When its input ends, so do the lives that are still going on.
"""

import asyncio
import json
import mmap
import os
import select
import signal
import struct
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Final, Never
from unittest.mock import patch

import aiosqlite
from asyncpg.transaction import Transaction
from sqlalchemy import Engine, event

from bot import logs
from bot.app import started
from bot.settings import Settings, read_settings
from bot.signals import until_stopped
from sandbox import MovableClock

FUSE: Final = struct.Struct("<iii120s")
"""What parent and child share: how many boundaries are left (0: no fuse), whether only those of commits count, how many
microseconds the work still goes on there (0: die at once), and where it went off."""


@dataclass(frozen=True, slots=True)
class Fuse:
    """Kills this process at a boundary of the database's work that somebody outside has chosen."""

    shared: mmap.mmap

    def burn(self, place: str) -> None:
        """One boundary is reached."""
        left, only_commits, microseconds, _ = FUSE.unpack_from(self.shared)
        if left == 0 or (only_commits and "COMMIT" not in place):
            return
        FUSE.pack_into(self.shared, 0, left - 1, only_commits, microseconds, place.encode() if left == 1 else b"")
        if left > 1:
            return
        if microseconds:
            signal.setitimer(
                signal.ITIMER_REAL, microseconds / 1_000_000
            )  # nobody handles SIGALRM: it ends the process
        else:
            os.kill(os.getpid(), signal.SIGKILL)

    def lay(self) -> None:
        """Watch every statement and every commit of this process."""

        def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            self.burn(f"before {_words(statement)}")

        def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            self.burn(f"after {_words(statement)}")

        event.listen(Engine, "before_cursor_execute", before)
        event.listen(Engine, "after_cursor_execute", after)

    def around(self, commit: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        @wraps(commit)
        async def watched(connection: Any) -> None:
            self.burn("before COMMIT")
            await commit(connection)
            self.burn("after COMMIT")

        return watched


def _words(statement: str) -> str:
    """A statement in two words: what, and to which table."""
    words = statement.replace("(", " ").split()
    kind = words[0].upper()
    follows = {"INSERT": "INTO", "DELETE": "FROM", "SELECT": "FROM", "UPDATE": "UPDATE"}.get(kind)
    table = words[words.index(follows) + 1] if follows in words else ""
    return f"{kind} {table}".strip()


Serve = Callable[[Settings, dict[str, Any]], Coroutine[Any, Any, None]]
"""What a life does, given its settings and its order, until something ends it."""


async def serve(settings: Settings, order: dict[str, Any]) -> None:
    """`bot.app.run`, with a clock that runs ahead and without a pause between messages."""
    clock = MovableClock()
    clock.advance(timedelta(seconds=order["ahead"]))
    async with started(settings, clock=clock, pace=timedelta(0)):
        await asyncio.Event().wait()


def live(order: dict[str, Any], serve: Serve) -> Never:
    """Be the bot until something ends it."""
    with open(order["log"], "a", encoding="utf-8") as log, open(order["fuse"], "r+b") as file, ExitStack() as stack:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        logs.configure("json", order["level"], log)
        fuse = Fuse(mmap.mmap(file.fileno(), FUSE.size))
        fuse.lay()
        for connection in (aiosqlite.Connection, Transaction):
            stack.enter_context(patch.object(connection, "commit", fuse.around(connection.commit)))
        settings = read_settings(Settings, order["settings"])
        asyncio.run(until_stopped(serve(settings, order)))
        log.flush()
    os._exit(0)


def main(serve: Serve = serve) -> None:
    """Fork a life for each order, and tell of its end."""
    orders, answers = 0, 1
    lives: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([orders, *lives], [], [])
        if orders in readable:
            order = os.read(orders, 65536)
            if not order:
                break
            pid, ends = _fork(json.loads(order), serve)
            lives[ends] = pid
            os.write(answers, json.dumps({"pid": pid}).encode() + b"\n")
        for ends in lives.keys() & set(readable):
            os.close(ends)
            pid = lives.pop(ends)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.write(answers, json.dumps({"pid": pid, "ended": status}).encode() + b"\n")
    for pid in lives.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _fork(order: dict[str, Any], serve: Serve) -> tuple[int, int]:
    """Begin a life; return its process id, and what can be read, to its end, once that life has ended."""
    ends, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ends)
        try:
            live(order, serve)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            raise
        finally:
            os._exit(70)  # whatever it was, this process must not go on as another zygote
    os.close(held)
    return pid, ends


if __name__ == "__main__":
    main()
