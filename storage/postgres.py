"""How PostgreSQL is used: pools of a few connections, and one transaction at a time that writes to a workspace.

What a rule has read must still be true when its outcome is written. SQLite has that from its one lock to write; here it
comes from a lock on the workspace, taken first and held to the end. So whoever writes to one workspace waits for those
who do, in this process and in others, and different workspaces do not wait for each other; readers wait for nobody.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from access.model.check import Looked
from access.model.ids import WorkspaceId
from storage.errors import DatabaseUnusable
from storage.migrate import migrate_server
from storage.postgres_lookup import PostgresTokenLookup
from storage.uninterrupted import uninterrupted

BUSY_SECONDS: Final = 30
"""How long a statement waits for a lock, and a task for a connection."""

_CONNECT_SECONDS: Final = 5
BOT: Final = "thirdparty-bot"
"""How the connections of bots are named, in the server's list of them."""

COMMAND: Final = "thirdparty-bot command"
"""And those of everything else."""

_CONNECTIONS: Final = 5
"""Of each kind, to write, to read and to look tokens up: 15 for a process."""

_PREFIXES: Final = ("postgresql://", "postgres://")
_FAILURES: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What the driver raises where SQLAlchemy does not wrap it."""

_WRITING: Final = 0x3_9A28
"""Of all advisory locks in the database, those of workspaces; the other half of each is made of the workspace's id."""

_STATES: Final = {
    "08": "away",  # connection exceptions
    "28": "not_let_in",  # a wrong password, or none
    "3D": "not_let_in",  # no such database
    "42501": "not_let_in",  # insufficient privilege
    "53100": "no_room",  # disk full
    "53300": "too_many",  # too many connections
    "57P": "away",  # shut down, crashed, starting up
    "25006": "only_read",  # a read-only transaction: a standby, or a server that was told so
    "55P03": "busy",  # a lock was waited for in vain
    "40": "busy",  # a deadlock, or a serialisation failure
    "58030": "disk_error",
    "XX001": "server_damaged",
    "XX002": "server_damaged",
}
"""What the server's codes mean for us (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


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

    def __init__(self, url: str, name: str = COMMAND) -> None:
        """`name`: of its connections, BOT or COMMAND."""
        self.writer = _engine(url, name, isolation_level="READ COMMITTED")
        self.readers = _engine(url, name, isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.journal = NoJournal()
        self._lookup = PostgresTokenLookup(url, connections=_CONNECTIONS, seconds=_CONNECT_SECONDS)
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

    async def begin(self, connection: AsyncConnection, workspace: WorkspaceId) -> None:
        """Take the workspace's lock, until the transaction ends."""
        key = zlib.crc32(workspace.encode()) - (1 << 31)
        await uninterrupted(connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING}, {key})"))

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
        except _FAILURES as error:
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
        """Close every connection."""
        await self._lookup.close()
        await self.readers.dispose()
        await self.writer.dispose()


def meaning_of_error(error: Exception) -> str | None:
    """Return the word for what is wrong with the server, or None."""
    if isinstance(error, TimeoutError):
        return "busy"
    if isinstance(error, OSError):  # refused, unreachable, timed out
        return "away"
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    driver = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(driver, "sqlstate", None) or "")
    for length in (5, 3, 2):
        if state[:length] in _STATES:
            return _STATES[state[:length]]
    return "away" if lost or isinstance(driver, asyncpg.InterfaceError) else None


def _engine(url: str, name: str, **execution_options: Any) -> AsyncEngine:
    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await opened(url, name)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        execution_options=execution_options,
        hide_parameters=True,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
    )


async def opened(url: str, name: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect, by a URL of libpq's, which may name several servers. Raises DatabaseUnusable."""
    try:
        return await asyncpg.connect(
            url,
            timeout=_CONNECT_SECONDS,
            server_settings={"lock_timeout": f"{BUSY_SECONDS}s", "application_name": name},
        )
    except _FAILURES as error:
        code = meaning_of_error(error) or "away"
    raise DatabaseUnusable(code)  # outside of the except: the driver's error may name the user and the database


async def value(connection: "asyncpg.Connection[asyncpg.Record]", query: str, *given: object) -> Any:
    """Return the one value that a query gives. Raises DatabaseUnusable."""
    try:
        return await connection.fetchval(query, *given, timeout=_CONNECT_SECONDS)
    except _FAILURES as error:
        code = meaning_of_error(error)
        if code is None:
            raise
    raise DatabaseUnusable(code)
