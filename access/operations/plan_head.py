"""Plan the daily message that says where the audit trail ends."""

from access.model.audit_head import morning
from access.model.ids import WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.ports import Ports, Reading


async def plan_head(workspace: WorkspaceId, ports: Ports) -> bool:
    """Have the admin channel told where the audit trail ends, once a day from the morning on, if it has grown.

    What was recorded before that morning counts. Returns whether it was planned now.
    """
    now = ports.clock.now()
    async with ports.read(workspace) as reading:
        message = await _due(reading, ports)
    if message is None:
        return False
    async with ports.write(workspace) as uow:
        message = await _due(uow, ports)  # another process may have planned it meanwhile
        if message is None:
            return False
        uow.plan(message, at=now)
        await uow.commit()
    return True


async def _due(reading: Reading, ports: Ports) -> PlannedMessage | None:
    today = morning(ports.clock.now(), ports.policy.time_zone)
    if today is None:
        return None
    last = await reading.last_record_before(today.begins_at)
    if last is None or await reading.overviews.is_head_planned(today.day, last):
        return None
    return PlannedMessage(MessageKind.AUDIT_HEAD, None, None, today.day, occasion=str(last))
