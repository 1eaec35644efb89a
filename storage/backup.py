"""Copies of a database: made beside a running bot, of one file each, and without the credentials that wait."""

import errno
import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncConnection

from access.model.ids import WorkspaceId
from storage.errors import CopyFailed, StorageError, meaning_of_code
from storage.types import instant
from storage.uninterrupted import uninterrupted

BESIDE: Final = ("-wal", "-shm", "-journal")
"""How the names of SQLite's own files beside a database end."""

_CONTENTS: Final = (
    "SELECT head.workspace, head.number, head.mac, at,"
    " (SELECT count(*) FROM third_parties WHERE workspace = head.workspace AND removed_at IS NULL),"
    " (SELECT count(*) FROM tokens WHERE workspace = head.workspace AND revoked_at IS NULL)"
    " FROM audit_heads AS head LEFT JOIN audit ON audit.workspace = head.workspace AND audit.number = head.number"
    " ORDER BY 1"
)
_PAGES: Final = 1_000
_HAS_SEALED: Final = "SELECT 1 FROM sqlite_master WHERE name = 'sealed_credentials'"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy holds of one workspace, as far as it can be counted; `newest_at`: when its last record was written.

    `head` is where the chain of its audit trail ends, as it is written for people; `number`, of its last record.
    """

    workspace: WorkspaceId
    number: int
    head: str
    newest_at: datetime
    third_parties: int
    tokens: int


@contextmanager
def being_made(file: Path) -> Iterator[Path]:
    """Give the place beside a file at which its content is made, readable by its owner alone; it is gone in the end.

    What a process that was killed has left there is made anew. Raises CopyFailed, where another process is at it;
    OSError.
    """
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _claim(descriptor, part)
        try:
            yield part
        finally:
            for path in _with_beside(part):
                path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def copy_database(source: Path, target: Path, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
    """Copy a database as it is at this moment into a file that is empty, with SQLite's online backup; nobody waits.

    The journal, which is not emptied meanwhile, keeps the moment. The copy has no journal, nor the credentials that
    wait to be collected: restoring withdraws every offer, so nobody ever opens what waited. `progress` is told how many
    pages are copied, and of how many.

    Raises:
        CopyFailed: the source is damaged or no database, or the copy finds no room.
        DatabaseUnusable: another failure of SQLite's.
        OSError: the source cannot be read.
    """
    source.open("rb").close()  # the system says it more clearly than SQLite
    try:
        with closing(_opened(source, "ro")) as original, closing(_opened(target, "rw")) as copy:
            original.execute("BEGIN")
            original.execute("SELECT count(*) FROM sqlite_master").fetchall()  # or whoever writes makes us begin anew
            original.backup(copy, pages=_PAGES, progress=lambda _, left, pages: progress(pages - left, pages))
            original.rollback()
            for statement in ("journal_mode=DELETE", "journal_mode=MEMORY", "synchronous=OFF", "secure_delete=ON"):
                copy.execute(f"PRAGMA {statement}").fetchall()
            if copy.execute(_HAS_SEALED).fetchone():
                copy.execute("DELETE FROM sealed_credentials")
            found = copy.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.Error as error:
        trouble = _meaning_of(error, source, target)
    else:
        if found == [("ok",)]:
            return
        trouble = CopyFailed(f"{source} is damaged")
    raise trouble  # outside of the except: SQLite's text may quote what it could not read


def contents_of(file: Path) -> Sequence[Contents]:
    """Count what a copy holds that has the tables of ours, for each workspace. Raises CopyFailed."""
    try:
        with closing(_opened(file, "ro")) as copy:
            return _contents(copy.execute(_CONTENTS).fetchall())
    except (sqlite3.Error, TypeError, AttributeError):
        pass
    raise CopyFailed(f"{file} cannot be read as a database of thirdparty-bot")


async def contents_on(connection: AsyncConnection) -> Sequence[Contents]:
    """Count what a database that is open holds, for each workspace."""
    rows = (await uninterrupted(connection.exec_driver_sql(_CONTENTS))).all()
    return _contents([tuple(row) for row in rows])


def _contents(rows: Sequence[tuple[Any, ...]]) -> Sequence[Contents]:
    return [
        Contents(WorkspaceId(workspace), number, _written(number, mac), instant(at or 0), parties, tokens)
        for workspace, number, mac, at, parties, tokens in rows
    ]


def finish(part: Path) -> None:
    """Make a copy that nobody has open one single file, and see to it that it is on the disk. Raises CopyFailed."""
    try:
        with closing(_opened(part, "rw")) as copy:
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        trouble = _meaning_of(error, part, part)
    else:
        sync(part)
        return
    raise trouble


def keep(part: Path, file: Path) -> None:
    """Give a finished copy its name. Raises FileExistsError, if that was taken meanwhile; another OSError."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if file.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file)) from None
        part.rename(file)
    sync(file.parent)


def put_in_place(part: Path, file: Path, aside: Path) -> bool:
    """Put a finished copy where a database is, or was, which stays under the name `aside`, whole.

    Whenever the machine stops, there is either what was there or the copy. Returns whether anything was there. Nobody
    else may have the database open. Raises OSError.
    """
    _empty_journal(file)
    journal, kept = file.with_name(f"{file.name}-wal"), False
    for path, other in ((file, aside), (journal, aside.with_name(f"{aside.name}-wal"))):
        if path.exists() and path.stat().st_size:
            os.link(path, other)
            kept = True
    sync(file.parent)
    for path in _with_beside(file)[1:]:  # what is in an old journal would be taken for a part of the copy
        path.unlink(missing_ok=True)
    sync(file.parent)
    part.replace(file)
    sync(file.parent)
    return kept


def sync(path: Path) -> None:
    """Have what was written to a file, or the names in a folder, on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _claim(descriptor: int, part: Path) -> None:
    mine, is_there = os.fstat(descriptor), False
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_there = os.path.samestat(mine, os.stat(part, follow_symlinks=False))
    if not is_there:
        raise CopyFailed(f"another process is making {part} at this moment; wait until it is done")
    if mine.st_uid != os.geteuid() or not stat.S_ISREG(mine.st_mode):
        raise CopyFailed(f"{part} belongs to somebody else; remove it, or name another folder")
    os.fchmod(descriptor, 0o600)
    os.ftruncate(descriptor, 0)
    for path in _with_beside(part)[1:]:
        path.unlink(missing_ok=True)


def _empty_journal(file: Path) -> None:
    """Have a database that is in order in one file; of one that is not, the journal is kept beside it."""
    if file.exists() and file.stat().st_size:
        with suppress(sqlite3.Error), closing(_opened(file, "rw")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode={mode}", uri=True, isolation_level=None)


def _with_beside(file: Path) -> list[Path]:
    return [file, *(file.with_name(f"{file.name}{ending}") for ending in BESIDE)]


def _written(number: int, mac: bytes) -> str:
    """Write a head as it is posted: number, id of the key, the rest of the MAC in hex."""
    return f"{number}:{mac[:8].decode('ascii', 'replace')}:{mac[8:].hex()}"


def _meaning_of(error: sqlite3.Error, source: Path, target: Path) -> StorageError:
    meanings = {
        "no_room": f"there is no room for {target}; make some on its disk, or name another folder",
        "not_a_database": f"{source} is no SQLite database",
        "damaged": f"{source} is damaged",
        "disk_error": f"the disk did not take or give data for {target}; see whether it is full or broken",
        "not_opened": f"{source} cannot be opened; give its reader the right to read it and its folder",
    }
    unusable = meaning_of_code(error, writing=False)
    if unusable is None:
        return CopyFailed(f"{source} cannot be copied")
    return CopyFailed(meanings[unusable.code]) if unusable.code in meanings else unusable
