"""Reading audit records that somebody else may have written to."""

import sqlite3
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar

from sqlalchemy.exc import OperationalError

from access.ports import AuditLine
from storage.repositories.audit import EVERY, AuditTrail, Wanted

_AT_ONCE: Final = 500
UNREADABLE: Final = (ValueError, TypeError, OverflowError)
"""What a value raises that this program never wrote: no JSON, no instant, of another type."""
_T = TypeVar("_T")
Following = Sequence[tuple[AuditLine | None, bytes]]


async def following(trail: AuditTrail, number: int | None, wanted: Wanted = EVERY) -> Following:
    """Return the next records; where one of them cannot be read, the next alone, or None in its place."""
    for at_once in (_AT_ONCE, 1):
        try:
            return await decoded(trail.following(number, at_once, wanted))
        except UNREADABLE:
            continue
    return [(None, b"")]


async def decoded(reading: Awaitable[_T]) -> _T:
    """Read. Raises ValueError for a text that is none: an error of SQLite's driver, which has no code of SQLite's."""
    try:
        return await reading
    except OperationalError as error:
        if not isinstance(error.orig, sqlite3.Error) or hasattr(error.orig, "sqlite_errorcode"):
            raise
    raise ValueError("a text that is no UTF-8")  # outside of the except: the driver's error carries the text
