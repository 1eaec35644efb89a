"""Looking at a database of PostgreSQL without changing it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.backend import place_of
from storage.inspection import READ_THROUGH_UP_TO, FileInspection, Inspection, inspect_file, keys_needed
from storage.migrate import schema_of
from storage.postgres import PostgresBackend, is_postgres
from storage.uninterrupted import checked_out, uninterrupted

OLDEST_SERVER: Final = 13
"""The first with pg_current_xact_id (https://www.postgresql.org/docs/current/functions-info.html)."""

_FACTS: Final = """
    SELECT current_setting('server_version_num')::int / 10000 AS version,
           current_setting('server_encoding') AS encoding,
           inet_client_addr() IS NULL OR inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1'
               OR (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS is_private,
           pg_database_size(current_database()) AS size
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInspection(Inspection):
    """What was found of a database of PostgreSQL that can be written to.

    Attributes:
        version: The server's, as in 18.
        encoding: In which the database keeps texts.
        is_private: What travels there is encrypted, or stays on this machine.
    """

    version: int
    encoding: str
    is_private: bool

    @property
    def server_is_too_old(self) -> bool:
        """Whether the server lacks what our statements need."""
        return self.version < OLDEST_SERVER


async def inspect_database(url: str, now: datetime) -> FileInspection | ServerInspection:
    """Find out whether the bot could work with a database, by trying.

    Beside a file one of one page is written and removed; a transaction that writes is rolled back.

    Raises:
        DatabaseUnusable: The database cannot be worked with.
        OSError: A file's folder, or the file itself, cannot be used, or the disk is full.
        ValueError: for another URL.
    """
    if not is_postgres(url):
        return await inspect_file(url, now)
    backend = PostgresBackend(url)
    try:
        async with checked_out(backend.writer) as connection:
            return await _inspected(connection, url, now)
    except DBAPIError as error:
        reason = backend.meaning(error, writing=True)
        if reason is None:
            raise
    finally:
        await backend.close()
    raise reason


async def _inspected(connection: AsyncConnection, url: str, now: datetime) -> ServerInspection:
    facts = (await uninterrupted(connection.exec_driver_sql(_FACTS))).one()
    await uninterrupted(connection.exec_driver_sql("SELECT pg_current_xact_id()"))
    schema = await connection.run_sync(schema_of)
    small = facts.size <= READ_THROUGH_UP_TO
    keys, without_key = await keys_needed(connection, now, schema, counts_all=small)
    await uninterrupted(connection.rollback())
    return ServerInspection(
        place=place_of(url),
        schema=schema,
        keys=keys,
        contacts_without_key=without_key,
        version=facts.version,
        encoding=facts.encoding,
        is_private=facts.is_private,
    )
