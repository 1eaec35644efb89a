"""What can go wrong with the database, and what a broken constraint means."""

from sqlalchemy.exc import IntegrityError

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


_MEANINGS: dict[str, type[AccessError]] = {
    "third_parties.workspace, third_parties.name_key": NameTaken,
}
"""What SQLite says of a unique index, its columns, and the refusal that this is."""


def meaning_of(error: IntegrityError) -> AccessError | ConstraintBroken:
    """Return what a broken constraint means. Raise it outside of the `except`: `error` carries the row's values."""
    said = str(error.orig)
    for columns, refusal in _MEANINGS.items():
        if said == f"UNIQUE constraint failed: {columns}":
            return refusal()
    return ConstraintBroken(said)
