"""What a database server, or a file, has to be able to do. Two can: SQLite and PostgreSQL."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from access.model.check import Looked
from access.model.ids import WorkspaceId
from storage.errors import DatabaseUnusable
from storage.postgres import PostgresBackend, is_postgres
from storage.postgres_connections import BOT, COMMAND
from storage.scope import Commit
from storage.sqlite import SqliteBackend, database_path


class Journal(Protocol):
    """Where a value may last for a while after it was deleted."""

    def must_be_emptied(self) -> None:
        """Remember that something was deleted that must not stay."""

    async def empty_if_due(self, connection: AsyncConnection) -> bool:
        """Empty it if that was asked for and has not been possible yet; returns False if it still is not."""

    async def empty(self, connection: AsyncConnection) -> bool:
        """Empty it; returns False, and stays due, while somebody is in the way."""


class Backend(Protocol):
    """A kind of database, and the connections to one."""

    @property
    def writer(self) -> AsyncEngine:
        """For transactions that write."""

    @property
    def readers(self) -> AsyncEngine:
        """For transactions that read, all of them as of the first query."""

    @property
    def migrator(self) -> AsyncEngine:
        """For migrations, of which a statement may take long."""

    @property
    def journal(self) -> Journal:
        """What has to be emptied so that deleted values are gone."""

    def must_be_in_place(self) -> None:
        """Raise DatabaseUnusable if it is known to have gone. Takes microseconds."""

    def was_used(self) -> None:
        """Take note that a transaction has come to its end without a failure."""

    def turn(self, workspace: WorkspaceId) -> AbstractAsyncContextManager[None]:
        """Wait for those tasks of this process that came before and write to the same workspace."""

    async def begin(self, connection: AsyncConnection, workspace: WorkspaceId) -> Commit:
        """Let nobody else write to a workspace until this transaction ends; returns what commits it."""

    async def migrate(self, connection: AsyncConnection) -> None:
        """Bring the schema to this version. Raises DatabaseTooNew, MigrationFailed."""

    async def probe(self, connection: AsyncConnection) -> None:
        """Write something that changes nothing."""

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """The query of a check, the port `TokenLookup`. Raises DatabaseUnusable."""

    def meaning(self, error: Exception, *, writing: bool) -> DatabaseUnusable | None:
        """Return what an error of the driver's says about the database, or None if it is about something else."""

    async def close(self) -> None:
        """Close every connection."""


def backend_of(url: str, *, runs: bool = False) -> Backend:
    """Return what serves the database of a URL, `sqlite:///PATH` or `postgresql://…`.

    A file that is not there is made, for its owner alone to read; a server is not spoken to yet. `runs`: it is a bot
    that runs, and others may see that.

    Raises: ValueError, for another URL; OSError, if the file can be neither opened nor made.
    """
    return PostgresBackend(url, BOT if runs else COMMAND) if is_postgres(url) else SqliteBackend(database_path(url))


def place_of(url: str) -> str:
    """Name a database for people: the file, or the server's and the database's name. Never who opens it, nor how."""
    if not is_postgres(url):
        return str(database_path(url))
    parts = urlsplit(url)
    return f"the database {parts.path.strip('/')} at {parts.netloc.rpartition('@')[2]}"
