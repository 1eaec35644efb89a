import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from storage.engine import Database
from storage.errors import DatabaseTooNew, MigrationFailed
from storage.tables import metadata, third_parties
from tests.storage.conftest import open_database
from tests.storage.rows import HERE, PARTY, keep_party, party


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    """Migrated here and now, where the other tests take a copy."""
    opened = await open_database(file)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def declared(tmp_path: Path) -> Iterator[Path]:
    """A file made from the declared tables, without migrations."""
    file = tmp_path / "declared.db"
    engine = create_engine(f"sqlite:///{file}")
    metadata.create_all(engine)
    yield file
    engine.dispose()


def schema(file: Path) -> dict[str, list[str]]:
    """The statements that made each table, index and trigger, as sorted lines."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: sorted(line.strip(" \t,") for line in sql.splitlines()) for name, sql in rows}


async def test_the_migrations_add_up_to_the_declared_tables(database: Database, file: Path, declared: Path) -> None:
    migrated = schema(file)
    assert migrated.pop("alembic_version")
    assert migrated == schema(declared)


async def test_alembic_finds_no_difference_either(database: Database, file: Path) -> None:
    engine: Engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_migrating_again_changes_nothing(database: Database, file: Path) -> None:
    await keep_party(database)
    before = schema(file)
    await database.migrate()
    assert schema(file) == before
    async with database.read(HERE) as reading:
        assert await reading.third_parties.get(PARTY) == party()


async def test_two_that_start_at_once_migrate_once(file: Path) -> None:
    databases = [await open_database(file, seed=seed) for seed in range(3)]
    try:
        await asyncio.gather(*(database.migrate() for database in databases))
        await keep_party(databases[0])
    finally:
        for database in databases:
            await database.close()


async def test_a_database_of_a_newer_version_is_not_touched(database: Database, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        before = list(connection.iterdump())
    with pytest.raises(DatabaseTooNew, match="newer version"):
        await database.migrate()
    with closing(sqlite3.connect(file)) as connection:
        assert list(connection.iterdump()) == before


async def test_a_migration_that_leaves_rows_pointing_nowhere_is_rolled_back(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (parent INTEGER REFERENCES parent)")
        connection.execute("INSERT INTO child VALUES (1)")
    before = schema(file)
    database = await open_database(file)
    try:
        with pytest.raises(MigrationFailed, match="child"):
            await database.migrate()
    finally:
        await database.close()
    assert schema(file) == before


async def test_foreign_keys_hold_after_a_migration(database: Database, file: Path) -> None:
    async with database._writer.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1


def test_the_tables_can_be_made_on_postgresql_too() -> None:
    dialect = make_url("postgresql://").get_dialect()()
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    indexes = [str(CreateIndex(index).compile(dialect=dialect)) for index in third_parties.indexes]
    assert len(statements) == len(metadata.tables)
    assert any("WHERE removed_at IS NULL" in index for index in indexes)
