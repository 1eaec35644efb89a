"""How PostgreSQL is used: pools of a few connections, and one transaction at a time that writes to a workspace.

What a rule has read must still be true when its outcome is written. SQLite has that from its one lock to write; here it
comes from a lock on the workspace, taken first and held to the end. So whoever writes to one workspace waits for those
who do, in this process and in others, and different workspaces do not wait for each other; readers wait for nobody.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from access.model.check import Looked
from access.model.ids import WorkspaceId
from storage.errors import DatabaseUnusable
from storage.migrate import migrate_server
from storage.postgres_connections import COMMAND, HISTORY, Patience, Server, engine
from storage.postgres_errors import FAILURES, meaning_of_error, was_refused
from storage.postgres_lookup import PostgresTokenLookup
from storage.postgres_outcome import Transaction, was_committed
from storage.scope import Commit
from storage.uninterrupted import uninterrupted

_PREFIXES: Final = ("postgresql://", "postgres://")

_WRITING: Final = 0x3_9A28
"""Of all advisory locks in the database, those of workspaces; the other half of each is made of the workspace's id."""


def is_postgres(url: str) -> bool:
    """Tell whether a URL names a database of PostgreSQL."""
    return url.startswith(_PREFIXES)


class NoJournal:
    """What is deleted cannot be read any more once it is committed; when its bytes go is the server's business."""

    def must_be_emptied(self) -> None:
        """There is nothing to empty."""

    async def empty_if_due(self, _connection: AsyncConnection) -> bool:
        """There is nothing to empty."""
        return True

    async def empty(self, _connection: AsyncConnection) -> bool:
        """There is nothing to empty."""
        return True


class PostgresBackend:
    """One database of a server."""

    def __init__(self, url: str, name: str = COMMAND, patience: Patience | None = None) -> None:
        """`name`: of its connections, BOT or COMMAND."""
        self._server = Server(url, name, patience or Patience())
        self.writer = engine(self._server, isolation_level="READ COMMITTED")
        self.readers = engine(self._server, isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.migrator = engine(self._server, lasting=True)
        self.journal = NoJournal()
        self._lookup = PostgresTokenLookup(self._server)
        self._turns = WeakValueDictionary[WorkspaceId, asyncio.Lock]()

    def must_be_in_place(self) -> None:
        """A server is never known to be gone: each attempt may find it again."""

    def was_used(self) -> None:
        """Nothing is kept of it."""

    @asynccontextmanager
    async def turn(self, workspace: WorkspaceId) -> AsyncIterator[None]:
        """Wait for those tasks that came before: so they take no connections to wait with."""
        lock = self._turns.setdefault(workspace, asyncio.Lock())
        async with lock:
            yield

    async def begin(self, connection: AsyncConnection, workspace: WorkspaceId) -> Commit:
        """Take the workspace's lock, until the transaction ends, and its number, by which its outcome can be found."""
        key = zlib.crc32(workspace.encode()) - (1 << 31)
        statement = f"SELECT pg_advisory_xact_lock({_WRITING}, {key}), pg_current_xact_id()::text"
        number = (await uninterrupted(connection.exec_driver_sql(statement))).scalars(1).one()
        return partial(self._commit, connection, Transaction(int(number), connection.info[HISTORY]))

    async def _commit(self, connection: AsyncConnection, transaction: Transaction) -> None:
        """Commit; where no answer comes, find out. Raises DatabaseUnusable, where nothing was done or nobody knows."""
        try:
            await connection.commit()
            return
        except (SQLAlchemyError, OSError) as error:
            if was_refused(error):
                raise
        done = await was_committed(transaction, self._server)
        if not done:
            raise DatabaseUnusable("in_doubt" if done is None else "away")

    async def migrate(self, connection: AsyncConnection) -> None:
        """Bring the schema to this version. Raises DatabaseTooNew."""
        await uninterrupted(migrate_server(connection))

    async def probe(self, connection: AsyncConnection) -> None:
        """Ask for the number of a transaction that writes: a server that only reads refuses."""
        await uninterrupted(connection.exec_driver_sql("SELECT pg_current_xact_id()"))
        await uninterrupted(connection.commit())

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """One query, on a connection of a pool of its own. Raises DatabaseUnusable."""
        try:
            return await self._lookup.look_up(secret_digest, token_digest)
        except FAILURES as error:
            trouble = self.meaning(error, writing=False)
            if trouble is None:
                raise
        raise trouble

    def meaning(self, error: Exception, *, writing: bool) -> DatabaseUnusable | None:
        """Return what an error of the driver's says about the database, or None if it is about something else."""
        code = meaning_of_error(error)
        if code is None or (code == "only_read" and not writing):  # then it is we who have it read only
            return None
        return DatabaseUnusable(code, writing=writing)

    async def close(self) -> None:
        """Close every connection. None is waited for that says nothing."""
        self._lookup.close()
        for pool in (self.readers, self.writer, self.migrator):
            await pool.dispose()
