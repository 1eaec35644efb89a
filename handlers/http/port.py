"""All connections of one port: how many there may be, how long they last, and how they end."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from email.utils import format_datetime
from typing import Final

from access.ports import Clock
from handlers.http.connection import Connection, Patience
from handlers.http.exchange import Handler

MAX_BODY: Final = 16 * 1024
"""Bytes. The longest form that makes sense has a few hundred."""


class HttpPort:
    """Answers what comes over its connections with one handler, which raises nothing.

    Called, it makes the protocol of a new connection, as `loop.create_server` wants it. `most`: so many connections may
    be open. For one more, the one goes that was of no use for the longest time; so whoever opens many and sends nothing
    takes the place of nobody who asks.
    """

    def __init__(
        self, answer: Handler, clock: Clock, *, most: int, max_body: int = MAX_BODY, patience: Patience | None = None
    ) -> None:
        self.answer = answer
        self.max_body = max_body
        self.patience = patience or Patience()
        self.is_closing = False
        self._clock = clock
        self._most = most
        self._connections: OrderedDict[Connection, None] = OrderedDict()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._loop = asyncio.get_running_loop()
        self._look()

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return Connection(self)

    def __len__(self) -> int:
        return len(self._connections)

    async def close(self, within: float) -> None:
        """Close what is at rest, answer what has begun, and break off what takes longer than that, in seconds."""
        self.is_closing = True
        for connection in list(self._connections):
            connection.finish()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_closed.wait(), within)
        for connection in list(self._connections):
            connection.abort()
        self._timer.cancel()

    # --- what a connection calls ----------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        """Take note of a new connection; False: there is no room for it."""
        if len(self._connections) >= self._most and not self._make_room():
            return False
        self._connections[connection] = None
        self._all_closed.clear()
        return not self.is_closing

    def answered(self, connection: Connection) -> None:
        """Take note that it was of use just now."""
        self._connections.move_to_end(connection)

    def closed(self, connection: Connection) -> None:
        """Forget it."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._all_closed.set()

    # --------------------------------------------------------------------------------------------------------------

    def _make_room(self) -> bool:
        longest = next((each for each in self._connections if each.is_at_rest), None)
        if longest is None:
            return False
        longest.abort()
        self.closed(longest)
        return True

    def _look(self) -> None:
        """See what time it is, and whose time has passed."""
        self.date = format_datetime(self._clock.now(), usegmt=True)
        now = self._loop.time()
        for connection in [each for each in self._connections if each.deadline <= now]:
            connection.expire()
        self._timer = self._loop.call_later(self.patience.look, self._look)
