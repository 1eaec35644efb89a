"""Verifying the audit trail."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy.exc import OperationalError

from access.model.audit import canonical
from access.model.ids import WorkspaceId
from access.ports import AuditLine, AuditSeal
from storage.engine import Database
from storage.repositories.audit import AuditTrail

_AT_ONCE: Final = 500
_UNREADABLE: Final = (ValueError, TypeError, OverflowError)
"""What a value raises that this program never wrote: no JSON, no instant, of another type."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended at some time, as it was noted outside of the database: number and MAC of a record."""

    number: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """How many records fit, from the first on, and the number of the first that does not, or that is missing."""

    count: int
    first_wrong: int | None


async def verify_chain(
    database: Database, workspace: WorkspaceId, seal: AuditSeal, *, posted: Head | None = None
) -> Verified:
    """Walk the chain of a workspace and say whether a record was changed, removed or moved.

    Whoever can write to the file can put an older one in its place, or cut the newest records off together with the
    note of where the chain ends: what is left is a chain that fits. That shows against `posted` alone, a head that was
    noted elsewhere before.
    """
    count, mac = 0, b""
    async with database.reading_scope(workspace) as scope:
        trail = AuditTrail(scope)
        while records := await _following(trail, count):
            for line, its_mac in records:
                expected = count + 1
                record = _bytes_of(line, workspace, expected)
                if record is None or not seal.verify(mac, record, its_mac):
                    return Verified(count, expected)
                if posted is not None and posted.number == expected and posted.mac != its_mac:
                    return Verified(count, expected)
                count, mac = expected, its_mac
        head = await _head(trail)
    is_whole = head == (count, mac) and (posted is None or posted.number <= count)
    return Verified(count, None if is_whole else count + 1)


async def _following(trail: AuditTrail, number: int) -> Sequence[tuple[AuditLine | None, bytes]]:
    """Return the next records; where one of them cannot be read, the next alone, or None in its place."""
    after = number or None  # before the first there is nothing, or something that does not belong there
    for at_once in (_AT_ONCE, 1):
        try:
            return await _decoded(trail.following(after, at_once))
        except _UNREADABLE:
            continue
    return [(None, b"")]


def _bytes_of(line: AuditLine | None, workspace: WorkspaceId, number: int) -> bytes | None:
    """Return what the MAC of the record with that number covers; None if this is another one, or is not readable."""
    if line is None or line.number != number:
        return None
    try:
        return canonical(workspace, number, line.entry)
    except _UNREADABLE:
        return None


async def _head(trail: AuditTrail) -> tuple[int, bytes] | None:
    try:
        return await _decoded(trail.head()) or (0, b"")
    except _UNREADABLE:
        return None


async def _decoded(reading: Awaitable[_T]) -> _T:
    """Read. Raises ValueError for a text that is none: an error of the driver's, which has no code of SQLite's."""
    try:
        return await reading
    except OperationalError as error:
        if hasattr(error.orig, "sqlite_errorcode"):
            raise
    raise ValueError("a text that is no UTF-8")  # outside of the except: the driver's error carries the text
