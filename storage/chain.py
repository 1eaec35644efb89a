"""Verifying the audit trail."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy.exc import OperationalError

from access.model.audit import canonical
from access.model.audit_head import Head
from access.model.ids import WorkspaceId
from access.ports import AuditLine, AuditSeal
from storage.chain_fault import How, Record, Wrong, diagnosed
from storage.engine import Database
from storage.repositories.audit import EVERY, AuditTrail, Wanted

_AT_ONCE: Final = 500
_UNREADABLE: Final = (ValueError, TypeError, OverflowError)
"""What a value raises that this program never wrote: no JSON, no instant, of another type."""
_T = TypeVar("_T")
Following = Sequence[tuple[AuditLine | None, bytes]]


@dataclass(frozen=True, slots=True)
class Verified:
    """How many records fit, one after the other, and what is wrong with the next; None if they are all there.

    `mac` is that of the last one that fits.
    """

    count: int
    wrong: Wrong | None
    mac: bytes = field(default=b"", compare=False)

    @property
    def first_wrong(self) -> int | None:
        """The number of the first record that does not fit, or that is missing."""
        return self.wrong.number if self.wrong else None


async def verify_chain(
    database: Database,
    workspace: WorkspaceId,
    seal: AuditSeal,
    *,
    posted: Head | None = None,
    after: Head | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Walk the chain of a workspace and say whether a record was changed, removed or moved, and which is the first.

    Whoever can write to the file can put an older one in its place, or cut the newest records off together with the
    note of where the chain ends: what is left is a chain that fits. That shows against `posted` alone, a head that was
    noted elsewhere before. It is read some records at a time, so that whoever writes meanwhile waits for nothing.

    With `after`, another such head, the records up to it are trusted: whether it is there, and what came later, is
    looked at. `progress` is called with the number of the last record that was looked at.
    """
    count, mac = 0, b""
    if after is not None:
        wrong = await _not_there(database, workspace, after)
        if wrong is not None:
            return Verified(0, wrong)
        count, mac = after.number, after.mac
    while True:
        async with database.reading_scope(workspace) as scope:
            trail = AuditTrail(scope)
            records = await following(trail, count or None)  # before the first there may be what does not belong there
            if not records:
                return Verified(count, await _at_the_end(trail, count, mac, posted), mac)
            for line, its_mac in records:
                number, record = count + 1, _record(line, its_mac, workspace)
                if record.number != number or not record.follows(mac, number, seal):
                    rest = [_record(*each, workspace) for each in await following(trail, count or None)]
                    return Verified(count, diagnosed(mac, number, rest, seal), mac)
                if posted is not None and posted.number == number and posted.mac != its_mac:
                    return Verified(count, Wrong(number, How.NOT_AS_POSTED), mac)
                count, mac = number, its_mac
        progress(count)


async def following(trail: AuditTrail, number: int | None, wanted: Wanted = EVERY) -> Following:
    """Return the next records; where one of them cannot be read, the next alone, or None in its place."""
    for at_once in (_AT_ONCE, 1):
        try:
            return await _decoded(trail.following(number, at_once, wanted))
        except _UNREADABLE:
            continue
    return [(None, b"")]


def _record(line: AuditLine | None, mac: bytes, workspace: WorkspaceId) -> Record:
    if line is None:
        return Record(None, mac, lambda _: None)
    entry = line.entry

    def covered(number: int) -> bytes | None:
        try:
            return canonical(workspace, number, entry)
        except _UNREADABLE:
            return None

    return Record(line.number, mac, covered)


async def _not_there(database: Database, workspace: WorkspaceId, head: Head) -> Wrong | None:
    """Say what is wrong if the record that a head names is not the one that is there."""
    async with database.reading_scope(workspace) as scope:
        trail = AuditTrail(scope)
        found = await following(trail, head.number - 1)
        if not found:
            last = await _head(trail)
            return Wrong(head.number, How.BEFORE_POSTED, other=last[0] if last else None)
    line, mac = found[0]
    if line is None:
        return Wrong(head.number, How.UNREADABLE)
    if line.number != head.number:
        return Wrong(head.number, How.MISSING, other=line.number - 1)
    return None if mac == head.mac else Wrong(head.number, How.NOT_AS_POSTED)


async def _at_the_end(trail: AuditTrail, count: int, mac: bytes, posted: Head | None) -> Wrong | None:
    """Say what is wrong with where the records end."""
    head = await _head(trail)
    if head is None or (head == (0, b"") and count):
        return Wrong(count + 1, How.END_UNKNOWN)
    if posted is not None and posted.number > count:
        return Wrong(count + 1, How.BEFORE_POSTED, other=count)
    if head[0] > count:
        return Wrong(count + 1, How.CUT_OFF, other=head[0])
    return None if head == (count, mac) else Wrong(count + 1, How.END_FALSE)


async def _head(trail: AuditTrail) -> tuple[int, bytes] | None:
    """Return where the records end as it was noted; None if that is unreadable."""
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
