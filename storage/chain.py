"""Verifying the audit trail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from access.model.audit import canonical
from access.model.audit_head import Head
from access.model.checkpoint import Checkpoint
from access.model.ids import WorkspaceId
from access.model.retention import announced_by
from access.ports import AuditLine
from access.ports.machine import AuditSeal
from storage.chain_fault import How, Record, Wrong, diagnosed
from storage.engine import Database
from storage.repositories.audit import AuditTrail, CheckpointUntrue
from storage.trail_reading import UNREADABLE, Following, decoded, following


@dataclass(frozen=True, slots=True)
class Verified:
    """How many records fit, one after the other, and what is wrong with the next; None if they are all there.

    Those that were pruned count, up to `pruned`: the program itself had verified them, and signed for it. `mac` is that
    of the last one that fits.
    """

    count: int
    wrong: Wrong | None
    mac: bytes = field(default=b"", compare=False)
    pruned: Checkpoint | None = field(default=None, compare=False)

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

    It begins with the first record, or, where the oldest were pruned, with the checkpoint that took their place: that
    has to be signed, and to be the one that the newest record of a pruning announces. What was pruned before a walk
    came there is left out by it.

    Whoever can write to the file can put an older one in its place, or cut the newest records off together with the
    note of where the chain ends: what is left is a chain that fits. That shows against `posted` alone, a head that was
    noted elsewhere before. It is read some records at a time, so that whoever writes meanwhile waits for nothing.

    With `after`, another such head, the records up to it are trusted: whether it is there, and what came later, is
    looked at; of one that was pruned since nobody can tell. `progress` is called with the number of the last record
    that was looked at.
    """
    walk = _Walk(workspace, seal, posted)
    if after is not None:
        wrong = await _not_there(database, workspace, after)
        if wrong is not None and not await _is_pruned(database, workspace, after):
            return Verified(0, wrong)
        if wrong is None:
            walk.count, walk.mac, walk.begun = after.number, after.mac, True
        else:
            walk.posted = after
    while True:
        async with database.reading_scope(workspace) as scope:
            trail = AuditTrail(scope)
            wrong = await walk.begin(trail)
            records = await following(trail, walk.count if walk.begun else None) if wrong is None else ()
            wrong = wrong or await walk.go_on(trail, records)
            if wrong is None and not records:
                wrong = await _at_the_end(trail, walk.count, walk.mac, walk.posted) or walk.at_the_beginning(
                    complete=after is None
                )
        if wrong is not None or not records:
            return Verified(walk.count, wrong, walk.mac, walk.checkpoint)
        progress(walk.count)


@dataclass(slots=True)
class _Walk:
    """How far a chain was verified."""

    workspace: WorkspaceId
    seal: AuditSeal
    posted: Head | None
    count: int = 0
    mac: bytes = b""
    begun: bool = False
    """Before the first there may be what does not belong there."""

    checkpoint: Checkpoint | None = None
    announced: tuple[int, datetime] | None = None

    async def begin(self, trail: AuditTrail) -> Wrong | None:
        """Go on from where the records begin at this moment, if that is later: the program may prune meanwhile."""
        try:
            self.checkpoint = await decoded(trail.checkpoint(self.seal))
        except CheckpointUntrue as error:
            how = How.CHECKPOINT_FALSE if error.key_id is None else How.CHECKPOINT_KEY_MISSING
            return Wrong(1, how, key_id=error.key_id)
        except UNREADABLE:
            return Wrong(1, How.CHECKPOINT_FALSE)
        if self.checkpoint is not None and self.checkpoint.number > self.count:
            self.count, self.mac = self.checkpoint.number, self.checkpoint.mac
        return None

    async def go_on(self, trail: AuditTrail, records: Following) -> Wrong | None:
        """Look at the next records."""
        for line, its_mac in records:
            number, record = self.count + 1, _record(line, its_mac, self.workspace)
            if line is None or record.number != number or not record.follows(self.mac, number, self.seal):
                after = self.count if self.begun else None
                rest = [_record(*each, self.workspace) for each in await following(trail, after)]
                return diagnosed(self.mac, number, rest, self.seal)
            if self.posted is not None and self.posted.number == number and self.posted.mac != its_mac:
                return Wrong(number, How.NOT_AS_POSTED)
            self.count, self.mac, self.begun = number, its_mac, True
            self.announced = announced_by(line.entry) or self.announced
        return None

    def at_the_beginning(self, *, complete: bool) -> Wrong | None:
        """Say what is wrong with where the records begin, once the newest record that tells of it was read.

        `complete`: all were read.
        """
        noted = self.checkpoint and (self.checkpoint.until, self.checkpoint.at)
        if noted != self.announced and (complete or self.announced is not None):
            return Wrong(self.checkpoint.number + 1 if self.checkpoint else 1, How.CHECKPOINT_OTHER)
        posted, pruned = self.posted, self.checkpoint
        if posted is None or pruned is None or posted.number > pruned.number:
            return None
        if posted.number == pruned.number:
            return None if posted.mac == pruned.mac else Wrong(posted.number, How.NOT_AS_POSTED)
        return Wrong(posted.number, How.POSTED_PRUNED, other=pruned.number)


def _record(line: AuditLine | None, mac: bytes, workspace: WorkspaceId) -> Record:
    if line is None:
        return Record(None, mac, lambda _: None)
    entry = line.entry

    def covered(number: int) -> bytes | None:
        try:
            return canonical(workspace, number, entry)
        except UNREADABLE:
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


async def _is_pruned(database: Database, workspace: WorkspaceId, head: Head) -> bool:
    """Tell whether the database claims that the record which a head names was pruned; the walk looks whether it was."""
    async with database.reading_scope(workspace) as scope:
        return await AuditTrail(scope).begins_after(head.number)


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
        return await decoded(trail.head()) or (0, b"")
    except UNREADABLE:
        return None
