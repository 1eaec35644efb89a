"""Where the bots' database is: a file in their folder, or a server behind a network that can be cut."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.databases import make_database
from tests.postgres import Server, make_empty, server_to_stop
from tests.storage.proxy import Proxy, proxy_to
from tests.year.aside import Aside


@dataclass(frozen=True, slots=True)
class Network:
    """A way to the server."""

    aside: Aside
    proxy: Proxy

    async def cut(self) -> None:
        """Cut every connection. It is done where the connections are."""
        self.proxy.cut()


@dataclass(frozen=True, slots=True)
class Place:
    """`url` is for whoever looks on, `bots` for the bots. A file has no network, and no server that could stop.

    Several workspaces may have theirs here: `onlookers` are told of everything that happens to it, before and after.
    """

    url: str
    bots: str
    network: Network | None = None
    server: Server | None = None
    onlookers: list[Callable[[str], None]] = field(default_factory=list)
    in_order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever needs it to stay as it is for a moment."""

    async def strike(self, what: str, how: Callable[[], Awaitable[object]]) -> None:
        """Have something happen to it."""
        async with self.in_order:
            self._tell(what)
            await how()
            self._tell(what)

    def _tell(self, what: str) -> None:
        for tell in self.onlookers:
            tell(what)

    async def cut(self) -> None:
        """Cut every connection of the bots."""
        assert self.network is not None
        self.network.aside.run(self.network.cut())

    async def restart(self) -> None:
        """Stop the server in good order, and start it again."""
        await asyncio.to_thread(self._stop_and_start, "fast")

    async def crash(self) -> None:
        """Have the server die, and start it again."""
        await asyncio.to_thread(self._stop_and_start, "immediate")

    def _stop_and_start(self, mode: str) -> None:
        assert self.server is not None
        self.server.stop(mode)
        self.server.start()


@asynccontextmanager
async def in_file(folder: Path) -> AsyncIterator[Place]:
    """Make a database in a file of the folder."""
    await make_database(folder / "thirdparty.db")
    url = f"sqlite:///{folder / 'thirdparty.db'}"
    yield Place(url, url)


@asynccontextmanager
async def on_server() -> AsyncIterator[Place]:
    """Make one on a server of its own, which forgets nothing when it dies."""
    with server_to_stop(synchronous_commit="on", max_connections="500") as server:
        async with on_database(server.url, server) as place:
            yield place


@asynccontextmanager
async def on_database(url: str, server: Server | None = None) -> AsyncIterator[Place]:
    """Empty the one that is there. The network goes on while somebody waits for the server.

    PostgreSQL does not stop before each connection that was opened to it has said who it is.
    """
    await make_empty(url)
    aside, network = Aside(), proxy_to(url)
    proxy, through = aside.run(network.__aenter__())
    try:
        yield Place(url, through, Network(aside, proxy), server)
    finally:
        aside.run(_end(network))
        aside.stop()


async def _end(network: AbstractAsyncContextManager[object]) -> None:
    await network.__aexit__(None, None, None)
