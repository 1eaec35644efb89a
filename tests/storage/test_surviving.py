"""PostgreSQL starts again, cuts connections, moves or says nothing: what goes on fails whole, and what comes works."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import asyncpg
import pytest

from storage.errors import DatabaseUnusable
from storage.postgres_connections import Patience
from tests.postgres import Server, own_database
from tests.storage.conftest import open_database
from tests.storage.far_away import Bench, bench
from tests.storage.proxy import proxy_to
from tests.storage.rows import HERE, PARTY, party

QUICK: Final = Patience(connection=0.8, ping=0.3, check=0.5, turn=3, answer=0.5, idle=0.5, outcome=1)
Cut = Callable[[], Awaitable[object]]


async def reading(it: Bench, cut: Cut) -> None:
    async with it.database.read(HERE) as rows:
        await rows.third_parties.get(PARTY)
        await cut()
        await rows.third_parties.get(PARTY)


async def writing(it: Bench, cut: Cut) -> None:
    async with it.database.write(HERE) as uow:
        await uow.third_parties.save(party("Globex"))
        await cut()
        await uow.third_parties.save(party("Globex"))
        await uow.commit()


async def committing(it: Bench, cut: Cut) -> None:
    async with it.database.write(HERE) as uow:
        await uow.third_parties.save(party("Globex"))
        await uow.flush()
        await cut()
        await uow.commit()


async def waiting(it: Bench, cut: Cut) -> None:
    """For the workspace, at which another process is."""
    other = await open_database(it.url)
    try:
        async with other.write(HERE):
            write = asyncio.create_task(it.write("Globex"))
            await asyncio.sleep(0.3)
            assert not write.done()
            await cut()
            await write
    finally:
        await other.close()


async def restart(it: Bench, server: Server, mode: str) -> None:
    await asyncio.to_thread(server.stop, mode)
    await asyncio.to_thread(server.start)


async def terminate(it: Bench, server: Server) -> None:
    assert await asyncio.to_thread(it.terminate) > 0


async def cut_off(it: Bench, server: Server) -> None:
    it.proxy.cut()


CUTS: Final[dict[str, Callable[[Bench, Server], Awaitable[None]]]] = {
    "terminated": terminate,
    "cut off": cut_off,
    "restarted": partial(restart, mode="fast"),
    "crashed": partial(restart, mode="immediate"),
}


@pytest.mark.parametrize("how", CUTS)
async def test_what_goes_on_fails_whole_and_what_comes_works(own_server: Server, how: str) -> None:
    async with bench(own_server.url) as it:
        await it.works()
        connections = it.connections()
        for deed in (reading, writing, committing, waiting):
            it.woken.clear()
            with pytest.raises(DatabaseUnusable, match="cannot be reached") as trouble:
                await deed(it, partial(CUTS[how], it, own_server))
            assert (trouble.value.writing, trouble.value.in_doubt) == (deed is not reading, False)
            assert (await it.name(), it.woken) == ("Initech", [])
            await it.works()
        assert await asyncio.to_thread(it.connections) == connections


@pytest.mark.parametrize("how", CUTS)
async def test_nobody_notices_what_happened_while_nothing_went_on(own_server: Server, how: str) -> None:
    async with bench(own_server.url) as it:
        for _ in range(3):
            await asyncio.gather(*(it.name() for _ in range(9)), *(it.works() for _ in range(2)))
            await CUTS[how](it, own_server)
        await it.works()
        assert it.alarms == []


@asynccontextmanager
async def table_locked(url: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE resource_servers")
            yield
    finally:
        await connection.close()


@pytest.mark.parametrize("how", ["terminated", "cut off"])
async def test_a_check_that_is_cut_is_made_again(own_server: Server, how: str) -> None:
    async with bench(own_server.url) as it:
        async with table_locked(it.url):
            checks = [asyncio.create_task(it.database.look_up(b"", None)) for _ in range(9)]
            await asyncio.sleep(0.3)
            await CUTS[how](it, own_server)
        assert await asyncio.gather(*checks) == [None] * 9
        assert it.alarms == []


async def test_a_check_that_waits_too_long_ends_and_nothing_of_it_stays() -> None:
    async with bench(await asyncio.to_thread(own_database), QUICK) as it:
        async with table_locked(it.url), asyncio.timeout(4):
            checks = (it.database.look_up(b"", None) for _ in range(9))
            for refused in await asyncio.gather(*checks, return_exceptions=True):
                assert isinstance(refused, DatabaseUnusable)
        await it.works()
        assert await asyncio.to_thread(it.connections) <= 7


@pytest.mark.parametrize("deed", [reading, writing, committing])
async def test_connections_that_say_nothing_are_given_up(deed: Callable[[Bench, Cut], Awaitable[None]]) -> None:
    async with bench(await asyncio.to_thread(own_database), QUICK) as it:
        await asyncio.gather(*(it.name() for _ in range(9)), *(it.database.look_up(b"", None) for _ in range(9)))

        async def swallow() -> None:
            it.proxy.swallow()

        async with asyncio.timeout(2):
            with pytest.raises(DatabaseUnusable, match="cannot be reached") as trouble:
                await deed(it, swallow)
        assert not trouble.value.in_doubt
        async with asyncio.timeout(4):
            await it.write("Initech")
            assert await it.name() == "Initech"
            assert await it.database.look_up(b"", None) is None
        await it.works()


async def test_a_check_does_not_wait_for_a_connection_that_it_gives_up() -> None:
    url = await asyncio.to_thread(own_database)
    async with bench(url, replace(QUICK, check=1, connection=0.5)) as it:
        await it.works()
        it.proxy.swallow()
        it.proxy.refusing = True
        async with asyncio.timeout(1.7):
            with pytest.raises(DatabaseUnusable):
                await it.database.look_up(b"", None)


async def test_where_the_server_answers_nobody_everything_ends() -> None:
    async with bench(await asyncio.to_thread(own_database), QUICK) as it:
        await it.works()
        it.proxy.swallow()
        it.proxy.swallowing = True
        for act in (it.name(), it.write("Globex"), it.database.look_up(b"", None), it.database.probe()):
            async with asyncio.timeout(4):
                with pytest.raises(DatabaseUnusable, match="cannot be reached"):
                    await act
        it.proxy.swallowing = False
        await it.works()


async def test_a_bot_that_stops_does_not_wait_for_the_server_to_say_farewell() -> None:
    async with bench(await asyncio.to_thread(own_database), QUICK) as it:
        await it.works()
        it.proxy.swallow()
        async with asyncio.timeout(3):
            await it.database.close()


async def test_a_standby_is_of_no_use_until_it_takes_over(own_server: Server) -> None:
    async with proxy_to(own_server.url) as (first, _), bench(own_server.url, before=first) as it:
        await it.works()
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(partial(own_server.start, as_standby=True))
        for act in (it.name(), it.write("Globex"), it.database.look_up(b"", None)):
            with pytest.raises(DatabaseUnusable, match="cannot be reached"):
                await act
        await asyncio.to_thread(own_server.take_over)
        await it.works()


@pytest.mark.parametrize("is_silent", [False, True])
async def test_another_address_takes_over_and_back(is_silent: bool) -> None:
    url = await asyncio.to_thread(own_database)
    async with proxy_to(url) as (first, _), bench(url, QUICK, before=first) as it:
        await it.works()
        for down, up in ((first, it.proxy), (it.proxy, first), (first, it.proxy)):
            up.refusing = up.swallowing = False
            down.refusing, down.swallowing = not is_silent, is_silent
            down.cut()
            async with asyncio.timeout(5):
                await it.write("Globex")
                await it.database.probe()
                await it.database.look_up(b"", None)
                assert await it.name() == "Globex"
            await it.works()
