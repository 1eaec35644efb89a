"""Nudge and lapse the offers whose time has come."""

from access.model.handoff import Handoff, HandoffEnd
from access.model.ids import WorkspaceId
from access.operations.offering import end_open_handoff
from access.ports import Ports

_BATCH = 100


async def sweep_handoffs(workspace: WorkspaceId, ports: Ports) -> int:
    """Nudge each contact whose offer lapses within a day and lapse each offer whose time is over.

    Every handoff is a transaction of its own, so one that cannot be handled does not hold up the others' commits.
    Returns how many were due.
    """
    async with ports.read(workspace) as reading:
        due = await reading.handoffs.due(ports.clock.now(), _BATCH)
    for handoff in due:
        await _handle(workspace, handoff, ports)
    return len(due)


async def _handle(workspace: WorkspaceId, seen: Handoff, ports: Ports) -> None:
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        handoff = await uow.handoffs.get(seen.id)
        party = await uow.third_parties.find(handoff.third_party)
        if party is None or not handoff.is_open:
            return
        if now >= handoff.lapses_at:
            await end_open_handoff(uow, party, HandoffEnd.LAPSED, actor=None, now=now)
        else:
            nudged, news = handoff.nudge(party, now)
            await uow.handoffs.save(nudged)
            uow.record(None, news, at=now)
        await uow.commit()
