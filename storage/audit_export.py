"""Reading the audit trail from end to end, for what goes on outside."""

from collections.abc import AsyncIterator, Callable, Sequence

from sqlalchemy import select

from access.model.checkpoint import Checkpoint
from access.model.ids import PersonId, WorkspaceId
from access.ports import AuditLine
from access.ports.machine import AuditSeal
from storage.engine import Database
from storage.repositories.audit import AuditTrail, Wanted
from storage.tables import audit, people
from storage.trail_reading import UNREADABLE, decoded, following


async def exported(
    database: Database, workspace: WorkspaceId, wanted: Wanted, *, progress: Callable[[int], None]
) -> AsyncIterator[tuple[AuditLine | None, bytes]]:
    """Give the records that are wanted, in order, each with its MAC; None for one that is unreadable, and then no more.

    They are read some at a time, so that whoever writes meanwhile waits for nothing. `progress` is called with the
    number of the last one.
    """
    number: int | None = None
    while True:
        async with database.reading_scope(workspace) as scope:
            records = await following(AuditTrail(scope), number, wanted)
        if not records:
            return
        for line, mac in records:
            yield line, mac
            if line is None:
                return
            number = line.number
        progress(number or 0)


async def pruned_up_to(database: Database, workspace: WorkspaceId, seal: AuditSeal) -> Checkpoint | None:
    """Return where the records begin, if some were pruned; nothing of a note of it that is untrue."""
    async with database.reading_scope(workspace) as scope:
        try:
            return await decoded(AuditTrail(scope).checkpoint(seal))
        except UNREADABLE:
            return None


async def actors_called(database: Database, workspace: WorkspaceId, name: str) -> Sequence[PersonId]:
    """Return whom a Slack user ID, or a person id, means among those who are known or have done something."""
    async with database.reading_scope(workspace) as scope:
        known = await scope.execute(scope.select(people, people.c.id).where(people.c.user_id == name))
        acted = await scope.execute(select(scope.select(audit).where(audit.c.actor == name).exists()))
        return [*map(PersonId, known.scalars()), *([PersonId(name)] if acted.scalar() else [])]
