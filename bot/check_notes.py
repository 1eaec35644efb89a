"""Writing down what checks have shown: in batches, and on no check's way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from access.operations.record_checks import record_checks
from access.ports import CannotKeep, Ports

WRITE_DOWN_EVERY: Final = timedelta(seconds=5)
_log = structlog.get_logger()


class NotesWriter:
    """Takes what was noted and has it written down, one batch after the other."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._one_at_a_time = asyncio.Lock()

    async def write_down(self) -> None:
        """Write down everything that was noted before. What cannot be written is noted again. Raises CannotKeep."""
        async with self._one_at_a_time:
            left = dict(self._ports.notes.take())
            try:
                while left:
                    workspace, noted = next(iter(left.items()))
                    await record_checks(workspace, noted, self._ports)
                    del left[workspace]
            finally:
                self._ports.notes.give_back(left)

    def before(self, job: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """Return a job that decides by last use: what has been used is written down first."""

        async def run() -> None:
            await self.write_down()
            await job()

        return run

    async def write_down_if_possible(self) -> None:
        """The same; what cannot be written down waits."""
        with suppress(CannotKeep):
            await self.write_down()

    async def close(self) -> None:
        """Write down what is left, when nobody can ask any more."""
        try:
            await self.write_down()
        except CannotKeep:
            _log.error("check_notes_lost", problem="the database could not be written to at the end")
