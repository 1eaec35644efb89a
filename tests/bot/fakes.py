"""Stand-ins for the clock and the system's generator."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class NumberedRandom:
    """Random values in the order 1, 2, 3 …, of the right size and never twice the same."""

    def __init__(self) -> None:
        self._number = 0

    def identifier(self) -> str:
        self._number += 1
        digits = f"{self._number:b}".translate(str.maketrans("01", "ab"))
        return f"{digits:a>8}{digits:a>18}"

    def entropy(self, size: int) -> bytes:
        self._number += 1
        return self._number.to_bytes(size)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime = NOW) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by
