"""Answers that may be kept for a while, but not longer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from access.ports.machine import Clock

T = TypeVar("T")


class Fresh(Generic[T]):
    """Answers by key, fetched again once they are `max_age` old, counted from when they were asked for.

    Whoever asks while a fetch is under way waits for that one, and who gives up leaves it running, so that the next one
    finds its answer. A failure is not kept.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[T]], *, max_age: timedelta, clock: Clock) -> None:
        self._fetch = fetch
        self._max_age = max_age
        self._clock = clock
        self._answers: dict[str, tuple[datetime, asyncio.Task[T]]] = {}
        self._running: set[asyncio.Task[T]] = set()

    async def get(self, key: str) -> T:
        """Return the answer for a key. Raises what fetching raises."""
        self._forget_stale()
        if key not in self._answers:
            task = asyncio.create_task(self._ask(key))
            self._answers[key] = self._clock.now(), task
            self._running.add(task)
            task.add_done_callback(lambda done: self._finish(key, done))
        return await asyncio.shield(self._answers[key][1])

    def forget(self, key: str) -> None:
        """Have the answer for a key fetched anew; who waits for one under way gets that one."""
        self._answers.pop(key, None)

    async def close(self) -> None:
        """Stop what is under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _ask(self, key: str) -> T:
        return await self._fetch(key)

    def _forget_stale(self) -> None:
        now = self._clock.now()
        self._answers = {
            key: (asked_at, task)
            for key, (asked_at, task) in self._answers.items()
            if timedelta(0) <= now - asked_at < self._max_age  # a clock that was set back makes an answer stale too
        }

    def _finish(self, key: str, task: asyncio.Task[T]) -> None:
        self._running.discard(task)
        failed = task.cancelled() or task.exception() is not None
        if failed and key in self._answers and self._answers[key][1] is task:
            del self._answers[key]
