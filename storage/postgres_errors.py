"""What an error of PostgreSQL's, or on the way to it, says about the database."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, TimeoutError

UNFIT: Final = asyncpg.exceptions.InternalClientError
"""A connection is about to be closed by the server, or none of those that the URL names is as it wants it."""

FAILURES: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, UNFIT)
"""What the driver raises where SQLAlchemy does not wrap it. Whatever took too long is an OSError."""

_STATES: Final = {
    "08": "away",  # connection exceptions
    "28": "not_let_in",  # a wrong password, or none
    "3D": "not_let_in",  # no such database
    "42501": "not_let_in",  # insufficient privilege
    "53100": "no_room",  # disk full
    "53300": "too_many",  # too many connections
    "57014": "busy",  # a statement took longer than statement_timeout
    "57P": "away",  # shut down, crashed, starting up
    "25P03": "away",  # a transaction in which nothing came for long, as after a cut
    "25006": "only_read",  # a read-only transaction: a standby, or a server that was told so
    "55P03": "busy",  # a lock was waited for in vain
    "40": "busy",  # a deadlock, or a serialisation failure
    "58030": "disk_error",
    "XX001": "server_damaged",
    "XX002": "server_damaged",
}
"""What the server's codes mean for us (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

_PROTOCOL_VIOLATION: Final = "08P01"
"""What PgBouncer says of nearly everything; a setting that it does not know is all that does not pass by itself."""


def meaning_of_error(error: Exception) -> str | None:
    """Return the word for what is wrong with the server, or None."""
    if isinstance(error, TimeoutError):
        return "busy"
    if isinstance(error, OSError | UNFIT):  # refused, unreachable, timed out
        return "away"
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    driver = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(driver, "sqlstate", None) or "")
    if state == _PROTOCOL_VIOLATION and "startup parameter" in str(driver):
        return "pooler"
    for length in (5, 3, 2):
        if state[:length] in _STATES:
            return _STATES[state[:length]]
    return "away" if lost or isinstance(driver, asyncpg.InterfaceError) else None


def was_refused(error: Exception) -> bool:
    """Tell whether the server itself has refused a statement, and goes on: only then is it known to be undone."""
    server = getattr(getattr(error, "orig", None), "__cause__", None)
    return isinstance(server, asyncpg.PostgresError) and getattr(server, "severity_en", None) == "ERROR"
