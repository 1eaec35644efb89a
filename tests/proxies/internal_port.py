"""The bot's internal port, over the database of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from access.ports import Ports
from bot.listening import listening
from handlers.http.internal import internal_routes
from handlers.http.port import HttpPort


@asynccontextmanager
async def internal_port(ports: Ports) -> AsyncIterator[str]:
    """Open it; yields `host:port`."""
    port = HttpPort(internal_routes(ports, None, {}).answer, ports.clock, most=1_000)
    async with listening("127.0.0.1", 0, port, settings="X") as url:
        yield url.removeprefix("http://")
