"""Moving the sandbox's clock: by a day, a week, a month, or to the next thing that people notice."""

import asyncio
from datetime import datetime
from typing import Protocol

from sandbox.clock import real_seconds
from sandbox.durations import duration
from sandbox.workspace import Workspace

STEPS = ("1 day", "1 week", "1 month")
_MOST_JUMPS = 60
_GLANCE = 0.02  # real seconds between two looks whether the bot has done what is due
_QUIET = 0.1  # real seconds without a change: it has also said so
_PATIENCE = 5.0


class NextEvent(Protocol):
    """Whoever knows what the bot waits for."""

    async def __call__(self) -> datetime | None:
        """When the bot is going to do something next, in the past while it is about to; None: it waits for people."""


class TimeMachine:
    """Moves time.

    Attributes:
        next_event: Says where "to the next event" leads; without it there is no such button.
    """

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self.next_event: NextEvent | None = None

    async def advance(self, step: str) -> None:
        """Move by one of `STEPS`, and let the bot do what has become due. Raises: ValueError for another step."""
        if step not in STEPS:
            raise ValueError(step)
        clock = self._space.clock
        await self._move_to(clock.now() + duration(step, clock.now()))

    async def to_next_event(self) -> str:
        """Move on, from one thing that is due to the next, until somebody has something to read.

        Returns: what to tell when nothing came of it, else "".
        """
        clock, log = self._space.clock, self._space.messages.log
        due = await self._move_to(clock.now())  # so that the bot looks at once what it waits for
        before = len(log)
        for _ in range(_MOST_JUMPS):
            if due is None:
                break
            due = await self._move_to(due)
            if len(log) > before:
                return ""
        return "Nothing is going to happen by itself: the bot waits for somebody."

    async def _move_to(self, instant: datetime) -> datetime | None:
        """Move to an instant that is not past. Returns: when something is due after all that is due then."""
        clock = self._space.clock
        now = clock.now()
        clock.advance(max(instant, now) - now)
        self._space.bell.ring()
        return await self._settled()

    async def _settled(self) -> datetime | None:
        """Wait until the bot has done and said what is due. Returns: when something is due next."""
        bell, due = self._space.bell, None
        deadline = real_seconds() + _PATIENCE
        while real_seconds() < deadline:
            due = await self.next_event() if self.next_event else None
            count = bell.count
            if due is not None and due <= self._space.clock.now():
                await asyncio.sleep(_GLANCE)
            elif await bell.rung(count, within=_QUIET) == count:
                break
        return due
