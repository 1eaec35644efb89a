"""The bot's clock: the only file of this package that reads the machine's."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from access.ports.machine import Clock

LOOK_EVERY: Final = timedelta(seconds=10)
_NOTICED: Final = timedelta(seconds=5)
_log = structlog.get_logger()


class SystemClock:
    """The machine's clock, as `access.ports.machine.Clock` wants it."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class ClockWatch:
    """Says in the log when a clock was set: it is what decides about deadlines, and what the audit trail shows.

    It is only told. Tickers go by real time, and what waits for a time of the clock copes with one that was set back.
    """

    def __init__(self, clock: Clock) -> None:
        """`clock`: runs as real time does, but for being set. Has to be made in the running event loop."""
        self._clock = clock
        self._before = self._look()

    async def look(self) -> None:
        """Compare with real time, which the event loop's clock keeps."""
        (wall_before, real_before), (wall, real) = self._before, self._look()
        self._before = wall, real
        jump = wall - wall_before - timedelta(seconds=real - real_before)
        if abs(jump) >= _NOTICED:
            _log.warning(
                "clock_went_back" if jump < timedelta(0) else "clock_went_forward",
                seconds=round(abs(jump.total_seconds())),
            )

    def _look(self) -> tuple[datetime, float]:
        return self._clock.now(), asyncio.get_running_loop().time()
