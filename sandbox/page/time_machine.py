"""Moving the sandbox's clock: by a day, a week, a month, or to the next thing that people notice."""

from datetime import datetime
from typing import Protocol

from sandbox.durations import duration
from sandbox.workspace import Workspace

STEPS = ("1 day", "1 week", "1 month")
_MOST_JUMPS = 60
_QUIET = 0.25  # real seconds without a change: the bot has finished
_MOST_WAITS = 20


class NextEvent(Protocol):
    """Whoever knows what the bot waits for."""

    async def __call__(self, after: datetime) -> datetime | None:
        """When the bot is going to do something next, later than `after`; None when it waits for nothing."""


class TimeMachine:
    """Moves time.

    Attributes:
        next_event: Says where "to the next event" leads; without it there is no such button.
    """

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self.next_event: NextEvent | None = None

    def advance(self, step: str) -> None:
        """Move by one of `STEPS`. Raises: ValueError for another one."""
        if step not in STEPS:
            raise ValueError(step)
        clock = self._space.clock
        clock.advance(duration(step, clock.now()))
        self._space.bell.ring()

    async def to_next_event(self) -> str:
        """Move on, from one thing that is due to the next, until somebody has something to read.

        Returns: what to tell when nothing came of it, else "".
        """
        clock, log = self._space.clock, self._space.messages.log
        before = len(log)
        for _ in range(_MOST_JUMPS):
            due = await self.next_event(clock.now()) if self.next_event else None
            if due is None:
                break
            clock.advance(max(due - clock.now(), due - due))
            await self._settled()
            if len(log) > before:
                return ""
        return "Nothing is going to happen by itself: the bot waits for somebody."

    async def _settled(self) -> None:
        """Wait until the bot has done and said what is due."""
        bell = self._space.bell
        for _ in range(_MOST_WAITS):
            count = bell.count
            if await bell.rung(count, within=_QUIET) == count:
                return
