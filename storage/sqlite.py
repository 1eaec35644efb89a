"""How SQLite is set up: one connection that writes, a few that read, and a journal that forgets what was deleted.

With the driver's own transaction control most concurrent updates were lost, silently, and with deferred transactions
most failed as locked. What holds: transactions that begin as IMMEDIATE, on one connection.
"""

import asyncio
import logging
import os
import sqlite3
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from access.model.check import Looked
from access.model.ids import WorkspaceId
from storage.errors import DatabaseUnusable, unusable
from storage.files import Files
from storage.migrate import migrate_file
from storage.scope import Commit
from storage.sqlite_connection import SqliteConnection
from storage.token_lookup import SqliteTokenLookup
from storage.uninterrupted import uninterrupted

BUSY_SECONDS: Final = 30
"""How long a statement waits for another process's lock, and a task for a connection."""

_BEGINNING_SECONDS: Final = 2
_A_MOMENT: Final = 0.01
_READERS: Final = 4
_CHECKPOINT_BUSY_MILLISECONDS: Final = 200
_PREFIX: Final = "sqlite:///"
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "temp_store=MEMORY")


def database_path(url: str) -> Path:
    """Return the absolute path of the file that `sqlite:///PATH` names. Raises ValueError for any other URL."""
    name = url.removeprefix(_PREFIX)
    if name == url or name in ("", ":memory:"):
        raise ValueError("a database URL is sqlite:///PATH")
    return Path(name).resolve()


def make_private(path: Path) -> None:
    """Make the file, readable by its owner alone, unless it is there. SQLite gives its journal the same rights.

    Raises: OSError.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def writing_engine(path: Path) -> AsyncEngine:
    """Return an engine of one connection, whose transactions begin with the lock to write."""
    return _engine(path, begin="BEGIN IMMEDIATE", connections=1)


def reading_engine(path: Path) -> AsyncEngine:
    """Return an engine whose transactions see the database as it was at their first query, and cannot change it."""
    return _engine(path, "query_only=ON", begin="BEGIN DEFERRED", connections=_READERS)


def _engine(path: Path, *pragmas: str, begin: str, connections: int) -> AsyncEngine:
    _keep_values_out_of_logs()
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        async_creator=partial(SqliteConnection, path, busy_seconds=BUSY_SECONDS),
        execution_options={"begin": begin},
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        for pragma in (*_PRAGMAS, *pragmas):
            _set(connection, pragma)

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        if statement := connection.get_execution_options()["begin"]:
            connection.exec_driver_sql(statement)

    return engine


def _set(connection: Any, pragma: str) -> None:
    """Set a pragma. Where two give a new file its journal at the same instant, SQLite refuses one of them at once."""
    cursor, time = connection.cursor(), asyncio.get_running_loop().time
    patient_until = time() + _BEGINNING_SECONDS
    while True:
        try:
            cursor.execute(f"PRAGMA {pragma}")
            break
        except sqlite3.OperationalError as error:
            trouble = unusable(error, writing=True)
            if trouble is None or trouble.code != "locked" or time() > patient_until:
                raise
        connection.run_async(lambda _: asyncio.sleep(_A_MOMENT))
    cursor.close()


class Journal:
    """SQLite's write-ahead log. A deleted value stays in it until it is emptied, whatever `secure_delete` says."""

    def __init__(self) -> None:
        self._due = True  # a process before this one may have been killed between a reveal and the emptying

    def must_be_emptied(self) -> None:
        """Remember that something was deleted that must not stay."""
        self._due = True

    async def empty_if_due(self, connection: AsyncConnection) -> bool:
        """Empty it if that was asked for and has not been possible yet; returns False if it still is not."""
        return await self.empty(connection) if self._due else True

    async def empty(self, connection: AsyncConnection) -> bool:
        """Move everything into the database file and cut the journal to nothing.

        Returns False, and stays due, while a reader or another process is in the way. It holds the lock to write, so
        it waits for them only briefly.

        Args:
            connection: the one that writes, outside of a transaction.
        """
        self._due = True
        await connection.execution_options(begin=None)
        await connection.exec_driver_sql(f"PRAGMA busy_timeout={_CHECKPOINT_BUSY_MILLISECONDS}")
        try:
            checkpoint = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            self._due = checkpoint.one().busy != 0
        finally:
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        return not self._due


class SqliteBackend:
    """One file, with one connection that writes and a few that read: whoever writes waits for it in line."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, if the file can be neither opened nor made."""
        make_private(path)
        self.writer = self.migrator = writing_engine(path)
        self.readers = reading_engine(path)
        self.journal = Journal()
        self._files = Files(path, self.writer, self.readers)
        self._lookup = SqliteTokenLookup(path)

    def must_be_in_place(self) -> None:
        """Raise DatabaseUnusable if a file was removed or replaced."""
        self._files.must_be_in_place()

    def was_used(self) -> None:
        """Remember the files that a transaction has made."""
        self._files.look_beside()

    def turn(self, workspace: WorkspaceId) -> AbstractAsyncContextManager[None]:
        """Nothing to wait for: there is one connection."""
        return nullcontext()

    async def begin(self, connection: AsyncConnection, workspace: WorkspaceId) -> Commit:
        """Nothing to do: its transaction begins with the lock to write."""
        return connection.commit

    async def migrate(self, connection: AsyncConnection) -> None:
        """Bring the schema to this version. Raises DatabaseTooNew, MigrationFailed."""
        await uninterrupted(migrate_file(connection))

    async def probe(self, connection: AsyncConnection) -> None:
        """Write a page, as it was."""
        version = (await uninterrupted(connection.exec_driver_sql("PRAGMA user_version"))).scalar_one()
        await uninterrupted(connection.exec_driver_sql(f"PRAGMA user_version={version}"))
        await uninterrupted(connection.commit())

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """One query, in the loop's own thread. Raises DatabaseUnusable."""
        try:
            return self._lookup.look_up(secret_digest, token_digest)
        except sqlite3.Error as error:
            trouble = unusable(error, writing=False)
            if trouble is None:
                raise
        raise trouble

    def meaning(self, error: Exception, *, writing: bool) -> DatabaseUnusable | None:
        """Return what an error of the driver's says about the database, or None if it is about something else."""
        return unusable(error, writing=writing)

    async def close(self) -> None:
        """Close every connection."""
        self._lookup.close()
        await self.readers.dispose()
        await self.writer.dispose()


def _keep_values_out_of_logs() -> None:
    """At DEBUG, aiosqlite prints every parameter and SQLAlchemy every row."""
    for name in ("aiosqlite", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).addFilter(_is_serious)


def _is_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
