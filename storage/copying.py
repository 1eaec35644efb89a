"""Moving a database from a file to PostgreSQL: in batches, to be taken up after a stop, and compared row by row.

Until it is done, the target's revision is UNFINISHED, which no bot works with. How far it came is in the target itself:
each table is copied in the order of a key, a batch in a transaction, so what is there is the beginning of what will be.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import asyncpg
from sqlalchemy import Boolean, Table, Text, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from storage.backend import place_of
from storage.errors import CopyFailed, DatabaseUnusable
from storage.migrate import UNFINISHED, newest_revision
from storage.postgres_connections import COMMAND, opened
from storage.postgres_errors import meaning_of_error
from storage.tables import metadata, tokens

BATCH: Final = 5_000
"""Rows."""

_ORDERED: Final = {tokens.name: ("workspace", "third_party", "position")}
"""Where not the primary key gives the order: a token refers to an older one of the same third party."""

_SERVER: Final = cast(Any, postgresql.dialect)()
_FILE: Final = cast(Any, sqlite.dialect)()
Progress = Callable[[int], None]
"""Told how many rows are done, of all that are copied and then compared."""


@dataclass(frozen=True, slots=True)
class Copying:
    """A file of this version that nobody uses, and a database of a server, of this version too."""

    source: Path
    target: str

    def must_fit(self) -> None:
        """Raise CopyFailed, if PostgreSQL cannot keep a text in the file: it knows no character NUL."""
        with closing(self._file()) as file:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    if not isinstance(column.type, Text):
                        continue
                    found = select(func.count()).where(func.instr(column, func.char(0)) > 0)
                    if file.execute(_written(found, _FILE)).fetchone()[0]:
                        raise CopyFailed(
                            f"{self.source} has a character NUL in {table.name}.{column.name}, which PostgreSQL "
                            "does not keep; change that text first"
                        )

    def count(self) -> int:
        """Return how many rows there are in the file."""
        with closing(self._file()) as file:
            return sum(
                int(file.execute(_written(select(func.count()).select_from(table), _FILE)).fetchone()[0])
                for table in metadata.sorted_tables
            )

    async def copy(self, progress: Progress) -> None:
        """Copy what is not there yet, compare everything, and let bots work with it.

        Raises: CopyFailed; DatabaseUnusable.
        """
        connection = await opened(self.target, COMMAND)
        trouble: CopyFailed | DatabaseUnusable
        try:
            await self._copy(connection, progress)
        except asyncpg.IntegrityConstraintViolationError as error:  # its text repeats the row's values
            rule = f"{error.table_name}, {error.constraint_name}"
            trouble = CopyFailed(
                f"PostgreSQL refuses a row that the file holds ({rule}); restore the file from a backup"
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            code = meaning_of_error(error)
            if code is None:
                raise
            trouble = DatabaseUnusable(code, writing=True)
        else:
            return
        finally:
            await connection.close()
        raise trouble

    async def _copy(self, connection: "asyncpg.Connection[asyncpg.Record]", progress: Progress) -> None:
        await self._begin(connection)
        done = 0
        with closing(self._file()) as file:
            for table in metadata.sorted_tables:
                done += await self._count(connection, table)
                progress(done)
                for rows in _batches(file, table, await self._last(connection, table)):
                    async with _transaction(connection):
                        names = [column.name for column in table.columns]
                        await connection.copy_records_to_table(table.name, records=rows, columns=names)
                    done += len(rows)
                    progress(done)
            for table in metadata.sorted_tables:
                done = await self._compare(connection, file, table, done, progress)
        await connection.execute("UPDATE alembic_version SET version_num = $1", newest_revision())

    async def _begin(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Take the database for this copy, if there is nothing in it, or only the beginning of one."""
        async with _transaction(connection):
            revision = await connection.fetchval("SELECT version_num FROM alembic_version FOR UPDATE")
            if revision != UNFINISHED:
                for table in metadata.sorted_tables:
                    if await self._count(connection, table):
                        raise CopyFailed(f"there is something in {place_of(self.target)} already; name an empty one")
            await connection.execute("UPDATE alembic_version SET version_num = $1", UNFINISHED)

    async def _count(self, connection: "asyncpg.Connection[asyncpg.Record]", table: Table) -> int:
        counted = _written(select(func.count()).select_from(table), _SERVER)
        return int(await connection.fetchval(counted))

    async def _last(self, connection: "asyncpg.Connection[asyncpg.Record]", table: Table) -> Sequence[Any] | None:
        keys = _keys(table)
        last = select(*keys).order_by(*(key.desc() for key in keys)).limit(1)
        row = await connection.fetchrow(_written(last, _SERVER))
        return tuple(row) if row else None

    async def _compare(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        file: sqlite3.Connection,
        table: Table,
        done: int,
        progress: Progress,
    ) -> int:
        async with _transaction(connection):
            everything = _written(select(table).order_by(*_keys(table)), _SERVER)
            copied = await connection.cursor(everything)
            for rows in _batches(file, table, None):
                if [tuple(row) for row in await copied.fetch(len(rows))] != rows:
                    raise CopyFailed(_differs(table, self.target))
                done += len(rows)
                progress(done)
            if await copied.fetch(1):
                raise CopyFailed(_differs(table, self.target))
        return done

    def _file(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(self.source))}?mode=ro", uri=True)


@asynccontextmanager
async def _transaction(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[None]:
    await connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


def _differs(table: Table, target: str) -> str:
    return (
        f"what was copied of {table.name} is not what the file holds, which has changed since the copy was begun; "
        f"empty {place_of(target)} and begin anew"
    )


def _batches(file: sqlite3.Connection, table: Table, after: Sequence[Any] | None) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows as PostgreSQL has them, in the order of the key."""
    keys = _keys(table)
    truths = [isinstance(column.type, Boolean) for column in table.columns]
    ordered = select(table).order_by(*keys)
    if after is not None:
        ordered = ordered.where(tuple_(*keys) > tuple_(*after))
    found = file.execute(_written(ordered, _FILE, literal=False), tuple(after or ()))
    while rows := found.fetchmany(BATCH):
        yield [
            tuple(bool(each) if truth and each is not None else each for each, truth in zip(row, truths, strict=True))
            for row in rows
        ]


def _keys(table: Table) -> Sequence[Any]:
    names = _ORDERED.get(table.name) or [column.name for column in table.primary_key]
    return [table.c[name] for name in names]


def _written(statement: Any, dialect: Any, *, literal: bool = True) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": literal}))
