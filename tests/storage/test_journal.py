"""What is taken or forgotten leaves the file and its journal: every byte of both is looked at."""

from pathlib import Path

import pytest

from access.model.ids import ClientId, HandoffId, ThirdPartyId, TokenId
from access.model.people import SlackUser
from access.model.retention import Finished
from storage.engine import Database
from tests.fakes import CountingRandom
from tests.storage.conftest import open_database
from tests.storage.processes import run_until_killed
from tests.storage.rows import HERE, NOW, PARTY, handoff, party, token

NAMES = [f"t{number:02}" for number in range(40)]


def sealed() -> dict[str, tuple[bytes, bytes]]:
    random = CountingRandom(7)
    return {name: (random.entropy(90), random.entropy(90)) for name in NAMES}


async def put(database: Database) -> None:
    async with database.write(HERE) as uow:
        for name, (client_secret, bearer) in sealed().items():
            third_party, its_token = ThirdPartyId(name), TokenId(name)
            await uow.third_parties.add(party(name, id=third_party, client_id=ClientId(name)))
            await uow.tokens.add(token(id=its_token, third_party=third_party))
            await uow.handoffs.add(handoff(id=HandoffId(name), token=its_token, third_party=third_party))
            await uow.sealed.put(its_token, client_secret=client_secret, bearer=bearer)
        await uow.commit()


async def take(database: Database, name: str) -> None:
    async with database.write(HERE) as uow:
        await uow.sealed.take(TokenId(name))
        await uow.commit()


def contents(file: Path) -> bytes:
    """Every byte of the database: the file and what lies beside it."""
    return b"".join(each.read_bytes() for each in file.parent.iterdir())


def found(file: Path) -> set[str]:
    """Whose sealed values, whole or in part, are in any file of the database."""
    everything = contents(file)
    return {name for name, values in sealed().items() if any(each[20:60] in everything for each in values)}


async def test_taken_and_discarded_values_are_nowhere_in_the_files(database: Database, file: Path) -> None:
    await put(database)
    assert found(file) == set(NAMES)
    gone = NAMES[1::3] + NAMES[2::3]
    for name in gone:
        await take(database, name)
    assert found(file) == set(NAMES) - set(gone)
    async with database.write(HERE) as uow:
        for name in NAMES[::3]:
            await uow.sealed.discard(TokenId(name))
        await uow.commit()
    assert found(file) == set()


async def test_values_that_were_not_given_up_stay(database: Database, file: Path) -> None:
    await put(database)
    async with database.write(HERE) as uow:
        await uow.sealed.take(TokenId("t00"))
    assert await database.checkpoint()
    assert found(file) == set(NAMES)


async def test_people_and_reasons_that_are_forgotten_leave_the_files(database: Database, file: Path) -> None:
    async with database.write(HERE) as uow:
        await uow.third_parties.add(party())
        reason = await uow.reasons.keep(PARTY, "Because of Carla.")
        carla = await uow.people.id_of(SlackUser("U0CARLA", "T0HERE"))
        await uow.commit()
    assert reason
    async with database.write(HERE) as uow:
        assert await uow.history.delete(Finished.REASON, [reason], NOW) == [reason]
        await uow.commit()
    assert b"Because of Carla." not in contents(file)
    assert b"U0CARLA" in contents(file)
    async with database.write(HERE) as uow:
        assert await uow.history.delete_strangers([carla]) == [carla]
        await uow.commit()
    assert b"U0CARLA" not in contents(file)


async def test_while_a_reader_is_in_the_way_it_stays_due(database: Database, file: Path) -> None:
    await put(database)
    async with database.read(HERE) as reading:
        assert await reading.third_parties.find(ThirdPartyId("t00"))
        await take(database, "t00")
        assert not await database.checkpoint_if_due()
        assert "t00" in found(file)
    assert await database.checkpoint_if_due()
    assert "t00" not in found(file)


async def test_while_another_process_writes_it_stays_due(database: Database, file: Path) -> None:
    await put(database)
    other = await open_database(file, seed=1)
    try:
        async with other.write(HERE) as uow:
            assert await uow.third_parties.find(ThirdPartyId("t00"))
            assert not await database.checkpoint()
    finally:
        await other.close()
    assert await database.checkpoint_if_due()


@pytest.mark.parametrize("commits", [True, False])
async def test_the_next_unit_of_work_tries_again(database: Database, file: Path, commits: bool) -> None:
    await put(database)
    async with database.read(HERE) as reading:
        assert await reading.third_parties.find(ThirdPartyId("t00"))
        await take(database, "t00")
    assert "t00" in found(file)
    async with database.write(HERE) as uow:
        await uow.third_parties.add(party())
        if commits:
            await uow.commit()
    assert "t00" not in found(file)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from access.model.ids import ThirdPartyId
from tests.storage.conftest import open_database
from tests.storage.rows import HERE
from tests.storage.test_journal import put, take

async def main():
    database = await open_database(Path(sys.argv[1]), seed=1)
    await put(database)
    async with database.read(HERE) as reading:
        await reading.third_parties.find(ThirdPartyId("t00"))
        await take(database, "t00")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_a_killed_process_left_is_cleaned_away_by_the_next(database: Database, file: Path) -> None:
    await database.close()
    await run_until_killed(KILLED, file)
    assert "t00" in found(file)
    restarted = await open_database(file)
    try:
        assert await restarted.checkpoint_if_due()
        assert found(file) == set(NAMES) - {"t00"}
    finally:
        await restarted.close()
