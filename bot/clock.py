"""The bot's clock: the only file of this package that reads the machine's."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as `access.ports.Clock` wants it."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)
