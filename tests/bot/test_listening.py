"""Listening for a port of ours."""

import asyncio
import socket

import pytest
from aiohttp import ClientConnectionError, ClientSession

from bot.listening import PortInUse, listening
from tests.bot.waiting import nothing_left


class Port:
    """Says hello to whoever connects, and notes when it is closed."""

    def __init__(self) -> None:
        self.closed_within: list[float] = []

    def __call__(self) -> asyncio.Protocol:
        return Hello()

    async def close(self, within: float) -> None:
        self.closed_within.append(within)


class Hello(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        transport.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_answers_where_it_says_while_it_listens(host: str) -> None:
    port = Port()
    async with nothing_left(), ClientSession() as client:
        async with listening(host, 0, port, settings="HERE") as url, client.get(url) as answer:
            assert await answer.text() == "hello"
            assert port.closed_within == []
        with pytest.raises(ClientConnectionError):
            await client.get(url)
    assert port.closed_within == [5]


async def test_an_address_in_use_is_one_line() -> None:
    port = Port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            async with listening("127.0.0.1", number, port, settings="HERE and THERE"):
                pass
    assert str(refused.value) == (
        f"127.0.0.1:{number} cannot be listened on (Address already in use). Stop what uses it, or set HERE and THERE."
    )
    assert port.closed_within == [0]


async def test_a_host_that_does_not_exist_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    with pytest.raises(PortInUse, match=r"^nowhere:8481 cannot be listened on \(Name or service not known\)\. Stop"):
        async with listening("nowhere", 8481, Port(), settings="HERE"):
            pass
