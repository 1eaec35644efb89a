"""All connections of one port: how many there may be, how long they last, and how they end."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from email.utils import format_datetime
from functools import partial
from itertools import chain
from typing import Final

from uvicorn import Config
from uvicorn.server import ServerState

from access.ports.machine import Clock
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
    be open. For one more, the oldest goes that has asked nothing yet, and if there is none, the one that asked nothing
    for the longest time. So whoever opens many and sends nothing takes the place of nobody who asks.
    """

    def __init__(self, answer: Handler, clock: Clock, *, most: int, request_within: float = REQUEST_WITHIN) -> None:
        self.request_within = request_within
        self._clock = clock
        self._most = most
        self._state = ServerState()
        config = Config(
            asgi_app(answer),
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
        self._strangers: OrderedDict[Connection, None] = OrderedDict()
        self._known: OrderedDict[Connection, None] = OrderedDict()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._is_closing = False
        self._loop = asyncio.get_running_loop()
        self._look()

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return self._connect()

    def __len__(self) -> int:
        return len(self._strangers) + len(self._known)

    def __iter__(self) -> Iterator[Connection]:
        return chain(self._strangers, self._known)

    async def close(self, within: float) -> None:
        """Close what rests, answer what has begun, and break off what takes longer than that, in seconds."""
        self._is_closing = True
        for connection in list(self):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_closed.wait(), within)
        for connection in list(self):
            connection.transport.abort()
        self._timer.cancel()

    # --- what a connection calls ----------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        """Take note of a new connection; False: there is no room for it."""
        if self._is_closing or (len(self) >= self._most and not self._make_room()):
            return False
        self._strangers[connection] = None
        self._all_closed.clear()
        return True

    def asked(self, connection: Connection) -> None:
        """Take note that a request has come over it."""
        self._strangers.pop(connection, None)
        self._known[connection] = None
        self._known.move_to_end(connection)

    def closed(self, connection: Connection) -> None:
        """Forget it."""
        self._strangers.pop(connection, None)
        self._known.pop(connection, None)
        if not len(self):
            self._all_closed.set()

    # --------------------------------------------------------------------------------------------------------------

    def _make_room(self) -> bool:
        longest = next((each for each in self if each.rests), None)
        if longest is None:
            return False
        longest.transport.abort()
        self.closed(longest)
        return True

    def _look(self) -> None:
        """See what time it is, and whose time has passed."""
        self._state.default_headers = [(b"date", format_datetime(self._clock.now(), usegmt=True).encode())]
        now = self._loop.time()
        for connection in [each for each in self if each.deadline is not None and each.deadline <= now]:
            connection.expire()
        self._timer = self._loop.call_later(min(_LOOK_EVERY, self.request_within / 4), self._look)
