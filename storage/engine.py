"""The database: where units of work come from."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from sqlalchemy import select, union
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from access.model.check import Looked
from access.model.ids import WorkspaceId
from access.ports import Reading, UnitOfWork
from access.ports.machine import AuditSeal, Random
from storage.backend import Backend, backend_of
from storage.backup import Contents, contents_on
from storage.errors import DatabaseUnusable
from storage.keys_in_use import KeysInUse, read_keys_in_use, read_rotations
from storage.migrate import Schema, schema_of
from storage.repositories.reasons import HashReason
from storage.resealing import Resealed, SealedRow, count_sealed_otherwise, put_resealed, rows_sealed_otherwise
from storage.scope import Scope
from storage.tables import audit, audit_heads, third_parties
from storage.uninterrupted import checked_out, uninterrupted
from storage.unit_of_work import SqlReading, SqlUnitOfWork, Tools

_DAMAGE: Final = frozenset({"damaged", "not_a_database"})
"""After these nothing more is read or written until a restart: half an answer would be a wrong one."""

_TRACES: Final = union(select(audit.c.workspace), select(third_parties.c.workspace))


class Database:
    """Where units of work come from: one file, or one database of a server."""

    def __init__(self, backend: Backend, tools: Tools) -> None:
        self._backend = backend
        self._tools = tools
        self._damage: DatabaseUnusable | None = None
        self._was_usable = False
        self._callbacks: list[Callable[[], None]] = []
        self._listeners: list[Callable[[], None]] = []
        self._alarms: list[Callable[[DatabaseUnusable], None]] = []

    @classmethod
    async def open(
        cls, url: str, *, seal: AuditSeal, random: Random, hash_reason: HashReason, runs: bool = False
    ) -> "Database":
        """Open the database `sqlite:///PATH` or `postgresql://…`.

        A file that is not there is made, for its owner alone to read. `hash_reason` is the vault's. `runs`: it is a
        bot that runs, and others may see that.

        Raises: ValueError, for another URL; OSError, if the file can be neither opened nor made.
        """
        return cls(backend_of(url, runs=runs), Tools(seal, random, hash_reason))

    async def close(self) -> None:
        """Close every connection."""
        await self._backend.close()

    async def migrate(self) -> None:
        """Bring the schema to this version. Raises DatabaseTooNew, MigrationFailed, DatabaseUnusable."""
        async with self._connection(self._backend.migrator) as connection:
            await self._backend.migrate(connection)

    async def is_current(self) -> bool:
        """Tell whether the schema is this version's. Raises DatabaseUnusable."""
        return await self.schema() is Schema.CURRENT

    async def schema(self) -> Schema:
        """Return how the schema compares with this version's. Raises DatabaseUnusable."""
        async with self._connection(self._backend.readers) as connection:
            return await uninterrupted(connection.run_sync(schema_of))

    async def workspaces(self) -> Sequence[WorkspaceId]:
        """Return the workspaces in which anything was ever done. It has to have been migrated.

        Where nobody notes them any more, which no program of ours does, those that have a record or a third party.
        """
        async with self._connection(self._backend.readers) as connection:
            for noted in (select(audit_heads.c.workspace), _TRACES):
                found = await uninterrupted(connection.execute(noted.order_by("workspace")))
                if workspaces := [WorkspaceId(workspace) for workspace in found.scalars()]:
                    return workspaces
            return []

    async def contents(self) -> Sequence[Contents]:
        """Return what there is of each workspace. It has to have been migrated."""
        async with self._connection(self._backend.readers) as connection:
            return await contents_on(connection)

    @asynccontextmanager
    async def write(self, workspace: WorkspaceId) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work. Those of one workspace wait for each other, in one process in the order of their coming.

        Raises DatabaseUnusable, also from within the block, and then nothing of it was kept, unless it is `in_doubt`.
        """
        backend = self._backend
        async with backend.turn(workspace), self._connection(backend.writer) as connection:
            scope = Scope(connection, workspace, await backend.begin(connection, workspace))
            yield SqlUnitOfWork(
                scope, self._tools, journal=backend.journal, wake=self._wake, changed=self._tell_of_change
            )
            await uninterrupted(connection.rollback())
            with suppress(SQLAlchemyError):  # what was committed is true all the same; the journal stays due
                await uninterrupted(backend.journal.empty_if_due(connection))

    @asynccontextmanager
    async def read(self, workspace: WorkspaceId) -> AsyncIterator[Reading]:
        """Open a reading, of the rows as they are at its first query. Raises DatabaseUnusable, as `write` does."""
        async with self.reading_scope(workspace) as scope:
            yield SqlReading(scope, self._tools)

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """The port `TokenLookup`: one query, and no cache. Raises DatabaseUnusable."""
        try:
            self._must_be_usable_in_this_turn()
            return await self._backend.look_up(secret_digest, token_digest)
        except DatabaseUnusable as error:
            trouble = error
        self._raise_alarm(trouble)
        raise trouble from None

    @asynccontextmanager
    async def reading_scope(self, workspace: WorkspaceId) -> AsyncIterator[Scope]:
        """Open what a reading is made of, for queries that are no operation's."""
        async with self._connection(self._backend.readers) as connection:
            yield Scope(connection, workspace)

    async def keys_in_use(self, now: datetime) -> KeysInUse:
        """Return which keys the database needs, of all workspaces. It has to have been migrated."""
        async with self._connection(self._backend.readers) as connection:
            return await read_keys_in_use(connection, now)

    async def rotations(self) -> Collection[tuple[str, str]]:
        """Return which workspace's audit trail says of which key that it became the first."""
        async with self._connection(self._backend.readers) as connection:
            return await read_rotations(connection)

    async def count_sealed_otherwise(self, key_id: str) -> int:
        """Return how many offers wait, in all workspaces, of which a value was sealed with another key."""
        async with self._connection(self._backend.readers) as connection:
            return await count_sealed_otherwise(connection, key_id)

    async def sealed_otherwise(self, key_id: str, *, after: tuple[str, str], limit: int) -> Sequence[SealedRow]:
        """Return some offers of which a value was sealed with another key, those after a workspace and a token."""
        async with self._connection(self._backend.readers) as connection:
            return await rows_sealed_otherwise(connection, key_id, after, limit)

    async def put_resealed(self, rows: Sequence[tuple[SealedRow, Resealed]]) -> None:
        """Put what was sealed anew in place of what was read, in one short transaction; what is gone stays gone.

        The journal has to be emptied in the end: it holds what was sealed before.
        """
        async with self._connection(self._backend.writer) as connection:
            self._backend.journal.must_be_emptied()
            await put_resealed(connection, rows)
            await uninterrupted(connection.commit())

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit that queued messages, or wants some shown anew."""
        self._callbacks.append(callback)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit of which something was recorded that happened: refusals are no change."""
        self._listeners.append(callback)

    def on_trouble(self, callback: Callable[[DatabaseUnusable], None]) -> None:
        """Call `callback` whenever something failed because the database cannot be used."""
        self._alarms.append(callback)

    async def probe(self) -> None:
        """Try whether the database can be written to, changing nothing. Raises DatabaseUnusable."""
        async with self._connection(self._backend.writer) as connection:
            await self._backend.probe(connection)

    async def checkpoint(self) -> bool:
        """Empty the journal into the database file; False if somebody was in the way, and it stays due."""
        async with self._connection(self._backend.writer) as connection:
            return await uninterrupted(self._backend.journal.empty(connection))

    async def checkpoint_if_due(self) -> bool:
        """Empty the journal if sealed values may still be in it; False if somebody was in the way."""
        async with self._connection(self._backend.writer) as connection:
            return await uninterrupted(self._backend.journal.empty_if_due(connection))

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """Take out a connection to what was opened. The one place where a driver's error gets its meaning.

        Raises: DatabaseUnusable, also from within the block.
        """
        writing = engine is not self._backend.readers
        try:
            self._must_be_usable()
            async with checked_out(engine) as connection:
                self._must_be_usable()  # it may have been long before a connection was free
                yield connection
                self._backend.was_used()
        except DatabaseUnusable as error:
            trouble = error
            trouble.writing = writing
        except (SQLAlchemyError, OSError) as error:
            reason = self._backend.meaning(error, writing=writing)
            if reason is None:
                raise
            trouble = reason
        else:
            return
        self._raise_alarm(trouble)
        raise trouble from None

    def _raise_alarm(self, trouble: DatabaseUnusable) -> None:
        if trouble.code in _DAMAGE:
            self._damage = trouble
        for alarm in self._alarms:
            alarm(trouble)

    def _must_be_usable(self) -> None:
        self._backend.must_be_in_place()
        if self._damage is not None:
            raise DatabaseUnusable(self._damage.code)

    def _must_be_usable_in_this_turn(self) -> None:
        """Look at the files once for all checks of one turn of the loop: they wait for nothing in between."""
        if not self._was_usable or self._damage is not None:
            self._must_be_usable()
            self._was_usable = True
            asyncio.get_running_loop().call_soon(self._look_again)

    def _look_again(self) -> None:
        self._was_usable = False

    def _wake(self) -> None:
        for callback in self._callbacks:
            callback()

    def _tell_of_change(self) -> None:
        for listener in self._listeners:
            listener()
