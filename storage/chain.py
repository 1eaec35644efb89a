"""Verifying the audit trail."""

from dataclasses import dataclass
from typing import Final

from access.model.audit import canonical
from access.model.ids import WorkspaceId
from access.ports import AuditSeal
from storage.engine import Database
from storage.repositories.audit import AuditTrail

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """How many records fit, from the first on, and the number of the first that does not, or that is missing."""

    count: int
    first_wrong: int | None


async def verify_chain(database: Database, workspace: WorkspaceId, seal: AuditSeal) -> Verified:
    """Walk the chain of a workspace and say whether a record was changed, removed or moved.

    Newest records that were cut off together with the note of where the chain ends do not show here, but against the
    head that was posted before.
    """
    count, mac = 0, b""
    async with database.reading_scope(workspace) as scope:
        trail = AuditTrail(scope)
        while records := await trail.following(count, _AT_ONCE):
            for line, its_mac in records:
                expected = count + 1
                record = canonical(workspace, expected, line.entry)
                if line.number != expected or not seal.verify(mac, record, its_mac):
                    return Verified(count, expected)
                count, mac = expected, its_mac
        head = await trail.head() or (0, b"")
    return Verified(count, None if head == (count, mac) else count + 1)
