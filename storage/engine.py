"""The database: where units of work come from."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from access.model.ids import WorkspaceId
from access.ports import AuditSeal, Random, Reading, UnitOfWork
from storage.errors import unusable
from storage.keys_in_use import KeysInUse, read_keys_in_use
from storage.migrate import migrate
from storage.repositories.reasons import HashReason
from storage.scope import Scope
from storage.sqlite import Journal, database_path, make_private, reading_engine, writing_engine
from storage.uninterrupted import checked_out, uninterrupted
from storage.unit_of_work import SqlReading, SqlUnitOfWork, Tools


class Database:
    """One SQLite file, with one connection that writes and a few that read."""

    def __init__(self, path: Path, tools: Tools) -> None:
        self._writer = writing_engine(path)
        self._readers = reading_engine(path)
        self._journal = Journal()
        self._tools = tools
        self._callbacks: list[Callable[[], None]] = []

    @classmethod
    async def open(cls, url: str, *, seal: AuditSeal, random: Random, hash_reason: HashReason) -> "Database":
        """Open the database `sqlite:///PATH`; a file that is not there is made, for its owner alone to read.

        `hash_reason` is the vault's.

        Raises: ValueError, for another URL; OSError, if the file can be neither opened nor made.
        """
        path = database_path(url)
        make_private(path)
        return cls(path, Tools(seal, random, hash_reason))

    async def close(self) -> None:
        """Close every connection."""
        await self._readers.dispose()
        await self._writer.dispose()

    async def migrate(self) -> None:
        """Bring the schema to this version. Raises DatabaseTooNew, MigrationFailed, DatabaseUnusable."""
        try:
            async with checked_out(self._writer) as connection:
                await uninterrupted(migrate(connection))
        except DBAPIError as error:
            reason = unusable(error)
            if reason is None:
                raise
            raise reason from None

    @asynccontextmanager
    async def write(self, workspace: WorkspaceId) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work. Those of one process wait for each other, in the order in which they came."""
        async with checked_out(self._writer) as connection:
            scope = Scope(connection, workspace, writing=True)
            yield SqlUnitOfWork(scope, self._tools, journal=self._journal, wake=self._wake)
            await uninterrupted(connection.rollback())
            with suppress(SQLAlchemyError):  # what was committed is true all the same; the journal stays due
                await uninterrupted(self._journal.empty_if_due(connection))

    @asynccontextmanager
    async def read(self, workspace: WorkspaceId) -> AsyncIterator[Reading]:
        """Open a reading, of the rows as they are at its first query."""
        async with self.reading_scope(workspace) as scope:
            yield SqlReading(scope, self._tools)

    @asynccontextmanager
    async def reading_scope(self, workspace: WorkspaceId) -> AsyncIterator[Scope]:
        """Open what a reading is made of, for queries that are no operation's."""
        async with checked_out(self._readers) as connection:
            yield Scope(connection, workspace, writing=False)

    async def keys_in_use(self) -> KeysInUse:
        """Return which keys the database needs, of all workspaces. It has to have been migrated."""
        async with checked_out(self._readers) as connection:
            return await read_keys_in_use(connection)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit that queued messages, or wants some shown anew."""
        self._callbacks.append(callback)

    async def checkpoint(self) -> bool:
        """Empty the journal into the database file; False if somebody was in the way, and it stays due."""
        async with checked_out(self._writer) as connection:
            return await uninterrupted(self._journal.empty(connection))

    async def checkpoint_if_due(self) -> bool:
        """Empty the journal if sealed values may still be in it; False if somebody was in the way."""
        async with checked_out(self._writer) as connection:
            return await uninterrupted(self._journal.empty_if_due(connection))

    def _wake(self) -> None:
        for callback in self._callbacks:
            callback()
