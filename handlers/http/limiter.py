"""How many requests are taken: so many a second, and some more at once."""

from collections.abc import Callable
from typing import Final

NEWS_EVERY: Final = 60.0
"""Seconds between two lines in the log about a flood."""

_ROUNDING: Final = 1e-6
"""Of a request: seconds as floats are not exact."""


class OverLimit(Exception):
    """Too many came. `wait`: in how many seconds the next one is taken. `is_news`: nobody was told lately."""

    def __init__(self, wait: float, *, is_news: bool) -> None:
        super().__init__()
        self.wait = wait
        self.is_news = is_news


class Limiter:
    """Takes `burst` requests at once and `per_second` in the long run. `time`: the event loop's clock, in seconds."""

    def __init__(self, per_second: float, burst: int, time: Callable[[], float]) -> None:
        self._each = 1 / per_second
        self._ahead = (burst - 1 + _ROUNDING) * self._each
        self._time = time
        self._due_at = self._told_at = float("-inf")

    def take(self) -> None:
        """Take a request, if there is room for it. Raises OverLimit."""
        now = self._time()
        due_at = max(self._due_at, now)
        if due_at - now > self._ahead:
            is_news = now - self._told_at >= NEWS_EVERY
            self._told_at = now if is_news else self._told_at
            raise OverLimit(due_at - now - self._ahead, is_news=is_news)
        self._due_at = due_at + self._each
