"""Listening at an address for a port of ours."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from bot.errors import CommandError

FINISH_WITHIN_SECONDS: Final = 5.0
_BACKLOG: Final = 256
"""So many may wait to be let in; and so many are let in before anybody else gets a turn."""


class PortInUse(CommandError):
    """The address cannot be listened on."""


class Port(Protocol):
    """What is listened for: called, it makes the protocol of a new connection."""

    def __call__(self) -> asyncio.Protocol:
        """Make the protocol of a new connection."""

    async def close(self, within: float) -> None:
        """End all connections, within so many seconds."""


@asynccontextmanager
async def listening(host: str, number: int, port: Port, *, settings: str) -> AsyncIterator[str]:
    """Listen meanwhile; gives the address as a URL. In the end nobody is let in, and what has begun is answered.

    `number`: 0 takes a free one. `settings` names them for whoever has to change the address.

    Raises: PortInUse.
    """
    try:
        server = await asyncio.get_running_loop().create_server(port, host, number, backlog=_BACKLOG)
    except OSError as error:
        await port.close(0)
        raise PortInUse(
            f"{host}:{number} cannot be listened on ({_reason(error)}). Stop what uses it, or set {settings}."
        ) from None
    try:
        yield _url(server.sockets[0].getsockname())
    finally:
        server.close()
        await port.close(FINISH_WITHIN_SECONDS)


def _url(address: tuple[str, int]) -> str:
    host, number = address[:2]
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"


def _reason(error: OSError) -> str:
    """Say it shortly: asyncio repeats the address in its own text. A name that does not resolve has no errno."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
