"""The public port: in HTTP mode, where Slack calls the bot."""

import os
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from bot.errors import CommandError

FINISH_WITHIN_SECONDS: Final = 5.0
"""Slack waits three seconds for an answer."""


class PortInUse(CommandError):
    """The address cannot be listened on."""


class HttpServer:
    """An aiohttp server of the given routes. `port` 0 takes a free one."""

    def __init__(self, host: str, port: int, routes: Iterable[web.AbstractRouteDef]) -> None:
        application = web.Application()
        application.add_routes(routes)
        self._host = host
        self._port = port
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=FINISH_WITHIN_SECONDS)

    async def open(self) -> str:
        """Listen, and return the address as a URL. Raises PortInUse."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise PortInUse(
                f"{self._host}:{self._port} cannot be listened on ({_reason(error)}). Stop what uses it, or set "
                "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT."
            ) from None
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Take no more requests, finish those in flight, then stop listening."""
        await self._runner.cleanup()


def _reason(error: OSError) -> str:
    """Say it shortly: asyncio repeats the address in its own text. A name that does not resolve has no errno."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
