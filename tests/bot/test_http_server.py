"""The public port."""

import asyncio
import socket
import zlib
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientConnectionError, ClientSession, web

from bot.http_server import HttpServer, PortInUse
from tests.bot.waiting import nothing_left


def server(answer: Callable[[web.BaseRequest], Awaitable[web.Response]], *, most: int = 256) -> HttpServer:
    return HttpServer("127.0.0.1", 0, {"/": answer}, most=most)


async def hello(_: web.BaseRequest) -> web.Response:
    return web.Response(text="hello")


async def test_it_answers_where_it_says() -> None:
    async with nothing_left():
        quick = server(hello)
        url = await quick.open()
        async with ClientSession() as client, client.get(url) as answer:
            assert await answer.text() == "hello"
        await quick.close()


async def test_an_address_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            await HttpServer("127.0.0.1", port, {}).open()
    assert str(refused.value) == (
        f"127.0.0.1:{port} cannot be listened on (Address already in use). Stop what uses it, or set "
        "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT."
    )


async def test_a_host_that_does_not_exist_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    with pytest.raises(PortInUse, match=r"^nowhere:8480 cannot be listened on \(Name or service not known\)\. Stop"):
        await HttpServer("nowhere", 8480, {}).open()


async def test_a_stop_finishes_what_is_in_flight_and_takes_no_more() -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slowly(_: web.BaseRequest) -> web.Response:
        begun.set()
        await finish.wait()
        return web.Response(text="done")

    slow = server(slowly)
    url = await slow.open()
    async with ClientSession() as client, nothing_left():
        asking = asyncio.create_task(client.get(url))
        await begun.wait()
        closing = asyncio.create_task(slow.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        with pytest.raises(ClientConnectionError):
            await client.get(url)
        finish.set()
        async with await asking as answer:
            assert await answer.text() == "done"
        await closing


async def connected(
    url: str, count: int, saying: bytes = b""
) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = url.removeprefix("http://").split(":")
    opened = [await asyncio.open_connection(host, int(port)) for _ in range(count)]
    for _, writer in opened:
        writer.write(saying)
    return opened


@pytest.mark.parametrize("saying", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_many_who_are_connected_and_ask_nothing_keep_nobody_from_asking(saying: bytes) -> None:
    crowded = server(hello, most=20)
    url = await crowded.open()
    idle = await connected(url, 100, saying)
    async with ClientSession() as client:
        for _ in range(5):
            async with client.get(url) as answer:
                assert await answer.text() == "hello"
    assert len([1 for reader, _ in idle[-10:] if not reader.at_eof()]) == 10
    await asyncio.wait_for(idle[0][0].read(), 5)  # it was hung up
    await crowded.close()
    for _, writer in idle:
        writer.close()


async def test_where_all_are_being_answered_another_one_is_not_let_in() -> None:
    begun, finish = asyncio.Semaphore(0), asyncio.Event()

    async def slowly(_: web.BaseRequest) -> web.Response:
        begun.release()
        await finish.wait()
        return web.Response(text="done")

    crowded = server(slowly, most=2)
    url = await crowded.open()
    first, second = await connected(url, 2, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    for _ in range(2):
        await begun.acquire()
    ((refused, writer),) = await connected(url, 1, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await asyncio.wait_for(refused.read(), 5) == b""
    writer.close()
    finish.set()
    assert b"200 OK" in await first[0].readuntil(b"done")
    await crowded.close()
    for _, writer in (first, second):
        writer.close()


async def test_who_went_away_meanwhile_is_forgotten() -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slowly(_: web.BaseRequest) -> web.Response:
        begun.set()
        await finish.wait()
        return web.Response(text="done")

    crowded = server(slowly, most=1)
    url = await crowded.open()
    ((_, writer),) = await connected(url, 1, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await begun.wait()
    writer.close()
    finish.set()
    await asyncio.sleep(0.05)
    async with ClientSession() as client, client.get(url) as answer:
        assert await answer.text() == "done"
    await crowded.close()


async def test_a_connection_that_asks_nothing_is_hung_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http_server.IDLE_SECONDS", 0.1)
    quick = server(hello)
    url = await quick.open()
    for saying in (b"", b"GET / HTTP/1.1\r\nX-Slow: "):
        ((reader, writer),) = await connected(url, 1, saying)
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
    await quick.close()


async def test_what_is_packed_is_not_unpacked() -> None:
    async def size(request: web.BaseRequest) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    quick = server(size)
    url, packed = await quick.open(), zlib.compress(bytes(1_000_000))
    async with (
        ClientSession() as client,
        client.post(url, data=packed, headers={"Content-Encoding": "deflate"}) as answer,
    ):
        assert await answer.text() == str(len(packed))
    await quick.close()


async def test_elsewhere_there_is_nothing() -> None:
    quick = server(hello)
    url = await quick.open()
    async with ClientSession() as client, client.get(f"{url}/x") as answer:
        assert answer.status == 404
    await quick.close()
