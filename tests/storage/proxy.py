"""A network between the bot and a server, that cuts, swallows, refuses, and loses what is said about a COMMIT."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final
from urllib.parse import urlsplit

_COMMIT: Final = b"COMMIT;\0"


class Lost(Enum):
    """What is lost of the next COMMIT, with the connection."""

    QUESTION = auto()
    """It does not arrive; the server notices that the connection is gone."""

    QUESTION_UNNOTICED = auto()
    """It does not arrive, and the server goes on waiting for it."""

    ANSWER = auto()
    """It is done, and nobody hears of it."""


@dataclass
class Proxy:
    """Hands on what is said, but for what the test wants. `netloc` is where it listens.

    `refusing`, `swallowing`: what becomes of new connections.
    """

    to: tuple[str, int]
    netloc: str = ""
    refusing: bool = False
    swallowing: bool = False
    losing: Lost | None = None
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: set["_Line"] = field(default_factory=set)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """Cut all connections."""
        for line in self._lines:
            line.cut()

    def swallow(self) -> None:
        """From now on nothing comes through on the connections that are there, and nobody is told."""
        for line in self._lines:
            line.swallowing = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the server, for one connection."""
        try:
            if self.refusing:
                raise ConnectionRefusedError
            upstream = await asyncio.open_connection(*self.to)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(self, reader, writer, *upstream, self.swallowing)
        self._lines.add(line)
        await asyncio.gather(line.ask(), line.answer(), return_exceptions=True)
        line.cut()
        self._lines.discard(line)
        if not self._lines:
            self._idle.set()

    async def close(self) -> None:
        """Cut all connections, and wait for their end."""
        self._idle.clear()
        self.cut()
        if self._lines:
            await self._idle.wait()


@dataclass(eq=False)
class _Line:
    proxy: Proxy
    asked: asyncio.StreamReader
    asking: asyncio.StreamWriter
    answers: asyncio.StreamReader
    server: asyncio.StreamWriter
    swallowing: bool
    answer_is_lost: bool = False

    def cut(self) -> None:
        self.asking.transport.abort()
        self.server.transport.abort()

    async def ask(self) -> None:
        while said := await self.asked.read(65_536):
            if self.proxy.losing is not None and _COMMIT in said:
                losing, self.proxy.losing = self.proxy.losing, None
                if losing is not Lost.ANSWER:
                    self.proxy.lost.set()
                    (self.cut if losing is Lost.QUESTION else self.asking.transport.abort)()
                    return
                self.answer_is_lost = True
            if not self.swallowing:
                self.server.write(said)
        if not self.swallowing:
            self.server.transport.abort()

    async def answer(self) -> None:
        while said := await self.answers.read(65_536):
            if self.answer_is_lost:
                self.proxy.lost.set()
                break
            if not self.swallowing:
                self.asking.write(said)
        if not self.swallowing:
            self.cut()


@asynccontextmanager
async def proxy_to(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Run one to the server of a URL; yields it, and the URL that goes through it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    proxy = Proxy((parts.hostname, parts.port))
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.netloc = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy, parts._replace(netloc=f"{parts.username}@{proxy.netloc}").geturl()
    finally:
        listening.close()
        await proxy.close()
