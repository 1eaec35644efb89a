"""The sandbox's time: the only file of this package that reads the machine's clocks."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class MovableClock:
    """A clock that can be moved forward, shared by the sandbox and the bot in it."""

    def __init__(self, start: datetime | None = None) -> None:
        """Make a clock.

        Args:
            start: An aware instant at which the clock stands still and moves only by `advance`;
                None for real time plus what it has been advanced by.
        """
        if start is not None and start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._start = start.astimezone(UTC) if start else None
        self._moved = timedelta(0)
        self._callbacks: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The sandbox's present instant, in UTC."""
        return (self._start or datetime.now(UTC)) + self._moved

    def advance(self, by: timedelta) -> None:
        """Move forward by a duration and call everybody who asked to be told.

        Raises: ValueError for a negative duration; Slack's time does not run backwards.
        """
        if by < timedelta(0):
            raise ValueError("the clock moves forward only")
        self._moved += by
        for callback in self._callbacks:
            callback()

    @property
    def moved(self) -> timedelta:
        """How far it has been moved since the start."""
        return self._moved

    def on_move(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every `advance`."""
        self._callbacks.append(callback)


def real_seconds() -> float:
    """Seconds of real time since some fixed point, for the limits that stay real (trigger ids, tickets)."""
    return time.monotonic()
