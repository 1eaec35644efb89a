"""The database's files, watched: SQLite goes on with a removed one without a word, and loses it at the end."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.errors import DatabaseUnusable

_BESIDE: Final = ("-wal", "-shm")
_Identity = tuple[int, int]


class Files:
    """The files that were opened; they are told apart from others of the same name by device and inode.

    SQLite makes the two beside the database with the first transaction and removes them with the last connection.
    """

    def __init__(self, path: Path, *engines: AsyncEngine) -> None:
        """`path`: there is a file. Raises OSError."""
        self._path = path
        self._opened = _identity(path)
        self._beside: dict[Path, _Identity] = {}
        self._connections = 0
        for engine in engines:
            event.listen(engine.sync_engine, "connect", self._connected)
            event.listen(engine.sync_engine, "close", self._closed)

    def must_be_in_place(self) -> None:
        """Raise DatabaseUnusable if a file was removed or replaced, or cannot be reached. Takes microseconds."""
        if not _is(self._path, self._opened):
            raise DatabaseUnusable("gone")
        if not all(_is(path, identity) for path, identity in self._beside.items()):
            raise DatabaseUnusable("journal_gone")

    def look_beside(self) -> None:
        """Remember the files beside the database, after a transaction has made them. Raises nothing."""
        if not self._beside:
            with suppress(OSError):
                paths = [self._path.with_name(self._path.name + ending) for ending in _BESIDE]
                self._beside = {path: _identity(path) for path in paths}

    def _connected(self, _connection: object, _record: object) -> None:
        self._connections += 1

    def _closed(self, _connection: object, _record: object) -> None:
        self._connections -= 1
        if not self._connections:
            self._beside = {}


def _identity(path: Path) -> _Identity:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _is(path: Path, identity: _Identity) -> bool:
    try:
        return _identity(path) == identity
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        raise DatabaseUnusable("not_opened") from None
