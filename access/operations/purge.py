"""Delete what is of no use any more."""

from datetime import datetime, timedelta
from typing import Final

from access.model.ids import WorkspaceId
from access.ports import Ports

KEPT: Final = timedelta(days=400)
_BATCH: Final = 200


async def purge(workspace: WorkspaceId, ports: Ports) -> int:
    """Forget which messages were sent more than KEPT ago, and what people were reminded of about long ended tokens.

    Nothing can be planned anew because its unique key has gone. A message's key names a fact that happens once, by the
    id of what it is about (a proposal is decided once, a token is offered, collected, retired or revoked once), or by
    an instant, a day or a week, which does not come again. A reminder's key names a token, and nobody is reminded of
    one that has ended. Audit trail, third parties, tokens, handoffs and proposals stay, or go by `prune`.

    Each deletion is a short transaction of its own, so that nobody waits. Returns how many rows were deleted.
    """
    return await _purge_messages(workspace, ports) + await _purge_reminders(workspace, ports)


async def _purge_messages(workspace: WorkspaceId, ports: Ports) -> int:
    before = ports.clock.now() - KEPT
    count, last = 0, None
    while True:
        async with ports.read(workspace) as reading:
            some = await reading.leftovers.messages(before, _BATCH, last)
        if not some:
            return count
        async with ports.write(workspace) as uow:
            await uow.leftovers.delete_messages(some, before)
            await uow.commit()
        count, last = count + len(some), some[-1]


async def _purge_reminders(workspace: WorkspaceId, ports: Ports) -> int:
    """Go through the days on which the tokens that ended before KEPT had their reminders."""
    before = ports.clock.now() - KEPT
    days_before = (before - timedelta(days=max(ports.policy.reminder_days, default=0))).date()
    count, bundle = 0, None
    while True:
        async with ports.read(workspace) as reading:
            bundle = await reading.leftovers.bundle(days_before, bundle)
        if bundle is None:
            return count
        count += await _purge_bundle(bundle, before, workspace, ports)


async def _purge_bundle(bundle: str, before: datetime, workspace: WorkspaceId, ports: Ports) -> int:
    count = 0
    while True:
        async with ports.read(workspace) as reading:
            keys = await reading.leftovers.reminders(bundle, before, _BATCH)
        if not keys:
            return count
        async with ports.write(workspace) as uow:
            await uow.leftovers.delete_reminders(keys)
            await uow.commit()
        count += len(keys)
