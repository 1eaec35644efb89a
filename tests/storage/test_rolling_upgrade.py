"""Old and new bots side by side: the first new one migrates, and the old ones go on until they are stopped."""

import asyncio
import os

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.engine import Database
from storage.errors import DatabaseTooNew, DatabaseUnusable
from storage.postgres import PostgresBackend
from tests.postgres import WHERE, database_of
from tests.storage.conftest import open_database
from tests.storage.expanding import broken_by, tables_of
from tests.storage.rows import HERE, PARTY, THERE, keep_party, party

NEWER = (
    "ALTER TABLE third_parties ADD COLUMN later TEXT",
    "ALTER TABLE tokens ADD COLUMN later BIGINT NOT NULL DEFAULT 7",
    "ALTER TABLE audit ADD COLUMN later TEXT",
    "CREATE TABLE later (workspace TEXT NOT NULL PRIMARY KEY)",
    "CREATE INDEX ix_outbox_later ON outbox (workspace, planned_at)",
    "UPDATE alembic_version SET version_num = 'later'",
)
"""What a migration of a version to come may do."""


@pytest.fixture
async def url() -> str:
    """A database of PostgreSQL with nothing in it, that is no other test's."""
    name = f"rolling_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    place = await asyncio.to_thread(database_of, os.environ[WHERE], name)
    await become_newer(place, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return place


async def become_newer(url: str, *statements: str) -> None:
    backend = PostgresBackend(url)
    async with backend.migrator.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await backend.close()


async def work(database: Database, done: asyncio.Event) -> int:
    """Read, write and check until told otherwise, and a little longer; returns how often."""
    times = 0
    while not done.is_set() or times % 20:
        times += 1
        async with database.write(HERE) as uow:
            await uow.third_parties.save(party(f"Acme {times}"))
            await uow.commit()
        async with database.read(HERE) as reading:
            assert (await reading.third_parties.get(PARTY)).name == f"Acme {times}"
        assert await database.look_up(b"", None) is None
    return times


async def test_a_bot_goes_on_while_and_after_the_database_becomes_newer(url: str) -> None:
    old = await open_database(url)
    await old.migrate()
    await keep_party(old)
    done = asyncio.Event()
    working = asyncio.create_task(work(old, done))
    await asyncio.sleep(0.3)
    await become_newer(url, *NEWER)
    done.set()
    assert await working >= 20
    async with old.write(THERE) as uow:
        await uow.third_parties.add(party("Globex"))
        await uow.commit()
    await old.probe()
    new = await open_database(url)
    with pytest.raises(DatabaseTooNew):
        await new.migrate()
    for database in (old, new):
        await database.close()


async def test_a_check_that_a_migration_gets_in_the_way_of_is_answered(url: str) -> None:
    """The migration waits for a table that the check has, which has waited longer for one that the migration has."""
    old, backend = await open_database(url), PostgresBackend(url)
    await old.migrate()
    async with backend.migrator.begin() as connection:
        await connection.execute(text("LOCK TABLE third_parties"))
        checking = asyncio.create_task(old.look_up(b"", None))
        await asyncio.sleep(0.3)
        await connection.execute(text("LOCK TABLE tokens"))
        assert not checking.done()
    assert await checking is None
    for each in (backend, old):
        await each.close()


def revisions() -> tuple[str, str]:
    """The newest revision, and the one before."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_revision("head")
    assert newest is not None
    assert isinstance(newest.down_revision, str)
    return newest.revision, newest.down_revision


def upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_the_newest_migration_takes_nothing_from_the_version_before(url: str) -> None:
    newest, before = revisions()
    backend = PostgresBackend(url)
    async with backend.migrator.begin() as connection:
        await connection.run_sync(upgrade, before)
        known = await connection.run_sync(tables_of)
        await connection.run_sync(upgrade, newest)
        now = await connection.run_sync(tables_of)
    await backend.close()
    assert {"third_parties", "tokens", "audit"} <= known.keys()
    assert list(broken_by(known, now)) == []


async def test_a_migration_does_not_wait_long_in_the_way_of_others(url: str) -> None:
    """Whoever wants a table that a migration waits for waits behind it."""
    _, before = revisions()
    backend = PostgresBackend(url)
    async with backend.migrator.begin() as connection:
        await connection.run_sync(upgrade, before)
    new = await open_database(url)
    async with backend.writer.begin() as working:
        await working.execute(text("LOCK TABLE alembic_version"))
        async with asyncio.timeout(10):
            with pytest.raises(DatabaseUnusable) as busy:
                await new.migrate()
        assert (busy.value.code, busy.value.may_pass) == ("busy", True)
        assert await new.look_up(b"", None) is None
    assert not await new.is_current()
    await new.migrate()
    assert await new.is_current()
    await new.close()
    await backend.close()


BREAKS = {
    "ALTER TABLE tokens RENAME COLUMN fingerprint TO short": "tokens.fingerprint is gone",
    "DROP TABLE later": "later is gone",
    "ALTER TABLE tokens ADD COLUMN size INT NOT NULL": "tokens.size has to be given",
    "ALTER TABLE tokens ALTER COLUMN later DROP DEFAULT": "tokens.later has to be given",
    "ALTER TABLE third_parties ALTER COLUMN later SET NOT NULL": "third_parties.later has to be given",
    "ALTER TABLE audit ALTER COLUMN later TYPE BIGINT USING NULL": "audit.later is of another type",
    "ALTER TABLE tokens ADD CONSTRAINT ck_later CHECK (later > 0)": "ck_later may refuse a row of tokens",
    "CREATE UNIQUE INDEX uq_later ON third_parties (later)": "uq_later may refuse a row of third_parties",
    "CREATE TRIGGER no BEFORE DELETE ON later EXECUTE FUNCTION suppress_redundant_updates_trigger()": (
        "no may refuse a row of later"
    ),
}


async def test_what_would_break_it_is_noticed(url: str) -> None:
    database = await open_database(url)
    await database.migrate()
    await database.close()
    await become_newer(url, *NEWER)
    backend = PostgresBackend(url)
    async with backend.migrator.connect() as connection:
        known = await connection.run_sync(tables_of)
        for statement, complaint in BREAKS.items():
            change = await connection.begin_nested()
            await connection.execute(text(statement))
            assert next(broken_by(known, await connection.run_sync(tables_of))) == complaint
            await change.rollback()
    await backend.close()
