"""Looking at a database without changing it: beside a running bot, before the first start, after an accident."""

import asyncio
import os
import sqlite3
import stat
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from storage.errors import unusable
from storage.keys_in_use import KeysInUse, read_keys_in_use
from storage.migrate import Schema, schema_of
from storage.sqlite import database_path
from storage.uninterrupted import checked_out, uninterrupted

READ_THROUGH_UP_TO: Final = 200_000_000
"""Bytes: a larger file is not read from end to end."""

OLDEST_SQLITE: Final = (3, 35, 0)
"""The first with RETURNING (https://www.sqlite.org/lang_returning.html)."""

_WITHOUT_KEY: Final = (
    "SELECT count(*) FROM third_parties AS party WHERE removed_at IS NULL AND contact IS NOT NULL AND NOT EXISTS ("
    "SELECT 1 FROM contact_keys AS held WHERE held.workspace = party.workspace AND held.third_party = party.id "
    "AND held.contact = party.contact AND held.outcome IS NOT NULL AND held.text IS NOT NULL)"
)
_BUSY_SECONDS: Final = 3
_PAGE: Final = b"\0" * 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found of a database that can be written to.

    Attributes:
        place: Where it is, or where the first start makes it, for people.
        schema: None where there is no file.
        keys: None where the database is not of this version, or too large.
        contacts_without_key: How many contacts have no public key in force; None where the database is not of this
            version.
    """

    place: str
    schema: Schema | None = None
    keys: KeysInUse | None = None
    contacts_without_key: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInspection(Inspection):
    """And of a file.

    Attributes:
        open_to_others: The file's rights let its group or others in.
        is_whole: False where SQLite found damage; None where the file is too large to be read through.
        sqlite: The version of the library.
    """

    open_to_others: bool = False
    is_whole: bool | None = None
    sqlite: str = sqlite3.sqlite_version

    @property
    def sqlite_is_too_old(self) -> bool:
        """Whether the library lacks what our statements need."""
        return tuple(map(int, self.sqlite.split("."))) < OLDEST_SQLITE


async def inspect_file(url: str, now: datetime, *, read_through_up_to: int = READ_THROUGH_UP_TO) -> FileInspection:
    """Find out whether the bot could work with the database `sqlite:///PATH`, by trying.

    A file of one page is written beside it and removed, and a transaction that writes is rolled back.

    Raises:
        DatabaseUnusable: SQLite cannot work with the file.
        OSError: its folder, or the file itself, cannot be used, or the disk is full.
        ValueError: for another URL.
    """
    path = database_path(url)
    await asyncio.to_thread(_try_folder, path.parent)
    if not path.exists():
        return FileInspection(place=str(path))
    with path.open("rb"):  # a folder in its place, rights that keep us out: the system says it more clearly than SQLite
        status = path.stat()
    small = status.st_size <= read_through_up_to
    try:
        async with _connected(path) as connection:
            await _try_to_write(connection)
            schema = await connection.run_sync(schema_of)
            is_whole = await _is_whole(connection) if small else None
            keys, without_key = await keys_needed(connection, now, schema, counts_all=small)
    except DBAPIError as error:
        reason = unusable(error, writing=True)
        if reason is None:
            raise
        raise reason from None
    open_to_others = bool(status.st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    return FileInspection(
        place=str(path),
        schema=schema,
        keys=keys,
        contacts_without_key=without_key,
        open_to_others=open_to_others,
        is_whole=is_whole,
    )


async def keys_needed(
    connection: AsyncConnection, now: datetime, schema: Schema, *, counts_all: bool
) -> tuple[KeysInUse | None, int | None]:
    """Return the `keys` of an inspection, if everything may be read through for them, and `contacts_without_key`."""
    if schema is not Schema.CURRENT:
        return None, None
    without_key = (await uninterrupted(connection.exec_driver_sql(_WITHOUT_KEY))).scalar_one()
    return await read_keys_in_use(connection, now) if counts_all else None, int(without_key)


def _try_folder(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".thirdparty-") as file:
            file.write(_PAGE)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[AsyncConnection]:
    """Open a file that is there. Unlike the bot's own connections this one sets nothing, such as the journal's mode."""
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    engine = create_async_engine(
        url,
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS},
        hide_parameters=True,
        poolclass=NullPool,
    )
    try:
        async with checked_out(engine) as connection:
            yield connection
    finally:
        await engine.dispose()


async def _try_to_write(connection: AsyncConnection) -> None:
    """Write what is there already, and roll it back: beginning alone succeeds on a file that is read-only."""
    await uninterrupted(connection.exec_driver_sql("BEGIN IMMEDIATE"))
    version = (await uninterrupted(connection.exec_driver_sql("PRAGMA user_version"))).scalar_one()
    for statement in (f"PRAGMA user_version={version}", "ROLLBACK", "PRAGMA query_only=ON"):
        await uninterrupted(connection.exec_driver_sql(statement))


async def _is_whole(connection: AsyncConnection) -> bool:
    found = await uninterrupted(connection.exec_driver_sql("PRAGMA quick_check(1)"))
    return found.scalars().all() == ["ok"]
