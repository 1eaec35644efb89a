"""Bringing a database to this version of the schema, whole or not at all."""

from enum import Enum, auto
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import CopyUnfinished, DatabaseTooNew, MigrationFailed

_MIGRATING: Final = 0x3_9A27
"""Of all advisory locks in the database, the one of whoever migrates it."""

UNFINISHED: Final = "copy-of-"
"""How the revision of a database begins into which another one is being copied; what follows says which."""

_TABLE_SECONDS: Final = 2


async def migrate_file(connection: AsyncConnection) -> None:
    """Run the missing migrations on SQLite in one transaction.

    Foreign keys are off meanwhile, and checked before the commit: with them on, rebuilding a table the way SQLite
    needs it deletes the rows that point to it. The pragma has no effect inside a transaction, so this begins its own.

    Args:
        connection: one that writes, fresh.

    Raises: DatabaseTooNew, MigrationFailed.
    """
    await connection.execution_options(begin=None)
    await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    try:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        if await connection.run_sync(_upgrade):
            broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).scalars().all()
            if broken:
                raise MigrationFailed(
                    f"rows that point nowhere in {', '.join(sorted(set(broken)))}; nothing was changed"
                )
            await connection.commit()
    finally:
        await connection.rollback()
        await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def migrate_server(connection: AsyncConnection) -> None:
    """Run the missing migrations on PostgreSQL in one transaction. Processes that start together do so in turn.

    It waits but a moment for a table: whoever works on it meanwhile waits behind this, checks too.

    Args:
        connection: one that writes, fresh, whose statements may last.

    Raises: DatabaseTooNew; what the driver does, also where a table did not come free.
    """
    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
    await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_TABLE_SECONDS}s'")
    if await connection.run_sync(_upgrade):
        await connection.commit()


class Schema(Enum):
    """How a database's schema compares with this version's."""

    NONE = auto()
    """There is nothing in the database yet."""

    FOREIGN = auto()
    """There is something in it, but not of ours."""

    UNFINISHED = auto()
    """A copy into it was begun, and not finished."""

    OLDER = auto()
    CURRENT = auto()
    NEWER = auto()
    """A newer version of the program has migrated it."""


def schema_of(connection: Connection) -> Schema:
    """Look at the database's revision; changes nothing."""
    return _compare(connection, ScriptDirectory.from_config(_config(connection)))


def newest_revision() -> str:
    """Return the revision of this version."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _upgrade(connection: Connection) -> bool:
    """Run what is missing and tell whether anything was."""
    config = _config(connection)
    match _compare(connection, ScriptDirectory.from_config(config)):
        case Schema.CURRENT:
            return False
        case Schema.NEWER:
            raise DatabaseTooNew
        case Schema.UNFINISHED:
            raise CopyUnfinished
    command.upgrade(config, "head")
    return True


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.attributes["connection"] = connection
    return config


def _compare(connection: Connection, scripts: ScriptDirectory) -> Schema:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return Schema.FOREIGN if inspect(connection).get_table_names() else Schema.NONE
    if current.startswith(UNFINISHED):
        return Schema.UNFINISHED
    if current == scripts.get_current_head():
        return Schema.CURRENT
    return Schema.OLDER if current in {script.revision for script in scripts.walk_revisions()} else Schema.NEWER
