"""The public port."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientConnectionError, ClientSession, web

from bot.http_server import HttpServer, PortInUse
from tests.bot.waiting import nothing_left


def server(answer: Callable[[web.Request], Awaitable[web.Response]]) -> HttpServer:
    return HttpServer("127.0.0.1", 0, [web.get("/", answer)])


async def hello(_: web.Request) -> web.Response:
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
            await HttpServer("127.0.0.1", port, []).open()
    assert str(refused.value) == (
        f"127.0.0.1:{port} cannot be listened on (Address already in use). Stop what uses it, or set "
        "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT."
    )


async def test_a_host_that_does_not_exist_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    with pytest.raises(PortInUse, match=r"^nowhere:8480 cannot be listened on \(Name or service not known\)\. Stop"):
        await HttpServer("nowhere", 8480, []).open()


async def test_a_stop_finishes_what_is_in_flight_and_takes_no_more() -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slowly(_: web.Request) -> web.Response:
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
