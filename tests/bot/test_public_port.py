"""The public port."""

import asyncio
import socket
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest
from aiohttp import ClientConnectionError, ClientSession, web

from bot.listening import PortInUse, listening
from bot.public_port import PublicPort
from tests.bot.waiting import nothing_left

ADDRESS = "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT"
ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def opened(
    answer: Callable[[web.BaseRequest], Awaitable[web.Response]], *, most: int = 256
) -> AbstractAsyncContextManager[str]:
    return listening("127.0.0.1", 0, PublicPort({"/": answer}, most=most), settings=ADDRESS)


async def hello(_: web.BaseRequest) -> web.Response:
    return web.Response(text="hello")


class Slow:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.finish = asyncio.Event()

    async def __call__(self, _: web.BaseRequest) -> web.Response:
        self.begun.release()
        await self.finish.wait()
        return web.Response(text="done")


async def asked(url: str) -> str:
    async with ClientSession() as client, client.get(url) as answer:
        return await answer.text()


async def connected(
    url: str, count: int, saying: bytes = b""
) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = url.removeprefix("http://").split(":")
    connections = [await asyncio.open_connection(host, int(port)) for _ in range(count)]
    for _, writer in connections:
        writer.write(saying)
    return connections


async def test_it_answers_where_it_says_and_nowhere_else() -> None:
    async with nothing_left(), opened(hello) as url, ClientSession() as client:
        assert await asked(url) == "hello"
        async with client.get(f"{url}/x") as answer:
            assert answer.status == 404


async def test_an_address_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            async with listening("127.0.0.1", port, PublicPort({}), settings=ADDRESS):
                pass
    assert str(refused.value) == (
        f"127.0.0.1:{port} cannot be listened on (Address already in use). Stop what uses it, or set "
        "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT."
    )


async def test_a_host_that_does_not_exist_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    with pytest.raises(PortInUse, match=r"^nowhere:8480 cannot be listened on \(Name or service not known\)\. Stop"):
        async with listening("nowhere", 8480, PublicPort({}), settings=ADDRESS):
            pass


async def test_a_stop_finishes_what_is_in_flight_and_takes_no_more() -> None:
    slow, running = Slow(), AsyncExitStack()
    url = await running.enter_async_context(opened(slow))
    async with ClientSession() as client, nothing_left():
        asking = asyncio.create_task(client.get(url))
        await slow.begun.acquire()
        closing = asyncio.create_task(running.aclose())
        await asyncio.sleep(0.05)
        assert not closing.done()
        with pytest.raises(ClientConnectionError):
            await client.get(url)
        slow.finish.set()
        async with await asking as answer:
            assert await answer.text() == "done"
        await closing


@pytest.mark.parametrize("saying", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow", ASKED])
async def test_many_who_are_connected_and_ask_nothing_keep_nobody_from_asking(saying: bytes) -> None:
    async with opened(hello, most=20) as url:
        idle = await connected(url, 100, saying)
        for _ in range(5):
            assert await asked(url) == "hello"
        assert not any(reader.at_eof() for reader, _ in idle[-10:])
        await asyncio.wait_for(idle[0][0].read(), 5)  # it was hung up
    for _, writer in idle:
        writer.close()


async def test_where_all_are_being_answered_another_one_is_not_let_in() -> None:
    slow = Slow()
    async with opened(slow, most=2) as url:
        busy = await connected(url, 2, ASKED)
        for _ in busy:
            await slow.begun.acquire()
        one_more = await connected(url, 1, ASKED)
        assert await asyncio.wait_for(one_more[0][0].read(), 5) == b""
        slow.finish.set()
        assert b"200 OK" in await busy[0][0].readuntil(b"done")
    for _, writer in (*busy, *one_more):
        writer.close()


async def test_who_went_away_meanwhile_is_forgotten() -> None:
    slow = Slow()
    async with opened(slow, most=1) as url:
        ((_, writer),) = await connected(url, 1, ASKED)
        await slow.begun.acquire()
        writer.close()
        slow.finish.set()
        await asyncio.sleep(0.05)
        assert await asked(url) == "done"


async def test_a_connection_that_asks_nothing_is_hung_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.public_port.IDLE_SECONDS", 0.1)
    async with opened(hello) as url:
        for saying in (b"", b"GET / HTTP/1.1\r\nX-Slow: "):
            ((reader, writer),) = await connected(url, 1, saying)
            await asyncio.wait_for(reader.read(), 5)
            writer.close()


async def test_what_is_packed_is_not_unpacked() -> None:
    async def size(request: web.BaseRequest) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    packed = zlib.compress(bytes(1_000_000))
    async with (
        opened(size) as url,
        ClientSession() as client,
        client.post(url, data=packed, headers={"Content-Encoding": "deflate"}) as answer,
    ):
        assert await answer.text() == str(len(packed))
