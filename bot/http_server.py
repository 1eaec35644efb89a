"""The public port, over aiohttp: revocation, and in HTTP mode Slack."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from bot.errors import CommandError

FINISH_WITHIN_SECONDS: Final = 5.0
"""Slack waits three seconds for an answer."""

IDLE_SECONDS: Final = 75.0
"""For a connection that asks nothing, or has not finished asking. nginx keeps one to us for 60."""

MOST_CONNECTIONS: Final = 256
"""On most machines a process may have 1,024 files open; the database and Slack need some of them, and so do checks."""

PublicHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class PortInUse(CommandError):
    """The address cannot be listened on."""


class HttpServer:
    """Answers at the given paths. `port` 0 takes a free one.

    However many connect, whoever asks is answered: of `most` connections, the one that has asked nothing for longest
    makes room for another.
    """

    def __init__(
        self, host: str, port: int, handlers: Mapping[str, PublicHandler], *, most: int = MOST_CONNECTIONS
    ) -> None:
        self._host = host
        self._port = port
        self._handlers = handlers
        self._crowd = _Crowd(most)
        self._runner: web.ServerRunner | None = None

    async def open(self) -> str:
        """Listen, and return the address as a URL. Raises PortInUse."""
        server = _Server(self._answer, self._crowd)
        self._runner = runner = web.ServerRunner(server, shutdown_timeout=FINISH_WITHIN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise PortInUse(
                f"{self._host}:{self._port} cannot be listened on ({_reason(error)}). Stop what uses it, or set "
                "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT."
            ) from None
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Take no more requests, finish those in flight, then stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

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


class _Server(web.Server):
    """aiohttp's, of such connections. Bodies are handed on as they come: what is packed could grow a thousandfold."""

    def __init__(self, handler: PublicHandler, crowd: _Crowd) -> None:
        super().__init__(handler)
        self._crowd = crowd

    def __call__(self) -> web.RequestHandler:
        loop = asyncio.get_running_loop()
        return _Connection(
            self, self._crowd, loop=loop, access_log=None, keepalive_timeout=IDLE_SECONDS, auto_decompress=False
        )


def _reason(error: OSError) -> str:
    """Say it shortly: asyncio repeats the address in its own text. A name that does not resolve has no errno."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
