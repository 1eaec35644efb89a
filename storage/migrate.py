"""Bringing a database to this version of the schema, whole or not at all."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import DatabaseTooNew, MigrationFailed


async def migrate(connection: AsyncConnection) -> None:
    """Run the missing migrations in one transaction.

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


def _upgrade(connection: Connection) -> bool:
    """Run what is missing and tell whether anything was."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return False
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseTooNew
    command.upgrade(config, "head")
    return True
