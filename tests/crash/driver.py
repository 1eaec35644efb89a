"""apsw in the clothes of the sqlite3 module, so that the real storage runs over a disk of ours.

The bot's connections are opened by `storage.sqlite_connection.connect`; that is what is replaced, and nothing else.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import apsw

from tests.crash.disk import Disk

_KINDS: Final[dict[int, type[sqlite3.Error]]] = {
    apsw.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
    apsw.SQLITE_MISMATCH: sqlite3.IntegrityError,
    apsw.SQLITE_CORRUPT: sqlite3.DatabaseError,
    apsw.SQLITE_NOTADB: sqlite3.DatabaseError,
}
"""How the sqlite3 module calls SQLite's failures (CPython's Modules/_sqlite/util.c); all others: OperationalError."""

_CHANGES_ROWS: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@contextmanager
def storage_on(disk: Disk) -> Iterator[None]:
    """Within the block, the bot's connections work on this disk."""

    def connect(path: Path, _busy_seconds: float) -> _Connection:
        return _Connection(str(path), disk)

    with patch("storage.sqlite_connection.connect", connect):
        yield


@contextmanager
def _said_by_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        code: int = vars(error).get("extendedresult", apsw.SQLITE_ERROR)
        told = _KINDS.get(code & 0xFF, sqlite3.OperationalError)(str(error))
        told.sqlite_errorcode = code
        raise told from None


class _Connection:
    isolation_level = None

    def __init__(self, database: str, disk: Disk) -> None:
        with _said_by_sqlite3():
            self._connection = apsw.Connection(database, vfs=disk.name)
            self._connection.set_busy_timeout(30_000)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def cursor(self) -> "_Cursor":
        return _Cursor(self._connection)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def create_function(self, name: str, arguments: int, function: Callable[..., Any], *, deterministic: bool) -> None:
        self._connection.create_scalar_function(name, function, arguments, deterministic=deterministic)

    def _end(self, statement: str) -> None:
        if self.in_transaction:
            self.cursor().execute(statement)


class _Cursor:
    """A cursor that fetches to the end at once."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1

    @property
    def lastrowid(self) -> int:
        return self._connection.last_insert_rowid()

    def execute(self, statement: str, given: Sequence[Any] = ()) -> "_Cursor":
        cursor = self._connection.cursor()
        cursor.exec_trace = self._describe
        with _said_by_sqlite3():
            self._rows = list(cursor.execute(statement, tuple(given)))
        changes = statement.lstrip().upper().startswith(_CHANGES_ROWS)
        self.rowcount = self._connection.changes() if changes else -1
        return self

    def executemany(self, statement: str, given: Iterable[Sequence[Any]]) -> "_Cursor":
        for each in given:
            self.execute(statement, each)
        return self

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def close(self) -> None:
        self._rows = []

    def _describe(self, cursor: apsw.Cursor, _statement: str, _given: object) -> bool:
        """Called before the first step, the only time at which the columns of an empty result are known."""
        self.description = tuple((*column[:1], *[None] * 6) for column in cursor.get_description()) or None
        return True
