"""One of the bots that work side by side, over many lives, and the line on which its life is told the time."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.crash.nursery import Life
from tests.year.journal import LONG_AGO

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(eq=False)
class Replica:
    """`api`: where its present life answers checks. `back_at`: when somebody starts it again."""

    life: Life | None = None
    api: str = ""
    back_at: datetime = LONG_AGO
    _line: Line | None = None

    @property
    def is_alive(self) -> bool:
        return self.life is not None and not self.life.is_over

    @property
    def ended(self) -> asyncio.Future[int]:
        assert self.life is not None
        return self.life.ended

    def kill(self) -> None:
        if self.life is not None:
            self.life.kill()

    async def answer(self, calls: "asyncio.Queue[Line]") -> bool:
        """Wait for the call of the life that has begun. Returns: whether it came."""
        call = asyncio.ensure_future(calls.get())
        await first({call, self.ended})
        if not call.done():
            call.cancel()
            return False
        self._line = await call
        self.api = await self._hear()
        return True

    async def tell(self, *what: object) -> str:
        """Tell it something; returns what it says, or nothing if it dies instead."""
        assert self._line is not None
        self._line[1].write(json.dumps(what).encode() + b"\n")
        return await self._hear()

    async def _hear(self) -> str:
        assert self._line is not None
        answer = asyncio.ensure_future(_line_from(self._line[0]))
        await first({answer, self.ended})
        line = await answer if answer.done() or not self.ended.done() else ""
        if line:
            return str(json.loads(line))
        answer.cancel()
        await self.ended
        return ""

    def bury(self) -> None:
        """Its life is over, and nothing waits for it any more."""
        self.life = None
        self.hang_up()

    def hang_up(self) -> None:
        if self._line is not None:
            self._line[1].close()
            self._line = None


async def _line_from(reader: asyncio.StreamReader) -> str:
    """A line; nothing where the other end died."""
    try:
        return (await reader.readline()).decode()
    except ConnectionError:
        return ""


async def first(awaited: set["asyncio.Future[Any]"]) -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
