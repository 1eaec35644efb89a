"""What can go wrong with the database, and what a broken constraint means."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError

from access.model.errors import AccessError, NameTaken, ResourceServerNameTaken
from access.ports import CannotKeep


class StorageError(Exception):
    """A failure of the database. Its text names tables, columns and constraints, never a value."""


class ConstraintBroken(StorageError):
    """A row that the schema refuses: a mistake of ours, since the rules come before it."""


class DatabaseTooNew(StorageError):
    """A newer version of the program has migrated this database. Nothing was touched."""

    def __init__(self) -> None:
        super().__init__("the database was made by a newer version of thirdparty-bot; start that version, or restore")


class MigrationFailed(StorageError):
    """A migration would have left rows that point nowhere. It was rolled back."""


class AlreadyRunning(StorageError):
    """Another bot runs on the same database."""

    def __init__(self) -> None:
        super().__init__("a bot is running on this database already; stop it first")


class CopyUnfinished(StorageError):
    """Another database was being copied into this one, and that has not come to its end."""

    def __init__(self) -> None:
        super().__init__(
            "a copy into this database was begun and not finished; run `thirdparty-bot copy-database` once more, with "
            "the same two databases"
        )


class CopyFailed(StorageError):
    """A copy of a database could not be made, or is not what it should be. Nothing is left of it."""


class KeysBeingChanged(StorageError):
    """Another process rotates or retires keys of the same database."""

    def __init__(self) -> None:
        super().__init__("another process rotates or retires keys at this moment; wait until it is done")


class DatabaseUnusable(StorageError, CannotKeep):
    """The database cannot be worked with. Nothing was changed, unless it is `in_doubt`. `code`: what is wrong."""

    def __init__(self, code: str, *, writing: bool = False) -> None:
        """`code`: one of PROBLEMS."""
        super().__init__(PROBLEMS[code])
        self.code = code
        self.writing = writing
        self.in_doubt = code == "in_doubt"

    @property
    def may_pass(self) -> bool:
        """Whether a server may be back by itself, so that waiting for it is worth while."""
        return self.code in _PASSING


_PASSING: Final = frozenset({"away", "too_many", "only_read", "busy"})
PROBLEMS: Final = {
    "not_a_database": "the database file is no SQLite database; name another one in THIRDPARTY_DATABASE_URL",
    "damaged": "the database file is damaged; stop the bot and restore it from a backup",
    "read_only": "the database file cannot be written to; give its user the right to write there",
    "no_room": "there is no room left for the database; make some on its disk",
    "disk_error": "the disk does not take or give the database's data; see whether it is full or broken",
    "not_opened": "the database file cannot be opened; give its user the right to read and write it and its folder",
    "locked": "another program is using the database; stop it first",
    "gone": "the database file was removed or replaced while the bot runs; put it back, or stop the bot and restore it",
    "away": "PostgreSQL cannot be reached; see whether it runs where THIRDPARTY_DATABASE_URL says",
    "in_doubt": "PostgreSQL did not say whether it kept a change; see whether it runs, and look before you repeat it",
    "not_let_in": "PostgreSQL lets nobody in with that user, password and database; see THIRDPARTY_DATABASE_URL",
    "pooler": "a pooler does not pass on what the bot asks PostgreSQL for; see docs/postgresql.md, Connections",
    "too_many": "PostgreSQL has no connection left; raise its max_connections, or run fewer processes",
    "only_read": "PostgreSQL only reads; name the server that writes in THIRDPARTY_DATABASE_URL",
    "busy": "PostgreSQL is too busy; see which of its transactions lasts so long",
    "server_damaged": "PostgreSQL finds its data damaged; stop the bot and see the server's log",
    "journal_gone": "a file beside the database, -wal or -shm, was removed; restart the bot now, and nothing is lost",
}
"""What keeps a database from being used, and what to do."""

_CODES: Final = {
    sqlite3.SQLITE_NOTADB: "not_a_database",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_FULL: "no_room",
    sqlite3.SQLITE_IOERR: "disk_error",
    sqlite3.SQLITE_CANTOPEN: "not_opened",
    sqlite3.SQLITE_BUSY: "locked",
}
"""What SQLite's codes mean for us (https://www.sqlite.org/rescode.html)."""

_MEANINGS: dict[str, type[AccessError]] = {
    "third_parties.workspace, third_parties.name_key": NameTaken,
    "uq_third_parties_name_key": NameTaken,
    "resource_servers.workspace, resource_servers.name_key": ResourceServerNameTaken,
    "uq_resource_servers_name_key": ResourceServerNameTaken,
}
"""What is said of a unique index, its columns by SQLite and its name by PostgreSQL, and the refusal that this is."""


def unusable(error: Exception, *, writing: bool) -> DatabaseUnusable | None:
    """Return what keeps SQLite's file from being used, or None if the failure is another one.

    A TimeoutError is SQLAlchemy's: no connection came free, because whoever has it waits for another program's lock.
    """
    if isinstance(error, TimeoutError):
        return DatabaseUnusable("locked", writing=writing)
    return meaning_of_code(error.orig if isinstance(error, DBAPIError) else error, writing=writing)


def meaning_of_code(error: BaseException | None, *, writing: bool) -> DatabaseUnusable | None:
    """Return what an error of the driver's says about the database, or None if it is about something else."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of an extended code says more precisely why
    return DatabaseUnusable(_CODES[code], writing=writing) if code in _CODES else None


def meaning_of(error: IntegrityError) -> AccessError | ConstraintBroken:
    """Return what a broken constraint means. Raise it outside of the `except`: `error` carries the row's values."""
    said, server = str(error.orig), getattr(error.orig, "__cause__", None)
    if state := getattr(server, "sqlstate", None):  # PostgreSQL's own text repeats the row's values
        said = f"constraint {getattr(server, 'constraint_name', None) or state}"
    for unique, refusal in _MEANINGS.items():
        if said in (f"UNIQUE constraint failed: {unique}", f"constraint {unique}"):
            return refusal()
    return ConstraintBroken(said)
