"""Tells whoever listens that something in the workspace has changed."""

import asyncio


class Bell:
    """Rings at every change.

    Attributes:
        count: How often it has rung.
    """

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody who waits; they run after the present step, so what is being changed is whole by then."""
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def rung(self, after: int, within: float) -> int:
        """Wait until it has rung more than `after` times, at most `within` real seconds. Returns: the count then."""
        try:
            async with asyncio.timeout(within):
                while self.count == after:
                    await self._next.wait()
        except TimeoutError:
            pass
        return self.count
