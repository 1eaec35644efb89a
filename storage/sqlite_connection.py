"""A connection of aiosqlite's on which a statement is one trip to its thread and back.

Else it is four: a cursor is made, the statement executed, its rows are fetched, the cursor is closed. Most of our
statements take less time than one such trip.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite


@dataclass(frozen=True, slots=True)
class _Done:
    """What a statement has left on its cursor: see PEP 249."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a connection that begins no transaction by itself, for whichever thread."""
    return sqlite3.connect(path, busy_seconds, isolation_level=None, check_same_thread=False)


def _act(connection: sqlite3.Connection, act: Callable[[sqlite3.Cursor], object]) -> _Done:
    with closing(connection.cursor()) as cursor:
        act(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(rows, cursor.description, cursor.rowcount, cursor.lastrowid)


class SqliteConnection(aiosqlite.Connection):
    """To be awaited, as aiosqlite's: that opens it. Raises what `sqlite3.connect` does."""

    def __init__(self, path: Path, *, busy_seconds: float) -> None:
        """`busy_seconds`: for how long it waits for a lock. Transactions are begun by whoever uses it."""
        super().__init__(partial(connect, path, busy_seconds), iter_chunk_size=1)
        self._thread.daemon = True  # a process that ends waits for nobody's connection

    def cursor(self) -> Any:
        """Return what SQLAlchemy takes for a cursor of aiosqlite's."""
        return _Cursor(self)

    async def at_once(self, act: Callable[[sqlite3.Cursor], object]) -> _Done:
        """Act on a cursor of its own in the connection's thread. Raises what that raises."""
        in_thread: Callable[..., Awaitable[_Done]] = self._execute
        return await in_thread(_act, self._conn, act)


class _Cursor:
    """Executes a statement, and has all of its rows then."""

    arraysize = 1

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._done = _Done([], None, -1, None)

    async def __aenter__(self) -> "_Cursor":
        return self

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._done.lastrowid

    async def execute(self, statement: str, given: Sequence[Any] = ()) -> None:
        self._done = await self._connection.at_once(lambda cursor: cursor.execute(statement, given))

    async def executemany(self, statement: str, given: Iterable[Sequence[Any]]) -> None:
        self._done = await self._connection.at_once(lambda cursor: cursor.executemany(statement, given))

    async def fetchall(self) -> list[Any]:
        return self._done.rows

    async def close(self) -> None:
        """Nothing of it is left in the thread."""
