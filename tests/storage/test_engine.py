import logging
import stat
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from access.model.people import SlackUser
from storage.engine import Database
from storage.errors import AlreadyRunning, ConstraintBroken, DatabaseUnusable
from storage.run_lock import RunLock
from storage.tables import people
from tests.fakes import CountingRandom, PlainSeal, plain_reason_hash
from tests.faulty_disk import full_disk
from tests.storage.conftest import open_database
from tests.storage.processes import run_until_killed
from tests.storage.rows import HERE, NOW, keep_party, party

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "temp_store": 2,
    "busy_timeout": 30_000,
}
ISLAND = "Zanzibar"


@pytest.mark.usefixtures("file")  # of SQLite alone
async def test_both_engines_are_set_up_as_measured(database: Database) -> None:
    for engine, query_only in ((database._backend.writer, 0), (database._backend.readers, 1)):
        async with engine.connect() as connection:
            for pragma, value in {**PRAGMAS, "query_only": query_only}.items():
                assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == value, pragma


@pytest.mark.usefixtures("file")  # of SQLite alone
async def test_emptying_the_journal_leaves_the_long_wait_in_force(database: Database) -> None:
    await database.checkpoint()
    async with database._backend.writer.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar() == PRAGMAS["busy_timeout"]


async def test_file_and_journal_are_for_their_owner_alone(database: Database, file: Path) -> None:
    await keep_party(database)
    with RunLock(f"sqlite:///{file}"):
        rights = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    endings = ("", "-wal", "-shm", ".lock")
    assert rights == {f"thirdparty.db{ending}": 0o600 for ending in endings}


@pytest.mark.parametrize(
    "url", ["mysql://user:hunter2@host/db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "thirdparty.db"]
)
async def test_any_other_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^a database URL is sqlite:///PATH$"):
        await Database.open(url, seal=PlainSeal(), random=CountingRandom(), hash_reason=plain_reason_hash)


async def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await open_database(tmp_path / "nowhere" / "thirdparty.db")


async def test_a_damaged_database_is_said_to_be_one_without_its_values(database: Database, file: Path) -> None:
    await keep_party(database, party(ISLAND))
    await database.close()
    content = file.read_bytes()
    file.write_bytes(content[:100] + ISLAND.encode() * (4_096 // len(ISLAND)) + content[4_196:])
    damaged = await open_database(file)
    with pytest.raises(DatabaseUnusable, match="restore it from a backup") as unusable:
        await damaged.migrate()
    await damaged.close()
    assert ISLAND not in "".join(traceback.format_exception(unusable.value))


@pytest.mark.usefixtures("file")  # of SQLite alone
async def test_any_other_failure_of_a_migration_stays_what_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def migrate(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("SELECT 1 FROM nowhere")

    monkeypatch.setattr("storage.sqlite.migrate_file", migrate)
    with pytest.raises(OperationalError, match="no such table"):
        await database.migrate()


async def test_a_statement_without_workspace_does_not_pass_these_tests(database: Database) -> None:
    async with database._backend.readers.connect() as connection:
        with pytest.raises(AssertionError):
            await connection.execute(select(people))


async def test_no_log_holds_a_value_even_at_debug(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("aiosqlite", "sqlalchemy", "sqlalchemy.engine.Engine", "sqlalchemy.pool", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    database = await open_database(file)
    try:
        await database.migrate()
        await keep_party(database, party(ISLAND))
        async with database.read(HERE) as reading:
            assert await reading.third_parties.by_name(ISLAND)
    finally:
        await database.close()
    assert "alembic" in {record.name.partition(".")[0] for record in caplog.records}
    assert ISLAND.casefold() not in caplog.text.casefold()


async def test_no_error_holds_a_value(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        with pytest.raises(ConstraintBroken) as broken:
            await uow.third_parties.add(party(ISLAND))
    async with database.write(HERE) as uow:
        with pytest.raises(StatementError, match="an instant needs a time zone") as naive:
            await uow.third_parties.save(replace(party(ISLAND), registered_at=NOW.replace(tzinfo=None)))
    nothing: dict[str, Any] = {"id": "other", "client_id": "other", "notes": None}
    async with database.write(HERE) as uow:
        with pytest.raises(ConstraintBroken) as missing:
            await uow.third_parties.add(replace(party(f"{ISLAND} 2"), **nothing))
    async with database.read(HERE) as reading:
        with pytest.raises(DBAPIError, match=r"readonly|read-only") as readonly:
            await reading.people.id_of(SlackUser(ISLAND, ISLAND))
    assert str(broken.value) in (
        "UNIQUE constraint failed: third_parties.workspace, third_parties.client_id",
        "UNIQUE constraint failed: third_parties.workspace, third_parties.id",
        "constraint pk_third_parties",
    )
    for error in (broken.value, missing.value, naive.value, readonly.value):
        assert ISLAND.casefold() not in "".join(traceback.format_exception(error)).casefold()


def test_a_second_bot_on_the_same_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'thirdparty.db'}"
    (tmp_path / "linked").symlink_to(tmp_path)
    with RunLock(url):
        for same in (url, f"sqlite:///{tmp_path / 'linked' / 'thirdparty.db'}"):
            with pytest.raises(AlreadyRunning, match="already"), RunLock(same):
                pass
        with RunLock(f"sqlite:///{tmp_path / 'other.db'}"):
            pass
    with RunLock(url):
        pass


def test_what_is_noted_is_news_once_also_for_the_next_one(tmp_path: Path) -> None:
    lock = RunLock(f"sqlite:///{tmp_path / 'thirdparty.db'}")
    assert not lock.is_news("damaged"), "without the lock nobody writes into its file"
    for news in (["damaged", "no room"], ["damaged", ""], ["long " * 1_000]):
        with lock:
            for text in news:
                assert [lock.is_news(text) for _ in range(3)] == [True, False, False]
        with lock:
            assert not lock.is_news(news[-1])


def test_what_cannot_be_noted_is_no_news(tmp_path: Path) -> None:
    with RunLock(f"sqlite:///{tmp_path / 'thirdparty.db'}") as lock, full_disk():
        assert not lock.is_news("damaged")


LOCKED = """
import os, signal, sys
from storage.run_lock import RunLock

with RunLock(f"sqlite:///{sys.argv[1]}"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_a_killed_bot_leaves_the_lock_free(file: Path) -> None:
    await run_until_killed(LOCKED, file)
    with RunLock(f"sqlite:///{file}"):
        pass
