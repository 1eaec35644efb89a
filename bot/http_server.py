"""The public port: in HTTP mode, where Slack calls the bot."""

from collections.abc import Iterable

from aiohttp import web

from bot.errors import CommandError

SHUTDOWN_SECONDS = 10.0


class PortInUse(CommandError):
    """The address cannot be listened on."""


class HttpServer:
    """An aiohttp server of the given routes. `port` 0 takes a free one."""

    def __init__(self, host: str, port: int, routes: Iterable[web.AbstractRouteDef]) -> None:
        application = web.Application()
        application.add_routes(routes)
        self._host = host
        self._port = port
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)

    async def open(self) -> str:
        """Listen, and return the address as a URL. Raises PortInUse."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise PortInUse(
                f"{self._host}:{self._port} cannot be listened on ({error.strerror}). Stop what uses it, or set "
                "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT."
            ) from None
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Take no more requests, finish those in flight, then stop listening."""
        await self._runner.cleanup()
