"""The public port, over aiohttp, which Bolt needs: revocation, and in HTTP mode Slack."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

IDLE_SECONDS: Final = 75.0
"""For a connection that asks nothing, or has not finished asking. nginx keeps one to us for 60."""

MOST_CONNECTIONS: Final = 256
"""Slack and a proxy need a few. `bot.open_files` leaves room for them."""


class PublicPort(web.Server):
    """Answers at the given paths.

    Called, it makes the protocol of a new connection, as `loop.create_server` wants it. However many connect, whoever
    asks is answered: of `most` connections, the one that has asked nothing for longest makes room for another. What is
    packed is not unpacked: it could grow a thousandfold.
    """

    def __init__(
        self,
        handlers: Mapping[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]],
        *,
        most: int = MOST_CONNECTIONS,
    ) -> None:
        super().__init__(self._answer)
        self._handlers = handlers
        self._crowd = _Crowd(most)

    def __call__(self) -> web.RequestHandler:
        """Make the protocol of a new connection."""
        given = {"access_log": None, "keepalive_timeout": IDLE_SECONDS, "auto_decompress": False}
        return _Connection(self, self._crowd, loop=asyncio.get_running_loop(), **given)

    async def close(self, within: float) -> None:
        """Close what rests, answer what has begun, and break off what takes longer than that, in seconds."""
        await asyncio.sleep(0)  # what has just arrived begins
        self.pre_shutdown()
        await self.shutdown(within)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        handler = self._handlers.get(request.path)
        if handler is None:
            raise web.HTTPNotFound(text="There is nothing at this address.")
        with self._crowd.asking(request.protocol):
            return await handler(request)


class _Crowd:
    """Those who are connected, and which of them ask nothing, in the order in which they have begun to."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: dict[web.RequestHandler, None] = {}
        self._busy: set[web.RequestHandler] = set()

    def came(self, connection: web.RequestHandler) -> None:
        """Let somebody in, in the place of somebody else if there is no room; where all are busy, in nobody's."""
        self._idle[connection] = None
        if len(self._idle) + len(self._busy) > self._most:
            longest = next(iter(self._idle))
            del self._idle[longest]
            longest.force_close()

    def went(self, connection: web.RequestHandler) -> None:
        """Somebody is gone."""
        self._idle.pop(connection, None)
        self._busy.discard(connection)

    @contextmanager
    def asking(self, connection: web.RequestHandler) -> Iterator[None]:
        """Somebody is being answered meanwhile."""
        self._idle.pop(connection, None)
        self._busy.add(connection)
        try:
            yield
        finally:
            if connection in self._busy:
                self._busy.remove(connection)
                self._idle[connection] = None


class _Connection(web.RequestHandler):
    """aiohttp's, which says when it comes and goes."""

    __slots__ = ("_crowd",)

    def __init__(self, server: web.Server, crowd: _Crowd, **given: Any) -> None:
        super().__init__(server, **given)
        self._crowd = crowd

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._crowd.came(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._crowd.went(self)
        super().connection_lost(exc)
