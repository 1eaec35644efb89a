import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from access.model.audit import DONE, AuditEntry
from access.model.ids import HandoffId
from storage.chain import Verified, verify_chain
from storage.engine import Database
from tests.fakes import PlainSeal
from tests.storage.conftest import open_database
from tests.storage.processes import run_until_killed
from tests.storage.rows import HERE, NOW, PARTY, keep_party, offer_token, party

HANDOFF = HandoffId("handoff of token")
COUNTED = AuditEntry(NOW, None, "counted", PARTY, DONE, {})


async def count_up(database: Database, times: int, *, recorded: bool = True) -> None:
    """Read, add one, write: what a lost update would show in."""
    for _ in range(times):
        async with database.write(HERE) as uow:
            handoff = await uow.handoffs.get(HANDOFF)
            await uow.handoffs.save(replace(handoff, not_seen=handoff.not_seen + 1))
            if recorded:
                uow.enter(COUNTED)
            await uow.commit()


async def count(database: Database) -> int:
    async with database.read(HERE) as reading:
        return (await reading.handoffs.get(HANDOFF)).not_seen


async def with_handoff(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        await offer_token(uow)
        await uow.commit()


async def test_five_hundred_operations_of_fifty_tasks_lose_nothing(database: Database) -> None:
    await with_handoff(database)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(50):
            tasks.create_task(count_up(database, 10, recorded=False))
            tasks.create_task(count(database))
    assert await count(database) == 500


async def test_two_databases_on_one_file_wait_for_each_other(database: Database, file: Path) -> None:
    await with_handoff(database)
    other = await open_database(file, seed=1)
    try:
        async with asyncio.TaskGroup() as tasks:
            for each in (database, other) * 5:
                tasks.create_task(count_up(each, 15))
        assert await count(other) == 150
        assert await verify_chain(other, HERE, PlainSeal()) == Verified(150, None)
    finally:
        await other.close()


async def test_a_reveal_is_claimed_by_one_of_fifty(database: Database) -> None:
    await with_handoff(database)

    async def claim() -> bool:
        async with database.write(HERE) as uow:
            claimed = await uow.handoffs.claim(HANDOFF, NOW)
            await uow.commit()
            return claimed

    assert sorted(await asyncio.gather(*(claim() for _ in range(50)))) == [False] * 49 + [True]


async def test_a_task_that_is_cancelled_in_its_transaction_leaves_nothing_and_holds_nobody_up(
    database: Database,
) -> None:
    await with_handoff(database)
    for pause in (0, 0, 0.001, 0.002, 0.004):
        task = asyncio.create_task(count_up(database, 1_000))
        await asyncio.sleep(pause)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        async with asyncio.timeout(10):
            await count_up(database, 1)
    verified = await verify_chain(database, HERE, PlainSeal())
    assert verified == Verified(await count(database), None)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.storage.conftest import open_database
from tests.storage.rows import HERE, PARTY, keep_party, party

async def main():
    database = await open_database(Path(sys.argv[1]), seed=1)
    await keep_party(database)
    async with database.write(HERE) as uow:
        await uow.third_parties.save(party("Other"))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_killed_process_leaves_what_it_committed_and_nothing_else(database: Database, file: Path) -> None:
    await run_until_killed(KILLED, file)
    async with database.write(HERE) as uow:
        assert await uow.third_parties.get(PARTY) == party()
