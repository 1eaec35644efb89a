"""All connections of one port: how many there may be, how long they last, and how they end."""

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from email.utils import format_datetime
from functools import partial
from typing import Final

from uvicorn import Config
from uvicorn.server import ServerState

from access.ports import Clock
from handlers.http.asgi import asgi_app
from handlers.http.connection import Connection
from handlers.http.exchange import Handler

REQUEST_WITHIN: Final = 10.0
"""Seconds for the head of a request, and as many again for its body."""

_RESTS_AT_MOST: Final = 75
_LOOK_EVERY: Final = 1.0


class HttpPort:
    """Answers what comes over its connections with one handler, which raises nothing.

    Called, it makes the protocol of a new connection, as `loop.create_server` wants it. `most`: so many connections may
    be open. For one more, the one goes that was of no use for the longest time; so whoever opens many and sends nothing
    takes the place of nobody who asks.
    """

    def __init__(self, answer: Handler, clock: Clock, *, most: int, request_within: float = REQUEST_WITHIN) -> None:
        self.request_within = request_within
        self._clock = clock
        self._most = most
        self._state = ServerState()
        config = Config(
            asgi_app(answer, body_within=request_within),
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.ERROR,  # what others send is no news
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=_RESTS_AT_MOST,
        )
        config.load()
        self._connect = partial(Connection, self, config=config, server_state=self._state, app_state={})
        self._connections: OrderedDict[Connection, None] = OrderedDict()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._is_closing = False
        self._loop = asyncio.get_running_loop()
        self._look()

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return self._connect()

    def __len__(self) -> int:
        return len(self._connections)

    async def close(self, within: float) -> None:
        """Close what rests, answer what has begun, and break off what takes longer than that, in seconds."""
        self._is_closing = True
        for connection in list(self._connections):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_closed.wait(), within)
        for connection in list(self._connections):
            connection.transport.abort()
        self._timer.cancel()

    # --- what a connection calls ----------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        """Take note of a new connection; False: there is no room for it."""
        if self._is_closing or (len(self._connections) >= self._most and not self._make_room()):
            return False
        self._connections[connection] = None
        self._all_closed.clear()
        return True

    def asked(self, connection: Connection) -> None:
        """Take note that a request has come over it."""
        self._connections.move_to_end(connection)

    def closed(self, connection: Connection) -> None:
        """Forget it."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._all_closed.set()

    # --------------------------------------------------------------------------------------------------------------

    def _make_room(self) -> bool:
        longest = next((each for each in self._connections if each.rests), None)
        if longest is None:
            return False
        longest.transport.abort()
        self.closed(longest)
        return True

    def _look(self) -> None:
        """See what time it is, and whose time has passed."""
        self._state.default_headers = [(b"date", format_datetime(self._clock.now(), usegmt=True).encode())]
        now = self._loop.time()
        for connection in [each for each in self._connections if each.deadline is not None and each.deadline <= now]:
            connection.expire()
        self._timer = self._loop.call_later(min(_LOOK_EVERY, self.request_within / 4), self._look)
