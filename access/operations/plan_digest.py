"""Plan the weekly digest."""

from access.model.ids import WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.model.report import digest_week
from access.operations.make_report import report_of
from access.ports import Ports


async def plan_digest(workspace: WorkspaceId, ports: Ports) -> bool:
    """Have the admins sent this week's digest, if its time has come and there is something to tell.

    That is decided once a week, and noted in the same transaction, so that neither a crash nor a second process brings
    another one. Returns whether it was planned now.
    """
    week = digest_week(ports.clock.now(), ports.policy.time_zone)
    if week is None:
        return False
    async with ports.read(workspace) as reading:
        if await reading.overviews.last_digest() == week:
            return False
        report = await report_of(reading, ports)
    async with ports.write(workspace) as uow:
        if await uow.overviews.last_digest() == week:
            return False
        await uow.overviews.note_digest(week)
        if not report.is_empty:
            uow.plan(PlannedMessage(MessageKind.DIGEST, None, None, week), at=report.now)
        await uow.commit()
    return not report.is_empty
