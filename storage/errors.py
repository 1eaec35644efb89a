"""What can go wrong with the database, and what a broken constraint means."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError

from access.model.errors import AccessError, NameTaken


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


class DatabaseUnusable(StorageError):
    """SQLite cannot work with the file. Nothing was changed."""


_UNUSABLE: Final = {
    sqlite3.SQLITE_NOTADB: "the database file is no SQLite database; name another one in THIRDPARTY_DATABASE_URL",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged; restore it from a backup",
    sqlite3.SQLITE_READONLY: "the database file cannot be written to; give its user the right to write there",
    sqlite3.SQLITE_FULL: "there is no room left for the database; make some on its disk",
    sqlite3.SQLITE_BUSY: "another program is using the database; stop it first",
}
"""What it means where SQLite refuses to begin (https://www.sqlite.org/rescode.html), and what to do."""

_MEANINGS: dict[str, type[AccessError]] = {
    "third_parties.workspace, third_parties.name_key": NameTaken,
}
"""What SQLite says of a unique index, its columns, and the refusal that this is."""


def unusable(error: DBAPIError) -> DatabaseUnusable | None:
    """Return what keeps the database from being used, or None if the failure is another one."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the rest of an extended code says more precisely why
    return DatabaseUnusable(_UNUSABLE[code]) if code in _UNUSABLE else None


def meaning_of(error: IntegrityError) -> AccessError | ConstraintBroken:
    """Return what a broken constraint means. Raise it outside of the `except`: `error` carries the row's values."""
    said = str(error.orig)
    for columns, refusal in _MEANINGS.items():
        if said == f"UNIQUE constraint failed: {columns}":
            return refusal()
    return ConstraintBroken(said)
