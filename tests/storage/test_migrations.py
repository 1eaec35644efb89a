import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
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
    return {name: sorted(line.strip(" \t,") for line in sql.replace('"', "").splitlines()) for name, sql in rows}


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


AS_IT_WAS: dict[str, list[dict[str, object]]] = {
    "third_parties": [
        {
            "workspace": "T0HERE",
            "id": "party",
            "name": "Acme",
            "name_key": "acme",
            "client_id": "tpc_party",
            "owner": "owner",
            "registered_at": 1,
            "notes": "",
            "contact": "contact",
            "enabled": 1,
        }
    ],
    "tokens": [
        {
            "workspace": "T0HERE",
            "id": name,
            "third_party": "party",
            "position": position,
            "fingerprint": "1a2b3c4d",
            "token_digest": bytes([position]) * 32,
            "secret_digest": bytes([position + 9]) * 32,
            "issued_at": position,
            "expires_at": position + 1_000,
            "issued_by": "owner",
            **times,
        }
        for position, (name, times) in enumerate(
            {
                "revoked": {"collected_at": 5, "collected_by": "contact", "revoked_at": 7},
                "suspended": {"collected_at": 5, "collected_by": "contact", "suspended_at": 7},
                "pending": {},
            }.items()
        )
    ],
    "handoffs": [
        {
            "workspace": "T0HERE",
            "id": "handoff",
            "third_party": "party",
            "token": "pending",
            "contact": "contact",
            "offered_at": 3,
            "lapses_at": 9,
            "nudge_at": 6,
            "not_seen": 0,
            "disputed_by_former": 0,
        }
    ],
    "sealed_credentials": [{"workspace": "T0HERE", "token": "pending", "client_secret": b"c", "bearer": b"b"}],
}
"""Rows of the first version: a token in each state, with what points to it."""


def migrated_to(file: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        upgrade(config, revision)
    engine.dispose()


async def test_the_rows_of_the_first_version_are_kept_and_nothing_is_renewed_or_retired(file: Path) -> None:
    migrated_to(file, "0001")
    with closing(sqlite3.connect(file)) as connection, connection:
        for table, rows in AS_IT_WAS.items():
            for row in rows:
                places = ", ".join(f":{name}" for name in row)
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)
    database = await open_database(file)
    try:
        await database.migrate()
        async with database.read(HERE) as reading:
            tokens = await reading.tokens.of(PARTY)
    finally:
        await database.close()
    assert [token.id for token in tokens] == ["pending", "suspended", "revoked"]
    new = [(token.renews, token.succeeded_at, token.retires_at, token.retired_at) for token in tokens]
    assert {*new} == {(None, None, None, None)}
    with closing(sqlite3.connect(file)) as connection:
        for table, rows in AS_IT_WAS.items():
            for row in rows:
                same = " AND ".join(f"{name} = :{name}" for name in row)
                assert connection.execute(f"SELECT count(*) FROM {table} WHERE {same}", row).fetchone() == (1,)


async def test_two_that_start_at_once_migrate_once(file: Path) -> None:
    databases = [await open_database(file, seed=seed) for seed in range(3)]
    try:
        await asyncio.gather(*(database.migrate() for database in databases))
        await keep_party(databases[0])
    finally:
        for database in databases:
            await database.close()


async def test_many_that_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    """SQLite refuses one of two that turn on the journal at the same instant, without waiting."""
    for attempt in range(20):
        databases = [await open_database(tmp_path / f"{attempt}.db", seed=seed) for seed in range(4)]
        try:
            await asyncio.gather(*(database.probe() for database in databases))
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
    async with database._backend.writer.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1


def test_the_tables_can_be_made_on_postgresql_too() -> None:
    dialect = make_url("postgresql://").get_dialect()()
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    indexes = [str(CreateIndex(index).compile(dialect=dialect)) for index in third_parties.indexes]
    assert len(statements) == len(metadata.tables)
    assert any("WHERE removed_at IS NULL" in index for index in indexes)
