"""A COMMIT whose answer is lost: what became of it is found out, and where nobody can say, nothing is claimed."""

import asyncio
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError

from access.model.ids import ThirdPartyId
from storage.errors import DatabaseUnusable
from storage.postgres_connections import Patience
from tests.postgres import Server, ask, own_database, server
from tests.storage.far_away import bench
from tests.storage.proxy import Lost
from tests.storage.rows import keep_party, party


async def test_what_was_committed_is_done_though_nobody_said_so() -> None:
    async with bench(await asyncio.to_thread(own_database)) as it:
        it.proxy.losing = Lost.ANSWER
        await it.write("Globex")
        assert it.proxy.lost.is_set()
        assert (await it.name(), it.woken, it.alarms) == ("Globex", [None], [])
        await it.write("Initech")
        assert await it.name() == "Initech"


@pytest.mark.parametrize("losing", [Lost.QUESTION, Lost.QUESTION_UNNOTICED])
async def test_what_did_not_arrive_is_undone_and_the_way_is_free(losing: Lost) -> None:
    async with bench(await asyncio.to_thread(own_database), Patience(outcome=2)) as it:
        it.proxy.losing = losing
        with pytest.raises(DatabaseUnusable) as trouble:
            await it.write("Globex")
        assert it.proxy.lost.is_set()
        assert (trouble.value.code, trouble.value.writing, trouble.value.in_doubt) == ("away", True, False)
        assert (await it.name(), it.woken, it.alarms) == ("Acme", [], ["away"])
        async with asyncio.timeout(1):
            await it.write("Initech")
        assert await it.name() == "Initech"


async def test_a_server_that_crashes_is_asked_once_it_is_back(own_server: Server) -> None:
    for losing, name in ((Lost.ANSWER, "Globex"), (Lost.QUESTION, "Acme")):
        async with bench(own_server.url) as it:
            it.proxy.losing, it.proxy.refusing = losing, True
            writing = asyncio.create_task(it.write("Globex"))
            await it.proxy.lost.wait()
            await asyncio.to_thread(own_server.stop, "immediate")
            await asyncio.to_thread(own_server.start)
            assert not writing.done()
            it.proxy.refusing = False
            done = await asyncio.gather(writing, return_exceptions=True)
            assert [getattr(each, "code", None) for each in done] == [None if name == "Globex" else "away"]
            assert await it.name() == name


async def test_where_nobody_can_say_nothing_is_claimed() -> None:
    async with bench(await asyncio.to_thread(own_database), Patience(outcome=0.5)) as it:
        it.proxy.losing, it.proxy.refusing = Lost.ANSWER, True
        writing = asyncio.create_task(it.write("Globex"))
        await it.proxy.lost.wait()
        with pytest.raises(DatabaseUnusable, match="look before you repeat it") as trouble:
            await writing
        assert (trouble.value.in_doubt, trouble.value.writing, it.alarms) == (True, True, ["in_doubt"])
        it.proxy.refusing = False
        assert await it.name() == "Globex"


async def test_another_server_that_took_over_is_not_believed(own_server: Server) -> None:
    async with bench(own_server.url) as it:
        it.proxy.losing, it.proxy.refusing = Lost.QUESTION, True
        writing = asyncio.create_task(it.write("Globex"))
        await it.proxy.lost.wait()
        await asyncio.to_thread(own_server.take_over)
        it.proxy.refusing = False
        with pytest.raises(DatabaseUnusable) as trouble:
            await writing
        assert trouble.value.in_doubt
        await it.write("Initech")
        assert await it.name() == "Initech"


async def test_a_checkpoint_meanwhile_is_no_crash() -> None:
    async with bench(await asyncio.to_thread(own_database)) as it:
        for name in ("Globex", "Initech"):
            await asyncio.to_thread(ask, it.url, "CHECKPOINT")
            it.proxy.losing = Lost.ANSWER
            await it.write(name)
            assert await it.name() == name


async def test_a_server_that_does_not_say_leaves_it_in_doubt() -> None:
    with server(wal_level="minimal", max_wal_senders="0") as url:
        async with bench(url) as it:
            it.proxy.losing = Lost.ANSWER
            with pytest.raises(DatabaseUnusable) as trouble:
                await it.write("Globex")
            assert trouble.value.in_doubt


async def test_a_standby_is_not_asked(own_server: Server) -> None:
    """It may be reached while the server that writes starts again."""
    async with bench(own_server.url) as it:
        it.proxy.losing, it.proxy.refusing = Lost.ANSWER, True
        writing = asyncio.create_task(it.write("Globex"))
        await it.proxy.lost.wait()
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(partial(own_server.start, as_standby=True))
        it.proxy.refusing = False
        await asyncio.sleep(1)
        assert not writing.done()
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)
        await writing
        assert (await it.name(), it.woken) == ("Globex", [None])


async def test_a_number_that_was_given_again_after_a_crash_is_not_taken_for_ours(own_server: Server) -> None:
    async with bench(own_server.url) as it:
        it.proxy.losing, it.proxy.refusing = Lost.QUESTION, True
        writing = asyncio.create_task(it.write("Globex"))
        await it.proxy.lost.wait()
        await asyncio.to_thread(own_server.stop, "immediate")
        await asyncio.to_thread(own_server.start)
        ask(own_server.url, "CREATE TABLE other (a int)")
        for _ in range(100):
            ask(own_server.url, "INSERT INTO other VALUES (1)")
        it.proxy.refusing = False
        with pytest.raises(DatabaseUnusable) as trouble:
            await writing
        assert (trouble.value.code, await it.name()) == ("away", "Acme")


async def test_what_the_server_refuses_at_the_commit_is_no_question() -> None:
    url = await asyncio.to_thread(own_database)
    async with bench(url) as it:
        ask(url, "ALTER TABLE third_parties ADD CONSTRAINT late UNIQUE (notes) DEFERRABLE INITIALLY DEFERRED")
        try:
            with pytest.raises(DBAPIError, match="late"):
                await keep_party(it.database, party("Initech", id=ThirdPartyId("other")))
        finally:
            ask(url, "ALTER TABLE third_parties DROP CONSTRAINT late")
        assert (it.alarms, it.woken) == ([], [])
