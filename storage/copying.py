"""Moving a database from a file to PostgreSQL: in batches, to be taken up after a stop, and compared row by row.

Until it is done, the target's revision says of what it is a copy, and no bot works with it. How far it came is in the
target itself: each table is copied in the order of a key, a batch in a transaction, so what is there is the beginning
of what will be.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import asyncpg
from sqlalchemy import Boolean, Table, Text, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from storage.backend import place_of
from storage.errors import CopyFailed, DatabaseUnusable, meaning_of_code
from storage.migrate import UNFINISHED, newest_revision
from storage.postgres_connections import COMMAND, Server
from storage.postgres_errors import meaning_of_error
from storage.tables import audit_heads, metadata, tokens

BATCH: Final = 5_000
"""Rows."""

_COPYING: Final = 0x3_9A2A
"""Of all advisory locks in the database, the one of whoever copies into it."""

_REVISION_LENGTH: Final = 32
"""In characters: as much as Alembic keeps of a revision."""

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
        """Look for a text that PostgreSQL cannot keep: it knows no character NUL.

        Raises: CopyFailed; DatabaseUnusable, if the file cannot be read.
        """
        with self._file() as file:
            for table in metadata.sorted_tables:
                texts = [column for column in table.columns if isinstance(column.type, Text)]
                found = file.execute(
                    _written(select(*(func.max(func.instr(each, func.char(0))) for each in texts)), _FILE)
                )
                for column, place in zip(texts, found.fetchone(), strict=True):
                    if place:
                        raise CopyFailed(
                            f"{self.source} has a character NUL in {table.name}.{column.name}, which PostgreSQL "
                            "does not keep; change that text first"
                        )

    def count(self) -> int:
        """Return how many rows there are in the file. Raises DatabaseUnusable."""
        with self._file() as file:
            return sum(_counts(file))

    async def copy(self, progress: Progress) -> None:
        """Copy what is not there yet, and compare everything. No bot works with it before `finish`.

        Raises: CopyFailed; DatabaseUnusable.
        """
        async with self._connected() as connection:
            with self._file() as file:
                await self._begin(connection, _name_of(file))
                done = 0
                for table in metadata.sorted_tables:
                    done += await self._count(connection, table)
                    progress(done)
                    for rows in batches(file, table, await self._last(connection, table)):
                        await self._put(connection, table, rows)
                        done += len(rows)
                        progress(done)
                await connection.execute(f"ANALYZE {', '.join(metadata.tables)}")
                for table in metadata.sorted_tables:
                    done = await self._compare(connection, file, table, done, progress)

    async def finish(self) -> None:
        """Let bots work with what was copied. Raises DatabaseUnusable."""
        async with self._connected() as connection:
            await connection.execute("UPDATE alembic_version SET version_num = $1", newest_revision())

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Connect, and be the only one that copies. What a process that was killed had sent may still be under way."""
        server = Server(self.target, COMMAND)
        connection = await server.opened(answer=None, lock_timeout=str(int(server.patience.turn * 1_000)))
        try:
            await connection.execute(f"SELECT pg_advisory_lock({_COPYING})")
            yield connection
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            code = meaning_of_error(error)
            if code is None:
                raise
        else:
            return
        finally:
            await connection.close()
        raise DatabaseUnusable(code, writing=True) from None

    async def _begin(self, connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
        """Take the database for this copy, if there is nothing in it, or only the beginning of this one."""
        async with _transaction(connection):
            revision = await connection.fetchval("SELECT version_num FROM alembic_version FOR UPDATE")
            if revision.startswith(UNFINISHED) and revision != name:
                raise CopyFailed(
                    f"{place_of(self.target)} holds the beginning of a copy of another file, or of this one before it "
                    "changed; name an empty one"
                )
            if revision != name and any([await self._count(connection, each) for each in metadata.sorted_tables]):
                raise CopyFailed(f"there is something in {place_of(self.target)} already; name an empty one")
            await connection.execute("UPDATE alembic_version SET version_num = $1", name)

    async def _put(
        self, connection: "asyncpg.Connection[asyncpg.Record]", table: Table, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        names = [column.name for column in table.columns]
        try:
            async with _transaction(connection):
                await connection.copy_records_to_table(table.name, records=rows, columns=names)
        except asyncpg.IntegrityConstraintViolationError as error:  # its text repeats the row's values
            rule = f"{error.table_name}, {error.constraint_name}"
        except (asyncpg.DataError, TypeError, ValueError, OverflowError):  # the driver encodes what it is given
            rule = f"{table.name}, a value that does not suit its column"
        else:
            return
        raise CopyFailed(f"PostgreSQL refuses a row that the file holds ({rule}); restore the file from a backup")

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
            for rows in batches(file, table):
                if [tuple(row) for row in await copied.fetch(len(rows))] != rows:
                    raise CopyFailed(_differs(table, self.target))
                done += len(rows)
                progress(done)
            if await copied.fetch(1):
                raise CopyFailed(_differs(table, self.target))
        return done

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self.source))}?mode=ro", uri=True)) as file:
                yield file
        except sqlite3.Error as error:  # its text may repeat a value
            trouble = meaning_of_code(error, writing=False)
        else:
            return
        raise trouble or CopyFailed(f"{self.source} holds what cannot be read; restore it from a backup") from None


@asynccontextmanager
async def _transaction(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[None]:
    await connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


def _counts(file: sqlite3.Connection) -> list[int]:
    return [
        int(file.execute(_written(select(func.count()).select_from(table), _FILE)).fetchone()[0])
        for table in metadata.sorted_tables
    ]


def _name_of(file: sqlite3.Connection) -> str:
    """Return the revision of an unfinished copy of a file: by its audit trail's ends and how many rows it has."""
    heads = file.execute(_written(select(audit_heads).order_by(audit_heads.c.workspace), _FILE)).fetchall()
    return (UNFINISHED + sha256(repr((heads, _counts(file))).encode()).hexdigest())[:_REVISION_LENGTH]


def _differs(table: Table, target: str) -> str:
    return (
        f"what was copied of {table.name} is not what the file holds, which has changed since the copy was begun; "
        f"drop {place_of(target)}, and begin anew with an empty one"
    )


def batches(
    file: sqlite3.Connection, table: Table, after: Sequence[Any] | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a file's table as PostgreSQL has them, in the order of a key, those after a row with one."""
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
