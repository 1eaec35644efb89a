"""The other side of a connection, which can send anything, byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """The header of that name, of which there is one."""
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> Sequence[str]:
        return [value for each, value in self.headers if each.lower() == name.lower()]


class Wire:
    """A connection. What it reads has to be well-formed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        place = urlsplit(url)
        wire = cls(*await asyncio.open_connection(place.hostname, place.port))
        try:
            yield wire
        finally:
            wire.writer.close()

    async def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def answer(self, *, to: str = "GET", within: float = 20) -> Answer:
        """Read one answer; one to HEAD has no body."""
        async with asyncio.timeout(within):
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")[:-2]
            version, status, _ = first.split(" ", 2)
            assert version == "HTTP/1.1"
            headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
            length = [int(value) for name, value in headers if name.lower() == "content-length"]
            assert len(length) == (0 if status in ("100", "204") else 1)
            body = b"" if to == "HEAD" else await self.reader.readexactly(sum(length))
            return Answer(int(status), headers, body)

    async def is_closed(self, within: float = 20) -> bool:
        """Wait for the end; whether nothing came before it."""
        async with asyncio.timeout(within):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True


def request(
    method: str, path: str, headers: Mapping[str, str] | Sequence[tuple[str, str]] = (), body: bytes | str = b""
) -> bytes:
    """Write a request, with Host, and with the length of the body if there is one."""
    body = body.encode() if isinstance(body, str) else body
    pairs = [("Host", "127.0.0.1"), *(headers.items() if isinstance(headers, Mapping) else headers)]
    pairs += [("Content-Length", str(len(body)))] if body else []
    head = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


async def ask(
    url: str,
    method: str,
    path: str,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes | str = b"",
) -> Answer:
    """Ask once, on a connection of its own."""
    async with Wire.to(url) as wire:
        await wire.send(request(method, path, headers, body))
        return await wire.answer(to=method)
